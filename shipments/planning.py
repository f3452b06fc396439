"""Which cards of the queue would go into which shipments today: routes, limits and order, nothing written."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from offices.models import HandoverPolicy, Office, Service
from offices.routing import Route
from offices.services import policy_of, route_villages
from shipments.lanes import queue_of
from shipments.models import BacklogEntry, Item

Queued = tuple[int, str, str]  # card, village code, RW


@dataclass(frozen=True, slots=True)
class PlannedShipment:
    """A shipment that would be made."""

    post_office_id: int
    items: int
    bags: int


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Cards by shipment, in the order of their labels; and why the others stay in the queue.

    `unrouted` and `faults` are by village code; `beyond_limits` counts cards that wait for another day.
    """

    shipments: Sequence[tuple[int, Sequence[Queued]]]
    items_per_bag: int
    unrouted: dict[str, int]
    faults: dict[str, str]
    beyond_limits: int

    @property
    def items(self) -> int:
        return sum(len(cards) for _, cards in self.shipments)

    def planned(self) -> list[PlannedShipment]:
        """The shipments as counts."""
        return [
            PlannedShipment(post_office_id, len(cards), -(-len(cards) // self.items_per_bag))
            for post_office_id, cards in self.shipments
        ]


class _Limits:
    """How many items may still be batched on a day: of the registry office and of each post office."""

    def __init__(self, office: Office, policy: HandoverPolicy, on: date) -> None:
        self._used = items_of_day(office, on)
        self._total = None if policy.items_per_day is None else policy.items_per_day - self._used.total()
        self._per_office = dict(
            Office.objects.filter(items_per_day__isnull=False).values_list("pk", "items_per_day")
        )
        self._left: dict[int, int] = {}

    def take(self, post_office_id: int) -> bool:
        """Take one place; False when the day is full for this office or for all."""
        if self._total is not None and self._total <= 0:
            return False
        limit = self._per_office.get(post_office_id)
        if limit is not None:
            left = self._left.setdefault(post_office_id, limit - self._used[post_office_id])
            if left <= 0:
                return False
            self._left[post_office_id] = left - 1
        if self._total is not None:
            self._total -= 1
        return True


def plan_batches(*, office: Office, on: date) -> BatchPlan:
    """Plan the whole queue of a registry office, first come first served, for the post offices of that day."""
    policy = policy_of(office=office)
    routes = _routes(office, on)
    limits = _Limits(office, policy, on)
    by_post_office: dict[int, list[Queued]] = defaultdict(list)
    unrouted: Counter[str] = Counter()
    beyond = 0
    for queued in _queue(office):
        post_office_id = routes[queued[1]].office_id
        if post_office_id is None:
            unrouted[queued[1]] += 1
        elif limits.take(post_office_id):
            by_post_office[post_office_id].append(queued)
        else:
            beyond += 1
    return BatchPlan(
        shipments=list(_divided(by_post_office, policy.items_per_shipment)),
        items_per_bag=policy.items_per_bag,
        unrouted=dict(unrouted),
        faults={village: str(routes[village].fault) for village in unrouted},
        beyond_limits=beyond,
    )


def in_label_order(cards: Sequence[Queued]) -> list[Queued]:
    """By village and RW, as couriers sort them; within these as they were queued."""
    return sorted(cards, key=lambda queued: (queued[1], queued[2]))


def _divided(by_post_office: dict[int, list[Queued]], limit: int) -> Iterator[tuple[int, Sequence[Queued]]]:
    for post_office_id in sorted(by_post_office):
        cards = by_post_office[post_office_id]
        for start in range(0, len(cards), limit):
            yield post_office_id, in_label_order(cards[start : start + limit])


def _queue(office: Office) -> Iterator[Queued]:
    entries = queue_of(office_id=office.pk).values_list("card_id", "village_code", "rw")
    yield from entries.iterator(chunk_size=5_000)


def _routes(office: Office, on: date) -> dict[str, Route]:
    villages = (
        BacklogEntry.objects.filter(office=office)
        .order_by()
        .values_list("village_code", flat=True)
        .distinct()
    )
    return dict(route_villages(village_codes=list(villages), service=Service.POSTING, on=on))


def items_of_day(office: Office, on: date) -> Counter[int]:
    """Items that were batched on that day, by post office."""
    start = datetime.combine(on, time.min, tzinfo=ZoneInfo(office.time_zone))
    items = Item.objects.filter(
        shipment__office=office,
        shipment__opened_at__gte=start,
        shipment__opened_at__lt=start + timedelta(days=1),
        taken_out_at__isnull=True,
    )
    return Counter(items.values_list("shipment__post_office_id", flat=True))
