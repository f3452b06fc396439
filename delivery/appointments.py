"""Places of a counter's day and of its slots: booked for a card, moved, given back. Walk-ins take one of today's."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, QuerySet

from delivery import records
from delivery.models import Appointment, CounterStay
from delivery.refusals import Code, DeliveryRefused
from delivery.shelves import stay_of
from delivery.waiting import offer_freed, offer_places
from offices.models import Closure, Office, Service
from offices.quotas import (
    FreeDay,
    FreeSlot,
    QuotaFull,
    Taken,
    add_places,
    free_days,
    give_back_place,
    places_left,
    return_places,
    slots_of,
    take_place,
    take_slot,
)
from offices.services import is_open, local_day, lock_offices, policy_of

ORDINARY = "ORDINARY"
BOOKED_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookable:
    """The days and slots that a card's holder can choose, and what is already chosen."""

    counter_id: int
    until: date
    booked: date | None
    booked_at: time | None
    days: tuple[FreeDay, ...]


def bookable_days(*, card_id: int, at: datetime, lane: str = ORDINARY) -> Bookable:
    """Give the open days with free places and slots at the card's counter, for the next two weeks at most.

    Raises NOT_RECEIVED when the card is not at a counter.
    """
    stay = CounterStay.objects.select_related("counter").filter(card_id=card_id, live=True).first()
    if stay is None:
        raise DeliveryRefused(Code.NOT_RECEIVED, status="NOT_AT_COUNTER")
    today = local_day(office=stay.counter, at=at)
    last = min(stay.hold_until, today + BOOKED_AHEAD)
    days = free_days(office=stay.counter, service=Service.PICKUP, lane=lane, first=today, last=last)
    standing = _standing(card_id)
    return Bookable(
        counter_id=stay.counter_id,
        until=stay.hold_until,
        booked=standing.day if standing is not None else None,
        booked_at=standing.starts_at if standing is not None else None,
        days=still_to_come(days, counter=stay.counter, at=at),
    )


def still_to_come(days: Iterable[FreeDay], *, counter: Office, at: datetime) -> tuple[FreeDay, ...]:
    """Leave out the slots of today that have passed, and today when all have."""
    passed = set(_passed_slots(counter, at))
    today = local_day(office=counter, at=at)
    coming = []
    for day in days:
        slots = tuple(slot for slot in day.slots if day.day != today or slot.starts_at not in passed)
        if slots:
            left = min(day.left, sum(slot.left for slot in slots))
            coming.append(replace(day, left=left, slots=slots))
    return tuple(coming)


def _passed_slots(counter: Office, at: datetime) -> list[time]:
    """Give today's slots that have ended by the counter's own clock."""
    now = at.astimezone(ZoneInfo(counter.time_zone)).replace(tzinfo=None)
    length = timedelta(minutes=policy_of(office=counter).slot_minutes)
    return [
        slot for slot in slots_of(counter)
        if min(datetime.combine(now, slot) + length, datetime.combine(now, counter.closes_at)) <= now
    ]  # fmt: skip


def book(*, card_id: int, day: date, lane: str, at: datetime, starts_at: time | None = None) -> Appointment:
    """Take a place of a day and of a slot where the card waits; an earlier appointment of the card is given back.

    Without `starts_at` it is the day's first slot with a place. Closure and quota are checked in this transaction,
    under the counter's lock, which a closure takes too. Raises NOT_RECEIVED, DAY_PASSED, DAY_TOO_LATE, ALREADY_BOOKED,
    OFFICE_CLOSED, SLOT_UNKNOWN, SLOT_PASSED, QUOTA_FULL, SLOT_FULL.
    """
    counters = counters_of_card(card_id=card_id)
    with transaction.atomic():
        lock_offices(office_ids=counters)
        records.lock_cards([card_id])
        stay = stay_of(card_id=card_id)
        if stay is None or stay.counter_id not in counters:
            raise DeliveryRefused(Code.NOT_RECEIVED, status="NOT_AT_COUNTER")
        _refuse_day(stay, day, at)
        _refuse_slot(stay.counter, day, starts_at, at)
        standing = _standing(card_id)
        if standing is not None and standing.day == day and starts_at in (None, standing.starts_at):
            raise DeliveryRefused(Code.ALREADY_BOOKED, day=standing.day)
        if standing is not None:
            _cancel(standing, at)
        booked = _take(card_id, stay.counter, day, lane, at, _wanted(stay.counter, day, lane, starts_at, at))
        if standing is not None and standing.counter_id in counters:
            _offer_again(standing, at)
        return booked


def counters_of_card(*, card_id: int) -> list[int]:
    """Give the counters where the card stands and where it has an appointment: places may move at both.

    They are two while a closure is about to send the card from one to the other.
    """
    stays = CounterStay.objects.filter(card_id=card_id, live=True).values_list("counter_id", flat=True)
    booked = Appointment.objects.filter(card_id=card_id, cancelled_at__isnull=True)
    return sorted({*stays, *booked.values_list("counter_id", flat=True)})


def _refuse_day(stay: CounterStay, day: date, at: datetime) -> None:
    counter = stay.counter
    if day < local_day(office=counter, at=at):
        raise DeliveryRefused(Code.DAY_PASSED, day=day)
    if day > stay.hold_until:
        raise DeliveryRefused(Code.DAY_TOO_LATE, until=stay.hold_until)
    if not is_open(office=counter, service=Service.PICKUP, on=day):
        raise DeliveryRefused(Code.OFFICE_CLOSED, day=day)


def _refuse_slot(counter: Office, day: date, starts_at: time | None, at: datetime) -> None:
    today = day == local_day(office=counter, at=at)
    passed = _passed_slots(counter, at) if today else []
    if starts_at is not None and starts_at not in slots_of(counter):
        raise DeliveryRefused(Code.SLOT_UNKNOWN, slot=_hour(starts_at))
    if starts_at in passed or (passed and len(passed) == len(slots_of(counter))):
        raise DeliveryRefused(Code.SLOT_PASSED, slot=_hour(starts_at or passed[-1]), day=day)


def _hour(slot: time) -> str:
    return f"{slot:%H.%M}"


def _wanted(counter: Office, day: date, lane: str, starts_at: time | None, at: datetime) -> time:
    """Give the slot that is asked for, or the day's first with a place. Raises QUOTA_FULL when there is none."""
    if starts_at is not None:
        return starts_at
    days = free_days(office=counter, service=Service.PICKUP, lane=lane, first=day, last=day)
    free: tuple[FreeSlot, ...] = next((d.slots for d in still_to_come(days, counter=counter, at=at)), ())
    if not free:
        raise DeliveryRefused(Code.QUOTA_FULL, day=day)
    return free[0].starts_at


def _take(
    card_id: int, counter: Office, day: date, lane: str, at: datetime, starts_at: time | None
) -> Appointment:
    try:
        take_place(office_id=counter.pk, lane=lane, day=day)
    except QuotaFull:
        raise DeliveryRefused(Code.QUOTA_FULL, day=day) from None
    if starts_at is not None:
        try:
            take_slot(office=counter, lane=lane, day=day, starts_at=starts_at)
        except QuotaFull:
            raise DeliveryRefused(Code.SLOT_FULL, slot=_hour(starts_at), day=day) from None
    return Appointment.objects.create(
        card_id=card_id, counter=counter, day=day, starts_at=starts_at, lane=lane, booked_at=at
    )


def _standing(card_id: int) -> Appointment | None:
    return Appointment.objects.filter(card_id=card_id, cancelled_at__isnull=True).first()


def _cancel(appointment: Appointment, at: datetime) -> None:
    open_ones = Appointment.objects.filter(pk=appointment.pk, cancelled_at__isnull=True)
    if open_ones.update(cancelled_at=at) == 1:
        give_back_place(
            office_id=appointment.counter_id, lane=appointment.lane, day=appointment.day,
            starts_at=appointment.starts_at,
        )  # fmt: skip


def _offer_again(appointment: Appointment, at: datetime) -> None:
    """Offer the place that was given back to whoever waits for it."""
    offer_places(counter_id=appointment.counter_id, lane=appointment.lane, day=appointment.day, at=at)


def cancel_booking(*, card_id: int, at: datetime) -> None:
    """Give the card's place back; who waits for it is offered it. Raises NOT_BOOKED."""
    counters = Appointment.objects.filter(card_id=card_id, cancelled_at__isnull=True)
    with transaction.atomic():
        lock_offices(office_ids=list(counters.values_list("counter_id", flat=True)))
        records.lock_cards([card_id])
        standing = _standing(card_id)
        if standing is None:
            raise DeliveryRefused(Code.NOT_BOOKED)
        _cancel(standing, at)
        _offer_again(standing, at)


def give_back_all(standing: QuerySet[Appointment], *, at: datetime, closure: Closure | None = None) -> int:
    """Give back the places of many appointments at once; give how many there were. Under their counters' locks.

    The places are offered to those who wait for them. `closure` is what the appointments give way to.
    """
    counted = standing.order_by().values_list("counter_id", "lane", "day", "starts_at").annotate(Count("pk"))
    taken = [Taken(*row) for row in counted]
    return_places(taken=taken)
    given_back = standing.update(cancelled_at=at, closure=closure)
    offer_freed(days={(place.office_id, place.lane, place.day) for place in taken}, at=at)
    return given_back


def standing_appointment(*, card_id: int, counter_id: int, day: date) -> Appointment | None:
    """Give the card's appointment at this counter on this day."""
    return Appointment.objects.filter(
        card_id=card_id, counter_id=counter_id, day=day, cancelled_at__isnull=True
    ).first()


def place_for_today(
    *, card_id: int, counter: Office, lane: str, at: datetime, at_any_rate: bool = False
) -> Appointment:
    """Use the card's appointment of today or take one of today's places, under the locks of `counters_of_card`.

    Who is here needs no slot. Raises QUOTA_FULL, unless the card was given out already: then the day gets a place more.
    """
    today = local_day(office=counter, at=at)
    booked = standing_appointment(card_id=card_id, counter_id=counter.pk, day=today)
    if booked is not None:
        return booked
    standing = _standing(card_id)
    if standing is not None:
        _cancel(standing, at)
    if at_any_rate and places_left(office_id=counter.pk, lane=lane, day=today) < 1:
        add_places(office_id=counter.pk, lane=lane, day=today, places=1)
    taken = _take(card_id, counter, today, lane, at, None)
    if standing is not None:
        _offer_again(standing, at)
    return taken
