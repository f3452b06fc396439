"""Shipments: the list, and one shipment with its items."""

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.permissions import Operation
from shipments.models import Shipment
from shipments.scope import shipments_visible_to
from web.access import StaffRequest, requires
from web.filters import ShipmentFilter
from web.lists import listing, page_of

SORTS = {"number": "number", "state": "state", "opened": "opened_at", "post": "post_office__code"}


@requires(Operation.SEE_SHIPMENTS)
def shipment_list(request: StaffRequest) -> HttpResponse:
    """List the shipments that the user's office sends or receives."""
    rows = shipments_visible_to(request.user).select_related("post_office")
    found = ShipmentFilter(request.GET, queryset=rows)
    counted = found.qs.annotate(live_items=Count("items", filter=Q(items__live=True)))
    shown = listing(request, counted, sorts=SORTS, default="-opened")
    return render(
        request, "web/shipments/list.html", {"filter": found, "page": shown.page, "sort": shown.sort}
    )


@requires(Operation.SEE_SHIPMENTS)
def shipment_page(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Show one shipment."""
    shipment = _shipment_of(request, shipment_id)
    items = shipment.items.filter(live=True).select_related("card", "bag").order_by("position")
    context = {"shipment": shipment, "page": page_of(request, items)}
    return render(request, "web/shipments/shipment.html", context)


def _shipment_of(request: StaffRequest, shipment_id: int) -> Shipment:
    rows = shipments_visible_to(request.user).select_related("post_office", "office")
    return get_object_or_404(rows, pk=shipment_id)
