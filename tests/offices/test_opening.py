"""When an office is open, as residents read it and as its doors decide it."""

from datetime import date, time

import pytest
from django.utils import translation

from offices.closed_days import Span, closed_ahead, closed_spans, last_day
from offices.hours import hours_said
from offices.models import Closure, ExtraDay, Office, Service
from offices.refusals import Code, OfficeRefused
from offices.services import is_open, open_extra_day

SATURDAY, MONDAY = date(2020, 5, 30), date(2020, 5, 25)


@pytest.mark.parametrize(
    ("weekdays", "language", "said"),
    [
        ([0, 1, 2, 3, 4], "id", "Senin–Jumat 07.30–15.00 WITA"),
        ([5, 0, 1, 3], "id", "Senin–Selasa, Kamis, Sabtu 07.30–15.00 WITA"),
        ([0, 1, 2, 3, 4, 5, 6], "en", "Monday–Sunday 07.30–15.00 WITA"),
        ([], "id", ""),
    ],
)
def test_hours_are_said_in_the_readers_language(weekdays: list[int], language: str, said: str) -> None:
    with translation.override(language):
        hours = {"opens_at": time(7, 30), "closes_at": time(15), "time_zone": "Asia/Makassar"}
        assert hours_said(weekdays=weekdays, **hours) == said  # type: ignore[arg-type]


@pytest.mark.django_db
def test_an_extra_day_opens_a_counter_on_a_weekend_unless_it_is_closed(counter: Office) -> None:
    asked = {"office": counter, "service": Service.PICKUP.value, "on": SATURDAY}
    assert not is_open(**asked)  # type: ignore[arg-type]
    open_extra_day(office=counter, day=SATURDAY, reason="x")
    open_extra_day(office=counter, day=SATURDAY, reason="x")
    assert ExtraDay.objects.count() == 1
    assert is_open(**asked)  # type: ignore[arg-type]
    Closure.objects.create(area_code="32", starts_on=SATURDAY, ends_on=SATURDAY, reason="x")
    assert not is_open(**asked)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_an_extra_day_is_for_counters_that_do_not_work_then(registry: Office, counter: Office) -> None:
    Closure.objects.create(office=counter, starts_on=date(2020, 5, 31), ends_on=date(2020, 5, 31), reason="x")
    for office, day, code in (
        (registry, SATURDAY, Code.HANDS_OUT_NO_CARDS),
        (counter, MONDAY, Code.OPEN_ANYWAY),
        (counter, date(2020, 5, 31), Code.CLOSED_THEN),
    ):
        with pytest.raises(OfficeRefused) as refused:
            open_extra_day(office=office, day=day, reason="x")
        assert refused.value.code is code
    assert not ExtraDay.objects.exists()


@pytest.mark.django_db
def test_closures_that_overlap_or_touch_are_one_span(counter: Office) -> None:
    for area, office, service, first, last in (
        ("", counter, "", 2, 8),
        ("32", None, "PICKUP", 5, 12),
        ("", counter, "PICKUP", 13, 13),
        ("", counter, "POSTING", 14, 20),
        ("33", None, "", 14, 20),
        ("", counter, "", 22, 22),
    ):
        days = {"starts_on": date(2020, 6, first), "ends_on": date(2020, 6, last)}
        Closure.objects.create(area_code=area, office=office, service=service, reason="x", **days)
    spans = closed_spans(offices=[counter], service=Service.PICKUP, since=MONDAY)[counter.pk]
    assert spans == (Span(date(2020, 6, 2), date(2020, 6, 13)), Span(date(2020, 6, 22), date(2020, 6, 22)))


@pytest.mark.django_db
def test_a_closed_counter_opens_on_its_first_working_day_or_extra_day(counter: Office) -> None:
    Closure.objects.create(office=counter, starts_on=date(2020, 6, 2), ends_on=date(2020, 6, 5), reason="x")

    def ahead(today: date, until: date) -> tuple[date, date | None] | None:
        found = closed_ahead(office=counter, service=Service.PICKUP, today=today, until=until)
        return (found.first, found.reopens) if found is not None else None

    assert ahead(MONDAY, date(2020, 6, 1)) is None
    assert ahead(MONDAY, date(2020, 6, 19)) == (date(2020, 6, 2), date(2020, 6, 8))
    assert ahead(date(2020, 6, 6), date(2020, 6, 19)) is None
    ExtraDay.objects.create(office=counter, day=date(2020, 6, 6), reason="x")
    assert ahead(date(2020, 6, 5), date(2020, 6, 19)) == (date(2020, 6, 2), date(2020, 6, 6))


def test_a_last_day_moves_by_the_closed_days_it_meets_each_once() -> None:
    closed = (Span(date(2020, 6, 2), date(2020, 6, 8)), Span(date(2020, 6, 15), date(2020, 6, 16)))
    for base, since, last in (
        (date(2020, 6, 1), MONDAY, date(2020, 6, 1)),
        (date(2020, 6, 2), MONDAY, date(2020, 6, 9)),
        (date(2020, 6, 8), MONDAY, date(2020, 6, 17)),  # moves onto the second span
        (date(2020, 6, 9), date(2020, 6, 6), date(2020, 6, 12)),  # three closed days from 6 June on
        (date(2020, 6, 20), date(2020, 6, 17), date(2020, 6, 20)),
    ):
        assert last_day(base=base, since=since, closed=closed) == last
