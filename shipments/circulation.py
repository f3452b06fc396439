"""What delivery tells this room: items that have ended, cards that circulate again, access that is renewed."""

from collections.abc import Sequence
from typing import Final

from django.db.models import F

from shipments.models import Card, CirculatingCard, Item

CHUNK: Final = 4_000


def end_items(*, item_ids: Sequence[int]) -> int:
    """End items that came back, so that their cards may be posted again; give how many were live."""
    ended = 0
    for start in range(0, len(item_ids), CHUNK):
        ended += Item.objects.filter(pk__in=item_ids[start : start + CHUNK], live=True).update(live=None)
    return ended


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
