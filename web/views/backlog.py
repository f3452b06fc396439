"""The backlog: what waits to be posted, which shipments it would make, and making them."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from offices.models import Office
from offices.services import local_day
from shipments.backlog import backlog_by_lane, backlog_by_village, held_cards
from shipments.batching import batch_backlog, preview_plan
from shipments.numbering import number_stock
from web.access import StaffRequest, office_of, requires
from web.lists import page_of
from web.messages import REFUSALS, tell_refusal
from web.villages import village_name

VILLAGES_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """Shipments that would be made for one post office."""

    post_office: Office
    shipments: int
    items: int
    bags: int


@dataclass(frozen=True, slots=True)
class UnroutedRow:
    """Cards for a village that no post office serves today."""

    village: str
    cards: int
    fault: str


@requires(Operation.MANAGE_SHIPMENTS)
def backlog(request: StaffRequest) -> HttpResponse:
    """Show the queue by lane and village."""
    office = office_of(request.user)
    lanes = backlog_by_lane(office_id=office.pk)
    context = {
        "lanes": lanes,
        "total": sum(lanes.values()),
        "page": page_of(request, backlog_by_village(office_id=office.pk), per_page=VILLAGES_A_PAGE),
        "held": held_cards(office_id=office.pk),
        "stock": number_stock(office_id=office.pk),
    }
    return render(request, "web/backlog/backlog.html", context)


@requires(Operation.MANAGE_SHIPMENTS)
def preview(request: StaffRequest) -> HttpResponse:
    """Show what batching would make today; nothing is written."""
    office = office_of(request.user)
    today = local_day(office=office, at=timezone.now())
    plan = preview_plan(office_id=office.pk, on=today)
    planned = plan.planned()
    offices = Office.objects.in_bulk({row.post_office_id for row in planned})
    rows = [
        PlannedRow(
            post_office=post_office,
            shipments=sum(1 for row in planned if row.post_office_id == pk),
            items=sum(row.items for row in planned if row.post_office_id == pk),
            bags=sum(row.bags for row in planned if row.post_office_id == pk),
        )
        for pk, post_office in offices.items()
    ]
    context = {
        "rows": sorted(rows, key=lambda row: row.post_office.code),
        "shipments": len(planned),
        "items": plan.items,
        "beyond_limits": plan.beyond_limits,
        "unrouted": [
            UnroutedRow(village_name(code), cards, plan.faults.get(code, ""))
            for code, cards in sorted(plan.unrouted.items())
        ],
        "stock": number_stock(office_id=office.pk),
        "today": today,
    }
    return render(request, "web/backlog/preview.html", context)


@requires(Operation.MANAGE_SHIPMENTS)
@require_POST
def batch(request: StaffRequest) -> HttpResponse:
    """Put the whole queue into shipments."""
    office = office_of(request.user)
    now = timezone.now()
    try:
        result = batch_backlog(
            office_id=office.pk, on=local_day(office=office, at=now), actor_id=request.user.pk, at=now
        )
    except REFUSALS as error:
        tell_refusal(request, error)
        return redirect("web:backlog-preview")
    told = {"shipments": number_format(len(result.shipment_ids)), "items": number_format(result.items)}
    messages.success(request, _("%(shipments)s shipments with %(items)s items were made.") % told)
    if result.unrouted:
        count = number_format(sum(result.unrouted.values()))
        messages.warning(
            request, _("%(count)s cards stay: no post office serves their villages.") % {"count": count}
        )
    if result.beyond_limits:
        count = number_format(result.beyond_limits)
        messages.info(
            request, _("%(count)s cards wait for another day: the day's limit is reached.") % {"count": count}
        )
    return redirect("web:shipments")
