"""How the reading process hands rows to its caller: length-prefixed frames of plain values through a pipe.

`marshal` is used because it carries numbers and texts faster than anything else in the standard library and
builds no objects of other classes, whatever the bytes. Dates, which it does not know, travel beside the rows.
"""

from __future__ import annotations

import datetime as dt
import marshal
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

# Not at run time: the reading process starts sooner without the readers of cells.
if TYPE_CHECKING:
    from spreadsheets.cells import Cell

STARTED, OPENED, ROWS, REFUSED, ENDED = b"S", b"O", b"R", b"X", b"E"
HEAD = struct.Struct("!cI")
MAX_FRAME_BYTES = 256 * 1024 * 1024
# Before version 3 every object is written out: half the time, a little more in the pipe.
_MARSHAL_VERSION = 2

# A column of a frame: what its values are ("" for plain ones, "r" for repeated texts, else all moments of one kind, as
# ISO texts), the values (of repeated texts: each once), and what belongs to some or all of them: of moments that stand
# among plain values their index, kind and ISO text, of repeated texts the place of each among those given once.
PackedColumn = tuple[str, "Sequence[Cell]", list[tuple[int, str, str]] | bytes]
RowsContent = tuple[list[int], list[PackedColumn]]
_REPEATED = "r"
_MOST_REPEATED = 255  # a byte tells the place of each
_TEXTS = frozenset((str, type(None)))
_PLAIN = frozenset((str, float, bool, int, type(None)))
_MOMENTS = {dt.date: "d", dt.datetime: "m", dt.time: "t"}
_FROM_TEXT: dict[str, Callable[[str], dt.date | dt.time]] = {
    "d": dt.date.fromisoformat,
    "m": dt.datetime.fromisoformat,
    "t": dt.time.fromisoformat,
}


class SheetRow(NamedTuple):
    """One row of a sheet: its number as the spreadsheet program shows it (from 1), and its cells."""

    number: int
    cells: tuple[Cell, ...]


def frame(kind: bytes, content: Any = None) -> bytes:
    """The bytes of one frame."""
    body = marshal.dumps(content, _MARSHAL_VERSION)
    return HEAD.pack(kind, len(body)) + body


def content_of(body: bytes) -> object:
    """What a frame's body holds."""
    return marshal.loads(body)  # noqa: S302 - bytes of our own child; no classes, no code is run


def packed_column(values: Sequence[Any]) -> PackedColumn:
    """A column's values as `marshal` carries them; what is neither plain nor a moment becomes its text."""
    kinds = set(map(type, values))
    if kinds <= _TEXTS and (places := _places(values)):
        return (_REPEATED, list(places), bytes(map(places.__getitem__, values)))
    if kinds <= _PLAIN:
        return ("", values, [])
    if len(kinds) == 1 and (kind := _MOMENTS.get(next(iter(kinds)), "")):
        return (kind, [value.isoformat() for value in values], [])
    plain, moments = list(values), []
    for index, value in enumerate(values):
        if type(value) in _MOMENTS:
            moments.append((index, _MOMENTS[type(value)], value.isoformat()))
            plain[index] = None
        elif type(value) not in _PLAIN:
            plain[index] = str(value)
    return ("", plain, moments)


def _places(values: Sequence[Any]) -> dict[Any, int]:
    """Number the different texts of a column; nothing where most are different."""
    different = dict.fromkeys(values)
    if len(different) > min(_MOST_REPEATED, len(values) // 4):
        return {}
    return {value: place for place, value in enumerate(different)}


def sheet_rows(numbers: list[int], columns: list[PackedColumn]) -> list[SheetRow]:
    """The rows of one frame; empty texts are empty cells."""
    return list(map(SheetRow, numbers, zip(*map(_column, columns), strict=True)))


def _column(packed: PackedColumn) -> Iterable[Cell]:
    kind, values, others = packed
    if kind == _REPEATED:
        # each is one object then: half the memory, and found sooner where it is looked for
        return map([value or None for value in values].__getitem__, cast("bytes", others))
    if kind:
        return map(_FROM_TEXT[kind], cast("Sequence[str]", values))
    moments = cast("list[tuple[int, str, str]]", others)
    if "" in values or moments:
        values = [None if value == "" else value for value in values]
        for index, its_kind, text in moments:
            values[index] = _FROM_TEXT[its_kind](text)
    return values
