"""Give appointments back that cannot be kept, book them again where and when the card can be collected, and tell."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from delivery import messages
from delivery.appointments import BOOKED_AHEAD, give_back_all
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay
from offices.follow_ups import rule_of
from offices.models import Closure, Office, Service
from offices.quotas import FreeDay, Taken, free_days, take_places

CHUNK = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where appointments of one counter are booked again: there itself or at another one, from a day on."""

    counter: Office
    first: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebooked:
    """How many appointments gave way, how many have another day, whose cards they are, and how many are told."""

    gave_way: int = 0
    again: int = 0
    card_ids: tuple[int, ...] = ()
    told: int = 0


def rebook(
    *,
    standing: QuerySet[Appointment],
    to: Mapping[int, Elsewhere],
    closure: Closure | None,
    at: datetime,
) -> Rebooked:
    """Give appointments back and book each again on the first free slot of `to` (by counter), never before its own day.

    Who came first is served first. Without a free slot while the card is kept there, the appointment is only given
    back. Their holders are told. Call under the locks of the counters on both sides.
    """
    rows = list(standing.select_related("counter").order_by("counter_id", "lane", "day", "starts_at", "pk"))
    if not rows:
        return Rebooked()
    give_back_all(standing, at=at, closure=closure)
    groups: dict[tuple[int, str], list[Appointment]] = defaultdict(list)
    for row in rows:
        if row.counter_id in to:
            groups[row.counter_id, row.lane].append(row)
    again = [
        Appointment(
            card_id=row.card_id, counter=to[counter_id].counter, day=day, starts_at=starts_at, lane=lane, booked_at=at,
            moved_from=row,
        )
        for (counter_id, lane), wanting in groups.items()
        for row, day, starts_at in _find_places(to[counter_id], lane, wanting)
    ]  # fmt: skip
    Appointment.objects.bulk_create(again, batch_size=CHUNK)
    card_ids = tuple(row.card_id for row in rows)
    told = messages.queue(card_ids=card_ids, occasion=Occasion.MOVED, at=at, sequence=None)
    return Rebooked(gave_way=len(rows), again=len(again), card_ids=card_ids, told=told)


def _find_places(
    to: Elsewhere, lane: str, wanting: Sequence[Appointment]
) -> Iterator[tuple[Appointment, date, time]]:
    """Give the first free places in the order of the appointments, and take them."""
    last_days = _last_days(to, wanting)
    last = max(to.first, wanting[-1].day) + BOOKED_AHEAD
    days = free_days(office=to.counter, service=Service.PICKUP, lane=lane, first=to.first, last=last)
    places = _places(days)
    taken: dict[tuple[date, time], int] = defaultdict(int)
    place = next(places, None)
    for row in wanting:
        while place is not None and place[0] < row.day:
            place = next(places, None)
        if place is None or last_days.get(row.card_id, date.min) < place[0]:
            continue
        taken[place] += 1
        yield row, *place
        place = next(places, None)
    take_places(
        taken=[Taken(to.counter.pk, lane, day, hour, number) for (day, hour), number in taken.items()]
    )


def _last_days(to: Elsewhere, wanting: Sequence[Appointment]) -> dict[int, date]:
    """Give until when each card is kept where it is booked again."""
    if to.counter.pk != wanting[0].counter_id:
        until = to.first + timedelta(days=rule_of(office=to.counter).hold_days)
        return dict.fromkeys((row.card_id for row in wanting), until)
    cards = [row.card_id for row in wanting]
    kept: dict[int, date] = {}
    for start in range(0, len(cards), CHUNK):
        stays = CounterStay.objects.filter(card_id__in=cards[start : start + CHUNK], live=True)
        kept.update(stays.values_list("card_id", "hold_until"))
    return kept


def _places(days: Sequence[FreeDay]) -> Iterator[tuple[date, time]]:
    """Give every free place one by one, the earliest first, and of a day no more than it has."""
    for day in days:
        hours = [slot.starts_at for slot in day.slots for _place in range(slot.left)]
        yield from ((day.day, hour) for hour in hours[: day.left])
