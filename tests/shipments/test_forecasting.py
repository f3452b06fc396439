"""The forecast of an office's queue from the tables, and what more capacity would change."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from offices.models import Closure, HandoverPolicy, Office
from shipments.batching import batch_backlog
from shipments.forecast import Overtaken
from shipments.forecasting import forecast, forecast_of, forecasts_of, what_if
from shipments.models import Card, Lane, LanePolicy
from shipments.planning import plan_batches
from shipments.refusals import Code, ShipmentRefused
from tests import factories

pytestmark = pytest.mark.django_db
MONDAY = date(2020, 5, 4)
CIBITUNG = "32.16.07.2001"


@pytest.fixture
def second(registry: Office, post_office: Office) -> Office:
    return factories.make_office(
        code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07", serves=["32.16.07"]
    )  # fmt: skip


@pytest.fixture
def slow(post_office: Office) -> Office:
    post_office.items_per_day = 2
    post_office.save()
    return post_office


def test_forecast_follows_the_limits_of_the_tables(
    registry: Office, slow: Office, second: Office, queue: Callable[..., list[Card]]
) -> None:
    queue(5)
    (other,) = queue(1, village_code=CIBITUNG)
    made = forecast(office_id=registry.pk, on=MONDAY)
    assert (made.cards, made.limit, made.last_on) == (6, None, date(2020, 5, 6))
    assert {row.post_office_id: (row.cards, row.last_on, row.limit) for row in made.by_office()} == {
        slow.pk: (5, date(2020, 5, 6), 2),
        second.pk: (1, MONDAY, None),
    }
    assert [card.card_id for card in made.by_card()][-1] == other.pk
    assert made.by_day() == {MONDAY: 3, date(2020, 5, 5): 2, date(2020, 5, 6): 1}


def test_first_day_of_the_forecast_is_what_batching_makes(
    registry: Office,
    slow: Office,
    second: Office,
    policy: HandoverPolicy,
    queue: Callable[..., list[Card]],
    now: datetime,
) -> None:
    policy.items_per_day = 4
    policy.save()
    queue(2)
    batch_backlog(office_id=registry.pk, on=MONDAY, actor_id=None, at=now)
    queue(2)
    queue(3, village_code=CIBITUNG)
    plan = plan_batches(office=registry, on=MONDAY)
    made = forecast(office_id=registry.pk, on=MONDAY)
    assert {(office, len(cards)) for office, cards in plan.shipments} == {(second.pk, 2)}
    assert made.by_day() == {MONDAY: 2, date(2020, 5, 5): 3}


def test_forecast_of_a_card_says_its_place_and_why_others_go_first(
    registry: Office, slow: Office, queue: Callable[..., list[Card]]
) -> None:
    cards = queue(3)
    (urgent,) = queue(1, lane=Lane.URGENT, printed_on=date(2020, 4, 20))
    card = forecast_of(card_id=cards[2].pk, on=MONDAY)
    assert card is not None
    assert (card.position, card.on, card.overtakers) == (4, date(2020, 5, 5), 1)
    assert card.overtaken == (Overtaken.FASTER_LANE,)
    LanePolicy.objects.create(office=registry, lane=Lane.URGENT, rank=90)
    moved = forecasts_of(office_id=registry.pk, card_ids=[cards[2].pk, urgent.pk], on=MONDAY)
    assert {key: card.position for key, card in moved.items()} == {cards[2].pk: 3, urgent.pk: 4}
    assert moved[cards[2].pk].overtaken == ()


def test_card_outside_the_queue_has_no_forecast(registry: Office) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    assert forecast_of(card_id=card.pk, on=MONDAY) is None
    assert forecasts_of(office_id=registry.pk, card_ids=[card.pk], on=MONDAY) == {}


def test_closure_that_begins_later_is_known(
    registry: Office, slow: Office, queue: Callable[..., list[Card]]
) -> None:
    Closure.objects.create(office=slow, starts_on=date(2020, 5, 5), ends_on=date(2020, 5, 7), reason="banjir")
    queue(3)
    made = forecast(office_id=registry.pk, on=MONDAY)
    assert made.by_day() == {MONDAY: 2, date(2020, 5, 8): 1}


def test_what_if_compares_the_last_day_and_the_cards_a_day(
    registry: Office, slow: Office, second: Office, queue: Callable[..., list[Card]]
) -> None:
    queue(6)
    made = what_if(office_id=registry.pk, on=MONDAY, extra_capacity={slow.pk: 1, second.pk: 500})
    by_office = {row.post_office_id: row for row in made.offices}
    tambun, empty = by_office[slow.pk], by_office[second.pk]
    assert tambun.now is not None
    assert tambun.then is not None
    assert (tambun.now.last_on, tambun.now.cards_a_day) == (date(2020, 5, 6), 2)
    assert (tambun.then.last_on, tambun.then.cards_a_day) == (date(2020, 5, 5), 3)
    assert (tambun.extra, tambun.days_sooner) == (1, 1)
    assert (empty.now, empty.then, empty.days_sooner) == (None, None, 0)
    assert (made.now.last_on, made.then.last_on) == (date(2020, 5, 6), date(2020, 5, 5))


def test_what_if_may_raise_the_offices_own_limit_and_lower_a_post_offices(
    registry: Office, slow: Office, policy: HandoverPolicy, queue: Callable[..., list[Card]]
) -> None:
    policy.items_per_day = 1
    policy.save()
    queue(2)
    made = what_if(office_id=registry.pk, on=MONDAY, extra_capacity={registry.pk: 1})
    assert (made.now.last_on, made.then.last_on) == (date(2020, 5, 5), MONDAY)
    made = what_if(office_id=registry.pk, on=MONDAY, extra_capacity={slow.pk: -9})
    assert made.then.faults() == {"NO_CAPACITY": 2}


def test_what_if_is_refused_for_an_office_that_is_not_ones_own(registry: Office, slow: Office) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    foreign = factories.make_office(
        code="17100", kind=Office.Kind.POST_OFFICE, parent=other, region_code="32.75"
    )
    for wrong in (other.pk, foreign.pk, 0):
        with pytest.raises(ShipmentRefused) as caught:
            what_if(office_id=registry.pk, on=MONDAY, extra_capacity={wrong: 1})
        assert caught.value.code is Code.NOT_A_POST_OFFICE
        assert str(wrong) in str(caught.value)


def test_forecast_costs_the_same_queries_for_two_cards_and_twenty(
    registry: Office, slow: Office, queue: Callable[..., list[Card]]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            forecast(office_id=registry.pk, on=MONDAY)
        return len(queries)

    queue(2)
    few = cost()
    queue(18)
    assert cost() == few == 10
