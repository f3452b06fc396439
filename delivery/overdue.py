"""Cards that a counter has kept too long: what follows, whose they are now, and how old the shelf is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet

from accounts.services import record
from delivery import bulk, records
from delivery.appointments import give_back_all
from delivery.holds import hold_until
from delivery.models import Appointment, CounterStay, Transfer, VillageListCard
from delivery.refusals import Code, DeliveryRefused
from delivery.scans import cards_by_id
from delivery.shelves import Arriving, take_off_shelf
from delivery.transfers import open_transfer
from offices.follow_ups import rules_of, write_follow_up
from offices.models import FollowUp, Office
from offices.services import local_day, lock_offices

AfterHold = FollowUp.AfterHold
# The ages of the shelf that people look at: the reminders' days and the usual end of the hold.
AGES = (7, 14, 30)
LONGEST = timedelta(days=366)  # that a card is kept longer at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfAge:
    """How long the cards of one shelf have stood there. `cards` = up to 7 + up to 14 + up to 30 + older days."""

    counter_id: int
    counter: str
    shelf: str
    cards: int
    ages: tuple[int, int, int, int]
    overdue: int
    oldest: datetime


def mark_overdue(*, at: datetime) -> int:
    """Say of every card that was kept too long what follows by the rule of its counter; give how many are new.

    First the village list, where the rule says so; a card that the village officer has brought back goes to the
    registry. A mark goes when a closure has prolonged the hold. The card stays on its shelf, and may still be
    collected, until somebody takes it there. Safe to repeat.
    """
    stays = CounterStay.objects.filter(live=True).values("counter_id")
    counters = list(Office.objects.filter(pk__in=stays).order_by("pk"))
    rules = rules_of(offices=counters)
    marked = 0
    for counter in counters:
        today = local_day(office=counter, at=at)
        with transaction.atomic():
            new = _mark(counter, today, rules[counter.pk].after_hold)
            if new:
                record(
                    actor_id=None,
                    office_id=counter.pk,
                    operation="MARK_OVERDUE",
                    object_kind="office",
                    object_key=counter.code,
                    at=at,
                    cards=new,
                )
        marked += new
    return marked


def _mark(counter: Office, today: date, after_hold: str) -> int:
    here = CounterStay.objects.filter(counter=counter, live=True)
    here.filter(hold_until__gte=today).exclude(follows="").update(follows="")
    overdue = here.filter(follows="", hold_until__lt=today)
    been_there = VillageListCard.objects.filter(village_list__office=counter).values("card_id")
    back = overdue.filter(card_id__in=been_there).update(follows=AfterHold.REGISTRY)
    return back + overdue.update(follows=after_hold)


def overdue_stays(*, counters: Collection[int], at: datetime) -> QuerySet[CounterStay]:
    """Give the stays at these counters that last too long by their counters' calendars, the oldest first."""
    days: dict[date, list[int]] = {}
    for counter in Office.objects.filter(pk__in=counters):
        days.setdefault(local_day(office=counter, at=at), []).append(counter.pk)
    late = Q(pk__in=[])
    for today, keys in days.items():
        late |= Q(counter_id__in=keys, hold_until__lt=today)
    return CounterStay.objects.filter(late, live=True).order_by("hold_until", "pk")


def shelf_ages(*, counters: Collection[int], at: datetime) -> list[ShelfAge]:
    """Give the age of each shelf of these counters, by counter and shelf."""
    limits = [at - timedelta(days=days) for days in AGES]
    rows = (
        CounterStay.objects.filter(counter_id__in=counters, live=True)
        .values("counter_id", "counter__name", "shelf")
        .annotate(
            cards=Count("pk"),
            week=Count("pk", filter=Q(arrived_at__gte=limits[0])),
            fortnight=Count("pk", filter=Q(arrived_at__gte=limits[1])),
            month=Count("pk", filter=Q(arrived_at__gte=limits[2])),
            oldest=Min("arrived_at"),
        )
        .order_by("counter__name", "counter_id", "shelf")
    )
    late = {
        (row["counter_id"], row["shelf"]): row["number"]
        for row in overdue_stays(counters=counters, at=at)
        .order_by()
        .values("counter_id", "shelf")
        .annotate(number=Count("pk"))
    }
    return [
        ShelfAge(
            counter_id=row["counter_id"],
            counter=row["counter__name"],
            shelf=row["shelf"],
            cards=row["cards"],
            ages=(
                row["week"],
                row["fortnight"] - row["week"],
                row["month"] - row["fortnight"],
                row["cards"] - row["month"],
            ),
            overdue=late.get((row["counter_id"], row["shelf"]), 0),
            oldest=row["oldest"],
        )
        for row in rows
    ]


def keep_longer(
    *,
    counter_id: int,
    card_ids: Sequence[int],
    until: date,
    reason: str,
    actor_id: int | None,
    at: datetime,
) -> int:
    """Keep cards on the shelf until another day, with a reason; what was to follow is forgotten. Give how many.

    The day stands whatever closures come and go before it; when the counter is closed on it, the closed days from there
    on are added.

    Raises REASON_MISSING, DAY_PASSED, DAY_TOO_LATE, NOT_KEPT_LONGER for a card that does not stand here; then nothing
    is changed.
    """
    counter = Office.objects.get(pk=counter_id)
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    today = local_day(office=counter, at=at)
    if until < today:
        raise DeliveryRefused(Code.DAY_PASSED, day=until)
    if until > today + LONGEST:
        raise DeliveryRefused(Code.DAY_TOO_LATE, until=today + LONGEST)
    with transaction.atomic():
        on_shelf = _on_shelf(counter_id, card_ids)
        sql = (
            "UPDATE delivery_counterstay SET hold_from = %s, hold_base = %s, hold_until = %s, follows = ''"
            f" WHERE live = TRUE AND {bulk.among('card_id', 'bigint')}"
        )
        last = hold_until(counter=counter, base=until, since=until)
        days = [bulk.day(day) for day in (until, until, last)]
        bulk.execute(sql, [*days, bulk.listed([card.card_id for card in on_shelf])])
        record(
            actor_id=actor_id,
            office_id=counter_id,
            operation="KEEP_LONGER",
            object_kind="office",
            object_key=counter.code,
            at=at,
            cards=len(on_shelf),
            until=until.isoformat(),
            reason=reason.strip()[:200],
        )
    return len(on_shelf)


def send_back(
    *,
    counter_id: int,
    card_ids: Sequence[int],
    actor_id: int | None,
    at: datetime,
    to_office_id: int | None = None,
    purpose: Transfer.Purpose = Transfer.Purpose.UNCLAIMED,
) -> Transfer:
    """Send cards from a counter's shelf back to its registry office as a transfer; appointments are given back.

    Their places are offered to those who wait for them.

    As residents wish, they go to another counter (`to_office_id`) for pickup, or to the registry to be posted again.

    Raises NO_CARDS, NO_REGISTRY_ABOVE, NOT_KEPT_LONGER for a card that does not stand here, and RECEIVING_CLOSED or
    RECEIVING_DELEGATED on days on which the other office takes nothing in; then nothing is sent.
    """
    counter = Office.objects.get(pk=counter_id)
    if counter.parent_id is None:
        raise DeliveryRefused(Code.NO_REGISTRY_ABOVE, office=counter.name)
    if not card_ids:
        raise DeliveryRefused(Code.NO_CARDS)
    with transaction.atomic():
        lock_offices(office_ids=[counter_id, *_counters_booked(card_ids)])
        cards = _on_shelf(counter_id, card_ids)
        take_off_shelf(card_ids=[card.card_id for card in cards])
        _give_back_appointments([card.card_id for card in cards], at)
        return open_transfer(counter, to_office_id or counter.parent_id, cards, actor_id, at, purpose=purpose)


def _counters_booked(card_ids: Sequence[int]) -> set[int]:
    """Give the counters at which these cards have appointments: another one, while a closure is to send them there."""
    sql = (
        "SELECT DISTINCT counter_id FROM delivery_appointment"
        f" WHERE cancelled_at IS NULL AND {bulk.among('card_id', 'bigint')}"
    )
    return {counter_id for (counter_id,) in bulk.select(sql, [bulk.listed(card_ids)])}


def _give_back_appointments(card_ids: Sequence[int], at: datetime) -> None:
    for start in range(0, len(card_ids), 4_000):
        chunk = card_ids[start : start + 4_000]
        give_back_all(Appointment.objects.filter(card_id__in=chunk, cancelled_at__isnull=True), at=at)


_STAYS = """
SELECT s.card_id, d.item_id FROM delivery_counterstay s
JOIN delivery_delivery d ON d.card_id = s.card_id AND d.status = 'READY_AT_COUNTER'
WHERE s.counter_id = %s AND s.live = TRUE AND {among} ORDER BY s.card_id
"""


def _on_shelf(counter_id: int, card_ids: Sequence[int]) -> list[Arriving]:
    """Give the cards that stand at this counter, locked. Raises NOT_KEPT_LONGER when one does not."""
    wanted = sorted(set(card_ids))
    records.lock_cards(wanted)
    rows = bulk.select(
        _STAYS.format(among=bulk.among("s.card_id", "bigint")), [counter_id, bulk.listed(wanted)]
    )
    found = [Arriving(*row) for row in rows]
    absent = set(wanted) - {card.card_id for card in found}
    if absent:
        known = cards_by_id([min(absent)]).get(min(absent))
        raise DeliveryRefused(Code.NOT_KEPT_LONGER, reference=known.reference if known is not None else "?")
    return found


def set_follow_up(
    *,
    office_id: int,
    attempts: int | None,
    days: int | None,
    follows: str,
    hold_days: int | None,
    after_hold: str,
    actor_id: int | None,
    at: datetime,
) -> FollowUp:
    """Write an office's rule about cards that came back or were not collected, and who wrote it."""
    with transaction.atomic():
        row = write_follow_up(
            office_id=office_id,
            attempts=attempts,
            days=days,
            follows=follows,
            hold_days=hold_days,
            after_hold=after_hold,
        )
        record(
            actor_id=actor_id,
            office_id=office_id,
            operation="SET_FOLLOW_UP",
            object_kind="follow_up",
            object_key=str(row.pk),
            at=at,
            attempts=attempts,
            days=days,
            follows=follows,
            hold_days=hold_days,
            after_hold=after_hold,
        )
    return row
