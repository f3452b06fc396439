"""Say what events would do to their cards: which are news, and in which states the cards end. Nothing is written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from delivery import records
from delivery.records import NewEvent
from delivery.status import Event, Fit, State, applied, fit, fold, in_order, needs_refold

NOTHING = State()


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


@dataclass(slots=True)
class Plan:
    """What is to be written: events under their fingerprints, and the states of the cards that they touch."""

    events: list[tuple[str, NewEvent]]
    outcomes: list[Outcome]
    before: records.Kept
    after: dict[int, State]
    before_first_try: dict[int, State] = field(default_factory=dict)  # where it differs
    late: int = 0

    def report(self) -> Recorded:
        """Say what writing it does."""
        before, first = self.before.states, self.before_first_try
        differing = changed(before, self.after)
        return Recorded(
            stored=len(self.events),
            duplicates=self.outcomes.count(Outcome.DUPLICATE),
            late=self.late,
            contradictions=self.outcomes.count(Outcome.CONTRADICTION),
            changed=differing,
            brought=changed(before | first, self.after) if first else differing,
            outcomes=self.outcomes,
        )


def plan(told: Sequence[NewEvent], *, trusting: bool, recalled: records.Kept | None = None) -> Plan:
    """Say what the events do. States that were read before are taken out of `recalled`.

    An event that happened after all that its card has seen is news, unless it is stored and void: trusting saves the
    look for that, and the database says when the trust was misplaced.
    """
    facts: Sequence[Event] = [event.as_event() for event in told]
    # first, for their versions say when something else has been recorded meanwhile
    kept = _kept({event.card_id for event in told}, recalled)
    before = kept.states
    late = [
        needs_refold(before.get(event.card_id, NOTHING), fact)
        for event, fact in zip(told, facts, strict=True)
    ]
    unsure = {fact.fingerprint for fact, is_late in zip(facts, late, strict=True) if is_late or not trusting}
    facts, stored = _looked_up(facts, unsure)
    found = Plan(events=[], outcomes=[Outcome.DUPLICATE] * len(told), before=kept, after={})
    _sort_out(found, told, facts, late, stored)
    return found


def _kept(card_ids: set[int], recalled: records.Kept | None) -> records.Kept:
    if recalled is None:
        return records.states(card_ids)
    kept = recalled.taken(card_ids)
    if others := card_ids - kept.versions.keys():
        kept.update(records.states(others))
    return kept


def _sort_out(
    found: Plan, told: Sequence[NewEvent], facts: Sequence[Event], late: Sequence[bool],
    stored: Mapping[str, records.Known],
) -> None:  # fmt: skip
    """Tell news from what is known, and bring the cards of the news to their states."""
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
            found.events.append((fingerprint, event))
            if is_late:
                found.late += 1
                whole.add(event.card_id)
        elif known.voided or known.file_row is None or known.file_row != _file_row(event):
            continue
        else:  # the same row of the same file: an earlier try of this very work stored it
            tried.add(event.card_id)
        seen.add(fingerprint)
        news[event.card_id].append((index, fact))
    _advance(found, news, whole | tried)
    found.before_first_try = _before_first_try(news, tried)


def _before_first_try(news: Mapping[int, list[tuple[int, Event]]], tried: set[int]) -> dict[int, State]:
    """Give the states of cards as they were before an earlier try stored events of this very work."""
    states = {}
    for card_id, history in records.histories(tried).items():
        its = {event.fingerprint for _index, event in news[card_id]}
        states[card_id] = fold(event for event in history if event.fingerprint not in its)
    return states


def _file_row(event: NewEvent) -> tuple[str, int] | None:
    return records.file_row(event.courier_file_id, event.source_row)


def _looked_up(facts: Sequence[Event], unsure: set[str]) -> tuple[Sequence[Event], dict[str, records.Known]]:
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


def _advance(plan: Plan, news: Mapping[int, list[tuple[int, Event]]], whole: set[int]) -> None:
    """Step each card's kept state, or fold the card whole where an event came late."""
    whole = whole | records.with_events(news.keys() - plan.before.states.keys())
    histories = records.histories(whole)
    for card_id, events in news.items():
        if card_id in whole:
            plan.after[card_id] = _fold_whole(plan.outcomes, events, histories.get(card_id, []))
        else:
            plan.after[card_id] = _step_on(plan.outcomes, events, plan.before.states.get(card_id, NOTHING))


def _step_on(outcomes: list[Outcome], events: list[tuple[int, Event]], state: State) -> State:
    if len(events) > 1:
        events.sort(key=lambda pair: pair[1].key)
    for index, event in events:
        how = fit(state, event)
        outcomes[index] = _outcome(how, state, event)
        state = applied(state, event, how)
    return state


def _fold_whole(outcomes: list[Outcome], events: list[tuple[int, Event]], history: list[Event]) -> State:
    """Fold a card from all its events, of which some are told now.

    News is superseded where later news was known, and contradicts where what was known does not fit behind it.
    """
    indices = {event.fingerprint: index for index, event in events}
    state = NOTHING
    in_force: int | None = None  # the told event that has set the state, if it was one of these
    news: list[int] = []
    for event in in_order([*history, *(event for _index, event in events)]):
        how = fit(state, event)
        index = indices.get(event.fingerprint)
        if index is not None:
            outcomes[index] = _outcome(how, state, event)
            if outcomes[index] is _APPLIED:
                news.append(index)
        elif how is _DOES_NOT_FIT:
            if in_force is not None:
                outcomes[in_force] = _CONTRADICTION
        elif event.occurred_at != state.since and (how is _ACCEPTED or event.status is state.status):
            for earlier in news:
                outcomes[earlier] = _SUPERSEDED if outcomes[earlier] is _APPLIED else outcomes[earlier]
            news.clear()
        if how is _ACCEPTED:
            in_force = index
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


def changed(before: Mapping[int, State], after: Mapping[int, State]) -> dict[int, tuple[State, State]]:
    """Give the state before and after of each card of which something else is told now."""
    pairs = ((card_id, before.get(card_id, NOTHING), state) for card_id, state in after.items())
    return {card_id: (old, new) for card_id, old, new in pairs if _tells_otherwise(old, new)}


def _tells_otherwise(old: State, new: State) -> bool:
    is_same = old.status is new.status and old.reason is new.reason
    return not (is_same and old.since == new.since and old.item_id == new.item_id)
