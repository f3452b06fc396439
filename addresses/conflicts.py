"""Areas that the free line names against the fields: a conflict for a person, never a pick."""

from __future__ import annotations

from rapidfuzz.distance import OSA

from addresses.gazetteer import Gazetteer, NameIndex
from addresses.hierarchy import RegionMatch
from addresses.matching import allowed_errors
from addresses.names import key_of, sound_of
from addresses.outcome import Level, Reason
from addresses.parsing import NamedArea, ParsedAddress

Conflict = tuple[Reason, tuple[str, ...]]
"""What the line contradicts, and the codes of the areas it names instead."""


def text_conflicts(gazetteer: Gazetteer, match: RegionMatch, parsed: ParsedAddress) -> tuple[Conflict, ...]:
    """The contradictions between the named areas of the line and the areas matched by the fields."""
    if not match.code or match.level in {Level.PROVINCE, Level.NONE}:
        return ()
    out: list[Conflict] = []
    for area in parsed.named:
        if area.level is Level.VILLAGE and match.level is Level.VILLAGE:
            others = _other_areas(gazetteer, match.code, area, Level.VILLAGE)
            if others and not _names_ancestor(gazetteer, match.code, area):
                out.append((Reason.TEXT_NAMES_OTHER_VILLAGE, others))
        elif area.level is Level.DISTRICT and match.level in {Level.VILLAGE, Level.DISTRICT}:
            others = _other_areas(gazetteer, match.code[:8], area, Level.DISTRICT)
            if others and not _moved_from_any(gazetteer, match, others):
                out.append((Reason.TEXT_NAMES_OTHER_DISTRICT, others))
    return tuple(out)


def readings(text: str) -> list[str]:
    """The areas of the regency that the line names; none when it names the matched one."""
    words = text.split()
    return [key_of(" ".join(words[:count])) for count in range(len(words), 0, -1)]


def _other_areas(gazetteer: Gazetteer, code: str, area: NamedArea, level: Level) -> tuple[str, ...]:
    """The areas of the regency that the line names; () when it names the matched one or none."""
    index = gazetteer.index(code[:5], level)
    own = {key_of(gazetteer.name(code))}
    own.update(key for key, codes in (*index.former.items(), *index.today.items()) if code in codes)
    keys = readings(area.text)
    if any(_same_name(key, name) for key in keys for name in own):
        return ()
    for key in keys:
        hit = _lookup(index, key)
        if hit:
            return () if code in hit else hit
    return ()


def _same_name(key: str, name: str) -> bool:
    if key == name or sound_of(key) == sound_of(name):
        return True
    return len(key) > 3 and OSA.distance(key, name, score_cutoff=2) <= min(allowed_errors(len(name)), 2)


def _lookup(index: NameIndex, key: str) -> tuple[str, ...]:
    return index.today.get(key) or index.former.get(key, ())


def _names_ancestor(gazetteer: Gazetteer, code: str, area: NamedArea) -> bool:
    """People write "Kel. Balikpapan Selatan" for the district."""
    above = {key_of(gazetteer.name(code[:8])), key_of(gazetteer.name(code[:5]))}
    return any(key in above for key in readings(area.text))


def _moved_from_any(gazetteer: Gazetteer, match: RegionMatch, districts: tuple[str, ...]) -> bool:
    """The line names the district that the village belonged to before: old, not wrong."""
    if match.level is not Level.VILLAGE:
        return False
    key = key_of(gazetteer.name(match.code))
    return any(match.code in gazetteer.moved_from(district, key) for district in districts)
