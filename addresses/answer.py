"""Put an answer together: components, reasons, verdict, point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from addresses.conflicts import Conflict
from addresses.gazetteer import Gazetteer
from addresses.hierarchy import CONFIDENCE, MAX_ALTERNATIVES, RegionMatch
from addresses.matching import Found
from addresses.names import plain
from addresses.outcome import (
    AddressCheck,
    AddressInput,
    Alternative,
    Component,
    Geocode,
    Level,
    NextAction,
    Part,
    Reason,
    Rule,
    Status,
    Verdict,
)
from addresses.parsing import ParsedAddress

RESOLVER_VERSION: Final = "1"
_CONFLICT_CONFIDENCE: Final = 0.9
_CONFLICT_SCORE: Final = 80
_LENGTH: Final = {Level.NONE: 0, Level.PROVINCE: 2, Level.REGENCY: 5, Level.DISTRICT: 8, Level.VILLAGE: 13}
_POINT_SOURCES: Final = {source: f"gazetteer:{source}" for source in "BNGDM"}
_RULE_REASON: Final = {
    Rule.MOVED: Reason.VILLAGE_RELOCATED,
    Rule.OTHER_DISTRICT: Reason.DISTRICT_CORRECTED,
    Rule.ONLY_IN_REGENCY: Reason.DISTRICT_INFERRED,
}


@dataclass(frozen=True, slots=True)
class RegionAnswer:
    """All that depends on the region fields alone, so that it is made once for all cards of a village."""

    match: RegionMatch
    village_code: str
    postcode: str
    input_level: Level
    components: tuple[Component, Component, Component, Component]
    reasons: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...]
    geocode: Geocode | None


def region_answer(gazetteer: Gazetteer, address: AddressInput, match: RegionMatch) -> RegionAnswer:
    """The part of the answer that the region fields and their match decide."""
    village = match.code if match.level is Level.VILLAGE else ""
    geocode = _geocode(gazetteer, match)
    reasons = _region_reasons(match)
    if village and geocode is not None and geocode.granularity is Level.DISTRICT:
        reasons.append(Reason.POINT_IS_DISTRICT)
    return RegionAnswer(
        match=match,
        village_code=village,
        postcode=gazetteer.postcode(village) if village else "",
        input_level=_input_level(address),
        components=_region_components(gazetteer, address, match),
        reasons=tuple(reasons),
        alternatives=tuple(
            Alternative(code, score) for code, score in match.alternatives if code != match.code
        )[:MAX_ALTERNATIVES],
        geocode=geocode,
    )


def complete_answer(
    gazetteer: Gazetteer,
    address: AddressInput,
    parsed: ParsedAddress,
    region: RegionAnswer,
    conflicts: tuple[Conflict, ...],
) -> AddressCheck:
    """Adds what this one line says: street, RT/RW, postcode, contradictions; and decides."""
    match = region.match
    reasons = [*region.reasons]
    postcode = _postcode(gazetteer, parsed.postcode, region, reasons)
    components = region.components
    alternatives = region.alternatives
    confidence = CONFIDENCE[match.rule]
    if conflicts:
        reasons += [reason for reason, _ in conflicts]
        components = _with_conflicts(components, conflicts)
        alternatives = _with_named_areas(alternatives, conflicts, match.code)
        confidence = min(confidence, _CONFLICT_CONFIDENCE)
    _locator_reasons(parsed, reasons)
    verdict = _verdict(address, parsed, match, postcode, bool(conflicts))
    return AddressCheck(
        verdict=verdict,
        next_action=_next_action(verdict, region.village_code),
        input_level=region.input_level,
        match_level=match.level,
        village_code=region.village_code,
        match_code=match.code,
        confidence=confidence,
        rule=match.rule,
        components=(*components, postcode, *_locators(parsed)),
        reasons=tuple(reasons),
        alternatives=alternatives,
        geocode=region.geocode,
        gazetteer_version=gazetteer.version,
        resolver_version=RESOLVER_VERSION,
    )


def _input_level(address: AddressInput) -> Level:
    if plain(address.desa_kelurahan):
        return Level.VILLAGE
    if plain(address.kecamatan):
        return Level.DISTRICT
    if plain(address.kabupaten):
        return Level.REGENCY
    return Level.PROVINCE if plain(address.provinsi) else Level.NONE


def _verdict(
    address: AddressInput, parsed: ParsedAddress, match: RegionMatch, postcode: Component, conflict: bool
) -> Verdict:
    locator = parsed.rt or parsed.rw or (parsed.street and not parsed.is_landmark)
    if match.level is Level.VILLAGE:
        # An older table knows the move, and the postcode independently says the same village: two witnesses.
        witnessed = match.rule is Rule.MOVED and postcode.status in {Status.CONFIRMED, Status.ALIASED}
        if (match.sure or witnessed) and locator and not conflict:
            return Verdict.DELIVERABLE
        return Verdict.NEEDS_REVIEW
    if match.level is Level.DISTRICT and (locator or parsed.line or address.dusun.strip()):
        return Verdict.NEEDS_REVIEW
    return Verdict.UNDELIVERABLE


def _next_action(verdict: Verdict, village: str) -> NextAction:
    if verdict is Verdict.DELIVERABLE:
        return NextAction.ACCEPT
    return NextAction.CONFIRM if village and verdict is Verdict.NEEDS_REVIEW else NextAction.FIX


# --- reasons ----------------------------------------------------------------------------------------------


def _region_reasons(match: RegionMatch) -> list[Reason]:
    reasons: list[Reason] = []
    if match.level is Level.VILLAGE:
        if match.rule in _RULE_REASON:
            reasons.append(_RULE_REASON[match.rule])
        if match.village.status is Status.ALIASED:
            reasons.append(Reason.VILLAGE_OLD_NAME)
        elif match.village.status is Status.CORRECTED:
            short = match.village.abbreviated
            reasons.append(Reason.VILLAGE_ABBREVIATION if short else Reason.VILLAGE_TYPO)
    elif len(match.village.codes) > 1 or len(match.regency.codes) > 1:
        reasons.append(Reason.VILLAGE_AMBIGUOUS)
    else:
        reasons.append(Reason.VILLAGE_NOT_FOUND)
    if match.district.status is Status.CORRECTED and Reason.DISTRICT_CORRECTED not in reasons:
        reasons.append(Reason.DISTRICT_CORRECTED)
    if match.regency.status is Status.ALIASED:
        reasons.append(Reason.REGENCY_OLD_NAME)
    if match.swapped:
        reasons.append(Reason.CITY_REGENCY_SWAPPED)
    return reasons


def _locator_reasons(parsed: ParsedAddress, reasons: list[Reason]) -> None:
    if parsed.rt_rw_invalid:
        reasons.append(Reason.RT_RW_INVALID)
    elif not (parsed.rt and parsed.rw):
        reasons.append(Reason.RT_RW_MISSING)
    if not parsed.street:
        reasons.append(Reason.STREET_MISSING)
    if parsed.is_landmark:
        reasons.append(Reason.PO_BOX_OR_LANDMARK)


@lru_cache(maxsize=4096)
def _confirmed_postcode(postcode: str) -> Component:
    return Component(Part.POSTCODE, postcode, postcode, Status.CONFIRMED)


def _postcode(gazetteer: Gazetteer, typed: str, region: RegionAnswer, reasons: list[Reason]) -> Component:
    """Compares the typed postcode; it is evidence only, and never lowers the verdict."""
    canonical = region.postcode
    if not typed:
        reasons.append(Reason.POSTCODE_EMPTY)
        return Component(Part.POSTCODE, "", canonical, Status.INFERRED if canonical else Status.MISSING, 0)
    if typed == canonical:
        return _confirmed_postcode(typed)
    match = region.match
    if len(match.code) < _LENGTH[Level.DISTRICT]:
        return Component(Part.POSTCODE, typed, "", Status.UNVERIFIABLE, 0)
    if canonical and gazetteer.was_postcode_of(typed, match.code):
        reasons.append(Reason.POSTCODE_FORMER)
        return Component(Part.POSTCODE, typed, canonical, Status.ALIASED)
    if not gazetteer.is_postcode(typed):
        reasons.append(Reason.POSTCODE_UNKNOWN)
        return Component(Part.POSTCODE, typed, canonical, Status.UNCONFIRMED, 0)
    if typed not in gazetteer.postcodes_of_district(match.code[:8]):
        reasons.append(Reason.POSTCODE_OTHER_DISTRICT)
    elif match.level is Level.DISTRICT:
        return _confirmed_postcode(typed)
    else:
        reasons.append(Reason.POSTCODE_OTHER_VILLAGE)
    return Component(Part.POSTCODE, typed, canonical, Status.CONFLICT, 0)


# --- components -------------------------------------------------------------------------------------------


def _region_components(
    gazetteer: Gazetteer, address: AddressInput, match: RegionMatch
) -> tuple[Component, Component, Component, Component]:
    code = match.code
    length = len(code)
    return (
        _region(gazetteer, Part.VILLAGE, address.desa_kelurahan, code if length == 13 else "", match.village),
        _region(gazetteer, Part.DISTRICT, address.kecamatan, code[:8] if length >= 8 else "", match.district),
        _region(gazetteer, Part.REGENCY, address.kabupaten, code[:5] if length >= 5 else "", match.regency),
        _province(address.provinsi, code[:2], gazetteer.name(code[:2]) if code else ""),
    )


def _region(gazetteer: Gazetteer, part: Part, typed: str, code: str, found: Found) -> Component:
    if not code:
        return Component(part, typed, "", Status.UNCONFIRMED if plain(typed) else Status.MISSING, 0)
    status = found.status
    if not plain(typed):
        # Read from the free line, or taken from the area below: never typed into its own field.
        status = status if found.codes and status is not Status.UNCONFIRMED else Status.INFERRED
    elif code not in found.codes:
        status = Status.CORRECTED
    return Component(part, typed, gazetteer.name(code), status, found.score, code)


@lru_cache(maxsize=1024)
def _province(typed: str, code: str, name: str) -> Component:
    read = plain(typed)
    if not code:
        return Component(Part.PROVINCE, typed, "", Status.UNCONFIRMED if read else Status.MISSING, 0)
    if not read:
        return Component(Part.PROVINCE, typed, name, Status.INFERRED, 100, code)
    status = Status.CONFIRMED if plain(name) in read else Status.CORRECTED
    return Component(Part.PROVINCE, typed, name, status, 100, code)


def _with_conflicts(
    components: tuple[Component, Component, Component, Component], conflicts: tuple[Conflict, ...]
) -> tuple[Component, Component, Component, Component]:
    village, district, regency, province = components
    told = {reason for reason, _ in conflicts}
    if Reason.TEXT_NAMES_OTHER_VILLAGE in told:
        village = replace(village, status=Status.CONFLICT)
    if Reason.TEXT_NAMES_OTHER_DISTRICT in told:
        district = replace(district, status=Status.CONFLICT)
    return village, district, regency, province


@lru_cache(maxsize=4096)
def _locator(part: Part, value: str) -> Component:
    return Component(part, value, value, Status.UNVERIFIABLE if value else Status.MISSING, 0)


def _locators(parsed: ParsedAddress) -> tuple[Component, Component, Component, Component]:
    """Nobody lists streets and house numbers of all Indonesia: they can be read but not verified."""
    street = parsed.street
    return (
        _locator(Part.RT, parsed.rt),
        _locator(Part.RW, parsed.rw),
        Component(Part.STREET, street, street, Status.UNVERIFIABLE if street else Status.MISSING, 0),
        _locator(Part.NUMBER, parsed.number),
    )


# --- alternatives and point -------------------------------------------------------------------------------


def _with_named_areas(
    alternatives: tuple[Alternative, ...], conflicts: tuple[Conflict, ...], code: str
) -> tuple[Alternative, ...]:
    """The areas that the line names go first."""
    codes = dict.fromkeys(named for _, areas in conflicts for named in areas if named != code)
    known = [option for option in alternatives if option.code not in codes]
    return (*(Alternative(named, _CONFLICT_SCORE) for named in codes), *known)[:MAX_ALTERNATIVES]


def _geocode(gazetteer: Gazetteer, match: RegionMatch) -> Geocode | None:
    if not match.code:
        return None
    lat, lon, radius, source = gazetteer.place(match.code)
    level = Level.DISTRICT if source == "D" else match.level
    return Geocode(lat, lon, level, radius, _POINT_SOURCES[source])
