"""Until when does a counter keep its cards? Days on which closures shut it do not count.

A stay knows its last day without closures (`hold_base`) and from when on closed days are added to it (`hold_from`): the
day of arrival, or the day that an officer has set. What follows, `hold_until`, is reckoned anew from both whenever a
closure is written or taken back, so that overlapping closures count each day once, in whatever order they come and go.
"""

from collections.abc import Collection
from datetime import date

from delivery import bulk
from delivery.models import CounterStay
from offices.closed_days import closed_spans, last_day
from offices.models import Office, Service

_COLUMNS = {"counter_id": "bigint", "hold_from": "date", "hold_base": "date", "hold_until": "date"}


def hold_until(*, counter: Office, base: date, since: date) -> date:
    """Give the last day of a card that the counter keeps until `base`, and longer by its closed days from `since`."""
    closed = closed_spans(offices=[counter], service=Service.PICKUP, since=since)[counter.pk]
    return last_day(base=base, since=since, closed=closed)


def reckon_holds(*, counter_ids: Collection[int]) -> list[int]:
    """Reckon the last days of all that stands at these counters; give the cards whose day has moved.

    A few statements for any number of cards and counters. Call under the counters' locks; safe to repeat.
    """
    counters = {office.pk: office for office in Office.objects.filter(pk__in=counter_ids)}
    stays = CounterStay.objects.filter(counter_id__in=counters, live=True).order_by()
    groups = list(stays.values_list("counter_id", "hold_from", "hold_base", "hold_until").distinct())
    if not groups:
        return []
    closed = closed_spans(
        offices=counters.values(), service=Service.PICKUP, since=min(since for _, since, _, _ in groups)
    )
    rows = []
    for counter_id, since, base, until in groups:
        day = last_day(base=base, since=since, closed=closed[counter_id])
        if day != until:
            rows.append((counter_id, bulk.day(since), bulk.day(base), bulk.day(day)))
    return bulk.update_groups(
        table="delivery_counterstay",
        keys=("counter_id", "hold_from", "hold_base"),
        columns=_COLUMNS,
        rows=sorted(set(rows)),
        among="live = TRUE",
        giving="card_id",
    )
