"""Do what a resident wishes for a card that is with us: another counter, or the post once more."""

from datetime import datetime

from django.db import transaction

from delivery import records
from delivery.deciding import Decision, Waiting, send_again, to_counter, waiting_returns
from delivery.models import CounterStay, ResidentChoice, Transfer
from delivery.open_requests import Outcome, settle_wishes
from delivery.overdue import send_back
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Reason
from offices.services import lock_offices, registry_of
from shipments.locks import lock_registry

Wish = ResidentChoice.Wish


def grant_wish(*, card_id: int, office_id: int, actor_id: int | None, at: datetime) -> None:
    """Let the card go where its holder wishes, and tell the holder. `office_id` is the registry or one of its counters.

    From a shelf it leaves with a transfer, to the other counter or, to be posted, to the registry, where it is queued
    when it arrives. A return that waits for its decision, or that nobody had collected, goes to the counter or into the
    backlog at once. Raises ALREADY_SETTLED, and WISH_NOT_NOW while the card is on its way or its address is not good.
    """
    stays = CounterStay.objects.filter(card_id=card_id, live=True)
    with transaction.atomic():
        lock_offices(office_ids=list(stays.values_list("counter_id", flat=True)))
        lock_registry(registry_of(office_id))
        records.lock_cards([card_id])  # its holder may change the wish meanwhile
        choice = (
            ResidentChoice.objects.filter(card_id=card_id, settled_at__isnull=True).exclude(wish="").first()
        )
        if choice is None:
            raise DeliveryRefused(Code.ALREADY_SETTLED)
        stay = stays.first()
        if stay is not None:
            _from_shelf(choice, stay, actor_id, at)
        elif not _from_returns(choice, office_id, actor_id, at):
            raise DeliveryRefused(Code.WISH_NOT_NOW)


def _from_shelf(choice: ResidentChoice, stay: CounterStay, actor_id: int | None, at: datetime) -> None:
    if choice.counter_id == stay.counter_id:
        raise DeliveryRefused(Code.WISH_NOT_NOW)
    send_back(
        counter_id=stay.counter_id,
        card_ids=[choice.card_id],
        to_office_id=choice.counter_id,
        purpose=Transfer.Purpose.POST if choice.wish == Wish.RESEND else Transfer.Purpose.PICKUP,
        actor_id=actor_id,
        at=at,
    )
    settle_wishes(card_ids=[choice.card_id], outcome=Outcome.GRANTED, actor_id=actor_id, at=at)


def _from_returns(choice: ResidentChoice, office_id: int, actor_id: int | None, at: datetime) -> bool:
    """Say whether a return of the card waited here and was decided, which settles the wish."""
    registry_id = registry_of(office_id)
    waiting = _standing(registry_id, choice.card_id)
    if choice.counter is None:
        done = send_again(office_id=registry_id, cards=waiting, actor_id=actor_id, at=at)
        return bool(done)
    to_counter(counter=choice.counter, cards=waiting, actor_id=actor_id, at=at)
    return bool(waiting)


def _standing(registry_id: int, card_id: int) -> list[Waiting]:
    """Give the card's return that waits for a decision, or that nobody had collected."""
    undecided = waiting_returns(office_id=registry_id, card_ids=[card_id])
    listed = waiting_returns(office_id=registry_id, card_ids=[card_id], decision=Decision.REGISTRY.value)
    return undecided or [each for each in listed if each.reason == Reason.UNCLAIMED]
