"""The waiting list of a full day: join, be offered the first free place in order, take it in time, or leave.

A place that is offered is taken from the day's quota at once, so that nobody else gets it meanwhile; it is given
back when the offer expires. Everything here happens under the counter's lock, as bookings do.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.services import record
from delivery import messages, records
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay, WaitingEntry
from delivery.refusals import Code, DeliveryRefused
from offices.models import Office, Quota, Service
from offices.quotas import QuotaFull, Taken, add_places, places_left, return_places, take_place
from offices.services import is_open, local_day, lock_offices, policy_of

URGENT = Quota.Lane.URGENT.value
HURRY_DAYS = 7
State = WaitingEntry.State
LIVE = (State.WAITING, State.OFFERED)


def join_waiting_list(
    *, card_id: int, day: date, at: datetime, lane: str = URGENT, actor_id: int | None = None
) -> WaitingEntry:
    """Put the card's holder on the list of a full day at the counter where the card waits.

    `actor_id` is the clerk, None the resident. Raises NOT_RECEIVED, DAY_PASSED, DAY_TOO_LATE, OFFICE_CLOSED,
    ALREADY_BOOKED on that day, ALREADY_WAITING, PLACES_LEFT.
    """
    counters = _counters_of(card_id)
    with transaction.atomic():
        lock_offices(office_ids=counters)
        records.lock_cards([card_id])
        stay = CounterStay.objects.select_related("counter").filter(card_id=card_id, live=True).first()
        if stay is None or stay.counter_id not in counters:
            raise DeliveryRefused(Code.NOT_RECEIVED, status="NOT_AT_COUNTER")
        _refuse_to_wait(stay, day, at)
        offer_places(counter_id=stay.counter_id, lane=lane, day=day, at=at)
        if places_left(office_id=stay.counter_id, lane=lane, day=day) > 0:
            raise DeliveryRefused(Code.PLACES_LEFT, day=day)
        entry = WaitingEntry.objects.create(
            card_id=card_id, counter=stay.counter, lane=lane, day=day, joined_at=at
        )
        _audit("JOIN_WAITING_LIST", entry, actor_id, at)
        return entry


def _counters_of(card_id: int) -> list[int]:
    stays = CounterStay.objects.filter(card_id=card_id, live=True)
    return list(stays.values_list("counter_id", flat=True))


def _refuse_to_wait(stay: CounterStay, day: date, at: datetime) -> None:
    if day < local_day(office=stay.counter, at=at):
        raise DeliveryRefused(Code.DAY_PASSED, day=day)
    if day > stay.hold_until:
        raise DeliveryRefused(Code.DAY_TOO_LATE, until=stay.hold_until)
    if not is_open(office=stay.counter, service=Service.PICKUP, on=day):
        raise DeliveryRefused(Code.OFFICE_CLOSED, day=day)
    if Appointment.objects.filter(card_id=stay.card_id, day=day, cancelled_at__isnull=True).exists():
        raise DeliveryRefused(Code.ALREADY_BOOKED, day=day)
    waits = WaitingEntry.objects.filter(card_id=stay.card_id, state__in=LIVE).first()
    if waits is not None:
        raise DeliveryRefused(Code.ALREADY_WAITING, day=waits.day)


def waiting_of(*, card_id: int) -> WaitingEntry | None:
    """Give the card's place on a waiting list, or the place that is kept for it."""
    return WaitingEntry.objects.filter(card_id=card_id, state__in=LIVE).first()


def days_to_wait_for(*, card_id: int, at: datetime) -> list[date]:
    """Give the next open days of the card's counter, full or not, for somebody in a hurry."""
    stay = CounterStay.objects.select_related("counter").filter(card_id=card_id, live=True).first()
    if stay is None:
        return []
    today = local_day(office=stay.counter, at=at)
    days = [today + timedelta(days=ahead) for ahead in range(HURRY_DAYS)]
    return [
        day
        for day in days
        if day <= stay.hold_until and is_open(office=stay.counter, service=Service.PICKUP, on=day)
    ]


def offer_places(*, counter_id: int, lane: str, day: date, at: datetime) -> int:
    """Offer each free place of the day to the next who waits, first come first; give how many were offered.

    Offers that nobody took in time go first, and their places on. Call under the counter's lock, whenever a place
    may have become free. A message tells those who are offered one.
    """
    queue = WaitingEntry.objects.filter(counter_id=counter_id, lane=lane, day=day, state__in=LIVE)
    entries = list(queue.order_by("joined_at", "pk"))
    if not entries:
        return 0
    here = set(
        CounterStay.objects.filter(
            counter_id=counter_id, live=True, card__in=[entry.card_id for entry in entries]
        ).values_list("card_id", flat=True)
    )
    _end([entry for entry in entries if entry.card_id not in here], State.LEFT, at)
    _end([entry for entry in entries if _is_over(entry, at)], State.EXPIRED, at)
    counter = Office.objects.get(pk=counter_id)
    if day < local_day(office=counter, at=at) or not is_open(office=counter, service=Service.PICKUP, on=day):
        return 0
    until = at + timedelta(minutes=policy_of(office=counter).offer_minutes)
    offered = []
    for entry in entries:
        if entry.state != State.WAITING:
            continue
        try:
            take_place(office_id=counter_id, lane=lane, day=day)
        except QuotaFull:
            break
        offered.append(entry)
    WaitingEntry.objects.filter(pk__in=[entry.pk for entry in offered]).update(
        state=State.OFFERED, offered_until=until
    )
    told = [entry.card_id for entry in offered]
    messages.queue(card_ids=told, occasion=Occasion.PLACE_OFFERED, at=at, sequence=None)
    return len(offered)


def offer_freed(*, days: Collection[tuple[int, str, date]], at: datetime) -> int:
    """Offer places that became free on many days (counter, lane, day) to those who wait; give how many were offered.

    Under the counters' locks.
    """
    waiting = WaitingEntry.objects.filter(
        counter_id__in={counter_id for counter_id, _, _ in days}, state__in=LIVE
    )
    wanted = set(waiting.order_by().values_list("counter_id", "lane", "day").distinct())
    return sum(
        offer_places(counter_id=counter_id, lane=lane, day=day, at=at)
        for counter_id, lane, day in sorted(wanted & set(days))
    )


def _is_over(entry: WaitingEntry, at: datetime) -> bool:
    return entry.state == State.OFFERED and entry.offered_until is not None and entry.offered_until <= at


def _end(entries: Collection[WaitingEntry], state: str, at: datetime) -> None:
    """End entries; places that were kept for them are given back. The caller offers them on."""
    held = [entry for entry in entries if entry.state == State.OFFERED]
    return_places(taken=[Taken(e.counter_id, e.lane, e.day, None, 1) for e in held])
    ended = WaitingEntry.objects.filter(pk__in=[entry.pk for entry in entries])
    ended.update(state=state, offered_until=None, ended_at=at)
    for entry in entries:
        entry.state = state


def take_offer(*, card_id: int, at: datetime, actor_id: int | None = None) -> Appointment:
    """Turn the place that is kept for the card into an appointment, at any time of that day.

    An earlier appointment of the card is given back. Raises NOT_OFFERED, NOT_RECEIVED, OFFER_EXPIRED.
    """
    counters = _waiting_counters(card_id)
    with transaction.atomic():
        lock_offices(office_ids=counters)
        records.lock_cards([card_id])
        entry = WaitingEntry.objects.filter(card_id=card_id, state=State.OFFERED).first()
        if entry is None or entry.counter_id not in counters:
            raise DeliveryRefused(Code.NOT_OFFERED)
        if not CounterStay.objects.filter(card_id=card_id, counter_id=entry.counter_id, live=True).exists():
            raise DeliveryRefused(Code.NOT_RECEIVED, status="NOT_AT_COUNTER")
        if _is_over(entry, at):
            raise DeliveryRefused(Code.OFFER_EXPIRED)
        WaitingEntry.objects.filter(pk=entry.pk).update(state=State.TAKEN, offered_until=None, ended_at=at)
        _give_back_earlier(card_id, at)
        _audit("TAKE_OFFERED_PLACE", entry, actor_id, at)
        return Appointment.objects.create(
            card_id=card_id, counter_id=entry.counter_id, day=entry.day, lane=entry.lane, booked_at=at
        )


def _waiting_counters(card_id: int) -> list[int]:
    """Give the counters of the card's entry and of its appointment: both may get a place back."""
    waits = WaitingEntry.objects.filter(card_id=card_id, state__in=LIVE).values_list("counter_id", flat=True)
    booked = Appointment.objects.filter(card_id=card_id, cancelled_at__isnull=True)
    return [*waits, *booked.values_list("counter_id", flat=True)]


def _give_back_earlier(card_id: int, at: datetime) -> None:
    for earlier in Appointment.objects.filter(card_id=card_id, cancelled_at__isnull=True):
        Appointment.objects.filter(pk=earlier.pk).update(cancelled_at=at)
        place = Taken(earlier.counter_id, earlier.lane, earlier.day, earlier.starts_at, 1)
        return_places(taken=[place])
        offer_places(counter_id=earlier.counter_id, lane=earlier.lane, day=earlier.day, at=at)


def leave_waiting_list(*, card_id: int, at: datetime, actor_id: int | None = None) -> None:
    """Take the card off the list; a place that was offered goes to the next. Raises NOT_WAITING."""
    counters = _waiting_counters(card_id)
    with transaction.atomic():
        lock_offices(office_ids=counters)
        entry = WaitingEntry.objects.select_for_update().filter(card_id=card_id, state__in=LIVE).first()
        if entry is None or entry.counter_id not in counters:
            raise DeliveryRefused(Code.NOT_WAITING)
        _end([entry], State.LEFT, at)
        _audit("LEAVE_WAITING_LIST", entry, actor_id, at)
        offer_places(counter_id=entry.counter_id, lane=entry.lane, day=entry.day, at=at)


def leave_as_collected(*, card_id: int, counter: Office, at: datetime) -> None:
    """Take a card that is given out off the list, whose place goes to the next; under the counter's lock."""
    entry = WaitingEntry.objects.filter(card_id=card_id, state__in=LIVE).first()
    if entry is not None:
        _end([entry], State.LEFT, at)
        if entry.counter_id == counter.pk:
            offer_places(counter_id=entry.counter_id, lane=entry.lane, day=entry.day, at=at)


def end_waiting_of(*, counters: Collection[int], first: date, last: date, at: datetime) -> int:
    """End all waiting for days on which counters are closed; give how many waited. Under the counters' locks."""
    entries = WaitingEntry.objects.filter(counter_id__in=counters, day__range=(first, last), state__in=LIVE)
    ended = list(entries)
    _end(ended, State.EXPIRED, at)
    return len(ended)


def pass_offers_on(*, at: datetime) -> int:
    """End offers that nobody took in time and waiting for days that have passed; give how many places went on.

    Run it every few minutes; safe to repeat.
    """
    last_zone_today = at.astimezone(ZoneInfo("Asia/Jakarta")).date()  # a day ends there last
    passed = WaitingEntry.objects.filter(state=State.WAITING, day__lt=last_zone_today)
    passed.update(state=State.EXPIRED, ended_at=at)
    overdue = WaitingEntry.objects.filter(state=State.OFFERED, offered_until__lte=at)
    days = list(overdue.order_by("counter_id").values_list("counter_id", "lane", "day").distinct())
    offered = 0
    for counter_id, lane, day in days:
        with transaction.atomic():
            lock_offices(office_ids=[counter_id])
            offered += offer_places(counter_id=counter_id, lane=lane, day=day, at=at)
    return offered


def override_places(
    *, office_id: int, lane: str, day: date, places: int, reason: str, actor_id: int | None, at: datetime
) -> int:
    """Add places to one day (or take free ones away), as a supervisor decides; give how many the day has now.

    Who waits is offered them. Raises REASON_MISSING, PLACES_INVALID, DAY_PASSED.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    if places == 0:
        raise DeliveryRefused(Code.PLACES_INVALID)
    office = Office.objects.get(pk=office_id)
    if day < local_day(office=office, at=at):
        raise DeliveryRefused(Code.DAY_PASSED, day=day)
    with transaction.atomic():
        lock_offices(office_ids=[office_id])
        total = add_places(office_id=office_id, lane=lane, day=day, places=places)
        offered = offer_places(counter_id=office_id, lane=lane, day=day, at=at)
        record(
            actor_id=actor_id, office_id=office_id, operation="OVERRIDE_QUOTA", object_kind="quota",
            object_key=f"{office.code} {lane} {day}", at=at, places=places, total=total, offered=offered,
            reason=reason.strip()[:200],
        )  # fmt: skip
        return total


def _audit(operation: str, entry: WaitingEntry, actor_id: int | None, at: datetime) -> None:
    record(
        actor_id=actor_id, office_id=entry.counter_id, operation=operation, object_kind="waiting_entry",
        object_key=str(entry.pk), at=at, day=str(entry.day), lane=entry.lane,
    )  # fmt: skip
