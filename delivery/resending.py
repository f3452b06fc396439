"""Send a card again: once its address was corrected at the review desk, or to another address of the same regency."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from addresses.models import Address, AddressReview, Verdict
from delivery.deciding import (
    Decision,
    Waiting,
    decide,
    post_again,
    send_again,
    waiting_returns,
)
from delivery.models import ReturnReceipt
from delivery.open_requests import open_requests
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Reason
from offices.models import Office
from offices.services import registry_of
from shipments.backlog import decide_addresses
from shipments.locks import lock_registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """Cards whose addresses the review desk has decided: queued again, and given up (they wait for a decision)."""

    sent_again: int
    given_up: int


def resume_sending(*, office_id: int, actor_id: int | None, at: datetime) -> Resumed:
    """Send on a registry's cards that waited for their address; safe to repeat.

    A good address puts the card into the backlog; one that the desk has marked undeliverable puts it back among the
    returns to decide about. The others go on waiting.
    """
    with transaction.atomic():
        lock_registry(office_id)
        parked = waiting_returns(office_id=office_id, decision=Decision.ADDRESS.value)
        verdicts = _verdicts(parked)
        good = [each for each in parked if verdicts[each.address_id] == Verdict.DELIVERABLE]
        bad = [each for each in parked if verdicts[each.address_id] == Verdict.UNDELIVERABLE]
        entered = send_again(office_id=office_id, cards=good, actor_id=actor_id, at=at)
        _reopen(bad)
    return Resumed(sent_again=len(entered), given_up=len(bad))


def _verdicts(parked: list[Waiting]) -> dict[int, str]:
    """Give each address's verdict; the desk has ended with an undeliverable one when nothing is left to do."""
    found: dict[int, str] = {}
    ids = [each.address_id for each in parked]
    for start in range(0, len(ids), 4_000):
        rows = Address.objects.filter(pk__in=ids[start : start + 4_000])
        for pk, verdict, action in rows.values_list("pk", "verdict", "next_action"):
            ended = verdict != Verdict.UNDELIVERABLE or action == "NONE"
            found[pk] = verdict if ended else Verdict.NEEDS_REVIEW.value
    return found


def _reopen(cards: list[Waiting]) -> None:
    for start in range(0, len(cards), 4_000):
        keys = [each.receipt_id for each in cards[start : start + 4_000]]
        ReturnReceipt.objects.filter(pk__in=keys).update(
            decision=Decision.UNDECIDED, decided_at=None, decided_by=None
        )


def resume_everywhere(*, at: datetime) -> Resumed:
    """Send on every registry's cards whose addresses were decided since."""
    parked = ReturnReceipt.objects.filter(decision=Decision.ADDRESS).values("card__office_id")
    done = [
        resume_sending(office_id=office.pk, actor_id=None, at=at)
        for office in Office.objects.filter(pk__in=parked)
    ]
    return Resumed(
        sent_again=sum(each.sent_again for each in done), given_up=sum(each.given_up for each in done)
    )


def follow_correction(
    *, office_id: int, card_id: int, accepted: bool, actor_id: int | None, at: datetime
) -> None:
    """Let a return go on whose holder's correction was decided; call it in that transaction.

    Accepted, the card is posted again: now, or when the review desk has found the address. Not so when its holder has
    died, or wishes another counter. One that waited for its address is queued when the address is good.
    """
    parked = waiting_returns(office_id=office_id, card_ids=[card_id], decision=Decision.ADDRESS.value)
    send_again(office_id=office_id, cards=parked, actor_id=actor_id, at=at)
    if accepted and open_requests([card_id]).wishes.get(card_id) is None:
        undecided = waiting_returns(office_id=office_id, card_ids=[card_id])
        living = [each for each in undecided if each.reason != Reason.DECEASED]
        post_again(office_id=office_id, cards=living, actor_id=actor_id, at=at)


def send_to_other_address(
    *, office_id: int, card_id: int, address: Mapping[str, str], actor_id: int | None, at: datetime
) -> bool:
    """Send a return to the address that its holder has chosen; say whether it is queued already.

    `address` holds the typed fields (alamat, rt_rw, desa_kelurahan, …); it is checked as any address, and waits at the
    review desk when the check is not sure. Raises RETURN_NOT_WAITING, OTHER_REGENCY, and what `decide` of the review
    desk raises.
    """
    registry_id = registry_of(office_id)
    with transaction.atomic():
        region_code = lock_registry(registry_id).region_code
        waiting = _standing(office_id, card_id)
        decide_addresses(
            office_id=registry_id,
            address_ids=[waiting.address_id],
            decision=AddressReview.Decision.CORRECTED,
            corrections=dict(address),
            actor_id=actor_id,
            at=at,
        )
        village = Address.objects.values_list("village_code", flat=True).get(pk=waiting.address_id)
        if village and not village.startswith(f"{region_code}."):
            raise DeliveryRefused(Code.OTHER_REGENCY)
        entered = send_again(office_id=registry_id, cards=[waiting], actor_id=actor_id, at=at)
        if not entered:
            decide([waiting], Decision.ADDRESS, actor_id, at)
    return bool(entered)


def _standing(office_id: int, card_id: int) -> Waiting:
    """Give the card's return, undecided or at the review desk, locked."""
    for decision in (Decision.UNDECIDED, Decision.ADDRESS):
        for each in waiting_returns(office_id=office_id, card_ids=[card_id], decision=decision.value):
            return each
    raise DeliveryRefused(Code.RETURN_NOT_WAITING, reference="?")
