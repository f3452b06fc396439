"""Which counter stands in for a closed one, and when shelves go there."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from offices.closed_days import leaving_days
from offices.models import Office, Service
from offices.services import load_routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A shelf that a closure sends away: on which day, and to which counter as things stand."""

    day: date
    to: Office


def delegates(*, counter_ids: Collection[int], on: date) -> Iterator[tuple[Office, Office | None]]:
    """Give each counter with the open counter of its registry at the end of its chain of delegates, if there is one.

    One that takes nothing in on that day is none.
    """
    routing = load_routing(on=on)
    offices = {office.pk: office for office in Office.objects.filter(kind=Office.Kind.COUNTER)}
    for counter in Office.objects.filter(pk__in=counter_ids).order_by("pk"):
        route = routing.stand_in(office_id=counter.pk, service=Service.PICKUP, on=on)
        delegate = offices.get(route.office_id) if route.office_id is not None else None
        if delegate is not None and (delegate == counter or delegate.parent_id != counter.parent_id):
            delegate = None
        if delegate is not None and routing.is_closed(
            office_id=delegate.pk, service=Service.RECEIVING, on=on
        ):
            delegate = None
        yield counter, delegate


def leaving_shelves(*, counters: Collection[Office], today: date) -> Mapping[int, Leaving]:
    """Give the shelves that a closure sends away today or later, and where to; those that nobody takes stay."""
    found = {}
    for counter_id, day in leaving_days(offices=counters, service=Service.PICKUP, since=today).items():
        for _counter, delegate in delegates(counter_ids=[counter_id], on=max(day, today)):
            if delegate is not None:
                found[counter_id] = Leaving(day=day, to=delegate)
    return found
