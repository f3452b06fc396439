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


def circulate_again(*, card_ids: Sequence[int]) -> dict[int, str]:
    """Put released cards back into circulation; give, of those that cannot, the print that circulates now, by card."""
    other: dict[int, str] = {}
    for start in range(0, len(card_ids), CHUNK):
        cards = dict(
            Card.objects.filter(pk__in=card_ids[start : start + CHUNK]).values_list("pk", "nik_index")
        )
        CirculatingCard.objects.bulk_create(
            [CirculatingCard(nik_index=nik_index, card_id=pk) for pk, nik_index in cards.items()],
            ignore_conflicts=True,
        )
        holders = CirculatingCard.objects.filter(nik_index__in=cards.values())
        circulating = {
            nik_index: (pk, reference)
            for nik_index, pk, reference in holders.values_list("nik_index", "card_id", "card__reference")
        }
        other |= {
            pk: circulating[nik_index][1]
            for pk, nik_index in cards.items()
            if circulating[nik_index][0] != pk
        }
    return other


def renew_access(*, card_id: int) -> None:
    """Void the card's PIN and link; new ones follow from the raised version."""
    Card.objects.filter(pk=card_id).update(access_version=F("access_version") + 1)
