"""Read the areas out of a free line, with or without fields that name the district and the regency."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from addresses.gazetteer import Gazetteer, NameIndex, name_key
from addresses.hierarchy import Hierarchy, RegionMatch
from addresses.matching import Found, find, find_exactly
from addresses.names import LEVEL_WORDS, key_of, plain, without_level_word
from addresses.outcome import Level, Rule, Status
from addresses.parsing import NamedArea, ParsedAddress
from addresses.second_reader import SecondOpinion, SecondReader

_LONGEST_NAME: Final = 4
_TEXT_RULE: Final = {Rule.EXACT: Rule.TEXT_MARKED, Rule.ALIAS: Rule.TEXT_MARKED}
_STREET_WORDS: Final = frozenset(("jl", "jln", "jalan", "gg", "gang"))
_PARENT_WORDS: Final = LEVEL_WORDS["district"] | LEVEL_WORDS["regency"]
_JOINED: Final = re.compile(r"[a-z]\s?[-–]\s?[a-z]")
_SEGMENT_END: Final = re.compile(r"[,;()\n]")


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


@dataclass(frozen=True, slots=True)
class _Above:
    """What the line or the fields say above the village; `guessed` when no field and no level word said it."""

    district: str
    regency: str
    province: str
    guessed: bool


def read_line(
    hierarchy: Hierarchy, reader: SecondReader, parsed: ParsedAddress, fields: tuple[str, str, str]
) -> RegionMatch:
    """The match of (kecamatan, kabupaten, provinsi), completed by what the line says.

    A village that is only named, without a level word, is sure when the second reader finds the same one. A
    street's name is no evidence to ask about.
    """
    above = _complete(hierarchy.gazetteer, parsed, fields)
    match = hierarchy.match("", above.district, above.regency, above.province)
    if match.level is Level.DISTRICT:
        match = _choose(match, village_mentions(hierarchy.gazetteer, match.code, parsed))
    else:
        marked = [area for area in parsed.named if area.level is Level.VILLAGE]
        if marked:
            match = hierarchy.match(marked[0].text, above.district, above.regency, above.province)
            match = replace(match, rule=_TEXT_RULE.get(match.rule, match.rule))
    if above.guessed and match.level is Level.VILLAGE and match.rule is not Rule.TEXT_STREET:
        match = replace(match, rule=Rule.TEXT_NAMED, sure=False)
    if match.rule is Rule.TEXT_NAMED:
        parts = (parsed.line, above.district, above.regency) if any(fields) else (parsed.line,)
        return _with_opinion(match, reader.read(", ".join(part for part in parts if part)))
    return match


def _with_opinion(match: RegionMatch, opinion: SecondOpinion) -> RegionMatch:
    if opinion.village_code == match.code and opinion.sure:
        agreed = match.district.sure and match.regency.sure and match.village.sure
        village = replace(match.village, status=Status.CONFIRMED)
        return replace(match, rule=Rule.TEXT_AGREED, sure=agreed, village=village)
    if opinion.village_code and opinion.village_code != match.code:
        return replace(match, alternatives=((opinion.village_code, 70), *match.alternatives))
    return match


def _complete(gazetteer: Gazetteer, parsed: ParsedAddress, fields: tuple[str, str, str]) -> _Above:
    """Empty fields take what the line names: with a level word, else the last name of that level."""
    district, regency, province = (
        field if plain(field) else _marked(gazetteer, parsed.named, level)
        for field, level in zip(fields, (Level.DISTRICT, Level.REGENCY, Level.PROVINCE), strict=True)
    )
    if (regency and district) or any(map(plain, fields)):
        return _Above(district, regency, province, guessed=False)
    segments = [plain(segment).split() for segment in _SEGMENT_END.split(parsed.line.lower())]
    guessed = False
    if not regency:
        regency = _last_name(gazetteer.index("", Level.REGENCY), segments)
        guessed = bool(regency)
    if regency and not district:
        names = (
            _last_name(gazetteer.index(code, Level.DISTRICT), segments, but=key_of(regency))
            for code in gazetteer.regencies_named(without_level_word(regency, "regency")[1] or regency)
        )
        district = max(names, key=len, default="")
        guessed = guessed or bool(district)
    return _Above(district, regency, province, guessed)


def _marked(gazetteer: Gazetteer, named: tuple[NamedArea, ...], level: Level) -> str:
    """The first area that the line names with a level word; what follows its name is left out."""
    area = next((area for area in named if area.level is level), None)
    if area is None:
        return ""
    index = gazetteer.index("", level)
    words = area.text.split()
    readings = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    text = next(
        (text for text in readings if (key := key_of(text)) in index.today or key in index.former), ""
    )
    text = text or area.text
    return f"{area.word} {text}" if level is Level.REGENCY else text


def _last_name(index: NameIndex, segments: list[list[str]], but: str = "") -> str:
    """The last words of the line that name an area of the index, outside a street's name."""
    for words in reversed(segments):
        first = 2 if words and words[0] in _STREET_WORDS else 0
        for end in range(len(words), first, -1):
            for start in range(max(first, end - _LONGEST_NAME), end):
                text = " ".join(words[start:end])
                key = key_of(text)
                if key != but and (key in index.today or key in index.former):
                    return text
    return ""


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
        words = plain(segment).split()
        mentions = _segment_mentions(index, words, above)
        if not _joins_places(segment, words, mentions):
            out += mentions
    return out


def _joins_places(segment: str, words: list[str], mentions: list[Mention]) -> bool:
    """ "Jl. Sitiung - Gunung Medan", "Jl. Balohan Jaboi" run from one village to another and name neither."""
    if len(mentions) < 2 or words[0] not in _STREET_WORDS:
        return False
    if _JOINED.search(segment):
        return True
    named = sum(mention.words for mention in mentions if mention.context is not Context.PARENT)
    return len(mentions) == 2 and named == len([word for word in words[1:] if word != "raya"])


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


def _between(match: RegionMatch, codes: tuple[str, ...], score: int) -> RegionMatch:
    """The line names several villages, and nothing says which: a person chooses."""
    unclear = Found(codes, Status.UNCONFIRMED, score, sure=False)
    return replace(match, village=unclear, alternatives=tuple((code, score) for code in codes)[:5])


def _choose(match: RegionMatch, mentions: list[Mention]) -> RegionMatch:
    if not mentions:
        return match
    best = max(mention.context for mention in mentions)
    ranked = {mention.found.codes[0]: mention for mention in mentions if mention.context == best}
    # A hamlet comes before its village: "Soka, Candirejo, Semanu" is Candirejo in the district Semanu.
    mention = list(ranked.values())[-1]
    if best is Context.STREET and len(ranked) > 1:  # "Jl. Raya Sitiung - Gunung Medan" joins two villages
        return _between(match, tuple(ranked), 60)
    marked = best is Context.MARKED and len(ranked) == 1
    rule = Rule.TEXT_STREET if best is Context.STREET else Rule.TEXT_NAMED
    rivals = [other for other in mentions if Context.STREET < other.context < Context.MARKED]
    if marked and any(other.found.codes[0] not in ranked for other in rivals):
        named = dict.fromkeys(other.found.codes[0] for other in (mention, *rivals))
        return _between(match, tuple(named), 70)
    return replace(
        match,
        code=mention.found.codes[0],
        level=Level.VILLAGE,
        rule=Rule.TEXT_MARKED if marked else rule,
        sure=marked and match.regency.sure and match.district.sure,
        village=mention.found if marked else replace(mention.found, status=Status.INFERRED),
        alternatives=tuple((code, 80) for code in ranked),
    )
