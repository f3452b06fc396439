"""Take cards out of circulation and put them back, and void what opens a card's page."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from shipments.models import BacklogEntry, Card, CirculatingCard, Disposition, DispositionChange

_CHUNK = 5_000


def set_aside(
    *, card_ids: Sequence[int], disposition: Disposition, reason: str, actor_id: int | None, at: datetime
) -> int:
    """Set registered cards aside, with the reason on record, so that another print may circulate."""
    count = 0
    with transaction.atomic():
        for start in range(0, len(card_ids), _CHUNK):
            registered = Card.objects.select_for_update(no_key=True).filter(
                pk__in=card_ids[start : start + _CHUNK], disposition=Disposition.REGISTERED
            )
            chunk = list(registered.order_by("pk").values_list("pk", flat=True))
            Card.objects.filter(pk__in=chunk).update(disposition=disposition)
            BacklogEntry.objects.filter(card_id__in=chunk).delete()
            CirculatingCard.objects.filter(card_id__in=chunk).delete()
            DispositionChange.objects.bulk_create(
                [
                    DispositionChange(
                        card_id=card_id,
                        before=Disposition.REGISTERED,
                        after=disposition,
                        reason=reason,
                        changed_by_id=actor_id,
                        changed_at=at,
                    )
                    for card_id in chunk
                ],
                batch_size=_CHUNK,
            )
            count += len(chunk)
    return count


def circulate_again(*, card_id: int) -> str:
    """Put a released card back into circulation; give '', or the reference of the print that circulates now."""
    card = Card.objects.only("nik_index").get(pk=card_id)
    CirculatingCard.objects.bulk_create(
        [CirculatingCard(nik_index=card.nik_index, card_id=card_id)], ignore_conflicts=True
    )
    holder = CirculatingCard.objects.select_related("card").get(nik_index=card.nik_index)
    return "" if holder.card_id == card_id else holder.card.reference


def renew_access(*, card_id: int) -> None:
    """Void the card's PIN and link; new ones follow from the raised version."""
    Card.objects.filter(pk=card_id).update(access_version=F("access_version") + 1)
