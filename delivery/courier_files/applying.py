"""Record what the rows of a status file tell, one portion in one transaction."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from delivery import messages
from delivery.courier_files.given_numbers import keep_givers
from delivery.courier_files.rows import StatusRow
from delivery.status import State, Status
from delivery.tracking import Foreseen, NewEvent, Outcome, Recorded, assess_events, record_events
from shipments.numbering import take_over_numbers

RETURNED = frozenset({Status.RETURNING, Status.RETURNED_TO_SENDER})
_WAITED_FOR = RETURNED | {Status.DELIVERED}


@dataclass(frozen=True, slots=True)
class Portion:
    """Events that are applied together, all of a card among them; and the numbers that the post gave, by item."""

    events: Sequence[NewEvent]
    given: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Applied:
    """How each event ended, in their order, and how many cards came to a status that people wait for."""

    outcomes: Sequence[Outcome]
    arrived: Mapping[Status, int]


def portion_of(rows: Sequence[StatusRow], *, courier_file_id: uuid.UUID | None) -> Portion:
    """Give what matched and understood rows tell."""
    return Portion(
        [_event(courier_file_id, row) for row in rows],
        {row.item_id: row.given_number for row in rows if row.given_number},
    )


def apply_portion(
    portion: Portion,
    *,
    at: datetime,
    recorded_by_id: int | None,
    foreseen: Foreseen | None = None,
    settle: Callable[[Applied], None] | None = None,
) -> Applied:
    """Record a portion with the messages that it calls for; `settle` is called inside the same transaction.

    `foreseen` is what `foresee_events` gives of its events.
    """
    with transaction.atomic():
        recorded = record_events(
            events=portion.events, recorded_at=at, recorded_by_id=recorded_by_id, foreseen=foreseen
        )
        messages.queue_changes(changed=recorded.changed, at=at)
        if portion.given:
            _take_over(portion, at)
        applied = _applied(recorded)
        if settle is not None:
            settle(applied)
    return applied


def _take_over(portion: Portion, at: datetime) -> None:
    item_ids = take_over_numbers(numbers=portion.given, at=at)
    courier_file_id = portion.events[0].courier_file_id
    if courier_file_id is not None:
        keep_givers(courier_file_id=courier_file_id, item_ids=item_ids)


def assess_portion(portion: Portion) -> Applied:
    """Say what `apply_portion` would do; nothing is written."""
    return _applied(assess_events(events=portion.events))


def _applied(recorded: Recorded) -> Applied:
    changes = recorded.brought.values()
    arrived = Counter(after.status for before, after in changes if after.status and _arrived(before, after))
    return Applied(recorded.outcomes, arrived)


def _arrived(before: State, after: State) -> bool:
    """Say whether the change is one that people wait for: delivered, or on the way back."""
    return after.status is not before.status and after.status in _WAITED_FOR


def _event(courier_file_id: uuid.UUID | None, row: StatusRow) -> NewEvent:
    assert row.meaning is not None  # noqa: S101 - for the type checker: such rows have ended
    assert row.occurred_at is not None  # noqa: S101
    meaning = row.meaning
    return NewEvent(
        row.card_id, row.item_id, meaning.status, row.occurred_at, meaning.reason, meaning.action, meaning.receiver,
        row.place, "FILE", courier_file_id, row.row,
    )  # fmt: skip
