"""Cards that come back from a counter or a village officer to the registry: they lie there as any return."""

from collections.abc import Sequence
from datetime import datetime

from delivery.desk import Fact, record_facts
from delivery.models import ReturnReceipt
from delivery.shelves import Arriving
from delivery.status import Reason, Status
from offices.models import Office

Decision = ReturnReceipt.Decision


def take_back(
    *,
    office: Office,
    cards: Sequence[Arriving],
    actor_id: int | None,
    at: datetime,
    reason: Reason = Reason.NONE,
    decision: Decision = Decision.UNDECIDED,
) -> None:
    """Take cards in that are locked and known to be ours. Call in a transaction.

    A card that nobody collected comes back with its decision: routing it again would only send it there again.
    """
    if not cards:
        return
    record_facts(
        status=Status.RETURN_RECEIVED,
        facts=[Fact(card.card_id, card.item_id, reason=reason) for card in cards],
        office=office,
        actor_id=actor_id,
        at=at,
    )
    decided = decision != Decision.UNDECIDED
    ReturnReceipt.objects.bulk_create(
        [
            ReturnReceipt(
                card_id=card.card_id,
                office=office,
                reason=reason.value,
                decision=decision,
                received_at=at,
                received_by_id=actor_id,
                decided_at=at if decided else None,
                decided_by_id=actor_id if decided else None,
            )
            for card in cards
        ],
        batch_size=2_000,
    )
