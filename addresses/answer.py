"""Put an answer together: components, reasons, verdict, point."""

from __future__ import annotations

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
from addresses.parsing import MAX_FIELD_LENGTH, ParsedAddress, cleaned

RESOLVER_VERSION: Final = "1"
_DEPTH: Final = {Level.NONE: 0, Level.PROVINCE: 2, Level.REGENCY: 5, Level.DISTRICT: 8, Level.VILLAGE: 13}
_RULE_REASON: Final = {
    Rule.MOVED: Reason.VILLAGE_RELOCATED,
    Rule.OTHER_DISTRICT: Reason.DISTRICT_CORRECTED,
    Rule.ONLY_IN_REGENCY: Reason.DISTRICT_INFERRED,
}


def answer(
    gazetteer: Gazetteer,
    address: AddressInput,
    parsed: ParsedAddress,
    match: RegionMatch,
    conflicts: tuple[Conflict, ...],
) -> AddressCheck:
    """The check of one address from what was read and matched."""
    reasons = _region_reasons(address, match)
    village = match.code if match.level is Level.VILLAGE else ""
    postcode = _postcode(gazetteer, parsed.postcode, match, reasons)
    reasons += [reason for reason, _ in conflicts]
    _locator_reasons(parsed, reasons)
    verdict = _verdict(address, parsed, match, bool(conflicts))
    geocode = _geocode(gazetteer, match)
    if geocode is not None and village and geocode.granularity is Level.DISTRICT:
        reasons.append(Reason.POINT_IS_DISTRICT)
    return AddressCheck(
        verdict=verdict,
        next_action=_next_action(verdict, village),
        input_level=_input_level(address),
        match_level=match.level,
        village_code=village,
        match_code=match.code,
        confidence=CONFIDENCE[match.rule] if not conflicts else min(CONFIDENCE[match.rule], 0.9),
        rule=match.rule,
        components=(*_regions(gazetteer, address, match, conflicts), postcode, *_locators(parsed)),
        reasons=tuple(dict.fromkeys(reasons)),
        alternatives=_alternatives(match, conflicts),
        geocode=geocode,
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


def _verdict(address: AddressInput, parsed: ParsedAddress, match: RegionMatch, conflict: bool) -> Verdict:
    locator = parsed.has_rt_or_rw or (parsed.street and not parsed.is_landmark)
    if match.level is Level.VILLAGE:
        if match.sure and locator and not conflict:
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


def _region_reasons(address: AddressInput, match: RegionMatch) -> list[Reason]:
    reasons: list[Reason] = []
    if match.level is Level.VILLAGE:
        if match.rule in _RULE_REASON:
            reasons.append(_RULE_REASON[match.rule])
        if match.village.status is Status.ALIASED:
            reasons.append(Reason.VILLAGE_OLD_NAME)
        elif match.village.status is Status.CORRECTED:
            reasons.append(Reason.VILLAGE_ABBREVIATION if match.village.abbreviated else Reason.VILLAGE_TYPO)
    elif len(match.alternatives) > 1:
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


def _postcode(gazetteer: Gazetteer, typed: str, match: RegionMatch, reasons: list[Reason]) -> Component:
    """Compares the typed postcode; it is evidence only, and never lowers the verdict."""
    canonical = gazetteer.postcode(match.code) if match.level is Level.VILLAGE else ""
    if not typed:
        reasons.append(Reason.POSTCODE_EMPTY)
        return Component(Part.POSTCODE, "", canonical, Status.INFERRED if canonical else Status.MISSING, 0)
    if typed == canonical:
        return Component(Part.POSTCODE, typed, canonical, Status.CONFIRMED)
    if match.level not in {Level.VILLAGE, Level.DISTRICT}:
        return Component(Part.POSTCODE, typed, "", Status.UNVERIFIABLE, 0)
    if match.level is Level.VILLAGE and gazetteer.was_postcode_of(typed, match.code):
        reasons.append(Reason.POSTCODE_FORMER)
        return Component(Part.POSTCODE, typed, canonical, Status.ALIASED)
    owners = gazetteer.villages_of_postcode(typed)
    if any(code[:8] == match.code[:8] for code in owners):
        if match.level is Level.DISTRICT:
            return Component(Part.POSTCODE, typed, typed, Status.CONFIRMED)
        reasons.append(Reason.POSTCODE_OTHER_VILLAGE)
    elif owners:
        reasons.append(Reason.POSTCODE_OTHER_DISTRICT)
    else:
        reasons.append(Reason.POSTCODE_UNKNOWN)
        return Component(Part.POSTCODE, typed, canonical, Status.UNCONFIRMED, 0)
    return Component(Part.POSTCODE, typed, canonical, Status.CONFLICT, 0)


# --- components -------------------------------------------------------------------------------------------


def _regions(
    gazetteer: Gazetteer, address: AddressInput, match: RegionMatch, conflicts: tuple[Conflict, ...]
) -> tuple[Component, ...]:
    told = {reason for reason, _ in conflicts}
    depth = _DEPTH[match.level]
    code = match.code
    village = _region(
        gazetteer, Part.VILLAGE, address.desa_kelurahan, code if depth == 13 else "", match.village
    )
    district = _region(
        gazetteer, Part.DISTRICT, address.kecamatan, code[:8] if depth >= 8 else "", match.district
    )
    regency = _region(
        gazetteer, Part.REGENCY, address.kabupaten, code[:5] if depth >= 5 else "", match.regency
    )
    if Reason.TEXT_NAMES_OTHER_VILLAGE in told:
        village = _with_status(village, Status.CONFLICT)
    if Reason.TEXT_NAMES_OTHER_DISTRICT in told:
        district = _with_status(district, Status.CONFLICT)
    return village, district, regency, _province(gazetteer, address.provinsi, code[:2])


def _with_status(component: Component, status: Status) -> Component:
    return Component(
        component.part, component.input, component.canonical, status, component.score, component.code
    )


def _region(gazetteer: Gazetteer, part: Part, typed: str, code: str, found: Found) -> Component:
    typed = cleaned(typed, MAX_FIELD_LENGTH)
    if not code:
        status = Status.UNCONFIRMED if plain(typed) else Status.MISSING
        return Component(part, typed, "", status, 0)
    status = found.status
    if found.codes and code != found.codes[0] and code not in found.codes:
        status = Status.CORRECTED  # the village was found in another district than the one that was typed
    elif not found.codes:
        status = Status.INFERRED if not plain(typed) else Status.CORRECTED
    return Component(part, typed, gazetteer.name(code), status, found.score, code)


def _province(gazetteer: Gazetteer, typed: str, code: str) -> Component:
    return _province_component(gazetteer.name(code) if code else "", cleaned(typed, MAX_FIELD_LENGTH), code)


@lru_cache(maxsize=1024)
def _province_component(name: str, typed: str, code: str) -> Component:
    if not code:
        status = Status.UNCONFIRMED if plain(typed) else Status.MISSING
        return Component(Part.PROVINCE, typed, "", status, 0)
    if not plain(typed):
        return Component(Part.PROVINCE, typed, name, Status.INFERRED, 100, code)
    same = plain(name) in plain(typed)
    return Component(Part.PROVINCE, typed, name, Status.CONFIRMED if same else Status.CORRECTED, 100, code)


@lru_cache(maxsize=4096)
def _locator(part: Part, value: str) -> Component:
    return Component(part, value, value, Status.UNVERIFIABLE if value else Status.MISSING, 0)


def _locators(parsed: ParsedAddress) -> tuple[Component, ...]:
    """Nobody lists streets and house numbers of all Indonesia: they can be read but not verified."""
    street = parsed.street
    return (
        _locator(Part.RT, parsed.rt),
        _locator(Part.RW, parsed.rw),
        Component(Part.STREET, street, street, Status.UNVERIFIABLE if street else Status.MISSING, 0),
        _locator(Part.NUMBER, parsed.number),
    )


# --- alternatives and point -------------------------------------------------------------------------------


def _alternatives(match: RegionMatch, conflicts: tuple[Conflict, ...]) -> tuple[Alternative, ...]:
    options = [Alternative(code, 80) for _, codes in conflicts for code in codes]
    options += [Alternative(code, score) for code, score in match.alternatives]
    others = {option.code: option for option in reversed(options) if option.code != match.code}
    return tuple(sorted(others.values(), key=lambda option: -option.score))[:MAX_ALTERNATIVES]


def _geocode(gazetteer: Gazetteer, match: RegionMatch) -> Geocode | None:
    if not match.code:
        return None
    lat, lon, radius, source = gazetteer.place(match.code)
    level = Level.DISTRICT if source == "D" else match.level
    return Geocode(round(lat, 4), round(lon, 4), level, radius, f"gazetteer:{source}")
