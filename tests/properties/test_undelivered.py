"""Whatever is done, in any order, with cards that came back: each is in one bucket, and its state is its events'."""

from datetime import date

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from accounts.models import User
from delivery.ledger import reconcile
from delivery.tracking import refold
from offices.models import Delegation, FollowUp, HandoverPolicy, Office, Quota
from tests import factories
from tests.properties import in_parts, is_looked_at, settings_of_histories, taken_back
from tests.properties.undelivered import PRINTED, STEPS, Story

IN_THE_MAIL: list[tuple[str, int]] = []
COME_BACK = [("come_back", 7 * number) for number in range(4)]  # each for another reason
ON_THE_SHELF = [*(("come_back", number) for number in range(4)), ("route", 0), ("transfer", 2), ("arrive", 1)]
BEGINNINGS = [ON_THE_SHELF, ON_THE_SHELF, ON_THE_SHELF, COME_BACK, IN_THE_MAIL]
_steps = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 23), st.integers(0, 1)), min_size=15, max_size=30
)


@pytest.fixture
def story_offices(registry: Office, post_office: Office, counter: Office) -> list[Office]:
    """Give the registry, its post office and two counters, of which each stands in for the other."""
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    always = {"service": "PICKUP", "starts_on": date(2020, 1, 1), "ends_on": date(2020, 12, 31)}
    for closed, delegate in ((counter, other), (other, counter)):
        Delegation.objects.create(office=closed, delegate=delegate, **always)
        Quota.objects.create(office=closed, lane="ORDINARY", per_day=99)
        Quota.objects.create(office=closed, lane="URGENT", per_day=1)
    HandoverPolicy.objects.create(office=registry, hold_days=30)
    return [registry, post_office, counter, other]


@in_parts
@pytest.mark.django_db
@settings_of_histories(6)
@given(beginning=st.sampled_from(BEGINNINGS), steps=_steps, attempts=st.sampled_from([None, 2]))
def test_every_card_is_in_one_bucket_after_any_history(
    story_offices: list[Office], supervisor: User, printing_user: User, beginning: list[tuple[str, int]],
    steps: list[tuple[str, int, int]], attempts: int | None, part: int,
) -> None:  # fmt: skip
    registry, post_office, *counters = story_offices
    with taken_back():
        FollowUp.objects.create(office=post_office, attempts=attempts)
        story = Story(
            registry=registry,
            post_office=post_office,
            counters=counters,
            officers=[supervisor, printing_user],
        )
        for step, choice in beginning:
            story.take(step, choice)
        for number, (step, choice, days) in enumerate(steps, start=1):
            done = story.take(step, choice, days=days)
            event(f"{step}: {'done' if done else 'refused'}")
            if is_looked_at(number, steps):
                found = reconcile(office_id=registry.pk)
                assert found.gaps == ()
                assert sum(found.buckets.values()) == found.printed == PRINTED
        assert refold(card_ids=[card.pk for card in story.cards], repair=False).wrong == ()
