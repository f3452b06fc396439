"""What came back and belongs to nobody here: each is a case until somebody says what became of it."""

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from delivery.refusals import DeliveryRefused
from delivery.returns import settle_stray_item
from delivery.scope import stray_items_visible_to
from web.access import StaffRequest, requires
from web.filters import StrayFilter
from web.lists import page_of
from web.messages import tell_refusal


@requires(Operation.RECEIVE_RETURNS)
def strays(request: StaffRequest) -> HttpResponse:
    """List what was put aside, the open cases first."""
    rows = stray_items_visible_to(request.user).select_related("office", "found_by", "settled_by")
    found = StrayFilter(request.GET or {"state": "open"}, queryset=rows)
    ordered = found.qs.order_by(F("settled_at").asc(nulls_first=True), "found_at", "pk")
    context = {"filter": found, "page": page_of(request, ordered)}
    return render(request, "web/returns/strays.html", context)


@requires(Operation.RECEIVE_RETURNS)
@require_POST
def settle(request: StaffRequest, stray_id: int) -> HttpResponse:
    """Close a case by saying what became of the item."""
    stray = get_object_or_404(stray_items_visible_to(request.user), pk=stray_id)
    try:
        settle_stray_item(
            stray_item_id=stray.pk,
            resolution=request.POST.get("resolution", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except DeliveryRefused as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("The case was settled."))
    return redirect("web:returns-strays")
