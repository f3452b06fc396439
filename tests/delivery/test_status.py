"""The table of steps, and the fold of a card's events in any order."""

from datetime import UTC, datetime, timedelta

import pytest

from delivery.status import (
    EMSEVT,
    FINAL,
    RANK,
    TRANSITIONS,
    WITH_THE_POST,
    Event,
    Fit,
    Reason,
    State,
    Status,
    fit,
    fold,
    needs_refold,
    step,
)  # fmt: skip

S = Status
DAY = datetime(2020, 5, 4, tzinfo=UTC)


def event(
    status: Status, hours: float, *, item: int | None = 1, reason: Reason = Reason.NONE, name: str = ""
) -> Event:
    return Event(
        DAY + timedelta(hours=hours), status, name or f"{status}{hours}", reason=reason, item_id=item
    )


def test_every_status_has_its_steps_and_a_rank() -> None:
    assert set(TRANSITIONS) == {None, *Status}
    assert sorted(RANK.values()) == list(range(len(Status)))
    assert set(EMSEVT.values()) <= {"EMA", "EMJ", "EMG", "EDG", "EMH", "EDH", "EMI"}


def test_nothing_follows_a_final_status() -> None:
    assert {TRANSITIONS[status] for status in FINAL} == {frozenset()}


def test_the_post_never_takes_a_card_from_our_hands_or_its_holders() -> None:
    for ours in (
        S.RETURN_RECEIVED,
        S.IN_TRANSFER,
        S.READY_AT_COUNTER,
        S.AT_VILLAGE,
        S.COLLECTED,
        S.GIVEN_BY_VILLAGE,
    ):
        assert not TRANSITIONS[ours] & ((WITH_THE_POST | {S.DELIVERED, S.RETURNING}) - {S.POSTED})


def test_only_what_the_post_does_not_hold_yet_can_be_cancelled() -> None:
    assert [before for before in (None, *Status) if S.CANCELLED in TRANSITIONS[before]] == [None, S.ANNOUNCED]


def test_a_late_in_transit_never_undoes_a_delivery() -> None:
    state = fold([event(S.POSTED, 0), event(S.DELIVERED, 30), event(S.IN_TRANSIT, 40)])
    assert (state.status, state.since, state.contradictions) == (S.DELIVERED, DAY + timedelta(hours=30), 1)


def test_the_same_kind_of_scan_again_is_an_echo() -> None:
    state = fold([event(S.POSTED, 0), event(S.IN_TRANSIT, 5), event(S.IN_TRANSIT, 9)])
    assert (state.status, state.since, state.contradictions) == (S.IN_TRANSIT, DAY + timedelta(hours=5), 0)


def test_failed_attempts_are_counted_and_begin_anew_with_a_new_posting() -> None:
    tried = [event(S.POSTED, 0), event(S.ATTEMPT_FAILED, 5), event(S.ATTEMPT_FAILED, 29)]
    assert fold(tried).attempts == 2
    assert fold([*tried, event(S.RETURN_RECEIVED, 40), event(S.POSTED, 50, item=2)]).attempts == 0


@pytest.mark.parametrize("end", [S.DELIVERED, S.RETURNING, S.RETURNED_TO_SENDER])
def test_a_handover_that_is_signed_after_the_end_contradicts_nothing(end: Status) -> None:
    state = fold([event(end, 0), event(S.POSTED, 5)])
    assert (state.status, state.contradictions) == (end, 0)
    assert fold([event(S.DELIVERED, 0), event(S.POSTED, 5, item=2)]).contradictions == 1


@pytest.mark.parametrize("midnight", [15, 16, 17])
def test_a_day_without_a_time_stands_for_all_of_that_day(midnight: int) -> None:
    told = [event(S.POSTED, 0), event(S.DELIVERED, midnight)]
    same_day, next_day = event(S.OUT_FOR_DELIVERY, midnight + 8), event(S.OUT_FOR_DELIVERY, midnight + 24)
    assert fold([*told, same_day]).contradictions == 0
    assert fold([*told, next_day]).contradictions == 1
    timed = event(S.DELIVERED, midnight + 0.5)
    assert fold([event(S.POSTED, 0), timed, same_day]).contradictions == 1
    assert fold([event(S.POSTED, 0), event(S.DELIVERED, 14), event(S.IN_TRANSIT, 15)]).contradictions == 1


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_one_attempt_told_with_its_reason_and_without_is_one_attempt(names: tuple[str, str]) -> None:
    bare = event(S.ATTEMPT_FAILED, 10, name=names[0])
    told = event(S.ATTEMPT_FAILED, 10, reason=Reason.ABSENT, name=names[1])
    state = fold([event(S.POSTED, 0), bare, told])
    assert (state.attempts, state.reason) == (1, Reason.ABSENT)
    assert fold([event(S.POSTED, 0), told, event(S.ATTEMPT_FAILED, 30)]).reason == Reason.NONE


def test_the_reason_stays_on_the_way_back_and_goes_with_a_delivery() -> None:
    failed = [event(S.POSTED, 0), event(S.ATTEMPT_FAILED, 5, reason=Reason.MOVED)]
    back = fold([*failed, event(S.RETURNING, 6), event(S.RETURN_RECEIVED, 9), event(S.READY_AT_COUNTER, 12)])
    assert (back.status, back.reason) == (S.READY_AT_COUNTER, Reason.MOVED)
    assert fold([*failed, event(S.DELIVERED, 9)]).reason is Reason.NONE


@pytest.mark.parametrize(
    ("before", "item", "following", "expected"),
    [
        (S.IN_TRANSIT, 1, S.DELIVERED, Fit.ACCEPTED),
        (S.IN_TRANSIT, 2, S.DELIVERED, Fit.ECHO),
        (S.RETURNING, 2, S.RETURNED_TO_SENDER, Fit.ECHO),
        (S.IN_TRANSIT, 2, S.POSTED, Fit.ACCEPTED),
        (S.RETURNING, 2, S.POSTED, Fit.ACCEPTED),
        (S.IN_TRANSIT, 1, S.POSTED, Fit.ECHO),
        (S.IN_TRANSIT, 2, S.RETURN_RECEIVED, Fit.ACCEPTED),
        (S.DELIVERED, 2, S.RETURNING, Fit.CONTRADICTION),
        (S.READY_AT_COUNTER, 1, S.RETURNED_TO_SENDER, Fit.ECHO),
        (S.READY_AT_COUNTER, 1, S.DELIVERED, Fit.CONTRADICTION),
    ],
)
def test_news_of_an_item_that_the_card_has_left_is_an_echo(
    before: Status, item: int, following: Status, expected: Fit
) -> None:
    assert fit(State(status=before, item_id=1), event(following, 9, item=item)) is expected


def test_events_of_one_moment_are_ordered_by_rank_and_then_by_fingerprint() -> None:
    same = [event(S.DELIVERED, 5), event(S.OUT_FOR_DELIVERY, 5), event(S.POSTED, 5)]
    assert fold(same).status is S.DELIVERED
    assert fold([event(S.IN_TRANSIT, 5, name="b", item=1), event(S.IN_TRANSIT, 5, name="a")]).last_key == (
        DAY + timedelta(hours=5), RANK[S.IN_TRANSIT], "b",
    )  # fmt: skip


def test_a_late_event_asks_for_a_fold_of_the_whole() -> None:
    state = step(State(), event(S.IN_TRANSIT, 5))
    assert needs_refold(state, event(S.DELIVERED, 4))
    assert not needs_refold(state, event(S.DELIVERED, 6))
    assert not needs_refold(State(), event(S.DELIVERED, 6))
