"""Order, chunks and doubles never change a card's state, and the fast path is the whole fold."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from delivery.models import Delivery, TrackingEvent
from delivery.status import Action, Event, Reason, Receiver, State, Status, fold, needs_refold, step
from delivery.tracking import NewEvent, record_events, refold, void_events
from offices.models import Office
from tests.delivery.mailing import mail_cards

DAY = datetime(2020, 5, 4, tzinfo=UTC)
# the version tells how often something was recorded, and not what
STATE = [field.attname for field in Delivery._meta.concrete_fields if field.name != "version"]
events_of_a_card = st.lists(
    st.builds(
        Event,
        occurred_at=st.integers(0, 12).map(lambda hour: DAY + timedelta(hours=hour)),
        status=st.sampled_from(Status),
        fingerprint=st.integers(0, 40).map(str),
        reason=st.sampled_from(Reason),
        action=st.sampled_from(Action),
        receiver=st.sampled_from(Receiver),
        item_id=st.sampled_from([None, 1, 2]),
    ),
    max_size=14,
    unique_by=lambda event: event.fingerprint,
)


@given(events=events_of_a_card, data=st.data())
def test_order_and_doubles_never_change_the_state(events: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(events))
    doubled = data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    assert fold([*shuffled, *doubled]) == fold(events)


@given(events=events_of_a_card, data=st.data())
def test_stepping_what_comes_last_and_folding_what_comes_late_is_folding_the_whole(
    events: list[Event], data: st.DataObject
) -> None:
    state, seen = State(), []
    for event in data.draw(st.permutations(events)):
        seen.append(event)
        state = fold(seen) if needs_refold(state, event) else step(state, event)
    assert state == fold(events)


def _kept() -> list[dict[str, object]]:
    return [{**state} for state in Delivery.objects.order_by("card_id").values(*STATE)]


_fact = st.tuples(
    st.integers(0, 2),
    st.sampled_from(Status),
    st.integers(0, 30),
    st.sampled_from([Reason.NONE, Reason.MOVED]),
)
# One fact an hour and card: facts of one moment are ordered by fingerprint, in which twins differ.
_facts = st.lists(_fact, min_size=1, max_size=16, unique_by=lambda fact: (fact[0], fact[2]))


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=_facts, data=st.data())
def test_any_cut_into_calls_and_any_order_ends_with_the_same_rows(
    registry: Office,
    post_office: Office,
    facts: Sequence[tuple[int, Status, int, Reason]],
    data: st.DataObject,
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=3)
    twin = mail_cards(office=registry, post_office=post_office, number=3)

    def told(to: object, fact: tuple[int, Status, int, Reason]) -> NewEvent:
        card, status, hours, reason = fact
        return (mailed if to is mailed else twin).event(card, status, hours=hours, reason=reason)

    record_events(events=[told(mailed, fact) for fact in facts], recorded_at=DAY, recorded_by_id=None)
    order = data.draw(st.permutations([*facts, *facts[:3]]))
    while order:
        cut = data.draw(st.integers(1, len(order)))
        record_events(events=[told(twin, fact) for fact in order[:cut]], recorded_at=DAY, recorded_by_id=None)
        order = order[cut:]
    assert [_state_of(card.pk) for card in mailed.cards] == [_state_of(card.pk) for card in twin.cards]
    before = _kept()
    assert refold().wrong == ()
    assert _kept() == before


def _state_of(card_id: int) -> dict[str, object]:
    """Give all of a kept state but the keys in which two cards differ."""
    state: dict[str, object] = {**Delivery.objects.values(*STATE).get(card_id=card_id)}
    return {name: state[name] for name in state.keys() - {"card_id", "item_id", "last_fingerprint"}}


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=_facts, data=st.data())
def test_voiding_is_as_if_it_had_never_been_told(
    registry: Office,
    post_office: Office,
    facts: Sequence[tuple[int, Status, int, Reason]],
    data: st.DataObject,
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=3)
    before = _kept()
    stored = set(TrackingEvent.objects.values_list("pk", flat=True))
    news = [mailed.event(card, status, hours=hours, reason=reason) for card, status, hours, reason in facts]
    record_events(events=news, recorded_at=DAY, recorded_by_id=None)
    wrong = set(TrackingEvent.objects.values_list("pk", flat=True)) - stored
    for event_id in data.draw(st.permutations(sorted(wrong))):
        void_events(event_ids=[event_id], reason="uji", recorded_at=DAY, recorded_by_id=None)
    assert _kept() == before
    assert refold().wrong == ()
