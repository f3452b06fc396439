"""Choose the sheet that is meant: the first with a header of ours. No row of another sheet is lost unseen."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Generic, NamedTuple, TypeVar

from spreadsheets.cells import Cell, text
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.frames import SheetRow
from spreadsheets.headers import SEARCHED_ROWS
from spreadsheets.reading import NOTHING_ELSE, Sheet, open_sheets

FoundT = TypeVar("FoundT")
# Takes the rows of a sheet; gives what its header says and the rows below, or raises one of WITHOUT_HEADER.
Find = Callable[[Iterator[SheetRow]], tuple[FoundT, Iterator[SheetRow]]]
WITHOUT_HEADER = frozenset({SheetFault.NO_HEADER, SheetFault.MISSING_COLUMNS})
_NAME_CHARACTERS, _NAMES = 60, 10


class Chosen(NamedTuple, Generic[FoundT]):
    """What the header of the chosen sheet says, the rows below it, and its last row's number where it is known."""

    found: FoundT
    rows: Iterator[SheetRow]
    last_row: int | None


@contextmanager
def open_chosen(
    path: str | os.PathLike[str],
    find: Find[FoundT],
    *,
    is_ours: Callable[[Cell], bool],
    guides: Collection[str] = (),
    meanwhile: Iterator[object] = NOTHING_ELSE,
) -> Iterator[Chosen[FoundT]]:
    """Open the first visible sheet whose header `find` knows; give what it says and the rows below it.

    A cover may stand before it: at most `SEARCHED_ROWS` rows, none with a cell that only rows of ours have
    (`is_ours`). Other visible sheets with rows, except those named in `guides`, are refused by name
    (SheetError(MORE_SHEETS)), those behind when all rows are taken. Without any header, the fault of the sheet that
    comes nearest. `meanwhile` is as with `open_sheets`.
    """
    with open_sheets(path, meanwhile=meanwhile) as sheets:
        yield _chosen(sheets, find, is_ours, guides)


def heads(path: str | os.PathLike[str]) -> list[list[SheetRow]]:
    """The leading rows of the visible sheets that hold anything, up to the first that is too long to be a cover."""
    found: list[list[SheetRow]] = []
    with open_sheets(path) as sheets:
        for sheet in sheets:
            head = list(islice(sheet.rows(), SEARCHED_ROWS + 1))
            found.append(head[:SEARCHED_ROWS])
            if len(head) > SEARCHED_ROWS:
                break
    return found


def _chosen(
    sheets: Iterator[Sheet], find: Find[FoundT], is_ours: Callable[[Cell], bool], guides: Collection[str]
) -> Chosen[FoundT]:
    passed_over: list[str] = []
    nearest: SheetError | None = None
    for sheet in sheets:
        rows = sheet.rows()
        head = list(islice(rows, SEARCHED_ROWS + 1))
        try:
            found, below = find(chain(head, rows))
        except SheetError as fault:
            if fault.code not in WITHOUT_HEADER:
                raise
            if nearest is None or nearest.code is SheetFault.NO_HEADER:
                nearest = fault
            if len(head) > SEARCHED_ROWS or _holds_ours(head, is_ours):
                passed_over.append(sheet.name)
            continue
        if passed_over:
            raise _more_sheets(sheet.name, passed_over)
        return Chosen(found, chain(below, _nothing_behind(sheet.name, sheets, guides)), sheet.last_row)
    raise nearest if nearest is not None else SheetError(SheetFault.EMPTY)


def _holds_ours(head: Sequence[SheetRow], is_ours: Callable[[Cell], bool]) -> bool:
    return any(is_ours(cell) for row in head for cell in row.cells if cell is not None)


def _nothing_behind(name: str, sheets: Iterator[Sheet], guides: Collection[str]) -> Iterator[SheetRow]:
    """No rows, but a refusal when other sheets follow that hold some."""
    if others := [sheet.name for sheet in sheets if sheet.name not in guides]:
        raise _more_sheets(name, others)
    yield from ()


def _more_sheets(name: str, others: Sequence[str]) -> SheetError:
    shown = tuple(text(other)[:_NAME_CHARACTERS] for other in others[:_NAMES])
    return SheetError(SheetFault.MORE_SHEETS, sheet=text(name)[:_NAME_CHARACTERS], sheets=shown)
