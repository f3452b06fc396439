"""Record what our own desks did: facts of one kind about any number of cards, never before what they follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery import bulk
from delivery.status import Reason, Receiver, Status
from delivery.tracking import NewEvent, record_events
from offices.models import Office

_PLACE_LENGTH = 80
_JUST_AFTER = timedelta(microseconds=1)
_SINCE = "SELECT card_id, since FROM delivery_delivery WHERE {among} AND since >= %s"


@dataclass(frozen=True, slots=True)
class Fact:
    """One card that something was done with, and its item."""

    card_id: int
    item_id: int | None
    reason: Reason = Reason.NONE
    receiver: Receiver = Receiver.NONE
    salt: str = ""


def record_facts(
    *,
    status: Status,
    facts: Sequence[Fact],
    office: Office,
    actor_id: int | None,
    at: datetime,
) -> list[NewEvent]:
    """Store one event per fact. A clock that was set back puts no event before what it follows."""
    later = {
        # of two events of one moment the one of the lower rank counts as the earlier
        card_id: bulk.moment_of(since) + _JUST_AFTER
        for card_id, since in bulk.select(
            _SINCE.format(among=bulk.among("card_id", "bigint")),
            [bulk.listed([fact.card_id for fact in facts]), bulk.moment(at)],
        )
    }
    events = [
        NewEvent(
            card_id=fact.card_id,
            item_id=fact.item_id,
            status=status,
            occurred_at=later.get(fact.card_id, at),
            reason=fact.reason,
            receiver=fact.receiver,
            place=office.name[:_PLACE_LENGTH],
            salt=fact.salt,
        )
        for fact in facts
    ]
    record_events(events=events, recorded_at=at, recorded_by_id=actor_id)
    return events
