"""What the post says is coming back and what has not arrived here: the list, its filters, and its export."""

from datetime import datetime
from types import SimpleNamespace

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import Operation
from delivery.expected_returns import ExpectedReturns, expected_returns, expected_sheet
from delivery.models import Delivery
from delivery.scope import post_offices_visible_to
from web.access import StaffRequest, requires
from web.choosing import known_kind, sheet_answer, word
from web.forms import ExpectedForm
from web.lists import listing

SORTS = {"since": "since", "post": "item__shipment__post_office__code", "status": "status"}


@requires(Operation.ROUTE_RETURNS)
def item_list(request: StaffRequest) -> HttpResponse:
    """List what is coming back, the oldest first."""
    form, expected, rows = _asked(request, timezone.now())
    shown = rows.select_related("card", "item__shipment__post_office")
    listed = listing(
        request, shown.defer("card__nik", "card__kk", "card__phone"), sorts=SORTS, default="since"
    )
    context = {
        "filter": SimpleNamespace(form=form),
        "page": listed.page,
        "sort": listed.sort,
        "rows": [(delivery, *_reckoned(expected, delivery)) for delivery in listed.page.object_list],
        "overdue": expected.overdue.count(),
    }
    return render(request, "web/returns/expected.html", context)


@requires(Operation.ROUTE_RETURNS)
def item_export(request: StaffRequest, kind: str) -> FileResponse:
    """Send the filtered list as XLSX or CSV; that it left is recorded."""
    known_kind(kind)
    now = timezone.now()
    _form, expected, rows = _asked(request, now)
    return sheet_answer(expected_sheet(expected, rows, words=word, actor_id=request.user.pk, at=now), kind)


def _asked(request: StaffRequest, at: datetime) -> tuple[ExpectedForm, ExpectedReturns, QuerySet[Delivery]]:
    offices = list(post_offices_visible_to(request.user))
    form = ExpectedForm(request.GET, post_offices=offices)
    code, status, only_overdue = form.asked()
    expected = expected_returns(offices=offices, at=at)
    rows = expected.overdue if only_overdue else expected.rows
    if code:
        rows = rows.filter(item__shipment__post_office__code=code)
    return form, expected, rows.filter(status=status) if status else rows


def _reckoned(expected: ExpectedReturns, delivery: Delivery) -> tuple[int, bool]:
    assert delivery.item is not None  # noqa: S101 - for the type checker: what the post brings back has one
    office_id = delivery.item.shipment.post_office_id
    since = delivery.since
    return expected.days_of(office_id=office_id, since=since), expected.is_overdue(
        office_id=office_id, since=since
    )
