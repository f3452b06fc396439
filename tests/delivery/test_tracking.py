"""Facts are stored once, in any order, and each card's kept state is what its events amount to."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from delivery.models import CourierFile, Delivery, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Fit, Reason, Receiver, State, Status
from delivery.tracking import (
    NewEvent,
    Outcome,
    Recorded,
    assess_events,
    record_events,
    refold,
    timeline,
    void_events,
)
from offices.models import Office
from shipments.models import CirculatingCard
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
LATER = HANDED_OVER_AT + timedelta(days=9)


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=3)


def record(*events: NewEvent) -> Recorded:
    return record_events(events=events, recorded_at=LATER, recorded_by_id=None)


def test_an_event_is_stored_with_all_its_fields_and_changes_the_kept_state(
    mailed: Mailed, supervisor: User
) -> None:
    event = mailed.event(
        0,
        Status.ATTEMPT_FAILED,
        hours=30,
        reason=Reason.ABSENT,
        place="Tambun",
        source="DESK",
        note="petugas",
    )
    recorded = record_events(events=[event], recorded_at=LATER, recorded_by_id=supervisor.pk)
    assert (recorded.stored, recorded.duplicates, recorded.late, recorded.contradictions) == (1, 0, 0, 0)
    assert recorded.outcomes == [Outcome.APPLIED]
    before, after = recorded.changed[mailed.cards[0].pk]
    assert (before.status, after.status, after.reason, after.attempts) == (
        Status.POSTED, Status.ATTEMPT_FAILED, Reason.ABSENT, 1,
    )  # fmt: skip
    row = TrackingEvent.objects.get(card=mailed.cards[0], status=Status.ATTEMPT_FAILED)
    assert (row.item_id, row.reason, row.place, row.note, row.occurred_at, row.recorded_at, row.recorded_by_id) == (
        mailed.items[0].pk, "ABSENT", "Tambun", "petugas", event.occurred_at, LATER, supervisor.pk,
    )  # fmt: skip
    kept = Delivery.objects.get(card=mailed.cards[0])
    assert (kept.status, kept.since, kept.last_event_at, kept.item_id) == (
        "ATTEMPT_FAILED", event.occurred_at, event.occurred_at, mailed.items[0].pk,
    )  # fmt: skip


def test_the_same_fact_from_another_file_and_row_is_a_duplicate(mailed: Mailed) -> None:
    record(mailed.event(0, Status.DELIVERED, hours=30, place="Tambun", source_row=4))
    recorded = record(mailed.event(0, Status.DELIVERED, hours=30, place="", source_row=9))
    assert (recorded.stored, recorded.duplicates, recorded.outcomes) == (0, 1, [Outcome.DUPLICATE])
    assert recorded.changed == {}
    assert TrackingEvent.objects.filter(card=mailed.cards[0]).count() == 2


def test_the_same_fact_twice_in_one_call_is_stored_once(mailed: Mailed) -> None:
    event = mailed.event(0, Status.IN_TRANSIT, hours=5)
    assert record(event, event).outcomes == [Outcome.APPLIED, Outcome.DUPLICATE]


def test_salt_tells_two_equal_facts_apart(mailed: Mailed) -> None:
    recorded = record(
        mailed.event(0, Status.ATTEMPT_FAILED, hours=5),
        mailed.event(0, Status.ATTEMPT_FAILED, hours=5, salt="2"),
    )
    assert recorded.stored == 2


def test_a_late_event_is_put_in_its_place_and_undoes_nothing(mailed: Mailed) -> None:
    record(mailed.event(0, Status.DELIVERED, hours=40, receiver=Receiver.HOUSEHOLD))
    recorded = record(mailed.event(0, Status.IN_TRANSIT, hours=10))
    assert (recorded.late, recorded.outcomes, recorded.changed) == (1, [Outcome.SUPERSEDED], {})
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")


def test_late_news_that_contradicts_what_is_known_says_so(mailed: Mailed) -> None:
    record(mailed.event(0, Status.IN_TRANSIT, hours=50))
    recorded = record(mailed.event(0, Status.DELIVERED, hours=40))
    assert (recorded.outcomes, recorded.contradictions) == ([Outcome.CONTRADICTION], 1)
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")
    assert Delivery.objects.get(card=mailed.cards[0]).contradictions == 1


def test_late_news_is_news_when_what_came_after_it_was_none(mailed: Mailed) -> None:
    record(mailed.event(0, Status.OUT_FOR_DELIVERY, hours=20), mailed.event(0, Status.POSTED, hours=50))
    recorded = record(mailed.event(0, Status.DELIVERED, hours=40))
    assert (recorded.outcomes, state_of(mailed.cards[0])) == ([Outcome.APPLIED], ("DELIVERED", ""))
    record(mailed.event(1, Status.OUT_FOR_DELIVERY, hours=20), mailed.event(1, Status.POSTED, hours=50))
    recorded = record(mailed.event(1, Status.ATTEMPT_FAILED, hours=40))
    assert (recorded.outcomes, state_of(mailed.cards[1])) == ([Outcome.APPLIED], ("ATTEMPT_FAILED", ""))


@pytest.mark.parametrize("first", [Reason.NONE, Reason.ABSENT])
def test_an_attempt_told_again_with_or_without_its_reason_stays_one(mailed: Mailed, first: Reason) -> None:
    second = Reason.ABSENT if first is Reason.NONE else Reason.NONE
    told = [mailed.event(0, Status.ATTEMPT_FAILED, hours=20, reason=reason) for reason in (first, second)]
    outcomes = [record(event).outcomes for event in told]
    assert outcomes == [[Outcome.APPLIED], [Outcome.APPLIED]]
    kept = Delivery.objects.get(card=mailed.cards[0])
    assert (kept.attempts, kept.reason) == (1, "ABSENT")


def test_a_late_failed_attempt_is_counted(mailed: Mailed) -> None:
    record(mailed.event(0, Status.OUT_FOR_DELIVERY, hours=40))
    record(mailed.event(0, Status.ATTEMPT_FAILED, hours=20, reason=Reason.ABSENT))
    assert Delivery.objects.get(card=mailed.cards[0]).attempts == 1
    assert state_of(mailed.cards[0]) == ("OUT_FOR_DELIVERY", "")


def test_a_fact_that_does_not_fit_is_stored_and_counted(mailed: Mailed) -> None:
    record(mailed.event(0, Status.RETURNED_TO_SENDER, hours=20, reason=Reason.MOVED))
    recorded = record(mailed.event(0, Status.DELIVERED, hours=30))
    assert (recorded.contradictions, recorded.outcomes) == (1, [Outcome.CONTRADICTION])
    assert state_of(mailed.cards[0]) == ("RETURNED_TO_SENDER", "MOVED")
    assert Delivery.objects.get(card=mailed.cards[0]).contradictions == 1


def test_a_card_whose_only_event_does_not_fit_has_no_state_until_an_earlier_one_explains_it(
    mailed: Mailed,
) -> None:
    card = mailed.cards[0]
    void_events(
        event_ids=list(TrackingEvent.objects.filter(card=card).values_list("pk", flat=True)),
        reason="uji", recorded_at=LATER, recorded_by_id=None,
    )  # fmt: skip
    record(mailed.event(0, Status.COLLECTED, hours=50))
    assert state_of(card) == ("", "")
    record(mailed.event(0, Status.READY_AT_COUNTER, hours=40))
    assert state_of(card) == ("COLLECTED", "")


def test_news_of_an_item_that_the_card_has_left_changes_nothing(
    mailed: Mailed, registry: Office, post_office: Office
) -> None:
    record(mailed.event(0, Status.RETURN_RECEIVED, hours=48))
    mailed.items[0].live = None
    mailed.items[0].save()
    again = mail_cards(
        office=registry, post_office=post_office, number=1, cards=[mailed.cards[0]], posted=False
    )
    record(again.event(0, Status.POSTED, hours=60))
    recorded = record(mailed.event(0, Status.RETURNED_TO_SENDER, hours=70))
    assert recorded.outcomes == [Outcome.SUPERSEDED]
    assert state_of(mailed.cards[0]) == ("POSTED", "")


def test_assessing_writes_nothing_and_says_the_same(mailed: Mailed) -> None:
    events = [mailed.event(0, Status.DELIVERED, hours=30), mailed.event(1, Status.RETURNING, hours=3)]
    assessed = assess_events(events=events)
    assert TrackingEvent.objects.count() == 3
    assert record(*events) == assessed


def test_a_voided_event_no_longer_counts_and_stays_void_when_told_again(mailed: Mailed) -> None:
    record(mailed.event(0, Status.DELIVERED, hours=30))
    wrong = TrackingEvent.objects.get(card=mailed.cards[0], status=Status.DELIVERED)
    voided = void_events(event_ids=[wrong.pk], reason="salah kartu", recorded_at=LATER, recorded_by_id=None)
    assert voided.stored == 1
    assert state_of(mailed.cards[0]) == ("POSTED", "")
    assert record(mailed.event(0, Status.DELIVERED, hours=30)).outcomes == [Outcome.DUPLICATE]
    assert state_of(mailed.cards[0]) == ("POSTED", "")


def test_voiding_twice_voids_once(mailed: Mailed) -> None:
    posted = TrackingEvent.objects.get(card=mailed.cards[0])
    for expected in ((1, 0), (0, 1)):
        voided = void_events(event_ids=[posted.pk], reason="uji", recorded_at=LATER, recorded_by_id=None)
        assert (voided.stored, voided.duplicates) == expected
    assert not Delivery.objects.filter(card=mailed.cards[0]).exists()


def test_voiding_refuses_an_empty_reason_an_unknown_event_and_a_correction(mailed: Mailed) -> None:
    posted = TrackingEvent.objects.get(card=mailed.cards[0])
    void_events(event_ids=[posted.pk], reason="uji", recorded_at=LATER, recorded_by_id=None)
    correction = TrackingEvent.objects.get(voids=posted)
    before = TrackingEvent.objects.count()
    for event_id, reason, code in (
        (posted.pk, "  ", Code.REASON_MISSING),
        (posted.pk + 10_000, "uji", Code.EVENT_UNKNOWN),
        (correction.pk, "uji", Code.EVENT_IS_A_CORRECTION),
    ):
        with pytest.raises(DeliveryRefused) as refused:
            void_events(event_ids=[event_id], reason=reason, recorded_at=LATER, recorded_by_id=None)
        assert refused.value.code is code
    assert TrackingEvent.objects.count() == before


def test_a_file_row_that_was_stored_by_an_earlier_try_of_the_same_work_keeps_its_outcome(
    mailed: Mailed, post_office: Office
) -> None:
    file = CourierFile.objects.create(office=post_office, name="a.xlsx", sha256="0" * 64, uploaded_at=LATER)
    events = [
        mailed.event(0, Status.DELIVERED, hours=30, courier_file_id=file.pk, source_row=2),
        mailed.event(0, Status.DELIVERED, hours=30, courier_file_id=file.pk, source_row=3),
        mailed.event(1, Status.COLLECTED, hours=30, courier_file_id=file.pk, source_row=4),
    ]
    first = record(*events)
    repeated = record(*events)
    assert first.outcomes == [Outcome.APPLIED, Outcome.DUPLICATE, Outcome.CONTRADICTION]
    assert (repeated.outcomes, repeated.stored) == (first.outcomes, 0)
    assert Delivery.objects.get(card=mailed.cards[1]).contradictions == 1


def test_refold_finds_and_repairs_a_state_that_is_not_what_the_events_say(mailed: Mailed) -> None:
    record(mailed.event(1, Status.DELIVERED, hours=30))
    right = Delivery.objects.get(card=mailed.cards[1])
    Delivery.objects.filter(card=mailed.cards[1]).update(status="RETURNING")
    Delivery.objects.filter(card=mailed.cards[2]).delete()
    wrong = (mailed.cards[1].pk, mailed.cards[2].pk)
    checked = refold(repair=False)
    assert (checked.checked, checked.wrong) == (3, wrong)
    assert refold(card_ids=[mailed.cards[0].pk]).wrong == ()
    assert refold().wrong == wrong
    assert refold().wrong == ()
    repaired = Delivery.objects.get(card=mailed.cards[1])
    assert (repaired.status, repaired.since, repaired.last_fingerprint, repaired.last_event_at) == (
        "DELIVERED", right.since, right.last_fingerprint, right.last_event_at,
    )  # fmt: skip


def test_the_timeline_shows_how_each_event_fits_and_why_one_was_voided(mailed: Mailed) -> None:
    record(
        mailed.event(0, Status.DELIVERED, hours=30),
        mailed.event(0, Status.IN_TRANSIT, hours=10),
        mailed.event(0, Status.IN_TRANSIT, hours=35),
    )
    wrong = TrackingEvent.objects.get(card=mailed.cards[0], status=Status.DELIVERED)
    assert [entry.fit for entry in timeline(card_id=mailed.cards[0].pk)] == [
        Fit.ACCEPTED, Fit.ACCEPTED, Fit.ACCEPTED, Fit.CONTRADICTION,
    ]  # fmt: skip
    void_events(event_ids=[wrong.pk], reason="salah kartu", recorded_at=LATER, recorded_by_id=None)
    assert [
        (entry.status, entry.fit, entry.voided_because) for entry in timeline(card_id=mailed.cards[0].pk)
    ] == [
        (Status.POSTED, Fit.ACCEPTED, ""),
        (Status.IN_TRANSIT, Fit.ACCEPTED, ""),
        (Status.DELIVERED, None, "salah kartu"),
        (Status.IN_TRANSIT, Fit.ECHO, ""),
    ]
    assert timeline(card_id=mailed.cards[0].pk)[0].item_number == mailed.items[0].number


def test_two_hundred_events_take_as_many_queries_as_two(registry: Office, post_office: Office) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=200)
    counts = []
    for indices in (range(2), range(2, 200)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            record(*(mailed.event(index, Status.DELIVERED, hours=9) for index in indices))
        counts.append(sum(1 for query in queries if "SAVEPOINT" not in query["sql"]))
    assert counts[0] == counts[1]


def test_the_database_itself_refuses_to_change_or_delete_an_event(mailed: Mailed) -> None:
    for statement in ("UPDATE delivery_trackingevent SET note = 'x'", "DELETE FROM delivery_trackingevent"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert TrackingEvent.objects.filter(note="").count() == 3


def test_a_card_that_reached_its_holder_leaves_circulation_until_that_is_voided(mailed: Mailed) -> None:
    card = mailed.cards[0]
    CirculatingCard.objects.create(nik_index=card.nik_index, card=card)
    record(mailed.event(0, Status.DELIVERED, hours=30))
    assert not CirculatingCard.objects.filter(card=card).exists()
    wrong = TrackingEvent.objects.get(card=card, status=Status.DELIVERED)
    void_events(event_ids=[wrong.pk], reason="salah kartu", recorded_at=LATER, recorded_by_id=None)
    assert CirculatingCard.objects.get(card=card).nik_index == card.nik_index


def test_no_event_is_no_work(db: None) -> None:
    assert record() == Recorded(stored=0, duplicates=0, late=0, contradictions=0, changed={}, outcomes=[])
    assert State() == State()
