"""Who serves a village today: the longest area, then closures, then chains of delegates."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offices.routing import ClosedDays, Route, RouteFault, Routing, StandIn

MAY = (date(2020, 5, 1), date(2020, 5, 31))
TODAY = date(2020, 5, 20)
PICKUP = "PICKUP"
REGISTRY, TAMBUN, CIBITUNG, SETU = 1, 2, 3, 4
VILLAGE = "32.16.06.2003"


def routing(*, closed: list[ClosedDays] | None = None, stand_ins: list[StandIn] | None = None) -> Routing:
    return Routing(
        areas={(PICKUP, "32.16"): REGISTRY, (PICKUP, "32.16.06"): TAMBUN, (PICKUP, "32.16.07"): CIBITUNG},
        office_regions={REGISTRY: "32.16", TAMBUN: "32.16.06", CIBITUNG: "32.16.07", SETU: "32.16.08"},
        closures=closed or [],
        delegations=stand_ins or [],
    )


def closed(office: int | None, *, area: str = "", service: str = "") -> ClosedDays:
    return ClosedDays(office_id=office, area_code=area, service=service, first=MAY[0], last=MAY[1])


def stands_in(office: int, delegate: int, service: str = PICKUP) -> StandIn:
    return StandIn(office_id=office, delegate_id=delegate, service=service, first=MAY[0], last=MAY[1])


def serving(table: Routing, village: str = VILLAGE, on: date = TODAY) -> Route:
    return table.serving(village_code=village, service=PICKUP, on=on)


def test_the_longest_area_wins() -> None:
    assert serving(routing()).office_id == TAMBUN
    assert serving(routing(), "32.16.09.2001").office_id == REGISTRY


def test_an_area_is_matched_by_whole_parts_of_its_code() -> None:
    assert serving(routing(), "32.160.06.2003") == Route(office_id=None, fault=RouteFault.NOBODY_SERVES)


def test_an_office_for_another_service_does_not_serve() -> None:
    route = routing().serving(village_code=VILLAGE, service="POSTING", on=TODAY)
    assert route.fault is RouteFault.NOBODY_SERVES


def test_a_chain_of_closed_offices_is_followed_to_its_end() -> None:
    table = routing(
        closed=[closed(TAMBUN), closed(CIBITUNG)],
        stand_ins=[stands_in(TAMBUN, CIBITUNG), stands_in(CIBITUNG, SETU)],
    )
    assert serving(table) == Route(office_id=SETU, instead_of=(TAMBUN, CIBITUNG))


def test_a_delegate_does_nothing_while_the_office_is_open() -> None:
    assert serving(routing(stand_ins=[stands_in(TAMBUN, CIBITUNG)])).office_id == TAMBUN


def test_a_closed_office_without_a_delegate_is_told() -> None:
    route = serving(routing(closed=[closed(TAMBUN)]))
    assert route == Route(office_id=None, instead_of=(TAMBUN,), fault=RouteFault.CLOSED_WITHOUT_DELEGATE)


def test_delegates_that_point_at_each_other_are_told() -> None:
    table = routing(
        closed=[closed(TAMBUN), closed(CIBITUNG)],
        stand_ins=[stands_in(TAMBUN, CIBITUNG), stands_in(CIBITUNG, TAMBUN)],
    )
    assert serving(table) == Route(
        office_id=None, instead_of=(TAMBUN, CIBITUNG), fault=RouteFault.DELEGATION_CYCLE
    )


def test_a_province_closes_all_its_offices_and_their_delegates() -> None:
    table = routing(closed=[closed(None, area="32")], stand_ins=[stands_in(TAMBUN, CIBITUNG)])
    assert serving(table).fault is RouteFault.CLOSED_WITHOUT_DELEGATE
    assert serving(routing(closed=[closed(None, area="3")])).office_id == TAMBUN
    assert serving(routing(closed=[closed(None, area="36")])).office_id == TAMBUN


@pytest.mark.parametrize(
    ("on", "office"),
    [(date(2020, 4, 30), TAMBUN), (MAY[0], None), (MAY[1], None), (date(2020, 6, 1), TAMBUN)],
)
def test_both_days_of_a_closure_are_closed(on: date, office: int | None) -> None:
    assert serving(routing(closed=[closed(TAMBUN)]), on=on).office_id == office


def test_a_closure_for_another_service_does_not_count() -> None:
    assert serving(routing(closed=[closed(TAMBUN, service="POSTING")])).office_id == TAMBUN
    assert serving(routing(closed=[closed(TAMBUN, service=PICKUP)])).office_id is None


def test_a_delegation_for_another_service_or_time_does_not_count() -> None:
    expired = StandIn(
        office_id=TAMBUN, delegate_id=SETU, service=PICKUP, first=date(2020, 4, 1), last=date(2020, 4, 30)
    )
    table = routing(closed=[closed(TAMBUN)], stand_ins=[stands_in(TAMBUN, CIBITUNG, "POSTING"), expired])
    assert serving(table).fault is RouteFault.CLOSED_WITHOUT_DELEGATE


@given(
    closed_offices=st.sets(st.integers(1, 6)),
    delegates=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=12),
)
def test_whatever_is_closed_and_delegated_the_answer_is_an_open_office_or_a_fault(
    closed_offices: set[int], delegates: list[tuple[int, int]]
) -> None:
    table = Routing(
        areas={(PICKUP, "32.16"): 1},
        closures=[closed(office) for office in closed_offices],
        delegations=[stands_in(office, delegate) for office, delegate in delegates if office != delegate],
    )
    route = serving(table)
    assert (route.office_id is None) == (route.fault is not None)
    assert route.office_id not in closed_offices
    assert len(set(route.instead_of)) == len(route.instead_of)
    assert set(route.instead_of) <= closed_offices
