"""Read any sheet that an office or the post sends, in chunks of rows, through a process that may die of it.

    with open_sheet(path) as sheet:
        for chunk in sheet:          # while the reading process prepares the next chunk
            for number, cells in chunk: ...

The first visible sheet that holds anything is read, or each in its turn (`open_sheets`). Empty rows are left
out, but every row keeps the number that the spreadsheet program shows. Numbers of workbooks come as floats, cells
of CSV as text. What is wrong with the file arrives as SheetError, from `open_sheet` itself or while the rows are
taken.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import cast

from spreadsheets import frames
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.formats import SheetKind
from spreadsheets.frames import SheetRow
from spreadsheets.jail import NOTHING_ELSE, Jail, ReaderUnavailable
from spreadsheets.limits import Limits

__all__ = [
    "NOTHING_ELSE",
    "Limits",
    "ReaderUnavailable",
    "Sheet",
    "SheetKind",
    "SheetRow",
    "open_sheet",
    "open_sheets",
]

_DEFAULT = Limits()


class Sheet:
    """An open sheet: iterate once over its chunks of rows, or over `rows()` one by one."""

    def __init__(self, jail: Jail, *, kind: SheetKind, name: str, last_row: int | None) -> None:
        self._jail = jail
        self._ended = False
        # What opens the sheet behind this one, once this one is read.
        self.following: object = None
        self.kind = kind
        self.name = name
        # The number of the last row, for a progress bar; None where only reading tells (CSV).
        self.last_row = last_row
        self.process_id = jail.process_id

    def __iter__(self) -> Iterator[list[SheetRow]]:
        while not self._ended:
            kind, content = self._jail.receive()
            if kind == frames.ROWS:
                yield frames.sheet_rows(*cast("frames.RowsContent", content))
            elif kind == frames.OPENED:
                self._ended, self.following = True, content
            elif kind == frames.ENDED:
                self._ended = True
            else:
                raise SheetError(SheetFault.UNREADABLE)

    def rows(self) -> Iterator[SheetRow]:
        """The rows of all chunks in order."""
        return chain.from_iterable(self)


@contextmanager
def open_sheets(
    path: str | os.PathLike[str], *, limits: Limits = _DEFAULT, meanwhile: Iterator[object] = NOTHING_ELSE
) -> Iterator[Iterator[Sheet]]:
    """Open the file in a process of its own and give the visible sheets that hold anything, in their order.

    What is left of a sheet is passed over when the next one is taken. The process is gone when the block ends. While
    it is silent, as when it opens a large workbook, the next of the steps `meanwhile` is taken.
    """
    with Jail(path, limits, meanwhile) as jail:
        yield _sheets(jail)


@contextmanager
def open_sheet(path: str | os.PathLike[str], *, limits: Limits = _DEFAULT) -> Iterator[Sheet]:
    """Open the first visible sheet of a file that holds anything, as `open_sheets` does."""
    with open_sheets(path, limits=limits) as sheets:
        yield next(sheets)


def _sheets(jail: Jail) -> Iterator[Sheet]:
    kind, opening = jail.receive()
    if kind != frames.OPENED:
        raise SheetError(SheetFault.UNREADABLE)
    while opening is not None:
        format_name, name, last_row = cast("tuple[str, str, int | None]", opening)
        sheet = Sheet(jail, kind=SheetKind(format_name), name=name, last_row=last_row)
        yield sheet
        for _rest in sheet:
            pass
        opening = sheet.following
