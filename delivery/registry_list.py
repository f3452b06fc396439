"""The registry's own list: holders who died or moved away, and cards that nobody collected, until an officer signs."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.services import record
from delivery.deciding import REGISTRY_REASONS, Decision, Waiting, waiting_returns
from delivery.models import ReturnReceipt
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Reason
from offices.services import registry_of
from shipments.dispositions import set_aside
from shipments.locks import lock_cards, lock_registry
from shipments.models import Disposition

CHUNK = 2_000


def sign_off(*, office_id: int, card_ids: Sequence[int], actor_id: int | None, at: datetime) -> int:
    """Write down that the registry's own system knows: the cards are void and leave the open list; give how many.

    Only cards whose holders died or moved away; a card that nobody collected stays good until it is destroyed. Raises
    OFFICER_MISSING, NOT_TO_SIGN_OFF; then nothing is signed.
    """
    if actor_id is None:
        raise DeliveryRefused(Code.OFFICER_MISSING)
    with transaction.atomic():
        lock_registry(registry_of(office_id))
        listed = _listed(office_id, card_ids)
        for each in listed:
            if each.reason not in REGISTRY_REASONS:
                raise DeliveryRefused(Code.NOT_TO_SIGN_OFF, reference=each.reference)
        for reason in sorted(REGISTRY_REASONS):
            _void([each for each in listed if each.reason == reason], reason, actor_id, at)
        _record("SIGN_OFF_RETURNS", office_id, len(listed), actor_id, at)
    return len(listed)


def _void(cards: Sequence[Waiting], reason: str, actor_id: int, at: datetime) -> None:
    for start in range(0, len(cards), CHUNK):
        chunk = cards[start : start + CHUNK]
        set_aside(
            cards=lock_cards([each.card_id for each in chunk]),
            after=Disposition.VOID,
            reason=reason,
            actor_id=actor_id,
            at=at,
        )
        receipts = ReturnReceipt.objects.filter(pk__in=[each.receipt_id for each in chunk])
        receipts.update(signed_off_at=at, signed_off_by_id=actor_id)


def take_off_registry_list(
    *, office_id: int, card_ids: Sequence[int], reason: str, actor_id: int | None, at: datetime
) -> int:
    """Let cards wait for a decision again, with the reason that turned out to be right (empty: none); give how many.

    Raises NOT_TO_SIGN_OFF for a card that is not on the open list; then nothing is changed.
    """
    with transaction.atomic():
        lock_registry(registry_of(office_id))
        listed = _listed(office_id, card_ids)
        for start in range(0, len(listed), CHUNK):
            chunk = [each.receipt_id for each in listed[start : start + CHUNK]]
            ReturnReceipt.objects.filter(pk__in=chunk).update(
                decision=Decision.UNDECIDED, reason=Reason(reason).value, decided_at=None, decided_by=None
            )
        _record("TAKE_OFF_REGISTRY_LIST", office_id, len(listed), actor_id, at)
    return len(listed)


def _listed(office_id: int, card_ids: Sequence[int]) -> list[Waiting]:
    listed = waiting_returns(office_id=office_id, card_ids=card_ids, decision=Decision.REGISTRY.value)
    if len(listed) < len(set(card_ids)):
        raise DeliveryRefused(Code.NOT_TO_SIGN_OFF, reference="?")
    return listed


def _record(operation: str, office_id: int, cards: int, actor_id: int | None, at: datetime) -> None:
    record(
        actor_id=actor_id,
        office_id=office_id,
        operation=operation,
        object_kind="cards",
        object_key=str(office_id),
        at=at,
        cards=cards,
    )
