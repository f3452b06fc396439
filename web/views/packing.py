"""Pack check: every item is scanned into its shipment before it is closed."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.permissions import Operation
from shipments.models import Item, Shipment
from shipments.packing import pack_items, pack_state
from shipments.scope import shipments_visible_to
from web.access import StaffRequest, requires
from web.messages import REFUSALS, refusal_text
from web.scans import ScanAnswer, bad, good, warning

RECENT = 10


@requires(Operation.MANAGE_SHIPMENTS)
def pack(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Take one scan and say whether the item belongs here."""
    shipment = get_object_or_404(shipments_visible_to(request.user), pk=shipment_id)
    scanned = request.POST.get("scanned", "").strip()
    answer = _scan(request, shipment, scanned) if request.method == "POST" and scanned else None
    packed = Item.objects.filter(shipment=shipment, live=True, packed_at__isnull=False)
    recent = packed.select_related("card", "bag").defer("card__nik", "card__kk", "card__phone")
    context: dict[str, Any] = {
        "shipment": shipment,
        "answer": answer,
        "pack": pack_state(shipment_id=shipment.pk),
        "recent": recent.order_by("-packed_at", "-pk")[:RECENT],
    }
    template = "web/shipments/pack_result.html" if request.htmx else "web/shipments/pack.html"
    return render(request, template, context)


def _scan(request: StaffRequest, shipment: Shipment, scanned: str) -> ScanAnswer:
    try:
        checked = pack_items(
            shipment_id=shipment.pk, scans=[scanned], actor_id=request.user.pk, at=timezone.now()
        )
    except REFUSALS as error:
        return bad(word=_("Stop"), scanned=scanned, detail=refusal_text(error))
    if checked.misread:
        return bad(word=_("Scan again"), scanned=scanned, detail=_("The check character is wrong."))
    if checked.foreign:
        return bad(
            word=_("Not of this shipment"),
            scanned=scanned,
            detail=_("Put it aside and look it up under Cards."),
        )
    left = _("%(count)s items are still missing.") % {"count": number_format(len(checked.missing))}
    if checked.repeated:
        return warning(word=_("Scanned before"), scanned=scanned, detail=left)
    return good(
        word=_("Belongs here"), scanned=scanned, detail=left if checked.missing else _("All are packed.")
    )
