"""Fit text into a box: shrink it, then wrap it, then cut it with an ellipsis; it never leaves the box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from labels.typeface import ASCENT, CAP_HEIGHT, DESCENT, ELLIPSIS, Face, Typeface, printable, typeface

Align = Literal["left", "centre", "right"]
Anchor = Literal["top", "middle", "bottom"]

EXTENT = ASCENT + DESCENT
PITCH = 1.2
# Down to this share of its full size a line on a label shrinks whole; only then is wrapping tried.
COMFORTABLE = 0.78
# Wrapping must gain this much in size over shrinking alone, or the line stays whole.
WRAP_GAIN = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBox:
    """Where a text goes, in millimetres from the cell's lower left corner, and how large it may be."""

    x: float
    y: float
    width: float
    height: float
    size: float
    least: float
    face: Face = "R"
    rows: int = 1
    align: Align = "left"
    anchor: Anchor = "top"
    comfortable: float = COMFORTABLE


@dataclass(frozen=True, slots=True)
class FittedText:
    """Rows of text at one size in millimetres, all of which fit their box."""

    size: float
    rows: tuple[str, ...]


def fit(lines: Iterable[str], box: TextBox) -> FittedText:
    """The lines as they fit the box: as large as it holds them, wrapped or cut only when they must be."""
    texts = [text for text in map(printable, lines) if text]
    if not texts:
        return FittedText(box.size, ())
    face = typeface(box.face)
    sizes = sizes_by_rows(box)
    best = FittedText(0, ())
    # Fewer, longer rows may be larger than many short ones.
    for count in range(min(len(texts), box.rows), 0, -1):
        merged = _merged(texts, count)
        widest = max(1, *map(face.width, merged))
        size = min(sizes[count], box.width * 1000 / widest)
        if size > best.size * WRAP_GAIN:
            best = FittedText(size, tuple(merged))
    if best.size < box.size * box.comfortable:
        best = _wrapped_larger(_merged(texts, box.rows), box, face, best)
    return best if best.size >= box.least else _cut(texts, box, face)


def sizes_by_rows(box: TextBox) -> tuple[float, ...]:
    """The largest size at which 0, 1, 2 … rows stand in the box."""
    return tuple(
        min(box.size, box.height / (EXTENT + max(0, rows - 1) * PITCH)) for rows in range(box.rows + 1)
    )


def _wrapped_larger(texts: list[str], box: TextBox, face: Typeface, best: FittedText) -> FittedText:
    """The texts broken between words, when that is worth it."""
    words = [[(word, face.width(word)) for word in text.split(" ")] for text in texts]
    space = face.width(" ")
    sizes = sizes_by_rows(box)
    for rows in range(len(texts) + 1, box.rows + 1):
        wrapped = _wrapped(words, box.width * 1000 / sizes[rows], space)
        if wrapped and len(wrapped) <= rows and sizes[rows] > best.size * WRAP_GAIN:
            best = FittedText(sizes[rows], tuple(wrapped))
    return best


def first_baseline(box: TextBox, size: float, rows: int) -> float:
    """The height of the first row's baseline when so many rows of that size stand in the box."""
    below = (rows - 1) * PITCH * size
    if box.anchor == "top":
        return box.y + box.height - ASCENT * size
    if box.anchor == "bottom":
        return box.y + DESCENT * size + below
    # Middle of the capitals; held inside the box.
    middle = box.y + (box.height + below - CAP_HEIGHT * size) / 2
    return min(max(middle, box.y + DESCENT * size + below), box.y + box.height - ASCENT * size)


def _merged(texts: list[str], rows: int) -> list[str]:
    """At most `rows` lines: the last ones share a line, because the first says more."""
    return texts if len(texts) <= rows else [*texts[: rows - 1], ", ".join(texts[rows - 1 :])]


def _wrapped(texts: Sequence[Sequence[tuple[str, int]]], limit: float, space: int) -> list[str] | None:
    """Texts of measured words in rows no wider than `limit`; None when a word alone is wider."""
    rows: list[str] = []
    for words in texts:
        row, length = words[0]
        if length > limit:
            return None
        for word, width in words[1:]:
            if width > limit:
                return None
            if length + space + width <= limit:
                row, length = f"{row} {word}", length + space + width
            else:
                rows.append(row)
                row, length = word, width
        rows.append(row)
    return rows


def _cut(texts: list[str], box: TextBox, face: Typeface) -> FittedText:
    """The texts at the least size, spare rows given to those that need them, the rest cut."""
    size = min(box.least, box.height / EXTENT)
    available = max(1, min(box.rows, int((box.height / size - EXTENT) / PITCH + 1)))
    texts = _merged(texts, available)
    limit = box.width * 1000 / size
    spare = available - len(texts)
    rows: list[str] = []
    for text in texts:
        broken = _broken(text, limit, face)
        granted = min(len(broken), 1 + spare)
        spare -= granted - 1
        rows += broken[:granted]
        if granted < len(broken):
            rows[-1] = _ellipsed(rows[-1] + " " + broken[granted], limit, face)
    return FittedText(size, tuple(rows))


def _broken(text: str, limit: float, face: Typeface) -> list[str]:
    """The text in rows no wider than `limit`, broken between words, and inside a word that alone is wider."""
    rows: list[str] = []
    for word in text.split(" "):
        if rows and face.width(f"{rows[-1]} {word}") <= limit:
            rows[-1] = f"{rows[-1]} {word}"
            continue
        while face.width(word) > limit and len(word) > 1:
            head = _head(word, limit, face)
            rows.append(word[:head])
            word = word[head:]
        rows.append(word)
    return rows


def _head(word: str, limit: float, face: Typeface) -> int:
    width = 0
    for count, character in enumerate(word):
        width += face.width(character)
        if width > limit:
            return max(1, count)
    return len(word)


def _ellipsed(text: str, limit: float, face: Typeface) -> str:
    room = limit - face.width(ELLIPSIS)
    return text[: _head(text, room, face)].rstrip(" ,") + ELLIPSIS
