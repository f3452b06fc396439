"""When queued cards will go."""

from collections.abc import Callable
from datetime import date

import pytest

from offices.models import Closure, HandoverPolicy, Office
from shipments.forecast import Capacity, Overtaken, capacity_of, forecast, project_cards, working_days
from shipments.models import Card, Lane
from tests import factories

pytestmark = pytest.mark.django_db
MONDAY = date(2020, 5, 4)
CIBITUNG = "32.16.07.2001"


@pytest.fixture
def second(registry: Office, post_office: Office) -> Office:
    return factories.make_office(
        code="17520",
        kind=Office.Kind.POST_OFFICE,
        parent=registry,
        region_code="32.16.07",
        serves=["32.16.07"],
    )


def test_working_days_skip_weekends_and_the_holidays_of_the_decree() -> None:
    assert next(working_days(date(2020, 5, 9))) == date(2020, 5, 11)
    assert next(working_days(date(2026, 8, 17))) == date(2026, 8, 18)


def test_queue_without_limits_goes_on_the_first_working_day(
    registry: Office, post_office: Office, queue: Callable[..., list[Card]]
) -> None:
    queue(5)
    assert forecast(office_id=registry.pk, on=date(2020, 5, 2)).days == ((MONDAY, 5),)


def test_capacity_spreads_the_queue_over_working_days_in_its_order(
    registry: Office, policy: HandoverPolicy, queue: Callable[..., list[Card]]
) -> None:
    policy.items_per_day = 3
    policy.save()
    cards = queue(6)
    (urgent,) = queue(1, lane=Lane.URGENT)
    plan = forecast(office_id=registry.pk, on=date(2020, 5, 7))
    assert plan.days == ((date(2020, 5, 7), 3), (date(2020, 5, 8), 3), (date(2020, 5, 11), 1))
    assert plan.done_on == date(2020, 5, 11)
    first, last = project_cards(office_id=registry.pk, on=date(2020, 5, 7), card_ids=[urgent.pk, cards[5].pk])
    assert (first.position, first.expected_on, first.latest_on) == (1, date(2020, 5, 7), date(2020, 5, 7))
    assert (last.position, last.expected_on, last.latest_on) == (7, date(2020, 5, 11), date(2020, 5, 12))
    assert last.overtaken is Overtaken.NO


def test_card_of_a_full_post_office_is_overtaken_with_the_reason_and_what_if_helps(
    registry: Office,
    post_office: Office,
    second: Office,
    policy: HandoverPolicy,
    queue: Callable[..., list[Card]],
) -> None:
    post_office.items_per_day = 1
    post_office.save()
    slow = queue(3)
    queue(1, village_code=CIBITUNG)
    (projection,) = project_cards(office_id=registry.pk, on=MONDAY, card_ids=[slow[2].pk])
    assert (projection.expected_on, projection.overtaken) == (date(2020, 5, 6), Overtaken.POST_OFFICE_FULL)
    plan = forecast(office_id=registry.pk, on=MONDAY)
    assert plan.last_on == {post_office.pk: date(2020, 5, 6), second.pk: MONDAY}
    capacity = capacity_of(office_id=registry.pk)
    more = Capacity(total=capacity.total, by_post_office={**capacity.by_post_office, post_office.pk: 3})
    assert forecast(office_id=registry.pk, on=MONDAY, capacity=more).done_on == MONDAY


def test_closed_post_office_delays_its_cards(
    registry: Office, post_office: Office, second: Office, queue: Callable[..., list[Card]]
) -> None:
    Closure.objects.create(office=post_office, starts_on=MONDAY, ends_on=date(2020, 5, 5), reason="banjir")
    (card,) = queue(1)
    queue(1, village_code=CIBITUNG)
    (projection,) = project_cards(office_id=registry.pk, on=MONDAY, card_ids=[card.pk])
    assert (projection.expected_on, projection.overtaken) == (date(2020, 5, 6), Overtaken.POST_OFFICE_CLOSED)


def test_card_that_nobody_serves_has_no_day(
    registry: Office, post_office: Office, queue: Callable[..., list[Card]]
) -> None:
    (card,) = queue(1, village_code="32.75.01.1001")
    queue(1)
    plan = forecast(office_id=registry.pk, on=MONDAY)
    assert (plan.waiting, plan.without_day) == (2, 1)
    (projection,) = project_cards(office_id=registry.pk, on=MONDAY, card_ids=[card.pk])
    assert (projection.expected_on, projection.overtaken) == (None, Overtaken.NOBODY_SERVES)
