"""A transfer as a handover of two sides: each counts, and a card that one of them does not find is a case.

The sender counts what is packed, the receiver what has come. A count that does not fit is refused; a card that is not
there is named, and becomes a case of the sender's officer until it arrives or somebody says what became of it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from accounts.services import record
from delivery.models import Transfer, TransferCard, TransferDifference
from delivery.refusals import Code, DeliveryRefused
from delivery.transfers import (
    TransferReceipt,
    close_count,
    lock_transfer,
    missed_cards,
    receive_transfer,
    scanned_of,
)

_KIND: Final = TransferDifference.Kind
SHOWN: Final = 5


def count_packed(
    *, transfer_id: int, counted: int, missing: Sequence[str], actor_id: int | None, at: datetime
) -> None:
    """Write down what the sender packed, once, before anything has arrived or the receiver has counted.

    `missing`: references of cards of the list that were not there. Raises TRANSFER_NOT_FOUND, TRANSFER_COUNTED,
    NOT_ON_TRANSFER, COUNT_DIFFERS (the count is not the list without the missing ones).
    """
    with transaction.atomic():
        transfer = lock_transfer(transfer_id)
        if transfer.packed_at or transfer.received_at or transfer.closed_at:
            raise DeliveryRefused(Code.TRANSFER_COUNTED, number=transfer.number)
        scanned = scanned_of(transfer, missing)
        if strange := [*scanned.extra, *scanned.misread]:
            raise DeliveryRefused(
                Code.NOT_ON_TRANSFER, number=transfer.number, scanned=", ".join(strange[:SHOWN])
            )
        packed = transfer.sent - len(scanned.cards)
        if counted != packed:
            raise DeliveryRefused(Code.COUNT_DIFFERS, cards=packed, counted=counted)
        Transfer.objects.filter(pk=transfer.pk).update(packed=counted, packed_at=at, packed_by_id=actor_id)
        _open_cases(transfer, _KIND.NOT_PACKED, scanned.cards, actor_id, at)
        office_id, short = transfer.from_office_id, len(scanned.cards)
        _record(transfer, "PACK_TRANSFER", office_id, actor_id, at, packed=counted, missing=short)


def finish_count(
    *, transfer_id: int, counted: int, shelf: str, actor_id: int | None, at: datetime
) -> TransferReceipt:
    """Say how many cards of a transfer have come in all, so that the receiver's count is complete.

    When that is all that is expected, what was not scanned is taken in too; when it is what was scanned, the rest is
    missing and becomes cases. Raises TRANSFER_NOT_FOUND, TRANSFER_COUNTED, TRANSFER_COUNT_UNCLEAR.
    """
    with transaction.atomic():
        transfer = lock_transfer(transfer_id)
        if transfer.closed_at is not None:
            raise DeliveryRefused(Code.TRANSFER_COUNTED, number=transfer.number)
        scanned, left = transfer.received or 0, _still_expected(transfer)
        if left and counted == scanned + len(left):
            return receive_transfer(
                transfer_id=transfer_id, references=None, shelf=shelf, actor_id=actor_id, at=at
            )
        if counted != scanned:
            raise DeliveryRefused(
                Code.TRANSFER_COUNT_UNCLEAR, scanned=scanned, left=len(left), counted=counted
            )
        _open_cases(transfer, _KIND.MISSING, left, transfer.packed_by_id or transfer.sent_by_id, at)
        close_count(transfer, at)
        office_id, short = transfer.to_office_id, len(left)
        _record(transfer, "COUNT_TRANSFER", office_id, actor_id, at, received=counted, missing=short)
    return TransferReceipt(
        transfer_id=transfer.pk, sent=transfer.sent, arrived=0, missing=tuple(left.values()), extra=(), misread=()
    )  # fmt: skip


def assign_transfer_case(*, case_id: int, owner_id: int, actor_id: int | None, at: datetime) -> None:
    """Give a case another owner. Raises ALREADY_SETTLED."""
    with transaction.atomic():
        case = _open_case(case_id)
        TransferDifference.objects.filter(pk=case_id).update(owner_id=owner_id)
        office_id = case.transfer.from_office_id
        _record(case.transfer, "ASSIGN_TRANSFER_CASE", office_id, actor_id, at, case=case_id)


def settle_transfer_case(*, case_id: int, resolution: str, actor_id: int | None, at: datetime) -> None:
    """Close a case by saying what became of the card. Raises REASON_MISSING, ALREADY_SETTLED."""
    if not resolution.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    with transaction.atomic():
        case = _open_case(case_id)
        TransferDifference.objects.filter(pk=case_id).update(
            resolution=resolution.strip()[:200], closed_at=at, closed_by_id=actor_id
        )
        office_id = case.transfer.from_office_id
        _record(case.transfer, "SETTLE_TRANSFER_CASE", office_id, actor_id, at, case=case_id)


def _open_case(case_id: int) -> TransferDifference:
    rows = TransferDifference.objects.select_for_update(of=("self",)).select_related("transfer")
    case = rows.filter(pk=case_id, closed_at__isnull=True).first()
    if case is None:
        raise DeliveryRefused(Code.ALREADY_SETTLED)
    return case


def _still_expected(transfer: Transfer) -> dict[int, str]:
    cards = TransferCard.objects.filter(transfer=transfer, live=True, card__disposition="REGISTERED")
    missed = missed_cards(transfer)
    named = cards.order_by("pk").values_list("card_id", "card__reference")
    return {card_id: reference for card_id, reference in named if card_id not in missed}


def _open_cases(
    transfer: Transfer, kind: TransferDifference.Kind, cards: Collection[int], owner_id: int | None, at: datetime
) -> None:  # fmt: skip
    TransferDifference.objects.bulk_create(
        [
            TransferDifference(transfer=transfer, kind=kind, card_id=card_id, owner_id=owner_id, opened_at=at)
            for card_id in sorted(cards)
        ],
        batch_size=2_000,
    )


def _record(
    transfer: Transfer, operation: str, office_id: int, actor_id: int | None, at: datetime, **details: Any
) -> None:
    record(
        actor_id=actor_id, office_id=office_id, operation=operation, object_kind="transfer",
        object_key=transfer.number, at=at, **details,
    )  # fmt: skip
