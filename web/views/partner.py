"""The post office's side of a handover: count what came, scan what is missing or damaged, confirm."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.permissions import Operation
from shipments.handover import Receipt, confirm_receipt
from shipments.models import ShipmentState
from shipments.refusals import ShipmentRefused
from shipments.scope import shipments_visible_to
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


@requires(Operation.CONFIRM_RECEIPT)
def receive(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Confirm a shipment, with or without differences."""
    rows = shipments_visible_to(request.user).filter(post_office_id=request.user.office_id)
    shipment = get_object_or_404(rows.select_related("office", "handover"), pk=shipment_id)
    form = ReceiptForm(request.POST or None)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                receipt = _confirm(request, shipment.pk, form.cleaned_data)
            except ShipmentRefused as error:
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
    return confirm_receipt(
        shipment_id=shipment_id,
        received=typed["received"],
        missing=typed["missing"],
        damaged=typed["damaged"],
        extra=typed["extra"],
        actor_id=request.user.pk,
        at=timezone.now(),
    )


def _confirmed(receipt: Receipt) -> str:
    cases = len(receipt.differences)
    if not cases:
        return _("The receipt is confirmed: everything came.")
    return ngettext(
        "The receipt is confirmed, with %(cases)s case that stays open until it is settled.",
        "The receipt is confirmed, with %(cases)s cases that stay open until they are settled.",
        cases,
    ) % {"cases": cases}
