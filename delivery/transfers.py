"""Bring returned cards from where they were taken in to their counters, with both sides' counts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from accounts.services import record
from delivery import bulk, records
from delivery.deciding import Decision, post_again, waiting_returns
from delivery.desk import Fact, record_facts
from delivery.models import Appointment, Transfer, TransferCard, TransferDifference
from delivery.open_requests import open_requests
from delivery.rebooking import Elsewhere, rebook
from delivery.receiving import check_receives
from delivery.refusals import Code, DeliveryRefused
from delivery.scans import find_cards, keepable
from delivery.shelves import Arriving, put_on_shelf, take_off_shelf
from delivery.status import Reason, Status
from delivery.taking_back import take_back
from offices.models import Office, Service
from offices.routing import Routing
from offices.services import load_routing, local_day, lock_offices
from shipments.locks import lock_registry

_READY_TO_GO = """
SELECT r.id, r.card_id, r.item_id, r.counter_id, a.village_code
FROM delivery_returnreceipt r
JOIN shipments_card c ON c.id = r.card_id
JOIN addresses_address a ON a.id = c.address_id
JOIN delivery_delivery d ON d.card_id = r.card_id AND d.status = 'RETURN_RECEIVED'
WHERE r.office_id = %s AND r.decision = 'COUNTER' AND r.counter_id <> r.office_id
  AND c.disposition = 'REGISTERED'
  AND NOT EXISTS (SELECT 1 FROM delivery_returnreceipt newer WHERE newer.card_id = r.card_id AND newer.id > r.id)
ORDER BY r.counter_id, r.card_id
"""

# Never posted: their holders, or the office, chose the counter.
_CHOSEN = """
SELECT c.id, a.village_code
FROM shipments_card c JOIN addresses_address a ON a.id = c.address_id
WHERE c.office_id = %s AND c.channel = 'COUNTER' AND c.disposition = 'REGISTERED' AND a.village_code <> ''
  AND NOT EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.card_id = c.id)
  AND NOT EXISTS (SELECT 1 FROM shipments_heldcard h WHERE h.card_id = c.id)
  AND NOT EXISTS (SELECT 1 FROM shipments_item i WHERE i.card_id = c.id AND i.live = TRUE)
ORDER BY c.id
"""


_ON_SHELF = """
SELECT s.card_id, d.item_id FROM delivery_counterstay s
JOIN delivery_delivery d ON d.card_id = s.card_id AND d.status = 'READY_AT_COUNTER'
WHERE s.counter_id = %s AND s.live = TRUE ORDER BY s.card_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReceipt:
    """What arrived now, what is still expected, what came that is not on the list, and what was read wrongly."""

    transfer_id: int
    sent: int
    arrived: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    misread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Waiting:
    receipt_id: int
    card_id: int
    item_id: int | None
    counter_id: int
    village_code: str


def send_transfers(*, office_id: int, actor_id: int | None, at: datetime) -> list[Transfer]:
    """Send what waits at this office for other counters, returned or never posted: one transfer per counter.

    A counter that has closed since the card was routed is passed over for its delegate of today; without one, or while
    the office takes nothing in, the cards wait. What this office itself hands out today goes onto its own shelf.
    """
    office = Office.objects.get(pk=office_id)
    with transaction.atomic():
        lock_offices(office_ids=[office_id])
        groups = _groups(office, at)
        _shelve_here(office, groups.pop(office.pk, []), actor_id, at)
        return [_send(office, counter_id, cards, actor_id, at) for counter_id, cards in groups.items()]


def _groups(office: Office, at: datetime) -> dict[int, list[_Waiting]]:
    """Give what waits here by the office that hands it out today; what nobody can take in today is left out."""
    today = local_day(office=office, at=at)
    routing = load_routing(on=today, registry_id=office.registry_id)
    groups: dict[int, list[_Waiting]] = defaultdict(list)
    for card in [*_routed(office, routing, today), *_chosen(office, routing, today)]:
        groups[card.counter_id].append(card)
    for counter_id in groups.keys() - {office.pk}:
        if routing.is_closed(office_id=counter_id, service=Service.RECEIVING, on=today):
            del groups[counter_id]
    return dict(sorted(groups.items()))


def _routed(office: Office, routing: Routing, today: date) -> Iterator[_Waiting]:
    """Give the returns that go to counters, each with the counter of today."""
    waiting = [_Waiting(*row) for row in bulk.select(_READY_TO_GO, [office.pk])]
    closed = {
        counter_id: routing.is_closed(office_id=counter_id, service=Service.PICKUP, on=today)
        for counter_id in {card.counter_id for card in waiting}
    }
    for card in waiting:
        if not closed[card.counter_id]:
            yield card
            continue
        route = routing.serving(village_code=card.village_code, service=Service.PICKUP, on=today)
        if route.office_id is not None:
            yield replace(card, counter_id=route.office_id)


def _chosen(office: Office, routing: Routing, today: date) -> Iterator[_Waiting]:
    """Give the cards that go to a counter instead of the post, each to the one that serves its village today."""
    cards = list(bulk.select(_CHOSEN, [office.pk]))
    serving = {
        village: routing.serving(village_code=village, service=Service.PICKUP, on=today).office_id
        for village in {village for _card, village in cards}
    }
    for card_id, village in cards:
        counter_id = serving[village]
        if counter_id is not None:
            yield _Waiting(0, card_id, None, counter_id, village)


def _shelve_here(office: Office, cards: Sequence[_Waiting], actor_id: int | None, at: datetime) -> None:
    """Put what this office hands out today onto its own shelf."""
    if not cards:
        return
    records.lock_cards([card.card_id for card in cards])
    arriving = [Arriving(card.card_id, card.item_id) for card in cards]
    put_on_shelf(counter=office, cards=arriving, shelf="", actor_id=actor_id, at=at)
    _hand_out_at(office.pk, cards)
    record(
        actor_id=actor_id,
        office_id=office.pk,
        operation="SHELVE_CARDS",
        object_kind="office",
        object_key=office.code,
        at=at,
        cards=len(cards),
    )


def _hand_out_at(counter_id: int, cards: Sequence[_Waiting]) -> None:
    """Write into the returns where they are handed out after all."""
    bulk.execute(
        f"UPDATE delivery_returnreceipt SET counter_id = %s WHERE {bulk.among('id', 'bigint')}",
        [counter_id, bulk.listed([card.receipt_id for card in cards])],
    )


def _send(
    office: Office, counter_id: int, cards: Sequence[_Waiting], actor_id: int | None, at: datetime
) -> Transfer:
    records.lock_cards([card.card_id for card in cards])
    arriving = [Arriving(card.card_id, card.item_id) for card in cards]
    transfer = open_transfer(office, counter_id, arriving, actor_id, at)
    _hand_out_at(counter_id, cards)
    return transfer


def move_shelf(*, from_office_id: int, to_office_id: int, actor_id: int | None, at: datetime) -> Transfer:
    """Send everything on a counter's shelf to another counter, as a transfer; appointments go there from tomorrow on.

    Raises NO_CARDS, TRANSFER_NOT_POSSIBLE when the other office is no counter of the same registry.
    """
    office = Office.objects.get(pk=from_office_id)
    other = Office.objects.get(pk=to_office_id)
    if other.kind != Office.Kind.COUNTER or other.parent_id != office.parent_id or other == office:
        raise DeliveryRefused(Code.TRANSFER_NOT_POSSIBLE, office=other.name)
    with transaction.atomic():
        lock_offices(office_ids=[from_office_id, to_office_id])
        cards = list(bulk.select(_ON_SHELF, [from_office_id]))
        if not cards:
            raise DeliveryRefused(Code.NO_CARDS)
        records.lock_cards([card_id for card_id, _item in cards])
        card_ids = [card_id for card_id, _item in cards]
        take_off_shelf(card_ids=card_ids)
        _rebook(office, other, at)
        return open_transfer(office, to_office_id, [Arriving(*card) for card in cards], actor_id, at)


def _rebook(office: Office, other: Office, at: datetime) -> None:
    today = local_day(office=office, at=at)
    standing = Appointment.objects.filter(counter=office, day__gte=today, cancelled_at__isnull=True)
    there = Elsewhere(counter=other, first=today + timedelta(days=1))
    rebook(standing=standing, to={office.pk: there}, closure=None, at=at)


def open_transfer(
    office: Office,
    to_office_id: int,
    cards: Sequence[Arriving],
    actor_id: int | None,
    at: datetime,
    *,
    purpose: Transfer.Purpose = Transfer.Purpose.PICKUP,
) -> Transfer:
    """Send locked cards to another office in one numbered transfer. Call in a transaction that holds the office.

    Raises RECEIVING_CLOSED or RECEIVING_DELEGATED on days on which the other office takes nothing in.
    """
    check_receives(office=Office.objects.get(pk=to_office_id), at=at)
    transfer = Transfer.objects.create(
        number=_next_number(office, at),
        from_office=office,
        to_office_id=to_office_id,
        purpose=purpose,
        sent=len(cards),
        sent_at=at,
        sent_by_id=actor_id,
    )
    bulk.insert(
        table="delivery_transfercard",
        columns={"transfer_id": "bigint", "card_id": "bigint", "live": "boolean"},
        rows=[(transfer.pk, card.card_id, True) for card in cards],
    )
    record_facts(
        status=Status.IN_TRANSFER,
        facts=[Fact(card.card_id, card.item_id) for card in cards],
        office=office,
        actor_id=actor_id,
        at=at,
    )
    record(
        actor_id=actor_id,
        office_id=office.pk,
        operation="SEND_TRANSFER",
        object_kind="transfer",
        object_key=transfer.number,
        at=at,
        sent=len(cards),
    )
    return transfer


def _next_number(office: Office, at: datetime) -> str:
    """Number the day's transfers of an office, whose row is locked."""
    prefix = f"TR-{office.code}-{local_day(office=office, at=at):%Y%m%d}"
    number = Transfer.objects.filter(from_office=office, number__startswith=f"{prefix}-").count() + 1
    return f"{prefix}-{number:03}"


def receive_transfer(
    *, transfer_id: int, references: Sequence[str] | None, shelf: str, actor_id: int | None, at: datetime
) -> TransferReceipt:
    """Shelve what arrived and tell the residents; None: all that is expected. What is missing stays on its way.

    What nobody collected goes on the registry's list, unless its holder asks for something: then it waits for a
    decision. What is to be posted again is queued. May be repeated for cards that arrive later, also for those that
    either side has missed: their cases are closed. What is not on the list becomes a case of the sender's officer.
    Raises TRANSFER_NOT_FOUND, TRANSFER_ALREADY_RECEIVED, and RECEIVING_CLOSED or RECEIVING_DELEGATED on days on which
    the office takes nothing in.
    """
    with transaction.atomic():
        _lock_queue(transfer_id)
        transfer = lock_transfer(transfer_id)
        check_receives(office=transfer.to_office, at=at)
        on_the_way = _on_the_way(transfer)
        if not on_the_way:
            raise DeliveryRefused(Code.TRANSFER_ALREADY_RECEIVED, number=transfer.number)
        expected = on_the_way.keys() - missed_cards(transfer)
        scanned = scanned_of(transfer, references or ())
        came = scanned.cards & on_the_way.keys() if references is not None else expected
        arrived = [Arriving(card_id, on_the_way[card_id][1]) for card_id in sorted(came)]
        _arrive(transfer, arrived, shelf, actor_id, at)
        if not expected - came:
            close_count(transfer, at)
        _open_cases_of_extras(transfer, scanned.extra, at)
    missing = tuple(on_the_way[card_id][0] for card_id in sorted(expected - came))
    return TransferReceipt(
        transfer_id=transfer.pk, sent=transfer.sent, arrived=len(arrived), missing=missing, extra=scanned.extra,
        misread=scanned.misread,
    )  # fmt: skip


def lock_transfer(transfer_id: int) -> Transfer:
    """Hold a transfer until the transaction ends. Raises TRANSFER_NOT_FOUND."""
    rows = Transfer.objects.select_for_update(of=("self",)).select_related("from_office", "to_office")
    transfer = rows.filter(pk=transfer_id).first()
    if transfer is None:
        raise DeliveryRefused(Code.TRANSFER_NOT_FOUND)
    return transfer


def missed_cards(transfer: Transfer) -> set[int]:
    """Give the cards of a transfer that one side has not found and of which nobody has said what became of them."""
    cases = TransferDifference.objects.filter(transfer=transfer, card__isnull=False, closed_at__isnull=True)
    return set(cases.values_list("card_id", flat=True))


def close_count(transfer: Transfer, at: datetime) -> None:
    """Say that the receiver's count of a locked transfer is complete, the first time that it is."""
    Transfer.objects.filter(pk=transfer.pk, closed_at__isnull=True).update(closed_at=at)


def _lock_queue(transfer_id: int) -> None:
    """Hold the registry, before any card, whose queue the cards of a transfer enter when they arrive."""
    posted = Transfer.objects.filter(pk=transfer_id, purpose=Transfer.Purpose.POST)
    for office_id in posted.values_list("to_office_id", flat=True):
        lock_registry(office_id)


def _on_the_way(transfer: Transfer) -> dict[int, tuple[str, int | None]]:
    rows = TransferCard.objects.filter(transfer=transfer, live=True, card__disposition="REGISTERED")
    cards = list(
        rows.order_by("card_id").values_list("card_id", "card__reference", "card__delivery__item_id")
    )
    records.lock_cards([card_id for card_id, _reference, _item in cards])
    return {card_id: (reference, item_id) for card_id, reference, item_id in cards}


@dataclass(frozen=True, slots=True)
class Scanned:
    """Scans at a transfer: its own cards, arrived already or not; what is not on its list; what was read wrongly."""

    cards: set[int]
    extra: tuple[str, ...]
    misread: tuple[str, ...]


def scanned_of(transfer: Transfer, scans: Sequence[str]) -> Scanned:
    """Tell the transfer's own cards from what was scanned besides."""
    found = find_cards(scans)
    named = {card.card_id for card in found.values()}
    own = set(
        TransferCard.objects.filter(transfer=transfer, card_id__in=named).values_list("card_id", flat=True)
    )
    read = [scan for scan in scans if scan not in found or not found[scan].misread]
    return Scanned(
        cards=own,
        extra=tuple(scan for scan in read if scan not in found or found[scan].card_id not in own),
        misread=tuple(scan for scan in scans if scan in found and found[scan].misread),
    )


def _open_cases_of_extras(transfer: Transfer, extra: Sequence[str], at: datetime) -> None:
    TransferDifference.objects.bulk_create(
        [
            TransferDifference(
                transfer=transfer, kind=TransferDifference.Kind.EXTRA, scanned=keepable(scan),
                owner_id=transfer.packed_by_id or transfer.sent_by_id, opened_at=at,
            )
            for scan in extra
            if scan.strip()
        ],
        ignore_conflicts=True,
        batch_size=2_000,
    )  # fmt: skip


def _arrive(
    transfer: Transfer, arrived: Sequence[Arriving], shelf: str, actor_id: int | None, at: datetime
) -> None:
    if not arrived:
        return
    cards = bulk.listed([card.card_id for card in arrived])
    among = bulk.among("card_id", "bigint")
    bulk.execute(
        f"UPDATE delivery_transfercard SET live = NULL WHERE transfer_id = %s AND live = TRUE AND {among}",
        [transfer.pk, cards],
    )
    bulk.execute(
        "UPDATE delivery_transferdifference SET closed_at = %s, closed_by_id = %s, arrived = TRUE"
        f" WHERE transfer_id = %s AND closed_at IS NULL AND {among}",
        [bulk.moment(at), actor_id, transfer.pk, cards],
    )
    Transfer.objects.filter(pk=transfer.pk).update(
        received=Coalesce(F("received"), 0) + len(arrived), received_at=at, received_by_id=actor_id
    )
    _end_way(transfer, arrived, shelf, actor_id, at)
    record(
        actor_id=actor_id,
        office_id=transfer.to_office_id,
        operation="RECEIVE_TRANSFER",
        object_kind="transfer",
        object_key=transfer.number,
        at=at,
        received=len(arrived),
    )


def _end_way(
    transfer: Transfer, arrived: Sequence[Arriving], shelf: str, actor_id: int | None, at: datetime
) -> None:
    """Do with cards that have arrived what they were sent for."""
    office, card_ids = transfer.to_office, [card.card_id for card in arrived]
    if transfer.purpose == Transfer.Purpose.PICKUP:
        put_on_shelf(counter=office, cards=arrived, shelf=shelf, actor_id=actor_id, at=at)
    elif transfer.purpose == Transfer.Purpose.POST:
        take_back(office=office, cards=arrived, actor_id=actor_id, at=at)
        waiting = waiting_returns(office_id=office.pk, card_ids=card_ids)
        post_again(office_id=office.pk, cards=waiting, actor_id=actor_id, at=at)
    else:
        asked = open_requests(card_ids).cards
        for decision, cards in (
            (Decision.UNDECIDED, [card for card in arrived if card.card_id in asked]),
            (Decision.REGISTRY, [card for card in arrived if card.card_id not in asked]),
        ):
            take_back(
                office=office,
                cards=cards,
                actor_id=actor_id,
                at=at,
                reason=Reason.UNCLAIMED,
                decision=decision,
            )
