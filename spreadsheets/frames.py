"""How the reading process hands rows to its caller: length-prefixed frames of plain values through a pipe.

`marshal` is used because it carries numbers and texts faster than anything else in the standard library and
builds no objects of other classes, whatever the bytes. Dates, which it does not know, travel beside the rows.
"""

from __future__ import annotations

import datetime as dt
import marshal
import struct
from typing import Any, NamedTuple

from spreadsheets.cells import Cell

STARTED, OPENED, ROWS, REFUSED, ENDED = b"S", b"O", b"R", b"X", b"E"
HEAD = struct.Struct("!cI")
MAX_FRAME_BYTES = 256 * 1024 * 1024
# Before version 3 every object is written out: half the time, a little more in the pipe.
_MARSHAL_VERSION = 2

# One date, time or date with time: row index, column index and the constructor's numbers (3, 4 or 7 of them).
Moment = tuple[int, int, tuple[int, ...]]
RowsContent = tuple[list[int], list[list[Cell]], list[Moment]]


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


def moment_numbers(value: dt.date | dt.time) -> tuple[int, ...]:
    """The numbers that rebuild a date, a time or a date with time."""
    if isinstance(value, dt.datetime):
        return (value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond)
    if isinstance(value, dt.date):
        return (value.year, value.month, value.day)
    return (value.hour, value.minute, value.second, value.microsecond)


def sheet_rows(numbers: list[int], rows: list[list[Cell]], moments: list[Moment]) -> list[SheetRow]:
    """The rows of one frame, their dates put back in place and their empty texts made empty cells."""
    for row, column, parts in moments:
        rows[row][column] = _moment(parts)
    return [
        SheetRow(number, tuple([None if cell == "" else cell for cell in cells]))
        for number, cells in zip(numbers, rows, strict=True)
    ]


def _moment(parts: tuple[int, ...]) -> dt.date | dt.time:
    if len(parts) == 3:
        return dt.date(*parts)
    if len(parts) == 4:
        return dt.time(*parts)
    year, month, day, hour, minute, second, microsecond = parts
    return dt.datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 - sheets have no zone
