"""When is an office open? Weekdays, national holidays, collective leave, hours in slots; closures come on top."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from lokal.holidays import HOLIDAY_YEARS, is_working_day

# Where the yearly decree (SKB 3 Menteri) is not in the data, the holidays that fall on the same date each year.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (6, 1), (8, 17), (12, 25)})


def is_holiday(day: date) -> bool:
    """Say whether the day is a national holiday or collective leave (*cuti bersama*)."""
    if day.year in HOLIDAY_YEARS:
        return not is_working_day(day, weekend=())
    return (day.month, day.day) in FIXED_HOLIDAYS


def is_open_day(day: date, *, weekdays: Collection[int]) -> bool:
    """Say whether an office that works on `weekdays` (0 = Monday) is open on the day, closures aside."""
    return day.weekday() in weekdays and not is_holiday(day)


def next_open_day(day: date, *, weekdays: Collection[int]) -> date:
    """Give the first open day from `day` on. Raises ValueError when no weekday is one."""
    if not set(weekdays) & set(range(7)):
        raise ValueError("An office is open on at least one weekday.")
    while not is_open_day(day, weekdays=weekdays):
        day += timedelta(days=1)
    return day


def slots_between(*, opens_at: time, closes_at: time, minutes: int) -> tuple[time, ...]:
    """Cut opening hours into slots and give when each begins; what is left at the end, shorter, is a slot too."""
    someday = date(2020, 1, 1)
    start, end = datetime.combine(someday, opens_at), datetime.combine(someday, closes_at)
    length = timedelta(minutes=minutes)
    return tuple((start + number * length).time() for number in range(-((start - end) // length)))
