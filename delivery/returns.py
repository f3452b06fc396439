"""Take back what came back: each item once, with its reason and condition; what nobody knows is put aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from accounts.services import record
from delivery.deciding import decide_returns, set_aside_damaged
from delivery.desk import Fact, record_facts
from delivery.models import ReturnReceipt, StrayItem
from delivery.receiving import check_receives
from delivery.refusals import Code, DeliveryRefused
from delivery.return_routing import Routed, route_returns
from delivery.scans import FoundCard, find_cards, keepable
from delivery.status import FINAL, Reason, Status
from delivery.transfers import TransferReceipt, receive_transfer, send_transfers
from offices.models import Office
from shipments.circulation import end_items
from shipments.locks import lock_registry
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
_POSTED = frozenset({ShipmentState.HANDED_OVER.value, ShipmentState.RECEIVED.value})


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


def receive_returns(
    *, office_id: int, scans: Sequence[ReturnScan], actor_id: int | None, at: datetime
) -> list[ReturnOutcome]:
    """Take in items that came back, at the registry or directly at a counter; one outcome per scan.

    Facts are not refused one by one: a scan that takes nothing in says why. Items end, damaged cards are set aside
    so that they can be printed again. Raises OFFICE_CANNOT_RECEIVE for any other kind of office, and RECEIVING_CLOSED
    or RECEIVING_DELEGATED on days on which the office takes nothing in.
    """
    office = Office.objects.get(pk=office_id)
    if office.kind not in (Office.Kind.REGISTRY, Office.Kind.COUNTER):
        raise DeliveryRefused(Code.OFFICE_CANNOT_RECEIVE, office=office.name)
    check_receives(office=office, at=at)
    registry_id = office.registry_id
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
    set_aside_damaged(card_ids=damaged, reason="came back damaged", actor_id=actor_id, at=at)
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
                scanned=keepable(outcome.scanned),
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


def settle_stray_item(*, stray_item_id: int, resolution: str, actor_id: int | None, at: datetime) -> None:
    """Close the case of a stray item, saying what became of it. Raises REASON_MISSING, ALREADY_SETTLED."""
    if not resolution.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    with transaction.atomic():
        settled = StrayItem.objects.filter(pk=stray_item_id, settled_at__isnull=True).update(
            resolution=resolution.strip()[:200], settled_at=at, settled_by_id=actor_id
        )
        if not settled:
            raise DeliveryRefused(Code.ALREADY_SETTLED)
        stray = StrayItem.objects.get(pk=stray_item_id)
        record(
            actor_id=actor_id,
            office_id=stray.office_id,
            operation="SETTLE_STRAY_ITEM",
            object_kind="stray_item",
            object_key=str(stray.pk),
            at=at,
        )
