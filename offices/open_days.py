"""Count the open days of many offices at once: their weekdays, holidays and closures."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from offices.models import Office
from offices.opening import is_holiday
from offices.services import load_routing


@dataclass(frozen=True, slots=True)
class OpenDays:
    """The open days of each office in a span of days, in order."""

    days: Mapping[int, Sequence[date]]

    def between(self, *, office_id: int, after: date, before: date) -> int:
        """How many open days lie between two days, neither of them counted."""
        days = self.days[office_id]
        return max(0, bisect_left(days, before) - bisect_right(days, after))

    def back(self, *, office_id: int, before: date, count: int) -> date | None:
        """The day on which the last `count` open days before a day begin; None when the span holds fewer."""
        days = self.days[office_id]
        place = bisect_left(days, before) - count
        if place < 0:
            return None
        return days[place] if count else before


def load_open_days(*, offices: Collection[Office], service: str, first: date, last: date) -> OpenDays:
    """Read closures once and give the open days of the offices for a service, both ends of the span included."""
    routing = load_routing(on=first, until=last)
    span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    working = [day for day in span if not is_holiday(day)]
    return OpenDays(
        {
            office.pk: [
                day
                for day in working
                if day.weekday() in office.open_weekdays
                and not routing.is_closed(office_id=office.pk, service=service, on=day)
            ]
            for office in offices
        }
    )
