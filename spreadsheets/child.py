"""The reading process: opens one untrusted file on its standard input and sends its rows to standard output.

Run as `python -m spreadsheets.child LIMITS` by jail.py. Any unforeseen fault simply ends it; the caller turns
that into an error on the file.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import sys
from collections.abc import Iterable, Iterator
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
from spreadsheets.limits import Limits, confine

ROWS_PER_FRAME = 2_000
CELLS_PER_FRAME = 50_000
# Shorter cells need no count of their own: a frame of them stays small.
LONG_CELL = 1_000
PLAIN_KINDS = frozenset((float, bool, int, type(None)))
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
    """Send the first visible sheet that holds anything, in frames."""
    kind = kind_of(file, limits)
    if kind is SheetKind.CSV:
        send(frames.frame(frames.OPENED, (str(kind), "", None)))
        send_all(packed(delimited_rows(file, limits), limits))
        return
    sheet = _first_sheet(CalamineWorkbook.from_filelike(file))
    # calamine leaves out the empty columns before the data, but not the empty rows.
    indent = sheet.start[1] if sheet.start else 0
    last_row = sheet.end[0] + 1 if sheet.end else 0
    if sheet.width + indent > limits.columns:
        raise SheetError(SheetFault.TOO_MANY_COLUMNS, found=sheet.width + indent, limit=limits.columns)
    send(frames.frame(frames.OPENED, (str(kind), sheet.name, last_row)))
    send_all(packed(sheet.iter_rows(), limits, indent=indent))


def send_all(bodies: Iterable[bytes]) -> None:
    """Send the frames, then the one that says that nothing is missing."""
    for body in bodies:
        send(body)
    send(frames.frame(frames.ENDED))


def packed(rows: Iterable[list[Any]], limits: Limits, *, indent: int = 0) -> Iterator[bytes]:
    """Frames of the rows that hold anything, within the caps of rows, columns and characters.

    `indent` is the number of empty columns that stand before the first value of every row.
    """
    packer = Packer(limits, indent)
    for number, row in enumerate(rows, 1):
        if not any(row) and all(value is None or value == "" for value in row):
            continue
        packer.add(number, row)
        if packer.is_full:
            yield packer.taken_frame()
    if not packer.total:
        raise SheetError(SheetFault.EMPTY)
    if packer.numbers:
        yield packer.taken_frame()


class Packer:
    """The rows of the frame that is being filled."""

    def __init__(self, limits: Limits, indent: int) -> None:
        self.limits = limits
        self.margin: list[Any] = [None] * indent
        self.total = 0
        self._begin()

    def _begin(self) -> None:
        self.numbers: list[int] = []
        self.bodies: list[list[Any]] = []
        self.moments: list[frames.Moment] = []
        self.cells = self.long_characters = 0

    @property
    def is_full(self) -> bool:
        """Whether the frame is large enough to be sent."""
        return (
            len(self.bodies) >= ROWS_PER_FRAME
            or self.cells >= CELLS_PER_FRAME
            or self.long_characters >= LONG_CHARACTERS_PER_FRAME
        )

    def taken_frame(self) -> bytes:
        """The filled frame; the next one begins empty."""
        body = frames.frame(frames.ROWS, (self.numbers, self.bodies, self.moments))
        self._begin()
        return body

    def add(self, number: int, row: list[Any]) -> None:
        """Add one row, whose list is kept: what cannot travel as a plain value is replaced in it."""
        body = self.margin + row if self.margin else row
        for column, value in enumerate(body):
            kind = type(value)
            if kind is str:
                if len(value) > LONG_CELL:
                    self._count_long(value, number)
            elif kind not in PLAIN_KINDS:
                if isinstance(value, (dt.date, dt.time)):
                    self.moments.append((len(self.bodies), column, frames.moment_numbers(value)))
                    body[column] = None
                else:
                    body[column] = str(value)
        self.numbers.append(number)
        self.bodies.append(body)
        self.cells += len(body)
        self.total += 1
        if self.total > self.limits.rows:
            raise SheetError(SheetFault.TOO_MANY_ROWS, limit=self.limits.rows)
        if len(body) > self.limits.columns:
            raise SheetError(SheetFault.TOO_MANY_COLUMNS, found=len(body), limit=self.limits.columns)

    def _count_long(self, value: str, number: int) -> None:
        if len(value) > self.limits.cell_characters:
            raise SheetError(SheetFault.CELL_TOO_LONG, row=number, limit=self.limits.cell_characters)
        self.long_characters += len(value)


def send(data: bytes) -> None:
    """Write all of it to standard output, waiting while the caller is busy."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _first_sheet(workbook: CalamineWorkbook) -> CalamineSheet:
    for about in workbook.sheets_metadata:
        if about.typ == SheetTypeEnum.WorkSheet and about.visible == SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_name(about.name)
            if sheet.start is not None:
                return sheet
    raise SheetError(SheetFault.EMPTY)


if __name__ == "__main__":
    main()
