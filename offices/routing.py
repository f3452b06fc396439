"""Who serves this village today? Longest area code first, then closures, then delegates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class RouteFault(StrEnum):
    """Why no office serves a village."""

    NOBODY_SERVES = "NOBODY_SERVES"
    CLOSED_WITHOUT_DELEGATE = "CLOSED_WITHOUT_DELEGATE"
    DELEGATION_CYCLE = "DELEGATION_CYCLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDays:
    """An office (or every office in an area) is closed for a service ('' = all) from `first` to `last`."""

    office_id: int | None
    area_code: str
    service: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """`delegate_id` does `service` for `office_id` from `first` to `last`, whenever that office is closed."""

    office_id: int
    delegate_id: int
    service: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The office that serves, and the closed offices it stands in for, nearest first; or why nobody does."""

    office_id: int | None
    instead_of: tuple[int, ...] = ()
    fault: RouteFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Everything needed to route, read once: `areas` maps (service, area code) to an office."""

    areas: Mapping[tuple[str, str], int]
    office_regions: Mapping[int, str] = field(default_factory=dict)
    closures: Iterable[ClosedDays] = ()
    delegations: Iterable[StandIn] = ()

    def is_closed(self, *, office_id: int, service: str, on: date) -> bool:
        """Say whether the office does not do the service on that day."""
        region = self.office_regions.get(office_id, "")
        return any(
            closure.first <= on <= closure.last
            and closure.service in ("", service)
            and (
                closure.office_id == office_id
                or (closure.office_id is None and _inside(region, closure.area_code))
            )
            for closure in self.closures
        )

    def serving(self, *, village_code: str, service: str, on: date) -> Route:
        """Give the office that serves a village on that day."""
        office_id = self._usual(village_code, service)
        if office_id is None:
            return Route(office_id=None, fault=RouteFault.NOBODY_SERVES)
        return self.stand_in(office_id=office_id, service=service, on=on)

    def stand_in(self, *, office_id: int, service: str, on: date) -> Route:
        """Give the office itself while it is open, or the open office at the end of its chain of delegates."""
        passed: list[int] = []
        while self.is_closed(office_id=office_id, service=service, on=on):
            passed.append(office_id)
            delegate = self._delegate(office_id, service, on)
            if delegate is None:
                return Route(
                    office_id=None, instead_of=tuple(passed), fault=RouteFault.CLOSED_WITHOUT_DELEGATE
                )
            if delegate in passed:
                return Route(office_id=None, instead_of=tuple(passed), fault=RouteFault.DELEGATION_CYCLE)
            office_id = delegate
        return Route(office_id=office_id, instead_of=tuple(passed))

    def _usual(self, village_code: str, service: str) -> int | None:
        parts = village_code.split(".")
        for length in range(len(parts), 0, -1):
            office_id = self.areas.get((service, ".".join(parts[:length])))
            if office_id is not None:
                return office_id
        return None

    def _delegate(self, office_id: int, service: str, on: date) -> int | None:
        for stand_in in self.delegations:
            if (
                stand_in.office_id == office_id
                and stand_in.service == service
                and stand_in.first <= on <= stand_in.last
            ):
                return stand_in.delegate_id
        return None


def _inside(region: str, area: str) -> bool:
    return region == area or region.startswith(f"{area}.")
