"""Set cards aside and take them back, with the reason, and keep the other tables true to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.services import record
from shipments.items import frozen_cards, take_out
from shipments.locks import lock_cards, lock_registry
from shipments.models import BacklogEntry, Card, CirculatingCard, Disposition, DispositionChange, HeldCard
from shipments.refusals import Code, ShipmentRefused, listed

CHUNK: Final = 2_000
# A withdrawn card still goes to its holder, by another way: no second print of it may circulate.
CIRCULATES: Final = frozenset({Disposition.REGISTERED, Disposition.WITHDRAWN})


def set_aside(
    *, cards: Sequence[Card], after: Disposition, reason: str, actor_id: int | None, at: datetime
) -> int:
    """Give cards another disposition and take them out of queue and open shipments.

    Call it inside a transaction that holds the registry's lock. Gives how many were taken out of a shipment.
    """
    taken = 0
    for start in range(0, len(cards), CHUNK):
        chunk = cards[start : start + CHUNK]
        ids = [card.pk for card in chunk]
        change_disposition(cards=chunk, after=after, reason=reason, actor_id=actor_id, at=at)
        BacklogEntry.objects.filter(card_id__in=ids).delete()
        HeldCard.objects.filter(card_id__in=ids).delete()
        taken += take_out(card_ids=ids, at=at)
        if after not in CIRCULATES:
            CirculatingCard.objects.filter(card_id__in=ids).delete()
    return taken


def change_disposition(
    *, cards: Sequence[Card], after: Disposition, reason: str, actor_id: int | None, at: datetime
) -> None:
    """Write the new disposition and why."""
    changes = [
        DispositionChange(
            card=card,
            before=card.disposition,
            after=after,
            reason=reason[:200],
            changed_by_id=actor_id,
            changed_at=at,
        )
        for card in cards
        if card.disposition != after
    ]
    DispositionChange.objects.bulk_create(changes, batch_size=500)
    Card.objects.filter(pk__in=[change.card_id for change in changes]).update(disposition=after)
    for card in cards:
        card.disposition = after


def void_cards(
    *, office_id: int, references: Sequence[str], reason: str, actor_id: int | None, at: datetime
) -> int:
    """Void cards that nobody is to get any more (the holder has died, moved to another registry …)."""
    if not reason.strip():
        raise ShipmentRefused(Code.REASON_MISSING)
    wanted = list(dict.fromkeys(references))
    with transaction.atomic():
        lock_registry(office_id)
        found = dict(
            Card.objects.filter(office_id=office_id, reference__in=wanted).values_list("reference", "pk")
        )
        if missing := [reference for reference in wanted if reference not in found]:
            raise ShipmentRefused(Code.CARD_UNKNOWN, scanned=listed(missing))
        cards = lock_cards(list(found.values()))
        frozen = frozen_cards(card_ids=list(found.values()))
        if posted := [card.reference for card in cards if card.pk in frozen]:
            raise ShipmentRefused(Code.ALREADY_POSTED, scanned=listed(posted))
        voided = [card for card in cards if card.disposition != Disposition.VOID]
        set_aside(cards=voided, after=Disposition.VOID, reason=reason.strip(), actor_id=actor_id, at=at)
        record(
            actor_id=actor_id, office_id=office_id, operation="VOID_CARDS", object_kind="card",
            object_key=wanted[0] if wanted else "", at=at, cards=len(voided),
        )  # fmt: skip
    return len(voided)
