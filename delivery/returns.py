"""Take back what came back, decide what becomes of it, and bring it to the right counter."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from accounts.services import record
from delivery import bulk, records
from delivery.desk import Fact, record_facts
from delivery.models import ReturnReceipt, StrayItem
from delivery.refusals import Code, DeliveryRefused
from delivery.scans import FoundCard, find_cards
from delivery.shelves import Arriving, put_on_shelf
from delivery.status import FINAL, Reason, Status
from delivery.transfers import TransferReceipt, receive_transfer, send_transfers
from offices.models import Office, Service
from offices.services import local_day, route_villages
from privacy.masking import mask_scan
from shipments.backlog import fill_backlog
from shipments.circulation import end_items
from shipments.dispositions import set_aside
from shipments.locks import lock_cards, lock_registry
from shipments.models import Disposition, ShipmentState

__all__ = [
    "TAKEN_IN",
    "ReturnOutcome",
    "ReturnResult",
    "ReturnScan",
    "Routed",
    "TransferReceipt",
    "decide_returns",
    "receive_returns",
    "receive_transfer",
    "route_returns",
    "send_transfers",
    "settle_stray_item",
]
FINE = ReturnReceipt.Condition.FINE.value
DAMAGED = ReturnReceipt.Condition.DAMAGED.value
Decision = ReturnReceipt.Decision
# People who are not there any more: the registry's own system must know before anything else happens.
REGISTRY_REASONS = frozenset({Reason.DECEASED.value, Reason.MOVED.value})
_POSTED = frozenset({ShipmentState.HANDED_OVER.value, ShipmentState.RECEIVED.value})
_SCANNED_LENGTH = 40


class ReturnResult(StrEnum):
    """What became of one scan. Only the first two took a card in."""

    RECEIVED = "RECEIVED"
    RECEIVED_DAMAGED = "RECEIVED_DAMAGED"
    MISREAD = "MISREAD"  # a check character is wrong: scan again
    UNKNOWN = "UNKNOWN"  # kept as a stray item
    FOREIGN = "FOREIGN"  # another registry's card; kept as a stray item
    SCANNED_TWICE = "SCANNED_TWICE"
    ALREADY_RECEIVED = "ALREADY_RECEIVED"
    AT_VILLAGE = "AT_VILLAGE"  # comes back by its village list
    NOT_POSTED = "NOT_POSTED"
    SAYS_DELIVERED = "SAYS_DELIVERED"  # the courier reported it delivered: a supervisor voids that first
    SET_ASIDE = "SET_ASIDE"


TAKEN_IN = frozenset({ReturnResult.RECEIVED, ReturnResult.RECEIVED_DAMAGED})
_STRAYS = frozenset({ReturnResult.UNKNOWN, ReturnResult.FOREIGN})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnScan:
    """One item in hand. An empty reason: the courier's own stands."""

    scanned: str
    condition: str = FINE
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOutcome:
    """What became of one scan, in the order of the scans. Card and reason are known where a card was found."""

    scanned: str
    result: ReturnResult
    card_id: int | None = None
    reference: str = ""
    reason: str = ""

    @property
    def taken_in(self) -> bool:
        """Say whether this scan took a card in."""
        return self.result in TAKEN_IN


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What routing decided: cards per counter, those for the registry's own list, and those left to a person."""

    by_counter: Mapping[int, int]
    registry: int
    shelved: int
    undecided: int


def receive_returns(
    *, office_id: int, scans: Sequence[ReturnScan], actor_id: int | None, at: datetime
) -> list[ReturnOutcome]:
    """Take in items that came back, at the registry or directly at a counter; one outcome per scan.

    Facts are not refused one by one: a scan that takes nothing in says why. Items end, damaged cards are set aside
    so that they can be printed again. Raises OFFICE_CANNOT_RECEIVE for any other kind of office.
    """
    office = Office.objects.get(pk=office_id)
    if office.kind not in (Office.Kind.REGISTRY, Office.Kind.COUNTER):
        raise DeliveryRefused(Code.OFFICE_CANNOT_RECEIVE, office=office.name)
    registry_id = office.parent_id or office.pk
    with transaction.atomic():
        if any(scan.condition == DAMAGED for scan in scans):
            lock_registry(registry_id)
        found = find_cards([scan.scanned for scan in scans], lock=True)
        outcomes = _judge(scans, found, registry_id=registry_id)
        taken = [
            (scan, found[scan.scanned], outcome)
            for scan, outcome in zip(scans, outcomes, strict=True)
            if outcome.taken_in
        ]
        _take_in(office, taken, actor_id, at)
        _keep_strays(office, outcomes, actor_id, at)
    return outcomes


def _judge(
    scans: Sequence[ReturnScan], found: Mapping[str, FoundCard], *, registry_id: int
) -> list[ReturnOutcome]:
    seen: set[int] = set()
    outcomes = []
    for scan in scans:
        card = found.get(scan.scanned)
        if card is None:
            outcomes.append(ReturnOutcome(scanned=scan.scanned, result=ReturnResult.UNKNOWN))
        elif card.misread:
            outcomes.append(ReturnOutcome(scanned=scan.scanned, result=ReturnResult.MISREAD))
        else:
            result = _result(scan, card, registry_id, twice=card.card_id in seen)
            seen.add(card.card_id)
            foreign = result is ReturnResult.FOREIGN
            outcomes.append(
                ReturnOutcome(
                    scanned=scan.scanned,
                    result=result,
                    card_id=None if foreign else card.card_id,
                    reference="" if foreign else card.reference,
                    reason="" if foreign else scan.reason or card.reason,
                )
            )
    return outcomes


def _result(scan: ReturnScan, card: FoundCard, registry_id: int, *, twice: bool) -> ReturnResult:
    if card.office_id != registry_id:
        return ReturnResult.FOREIGN
    if twice:
        return ReturnResult.SCANNED_TWICE
    if card.disposition != Disposition.REGISTERED:
        return ReturnResult.SET_ASIDE
    if card.status == Status.AT_VILLAGE:
        return ReturnResult.AT_VILLAGE
    if card.status in FINAL:
        return ReturnResult.SAYS_DELIVERED
    if card.status is not None and card.item_id is None:
        return ReturnResult.ALREADY_RECEIVED
    if card.item_id is None or card.shipment_state not in _POSTED:
        return ReturnResult.NOT_POSTED
    return ReturnResult.RECEIVED_DAMAGED if scan.condition == DAMAGED else ReturnResult.RECEIVED


def _take_in(
    office: Office,
    taken: Sequence[tuple[ReturnScan, FoundCard, ReturnOutcome]],
    actor_id: int | None,
    at: datetime,
) -> None:
    if not taken:
        return
    record_facts(
        status=Status.RETURN_RECEIVED,
        facts=[
            Fact(card.card_id, card.item_id, reason=Reason(outcome.reason)) for _scan, card, outcome in taken
        ],
        office=office,
        actor_id=actor_id,
        at=at,
    )
    end_items(item_ids=[card.item_id for _scan, card, _outcome in taken if card.item_id is not None])
    ReturnReceipt.objects.bulk_create(
        [_receipt(office, scan, card, outcome, actor_id, at) for scan, card, outcome in taken],
        batch_size=2_000,
    )
    damaged = [card.card_id for scan, card, _outcome in taken if scan.condition == DAMAGED]
    _set_aside(damaged, "came back damaged", actor_id, at)
    record(
        actor_id=actor_id,
        office_id=office.pk,
        operation="RECEIVE_RETURNS",
        object_kind="office",
        object_key=office.code,
        at=at,
        received=len(taken),
        damaged=len(damaged),
    )


def _receipt(
    office: Office,
    scan: ReturnScan,
    card: FoundCard,
    outcome: ReturnOutcome,
    actor_id: int | None,
    at: datetime,
) -> ReturnReceipt:
    damaged = scan.condition == DAMAGED
    return ReturnReceipt(
        card_id=card.card_id,
        item_id=card.item_id,
        office=office,
        reason=outcome.reason,
        condition=DAMAGED if damaged else FINE,
        decision=Decision.REPRINT if damaged else Decision.UNDECIDED,
        received_at=at,
        received_by_id=actor_id,
        decided_at=at if damaged else None,
        decided_by_id=actor_id if damaged else None,
    )


def _keep_strays(
    office: Office, outcomes: Sequence[ReturnOutcome], actor_id: int | None, at: datetime
) -> None:
    StrayItem.objects.bulk_create(
        [
            StrayItem(
                office=office,
                scanned=_printable(mask_scan(outcome.scanned))[:_SCANNED_LENGTH],
                outcome=outcome.result,
                found_at=at,
                found_by_id=actor_id,
            )
            for outcome in outcomes
            if outcome.result in _STRAYS
        ],
        ignore_conflicts=True,
        batch_size=2_000,
    )


def _printable(scanned: str) -> str:
    """Write what no database keeps (control characters, halves of characters) as a question mark."""
    return "".join(letter if letter.isprintable() else "?" for letter in scanned)


@dataclass(frozen=True, slots=True)
class _Undecided:
    receipt_id: int
    card_id: int
    item_id: int | None
    reason: str
    office_id: int
    village_code: str


_UNDECIDED = """
SELECT r.id, r.card_id, r.item_id, r.reason, r.office_id, a.village_code
FROM delivery_returnreceipt r
JOIN offices_office o ON o.id = r.office_id
JOIN shipments_card c ON c.id = r.card_id
JOIN addresses_address a ON a.id = c.address_id
WHERE r.decision = 'UNDECIDED' AND c.disposition = 'REGISTERED' AND (r.office_id = %s OR o.parent_id = %s)
"""


def route_returns(
    *, office_id: int, actor_id: int | None, at: datetime, card_ids: Sequence[int] | None = None
) -> Routed:
    """Decide the undecided returns of a registry (or of one counter) by policy.

    A card goes to the counter that serves its village that day, closures and delegates considered; one that was taken
    in at that very counter goes straight onto its shelf, the others wait for `send_transfers`. Who died or moved away
    goes on the registry's own list. What no counter serves is left to a person.
    """
    with transaction.atomic():
        waiting = _undecided(office_id, card_ids)
        for_registry = [each for each in waiting if each.reason in REGISTRY_REASONS]
        _decide(for_registry, Decision.REGISTRY, None, actor_id, at)
        rest = [each for each in waiting if each.reason not in REGISTRY_REASONS]
        by_counter, undecided = _by_counter(office_id, rest, at)
        shelved = 0
        for counter_id, cards in sorted(by_counter.items()):
            _decide(cards, Decision.COUNTER, counter_id, actor_id, at)
            here = [Arriving(each.card_id, each.item_id) for each in cards if each.office_id == counter_id]
            if here:
                counter = Office.objects.get(pk=counter_id)
                put_on_shelf(counter=counter, cards=here, shelf="", actor_id=actor_id, at=at)
                shelved += len(here)
    return Routed(
        by_counter={counter_id: len(cards) for counter_id, cards in by_counter.items()},
        registry=len(for_registry),
        shelved=shelved,
        undecided=undecided,
    )


def _undecided(office_id: int, card_ids: Sequence[int] | None) -> list[_Undecided]:
    sql, params = _UNDECIDED, [office_id, office_id]
    if card_ids is not None:
        sql, params = f"{sql} AND {bulk.among('r.card_id', 'bigint')}", [*params, bulk.listed(card_ids)]
    rows = [_Undecided(*row) for row in bulk.select(f"{sql} ORDER BY r.card_id", params)]
    records.lock_cards([row.card_id for row in rows])
    standing = {
        row[0]
        for row in bulk.select(
            f"SELECT id FROM delivery_returnreceipt WHERE decision = 'UNDECIDED' AND {bulk.among('id', 'bigint')}",
            [bulk.listed([row.receipt_id for row in rows])],
        )
    }
    return [row for row in rows if row.receipt_id in standing]


def _by_counter(
    office_id: int, cards: Sequence[_Undecided], at: datetime
) -> tuple[dict[int, list[_Undecided]], int]:
    today = local_day(office=Office.objects.get(pk=office_id), at=at)
    villages = {card.village_code for card in cards}
    routes = route_villages(village_codes=villages, service=Service.PICKUP, on=today)
    by_counter: dict[int, list[_Undecided]] = defaultdict(list)
    undecided = 0
    for card in cards:
        counter_id = routes[card.village_code].office_id
        if counter_id is None:
            undecided += 1
        else:
            by_counter[counter_id].append(card)
    return by_counter, undecided


_DECIDE = """
UPDATE delivery_returnreceipt SET decision = %s, counter_id = {counter}, decided_at = %s, decided_by_id = {actor}
WHERE decision = 'UNDECIDED' AND {among}
"""


def _decide(
    cards: Sequence[_Undecided],
    decision: Decision,
    counter_id: int | None,
    actor_id: int | None,
    at: datetime,
) -> None:
    if not cards:
        return
    sql = _DECIDE.format(
        counter="NULL" if counter_id is None else int(counter_id),
        actor="NULL" if actor_id is None else int(actor_id),
        among=bulk.among("id", "bigint"),
    )
    bulk.execute(sql, [decision.value, bulk.moment(at), bulk.listed([each.receipt_id for each in cards])])


_BY_HAND = frozenset({Decision.VILLAGE, Decision.REGISTRY, Decision.SEND_AGAIN, Decision.REPRINT})


def decide_returns(
    *, office_id: int, card_ids: Sequence[int], decision: str, actor_id: int | None, at: datetime
) -> int:
    """Decide by hand what becomes of a registry's returns that wait; give how many were decided.

    COUNTER follows the routing. SEND_AGAIN puts cards with a deliverable address into the backlog; the others go on
    waiting until their address is corrected. REPRINT sets the cards aside as damaged. Raises DECISION_NOT_POSSIBLE.
    """
    if decision == Decision.COUNTER:
        routed = route_returns(office_id=office_id, actor_id=actor_id, at=at, card_ids=card_ids)
        return sum(routed.by_counter.values())
    if decision not in _BY_HAND:
        raise DeliveryRefused(Code.DECISION_NOT_POSSIBLE, decision=decision)
    with transaction.atomic():
        lock_registry(_registry_of(office_id))
        waiting = _undecided(office_id, card_ids)
        if decision == Decision.SEND_AGAIN:
            waiting = _back_in_line(office_id, waiting, at)
        elif decision == Decision.REPRINT:
            _set_aside([each.card_id for each in waiting], "to be printed again", actor_id, at)
        _decide(waiting, Decision(decision), None, actor_id, at)
    return len(waiting)


def _registry_of(office_id: int) -> int:
    office = Office.objects.only("parent_id").get(pk=office_id)
    return office.parent_id or office.pk


def _back_in_line(office_id: int, waiting: Sequence[_Undecided], at: datetime) -> list[_Undecided]:
    """Let cards into the backlog again; give those that got in."""
    card_ids = [each.card_id for each in waiting]
    fill_backlog(office_id=_registry_of(office_id), at=at, card_ids=card_ids)
    sql = f"SELECT card_id FROM shipments_backlogentry WHERE {bulk.among('card_id', 'bigint')}"
    entered = {row[0] for row in bulk.select(sql, [bulk.listed(card_ids)])}
    return [each for each in waiting if each.card_id in entered]


def _set_aside(card_ids: list[int], reason: str, actor_id: int | None, at: datetime) -> None:
    """Set cards aside as damaged. Call under the registry's lock."""
    if card_ids:
        set_aside(
            cards=lock_cards(card_ids), after=Disposition.DAMAGED, reason=reason, actor_id=actor_id, at=at
        )


def settle_stray_item(*, stray_item_id: int, resolution: str, actor_id: int | None, at: datetime) -> None:
    """Close the case of a stray item, saying what became of it."""
    if not resolution.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    StrayItem.objects.filter(pk=stray_item_id, settled_at__isnull=True).update(
        resolution=resolution.strip()[:200], settled_at=at, settled_by_id=actor_id
    )
