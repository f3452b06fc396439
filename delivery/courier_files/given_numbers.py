"""Which file gave an item the post's number, so that the file's undo takes the number back."""

import uuid
from collections.abc import Collection

from django.db import transaction
from django.db.models import F

from delivery import records
from delivery.models import GivenNumber, TrackingEvent
from delivery.status import Status
from shipments.numbering import give_back_numbers

ITEMS_PER_CHUNK = 4_000


def keep_givers(*, courier_file_id: uuid.UUID, item_ids: Collection[int]) -> None:
    """Keep that a file gave these items their numbers. Call it in the transaction that wrote them."""
    GivenNumber.objects.bulk_create(
        [GivenNumber(item_id=item_id, courier_file_id=courier_file_id) for item_id in item_ids],
        batch_size=1_000,
        update_conflicts=True,
        unique_fields=["item"],
        update_fields=["courier_file"],
    )


def has_given(courier_file_id: uuid.UUID) -> bool:
    """Say whether a file gave a number that an item still has."""
    return GivenNumber.objects.filter(courier_file_id=courier_file_id).exists()


def take_back_given(*, courier_file_id: uuid.UUID) -> int:
    """Take back the numbers that a file gave, once its events are void; give how many.

    A number stays where somebody else has told of the item since: the next undone file that did takes it back. Safe to
    repeat.
    """
    taken = 0
    given = GivenNumber.objects.filter(courier_file_id=courier_file_id).order_by("item_id")
    while some := dict(given.values_list("item_id", "item__card_id")[:ITEMS_PER_CHUNK]):
        with transaction.atomic():
            records.lock_cards(some.values())
            resting = _told_by_others(some, courier_file_id)
            free = some.keys() - resting.keys()
            taken += give_back_numbers(item_ids=free)
            heirs = {item_id: heir for item_id, heir in resting.items() if heir is not None}
            GivenNumber.objects.filter(item_id__in=some.keys() - heirs.keys()).delete()
            for heir in set(heirs.values()):
                its = [item_id for item_id, its_heir in heirs.items() if its_heir == heir]
                GivenNumber.objects.filter(item_id__in=its).update(courier_file_id=heir)
    return taken


def _told_by_others(item_ids: Collection[int], courier_file_id: uuid.UUID) -> dict[int, uuid.UUID | None]:
    """Give the items of which something else was told since they have their numbers, and a file that did.

    The handover is told by card, and rests on no number.
    """
    told = (
        TrackingEvent.objects.filter(
            item_id__in=item_ids, recorded_at__gte=F("item__number_given_at"), voided_by__isnull=True
        )
        .exclude(status="")
        .exclude(status=Status.POSTED, source=TrackingEvent.Source.DESK)
        .exclude(courier_file_id=courier_file_id)
        .order_by(F("courier_file_id").desc(nulls_last=True))
    )
    found: dict[int, uuid.UUID | None] = {}
    for item_id, file_id in told.values_list("item_id", "courier_file_id"):
        if item_id is not None:
            found.setdefault(item_id, file_id)
    return found
