"""What holders still ask about their cards, many at a time: open wishes, and corrections that wait for a decision."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.services import record
from delivery import bulk, messages
from delivery.messages.occasions import Occasion
from delivery.models import AddressRequest, ResidentChoice, ReturnReceipt
from shipments.models import Card

Outcome = ResidentChoice.Outcome
ANSWER_LENGTH = 200


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """Open wishes by card, each with the counter that was wished (None: send again), and cards being corrected."""

    wishes: Mapping[int, int | None]
    corrections: frozenset[int]

    @property
    def cards(self) -> frozenset[int]:
        """Give the cards about which anything is asked."""
        return self.corrections | self.wishes.keys()


_WISHES = "SELECT card_id, counter_id FROM delivery_residentchoice WHERE wish <> '' AND settled_at IS NULL AND {among}"
_CORRECTIONS = "SELECT card_id FROM delivery_addressrequest WHERE state = 'OPEN' AND {among}"


def open_requests(card_ids: Collection[int]) -> OpenRequests:
    """Give what is asked about these cards. It stays so until the transaction ends when the cards are locked."""
    among, listed = bulk.among("card_id", "bigint"), bulk.listed(card_ids)
    return OpenRequests(
        wishes=dict(bulk.select(_WISHES.format(among=among), [listed])),
        corrections=frozenset(row[0] for row in bulk.select(_CORRECTIONS.format(among=among), [listed])),
    )


def with_open_requests(rows: QuerySet[ReturnReceipt]) -> QuerySet[ReturnReceipt]:
    """Add to returns why routing leaves them to a person: `open_wish` (empty: none) and `correcting`."""
    wishes = ResidentChoice.objects.filter(card_id=OuterRef("card_id"), settled_at__isnull=True)
    corrections = AddressRequest.objects.filter(card_id=OuterRef("card_id"), state=AddressRequest.State.OPEN)
    return rows.annotate(
        open_wish=Coalesce(Subquery(wishes.values("wish")[:1]), Value("")), correcting=Exists(corrections)
    )


def settle_wishes(
    *, card_ids: Collection[int], outcome: Outcome, answer: str = "", actor_id: int | None, at: datetime
) -> int:
    """Answer the open wishes of locked cards and tell their holders; give how many there were."""
    asked = sorted(open_requests(card_ids).wishes)
    if not asked:
        return 0
    ResidentChoice.objects.filter(card_id__in=asked).update(
        settled_at=at, settled_by_id=actor_id, outcome=outcome, answer=answer.strip()[:ANSWER_LENGTH]
    )
    messages.queue(card_ids=asked, occasion=Occasion.WISH_ANSWERED, at=at, sequence=None)
    for reference, office_id in Card.objects.filter(pk__in=asked).values_list("reference", "office_id"):
        record(
            actor_id=actor_id, office_id=office_id, operation="SETTLE_WISH", object_kind="card",
            object_key=reference, at=at, outcome=outcome.value,
        )  # fmt: skip
    return len(asked)
