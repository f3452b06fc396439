"""Record what happened to cards, keep each card's state, correct by voiding, and prove the states by folding anew.

Everything here takes many events at once. Events of a card are written under that card's lock (cards are locked in
the order of their keys), so two files about the same cards cannot overtake each other.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction

from delivery import bulk, records
from delivery.models import TrackingEvent
from delivery.planning import NOTHING, Outcome, Recorded, changed, plan
from delivery.records import NewEvent
from delivery.refusals import Code, DeliveryRefused
from delivery.status import (
    FINAL,
    Action,
    Event,
    Fit,
    Reason,
    Receiver,
    State,
    Status,
    applied,
    fit,
    fold,
    in_order,
)
from shipments.cards import release_cards
from shipments.circulation import circulate_again

__all__ = [
    "Foreseen",
    "NewEvent",
    "Outcome",
    "Recorded",
    "RefoldReport",
    "TimelineEntry",
    "assess_events",
    "foresee_events",
    "record_events",
    "refold",
    "timeline",
    "void_events",
]

CARDS_PER_FOLD = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RefoldReport:
    """How many cards were folded anew, and those whose kept state was not what their events amount to."""

    checked: int
    wrong: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One event of a card's history as people see it. `fit` is None for a voided event."""

    event_id: int
    status: Status
    reason: Reason
    action: Action
    receiver: Receiver
    occurred_at: datetime
    recorded_at: datetime
    place: str
    source: str
    item_number: str
    note: str
    fit: Fit | None
    voided_because: str


@dataclass(frozen=True, slots=True)
class _Circulation:
    """Cards that go out of circulation, so that a later print is a new card, and those that come back into it."""

    out: Sequence[int]
    back: Sequence[int]

    @classmethod
    def of(cls, changed: Mapping[int, tuple[State, State]]) -> "_Circulation":
        """Say so of cards that have reached their holders, or not after all."""
        turned = [
            (card_id, new.status in FINAL)
            for card_id, (old, new) in changed.items()
            if (old.status in FINAL) is not (new.status in FINAL)
        ]
        return cls(
            [card_id for card_id, is_final in turned if is_final],
            [card_id for card_id, is_final in turned if not is_final],
        )

    def write(self) -> None:
        release_cards(card_ids=self.out)
        circulate_again(card_ids=self.back)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What `record_events` will write if nothing else is told of these cards before."""

    events: Sequence[bulk.Row]
    states: records.StateRows
    recorded: Recorded
    circulation: _Circulation

    @property
    def can_be_compared(self) -> bool:
        """Say whether each card has a state, whose version tells when something else was recorded meanwhile."""
        return not self.states.new


def foresee_events(
    *, events: Sequence[NewEvent], recorded_at: datetime, recorded_by_id: int | None, trusting: bool = True,
    recalled: records.Kept | None = None,
) -> Foreseen:  # fmt: skip
    """Do all of `record_events` that needs no lock, so that it may be done while others write.

    `recalled` are states that were read before; one that is another by now is found out when it is written.
    """
    planned = plan(events, trusting=trusting, recalled=recalled)
    recorded = planned.report()
    return Foreseen(
        records.event_rows(planned.events, recorded_at=recorded_at, recorded_by_id=recorded_by_id),
        records.state_rows(planned.after, kept=planned.before),
        recorded,
        _Circulation.of(recorded.changed),
    )


def record_events(
    *,
    events: Iterable[NewEvent],
    recorded_at: datetime,
    recorded_by_id: int | None,
    foreseen: Foreseen | None = None,
) -> Recorded:
    """Store events and bring their cards' states up to date in one transaction; facts are never refused.

    A fact that is known already (same card, item, status, reason and time) is a duplicate and changes nothing. One
    that a file's undo has voided may be told again; one that a person has voided stays void, or the next morning's
    cumulative file would bring it back. What was foreseen of the same events is written as it is, unless something
    else was recorded of one of their cards since; then all is reckoned anew.
    """
    told = list(events)
    reckon = partial(foresee_events, events=told, recorded_at=recorded_at, recorded_by_id=recorded_by_id)
    with transaction.atomic():
        records.lock_cards({event.card_id for event in told})
        writing = foreseen if foreseen is not None and foreseen.can_be_compared else reckon()
        if not _is_written(writing):
            writing = reckon(trusting=False)
            _write(writing)
        writing.circulation.write()
    return writing.recorded


def assess_events(*, events: Iterable[NewEvent]) -> Recorded:
    """Say what `record_events` would do; nothing is written."""
    return plan(list(events), trusting=False).report()


def _is_written(writing: Foreseen) -> bool:
    """Write what was foreseen; nothing, when an event was stored before or a card's state is another by now."""
    try:
        with transaction.atomic():
            _write(writing)
    except (IntegrityError, records.StatesOvertaken):
        return False
    return True


def _write(writing: Foreseen) -> None:
    records.store_events(writing.events)
    records.store_states(writing.states)


def void_events(
    *, event_ids: Collection[int], reason: str, recorded_at: datetime, recorded_by_id: int | None
) -> Recorded:
    """Correct: each event is voided by a new one, for good, and its card is folded whole.

    Events that are void already are counted as duplicates. Refuses an empty reason, an event that does not exist and
    one that is itself a correction.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    wanted = set(event_ids)
    found = list(TrackingEvent.objects.filter(pk__in=wanted).values_list("pk", "card_id", "status"))
    for event_id in sorted(wanted - {pk for pk, _card, _status in found}):
        raise DeliveryRefused(Code.EVENT_UNKNOWN, event=event_id)
    for event_id, _card, status in found:
        if not status:
            raise DeliveryRefused(Code.EVENT_IS_A_CORRECTION, event=event_id)
    return void(
        events=[(card_id, pk) for pk, card_id, _status in found],
        note=reason.strip()[:200],
        courier_file_id=None,
        recorded_at=recorded_at,
        recorded_by_id=recorded_by_id,
    )


def void(
    *, events: Sequence[tuple[int, int]], note: str, courier_file_id: uuid.UUID | None, recorded_at: datetime,
    recorded_by_id: int | None,
) -> Recorded:  # fmt: skip
    """Void (card, event) pairs that exist; with a file's key, so that they may be told again (its undo)."""
    card_ids = sorted({card_id for card_id, _event in events})
    with transaction.atomic():
        records.lock_cards(card_ids)
        before = records.states(card_ids)
        voided = records.void(
            [event_id for _card, event_id in events],
            note=note,
            source=TrackingEvent.Source.COURIER_FILE if courier_file_id else TrackingEvent.Source.DESK,
            courier_file_id=courier_file_id,
            recorded_at=recorded_at,
            recorded_by_id=recorded_by_id,
        )
        after = _folded(card_ids)
        records.store_states(records.state_rows(after, kept=before))
        differing = changed(before.states, after)
        _Circulation.of(differing).write()
    return Recorded(
        stored=voided, duplicates=len(events) - voided, late=0, contradictions=0, changed=differing
    )


def _folded(card_ids: Collection[int]) -> dict[int, State]:
    histories = records.histories(card_ids)
    return {card_id: fold(histories.get(card_id, [])) for card_id in card_ids}


def refold(*, card_ids: Iterable[int] | None = None, repair: bool = True) -> RefoldReport:
    """Fold cards (all when None) from their events, compare with the kept state and, with `repair`, rewrite it."""
    checked = 0
    wrong: list[int] = []
    for some in _all_with_history() if card_ids is None else _slices(sorted(set(card_ids))):
        with transaction.atomic():
            records.lock_cards(some)
            kept = records.states(some)
            right = _folded(some)
            differing = {
                card_id: state
                for card_id, state in right.items()
                if kept.states.get(card_id, NOTHING) != (state if state.status else NOTHING)
            }
            if repair:
                records.store_states(records.state_rows(differing, kept=kept))
        checked += len(some)
        wrong += sorted(differing)
    return RefoldReport(checked=checked, wrong=tuple(wrong))


def _slices(card_ids: list[int]) -> Iterable[list[int]]:
    return (card_ids[start : start + CARDS_PER_FOLD] for start in range(0, len(card_ids), CARDS_PER_FOLD))


def _all_with_history() -> Iterable[list[int]]:
    last = 0
    while some := records.cards_with_history(after=last, limit=CARDS_PER_FOLD):
        yield some
        last = some[-1]


def timeline(*, card_id: int) -> list[TimelineEntry]:
    """Give a card's history in the order in which it happened, voided events included."""
    rows = TrackingEvent.objects.filter(card_id=card_id).select_related("item")
    because = {row.voids_id: row.note for row in rows if row.voids_id is not None}
    facts = {row.fingerprint: row for row in rows if row.status}
    standing = [_event(row) for row in facts.values() if row.pk not in because]
    fits: dict[str, Fit] = {}
    state = NOTHING
    for event in in_order(standing):
        fits[event.fingerprint] = fit(state, event)
        state = applied(state, event, fits[event.fingerprint])
    ordered = in_order(_event(row) for row in facts.values())
    return [_entry(facts[event.fingerprint], fits.get(event.fingerprint), because) for event in ordered]


def _event(row: TrackingEvent) -> Event:
    return Event(
        row.occurred_at, Status(row.status), row.fingerprint,
        Reason(row.reason), Action(row.action), Receiver(row.receiver), row.item_id,
    )  # fmt: skip


def _entry(row: TrackingEvent, how: Fit | None, because: Mapping[int, str]) -> TimelineEntry:
    return TimelineEntry(
        event_id=row.pk,
        status=Status(row.status),
        reason=Reason(row.reason),
        action=Action(row.action),
        receiver=Receiver(row.receiver),
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        place=row.place,
        source=row.source,
        item_number=(row.item.number or "") if row.item else "",
        note=row.note,
        fit=how,
        voided_because=because.get(row.pk, ""),
    )
