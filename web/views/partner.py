"""The post office's side of a handover: count what came, scan what is missing or damaged, confirm."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import Operation
from shipments.handover import Receipt, confirm_receipt
from shipments.models import ShipmentState
from shipments.packing import receipt_from_scans, scans_of_sheet
from shipments.refusals import Code, ShipmentRefused, listed
from shipments.scope import shipments_visible_to
from spreadsheets.faults import SheetError
from web.access import StaffRequest, requires
from web.forms import Styled
from web.messages import refusal_text


class NumbersField(forms.CharField):
    """Item numbers, scanned or typed one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"})

    def clean(self, value: object) -> list[str]:
        """Give the numbers."""
        return str(super().clean(value)).split()


class ReceiptForm(Styled, forms.Form):
    """What the post office found in the bags."""

    received = forms.IntegerField(
        label=gettext_lazy("Items counted"),
        min_value=0,
        required=False,
        help_text=gettext_lazy("Count them all, also the damaged ones and those that are not on the list."),
    )
    missing = NumbersField(
        label=gettext_lazy("Missing items"), required=False, help_text=gettext_lazy("Type one a line.")
    )
    damaged = NumbersField(
        label=gettext_lazy("Damaged items"),
        required=False,
        help_text=gettext_lazy("Scan or type one a line."),
    )
    extra = NumbersField(
        label=gettext_lazy("Items that are not on the list"),
        required=False,
        help_text=gettext_lazy("Scan or type one a line."),
    )
    scanned = NumbersField(
        label=gettext_lazy("Or scan every item"),
        required=False,
        help_text=gettext_lazy("Then what is missing and what is extra is found out; leave the count empty."),
    )
    file = forms.FileField(
        label=gettext_lazy("Or send the scans as a file"),
        required=False,
        help_text=gettext_lazy("Excel (.xlsx, .xls), OpenDocument (.ods) or CSV"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the ways: counted with the differences named, or every item scanned."""
        data: dict[str, Any] = super().clean() or {}
        by_scan = bool(data.get("scanned") or data.get("file"))
        counted = data.get("received") is not None or data.get("missing") or data.get("extra")
        if by_scan and counted:
            self.add_error("scanned", _("Either count or scan: leave count, missing and extra items empty."))
        elif not by_scan and data.get("received") is None and "received" not in self.errors:
            self.add_error("received", _("Count the items, or scan them all."))
        return data


@requires(Operation.CONFIRM_RECEIPT)
def receive(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Confirm a shipment, with or without differences."""
    rows = shipments_visible_to(request.user).filter(post_office_id=request.user.office_id)
    shipment = get_object_or_404(rows.select_related("office", "handover"), pk=shipment_id)
    form = ReceiptForm(request.POST or None, request.FILES or None)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                receipt = _confirm(request, shipment.pk, form.cleaned_data)
            except (ShipmentRefused, SheetError) as error:
                refusal, status = refusal_text(error), 409
            else:
                messages.success(request, _confirmed(receipt))
                return redirect("web:shipment", shipment_id=shipment.pk)
    context = {
        "shipment": shipment,
        "form": form,
        "refusal": refusal,
        "open": shipment.state == ShipmentState.HANDED_OVER,
    }
    return render(request, "web/partner/receive.html", context, status=status)


def _confirm(request: StaffRequest, shipment_id: int, typed: dict[str, Any]) -> Receipt:
    received, missing, extra = typed["received"], typed["missing"], typed["extra"]
    if received is None:
        counted = receipt_from_scans(
            shipment_id=shipment_id, scans=[*typed["scanned"], *_sent(typed["file"])]
        )
        if counted.misread:
            raise ShipmentRefused(Code.SCAN_UNREADABLE, scanned=listed(counted.misread))
        received, missing, extra = counted.received, counted.missing, counted.extra
    return confirm_receipt(
        shipment_id=shipment_id,
        received=received,
        missing=missing,
        damaged=typed["damaged"],
        extra=extra,
        actor_id=request.user.pk,
        at=timezone.now(),
    )


def _sent(file: UploadedFile | None) -> list[str]:
    """The numbers of an uploaded sheet, which is not kept."""
    if file is None:
        return []
    with NamedTemporaryFile(suffix=Path(file.name or "").suffix) as kept:
        for chunk in file.chunks():
            kept.write(chunk)
        kept.flush()
        return scans_of_sheet(path=kept.name)


def _confirmed(receipt: Receipt) -> str:
    cases = len(receipt.differences)
    if not cases:
        return _("The receipt is confirmed: everything came.")
    return ngettext(
        "The receipt is confirmed, with %(cases)s case that stays open until it is settled.",
        "The receipt is confirmed, with %(cases)s cases that stay open until they are settled.",
        cases,
    ) % {"cases": cases}
