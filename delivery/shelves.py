"""Put cards on a counter's shelf and tell their residents; take them off again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.services import record
from delivery import bulk, messages
from delivery.desk import Fact, record_facts
from delivery.holds import hold_until
from delivery.messages.occasions import Occasion
from delivery.models import CounterStay
from delivery.refusals import Code, DeliveryRefused
from delivery.scans import find_cards
from delivery.status import Status
from offices.follow_ups import rule_of
from offices.models import Office
from offices.services import local_day

SHELF_LENGTH = 16
_STAY_COLUMNS = {
    "card_id": "bigint",
    "counter_id": "bigint",
    "shelf": "text",
    "arrived_at": "timestamptz",
    "hold_from": "date",
    "hold_base": "date",
    "hold_until": "date",
    "follows": "text",
    "live": "boolean",
}


@dataclass(frozen=True, slots=True)
class Arriving:
    """A card on its way to the shelf, with its last item."""

    card_id: int
    item_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfScan:
    """What scans at a shelf did: references of cards that stand there now, and scans that were not done."""

    placed: tuple[str, ...]
    not_here: tuple[str, ...]
    misread: tuple[str, ...]


def put_on_shelf(
    *,
    counter: Office,
    cards: Sequence[Arriving],
    shelf: str,
    actor_id: int | None,
    at: datetime,
    occasion: Occasion = Occasion.READY_AT_COUNTER,
) -> None:
    """Shelve cards that are locked and known to be ours: stay, event and message for each. Call in a transaction.

    They are kept for the days of the counter's rule, on which it is not closed.
    """
    today = local_day(office=counter, at=at)
    base = today + timedelta(days=rule_of(office=counter).hold_days)
    days = (today, base, hold_until(counter=counter, base=base, since=today))
    bulk.insert(
        table="delivery_counterstay",
        columns=_STAY_COLUMNS,
        rows=[
            (card.card_id, counter.pk, shelf[:SHELF_LENGTH], bulk.moment(at), *map(bulk.day, days), "", True)
            for card in cards
        ],
    )
    record_facts(
        status=Status.READY_AT_COUNTER,
        facts=[Fact(card.card_id, card.item_id) for card in cards],
        office=counter,
        actor_id=actor_id,
        at=at,
    )
    messages.queue(card_ids=[card.card_id for card in cards], occasion=occasion, at=at, sequence=None)


def take_off_shelf(*, card_ids: Collection[int]) -> int:
    """End the stays of cards that leave; give how many stood on a shelf."""
    among = bulk.among("card_id", "bigint")
    sql = f"UPDATE delivery_counterstay SET live = NULL WHERE live = TRUE AND {among}"
    return bulk.execute(sql, [bulk.listed(card_ids)])


def stay_of(*, card_id: int) -> CounterStay | None:
    """Give the card's place on a shelf, locked, if it has one."""
    return (
        CounterStay.objects.select_for_update(of=("self",), no_key=True)
        .select_related("counter")
        .filter(card_id=card_id, live=True)
        .first()
    )


def set_shelf(
    *, counter_id: int, scans: Sequence[str], shelf: str, actor_id: int | None, at: datetime
) -> ShelfScan:
    """Say at which position of this counter's shelves the scanned cards stand; scanning them again moves them.

    A card that does not wait at this counter is left alone and named. Raises SHELF_MISSING.
    """
    position = shelf.strip()[:SHELF_LENGTH]
    if not position:
        raise DeliveryRefused(Code.SHELF_MISSING)
    with transaction.atomic():
        found = find_cards(scans, lock=True)
        card_ids = {card.card_id for card in found.values()}
        here = CounterStay.objects.filter(counter_id=counter_id, live=True, card_id__in=card_ids)
        standing = set(here.values_list("card_id", flat=True))
        here.update(shelf=position)
        counter = Office.objects.get(pk=counter_id)
        if standing:
            record(
                actor_id=actor_id,
                office_id=counter_id,
                operation="SET_SHELF",
                object_kind="office",
                object_key=counter.code,
                at=at,
                shelf=position,
                cards=len(standing),
            )
    cards = [(scan, found.get(scan)) for scan in dict.fromkeys(scans)]
    placed = [card.reference for _scan, card in cards if card is not None and card.card_id in standing]
    return ShelfScan(
        placed=tuple(dict.fromkeys(placed)),
        not_here=tuple(
            scan
            for scan, card in cards
            if card is None or (not card.misread and card.card_id not in standing)
        ),
        misread=tuple(scan for scan, card in cards if card is not None and card.misread),
    )
