"""End items: the card of an ended item is no longer in the mail and may be posted again."""

from collections.abc import Sequence

from shipments.models import Item

_CHUNK = 5_000


def end_items(*, item_ids: Sequence[int]) -> int:
    """End live items (returned, or collected at the post office); give how many were live. Safe to repeat."""
    ended = 0
    for start in range(0, len(item_ids), _CHUNK):
        chunk = item_ids[start : start + _CHUNK]
        ended += Item.objects.filter(pk__in=chunk, live=True).update(live=None)
    return ended
