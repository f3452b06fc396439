"""Offices open, close, take a number of people a day, and hand their services on."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from offices.models import AreaServed, Closure, Delegation, HandoverPolicy, Office, Quota, QuotaDay, Service
from offices.opening import is_holiday, is_open_day, next_open_day
from offices.quotas import (
    QuotaFull,
    Taken,
    add_places,
    free_days,
    give_back_place,
    places_left,
    return_places,
    take_place,
)
from offices.services import close_for, is_closed, local_day, policy_of, route_villages
from tests import factories

MONDAY = date(2020, 5, 25)
WEEKDAYS = [0, 1, 2, 3, 4]


# --- days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2026, 8, 17), True),  # Independence Day
        (date(2026, 3, 20), True),  # collective leave before Idul Fitri 1447
        (date(2026, 11, 23), False),
        (
            date(2020, 8, 17),
            True,
        ),  # a year without a decree in the data: only what falls on the same date each year
        (date(2020, 6, 1), True),
        (date(2020, 5, 25), False),
    ],
)
def test_holidays_come_from_the_decree_or_from_the_fixed_dates(day: date, holiday: bool) -> None:
    assert is_holiday(day) is holiday


def test_an_office_is_open_on_its_own_weekdays() -> None:
    saturday = date(2020, 5, 30)
    assert not is_open_day(saturday, weekdays=WEEKDAYS)
    assert is_open_day(saturday, weekdays=[*WEEKDAYS, 5])


def test_the_next_open_day_passes_over_weekend_and_holiday() -> None:
    assert next_open_day(date(2020, 5, 30), weekdays=WEEKDAYS) == date(2020, 6, 2)
    with pytest.raises(ValueError, match="at least one weekday"):
        next_open_day(date(2020, 5, 30), weekdays=[])


@pytest.mark.django_db
def test_the_local_day_is_the_offices(counter: Office) -> None:
    late = datetime(2020, 5, 25, 16, 30, tzinfo=UTC)
    days = []
    for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"):
        counter.time_zone = zone
        days.append(local_day(office=counter, at=late).day)
    assert days == [25, 26, 26]


# --- closures ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("area", "shut"),
    [("32", True), ("32.16", True), ("32.16.06", True), ("32.1", False), ("32.16.06.1001", False)],
)
def test_an_office_is_closed_with_the_region_around_it(counter: Office, area: str, shut: bool) -> None:
    Closure.objects.create(area_code=area, starts_on=MONDAY, ends_on=MONDAY, reason="seminggu")
    assert is_closed(office=counter, service=Service.PICKUP, on=MONDAY) is shut
    assert not is_closed(office=counter, service=Service.PICKUP, on=MONDAY + timedelta(days=1))


@pytest.mark.django_db
def test_a_closure_names_an_office_or_an_area_and_ends_after_it_starts(counter: Office) -> None:
    days = {"starts_on": MONDAY, "ends_on": MONDAY, "reason": "x"}
    faults = [
        ({"office": counter, "area_code": "32", **days}, "closure_of_office_or_area"),
        (days, "closure_of_office_or_area"),
        ({"office": counter, **days, "ends_on": MONDAY - timedelta(days=1)}, "closure_ends_after_start"),
    ]
    for fields, name in faults:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Closure.objects.create(**fields)


@pytest.mark.django_db
def test_close_for_writes_one_closure(counter: Office) -> None:
    by_office = close_for(
        office_id=counter.pk, area_code="", service="PICKUP", starts_on=MONDAY, ends_on=MONDAY, reason="x"
    )
    by_area = close_for(
        office_id=None, area_code="32", service="", starts_on=MONDAY, ends_on=MONDAY, reason="x"
    )
    assert (by_office.office, by_area.area_code) == (counter, "32")


@pytest.mark.django_db
def test_routing_reads_the_tables_once_for_any_number_of_villages(registry: Office, counter: Office) -> None:
    delegate = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    days = {"starts_on": MONDAY, "ends_on": MONDAY}
    Closure.objects.create(office=counter, reason="x", **days)
    Delegation.objects.create(office=counter, delegate=delegate, service=Service.PICKUP, **days)
    villages = [f"32.16.{district:02}.2001" for district in range(1, 24)]
    with CaptureQueriesContext(connection) as queries:
        routes = route_villages(village_codes=villages, service=Service.PICKUP, on=MONDAY)
    assert {route.office_id for route in routes.values()} == {delegate.pk}
    assert len(queries) == 4
    later = route_villages(village_codes=villages, service=Service.PICKUP, on=MONDAY + timedelta(days=1))
    assert {route.office_id for route in later.values()} == {counter.pk}


@pytest.mark.django_db
def test_an_office_that_was_given_up_serves_no_area(counter: Office) -> None:
    Office.objects.update(is_active=False)
    route = route_villages(village_codes=["32.16.06.1001"], service=Service.PICKUP, on=MONDAY)[
        "32.16.06.1001"
    ]
    assert route.office_id is None


@pytest.mark.django_db
def test_the_database_refuses_what_cannot_be(registry: Office, counter: Office) -> None:
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: AreaServed.objects.create(office=registry, service="PICKUP", area_code="32.16"), "area_code"),
        (lambda: Office.objects.create(code="x", name="x", kind="COUNTER", region_code="32"), "works_for_a_reg"),
        (lambda: Delegation.objects.create(
            office=counter, delegate=counter, service="PICKUP", starts_on=MONDAY, ends_on=MONDAY
        ), "delegation_to_another_office"),
        (lambda: QuotaDay.objects.create(office=counter, lane="URGENT", day=MONDAY, places=1, taken=2), "not_exceeded"),
        (lambda: HandoverPolicy.objects.create(office=registry, hold_days=0), "policy_numbers_positive"),
    ]  # fmt: skip
    for write, name in refused:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            write()
    with translation.override("en"), pytest.raises(ValidationError, match="region code"):
        AreaServed(office=registry, service="PICKUP", area_code="3216").full_clean()


# --- places ------------------------------------------------------------------------------------


def left(counter: Office, lane: str = "ORDINARY") -> int:
    return places_left(office_id=counter.pk, lane=lane, day=MONDAY)


@pytest.mark.django_db
def test_places_are_taken_until_none_is_left_and_can_be_given_back(counter: Office) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=2)
    place: dict[str, Any] = {"office_id": counter.pk, "lane": "ORDINARY", "day": MONDAY}
    take_place(**place)
    take_place(**place)
    with pytest.raises(QuotaFull):
        take_place(**place)
    give_back_place(**place)
    assert left(counter) == 1
    for _ in range(3):
        give_back_place(**place)
    assert left(counter) == 2


@pytest.mark.django_db
def test_an_office_without_a_quota_takes_twenty_on_each_lane(counter: Office) -> None:
    assert (left(counter), left(counter, "URGENT")) == (20, 20)


@pytest.mark.django_db
def test_a_supervisor_adds_places_to_a_day_and_never_takes_away_taken_ones(counter: Office) -> None:
    Quota.objects.create(office=counter, lane="URGENT", per_day=1)
    place: dict[str, Any] = {"office_id": counter.pk, "lane": "URGENT", "day": MONDAY}
    take_place(**place)
    assert add_places(**place, places=5) == 6
    assert left(counter, "URGENT") == 5
    assert add_places(**place, places=-50) == 1


@pytest.mark.django_db
def test_many_places_are_given_back_at_once(counter: Office) -> None:
    for _ in range(5):
        take_place(office_id=counter.pk, lane="ORDINARY", day=MONDAY)
    return_places(
        taken=[Taken(counter.pk, "ORDINARY", MONDAY, None, 3), Taken(counter.pk, "URGENT", MONDAY, None, 1)]
    )
    assert left(counter) == 18
    return_places(taken=[Taken(counter.pk, "ORDINARY", MONDAY, None, 9)])
    assert left(counter) == 20


@pytest.mark.django_db
def test_free_days_leave_out_weekends_holidays_closures_and_full_days(counter: Office) -> None:
    Closure.objects.create(area_code="32", starts_on=date(2020, 5, 26), ends_on=date(2020, 5, 27), reason="x")
    QuotaDay.objects.create(office=counter, lane="ORDINARY", day=date(2020, 5, 28), places=1, taken=1)
    QuotaDay.objects.create(office=counter, lane="ORDINARY", day=date(2020, 5, 29), places=9, taken=2)
    with CaptureQueriesContext(connection) as queries:
        free = free_days(
            office=counter, service=Service.PICKUP, lane="ORDINARY", first=MONDAY, last=date(2020, 6, 2)
        )
    assert [(each.day.day, each.left) for each in free] == [(25, 20), (29, 7), (2, 20)]
    assert len(queries) == 6


@pytest.mark.django_db
def test_a_counters_policy_is_its_registrys_and_somebody_may_always_collect(
    registry: Office, counter: Office
) -> None:
    assert policy_of(office=counter).collectors == ["HOLDER", "SAME_FAMILY_CARD"]
    HandoverPolicy.objects.create(office=registry, hold_days=14)
    policy = policy_of(office=counter)
    assert (policy.hold_days, policy.collectors) == (14, ["HOLDER", "SAME_FAMILY_CARD"])
    assert policy.reminder_days == [7, 14]
