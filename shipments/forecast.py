"""When will each card of a queue be posted? Places, capacity of a day, open days, and who goes first and why."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain, groupby
from math import ceil
from typing import Final, NamedTuple

from offices.opening import is_open_day
from offices.routing import Route, RouteFault, Routing

POSTING: Final = "POSTING"
HORIZON_DAYS: Final = 3_653  # ten years: what is not posted by then waits for a decision, not for its turn
# The band around the projected day, as shares of the working days until then.
SOONER: Final = 0.9  # one card in ten ahead leaves the queue: held, collected, void
LATER: Final = 1.25  # a fifth of the days' capacity is lost
EVERY_DAY: Final = frozenset(range(7))


class Overtaken(StrEnum):
    """Why cards that were printed later, or stand behind, are posted before a card."""

    FASTER_LANE = "FASTER_LANE"
    OFFICE_FULL = "OFFICE_FULL"
    OFFICE_CLOSED = "OFFICE_CLOSED"


NO_CAPACITY: Final = (
    "NO_CAPACITY"  # beside the faults of routes: its post office takes nothing within the horizon
)


class Queued(NamedTuple):
    """A card in the queue. A smaller rank goes first; then the print date, then the intake order (`card_id`)."""

    card_id: int
    rank: int
    printed_on: date
    village_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLimit:
    """What an office does on its open days: at most `items` (None: any number)."""

    items: int | None = None
    weekdays: Collection[int] = EVERY_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class CardForecast:
    """A card's place in the queue, and the day on which it is posted, between `early` and `late`.

    `position` and `position_at_office` begin at 1. Without a day, `fault` says why. `overtakers` counts the cards
    that were printed later and go first on a faster lane.
    """

    card_id: int
    position: int
    position_at_office: int | None = None
    post_office_id: int | None = None
    on: date | None = None
    early: date | None = None
    late: date | None = None
    overtakers: int = 0
    overtaken: tuple[Overtaken, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeForecast:
    """The queue of one post office: how many, from which day to which, and how many on a day of work."""

    post_office_id: int
    cards: int
    first_on: date
    last_on: date
    last_late: date
    days: int
    limit: int | None

    @property
    def cards_a_day(self) -> int:
        """How many are posted on a day of work, rounded up."""
        return ceil(self.cards / self.days)


@dataclass(slots=True)
class _Office:
    """What one post office did so far: its open days, and on which days of dispatch it was full or not open."""

    limit: DayLimit
    days: list[date] = field(default_factory=list)
    full: list[int] = field(default_factory=list)
    shut: list[int] = field(default_factory=list)
    given: int = 0


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Which days count: of the registry office, which dispatches, and of each post office, which takes."""

    routing: Routing
    registry_id: int
    weekdays: Collection[int]
    start: date

    def is_dispatch_day(self, day: date) -> bool:
        return is_open_day(day, weekdays=self.weekdays) and not self.routing.is_closed(
            office_id=self.registry_id, service=POSTING, on=day
        )

    def takes(self, office_id: int, limit: DayLimit, day: date) -> bool:
        return day.weekday() in limit.weekdays and not self.routing.is_closed(
            office_id=office_id, service=POSTING, on=day
        )

    def changes(self) -> set[date]:
        """The days on which another office may serve a village than the day before."""
        spans = [(closure.first, closure.last) for closure in self.routing.closures]
        spans += [(stand_in.first, stand_in.last) for stand_in in self.routing.delegations]
        return (
            {self.start}
            | {first for first, _ in spans}
            | {last + timedelta(days=1) for _, last in spans if last < date.max}
        )


class Projection:
    """The days of a whole queue; made by `project`."""

    def __init__(self, queue: Sequence[Queued], calendar: _Calendar) -> None:
        self._queue = queue
        self._calendar = calendar
        self._went = [-1] * len(queue)  # day of dispatch, counted from 0
        self._place = [0] * len(queue)  # place at the post office
        self._day_there = [0] * len(queue)  # open day of the post office, counted from 0
        self._at = [0] * len(queue)  # post office
        self.offices: dict[int, _Office] = {}
        self.dispatch_days: list[date] = []
        self._blocked: dict[str, list[int]] = defaultdict(list)
        self._faults: dict[str, str] = {}
        self._index = {queued.card_id: place for place, queued in enumerate(queue)}
        self._overtakers: list[int] | None = None
        self._soonest_behind: list[int] | None = None

    def __len__(self) -> int:
        return len(self._queue)

    def card(self, card_id: int) -> CardForecast | None:
        """The forecast of one card, or None when it is not in the queue."""
        place = self._index.get(card_id)
        return None if place is None else self.at(place)

    def cards(self) -> Iterator[CardForecast]:
        """The forecasts of all, in the order of the queue."""
        return (self.at(place) for place in range(len(self._queue)))

    def at(self, place: int) -> CardForecast:
        """The forecast of the card at a place of the queue, counted from 0."""
        queued = self._queue[place]
        overtakers = self._passed_by_lane()[place]
        if self._went[place] < 0:
            return CardForecast(
                card_id=queued.card_id,
                position=place + 1,
                overtakers=overtakers,
                fault=self._faults.get(queued.village_code, NO_CAPACITY),
            )
        office_id, day = self._at[place], self._day_there[place]
        return CardForecast(
            card_id=queued.card_id,
            position=place + 1,
            position_at_office=self._place[place],
            post_office_id=office_id,
            on=self.dispatch_days[self._went[place]],
            early=self._open_day(office_id, ceil((day + 1) * SOONER) - 1),
            late=self._open_day(office_id, ceil((day + 1) * LATER) - 1),
            overtakers=overtakers,
            overtaken=tuple(self._reasons(place, overtakers)),
        )

    def by_office(self) -> list[OfficeForecast]:
        """The queue by post office, in the order of their keys."""
        found: dict[int, list[int]] = defaultdict(list)
        for went, office_id in zip(self._went, self._at, strict=True):
            if went >= 0:
                found[office_id].append(went)
        return [
            OfficeForecast(
                post_office_id=office_id,
                cards=len(days),
                first_on=self.dispatch_days[min(days)],
                last_on=self.dispatch_days[max(days)],
                last_late=self._last_late(office_id, self.dispatch_days[max(days)]),
                days=len(set(days)),
                limit=self.offices[office_id].limit.items,
            )
            for office_id, days in sorted(found.items())
        ]

    def by_day(self) -> Mapping[date, int]:
        """How many cards are posted on each day."""
        counted = Counter(went for went in self._went if went >= 0)
        return {self.dispatch_days[went]: cards for went, cards in sorted(counted.items())}

    def faults(self) -> Mapping[str, int]:
        """How many cards have no day, by the reason."""
        return Counter(
            self._faults.get(queued.village_code, NO_CAPACITY)
            for queued, went in zip(self._queue, self._went, strict=True)
            if went < 0
        )

    def _last_late(self, office_id: int, last_on: date) -> date:
        days = self.offices[office_id].days
        return self._open_day(office_id, ceil((bisect_left(days, last_on) + 1) * LATER) - 1)

    def _open_day(self, office_id: int, number: int) -> date:
        """The post office's open day of that number (from 0); days after the forecast's end are looked up."""
        office = self.offices[office_id]
        day = office.days[-1]
        while len(office.days) <= number:
            day += timedelta(days=1)
            if self._calendar.is_dispatch_day(day) and self._calendar.takes(office_id, office.limit, day):
                office.days.append(day)
            elif (day - self._calendar.start).days > HORIZON_DAYS:
                return office.days[-1]  # it closes for good
        return office.days[number]

    def _reasons(self, place: int, overtakers: int) -> Iterator[Overtaken]:
        if overtakers:
            yield Overtaken.FASTER_LANE
        went, soonest = self._went[place], self._soonest()[place]
        if soonest >= went:
            return
        office = self.offices[self._at[place]]
        blocked = self._blocked.get(self._queue[place].village_code, [])
        closed = _any_between(office.shut, soonest, went) or _any_between(blocked, soonest, went)
        if closed:
            yield Overtaken.OFFICE_CLOSED
        if not closed or _any_between(office.full, soonest, went):
            yield Overtaken.OFFICE_FULL

    def _passed_by_lane(self) -> list[int]:
        """For each card, how many cards of faster lanes were printed after it."""
        if self._overtakers is None:
            counts: list[int] = []
            ahead: list[date] = []
            for _rank, group in groupby(self._queue, key=lambda queued: queued.rank):
                lane = [queued.printed_on for queued in group]
                counts += [len(ahead) - bisect_right(ahead, day) for day in lane]
                ahead = sorted(chain(ahead, lane))
            self._overtakers = counts
        return self._overtakers

    def _soonest(self) -> list[int]:
        """For each card, the first day on which a card behind it is posted."""
        if self._soonest_behind is None:
            soonest, never = [0] * len(self._queue), len(self.dispatch_days)
            least = never
            for place in range(len(self._queue) - 1, -1, -1):
                soonest[place] = least
                if 0 <= self._went[place] < least:
                    least = self._went[place]
            self._soonest_behind = soonest
        return self._soonest_behind

    # what `project` writes
    def post(self, places: Sequence[int], office_id: int, number: int) -> None:
        """Write down that a post office takes these cards on a day of dispatch."""
        office = self.offices[office_id]
        day_there = len(office.days) - 1
        for place in places:
            office.given += 1
            self._went[place], self._at[place] = number, office_id
            self._place[place], self._day_there[place] = office.given, day_there

    def waiting(self) -> Iterator[int]:
        """The places of cards that were not posted yet."""
        return (place for place, went in enumerate(self._went) if went < 0)

    def village(self, place: int) -> str:
        """The village of the card at a place."""
        return self._queue[place].village_code

    def block(self, village_code: str, fault: str, number: int | None) -> None:
        """Write down that nobody takes a village's cards, on a day of dispatch or (None) from now on."""
        self._faults[village_code] = fault
        if number is not None:
            self._blocked[village_code].append(number)

    def unblock(self, village_code: str) -> None:
        """Write down that somebody takes a village's cards again."""
        self._faults.pop(village_code, None)


class _Lines:
    """The waiting cards by the post office that serves their village, in the order of the queue."""

    def __init__(self) -> None:
        self.routes: Mapping[str, Route] = {}
        self.cards: dict[int, list[int]] = {}
        self.heads: dict[int, int] = {}
        self.stuck: Mapping[str, RouteFault | None] = {}

    def arrange(self, projection: Projection, routes: Mapping[str, Route]) -> None:
        """Line the waiting cards up anew when the routes differ."""
        if routes == self.routes:
            return
        self.routes, self.cards, stuck = routes, defaultdict(list), {}
        for place in projection.waiting():
            village = projection.village(place)
            route = routes[village]
            if route.office_id is None:
                stuck[village] = route.fault
            else:
                self.cards[route.office_id].append(place)
                projection.unblock(village)
        self.heads = dict.fromkeys(self.cards, 0)
        self.stuck = stuck

    def left(self) -> bool:
        return any(self.heads[office_id] < len(line) for office_id, line in self.cards.items())

    def front(self, office_id: int, most: int | None) -> list[int]:
        head = self.heads[office_id]
        line = self.cards[office_id]
        return line[head:] if most is None else line[head : head + max(most, 0)]


def project(
    *,
    queue: Sequence[Queued],
    routing: Routing,
    registry_id: int,
    registry: DayLimit,
    post_offices: Mapping[int, DayLimit],
    start: date,
    used: Mapping[int, int] | None = None,
) -> Projection:
    """Work a queue off from `start` on: each open day the first in the queue, within the limits of the day.

    A day counts when the registry office is open for posting and it is no holiday; a post office takes cards on
    its own open days, and another stands in for it as the routing says. `used` are items of `start` by post office.
    """
    calendar = _Calendar(routing, registry_id, registry.weekdays, start)
    projection, lines = Projection(queue, calendar), _Lines()
    villages = {queued.village_code for queued in queue}
    changes = calendar.changes()
    last_change = max(changes)
    taken = Counter(used or {})
    for offset in range(HORIZON_DAYS):
        day = start + timedelta(days=offset)
        if day in changes:
            routes = {
                village: routing.serving(village_code=village, service=POSTING, on=day)
                for village in villages
            }
            lines.arrange(projection, routes)
        if calendar.is_dispatch_day(day):
            _dispatch(projection, lines, calendar, registry.items, post_offices, day, taken)
        taken.clear()
        if not lines.left() and (not lines.stuck or day >= last_change):
            break
    for village, fault in lines.stuck.items():
        projection.block(village, str(fault), None)
    return projection


def _dispatch(
    projection: Projection,
    lines: _Lines,
    calendar: _Calendar,
    total: int | None,
    post_offices: Mapping[int, DayLimit],
    day: date,
    used: Counter[int],
) -> None:
    """One day: each post office may take the first of its line; of all of them the first `total` go."""
    number = len(projection.dispatch_days)
    left = None if total is None else max(total - used.total(), 0)
    fronts: dict[int, list[int]] = {}
    room: dict[int, int | None] = {}
    for office_id in lines.cards:
        limit = post_offices.get(office_id, DayLimit())
        office = projection.offices.setdefault(office_id, _Office(limit))
        if not calendar.takes(office_id, limit, day):
            office.shut.append(number)
            continue
        office.days.append(day)
        room[office_id] = None if limit.items is None else max(limit.items - used[office_id], 0)
        fronts[office_id] = lines.front(office_id, _least(room[office_id], left))
    projection.dispatch_days.append(day)
    if left is not None and sum(map(len, fronts.values())) > left:
        last = sorted(chain.from_iterable(fronts.values()))[:left][-1] if left else -1
        fronts = {office_id: front[: bisect_left(front, last + 1)] for office_id, front in fronts.items()}
    for office_id, front in fronts.items():
        projection.post(front, office_id, number)
        lines.heads[office_id] += len(front)
        if len(front) == room[office_id]:
            projection.offices[office_id].full.append(number)
    for village, fault in lines.stuck.items():
        projection.block(village, str(fault), number)


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _any_between(days: Sequence[int], first: int, end: int) -> bool:
    place = bisect_left(days, first)
    return place < len(days) and days[place] < end
