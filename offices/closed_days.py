"""On which days do closures shut offices? Spans of days for many offices at once, each day in one of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from offices.models import Closure, ExtraDay, Office
from offices.opening import is_open_day
from offices.services import regions_around

_LOOKED_AHEAD = 366


class Span(NamedTuple):
    """Days that follow each other, both ends included."""

    first: date
    last: date


class ClosedAhead(NamedTuple):
    """A closed span that is on or comes, and the first day on which the office works after it."""

    first: date
    last: date
    reopens: date | None


def closed_spans(*, offices: Collection[Office], service: str, since: date) -> Mapping[int, tuple[Span, ...]]:
    """Give each office's closed spans that end on `since` or later, in order; one statement.

    Closures that overlap or follow each other make one span, so that no day is counted twice.
    """
    of_office: dict[int, list[Span]] = defaultdict(list)
    of_area: dict[str, list[Span]] = defaultdict(list)
    rows = Closure.objects.filter(ends_on__gte=since, service__in=["", service])
    for row in rows:
        span = Span(row.starts_on, row.ends_on)
        if row.office_id is None:
            of_area[row.area_code].append(span)
        else:
            of_office[row.office_id].append(span)
    around = {office.region_code: regions_around(office.region_code) for office in offices}
    return {
        office.pk: _merged(
            [*of_office[office.pk], *(span for code in around[office.region_code] for span in of_area[code])]
        )
        for office in offices
    }


def leaving_days(*, offices: Collection[Office], service: str, since: date) -> Mapping[int, date]:
    """Give the first day of the closure, on or ahead, that sends an office's cards away; one statement for all."""
    days: dict[int, date] = {}
    rows = Closure.objects.filter(moves_cards=True, ends_on__gte=since, service__in=["", service])
    for row in rows.order_by("-starts_on"):
        for office in offices:
            if row.office_id == office.pk or row.area_code in regions_around(office.region_code):
                days[office.pk] = row.starts_on
    return days


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.first <= merged[-1].last + timedelta(days=1):
            merged[-1] = Span(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return tuple(merged)


def last_day(*, base: date, since: date, closed: Sequence[Span]) -> date:
    """Move `base` by the closed days from `since` to the day that this gives, each of them once."""
    day = base
    for span in closed:
        first = max(span.first, since)
        if first > day:
            break
        day += timedelta(days=max(0, (span.last - first).days + 1))
    return day


def closed_ahead(*, office: Office, service: str, today: date, until: date) -> ClosedAhead | None:
    """Give the span on which the office is closed today, or else the next one that begins by `until`."""
    spans = closed_spans(offices=[office], service=service, since=today)[office.pk]
    if not spans or spans[0].first > until:
        return None
    first, last = spans[0]
    extra = set(ExtraDay.objects.filter(office=office, day__gt=last).values_list("day", flat=True))
    after = (last + timedelta(days=number) for number in range(1, _LOOKED_AHEAD))
    reopens = next(
        (
            day
            for day in after
            if (day in extra or is_open_day(day, weekdays=office.open_weekdays))
            and not any(span.first <= day <= span.last for span in spans)
        ),
        None,
    )
    return ClosedAhead(first, last, reopens)
