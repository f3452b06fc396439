"""Read what was typed: street, number, block, RT/RW, postcode, and areas named with a level word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from addresses.names import FILLER_WORDS, LEVEL_WORDS, ROMAN
from addresses.outcome import AddressInput, Level

MAX_LINE_LENGTH: Final = 500
"""Longer lines are cut before reading: no printed address is longer, and the time stays bounded."""
MAX_FIELD_LENGTH: Final = 120
_MAX_NAME_WORDS: Final = 5

_LEVEL_OF_WORD: Final = {
    word: level
    for name, level in (
        ("province", Level.PROVINCE),
        ("regency", Level.REGENCY),
        ("district", Level.DISTRICT),
        ("village", Level.VILLAGE),
    )
    for word in LEVEL_WORDS[name]
    # Hamlets and neighbourhoods are called so as well: alone they do not say that a village follows.
    if word not in {"kampung", "kp", "kampong", "negeri", "kute", "gp", "camat", "dist", "kt"}
}


@dataclass(frozen=True, slots=True)
class NamedArea:
    """An area that the free line names with a level word: "Kel. Bukit Baru"."""

    level: Level
    text: str
    word: str


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """What the parts of an input say; empty strings where it says nothing."""

    line: str
    street: str
    number: str
    block: str
    rt: str
    rw: str
    rt_rw_invalid: bool
    postcode: str
    named: tuple[NamedArea, ...]
    is_landmark: bool

    @property
    def has_rt_or_rw(self) -> bool:
        """Whether the neighbourhood is known."""
        return bool(self.rt or self.rw)


def _one_of(words: Iterable[str], before: str) -> str:
    """A pattern for any of the words, not preceded by one of `before`.

    The look-behind stands after the first letter, so that the search can skip to the letters that begin a word:
    three times as fast as looking behind at every place.
    """
    tails: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        tails.setdefault(word[0], []).append(word[1:])
    return (
        "(?:"
        + "|".join(f"{first}(?<![{before}].)(?:{'|'.join(rest)})" for first, rest in tails.items())
        + ")"
    )


_V = r"(\d{1,3}|[ivx]{1,5})"
_RT = re.compile(
    rf"(?<![a-z])rt\W{{0,3}}(?:rw\W{{0,3}})?{_V}(?![a-z0-9])(?:(?:\s?[/\\,.-]\s?|\W{{0,3}}rw\W{{0,3}}){_V}(?![a-z0-9]))?"
)
_RW = re.compile(rf"(?<![a-z])rw\W{{0,3}}{_V}(?![a-z0-9])")
_PAIR = re.compile(r"(?<![\d/.-])(\d{1,3})\s?/\s?(\d{1,3})(?![\d/.-])")
_NUMBER = re.compile(
    _one_of(("nomor", "nmr", "no", "n0", "nomer"), "a-z")
    + r"\b\W{0,3}(\d{1,5}(?:\s?[/-]\s?\d{1,4})?\s?[a-z]?)(?![a-z0-9])"
)
_BLOCK = re.compile(
    _one_of(("blok", "blk", "kavling", "kav"), "a-z")
    + r"\b\W{0,2}([a-z0-9]{1,4}(?:[/.-]?\s?\d{1,4}[a-z]?)?)(?![a-z0-9])"
)
_POSTCODE = re.compile(r"([1-9](?<![\d.,/-].)\d{4})(?![\d/-]|[.,]\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_SPACES = re.compile(r"\s+")
_LEVEL_HINT = re.compile("(" + _one_of(_LEVEL_OF_WORD, "a-z0-9") + r")(?![a-z0-9])[\s.:]{0,3}")
_STREET_WORD = re.compile(
    r"(?<![a-z])(?:jl|jln|jalan|jaln|gg|gang|lr|lrg|lorong|komp|komplek|kompleks|kpl|perum|perumahan|perumnas|cluster|"
    r"dusun|dsn|ds|kp|kampung|lingk|lingkungan|link|blok|blk|pasar|villa|griya|taman|raya|km)(?![a-z])"
)
_PLACE_BY = re.compile(
    r"(?<![a-z])(?:p\.?\s?o\.?\s?box|kotak\s+pos|tromol\s+pos|samping|depan|seberang|sebrang|sebelah|belakang|dekat)"
    r"(?![a-z])"
)
_STOP = re.compile(r"(?<![a-z])(?:rt|rw)(?![a-z])")
_EDGES: Final = " ,.;:-/\\|"
_NAME_END = re.compile(r"[,;()|/]|\d{2,}|(?<![a-z])(?:rt|rw|no|jl|jln|jalan|telp|kode)(?![a-z])")
_NOT_NAMES: Final = frozenset(("lama", "baru", "raya", "no", "rt", "rw", "pos", "kantor"))


def cleaned(text: str, limit: int) -> str:
    """The text without control and direction characters, cut to `limit`."""
    if len(text) > limit:
        text = text[:limit]
    if text.isascii() and text.isprintable():
        return text
    return _SPACES.sub(" ", _CONTROL.sub(" ", text))


def _three_digits(value: str | None) -> str:
    """ "5" and "V" → "005"; zero means that there is none."""
    if not value:
        return ""
    number = int(value) if value.isdigit() else ROMAN.get(value, 0)
    return f"{number:03d}" if number else ""


@lru_cache(maxsize=8192)
def read_rt_rw(text: str) -> tuple[str, str, bool]:
    """(RT, RW, invalid) of the registry's column: "1 / 6", "001/002", "RT 1 RW II", "0 / 0" is none."""
    lowered = cleaned(text, MAX_FIELD_LENGTH).lower()
    rt, rw, found = _marked_rt_rw(lowered)
    if not found:
        pair = _PAIR.search(lowered)
        if pair:
            return _three_digits(pair[1]), _three_digits(pair[2]), False
        values = re.findall(r"\d+", lowered)
        if len(values) in {1, 2} and all(len(value) <= 3 for value in values):
            return _three_digits(values[0]), _three_digits(values[1]) if len(values) > 1 else "", False
        return "", "", any(char.isalnum() for char in lowered)
    return rt, rw, False


def _marked_rt_rw(lowered: str) -> tuple[str, str, bool]:
    rt = rw = ""
    found = False
    match = _RT.search(lowered)
    if match:
        rt, rw, found = _three_digits(match[1]), _three_digits(match[2]), True
    if not rw:
        match = _RW.search(lowered)
        if match:
            rw, found = _three_digits(match[1]), True
    return rt, rw, found


def read_named(lowered: str) -> tuple[NamedArea, ...]:
    """The areas named by a level word, in order; "Jl. Kelurahan Lama" is a street and names none."""
    marks = list(_LEVEL_HINT.finditer(lowered))
    out: list[NamedArea] = []
    for position, mark in enumerate(marks):
        if _is_street_name(lowered, mark.start()):
            continue
        end = marks[position + 1].start() if position + 1 < len(marks) else len(lowered)
        text = lowered[mark.end() : end]
        stop = _NAME_END.search(text)
        if stop:
            text = text[: stop.start()]
        words = [word for word in text.strip(_EDGES).split()[:_MAX_NAME_WORDS] if word not in FILLER_WORDS]
        name = " ".join(words)
        if len(name) > 2 and name not in _NOT_NAMES:
            out.append(NamedArea(_LEVEL_OF_WORD[mark[1]], name, mark[1]))
    return tuple(out)


_STREET_BEFORE = re.compile(r"(?:jl|jln|jalan|gg|gang|kantor|balai|ktr)\W{0,3}$")


def _is_street_name(lowered: str, start: int) -> bool:
    return _STREET_BEFORE.search(lowered[max(0, start - 10) : start]) is not None


def _street_of(line: str, lowered: str, named: tuple[NamedArea, ...]) -> str:
    """The line up to its RT/RW or its first named area."""
    end = len(line)
    if "rt" in lowered or "rw" in lowered:
        stop = _STOP.search(lowered)
        if stop:
            end = stop.start()
    if named:
        mark = _LEVEL_HINT.search(lowered)
        while mark and _is_street_name(lowered, mark.start()):
            mark = _LEVEL_HINT.search(lowered, mark.end())
        if mark and mark.start() < end:
            end = mark.start()
    return line[:end].strip(_EDGES)


def _postcode_of(kode_pos: str, lowered: str) -> str:
    digits = kode_pos.strip()
    if digits.endswith(".0"):
        digits = digits[:-2]  # a number cell of a workbook
    if digits and digits.strip("0-. "):
        return digits[:MAX_FIELD_LENGTH]
    found = _POSTCODE.search(lowered)
    return found[1] if found else ""


def parse(address: AddressInput) -> ParsedAddress:
    """Reads any input in bounded time; what cannot be read stays empty."""
    line = cleaned(address.alamat, MAX_LINE_LENGTH)
    lowered = line.lower()
    if len(lowered) != len(line):
        lowered = line.casefold()[: len(line)]
    rt, rw, invalid = read_rt_rw(address.rt_rw) if address.rt_rw else ("", "", False)
    if not (rt and rw) and ("rt" in lowered or "rw" in lowered):
        text_rt, text_rw, found = _marked_rt_rw(lowered)
        rt, rw, invalid = rt or text_rt, rw or text_rw, invalid and not found
    named = read_named(lowered) if lowered else ()
    street = _street_of(line, lowered, named)
    number = _NUMBER.search(lowered) if "n" in lowered else None
    block = _BLOCK.search(lowered) if "b" in lowered or "k" in lowered else None
    by_street = number is not None or _STREET_WORD.search(lowered) is not None
    return ParsedAddress(
        line=line,
        street=street if any(char.isalpha() for char in street) else "",
        number=line[number.start(1) : number.end(1)].strip() if number else "",
        block=line[block.start(1) : block.end(1)].strip() if block else "",
        rt=rt,
        rw=rw,
        rt_rw_invalid=invalid,
        postcode=_postcode_of(address.kode_pos, lowered),
        named=named,
        is_landmark=not by_street and _PLACE_BY.search(lowered) is not None,
    )
