"""Items that leave their shipment before the handover: their numbers are void but kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shipments.models import Item, ShipmentState

CHUNK: Final = 4_000
# The post has such a shipment, or is about to: its items can no longer be taken out.
FROZEN: Final = (ShipmentState.CLOSED, ShipmentState.HANDED_OVER, ShipmentState.RECEIVED)


def take_out(*, card_ids: Sequence[int], at: datetime, shipment_id: int | None = None) -> int:
    """Take these cards out of open shipments (or out of one) and give how many were in one."""
    taken = 0
    for start in range(0, len(card_ids), CHUNK):
        items = Item.objects.filter(card_id__in=card_ids[start : start + CHUNK], live=True)
        if shipment_id is None:
            items = items.filter(shipment__state=ShipmentState.OPEN)
        else:
            items = items.filter(shipment_id=shipment_id)
        taken += items.update(live=None, taken_out_at=at)
    return taken


def frozen_cards(*, card_ids: Sequence[int]) -> set[int]:
    """Which of these cards are in a shipment that was closed or handed over."""
    frozen: set[int] = set()
    for start in range(0, len(card_ids), CHUNK):
        items = Item.objects.filter(card_id__in=card_ids[start : start + CHUNK], live=True)
        frozen.update(items.filter(shipment__state__in=FROZEN).values_list("card_id", flat=True))
    return frozen
