"""The two typefaces of the labels: which characters they hold, how wide they are, and their part in a PDF."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Literal

from reportlab.pdfbase.ttfonts import TTFontFile

Face = Literal["R", "B"]

FONTS = Path(__file__).parent / "fonts"
FILES: dict[Face, str] = {"R": "NotoSans-SemiCondensed.ttf", "B": "NotoSans-SemiCondensedBold.ttf"}
MISSING = "\ufffd"
ELLIPSIS = "…"
# No name or street is longer; what is, was pasted by mistake and would only cost time to fit.
MAX_TEXT_LENGTH = 300

# Height above and below the baseline that any glyph may take, in em; the highest are Vietnamese capitals.
ASCENT = 1.07
DESCENT = 0.29
CAP_HEIGHT = 0.714


class Typeface:
    """One font file. Its character codes in a PDF are Unicode code points, whatever the subset."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.file = TTFontFile(str(FONTS / FILES[face]))
        self._widths: dict[str, int] = _Widths(self.file.charWidths)

    def width(self, text: str) -> int:
        """The advance of the text in thousandths of its size; the text is `printable`."""
        return sum(map(self._widths.__getitem__, text))


class _Widths(dict[str, int]):
    def __init__(self, by_code: dict[int, float]) -> None:
        super().__init__({chr(code): round(width) for code, width in by_code.items()})

    def __missing__(self, character: str) -> int:
        return self[MISSING]


@lru_cache(maxsize=2)
def typeface(face: Face) -> Typeface:
    """The typeface, read once in a process."""
    return Typeface(face)


def printable(text: str) -> str:
    """The text as it can be drawn: composed, one space between words, no control or direction marks.

    A character that the typeface lacks becomes U+FFFD, so that a clerk sees that something is missing. Of a
    pile of combining marks on one letter the first stays: more would reach into other lines.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text[:MAX_TEXT_LENGTH].split())
    known = typeface("R").file.charToGlyph
    kept: list[str] = []
    # A mark needs a letter before it, and a letter takes one.
    marked = True
    for character in unicodedata.normalize("NFC", text[: 4 * MAX_TEXT_LENGTH]):
        category = unicodedata.category(character)
        if category == "Cf":
            continue
        if category[0] in "CZ":
            kept.append(" ")
            marked = True
        elif category in ("Mn", "Me"):
            if not marked:
                kept.append(character if ord(character) in known else MISSING)
            marked = True
        else:
            kept.append(character if ord(character) in known else MISSING)
            marked = False
    return " ".join("".join(kept)[:MAX_TEXT_LENGTH].split())
