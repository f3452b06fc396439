"""Read a status file: find its header, take the allowed columns, understand numbers and dates."""

from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from delivery.courier_files.layouts import LONG_NUMBER, KnownLayouts, find_layout
from delivery.courier_files.rows import Layout, RowOutcome, StatusRow
from delivery.couriers import Courier, folded
from shipments.numbers import normalise
from spreadsheets.cells import Cell, identifier, shown, text, when
from spreadsheets.faults import CellError, CellFault, SheetError, SheetFault
from spreadsheets.frames import SheetRow
from spreadsheets.reading import open_sheet

# Clocks differ; a date further ahead than this is a mistake.
AHEAD_ALLOWED = timedelta(hours=2)
_TEXT_CHARACTERS, _PLACE_CHARACTERS, _SHOWN_CHARACTERS = 120, 80, 40
_YES = frozenset({"1", "Y", "YA", "YES", "TRUE", "RETUR", "RETURN", "RETURNED"})


def read_status_file(
    path: str | Path, *, courier: Courier, zone: ZoneInfo, now: datetime, known: KnownLayouts | None = None
) -> tuple[Layout, list[StatusRow]]:
    """Read the file's rows in `zone`, the office's local time; rows with a damaged number or date have ended.

    `known` are the layouts that people have described. Raises SheetError for a file that cannot be read or lacks a
    column.
    """
    with open_sheet(path) as sheet:
        layout, rows = find_layout(sheet.rows(), known)
        reader = _Reader(layout, courier=courier, zone=zone, latest=now + AHEAD_ALLOWED)
        found = [row for row in map(reader.read, rows) if row is not None]
    if not found:
        raise SheetError(SheetFault.EMPTY)
    return layout, found


class _Reader:
    """Turns the cells of one layout into rows."""

    def __init__(self, layout: Layout, *, courier: Courier, zone: ZoneInfo, latest: datetime) -> None:
        self._courier = courier
        self._zone = zone
        self._latest = latest
        self._width = max(layout.indices) + 1
        self._take = itemgetter(*layout.indices)  # three columns at least, so that it gives a tuple
        self._at = {name: place for place, name in enumerate(layout.fields)}
        self._texts: dict[Cell, str] = {}
        self._moments: dict[Cell, datetime] = {}

    def read(self, sheet_row: SheetRow) -> StatusRow | None:
        """Give the row, or None for a line that carries none of the three things that make a row."""
        cells = sheet_row.cells
        if len(cells) < self._width:
            cells = cells + (None,) * (self._width - len(cells))
        taken: tuple[Cell, ...] = self._take(cells)
        at = self._at
        status, date = taken[at["status"]], taken[at["date"]]
        numbers = [taken[at[name]] for name in ("number", "reference") if name in at]
        if status is None and date is None and not any(numbers):
            return None
        row = StatusRow(sheet_row.number, self._kept(taken))
        row.status_text = self._folded(status)
        row.remark_text = self._remark(taken)
        if "place" in at:
            row.place = self._text(taken[at["place"]])[:_PLACE_CHARACTERS]
        row.occurred_text = (date if type(date) is str else shown(date))[:_SHOWN_CHARACTERS]
        self._read_number(row, numbers)
        if row.outcome is None:
            self._read_moment(row, date)
        return row

    def _kept(self, taken: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Give the cells for the result workbook: of who received it only a relation, of a remark no long number."""
        kept = taken
        for name, clean in (("received_by", self._relation), ("remark", self._without_numbers)):
            place = self._at.get(name)
            if place is not None and kept[place] is not None:
                kept = (*kept[:place], clean(kept[place]), *kept[place + 1 :])
        return kept

    def _relation(self, cell: Cell) -> str:
        said = self._folded(cell)
        return said if self._courier.is_relation(said) else ""

    def _without_numbers(self, cell: Cell) -> str:
        # a remark is free text; a phone or identity number in it is not kept
        return LONG_NUMBER.sub("…", self._text(cell))

    def _remark(self, taken: tuple[Cell, ...]) -> str:
        at = self._at
        said = self._folded(taken[at["remark"]]) if "remark" in at else ""
        if "returned" in at and self._folded(taken[at["returned"]]) in _YES:
            said = f"{said}; RETUR" if said else "RETUR"
        if not said and "received_by" in at:
            said = self._relation(taken[at["received_by"]])
        return said

    def _read_number(self, row: StatusRow, numbers: list[Cell]) -> None:
        """Take the post's number and, where it has a column, our reference."""
        read: list[str] = []
        for cell in numbers:
            try:
                read.append(normalise(identifier(cell)).value[:_SHOWN_CHARACTERS])
            except CellError as fault:
                row.number = fault.value[:_SHOWN_CHARACTERS]
                row.end(RowOutcome.DAMAGED_NUMBER)
                return
        row.number = read[0] or read[-1]
        row.reference = read[-1]

    def _read_moment(self, row: StatusRow, cell: Cell) -> None:
        moment = self._moments.get(cell)
        if moment is None:
            try:
                moment = when(cell, zone=self._zone).astimezone(UTC)
            except CellError as fault:
                row.end(RowOutcome.BAD_DATE, ambiguous=fault.code is CellFault.DATE_AMBIGUOUS)
                return
            except OverflowError:
                row.end(RowOutcome.BAD_DATE)
                return
            self._moments[cell] = moment
        if moment > self._latest:
            row.end(RowOutcome.FUTURE_DATE)
        row.occurred_at = moment

    def _text(self, cell: Cell) -> str:
        found = self._texts.get(cell)
        if found is None:
            found = self._texts[cell] = text(cell)
        return found

    def _folded(self, cell: Cell) -> str:
        return folded(self._without_numbers(cell))[:_TEXT_CHARACTERS] if cell is not None else ""
