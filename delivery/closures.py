"""Close counters for some days, one or all of a region, and look after the cards and people that wait there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from accounts.services import record
from delivery import messages
from delivery.delegates import delegates
from delivery.holds import reckon_holds
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay
from delivery.rebooking import Elsewhere, Rebooked, rebook
from delivery.refusals import Code, DeliveryRefused
from delivery.transfers import move_shelf
from delivery.waiting import end_waiting_of
from offices.models import Closure, Office, Service
from offices.services import close_for, closed_offices, is_closed, local_day, lock_offices

MOST_DAYS = 366  # a slip of the pen in the year would keep every card for centuries


class WaitingCards(StrEnum):
    """What becomes of the cards that wait at a counter that closes."""

    HOLD = "HOLD"  # they wait there, as many days longer as it is closed
    MOVE = "MOVE"  # on the first day they go to the open end of the chain of delegates; without one they wait


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureResult:
    """What a closure did: counters closed; cards that wait there, that went to delegates at once, that go on the first
    day; appointments that gave way, of these with another day; people told."""

    closure_id: int
    counters: int
    waiting: int
    moved: int
    to_move: int
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

    Cards are kept longer by the days that become closed, or go to the counter's delegate on the first day: at once when
    that is today, otherwise by `move_due_shelves`; until then they may be collected. Appointments on these days, and
    where the cards go away all from the first day on, are booked again, or given back when there is no place. Everybody
    whose card waits longer or whose appointment gave way is told once, now; who only finds the card at the delegate,
    when it has arrived there. No booking slips in meanwhile: bookings take the same locks. New returns go to delegates
    by routing. Raises REASON_MISSING, CLOSURE_ENDS_BEFORE_START, CLOSURE_TOO_LONG.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    if ends_on < starts_on:
        raise DeliveryRefused(Code.CLOSURE_ENDS_BEFORE_START)
    if (ends_on - starts_on).days >= MOST_DAYS:
        raise DeliveryRefused(Code.CLOSURE_TOO_LONG, days=MOST_DAYS)
    with transaction.atomic():
        if cards == WaitingCards.MOVE:
            _lock_with_delegates(office_id, area_code)
        closure = close_for(
            office_id=office_id,
            area_code=area_code,
            service=service,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason.strip()[:200],
            moves_cards=cards == WaitingCards.MOVE,
        )
        result = _look_after(closure, actor_id, at)
        audit_closure(
            "CLOSE_COUNTERS", closure.pk, office_id, actor_id, at, waiting=result.waiting, moved=result.moved,
            to_move=result.to_move, counters=result.counters, appointments=result.appointments,
            appointments_moved=result.appointments_moved,
        )  # fmt: skip
    return result


def _lock_with_delegates(office_id: int | None, area_code: str) -> None:
    """Hold the counters that close and those of their registries that may stand in, all in the order of their keys."""
    inside = Q(region_code=area_code) | Q(region_code__startswith=f"{area_code}.")
    closing = Office.objects.filter(Q(pk=office_id) if office_id is not None else inside)
    siblings = Office.objects.filter(kind=Office.Kind.COUNTER, parent__in=closing.values("parent"))
    lock_offices(office_ids=[*closing.values_list("pk", flat=True), *siblings.values_list("pk", flat=True)])


def _look_after(closure: Closure, actor_id: int | None, at: datetime) -> ClosureResult:
    counters = counters_of(closure)
    leaving = _leaving(counters, closure) if closure.moves_cards else {}
    longer = set(reckon_holds(counter_ids=counters))
    end_waiting_of(counters=counters, first=closure.starts_on, last=closure.ends_on, at=at)
    end_waiting_of(counters=leaving, first=closure.starts_on, last=date.max, at=at)
    booked = _rebook(counters, leaving, closure, at)
    going = CounterStay.objects.filter(counter_id__in=leaving, live=True)
    longer -= set(going.values_list("card_id", flat=True))
    on_the_shelf = going.count()
    moved = _move(closure, actor_id, at) if leaving else 0
    told = messages.queue(
        card_ids=sorted(longer - set(booked.card_ids)), occasion=Occasion.MOVED, at=at, sequence=None
    )
    return ClosureResult(
        closure_id=closure.pk, counters=len(counters), waiting=len(longer), moved=moved, to_move=on_the_shelf - moved,
        appointments=booked.gave_way, appointments_moved=booked.again, told=told + booked.told,
    )  # fmt: skip


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


def move_due_shelves(*, at: datetime) -> int:
    """Send the shelves of closures that have begun, and that say so, to who stands in today; give how many cards went.

    What arrives at a closed counter later goes the next day. Run it daily, early; safe to repeat and to break off:
    each counter is done by itself, and an empty shelf has nothing to send.
    """
    west, east = local_days(at)
    due = Closure.objects.filter(moves_cards=True, starts_on__lte=east, ends_on__gte=west)
    return sum(_move(closure, None, at) for closure in due.order_by("pk"))


def local_days(at: datetime) -> tuple[date, date]:
    """Give the calendar days that are today in the country's westernmost and in its easternmost zone."""
    zones = [name for name, _label in Office._meta.get_field("time_zone").choices or ()]
    days = [local_day(office=Office(time_zone=zone), at=at) for zone in zones]
    return min(days), max(days)


def _move(closure: Closure, actor_id: int | None, at: datetime) -> int:
    """Send shelves that stand where the closure is on today to their delegates of today."""
    moved = 0
    days = {local_day(office=office, at=at) for office in Office.objects.filter(pk__in=counters_of(closure))}
    for today in sorted(day for day in days if closure.starts_on <= day <= closure.ends_on):
        for counter, delegate in delegates(counter_ids=counters_of(closure), on=today):
            if delegate is not None and local_day(office=counter, at=at) == today:
                moved += _move_one(counter, delegate, today, actor_id, at)
    return moved


def _move_one(counter: Office, delegate: Office, today: date, actor_id: int | None, at: datetime) -> int:
    with transaction.atomic():
        lock_offices(office_ids=[counter.pk, delegate.pk])
        # the closure may have been taken back, and the shelf cleared, while we came here
        if not is_closed(office=counter, service=Service.PICKUP, on=today):
            return 0
        if not CounterStay.objects.filter(counter=counter, live=True).exists():
            return 0
        transfer = move_shelf(from_office_id=counter.pk, to_office_id=delegate.pk, actor_id=actor_id, at=at)
        return transfer.sent


def _leaving(counters: Collection[int], closure: Closure) -> dict[int, Office]:
    """Give the delegate of each counter that has one on the closure's first day."""
    return {
        counter.pk: delegate
        for counter, delegate in delegates(counter_ids=counters, on=closure.starts_on)
        if delegate is not None
    }


def _rebook(counters: Sequence[int], leaving: dict[int, Office], closure: Closure, at: datetime) -> Rebooked:
    """Book the appointments of closed days after the closure, those of cards that go away where they go to."""
    first = closure.starts_on
    closed = Q(counter_id__in=counters, day__range=(first, closure.ends_on))
    gone = Q(counter_id__in=list(leaving), day__gte=first)
    standing = Appointment.objects.filter(
        closed | gone, cancelled_at__isnull=True, day__gte=local_days(at)[0]
    )
    after, on_the_way = closure.ends_on + timedelta(days=1), max(first, local_days(at)[0]) + timedelta(days=1)
    to = {
        counter.pk: Elsewhere(counter=leaving[counter.pk], first=on_the_way)
        if counter.pk in leaving
        else Elsewhere(counter=counter, first=after)
        for counter in Office.objects.filter(pk__in=counters)
    }
    return rebook(standing=standing, to=to, closure=closure, at=at)


def counters_of_closure(*, closure_id: int) -> list[ClosedCounter]:
    """Give the counters that a closure is about, with what waits there and who would stand in on its first day."""
    closure = Closure.objects.get(pk=closure_id)
    counters = counters_of(closure)
    here = CounterStay.objects.filter(counter_id__in=counters, live=True)
    waiting = _by_counter(here)
    kept = _by_counter(here.filter(hold_from__lte=closure.ends_on, hold_until__gte=closure.starts_on))
    gave_way = _by_counter(Appointment.objects.filter(closure=closure))
    return [
        ClosedCounter(
            office=office,
            waiting=waiting.get(office.pk, 0),
            kept_longer=kept.get(office.pk, 0),
            appointments=gave_way.get(office.pk, 0),
            delegate=delegate,
        )
        for office, delegate in delegates(counter_ids=counters, on=closure.starts_on)
    ]


def _by_counter(rows: QuerySet[CounterStay] | QuerySet[Appointment]) -> dict[int, int]:
    return dict(rows.order_by().values_list("counter_id").annotate(Count("pk")))


def cards_at_counters_of(closure: Closure) -> QuerySet[CounterStay]:
    """Give what waits at the counters of a closure, for the list of what to move or hold."""
    waiting = CounterStay.objects.filter(counter_id__in=counters_of(closure), live=True)
    return waiting.select_related("card", "counter").defer("card__nik", "card__kk", "card__phone")
