"""Close counters for some days, one or all of a region, and look after the cards and people that wait there."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.services import record
from delivery import bulk, messages
from delivery.appointments import BOOKED_AHEAD, give_back_all
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay
from delivery.refusals import Code, DeliveryRefused
from delivery.transfers import move_shelf
from delivery.waiting import end_waiting_of
from offices.models import Closure, Office, Service
from offices.quotas import FreeDay, Taken, free_days, take_places
from offices.services import close_for, closed_offices, load_routing

MOST_DAYS = 366  # a slip of the pen in the year would keep every card for centuries
_KEPT = """
INSERT INTO delivery_closurestay (closure_id, stay_id, days)
SELECT %s, s.id, %s FROM delivery_counterstay s WHERE {among} AND s.live = TRUE AND s.hold_until >= %s
"""


class WaitingCards(StrEnum):
    """What becomes of the cards that wait at a counter that closes."""

    HOLD = "HOLD"  # they wait there, as many days longer as it is closed
    MOVE = "MOVE"  # they go to the open office at the end of its chain of delegates; without one they wait


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureResult:
    """What a closure did: counters closed, cards that wait, of these sent to delegates; appointments; people told."""

    closure_id: int
    counters: int
    waiting: int
    moved: int
    appointments: int
    appointments_moved: int
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedCounter:
    """A counter that a closure is about: what waits there, the appointments that gave way, and who stands in."""

    office: Office
    waiting: int
    kept_longer: int
    appointments: int
    delegate: Office | None


def close_counters(
    *,
    office_id: int | None = None,
    area_code: str = "",
    service: str = "",
    starts_on: date,
    ends_on: date,
    reason: str,
    cards: WaitingCards = WaitingCards.HOLD,
    actor_id: int | None,
    at: datetime,
) -> ClosureResult:
    """Write a closure of one office or of a region, and look after what waits at its counters.

    Cards are kept as many days longer as the counter is closed, or sent to its delegate of the first day. Appointments
    on these days move to the counter's first free slot afterwards, or are given back when there is none. Everybody
    whose card waits is told once: now, or when the card has arrived at the delegate. No booking slips in meanwhile:
    bookings take the same locks. New returns go to delegates by routing. Raises REASON_MISSING,
    CLOSURE_ENDS_BEFORE_START, CLOSURE_TOO_LONG.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    if ends_on < starts_on:
        raise DeliveryRefused(Code.CLOSURE_ENDS_BEFORE_START)
    if (ends_on - starts_on).days >= MOST_DAYS:
        raise DeliveryRefused(Code.CLOSURE_TOO_LONG, days=MOST_DAYS)
    with transaction.atomic():
        closure = close_for(
            office_id=office_id,
            area_code=area_code,
            service=service,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason.strip()[:200],
        )
        counters = counters_of(closure)
        moved = _move(counters, closure, actor_id, at) if cards == WaitingCards.MOVE else 0
        waiting = _keep_longer(counters, closure)
        end_waiting_of(counters=counters, first=starts_on, last=ends_on, at=at)
        freed, rebooked = _move_appointments(counters, closure, at)
        told = messages.queue(card_ids=waiting, occasion=Occasion.MOVED, at=at, sequence=None)
        result = ClosureResult(
            closure_id=closure.pk, counters=len(counters), waiting=len(waiting), moved=moved, appointments=freed,
            appointments_moved=rebooked, told=told,
        )  # fmt: skip
        audit_closure("CLOSE_COUNTERS", closure.pk, office_id, actor_id, at, waiting=result.waiting, moved=moved,
               counters=result.counters, appointments=freed, appointments_moved=rebooked)  # fmt: skip
    return result


def audit_closure(
    operation: str, key: int, office_id: int | None, actor_id: int | None, at: datetime, **told: int
) -> None:
    """Write down what a closure, or taking one back, did."""
    record(
        actor_id=actor_id, office_id=office_id, operation=operation, object_kind="closure", object_key=str(key),
        at=at, **told,
    )  # fmt: skip


def counters_of(closure: Closure) -> list[int]:
    """Give the counters at which a closure stops pickup: none when it is for another service."""
    return closed_offices(closure) if closure.service in ("", Service.PICKUP) else []


def _move(counters: Sequence[int], closure: Closure, actor_id: int | None, at: datetime) -> int:
    """Send shelves to their delegates; give how many cards went. A chain of closed delegates is followed."""
    moved = 0
    for counter, delegate in _delegates(counters, closure.starts_on):
        if delegate is not None and CounterStay.objects.filter(counter=counter, live=True).exists():
            transfer = move_shelf(
                from_office_id=counter.pk, to_office_id=delegate.pk, actor_id=actor_id, at=at
            )
            moved += transfer.sent
    return moved


def _delegates(counters: Sequence[int], on: date) -> Iterator[tuple[Office, Office | None]]:
    """Give each counter with the open counter of its registry that stands in for it, if there is one."""
    routing = load_routing(on=on)
    offices = {office.pk: office for office in Office.objects.filter(kind=Office.Kind.COUNTER)}
    for counter in Office.objects.filter(pk__in=counters).order_by("pk"):
        route = routing.stand_in(office_id=counter.pk, service=Service.PICKUP, on=on)
        delegate = offices.get(route.office_id) if route.office_id is not None else None
        if delegate is not None and (delegate == counter or delegate.parent_id != counter.parent_id):
            delegate = None
        yield counter, delegate


def _keep_longer(counters: Sequence[int], closure: Closure) -> list[int]:
    """Move the last days of cards that would have to leave during or after the closure; give these cards."""
    days = (closure.ends_on - closure.starts_on).days + 1
    among = bulk.among("s.counter_id", "bigint")
    first = closure.starts_on if bulk.is_postgresql() else closure.starts_on.isoformat()
    bulk.execute(_KEPT.format(among=among), [closure.pk, days, bulk.listed(counters), first])
    stays = CounterStay.objects.filter(counter_id__in=counters, live=True, hold_until__gte=closure.starts_on)
    card_ids = list(stays.order_by("card_id").values_list("card_id", flat=True))
    # the latest day first, so that no stay is moved twice
    for until in stays.order_by("-hold_until").values_list("hold_until", flat=True).distinct():
        stays.filter(hold_until=until).update(hold_until=until + timedelta(days=days))
    return card_ids


def _move_appointments(counters: Sequence[int], closure: Closure, at: datetime) -> tuple[int, int]:
    """Give appointments of the closed days back and book each again on the first free slot after the closure.

    Give how many there were, and how many found a day on which the card is still kept.
    """
    closed = Q(counter_id__in=counters, day__range=(closure.starts_on, closure.ends_on))
    standing = Appointment.objects.filter(closed, cancelled_at__isnull=True)
    rows = list(standing.select_related("counter").order_by("counter_id", "lane", "day", "starts_at", "pk"))
    give_back_all(standing, at=at, closure=closure)
    stays = CounterStay.objects.filter(live=True, card__appointments__closure=closure)
    kept_until = dict(stays.values_list("card_id", "hold_until"))
    groups: dict[tuple[Office, str], list[Appointment]] = defaultdict(list)
    for row in rows:
        groups[row.counter, row.lane].append(row)
    again = [
        Appointment(
            card_id=row.card_id, counter=counter, day=day, starts_at=starts_at, lane=lane, booked_at=at, moved_from=row
        )
        for (counter, lane), wanting in groups.items()
        for row, day, starts_at in _find_places(counter, lane, wanting, kept_until, closure)
    ]  # fmt: skip
    Appointment.objects.bulk_create(again, batch_size=2_000)
    return len(rows), len(again)


def _find_places(
    counter: Office, lane: str, wanting: Sequence[Appointment], kept_until: dict[int, date], closure: Closure
) -> Iterator[tuple[Appointment, date, time]]:
    """Give the first free places after the closure, in the order of the appointments, and take them."""
    first = closure.ends_on + timedelta(days=1)
    days = free_days(
        office=counter, service=Service.PICKUP, lane=lane, first=first, last=first + BOOKED_AHEAD
    )
    places = _places(days)
    taken: dict[tuple[date, time], int] = defaultdict(int)
    place = next(places, None)
    for row in wanting:
        if place is None or kept_until.get(row.card_id, date.min) < place[0]:
            continue
        taken[place] += 1
        yield row, *place
        place = next(places, None)
    take_places(taken=[Taken(counter.pk, lane, day, hour, number) for (day, hour), number in taken.items()])


def _places(days: Sequence[FreeDay]) -> Iterator[tuple[date, time]]:
    """Give every free place one by one, the earliest first, and of a day no more than it has."""
    for day in days:
        hours = [slot.starts_at for slot in day.slots for _place in range(slot.left)]
        yield from ((day.day, hour) for hour in hours[: day.left])


def counters_of_closure(*, closure_id: int) -> list[ClosedCounter]:
    """Give the counters that a closure is about, with what waits there and who would stand in on its first day."""
    closure = Closure.objects.get(pk=closure_id)
    counters = counters_of(closure)
    waiting = _counted(
        "SELECT counter_id, COUNT(*) FROM delivery_counterstay WHERE live = TRUE AND {among} GROUP BY counter_id",
        counters,
    )
    kept: dict[int, int] = dict(
        bulk.select(
            "SELECT s.counter_id, COUNT(*) FROM delivery_closurestay k JOIN delivery_counterstay s ON s.id = k.stay_id"
            " WHERE k.closure_id = %s AND s.live = TRUE GROUP BY s.counter_id",
            [closure_id],
        )
    )
    gave_way: dict[int, int] = dict(
        bulk.select(
            "SELECT counter_id, COUNT(*) FROM delivery_appointment WHERE closure_id = %s GROUP BY counter_id",
            [closure_id],
        )
    )
    return [
        ClosedCounter(
            office=office,
            waiting=waiting.get(office.pk, 0),
            kept_longer=kept.get(office.pk, 0),
            appointments=gave_way.get(office.pk, 0),
            delegate=delegate,
        )
        for office, delegate in _delegates(counters, closure.starts_on)
    ]


def _counted(sql: str, counters: Sequence[int]) -> dict[int, int]:
    return dict(bulk.select(sql.format(among=bulk.among("counter_id", "bigint")), [bulk.listed(counters)]))


def cards_at_counters_of(closure: Closure) -> QuerySet[CounterStay]:
    """Give what waits at the counters of a closure, for the list of what to move or hold."""
    waiting = CounterStay.objects.filter(counter_id__in=counters_of(closure), live=True)
    return waiting.select_related("card", "counter").defer("card__nik", "card__kk", "card__phone")
