"""What is reckoned of events before their transaction is written only while it still holds."""

from datetime import UTC, datetime

import pytest

from delivery.models import Delivery, TrackingEvent
from delivery.planning import Outcome
from delivery.records import NewEvent
from delivery.status import Reason, Status
from delivery.tracking import Foreseen, Recorded, foresee_events, record_events, refold, void_events
from offices.models import Office
from tests.delivery.mailing import Mailed, mail_cards

LATER = datetime(2020, 6, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=2)


def foresee(*events: NewEvent) -> Foreseen:
    return foresee_events(events=events, recorded_at=LATER, recorded_by_id=None)


def record(*events: NewEvent, foreseen: Foreseen | None = None) -> Recorded:
    return record_events(events=events, recorded_at=LATER, recorded_by_id=None, foreseen=foreseen)


def states() -> list[tuple[str, str, int]]:
    kept = Delivery.objects.order_by("card_id")
    return list(kept.values_list("status", "reason", "attempts"))


def test_what_was_foreseen_is_written_as_it_is(mailed: Mailed) -> None:
    told = [
        mailed.event(0, Status.DELIVERED, hours=30),
        mailed.event(1, Status.ATTEMPT_FAILED, hours=30, reason=Reason.ABSENT),
    ]
    foreseen = foresee(*told)
    assert states() == [("POSTED", "", 0), ("POSTED", "", 0)]
    assert record(*told, foreseen=foreseen) is foreseen.recorded
    assert states() == [("DELIVERED", "", 0), ("ATTEMPT_FAILED", "ABSENT", 1)]
    assert refold().wrong == ()


def test_a_card_of_which_something_was_recorded_meanwhile_is_reckoned_anew(mailed: Mailed) -> None:
    told = [mailed.event(0, Status.DELIVERED, hours=30), mailed.event(1, Status.DELIVERED, hours=30)]
    foreseen = foresee(*told)
    record(mailed.event(0, Status.RETURNING, hours=20, reason=Reason.MOVED))
    recorded = record(*told, foreseen=foreseen)
    assert recorded.outcomes == [Outcome.CONTRADICTION, Outcome.APPLIED]
    assert states() == [("RETURNING", "MOVED", 0), ("DELIVERED", "", 0)]
    assert refold().wrong == ()


def test_late_news_that_left_the_state_as_it_was_counts_as_something_recorded(mailed: Mailed) -> None:
    late = mailed.event(0, Status.ATTEMPT_FAILED, hours=10)
    record(mailed.event(0, Status.OUT_FOR_DELIVERY, hours=30))
    foreseen = foresee(late)
    version = Delivery.objects.get(card=mailed.cards[0]).version
    record(mailed.event(0, Status.IN_TRANSIT, hours=5))
    assert Delivery.objects.get(card=mailed.cards[0]).version == version + 1
    assert record(late, foreseen=foreseen) is not foreseen.recorded
    assert refold().wrong == ()


def test_the_same_news_that_somebody_else_was_first_to_tell_is_a_duplicate(mailed: Mailed) -> None:
    told = mailed.event(0, Status.DELIVERED, hours=30)
    foreseen = foresee(told)
    assert foreseen.recorded.outcomes == [Outcome.APPLIED]
    record(told)
    before = TrackingEvent.objects.count()
    assert record(told, foreseen=foreseen).outcomes == [Outcome.DUPLICATE]
    assert TrackingEvent.objects.count() == before


def test_a_state_that_went_and_came_again_is_not_taken_for_what_it_was(mailed: Mailed) -> None:
    told = mailed.event(0, Status.DELIVERED, hours=30)
    foreseen = foresee(told)
    posted = TrackingEvent.objects.get(card=mailed.cards[0])
    void_events(event_ids=[posted.pk], reason="uji", recorded_at=LATER, recorded_by_id=None)
    assert not Delivery.objects.filter(card=mailed.cards[0]).exists()
    record(mailed.event(0, Status.RETURNING, hours=20))
    assert record(told, foreseen=foreseen).outcomes == [Outcome.CONTRADICTION]
    assert refold().wrong == ()


def test_a_card_without_a_state_is_reckoned_under_its_lock(mailed: Mailed) -> None:
    posted = TrackingEvent.objects.get(card=mailed.cards[0])
    void_events(event_ids=[posted.pk], reason="uji", recorded_at=LATER, recorded_by_id=None)
    told = mailed.event(0, Status.DELIVERED, hours=30)
    foreseen = foresee(told)
    assert not foreseen.can_be_compared
    record(mailed.event(0, Status.COLLECTED, hours=20))  # does not fit: the card has no state yet
    assert record(told, foreseen=foreseen) is not foreseen.recorded
    assert refold().wrong == ()


def test_of_many_rows_none_is_kept_when_one_far_behind_was_stored_meanwhile(
    registry: Office, post_office: Office
) -> None:
    crowd = mail_cards(office=registry, post_office=post_office, number=700)
    told = [crowd.event(place, Status.DELIVERED, hours=30) for place in range(700)]
    foreseen = foresee(*told)
    record(told[650])  # behind those that SQLite takes with one statement
    before = TrackingEvent.objects.count()
    recorded = record(*told, foreseen=foreseen)
    assert recorded is not foreseen.recorded
    assert [place for place, how in enumerate(recorded.outcomes) if how is Outcome.DUPLICATE] == [650]
    assert TrackingEvent.objects.count() == before + 699
    assert refold().wrong == ()
