"""Places of a counter's day: booked for a card, moved, given back. Walk-ins take one of today's in the same way."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from delivery import records
from delivery.models import Appointment, CounterStay
from delivery.refusals import Code, DeliveryRefused
from delivery.shelves import stay_of
from offices.models import Office, Service
from offices.opening import is_open_day
from offices.services import (
    FreeDay,
    QuotaFull,
    free_days,
    give_back_place,
    is_closed,
    local_day,
    lock_offices,
    take_place,
)

ORDINARY = "ORDINARY"
BOOKED_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookable:
    """The days that a card's holder can choose, and the one already chosen."""

    counter_id: int
    until: date
    booked: date | None
    days: tuple[FreeDay, ...]


def bookable_days(*, card_id: int, at: datetime, lane: str = ORDINARY) -> Bookable:
    """Give the open days with free places at the card's counter, for the next two weeks at most.

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
        days=tuple(days),
    )


def book(*, card_id: int, day: date, lane: str, at: datetime) -> Appointment:
    """Take a place at the counter where the card waits; an earlier appointment of the card is given back.

    Closure and quota are checked in this transaction, under the counter's lock, which a closure takes too. Raises
    NOT_RECEIVED, DAY_PASSED, DAY_TOO_LATE, ALREADY_BOOKED, OFFICE_CLOSED, QUOTA_FULL.
    """
    stays = CounterStay.objects.filter(card_id=card_id, live=True)
    counters = list(stays.values_list("counter_id", flat=True))
    with transaction.atomic():
        lock_offices(office_ids=counters)
        records.lock_cards([card_id])
        stay = stay_of(card_id=card_id)
        if stay is None or stay.counter_id not in counters:
            raise DeliveryRefused(Code.NOT_RECEIVED, status="NOT_AT_COUNTER")
        _refuse_day(stay, day, at)
        _give_back(card_id, at, unless=day)
        return _take(card_id, stay.counter, day, lane, at)


def _refuse_day(stay: CounterStay, day: date, at: datetime) -> None:
    counter = stay.counter
    if day < local_day(office=counter, at=at):
        raise DeliveryRefused(Code.DAY_PASSED, day=day)
    if day > stay.hold_until:
        raise DeliveryRefused(Code.DAY_TOO_LATE, until=stay.hold_until)
    if not is_open_day(day, weekdays=counter.open_weekdays):
        raise DeliveryRefused(Code.OFFICE_CLOSED, day=day)
    if is_closed(office=counter, service=Service.PICKUP, on=day):
        raise DeliveryRefused(Code.OFFICE_CLOSED, day=day)


def _take(card_id: int, counter: Office, day: date, lane: str, at: datetime) -> Appointment:
    try:
        take_place(office_id=counter.pk, lane=lane, day=day)
    except QuotaFull:
        raise DeliveryRefused(Code.QUOTA_FULL, day=day) from None
    return Appointment.objects.create(card_id=card_id, counter=counter, day=day, lane=lane, booked_at=at)


def _standing(card_id: int) -> Appointment | None:
    return Appointment.objects.filter(card_id=card_id, cancelled_at__isnull=True).first()


def _give_back(card_id: int, at: datetime, *, unless: date | None) -> None:
    """Cancel the card's standing appointment; one on the wanted day stays and is refused as a repeat."""
    standing = _standing(card_id)
    if standing is None:
        return
    if standing.day == unless:
        raise DeliveryRefused(Code.ALREADY_BOOKED, day=standing.day)
    _cancel(standing, at)


def _cancel(appointment: Appointment, at: datetime) -> None:
    open_ones = Appointment.objects.filter(pk=appointment.pk, cancelled_at__isnull=True)
    if open_ones.update(cancelled_at=at) == 1:
        give_back_place(office_id=appointment.counter_id, lane=appointment.lane, day=appointment.day)


def cancel_booking(*, card_id: int, at: datetime) -> None:
    """Give the card's place back. Raises NOT_BOOKED."""
    with transaction.atomic():
        records.lock_cards([card_id])
        standing = _standing(card_id)
        if standing is None:
            raise DeliveryRefused(Code.NOT_BOOKED)
        _cancel(standing, at)


def standing_appointment(*, card_id: int, counter_id: int, day: date) -> Appointment | None:
    """Give the card's appointment at this counter on this day."""
    return Appointment.objects.filter(
        card_id=card_id, counter_id=counter_id, day=day, cancelled_at__isnull=True
    ).first()


def place_for_today(*, card_id: int, counter: Office, lane: str, at: datetime) -> Appointment:
    """Use the card's appointment of today or take one of today's places, under the counter's lock.

    Raises QUOTA_FULL.
    """
    today = local_day(office=counter, at=at)
    booked = standing_appointment(card_id=card_id, counter_id=counter.pk, day=today)
    if booked is not None:
        return booked
    _give_back(card_id, at, unless=None)
    return _take(card_id, counter, today, lane, at)
