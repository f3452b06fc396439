"""Ask an online geocoder on the operator's own host; it may refine a point or raise a conflict, no more.

Off by default. Only official names of areas are sent, never a resident's words. A dead geocoder is an error that
is shown: it is never taken for "no match".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import urlsplit

from geopy.adapters import RequestsAdapter
from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderInsufficientPrivileges,
    GeocoderParseError,
    GeocoderQueryError,
    GeocoderRateLimited,
    GeopyError,
)
from geopy.geocoders import Nominatim, Pelias, Photon

from addresses.gazetteer import Gazetteer, distance_km
from addresses.outcome import (
    AddressCheck,
    Alternative,
    Component,
    Geocode,
    Level,
    NextAction,
    Part,
    Status,
    Verdict,
)

COUNTRY: Final = "Indonesia"
CONFLICT_RADII: Final = 3.0
"""A point this many radii from the village's own is in another village's place: someone has to look."""
CONFLICT_KM: Final = 5.0
"""Nearer than this is never a conflict: village points of good sources differ that much."""
_INDONESIA: Final = (-11.5, 6.5, 94.5, 141.5)  # south, north, west, east
_LONGEST_WAIT: Final = 30.0


class GeocoderError(Exception):
    """The geocoder gave no answer that could be used. `code` is stable; `detail` is for people."""

    code = "GEOCODER_ERROR"

    def __init__(self, provider: str, detail: str) -> None:
        super().__init__(f"{provider}: {detail}")
        self.provider = provider
        self.detail = detail


class GeocoderUnavailable(GeocoderError):
    """It does not answer, answers too late, refuses, or answers in another format."""

    code = "GEOCODER_UNAVAILABLE"


class GeocoderMisconfigured(GeocoderError):
    """The settings name an unknown kind, or a host that is not allowed."""

    code = "GEOCODER_MISCONFIGURED"


@dataclass(frozen=True, slots=True)
class RegionQuery:
    """What is sent: official names of areas and the village's postcode, nothing a resident wrote."""

    code: str
    village: str
    district: str
    regency: str
    province: str
    postcode: str

    @classmethod
    def of(cls, gazetteer: Gazetteer, code: str) -> RegionQuery:
        """The query for an area of the gazetteer. Refuses (KeyError) a code that does not exist."""
        names = [region.name for region in gazetteer.path(code)]
        if not names:
            raise KeyError(code)
        names += [""] * (4 - len(names))
        postcode = gazetteer.postcode(code) if names[3] else ""
        return cls(code, names[3], names[2], names[1], names[0], postcode)

    @property
    def text(self) -> str:
        """One line, smallest area first: the key of the cache, and the query of unstructured geocoders."""
        parts = (self.village, self.district, self.regency, self.province)
        return ", ".join(part for part in parts if part)

    @property
    def structured(self) -> dict[str, str]:
        """Nominatim's fields. It knows no districts; `city` finds villages as well."""
        fields = {
            "city": self.village or self.district,
            "county": self.regency,
            "state": self.province,
            "country": COUNTRY,
        }
        return {field: value for field, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class PointAnswer:
    """A point in degrees, with what the geocoder calls it and whose answer it is."""

    lat: float
    lon: float
    label: str
    provider: str


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer that was given before; `point` is None when the geocoder knew no match."""

    point: PointAnswer | None


class AnswerCache(Protocol):
    """Keeps answers by provider and query text, across workers."""

    def get(self, *, provider: str, query: str) -> CachedAnswer | None:
        """The answer given before, or None when this was never asked."""
        ...

    def put(self, *, provider: str, query: str, answer: CachedAnswer) -> None:
        """Keeps an answer, no match included."""
        ...


class RateLimiter(Protocol):
    """Shares one geocoder's allowance among all workers."""

    def reserve(self, *, provider: str, per_second: float) -> float:
        """Takes the next turn, and says in how many seconds it comes."""
        ...


class Geocoder(Protocol):
    """Finds the point of an area."""

    provider: str

    def locate(self, query: RegionQuery) -> PointAnswer | None:
        """The point, or None for no match. Raises GeocoderUnavailable when there is no answer."""
        ...


@dataclass(frozen=True, slots=True)
class GeocoderConfig:
    """The operator's settings. An empty `kind` means off: the gazetteer's points are used."""

    kind: str = ""
    url: str = ""
    allowed_hosts: frozenset[str] = frozenset()
    api_key: str = ""
    user_agent: str = "AntarKTP"
    timeout_s: float = 5.0
    retries: int = 2
    backoff_s: float = 0.5
    per_second: float = 1.0


class GazetteerGeocoder:
    """The default: the shipped points, nothing leaves the machine."""

    provider = "gazetteer"

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def locate(self, query: RegionQuery) -> PointAnswer | None:
        """The gazetteer's point of the area."""
        region = self._gazetteer.region(query.code)
        if region is None:
            return None
        return PointAnswer(region.lat, region.lon, region.name, self.provider)


# --- online -----------------------------------------------------------------------------------------------


class _DirectAdapter(RequestsAdapter):  # type: ignore[misc, unused-ignore]
    """Follows no redirect (it could lead to a host that is not allowed), and leaves retries to us."""

    def __init__(self, *, proxies: object, ssl_context: object) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context, max_retries=0)
        self.session.max_redirects = 0

    def get_json(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> object:
        """Refuses what is no list of places: geopy reads "null" or an error text as no match."""
        answer = super().get_json(url, timeout=timeout, headers=headers)
        places = answer.get("features") if isinstance(answer, dict) else answer
        if not isinstance(places, list):
            raise GeocoderParseError("the answer is no list of places")
        return answer


Ask = Callable[[RegionQuery], object]


def _nominatim(config: GeocoderConfig, host: str, scheme: str) -> Ask:
    service = Nominatim(
        domain=host,
        scheme=scheme,
        timeout=config.timeout_s,
        user_agent=config.user_agent,
        adapter_factory=_DirectAdapter,
    )
    return lambda query: service.geocode(query.structured, country_codes="id", language="id")


def _photon(config: GeocoderConfig, host: str, scheme: str) -> Ask:
    service = Photon(
        domain=host,
        scheme=scheme,
        timeout=config.timeout_s,
        user_agent=config.user_agent,
        adapter_factory=_DirectAdapter,
    )
    return lambda query: service.geocode(f"{query.text}, {COUNTRY}", limit=1)


def _pelias(config: GeocoderConfig, host: str, scheme: str) -> Ask:
    service = Pelias(
        domain=host,
        api_key=config.api_key or None,
        scheme=scheme,
        timeout=config.timeout_s,
        user_agent=config.user_agent,
        adapter_factory=_DirectAdapter,
    )
    return lambda query: service.geocode(query.text, countries=["IDN"])


_KINDS: Final[Mapping[str, Callable[[GeocoderConfig, str, str], Ask]]] = {
    "nominatim": _nominatim,
    "photon": _photon,
    "pelias": _pelias,
}
_FINAL: Final = (GeocoderAuthenticationFailure, GeocoderInsufficientPrivileges, GeocoderQueryError)
_WRONG_FORMAT: Final = (KeyError, IndexError, TypeError, ValueError, AttributeError)


class OnlineGeocoder:
    """One geopy geocoder behind a cache, a rate limit shared by all workers, a time-out and retries."""

    def __init__(
        self,
        config: GeocoderConfig,
        *,
        cache: AnswerCache,
        limiter: RateLimiter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Refuses (GeocoderMisconfigured) an unknown kind and a host outside `allowed_hosts`."""
        self.provider = config.kind
        self._config = config
        self._cache = cache
        self._limiter = limiter
        self._sleep = sleep
        self._ask = _KINDS[config.kind](config, *_allowed_host(config))

    def locate(self, query: RegionQuery) -> PointAnswer | None:
        """The point, from the cache or the geocoder; errors are never cached."""
        known = self._cache.get(provider=self.provider, query=query.text)
        if known is not None:
            return known.point
        point = self._with_retries(query)
        self._cache.put(provider=self.provider, query=query.text, answer=CachedAnswer(point))
        return point

    def _with_retries(self, query: RegionQuery) -> PointAnswer | None:
        for attempt in range(self._config.retries + 1):
            self._wait(self._limiter.reserve(provider=self.provider, per_second=self._config.per_second))
            try:
                return self._read(self._ask(query))
            except _FINAL as error:
                raise GeocoderUnavailable(self.provider, f"refuses the question: {error}") from error
            except GeocoderRateLimited as error:
                failure: Exception = error
                pause = float(error.retry_after or self._config.backoff_s)
            except GeopyError as error:
                failure = error
                pause = self._config.backoff_s * 2**attempt
            except _WRONG_FORMAT as error:
                raise GeocoderUnavailable(self.provider, "answers in a format that is not its own") from error
            if attempt < self._config.retries:
                self._wait(pause)
        raise GeocoderUnavailable(self.provider, f"does not answer: {failure}") from failure

    def _wait(self, seconds: float) -> None:
        if seconds > _LONGEST_WAIT:
            raise GeocoderUnavailable(self.provider, f"asks to wait {seconds:.0f} seconds")
        if seconds > 0:
            self._sleep(seconds)

    def _read(self, location: object) -> PointAnswer | None:
        if location is None:
            return None
        lat, lon = float(getattr(location, "latitude")), float(getattr(location, "longitude"))  # noqa: B009
        south, north, west, east = _INDONESIA
        if not (south <= lat <= north and west <= lon <= east):
            return None  # a namesake in another country is no match
        return PointAnswer(lat, lon, str(getattr(location, "address", ""))[:200], self.provider)


def _allowed_host(config: GeocoderConfig) -> tuple[str, str]:
    """(host with its port and path, scheme) of the configured address."""
    parts = urlsplit(config.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise GeocoderMisconfigured(config.kind, f"{config.url!r} is not an http or https address")
    if parts.username or parts.password:
        raise GeocoderMisconfigured(config.kind, "the address must not carry a user name or a password")
    if parts.hostname not in config.allowed_hosts:
        raise GeocoderMisconfigured(
            config.kind, f"the host {parts.hostname} is not in the list of allowed hosts"
        )
    return parts.netloc + parts.path.rstrip("/"), parts.scheme


def build_geocoder(
    config: GeocoderConfig,
    gazetteer: Gazetteer,
    *,
    cache: AnswerCache,
    limiter: RateLimiter,
    sleep: Callable[[float], None] = time.sleep,
) -> Geocoder:
    """The geocoder that the settings ask for; the gazetteer when they ask for none."""
    if not config.kind:
        return GazetteerGeocoder(gazetteer)
    if config.kind not in _KINDS:
        raise GeocoderMisconfigured(config.kind, f"unknown kind; known: {', '.join(sorted(_KINDS))}")
    return OnlineGeocoder(config, cache=cache, limiter=limiter, sleep=sleep)


# --- what an answer may do --------------------------------------------------------------------------------


def apply_answer(gazetteer: Gazetteer, check: AddressCheck, answer: PointAnswer | None) -> AddressCheck:
    """The check with a refined point, or with a conflict for a person. The village code never changes.

    No match, and an answer for an address without a village, change nothing.
    """
    own = check.geocode
    if answer is None or own is None or not check.village_code or answer.provider == "gazetteer":
        return check
    distance = distance_km(own.lat, own.lon, answer.lat, answer.lon)
    if distance <= max(CONFLICT_RADII * own.radius_m / 1000, CONFLICT_KM):
        point = Geocode(
            round(answer.lat, 6), round(answer.lon, 6), Level.VILLAGE, own.radius_m, answer.provider
        )
        return replace(check, geocode=point)
    return _conflicting(gazetteer, check, answer)


def _conflicting(gazetteer: Gazetteer, check: AddressCheck, answer: PointAnswer) -> AddressCheck:
    """The village stays, marked as contradicted; where the point lies instead becomes an alternative."""
    village: Component = replace(check.component(Part.VILLAGE), status=Status.CONFLICT)
    there = [region.code for region, _ in gazetteer.nearest(answer.lat, answer.lon, limit=1)]
    options = [Alternative(code, 50) for code in there if code != check.village_code]
    deliverable = check.verdict is Verdict.DELIVERABLE
    return replace(
        check,
        verdict=Verdict.NEEDS_REVIEW if deliverable else check.verdict,
        next_action=NextAction.CONFIRM if deliverable else check.next_action,
        components=(village, *check.components[1:]),
        alternatives=(*check.alternatives, *options)[:5],
    )
