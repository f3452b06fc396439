"""The forecast's rules: limits, open days, order, bands and reasons. No database."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from offices.opening import is_holiday
from offices.routing import ClosedDays, RouteFault, Routing, StandIn
from shipments.forecast import (
    NO_CAPACITY,
    CardForecast,
    DayLimit,
    OfficeForecast,
    Overtaken,
    Projection,
    Queued,
    project,
)

MONDAY = date(2020, 5, 4)
REGISTRY, TAMBUN, CIBITUNG = 1, 2, 3
IN_TAMBUN, IN_CIBITUNG, NOWHERE = "32.16.06.1001", "32.16.07.2001", "32.75.01.1001"
WEEK = frozenset(range(5))
PRINTED = date(2020, 4, 1)


def routing(*closures: ClosedDays, delegations: Sequence[StandIn] = ()) -> Routing:
    return Routing(
        areas={("POSTING", "32.16.06"): TAMBUN, ("POSTING", "32.16.07"): CIBITUNG},
        office_regions={REGISTRY: "32.16", TAMBUN: "32.16.06", CIBITUNG: "32.16.07"},
        closures=closures,
        delegations=delegations,
    )


def closed(office_id: int, first: date, last: date) -> ClosedDays:
    return ClosedDays(office_id=office_id, area_code="", service="", first=first, last=last)


def cards(number: int, village: str = IN_TAMBUN, *, start: int = 1, rank: int = 50) -> list[Queued]:
    return [Queued(start + place, rank, PRINTED, village) for place in range(number)]


def run(queue: Sequence[Queued], **changes: Any) -> Projection:
    values: dict[str, Any] = {
        "routing": routing(),
        "registry_id": REGISTRY,
        "registry": DayLimit(weekdays=WEEK),
        "post_offices": {TAMBUN: DayLimit(items=2), CIBITUNG: DayLimit(items=2)},
        "start": MONDAY,
    }
    return project(queue=queue, **(values | changes))


def test_queue_goes_in_its_order_as_many_a_day_as_the_post_office_takes() -> None:
    made = run(cards(5))
    days = [card.on for card in made.cards()]
    assert days == [MONDAY, MONDAY, date(2020, 5, 5), date(2020, 5, 5), date(2020, 5, 6)]
    assert [card.position for card in made.cards()] == [1, 2, 3, 4, 5]
    assert made.by_office() == [
        OfficeForecast(
            post_office_id=TAMBUN,
            cards=5,
            first_on=MONDAY,
            last_on=date(2020, 5, 6),
            last_late=date(2020, 5, 7),
            days=3,
            limit=2,
        )
    ]
    assert made.by_office()[0].cards_a_day == 2
    assert made.by_day() == {MONDAY: 2, date(2020, 5, 5): 2, date(2020, 5, 6): 1}


def test_card_has_its_places_its_day_and_a_band_around_it() -> None:
    made = run([*cards(1, IN_CIBITUNG), *cards(21, start=2)])
    # the 21st of its post office, two a day: the 11th working day from Monday on; Waisak 2020 is in no decree here
    assert made.card(22) == CardForecast(
        card_id=22,
        position=22,
        position_at_office=21,
        post_office_id=TAMBUN,
        on=date(2020, 5, 18),
        early=date(2020, 5, 15),
        late=date(2020, 5, 21),
    )
    assert made.card(999) is None


def test_nobody_works_on_weekends_holidays_and_closed_days() -> None:
    made = run(cards(2), start=date(2020, 4, 30), post_offices={TAMBUN: DayLimit(items=1)})
    # 1 May is a holiday, then comes the weekend
    assert [card.on for card in made.cards()] == [date(2020, 4, 30), MONDAY]
    made = run(cards(1), routing=routing(closed(REGISTRY, MONDAY, date(2020, 5, 5))))
    assert made.at(0).on == date(2020, 5, 6)
    made = run(cards(1), post_offices={TAMBUN: DayLimit(weekdays={4})})
    assert made.at(0).on == date(2020, 5, 8)


def test_what_was_batched_today_counts_against_today_only() -> None:
    made = run(cards(3), used={TAMBUN: 1})
    assert [card.on for card in made.cards()] == [MONDAY, date(2020, 5, 5), date(2020, 5, 5)]


def test_offices_own_limit_is_shared_first_come_first_served() -> None:
    queue = [*cards(2), *cards(2, IN_CIBITUNG, start=3), *cards(1, start=5)]
    made = run(queue, registry=DayLimit(items=3, weekdays=WEEK))
    assert [card.on for card in made.cards()] == [MONDAY] * 3 + [date(2020, 5, 5)] * 2
    made = run(queue, registry=DayLimit(items=3, weekdays=WEEK), used={CIBITUNG: 3})
    assert made.by_day() == {date(2020, 5, 5): 3, date(2020, 5, 6): 2}


def test_card_overtaken_by_a_faster_lane_counts_who_was_printed_later() -> None:
    late = Queued(7, 10, date(2020, 4, 2), IN_TAMBUN)
    early = Queued(1, 10, date(2020, 3, 1), IN_TAMBUN)
    made = run([early, late, *cards(2, start=2)])
    slow = made.card(3)
    assert slow is not None
    assert (slow.overtakers, slow.overtaken) == (1, (Overtaken.FASTER_LANE,))
    assert made.at(1).overtaken == ()


def test_card_of_a_full_post_office_is_overtaken_by_those_of_another() -> None:
    made = run([*cards(3), *cards(1, IN_CIBITUNG, start=4)])
    assert made.at(2).overtaken == (Overtaken.OFFICE_FULL,)
    assert made.at(3).overtaken == ()
    assert made.at(3).on == MONDAY


def test_card_of_a_closed_post_office_waits_or_goes_to_the_one_that_stands_in() -> None:
    span = closed(TAMBUN, MONDAY, date(2020, 5, 5))
    queue = [*cards(1), *cards(1, IN_CIBITUNG, start=2)]
    waits = run(queue, routing=routing(span)).at(0)
    assert (waits.on, waits.overtaken) == (date(2020, 5, 6), (Overtaken.OFFICE_CLOSED,))
    stand_in = StandIn(
        office_id=TAMBUN, delegate_id=CIBITUNG, service="POSTING", first=MONDAY, last=date(2020, 5, 5)
    )
    goes = run(queue, routing=routing(span, delegations=[stand_in])).at(0)
    assert (goes.on, goes.post_office_id, goes.overtaken) == (MONDAY, CIBITUNG, ())


def test_card_without_a_day_says_why() -> None:
    queue = [*cards(1, NOWHERE), *cards(1, start=2), *cards(1, IN_CIBITUNG, start=3)]
    forever = closed(CIBITUNG, MONDAY, date.max)
    made = run(queue, routing=routing(forever), post_offices={TAMBUN: DayLimit(items=0)})
    assert [card.fault for card in made.cards()] == [
        RouteFault.NOBODY_SERVES,
        NO_CAPACITY,
        RouteFault.CLOSED_WITHOUT_DELEGATE,
    ]
    assert made.faults() == {"NOBODY_SERVES": 1, "NO_CAPACITY": 1, "CLOSED_WITHOUT_DELEGATE": 1}
    assert made.by_office() == []


def test_band_of_the_last_day_before_an_office_closes_for_good_ends_on_it() -> None:
    made = run(cards(1), routing=routing(closed(TAMBUN, date(2020, 5, 5), date.max)))
    assert (made.at(0).on, made.at(0).late) == (MONDAY, MONDAY)


def test_empty_queue_has_an_empty_forecast() -> None:
    made = run([])
    assert (len(made), made.by_day(), made.by_office(), made.faults()) == (0, {}, [], {})


VILLAGES = st.sampled_from([IN_TAMBUN, "32.16.06.1002", IN_CIBITUNG, NOWHERE])
DAYS = st.integers(0, 20).map(lambda number: MONDAY + timedelta(days=number))
LIMITS = st.one_of(st.none(), st.integers(0, 4))
OPEN = st.sets(st.integers(0, 6), min_size=1)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    rows = draw(st.lists(st.tuples(st.sampled_from([10, 30, 50]), st.integers(0, 5), VILLAGES), max_size=30))
    queue = sorted(
        (
            Queued(number, rank, PRINTED + timedelta(days=day), village)
            for number, (rank, day, village) in enumerate(rows)
        ),
        key=lambda queued: (queued.rank, queued.printed_on, queued.card_id),
    )
    closures = [
        closed(draw(st.sampled_from([REGISTRY, TAMBUN, CIBITUNG])), first, first + timedelta(days=length))
        for first, length in draw(st.lists(st.tuples(DAYS, st.integers(0, 9)), max_size=3))
    ]
    stand_ins = [
        StandIn(
            office_id=TAMBUN,
            delegate_id=CIBITUNG,
            service="POSTING",
            first=MONDAY,
            last=MONDAY + timedelta(days=15),
        )
    ]
    return {
        "queue": queue,
        "routing": routing(*closures, delegations=stand_ins if draw(st.booleans()) else []),
        "registry": DayLimit(items=draw(LIMITS), weekdays=draw(OPEN)),
        "post_offices": {
            TAMBUN: DayLimit(items=draw(LIMITS), weekdays=draw(OPEN)),
            CIBITUNG: DayLimit(items=draw(LIMITS), weekdays=draw(OPEN)),
        },
        "start": draw(DAYS),
        "used": {TAMBUN: draw(st.integers(0, 3))},
    }


@settings(max_examples=150, deadline=None)
@given(world=worlds())
def test_forecast_never_exceeds_a_day_never_works_on_a_closed_one_and_keeps_the_order(
    world: dict[str, Any],
) -> None:
    made = run(**world)
    registry, limits, roads = world["registry"], world["post_offices"], world["routing"]
    used = {world["start"]: world["used"]}
    per_day: dict[date, Counter[int]] = defaultdict(Counter)
    last_of: dict[tuple[int, str], date] = {}
    for queued, card in zip(world["queue"], made.cards(), strict=True):
        if card.on is None or card.early is None or card.late is None or card.post_office_id is None:
            assert card.fault
            continue
        assert world["start"] <= card.early <= card.on <= card.late
        per_day[card.on][card.post_office_id] += 1
        for day in (card.early, card.on, card.late):
            assert not is_holiday(day)
            assert day.weekday() in registry.weekdays
            assert day.weekday() in limits[card.post_office_id].weekdays
            for office_id in (REGISTRY, card.post_office_id):
                assert not roads.is_closed(office_id=office_id, service="POSTING", on=day)
        key = (queued.rank, queued.village_code)
        assert last_of.get(key, card.on) <= card.on
        last_of[key] = card.on
    for day, counted in per_day.items():
        already = used.get(day, {})
        assert registry.items is None or counted.total() + sum(already.values()) <= registry.items
        for office_id, number in counted.items():
            most = limits[office_id].items
            assert most is None or number + already.get(office_id, 0) <= most


@settings(max_examples=60, deadline=None)
@given(world=worlds())
def test_forecast_leaves_no_place_of_a_day_empty_while_a_card_waits_for_it(world: dict[str, Any]) -> None:
    made = run(**(world | {"routing": routing(), "used": {}}))
    registry, limits = world["registry"], world["post_offices"]
    for office in made.by_office():
        most = limits[office.post_office_id].items
        if registry.items is None and most is not None:
            assert office.days == -(-office.cards // most)
