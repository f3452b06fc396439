"""Which news of a card is told to its resident: one table."""

from collections.abc import Mapping
from datetime import timedelta

from delivery.models import Message
from delivery.status import Status

Occasion = Message.Occasion

# A status that is missing here is not told: it says nothing that the resident could act on.
OCCASION_OF: Mapping[Status, Occasion] = {
    Status.POSTED: Occasion.DISPATCHED,
    Status.OUT_FOR_DELIVERY: Occasion.OUT_FOR_DELIVERY,
    Status.ATTEMPT_FAILED: Occasion.ATTEMPT_FAILED,
    Status.READY_AT_COUNTER: Occasion.READY_AT_COUNTER,
    Status.COLLECTED: Occasion.COLLECTED,
}
# Old news is not told: files come once a day, and "being delivered today" must be of today.
TOLD_WITHIN: Mapping[Occasion, timedelta] = {
    Occasion.REGISTERED: timedelta(days=3),
    Occasion.OUT_FOR_DELIVERY: timedelta(hours=18),
    Occasion.ATTEMPT_FAILED: timedelta(days=5),
}
# Answers to what a resident has just written.
ANSWERS = frozenset({Occasion.REPLY_NOTED, Occasion.REPLY_HELP})
