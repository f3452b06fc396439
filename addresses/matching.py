"""Find one name among the areas of a parent: exact, former, abbreviated, mistyped; with score and margin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from addresses.gazetteer import NameIndex
from addresses.names import (
    ROMAN,
    abbreviates,
    join_words,
    key_of,
    plain,
    sound_of,
    without_level_word,
    words_of,
)
from addresses.outcome import Status

NOTHING_FOUND_SCORE: Final = 60
"""Names less alike than this are no candidates."""


@dataclass(frozen=True, slots=True)
class Found:
    """The areas a name may mean. One code and `sure`: it is that one. Several: it could be any of them."""

    codes: tuple[str, ...]
    status: Status
    score: int
    sure: bool
    abbreviated: bool = False
    others: tuple[tuple[str, int], ...] = ()


NOT_FOUND: Final = Found((), Status.UNCONFIRMED, 0, sure=False)


def allowed_errors(length: int) -> int:
    """How many letters may differ in a name of this length for it to count as a typing error."""
    return 1 if length <= 5 else 2 if length <= 9 else 3


def find(index: NameIndex, text: str, level: str) -> Found:
    """The best reading of `text` among the areas of one parent; one word of `level` may be stripped."""
    found = find_exactly(index, text, level)
    if found.codes:
        return found
    stripped = without_level_word(text, level)[1]
    for reading in (stripped, text) if stripped else (text,):
        found = _abbreviated(index, reading)
        if not found.codes:
            found = _mistyped(index, reading)
        if found.codes:
            return found
    head = _head(text)
    return find_exactly(index, head, level) if head else NOT_FOUND


def find_exactly(index: NameIndex, text: str, level: str) -> Found:
    """Today's or a former name, as typed or without its level word."""
    key = key_of(text)
    hit = index.today.get(key)
    if hit:
        return Found(hit, Status.CONFIRMED, 100, sure=len(hit) == 1)
    word, stripped = without_level_word(text, level)
    bare = key_of(stripped) if stripped else ""
    hit = index.today.get(bare) if bare else None
    if hit:
        hit = _of_kind(hit, word) if len(hit) > 1 and level == "village" else hit
        return Found(hit, Status.CONFIRMED, 100, sure=len(hit) == 1)
    hit = index.former.get(key) or (index.former.get(bare) if bare else None)
    if hit:
        return Found(hit, Status.ALIASED, 100, sure=len(hit) == 1)
    return NOT_FOUND


def _of_kind(codes: tuple[str, ...], word: str) -> tuple[str, ...]:
    """Where a kelurahan and a desa of one district share a name, the level word tells them apart."""
    kinds = {"1"} if word.startswith("kel") else {"2", "3"}
    return tuple(code for code in codes if code[9] in kinds) or codes


_CUT = re.compile(r"[,;(/|]|\b(?:rt|rw|kec|kecamatan|kab|kabupaten)\b", re.IGNORECASE)


def _head(text: str) -> str:
    """What stands before a comma, a bracket or a further level word: "Karangasih / Cikarang Utara"."""
    cut = _CUT.search(text)
    return text[: cut.start()].strip() if cut and cut.start() > 2 else ""


def _abbreviated(index: NameIndex, text: str) -> Found:
    """A name whose short words shorten those of exactly one area: "Lb Gajah" is Labuhan Gajah."""
    words = plain(text).split()
    if len(words) < 2 or not any(len(word) <= 4 for word in words):
        return NOT_FOUND
    hits: list[str] = []
    for key, code in zip(index.keys, index.codes, strict=True):
        if code not in hits and key[0] == words[0][0] and _shortens(words, key):
            hits.append(code)
    if not hits:
        return NOT_FOUND
    return Found(tuple(hits), Status.CORRECTED, 92, sure=len(hits) == 1, abbreviated=True)


def _shortens(words: list[str], key: str) -> bool:
    """Whether the words, each whole or short for something, make up the key."""
    tail = join_words(words_of("x " + " ".join(words[1:]))[1:])
    if key.endswith(tail) and len(words[0]) <= 4:
        return abbreviates(words[0], key[: len(key) - len(tail)])
    if words[-1] in ROMAN or words[-1].isdigit():
        return False  # "Kebo I" is not short for "Kebo Ilir"
    head = join_words(words_of(" ".join(words[:-1])))
    return len(words[-1]) <= 4 and key.startswith(head) and abbreviates(words[-1], key[len(head) :] or " ")


def _old_spelling(index: NameIndex, key: str) -> str:
    """The only area whose name sounds the same: "Soekamadjoe" is Sukamaju. "" when none or several do."""
    sound = sound_of(key)
    hits = {code for name, code in zip(index.keys, index.codes, strict=True) if sound_of(name) == sound}
    return hits.pop() if len(hits) == 1 else ""


def _mistyped(index: NameIndex, text: str) -> Found:
    """The nearest key by typing errors (a transposition is one), when the runner-up is clearly further."""
    key = key_of(text)
    if len(key) < 3:
        return NOT_FOUND
    same_sound = _old_spelling(index, key)
    if same_sound:
        return Found((same_sound,), Status.CORRECTED, 92, sure=True)
    limit = allowed_errors(len(key))
    hits = process.extract(key, index.keys, scorer=OSA.distance, score_cutoff=limit + 1, limit=6)
    ranked: list[tuple[str, int]] = []
    for _, distance, position in hits:
        code = index.codes[position]
        if code not in (other for other, _ in ranked):
            ranked.append((code, int(distance)))
    if not ranked:
        return NOT_FOUND
    best = ranked[0][1]
    scored = tuple((code, round(100 * (1 - distance / max(len(key), 1)))) for code, distance in ranked)
    if best > limit or scored[0][1] < NOTHING_FOUND_SCORE:
        return NOT_FOUND
    margin = ranked[1][1] - best if len(ranked) > 1 else 99
    sure = margin >= 1 if best == 1 else margin >= 2
    if not sure:
        return Found(
            tuple(code for code, _ in ranked), Status.CORRECTED, scored[0][1], sure=False, others=scored
        )
    return Found((ranked[0][0],), Status.CORRECTED, scored[0][1], sure=True, others=scored)
