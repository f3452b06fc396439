"""Read the areas out of a free line, with or without fields that name the district and the regency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from addresses.gazetteer import Gazetteer
from addresses.hierarchy import Hierarchy, RegionMatch
from addresses.matching import Found, find, find_exactly
from addresses.names import plain
from addresses.outcome import Level, Rule, Status
from addresses.parsing import NamedArea, ParsedAddress

_LONGEST_NAME: Final = 4


class Context(IntEnum):
    """Where in the line a village's name stands; the higher, the surer that it is the address's village."""

    STREET = 0
    WORDS = 1
    SEGMENT = 2
    MARKED = 3


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
                found = find(index, " ".join(words[:count]), "village")
                if found.sure:
                    out.append(Mention(found, Context.MARKED, count))
                    break
    for segment in parsed.line.lower().split(","):
        words = plain(segment).split()
        for start in range(len(words)):
            for count in range(min(_LONGEST_NAME, len(words) - start), 0, -1):
                found = find_exactly(index, " ".join(words[start : start + count]), "village")
                if found.sure:
                    context = Context.SEGMENT if count == len(words) else Context.WORDS
                    if start and words[0] in {"jl", "jln", "jalan"}:
                        context = Context.STREET
                    out.append(Mention(found, context, count))
                    break
    return out


def _choose(match: RegionMatch, mentions: list[Mention]) -> RegionMatch:
    if not mentions:
        return match
    best = max(mention.context for mention in mentions)
    codes = {mention.found.codes[0]: mention for mention in mentions if mention.context == best}
    if len(codes) > 1:
        return replace(match, alternatives=tuple((code, 80) for code in codes)[:5])
    mention = next(iter(codes.values()))
    marked = best is Context.MARKED
    return replace(
        match,
        code=mention.found.codes[0],
        level=Level.VILLAGE,
        rule=Rule.TEXT_MARKED if marked else Rule.TEXT_NAMED,
        sure=marked and match.regency.sure and match.district.sure,
        village=mention.found if marked else replace(mention.found, status=Status.INFERRED),
    )
