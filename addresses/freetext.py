"""Read the areas out of a free line, with or without fields that name the district and the regency."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from addresses.gazetteer import Gazetteer, NameIndex, name_key
from addresses.hierarchy import Hierarchy, RegionMatch
from addresses.matching import Found, find, find_exactly
from addresses.names import LEVEL_WORDS, key_of, plain
from addresses.outcome import Level, Rule, Status
from addresses.parsing import NamedArea, ParsedAddress

_LONGEST_NAME: Final = 4
_STREET_WORDS: Final = frozenset(("jl", "jln", "jalan", "gg", "gang"))
_PARENT_WORDS: Final = LEVEL_WORDS["district"] | LEVEL_WORDS["regency"]
_SEGMENT_END: Final = re.compile(r"[,;()\n]|\s-\s")


class Context(IntEnum):
    """Where in the line a village's name stands; the higher, the surer that it is the address's village."""

    PARENT = 0
    """The name of the district or regency as well: "Jonggol" may close the line as the district."""
    STREET = 1
    """The street's own name: "Jl. Pegangsaan Barat" need not be in Pegangsaan."""
    WORDS = 2
    SEGMENT = 3
    """A whole part between commas."""
    MARKED = 4
    """After a level word: "Desa Sukaraya"."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A village that the line may name."""

    found: Found
    context: Context
    words: int


def read_line(hierarchy: Hierarchy, parsed: ParsedAddress, fields: tuple[str, str, str]) -> RegionMatch:
    """The match of (kecamatan, kabupaten, provinsi), completed by what the line says."""
    district, regency, province = _complete(parsed.named, fields)
    match = hierarchy.match("", district, regency, province)
    if match.level is not Level.DISTRICT:
        marked = [area for area in parsed.named if area.level is Level.VILLAGE]
        if marked:
            return _unsure(hierarchy.match(marked[0].text, district, regency, province))
        return match
    mentions = village_mentions(hierarchy.gazetteer, match.code, parsed)
    return _choose(match, mentions)


def _complete(named: tuple[NamedArea, ...], fields: tuple[str, str, str]) -> tuple[str, str, str]:
    """Empty fields take what the line names with a level word."""
    levels = (Level.DISTRICT, Level.REGENCY, Level.PROVINCE)
    out = list(fields)
    for position, level in enumerate(levels):
        if not plain(out[position]):
            found = [area for area in named if area.level is level]
            if found:
                word = f"{found[0].word} " if level is Level.REGENCY else ""
                out[position] = word + found[0].text
    return out[0], out[1], out[2]


def _unsure(match: RegionMatch) -> RegionMatch:
    if match.rule in {Rule.EXACT, Rule.ALIAS}:
        return replace(match, rule=Rule.TEXT_MARKED)
    return replace(match, sure=False)


def village_mentions(gazetteer: Gazetteer, district: str, parsed: ParsedAddress) -> list[Mention]:
    """The villages of a district that the line names, marked by a level word or not."""
    index = gazetteer.index(district, Level.VILLAGE)
    out: list[Mention] = []
    for area in parsed.named:
        if area.level is Level.VILLAGE:
            words = area.text.split()
            for count in range(len(words), 0, -1):
                found = find(index, f"{area.word} {' '.join(words[:count])}", "village")
                if found.sure:
                    out.append(Mention(found, Context.MARKED, count))
                    break
    above = {key_of(gazetteer.name(district)), name_key(gazetteer.name(district[:5]), Level.REGENCY)}
    for segment in _SEGMENT_END.split(parsed.line.lower()):
        out += _segment_mentions(index, plain(segment).split(), above)
    return out


def _segment_mentions(index: NameIndex, words: list[str], above: set[str]) -> list[Mention]:
    """The villages named in one part of the line; longer names first, so that "Suka Maju" is not "Suka"."""
    out: list[Mention] = []
    start = 0
    while start < len(words):
        for count in range(min(_LONGEST_NAME, len(words) - start), 0, -1):
            text = " ".join(words[start : start + count])
            parent = key_of(text) in above
            found = find_exactly(index, text, "village")
            if found.sure and not (parent and start and words[start - 1] in _PARENT_WORDS):
                out.append(Mention(found, _context(words, start, count, parent), count))
            if found.sure or parent:
                start += count - 1
                break
        start += 1
    return out


def _context(words: list[str], start: int, count: int, names_parent: bool) -> Context:
    if names_parent:
        return Context.PARENT
    if start and words[0] in _STREET_WORDS and start + count < len(words) + (start == 1):
        return Context.STREET
    return Context.SEGMENT if count == len(words) else Context.WORDS


def _choose(match: RegionMatch, mentions: list[Mention]) -> RegionMatch:
    if not mentions:
        return match
    best = max(mention.context for mention in mentions)
    ranked = {mention.found.codes[0]: mention for mention in mentions if mention.context == best}
    # A hamlet comes before its village: "Soka, Candirejo, Semanu" is Candirejo in the district Semanu.
    mention = list(ranked.values())[-1]
    if best is Context.STREET and len(ranked) > 1:  # "Jl. Raya Sitiung - Gunung Medan" joins two villages
        return replace(match, alternatives=tuple((code, 60) for code in ranked))
    marked = best is Context.MARKED and len(ranked) == 1
    return replace(
        match,
        code=mention.found.codes[0],
        level=Level.VILLAGE,
        rule=Rule.TEXT_MARKED if marked else Rule.TEXT_NAMED,
        sure=marked and match.regency.sure and match.district.sure,
        village=mention.found if marked else replace(mention.found, status=Status.INFERRED),
        alternatives=tuple((code, 80) for code in ranked),
    )
