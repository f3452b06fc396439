"""The reading process: opens one untrusted file on its standard input and sends its rows to standard output.

Run as `python -m spreadsheets.child LIMITS` by jail.py. Any unforeseen fault simply ends it; the caller turns
that into an error on the file.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import Any, BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from spreadsheets import frames
from spreadsheets.delimited import delimited_rows
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.formats import SheetKind, kind_of
from spreadsheets.limits import MAX_SHEET_ROWS, Limits, confine

ROWS_PER_FRAME = 2_000
CELLS_PER_FRAME = 50_000
# Shorter cells need no count of their own: a frame of them stays small.
LONG_CELL = 1_000
LONG_CHARACTERS_PER_FRAME = 4_000_000


def main() -> None:
    """Read the file on standard input within the limits given as JSON in the first argument."""
    limits = Limits(**json.loads(sys.argv[1]))
    confine(limits)
    # Millions of cells and no cycles: collecting would only cost time, and the process ends soon.
    gc.disable()
    send(frames.frame(frames.STARTED))
    try:
        with open(0, "rb") as file:
            read(file, limits)
    except SheetError as refused:
        send(frames.frame(frames.REFUSED, (str(refused.code), refused.params)))
    except PasswordError:
        send(frames.frame(frames.REFUSED, (str(SheetFault.ENCRYPTED), {})))
    except MemoryError:
        send(frames.frame(frames.REFUSED, (str(SheetFault.OUT_OF_MEMORY), {})))
    except CalamineError:
        send(frames.frame(frames.REFUSED, (str(SheetFault.UNREADABLE), {})))


def read(file: BinaryIO, limits: Limits) -> None:
    """Send the visible sheets that hold anything one after the other, in frames; then that nothing is missing."""
    kind = kind_of(file, limits)
    taken = 0
    if kind is SheetKind.CSV:
        opening = frames.frame(frames.OPENED, (str(kind), "", None))
        taken = send_rows(opening, packed(delimited_rows(file, limits), limits))
    else:
        for sheet in _visible_sheets(CalamineWorkbook.from_filelike(file)):
            taken += _send_sheet(sheet, kind, limits, taken)
    if not taken:
        raise SheetError(SheetFault.EMPTY)
    send(frames.frame(frames.ENDED))


def _send_sheet(sheet: CalamineSheet, kind: SheetKind, limits: Limits, taken: int) -> int:
    """Send one sheet, after others of so many rows; give its own number of rows."""
    # calamine leaves out the empty columns before the data, but not the empty rows.
    indent = sheet.start[1] if sheet.start else 0
    last_row = sheet.end[0] + 1 if sheet.end else 0
    if sheet.width + indent > limits.columns:
        raise SheetError(SheetFault.TOO_MANY_COLUMNS, found=sheet.width + indent, limit=limits.columns)
    opening = frames.frame(frames.OPENED, (str(kind), sheet.name, last_row))
    return send_rows(
        opening, packed(sheet.iter_rows(), limits, indent=indent, width=sheet.width, before=taken)
    )


def send_rows(opening: bytes, bodies: Iterator[tuple[int, bytes]]) -> int:
    """Send frames of rows behind the one that opens their sheet, if there are any; give how many rows they hold."""
    rows = 0
    for held, body in bodies:
        if not rows:
            send(opening)
        rows += held
        send(body)
    return rows


def packed(
    rows: Iterable[list[Any]], limits: Limits, *, indent: int = 0, width: int = 1, before: int = 0
) -> Iterator[tuple[int, bytes]]:
    """Frames of the rows that hold anything, each with their number, within the caps of rows, columns and characters.

    `indent` is the number of empty columns that stand before the first value of every row, `width` the number
    of the others, as far as it is known; `before` is the number of rows that other sheets have held.
    """
    iterator = iter(rows)
    per_frame = max(1, min(ROWS_PER_FRAME, CELLS_PER_FRAME // max(1, width)))
    margin: list[Any] = [None] * indent
    taken, first = before, 1
    while chunk := list(islice(iterator, per_frame)):
        numbers = list(range(first, first + len(chunk)))
        first += len(chunk)
        if not all(map(any, chunk)):
            numbers = [number for number, row in zip(numbers, chunk, strict=True) if not _is_empty(row)]
            chunk = [row for row in chunk if not _is_empty(row)]
        if indent:
            chunk = [margin + row for row in chunk]
        taken += len(chunk)
        if taken > limits.rows:
            raise SheetError(SheetFault.TOO_MANY_ROWS, limit=limits.rows)
        if numbers and numbers[-1] > MAX_SHEET_ROWS:
            raise SheetError(SheetFault.TOO_MANY_ROWS, limit=MAX_SHEET_ROWS)
        if chunk:
            yield from _frames(numbers, chunk, limits)


def _is_empty(row: list[Any]) -> bool:
    return not any(row) and all(value is None or value == "" for value in row)


def _frames(numbers: list[int], rows: list[list[Any]], limits: Limits) -> Iterator[tuple[int, bytes]]:
    """The rows in one frame, column by column, or in more frames where they hold very long texts; each counted."""
    width = max(map(len, rows))
    if width > limits.columns:
        raise SheetError(SheetFault.TOO_MANY_COLUMNS, found=width, limit=limits.columns)
    columns = list(zip_longest(*rows))
    long_characters = sum(_long_characters(values, numbers, limits) for values in columns)
    if long_characters <= LONG_CHARACTERS_PER_FRAME or len(rows) == 1:
        yield len(rows), frames.frame(frames.ROWS, (numbers, list(map(frames.packed_column, columns))))
        return
    half = len(rows) // 2
    yield from _frames(numbers[:half], rows[:half], limits)
    yield from _frames(numbers[half:], rows[half:], limits)


def _long_characters(values: Sequence[Any], numbers: list[int], limits: Limits) -> int:
    """How many characters the long texts of a column have together; SheetError when one is too long."""
    lengths = [len(value) if type(value) is str else 0 for value in values]
    longest = max(lengths)
    if longest > limits.cell_characters:
        row = next(
            number for number, length in zip(numbers, lengths, strict=True) if length > limits.cell_characters
        )
        raise SheetError(SheetFault.CELL_TOO_LONG, row=row, limit=limits.cell_characters)
    return sum(lengths) if longest > LONG_CELL else 0


def send(data: bytes) -> None:
    """Write all of it to standard output, waiting while the caller is busy."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _visible_sheets(workbook: CalamineWorkbook) -> Iterator[CalamineSheet]:
    """The sheets that hold anything, each opened when it is its turn."""
    for about in workbook.sheets_metadata:
        if about.typ == SheetTypeEnum.WorkSheet and about.visible == SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_name(about.name)
            if sheet.start is not None:
                yield sheet


if __name__ == "__main__":
    main()
    # All is said. To give the memory of millions of cells back one by one would only keep it longer.
    os._exit(0)
