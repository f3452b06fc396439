"""The heart: what can happen to a card in the mail, and how its events fold into one state.

Events may come late, early, doubled and in any order; `fold` sorts them and gives the same state every time. A
step that `TRANSITIONS` does not know changes nothing; unless `ECHOES` names it as news of what is already known,
it is a contradiction, which people are shown.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """Where a card is. Reasons and actions are fields of their own. UPU EMSEVT codes in `EMSEVT`."""

    ANNOUNCED = "ANNOUNCED"
    POSTED = "POSTED"
    IN_TRANSIT = "IN_TRANSIT"
    AT_DELIVERY_OFFICE = "AT_DELIVERY_OFFICE"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    HELD_FOR_PICKUP = "HELD_FOR_PICKUP"  # at a post office
    EXCEPTION = "EXCEPTION"
    CANCELLED = "CANCELLED"
    DELIVERED = "DELIVERED"
    RETURNING = "RETURNING"
    RETURNED_TO_SENDER = "RETURNED_TO_SENDER"  # the courier says so; we have not seen it yet
    RETURN_RECEIVED = "RETURN_RECEIVED"  # we hold it
    IN_TRANSFER = "IN_TRANSFER"  # from the registry to a counter
    READY_AT_COUNTER = "READY_AT_COUNTER"
    COLLECTED = "COLLECTED"
    AT_VILLAGE = "AT_VILLAGE"
    GIVEN_BY_VILLAGE = "GIVEN_BY_VILLAGE"


class Reason(StrEnum):
    """Why an attempt failed or an item came back (UPU EMH carries a reason; the names are ours)."""

    NONE = ""
    ABSENT = "ABSENT"
    MOVED = "MOVED"
    DECEASED = "DECEASED"
    UNKNOWN_AT_ADDRESS = "UNKNOWN_AT_ADDRESS"
    ADDRESS_INCOMPLETE = "ADDRESS_INCOMPLETE"
    ADDRESS_NOT_FOUND = "ADDRESS_NOT_FOUND"
    REFUSED = "REFUSED"
    MISSED_DELIVERY = "MISSED_DELIVERY"
    UNCLAIMED = "UNCLAIMED"
    DAMAGED = "DAMAGED"
    MISSENT = "MISSENT"
    HELD_ON_REQUEST = "HELD_ON_REQUEST"
    OWN_PICKUP = "OWN_PICKUP"
    BUSINESS_CLOSED = "BUSINESS_CLOSED"
    ACCESS_RESTRICTED = "ACCESS_RESTRICTED"
    FORCE_MAJEURE = "FORCE_MAJEURE"
    PHONE_UNREACHABLE = "PHONE_UNREACHABLE"
    OLD_CARD_NOT_SURRENDERED = "OLD_CARD_NOT_SURRENDERED"
    OTHER = "OTHER"


class Action(StrEnum):
    """What the post did about a failed attempt."""

    NONE = ""
    ANOTHER_ATTEMPT = "ANOTHER_ATTEMPT"
    HELD_ADDRESSEE_NOTIFIED = "HELD_ADDRESSEE_NOTIFIED"
    HELD_FOR_PICKUP = "HELD_FOR_PICKUP"
    FORWARDED = "FORWARDED"
    RETURNED_TO_SENDER = "RETURNED_TO_SENDER"
    DISPOSED = "DISPOSED"


class Receiver(StrEnum):
    """Who took the card, as a relation: names are never kept."""

    NONE = ""
    HOLDER = "HOLDER"
    HOUSEHOLD = "HOUSEHOLD"
    FAMILY = "FAMILY"
    NEIGHBOUR = "NEIGHBOUR"
    SECURITY = "SECURITY"
    COLLEAGUE = "COLLEAGUE"
    RECEPTION = "RECEPTION"
    VILLAGE_OFFICER = "VILLAGE_OFFICER"
    WRITTEN_AUTHORITY = "WRITTEN_AUTHORITY"
    SENDER = "SENDER"
    OTHER = "OTHER"


RANK: Mapping[Status, int] = {status: rank for rank, status in enumerate(Status)}

EMSEVT: Mapping[Status, str] = {
    Status.POSTED: "EMA",
    Status.IN_TRANSIT: "EMJ",
    Status.AT_DELIVERY_OFFICE: "EMG",
    Status.OUT_FOR_DELIVERY: "EDG",
    Status.ATTEMPT_FAILED: "EMH",
    Status.HELD_FOR_PICKUP: "EDH",
    Status.DELIVERED: "EMI",
    Status.RETURNING: "EMH",
    Status.RETURNED_TO_SENDER: "EMH",
}

_S = Status
FINAL: frozenset[Status] = frozenset({_S.DELIVERED, _S.COLLECTED, _S.GIVEN_BY_VILLAGE})
WITH_THE_POST: frozenset[Status] = frozenset(
    {
        _S.ANNOUNCED, _S.POSTED, _S.IN_TRANSIT, _S.AT_DELIVERY_OFFICE, _S.OUT_FOR_DELIVERY, _S.ATTEMPT_FAILED,
        _S.HELD_FOR_PICKUP, _S.EXCEPTION, _S.CANCELLED,
    }
)  # fmt: skip
COMING_BACK: frozenset[Status] = frozenset({_S.RETURNING, _S.RETURNED_TO_SENDER})
WITH_US: frozenset[Status] = frozenset({_S.RETURN_RECEIVED, _S.IN_TRANSFER, _S.READY_AT_COUNTER})
_MOVING: frozenset[Status] = WITH_THE_POST | COMING_BACK
_COURIER: frozenset[Status] = _MOVING | {_S.DELIVERED}

# From a status (None: nothing known) to the statuses that may follow. The post skips scans, so that any step
# of its own may follow any other; what it can never do is to take a card from our hands or from its holder's.
TRANSITIONS: Mapping[Status | None, frozenset[Status]] = {
    None: _COURIER | {_S.RETURN_RECEIVED, _S.READY_AT_COUNTER, _S.IN_TRANSFER, _S.AT_VILLAGE},
    # the post can cancel only what it does not hold yet
    **{
        status: (_COURIER - {status, _S.ANNOUNCED, _S.POSTED, _S.CANCELLED}) | {_S.RETURN_RECEIVED}
        for status in WITH_THE_POST
    },
    _S.ANNOUNCED: _COURIER - {_S.ANNOUNCED},
    _S.CANCELLED: _COURIER - {_S.ANNOUNCED, _S.CANCELLED},
    _S.ATTEMPT_FAILED: (_COURIER - {_S.ANNOUNCED, _S.POSTED, _S.CANCELLED}) | {_S.RETURN_RECEIVED},
    # a plain "delivered" on the way back may mean delivered to us: people decide, not the table
    _S.RETURNING: frozenset({_S.RETURNED_TO_SENDER, _S.RETURN_RECEIVED, _S.EXCEPTION}),
    _S.RETURNED_TO_SENDER: frozenset({_S.RETURN_RECEIVED}),
    _S.RETURN_RECEIVED: frozenset({_S.IN_TRANSFER, _S.READY_AT_COUNTER, _S.AT_VILLAGE, _S.POSTED}),
    _S.IN_TRANSFER: frozenset({_S.READY_AT_COUNTER, _S.RETURN_RECEIVED}),
    _S.READY_AT_COUNTER: frozenset(
        {_S.COLLECTED, _S.AT_VILLAGE, _S.IN_TRANSFER, _S.RETURN_RECEIVED, _S.POSTED}
    ),
    _S.AT_VILLAGE: frozenset({_S.GIVEN_BY_VILLAGE, _S.RETURN_RECEIVED, _S.READY_AT_COUNTER}),
    _S.DELIVERED: frozenset(),
    _S.COLLECTED: frozenset(),
    _S.GIVEN_BY_VILLAGE: frozenset(),
}

_HELD_BY_US = frozenset(
    {
        _S.RETURN_RECEIVED,
        _S.IN_TRANSFER,
        _S.READY_AT_COUNTER,
        _S.AT_VILLAGE,
        _S.COLLECTED,
        _S.GIVEN_BY_VILLAGE,
    }
)
# News of what is already known: it changes nothing and contradicts nothing.
ECHOES: Mapping[Status, frozenset[Status]] = {
    **{status: frozenset({status, _S.ANNOUNCED, _S.POSTED}) for status in WITH_THE_POST},
    _S.DELIVERED: frozenset({_S.DELIVERED}),
    _S.RETURNING: frozenset(
        {_S.RETURNING, _S.IN_TRANSIT, _S.AT_DELIVERY_OFFICE, _S.OUT_FOR_DELIVERY, _S.ATTEMPT_FAILED}
    ),
    _S.RETURNED_TO_SENDER: frozenset({_S.RETURNED_TO_SENDER, _S.RETURNING}),
    **{status: COMING_BACK | {status} for status in _HELD_BY_US},
}


class Event(NamedTuple):
    """One fact. Sorts by time, then by the status's rank, then by fingerprint, so that the order is total."""

    occurred_at: datetime
    status: Status
    fingerprint: str
    reason: Reason = Reason.NONE
    action: Action = Action.NONE
    receiver: Receiver = Receiver.NONE
    item_id: int | None = None

    @property
    def key(self) -> tuple[datetime, int, str]:
        return self.occurred_at, RANK[self.status], self.fingerprint


class State(NamedTuple):
    """What the events amount to. `last_key` is that of the last event seen, accepted or not."""

    status: Status | None = None
    reason: Reason = Reason.NONE
    action: Action = Action.NONE
    receiver: Receiver = Receiver.NONE
    item_id: int | None = None
    since: datetime | None = None
    attempts: int = 0
    contradictions: int = 0
    last_key: tuple[datetime, int, str] | None = None


class Fit(StrEnum):
    """How an event fits into what its card's earlier events say."""

    ACCEPTED = "ACCEPTED"
    ECHO = "ECHO"  # known already, or about an item that the card has left
    CONTRADICTION = "CONTRADICTION"


# Names of this module: with Python 3.11, asking the classes for them takes longer than the rest of a step.
_ACCEPTED, _ECHO, _CONTRADICTION = Fit.ACCEPTED, Fit.ECHO, Fit.CONTRADICTION
_ANNOUNCED, _POSTED, _ATTEMPT_FAILED = _S.ANNOUNCED, _S.POSTED, _S.ATTEMPT_FAILED

_ENDED_BY_POST = COMING_BACK | {_S.DELIVERED}
# in UTC, those of WIT, WITA and WIB: how a courier's day is read that has no time
_MIDNIGHTS = frozenset({15, 16, 17})


def fit(state: State, event: Event) -> Fit:
    """Say how an event fits that sorts after everything the state has seen."""
    known, told = state.status, event.status
    another_item = event.item_id != state.item_id and event.item_id is not None and state.item_id is not None
    if another_item and known in _MOVING:
        if told is _POSTED:  # sent again before the post told the end of the first item
            return _ACCEPTED
        if told in _COURIER and told is not _ANNOUNCED:
            return _ECHO
    if told in TRANSITIONS[known]:
        return _ACCEPTED
    if known is not None and told in ECHOES[known]:
        return _ECHO
    if known in _ENDED_BY_POST and told in WITH_THE_POST and not another_item:
        # our handover may be signed after the post has told the end; a day without a time stands for all of that day
        return _ECHO if told is _POSTED or _is_of_that_day(state.since, event.occurred_at) else _CONTRADICTION
    return _CONTRADICTION


def _is_of_that_day(since: datetime | None, moment: datetime) -> bool:
    """Say whether `since` is a day without a time, and the moment lies on it."""
    if since is None or moment - since >= timedelta(days=1):
        return False
    utc = since.astimezone(UTC)
    return utc.hour in _MIDNIGHTS and (utc.minute, utc.second) == (0, 0)


def step(state: State, event: Event) -> State:
    """Apply one event that sorts after everything the state has seen."""
    return applied(state, event, fit(state, event))


def applied(state: State, event: Event, how: Fit) -> State:
    """Give the state after an event whose fit is known."""
    if how is not _ACCEPTED:
        return state._replace(
            contradictions=state.contradictions + (how is _CONTRADICTION), last_key=event.key
        )
    status, reason, item_id = event.status, event.reason, event.item_id
    # one attempt may be told by two layouts, with its reason and without
    told_again = status is state.status and event.occurred_at == state.since
    if not reason and (told_again or status in _KEEPS_REASON):
        reason = state.reason
    attempts = 0 if status is _POSTED else state.attempts + (status is _ATTEMPT_FAILED and not told_again)
    return State(
        status, reason, event.action, event.receiver, state.item_id if item_id is None else item_id,
        event.occurred_at, attempts, state.contradictions, event.key,
    )  # fmt: skip


# On the way back and at the counter, people still ask why it was not delivered.
_KEEPS_REASON = COMING_BACK | WITH_US | {_S.HELD_FOR_PICKUP, _S.AT_VILLAGE}


def in_order(events: Iterable[Event]) -> list[Event]:
    """Sort a card's events as they happened; doubled fingerprints count once."""
    return sorted({event.fingerprint: event for event in events}.values(), key=lambda event: event.key)


def fold(events: Iterable[Event]) -> State:
    """Give the state that a card's events amount to, whatever their order."""
    state = State()
    for event in in_order(events):
        state = step(state, event)
    return state


def needs_refold(state: State, event: Event) -> bool:
    """Say whether an event came late: it sorts before the last one seen, so the card is folded whole."""
    last = state.last_key
    if last is None or event.occurred_at > last[0]:
        return False
    return event.key <= last
