"""What a check of an address takes and gives: the vocabulary shared by the service, the desk and the API."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How deep an input reaches, or how deep the gazetteer confirms it."""

    VILLAGE = "VILLAGE"
    DISTRICT = "DISTRICT"
    REGENCY = "REGENCY"
    PROVINCE = "PROVINCE"
    NONE = "NONE"


class Verdict(StrEnum):
    """Can the post deliver here? On screen: layak kirim, perlu ditinjau, tidak layak kirim."""

    DELIVERABLE = "DELIVERABLE"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    UNDELIVERABLE = "UNDELIVERABLE"


class NextAction(StrEnum):
    """What a person has to do: nothing, confirm the candidate, or correct the address."""

    ACCEPT = "ACCEPT"
    CONFIRM = "CONFIRM"
    FIX = "FIX"


class Status(StrEnum):
    """What the check found about one component."""

    CONFIRMED = "CONFIRMED"
    CORRECTED = "CORRECTED"
    ALIASED = "ALIASED"
    RELOCATED = "RELOCATED"
    INFERRED = "INFERRED"
    CONFLICT = "CONFLICT"
    UNCONFIRMED = "UNCONFIRMED"
    MISSING = "MISSING"
    UNVERIFIABLE = "UNVERIFIABLE"


class Reason(StrEnum):
    """Stable codes of everything worth saying about an address; the doors translate them."""

    POSTCODE_EMPTY = "POSTCODE_EMPTY"
    POSTCODE_OTHER_VILLAGE = "POSTCODE_OTHER_VILLAGE"
    POSTCODE_OTHER_DISTRICT = "POSTCODE_OTHER_DISTRICT"
    POSTCODE_UNKNOWN = "POSTCODE_UNKNOWN"
    POSTCODE_FORMER = "POSTCODE_FORMER"
    VILLAGE_TYPO = "VILLAGE_TYPO"
    VILLAGE_ABBREVIATION = "VILLAGE_ABBREVIATION"
    VILLAGE_OLD_NAME = "VILLAGE_OLD_NAME"
    VILLAGE_RELOCATED = "VILLAGE_RELOCATED"
    VILLAGE_AMBIGUOUS = "VILLAGE_AMBIGUOUS"
    VILLAGE_NOT_FOUND = "VILLAGE_NOT_FOUND"
    DISTRICT_CORRECTED = "DISTRICT_CORRECTED"
    DISTRICT_INFERRED = "DISTRICT_INFERRED"
    REGENCY_OLD_NAME = "REGENCY_OLD_NAME"
    CITY_REGENCY_SWAPPED = "CITY_REGENCY_SWAPPED"
    TEXT_NAMES_OTHER_VILLAGE = "TEXT_NAMES_OTHER_VILLAGE"
    TEXT_NAMES_OTHER_DISTRICT = "TEXT_NAMES_OTHER_DISTRICT"
    RT_RW_MISSING = "RT_RW_MISSING"
    RT_RW_INVALID = "RT_RW_INVALID"
    STREET_MISSING = "STREET_MISSING"
    PO_BOX_OR_LANDMARK = "PO_BOX_OR_LANDMARK"
    POINT_IS_DISTRICT = "POINT_IS_DISTRICT"


class Part(StrEnum):
    """The components an address is made of."""

    VILLAGE = "village"
    DISTRICT = "district"
    REGENCY = "regency"
    PROVINCE = "province"
    POSTCODE = "postcode"
    RT = "rt"
    RW = "rw"
    STREET = "street"
    NUMBER = "number"


class Rule(StrEnum):
    """The rule that found the village; each has its own measured confidence."""

    EXACT = "EXACT"
    ALIAS = "ALIAS"
    ABBREVIATION = "ABBREVIATION"
    FUZZY_IN_DISTRICT = "FUZZY_IN_DISTRICT"
    MOVED = "MOVED"
    OTHER_DISTRICT = "OTHER_DISTRICT"
    ONLY_IN_REGENCY = "ONLY_IN_REGENCY"
    TEXT_MARKED = "TEXT_MARKED"
    TEXT_AGREED = "TEXT_AGREED"
    TEXT_NAMED = "TEXT_NAMED"
    TEXT_STREET = "TEXT_STREET"
    DISTRICT_ONLY = "DISTRICT_ONLY"
    REGENCY_ONLY = "REGENCY_ONLY"
    PROVINCE_ONLY = "PROVINCE_ONLY"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class AddressInput:
    """An address as it was typed, in the columns of the registry's export; free text goes into `alamat`."""

    alamat: str = ""
    rt_rw: str = ""
    dusun: str = ""
    desa_kelurahan: str = ""
    kecamatan: str = ""
    kabupaten: str = ""
    provinsi: str = ""
    kode_pos: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """One part: what was typed, what the gazetteer calls it, its code if it is an area, and a score 0–100."""

    part: Part
    input: str
    canonical: str
    status: Status
    score: int = 100
    code: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A village (or a district, when no village was found) that the address could mean; score 0–100."""

    code: str
    score: int


@dataclass(frozen=True, slots=True)
class Geocode:
    """A point in degrees (WGS 84) and the radius in metres that holds nine in ten addresses of its area.

    `granularity` is the level of the area whose point it is, which may be above the matched level.
    """

    lat: float
    lon: float
    granularity: Level
    radius_m: int
    source: str


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """The answer to one address. The point is kept apart from the verdict."""

    verdict: Verdict
    next_action: NextAction
    input_level: Level
    match_level: Level
    village_code: str
    match_code: str
    confidence: float
    rule: Rule
    components: tuple[Component, ...]
    reasons: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...]
    geocode: Geocode | None
    gazetteer_version: str
    resolver_version: str

    def component(self, part: Part) -> Component:
        """The component of that name; every check has all nine."""
        return next(component for component in self.components if component.part == part)
