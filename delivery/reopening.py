"""Take a closure back: put cards' last days and appointments where they were, as far as nobody has acted since."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Q

from delivery import messages
from delivery.appointments import give_back_all
from delivery.closures import audit_closure, counters_of
from delivery.holds import reckon_holds
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay, Message
from delivery.refusals import Code, DeliveryRefused
from offices.closed_days import closed_spans
from offices.models import Closure, Office, Service
from offices.quotas import Taken, free_days, take_places
from offices.services import closed_offices, lock_offices, reopen

CHUNK = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """What taking a closure back put back: days, cards kept shorter again, appointments on their first day again."""

    days: int
    cards: int
    appointments: int
    told: int


def take_back_closure(*, closure_id: int, actor_id: int | None, at: datetime, today: date) -> Reopened:
    """Take a closure back from `today` on and restore what it changed, as far as nobody has acted on it since.

    Days that have passed stay written as closed. Cards that still stand there are kept shorter again by the days that
    are open again. An appointment returns to its first day and slot when that is still to come and free, and the
    holder has neither chosen another one nor collected. Shelves that were sent to a delegate stay there; those that
    were to go do not; waiting lists begin anew. People who were not told yet are not told at all, unless another
    closure concerns them; people who were are told that the counter is open. Raises CLOSURE_ENDED.
    """
    with transaction.atomic():
        closure = _locked(closure_id)
        wanted = _wanted_back(closure, today)
        gave_way = list(Appointment.objects.filter(closure=closure).values_list("card_id", flat=True))
        days = reopen(closure_id=closure_id, today=today)
        if days < 1:
            raise DeliveryRefused(Code.CLOSURE_ENDED)
        counters = counters_of(closure)
        shorter = reckon_holds(counter_ids=counters)
        told = _tell_that_it_is_open(closure, counters, {*shorter, *gave_way}, today)
        appointments = _put_back(wanted, at)
        messages.queue(card_ids=told, occasion=Occasion.REOPENED, at=at, sequence=None)
        audit_closure(
            "TAKE_BACK_CLOSURE", closure_id, closure.office_id, actor_id, at, days=days, cards=len(shorter),
            appointments=appointments,
        )  # fmt: skip
    return Reopened(days=days, cards=len(shorter), appointments=appointments, told=len(told))


def _locked(closure_id: int) -> Closure:
    """Give the closure under the locks of its counters and of those that its appointments went to.

    Raises CLOSURE_ENDED when somebody else has just taken it back.
    """
    closure = Closure.objects.get(pk=closure_id)
    moved = Appointment.objects.filter(moved_from__closure=closure).values_list("counter_id", flat=True)
    lock_offices(office_ids={*closed_offices(closure), *moved.order_by().distinct()})
    still_there = Closure.objects.filter(pk=closure_id).first()
    if still_there is None:
        raise DeliveryRefused(Code.CLOSURE_ENDED)
    return still_there


def _tell_that_it_is_open(
    closure: Closure, counters: Sequence[int], concerned: Collection[int], today: date
) -> list[int]:
    """Withdraw what is not sent yet, but where another closure stands; give the cards whose residents have read."""
    offices = Office.objects.filter(pk__in=counters)
    closed = closed_spans(offices=list(offices), service=Service.PICKUP, since=today)
    stays = CounterStay.objects.filter(counter_id__in=[pk for pk in closed if closed[pk]], live=True)
    still_closed = set(stays.values_list("card_id", flat=True))
    messages.withdraw(card_ids=sorted(set(concerned) - still_closed), occasions=[Occasion.MOVED])
    read = Message.objects.filter(
        occasion=Occasion.MOVED, state=Message.State.SENT, created_at__gte=closure.created_at
    )
    return sorted(set(concerned) & set(read.values_list("card_id", flat=True)))


def _wanted_back(closure: Closure, today: date) -> list[Appointment]:
    """Give the appointments that gave way whose cards still stand there, and whose holders chose nothing else."""
    gave_way = Appointment.objects.filter(closure=closure, day__gte=today)
    theirs = Q(card__appointments__closure=closure)
    here = set(
        CounterStay.objects.filter(theirs, counter_id__in=counters_of(closure), live=True).values_list(
            "card_id", "counter_id"
        )
    )
    standing = dict(
        Appointment.objects.filter(theirs, cancelled_at__isnull=True).values_list("card_id", "pk")
    )
    rows = gave_way.select_related("counter", "moved_to").order_by("counter_id", "day", "starts_at", "pk")
    return [
        row
        for row in rows
        if (row.card_id, row.counter_id) in here
        and standing.get(row.card_id) == (row.moved_to.pk if hasattr(row, "moved_to") else None)
    ]


def _put_back(wanted: Sequence[Appointment], at: datetime) -> int:
    """Book the first days again where they are free; give how many."""
    free = _free_now(wanted)
    back = [row for row in wanted if _is_free(free, row)]
    for first in range(0, len(back), CHUNK):
        moved_from = back[first : first + CHUNK]
        give_back_all(Appointment.objects.filter(moved_from__in=moved_from, cancelled_at__isnull=True), at=at)
    places = Counter((row.counter_id, row.lane, row.day, row.starts_at) for row in back)
    take_places(taken=[Taken(*place, number) for place, number in places.items()])
    Appointment.objects.bulk_create(
        [
            Appointment(
                card_id=row.card_id, counter_id=row.counter_id, day=row.day, starts_at=row.starts_at, lane=row.lane,
                booked_at=at,
            )
            for row in back
        ],
        batch_size=CHUNK,
    )  # fmt: skip
    return len(back)


_Free = dict[tuple[int, str, date], tuple[int, dict[time, int]]]


def _free_now(wanted: Sequence[Appointment]) -> _Free:
    """Give what is free on the days that are wanted back: of the day, and of each slot."""
    spans: dict[tuple[Office, str], list[date]] = defaultdict(list)
    for row in wanted:
        spans[row.counter, row.lane].append(row.day)
    return {
        (counter.pk, lane, free.day): (free.left, {slot.starts_at: slot.left for slot in free.slots})
        for (counter, lane), days in spans.items()
        for free in free_days(
            office=counter, service=Service.PICKUP, lane=lane, first=min(days), last=max(days)
        )
    }


def _is_free(free: _Free, row: Appointment) -> bool:
    """Say whether the row's place is free, and count it as taken."""
    key = (row.counter_id, row.lane, row.day)
    left, slots = free.get(key, (0, {}))
    if left < 1 or (row.starts_at is not None and slots.get(row.starts_at, 0) < 1):
        return False
    if row.starts_at is not None:
        slots[row.starts_at] -= 1
    free[key] = (left - 1, slots)
    return True
