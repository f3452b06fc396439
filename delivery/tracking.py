"""Record what happened to cards, keep each card's state, correct by voiding, and prove the states by folding anew.

Everything here takes many events at once. Events of a card are written under that card's lock (cards are locked in
the order of their keys), so two files about the same cards cannot overtake each other.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction

from delivery import records
from delivery.models import TrackingEvent
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
    needs_refold,
)
from shipments.cards import release_cards
from shipments.circulation import circulate_again

__all__ = [
    "NewEvent",
    "Outcome",
    "Recorded",
    "RefoldReport",
    "TimelineEntry",
    "assess_events",
    "record_events",
    "refold",
    "timeline",
    "void_events",
]

CARDS_PER_FOLD = 5_000
_NOTHING = State()


class Outcome(StrEnum):
    """What became of one event."""

    APPLIED = "applied"  # news
    DUPLICATE = "duplicate"  # told before
    SUPERSEDED = "superseded"  # kept in the history; later news was known already
    CONTRADICTION = "contradiction"  # kept in the history and shown to people: it does not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a set of events did, or would do.

    `outcomes` stand in the order of the events; `changed` gives the state before and after of each card whose status,
    reason or their time changed (before: `State()` for a card without news). `brought` gives the same as an undisturbed
    try would have: before an earlier try of this very work had stored any of it.
    """

    stored: int
    duplicates: int
    late: int
    contradictions: int
    changed: Mapping[int, tuple[State, State]]
    brought: Mapping[int, tuple[State, State]] = field(default_factory=dict)
    outcomes: Sequence[Outcome] = ()


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


@dataclass(slots=True)
class _Plan:
    """What would be written: events under their fingerprints, and the states of the cards that they touch."""

    events: list[tuple[str, NewEvent]]
    outcomes: list[Outcome]
    before: dict[int, State]
    after: dict[int, State]
    before_first_try: dict[int, State] = field(default_factory=dict)  # where it differs
    late: int = 0

    def report(self) -> Recorded:
        changed = _changed(self.before, self.after)
        first = self.before_first_try
        return Recorded(
            stored=len(self.events),
            duplicates=self.outcomes.count(Outcome.DUPLICATE),
            late=self.late,
            contradictions=self.outcomes.count(Outcome.CONTRADICTION),
            changed=changed,
            brought=_changed(self.before | first, self.after) if first else changed,
            outcomes=self.outcomes,
        )


def record_events(
    *, events: Iterable[NewEvent], recorded_at: datetime, recorded_by_id: int | None
) -> Recorded:
    """Store events and bring their cards' states up to date in one transaction; facts are never refused.

    A fact that is known already (same card, item, status, reason and time) is a duplicate and changes nothing. One
    that a file's undo has voided may be told again; one that a person has voided stays void, or the next morning's
    cumulative file would bring it back.
    """
    told = list(events)
    with transaction.atomic():
        records.lock_cards({event.card_id for event in told})
        plan = _plan(told, trusting=True)
        if not _stored_as_planned(plan, recorded_at, recorded_by_id):
            plan = _plan(told, trusting=False)
            records.store_events(plan.events, recorded_at=recorded_at, recorded_by_id=recorded_by_id)
        records.store_states(plan.after, kept=plan.before.keys())
        recorded = plan.report()
        _circulate(recorded.changed)
    return recorded


def assess_events(*, events: Iterable[NewEvent]) -> Recorded:
    """Say what `record_events` would do; nothing is written."""
    return _plan(list(events), trusting=False).report()


def _stored_as_planned(plan: _Plan, recorded_at: datetime, recorded_by_id: int | None) -> bool:
    """Store a plan's events; nothing, when one of them was stored before: trusted to be news, and void."""
    try:
        with transaction.atomic():
            records.store_events(plan.events, recorded_at=recorded_at, recorded_by_id=recorded_by_id)
    except IntegrityError:
        return False
    return True


def _plan(told: list[NewEvent], *, trusting: bool) -> _Plan:
    """Say what the events do.

    An event that happened after all that its card has seen is news, unless it is stored and void: trusting saves the
    look for that, and the database says when the trust was misplaced.
    """
    before = records.states({event.card_id for event in told})
    plan = _Plan(events=[], outcomes=[Outcome.DUPLICATE] * len(told), before=before, after={})
    facts = [event.as_event() for event in told]
    late = [
        needs_refold(before.get(event.card_id, _NOTHING), fact)
        for event, fact in zip(told, facts, strict=True)
    ]
    unsure = {fact.fingerprint for fact, is_late in zip(facts, late, strict=True) if is_late or not trusting}
    facts, stored = _looked_up(facts, unsure)
    news: dict[int, list[tuple[int, Event]]] = defaultdict(list)
    whole: set[int] = set()
    tried: set[int] = set()
    seen: set[str] = set()
    for index, (event, fact, is_late) in enumerate(zip(told, facts, late, strict=True)):
        fingerprint = fact.fingerprint
        if fingerprint in seen:
            continue
        known = stored.get(fingerprint)
        if known is None:
            plan.events.append((fingerprint, event))
            if is_late:
                plan.late += 1
                whole.add(event.card_id)
        elif known.voided or known.file_row is None or known.file_row != _file_row(event):
            continue
        else:  # the same row of the same file: an earlier try of this very work stored it
            whole.add(event.card_id)
            tried.add(event.card_id)
        seen.add(fingerprint)
        news[event.card_id].append((index, fact))
    _advance(plan, news, whole)
    plan.before_first_try = _before_first_try(news, tried)
    return plan


def _before_first_try(news: Mapping[int, list[tuple[int, Event]]], tried: set[int]) -> dict[int, State]:
    """Give the states of cards as they were before an earlier try stored events of this very work."""
    states = {}
    for card_id, history in records.histories(tried).items():
        its = {event.fingerprint for _index, event in news[card_id]}
        states[card_id] = fold([event for event in history if event.fingerprint not in its])
    return states


def _file_row(event: NewEvent) -> tuple[str, int] | None:
    return records.file_row(event.courier_file_id, event.source_row)


def _looked_up(facts: list[Event], unsure: set[str]) -> tuple[list[Event], dict[str, records.Known]]:
    """Look for facts that may be stored; one that was undone is told under a new fingerprint."""
    stored = records.known(unsure) if unsure else {}
    undone = {fingerprint for fingerprint, known in stored.items() if known.undone}
    while undone:
        facts = [
            fact._replace(fingerprint=records.again(fact.fingerprint)) if fact.fingerprint in undone else fact
            for fact in facts
        ]
        found = records.known({records.again(each) for each in undone})
        stored |= found
        undone = {fingerprint for fingerprint, known in found.items() if known.undone}
    return facts, stored


def _advance(plan: _Plan, news: Mapping[int, list[tuple[int, Event]]], whole: set[int]) -> None:
    """Step each card's kept state, or fold the card whole where an event came late."""
    whole = whole | records.with_events(news.keys() - plan.before.keys())
    histories = records.histories(whole)
    for card_id, events in news.items():
        if card_id in whole:
            plan.after[card_id] = _fold_whole(plan.outcomes, events, histories.get(card_id, []))
        else:
            plan.after[card_id] = _step_on(plan.outcomes, events, plan.before.get(card_id, _NOTHING))


def _step_on(outcomes: list[Outcome], events: list[tuple[int, Event]], state: State) -> State:
    if len(events) > 1:
        events.sort(key=lambda pair: pair[1].key)
    for index, event in events:
        how = fit(state, event)
        outcomes[index] = _outcome(how, state, event)
        state = applied(state, event, how)
    return state


def _fold_whole(outcomes: list[Outcome], events: list[tuple[int, Event]], history: list[Event]) -> State:
    indices = {event.fingerprint: index for index, event in events}
    ordered = in_order([*history, *(event for _index, event in events)])
    foreign = [place for place, event in enumerate(ordered) if event.fingerprint not in indices]
    last_foreign = foreign[-1] if foreign else -1
    state = _NOTHING
    for place, event in enumerate(ordered):
        how = fit(state, event)
        index = indices.get(event.fingerprint)
        if index is not None:
            outcome = _outcome(how, state, event)
            late_news = place < last_foreign and outcome is Outcome.APPLIED
            outcomes[index] = Outcome.SUPERSEDED if late_news else outcome
        state = applied(state, event, how)
    return state


# Names of this module: with Python 3.11, asking the class for them takes longer than telling an outcome.
_APPLIED, _SUPERSEDED, _CONTRADICTION = Outcome.APPLIED, Outcome.SUPERSEDED, Outcome.CONTRADICTION
_ACCEPTED, _DOES_NOT_FIT = Fit.ACCEPTED, Fit.CONTRADICTION


def _outcome(how: Fit, state: State, event: Event) -> Outcome:
    if how is _DOES_NOT_FIT:
        return _CONTRADICTION
    # one more scan of the same kind is news for the history; an echo of something older is not
    return _APPLIED if how is _ACCEPTED or event.status is state.status else _SUPERSEDED


def _changed(before: Mapping[int, State], after: Mapping[int, State]) -> dict[int, tuple[State, State]]:
    pairs = ((card_id, before.get(card_id, _NOTHING), state) for card_id, state in after.items())
    return {card_id: (old, new) for card_id, old, new in pairs if _told(old) != _told(new)}


def _told(state: State) -> tuple[object, ...]:
    return state.status, state.reason, state.since, state.item_id


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
        records.store_states(after, kept=before.keys())
        changed = _changed(before, after)
        _circulate(changed)
    return Recorded(stored=voided, duplicates=len(events) - voided, late=0, contradictions=0, changed=changed)


def _circulate(changed: Mapping[int, tuple[State, State]]) -> None:
    """Let cards that reached their holders out of circulation, so that a later print is a new card; or back in."""
    release_cards(
        card_ids=[
            card_id
            for card_id, (old, new) in changed.items()
            if new.status in FINAL and old.status not in FINAL
        ]
    )
    circulate_again(
        card_ids=[
            card_id
            for card_id, (old, new) in changed.items()
            if old.status in FINAL and new.status not in FINAL
        ]
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
                if kept.get(card_id, _NOTHING) != (state if state.status else _NOTHING)
            }
            if repair:
                records.store_states(differing, kept=kept.keys())
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
    state = _NOTHING
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
