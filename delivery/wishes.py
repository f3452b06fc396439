"""Do what a resident wishes for a card that is with us: another counter, or the post once more."""

from datetime import datetime

from django.db import transaction

from delivery import records
from delivery.choices import settle_wish
from delivery.deciding import Decision, decide, decide_returns, waiting_returns
from delivery.models import CounterStay, ResidentChoice
from delivery.overdue import send_back
from delivery.refusals import Code, DeliveryRefused
from offices.services import registry_of
from shipments.locks import lock_registry

Wish = ResidentChoice.Wish


def grant_wish(*, card_id: int, office_id: int, actor_id: int | None, at: datetime) -> None:
    """Let the card go where its holder wishes, and settle the wish. `office_id` is the registry or one of its counters.

    From a shelf it leaves with a transfer, to the other counter or, to be posted, to the registry, where it is decided
    as any return. A return that waits for its decision goes to the counter or into the backlog at once. Raises
    ALREADY_SETTLED, and WISH_NOT_NOW while the card is on its way or its address is not good.
    """
    with transaction.atomic():
        lock_registry(registry_of(office_id))
        records.lock_cards([card_id])  # its holder may change the wish meanwhile
        choice = (
            ResidentChoice.objects.filter(card_id=card_id, settled_at__isnull=True).exclude(wish="").first()
        )
        if choice is None:
            raise DeliveryRefused(Code.ALREADY_SETTLED)
        stay = CounterStay.objects.filter(card_id=card_id, live=True).first()
        if stay is not None:
            _from_shelf(choice, stay, actor_id, at)
        elif not _from_returns(choice, office_id, actor_id, at):
            raise DeliveryRefused(Code.WISH_NOT_NOW)
        settle_wish(card_id=card_id, actor_id=actor_id, at=at)


def _from_shelf(choice: ResidentChoice, stay: CounterStay, actor_id: int | None, at: datetime) -> None:
    if choice.counter_id == stay.counter_id:
        raise DeliveryRefused(Code.WISH_NOT_NOW)
    send_back(
        counter_id=stay.counter_id,
        card_ids=[choice.card_id],
        to_office_id=choice.counter_id if choice.wish == Wish.OTHER_COUNTER else None,
        actor_id=actor_id,
        at=at,
    )


def _from_returns(choice: ResidentChoice, office_id: int, actor_id: int | None, at: datetime) -> bool:
    """Say whether a return of the card waited here and was decided."""
    registry_id = registry_of(office_id)
    if choice.wish == Wish.RESEND:
        card_ids = [choice.card_id]
        done = decide_returns(
            office_id=registry_id, card_ids=card_ids, decision=Decision.SEND_AGAIN, actor_id=actor_id, at=at
        )
        return done == 1
    waiting = waiting_returns(office_id=registry_id, card_ids=[choice.card_id])
    decide(waiting, Decision.COUNTER, actor_id, at, counter_id=choice.counter_id)
    return bool(waiting)
