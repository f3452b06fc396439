"""When the cards of the queue will be posted, from the tables: for a whole office, for one card, and "what if"."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q

from offices.models import Office
from offices.services import load_routing, policy_of
from shipments.cards import registry_office
from shipments.forecast import (
    HORIZON_DAYS,
    CardForecast,
    DayLimit,
    OfficeForecast,
    Projection,
    Queued,
    project,
)
from shipments.lanes import queue_of
from shipments.models import BacklogEntry
from shipments.planning import items_of_day
from shipments.refusals import Code, ShipmentRefused

CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of an office's queue, made on a day. `limit`: what the registry office gives away a day at most."""

    office_id: int
    on: date
    limit: int | None
    projection: Projection

    @property
    def cards(self) -> int:
        """How many cards are in the queue."""
        return len(self.projection)

    @property
    def last_on(self) -> date | None:
        """The day on which the last of them is posted."""
        return max(self.projection.by_day(), default=None)

    def card(self, card_id: int) -> CardForecast | None:
        """The forecast of one card, or None when it is not in the queue."""
        return self.projection.card(card_id)

    def by_card(self) -> Iterator[CardForecast]:
        """The forecasts of all cards, in the order of the queue."""
        return self.projection.cards()

    def by_office(self) -> list[OfficeForecast]:
        """The forecasts of the post offices."""
        return self.projection.by_office()

    def by_day(self) -> Mapping[date, int]:
        """How many cards are posted on each day."""
        return self.projection.by_day()

    def faults(self) -> Mapping[str, int]:
        """How many cards have no day, by the reason (RouteFault or NO_CAPACITY)."""
        return self.projection.faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeComparison:
    """A post office's queue as it is, and as it would be; None where it has no cards."""

    post_office_id: int
    extra: int
    now: OfficeForecast | None
    then: OfficeForecast | None

    @property
    def days_sooner(self) -> int:
        """By how many calendar days the last card goes sooner (below 0: later)."""
        return 0 if self.now is None or self.then is None else (self.now.last_on - self.then.last_on).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two forecasts of the same queue: `then` with the extra capacity that was asked about."""

    now: Forecast
    then: Forecast
    offices: tuple[OfficeComparison, ...]


def forecast(*, office_id: int, on: date, extra_capacity: Mapping[int, int] | None = None) -> Forecast:
    """Forecast the whole queue from a day on; nothing is written.

    `extra_capacity`: items a day more (or, below 0, fewer) by post office; by the registry office's own key for
    what it gives away in all. Offices without a limit take any number as it is. Refuses an office that is not theirs.
    """
    office = registry_office(office_id)
    return _forecast(office, _queued(office), on, extra_capacity or {})


def forecast_of(*, card_id: int, on: date) -> CardForecast | None:
    """Forecast one card; None when it is not in the queue."""
    office_id = BacklogEntry.objects.filter(pk=card_id).values_list("office_id", flat=True).first()
    if office_id is None:
        return None
    return forecasts_of(office_id=office_id, card_ids=[card_id], on=on).get(card_id)


def forecasts_of(*, office_id: int, card_ids: Sequence[int], on: date) -> dict[int, CardForecast]:
    """Forecast some cards of an office's queue, by their keys; those that are not in it are left out."""
    office = registry_office(office_id)
    made = _forecast(office, _queued(office), on, {})
    found = ((card_id, made.card(card_id)) for card_id in card_ids)
    return {card_id: card for card_id, card in found if card is not None}


def what_if(*, office_id: int, on: date, extra_capacity: Mapping[int, int]) -> Comparison:
    """Compare the forecast with that of more (or less) capacity, by post office; the queue is read once."""
    office = registry_office(office_id)
    queue = _queued(office)
    now, then = (_forecast(office, queue, on, extra) for extra in ({}, extra_capacity))
    before = {row.post_office_id: row for row in now.by_office()}
    after = {row.post_office_id: row for row in then.by_office()}
    asked = {key for key in extra_capacity if key != office_id}
    return Comparison(
        now=now,
        then=then,
        offices=tuple(
            OfficeComparison(
                post_office_id=key, extra=extra_capacity.get(key, 0), now=before.get(key), then=after.get(key)
            )
            for key in sorted({*before, *after, *asked})
        ),
    )


def _queued(office: Office) -> list[Queued]:
    rows = queue_of(office_id=office.pk).values_list("card_id", "rank", "printed_on", "village_code")
    return [Queued(*row) for row in rows.iterator(chunk_size=CHUNK)]


def _forecast(office: Office, queue: Sequence[Queued], on: date, extra: Mapping[int, int]) -> Forecast:
    policy = policy_of(office=office)
    limits = _limits(office, extra)
    total = _more(policy.items_per_day, extra.get(office.pk, 0))
    projection = project(
        queue=queue,
        routing=load_routing(on=on, until=on + timedelta(days=HORIZON_DAYS)),
        registry_id=office.pk,
        registry=DayLimit(items=total, weekdays=frozenset(office.open_weekdays)),
        post_offices=limits,
        start=on,
        used=items_of_day(office, on),
    )
    return Forecast(office_id=office.pk, on=on, limit=total, projection=projection)


def _limits(office: Office, extra: Mapping[int, int]) -> dict[int, DayLimit]:
    """What each post office takes. Those of other registries count too: they may stand in for ours."""
    kinds = Q(kind=Office.Kind.POST_OFFICE) | Q(areas__service="POSTING")
    rows = Office.objects.filter(kinds).distinct()
    offices = {row.pk: row for row in rows.only("pk", "items_per_day", "open_weekdays", "parent_id")}
    for key in extra:
        if key != office.pk and (key not in offices or offices[key].parent_id != office.pk):
            raise ShipmentRefused(Code.NOT_A_POST_OFFICE, office=key)
    return {
        key: DayLimit(
            items=_more(row.items_per_day, extra.get(key, 0)), weekdays=frozenset(row.open_weekdays)
        )
        for key, row in offices.items()
    }


def _more(limit: int | None, extra: int) -> int | None:
    return None if limit is None else max(limit + extra, 0)
