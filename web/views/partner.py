"""The post office's side of a handover: count what came, scan what is missing or damaged, confirm."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Operation
from shipments.handover import confirm_receipt
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

    received = forms.IntegerField(label=_("Items counted"), min_value=0)
    missing = NumbersField(label=_("Missing items"), required=False, help_text=_("Scan or type one a line."))
    damaged = NumbersField(label=_("Damaged items"), required=False, help_text=_("Scan or type one a line."))
    extra = NumbersField(
        label=_("Items that are not on the list"), required=False, help_text=_("Scan or type one a line.")
    )


@requires(Operation.CONFIRM_RECEIPT)
def receive(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Confirm a shipment, with or without differences."""
    rows = shipments_visible_to(request.user).filter(post_office_id=request.user.office_id)
    shipment = get_object_or_404(rows.select_related("office", "handover"), pk=shipment_id)
    form = ReceiptForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            confirm_receipt(
                shipment_id=shipment.pk,
                received=form.cleaned_data["received"],
                missing=form.cleaned_data["missing"],
                damaged=form.cleaned_data["damaged"],
                extra=form.cleaned_data["extra"],
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except ShipmentRefused as error:
            refusal = refusal_text(error)
        else:
            return redirect("web:shipment", shipment_id=shipment.pk)
    context = {
        "shipment": shipment,
        "form": form,
        "refusal": refusal,
        "open": shipment.state == ShipmentState.HANDED_OVER,
    }
    return render(request, "web/partner/receive.html", context, status=409 if refusal else 200)
