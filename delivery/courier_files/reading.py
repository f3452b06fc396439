"""Read a status file: find its header, take the allowed columns, understand numbers and dates."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from delivery.courier_files.layouts import LONG_NUMBER, KnownLayouts, find_layout
from delivery.courier_files.rows import IN_FIGURES, Layout, RowOutcome, StatusRow
from delivery.couriers import CHARACTERS_KEPT, Courier, as_kept
from shipments.numbers import NumberKind, canonical, normalise
from spreadsheets.cells import Cell, identifier, shown, text, when
from spreadsheets.choosing import open_chosen
from spreadsheets.faults import CellError, CellFault, SheetError, SheetFault
from spreadsheets.frames import SheetRow
from spreadsheets.reading import NOTHING_ELSE

# Clocks differ; a date further ahead than this is a mistake.
AHEAD_ALLOWED = timedelta(hours=2)
_PLACE_CHARACTERS, _SHOWN_CHARACTERS = 80, 40
_REMEMBERED = 50_000
_AT_ONCE = 5_000
# Most numbers come as they are kept; a figure before an E may be an exponent.
_AS_KEPT = re.compile(r"[A-Z]{2}[0-9]{6,38}(?:[A-Z]{2})?|[0-9]{11}")
_OF_ITEMS = frozenset({NumberKind.S10, NumberKind.POS, NumberKind.REFERENCE, NumberKind.WRONG_CHECK})
_CUT = "~"
_YES = frozenset({"1", "Y", "YA", "YES", "TRUE", "RETUR", "RETURN", "RETURNED"})


@contextmanager
def open_status_file(
    path: str | Path,
    *,
    courier: Courier,
    zone: ZoneInfo,
    now: datetime,
    known: KnownLayouts | None = None,
    meanwhile: Iterator[object] = NOTHING_ELSE,
) -> Iterator[tuple[Layout, int | None, Iterator[list[StatusRow]]]]:
    """Give the file's layout, its sheet's last row where that is known, and its rows, some at a time.

    While they are taken, a process of its own reads the next ones; while it is silent, steps of `meanwhile` are taken.

    Dates are in `zone`, the office's local time; rows with a damaged number or date have ended. `known` are the layouts
    that people have described. Raises SheetError for a file that cannot be read, lacks a column, has no row, or has
    rows on several sheets, at once or while the rows are taken.
    """
    find = partial(find_layout, known=known)
    with open_chosen(path, find, is_ours=_is_number, meanwhile=meanwhile) as (layout, rows, last_row):
        reader = _Reader(layout, courier=courier, zone=zone, latest=now + AHEAD_ALLOWED)
        yield layout, last_row, _some_at_a_time(reader, rows)


def _some_at_a_time(reader: "_Reader", sheet_rows: Iterator[SheetRow]) -> Iterator[list[StatusRow]]:
    found = False
    while some := list(islice(sheet_rows, _AT_ONCE)):
        if rows := reader.read(some):
            found = True
            yield rows
    if not found:
        raise SheetError(SheetFault.EMPTY)


@dataclass(frozen=True, slots=True)
class _Words:
    """What the words of a row say, and those of its cells that are kept in another form than they came."""

    status: str
    remark: str
    place: str
    cleaned: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _Date:
    """What the date of a row says: a moment, or why there is none."""

    shown: str
    moment: datetime | None = None
    fault: RowOutcome | None = None
    ambiguous: bool = False


class _Reader:
    """Turns the cells of one layout into rows. Rows repeat each other's words and dates: each is read once."""

    def __init__(self, layout: Layout, *, courier: Courier, zone: ZoneInfo, latest: datetime) -> None:
        self._courier = courier
        self._zone = zone
        self._latest = latest
        self._width = max(layout.indices) + 1
        self._take = itemgetter(*layout.indices)  # three columns at least, so that it gives a tuple
        self._at = at = {name: place for place, name in enumerate(layout.fields) if name}
        self._dated = [at[name] for name in ("date", "time") if name in at]
        self._number_at = at.get("number", at.get("reference", 0))
        self._reference_at = at.get("reference", self._number_at)
        self._said = [place for name, place in at.items() if name not in IN_FIGURES]
        self._words: dict[tuple[Cell, ...], _Words] = {}
        self._dates: dict[tuple[Cell, ...], _Date] = {}

    def read(self, sheet_rows: Sequence[SheetRow]) -> list[StatusRow]:
        """Give the rows of some lines, but for those that carry none of the three things that make a row.

        Column by column: three fifths of the time that row by row takes.
        """
        taken = [self._take(self._padded(cells)) for _line, cells in sheet_rows]
        columns = list(zip(*taken, strict=True))
        numbers = _numbers(columns[self._number_at])
        same = self._reference_at == self._number_at
        references = numbers if same else _numbers(columns[self._reference_at])
        words, dates = self._all_words(columns, taken), self._all_dates(columns)
        rows: list[StatusRow] = []
        for (line, _all), cells, number, reference, said, date in zip(
            sheet_rows, taken, numbers, references, words, dates, strict=True
        ):
            if not date.shown and self._is_empty(cells, number or reference):
                continue
            row = StatusRow(
                line, _with(said.cleaned, cells) if said.cleaned else cells, number or reference, reference, "",
                said.status, said.remark, said.place, date.shown, date.moment,
            )  # fmt: skip
            if date.fault is not None:
                row.end(date.fault, **({"ambiguous": date.ambiguous} if date.moment is None else {}))
            if type(number) is _Damaged or type(reference) is _Damaged:
                _end_damaged(row, number, reference)
            rows.append(row)
        return rows

    def _padded(self, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return cells if len(cells) >= self._width else cells + (None,) * (self._width - len(cells))

    def _is_empty(self, taken: tuple[Cell, ...], number: str) -> bool:
        """Say whether a line without a date says nothing else: a reference of 0 is what an empty formula gives."""
        has_number = number and (taken[self._number_at] is not None or taken[self._reference_at])
        return not has_number and not text(taken[self._at["status"]])

    def _all_words(
        self, columns: Sequence[Sequence[Cell]], taken: Sequence[tuple[Cell, ...]]
    ) -> list[_Words]:
        known = self._words.get
        said = zip(*(columns[place] for place in self._said), strict=True)
        return [
            known(words) or self._remember_words(words, cells)
            for words, cells in zip(said, taken, strict=True)
        ]

    def _all_dates(self, columns: Sequence[Sequence[Cell]]) -> list[_Date]:
        known = self._dates.get
        dated = zip(*(columns[place] for place in self._dated), strict=True)
        return [known(cells) or self._remember_date(cells) for cells in dated]

    def _remember_words(self, said: tuple[Cell, ...], taken: tuple[Cell, ...]) -> _Words:
        if len(self._words) >= _REMEMBERED:
            self._words.clear()
        words = self._words[said] = _Words(
            status=self._folded(taken[self._at["status"]]),
            remark=self._remark(taken),
            place=text(taken[self._at["place"]])[:_PLACE_CHARACTERS] if "place" in self._at else "",
            cleaned=tuple(self._cleaned(taken)),
        )
        return words

    def _cleaned(self, taken: tuple[Cell, ...]) -> Iterator[tuple[int, str]]:
        """Give the cells that are kept otherwise: of who received it only a relation, of free text no long number."""
        for name, clean in (
            ("received_by", self._relation), ("status", _without_numbers), ("remark", _without_numbers),
            ("reason", _without_numbers),
        ):  # fmt: skip
            place = self._at.get(name)
            if (
                place is not None
                and taken[place] is not None
                and (kept := clean(taken[place])) != taken[place]
            ):
                yield place, kept

    def _relation(self, cell: Cell) -> str:
        said = self._folded(cell)
        return said if self._courier.is_relation(said) else ""

    def _remark(self, taken: tuple[Cell, ...]) -> str:
        """Join all that a row says beside its status: any of it may make a delivery a return or a failed attempt."""
        at = self._at
        said = [self._folded(taken[at[name]]) for name in ("remark", "reason") if name in at]
        if "returned" in at and self._folded(taken[at["returned"]]) in _YES:
            said.append("RETUR")
        if "received_by" in at:
            said.append(self._relation(taken[at["received_by"]]))
        together = "; ".join(dict.fromkeys(filter(None, said)))
        if len(together) > CHARACTERS_KEPT:
            # no table knows the sign, so that what is left is never understood without what was cut
            together = f"{together[: CHARACTERS_KEPT - 1]}{_CUT}"
        return together

    def _remember_date(self, dated: tuple[Cell, ...]) -> _Date:
        if len(self._dates) >= _REMEMBERED:
            self._dates.clear()
        cell, time = dated if len(dated) > 1 else (dated[0], None)
        date = self._dates[dated] = self._date(
            cell, time, f"{text(cell)} {text(time)}".strip()[:_SHOWN_CHARACTERS]
        )
        return date

    def _date(self, cell: Cell, time: Cell, as_shown: str) -> _Date:
        try:
            moment = when(cell, zone=self._zone, time=time).astimezone(UTC)
        except CellError as fault:
            return _Date(as_shown, None, RowOutcome.BAD_DATE, fault.code is CellFault.DATE_AMBIGUOUS)
        except OverflowError:
            return _Date(as_shown, None, RowOutcome.BAD_DATE)
        return _Date(as_shown, moment, RowOutcome.FUTURE_DATE if moment > self._latest else None)

    def _folded(self, cell: Cell) -> str:
        return as_kept(_without_numbers(cell)) if cell is not None else ""


def _is_number(cell: Cell) -> bool:
    """Say whether a cell names an item: what only rows that tell of items have."""
    return normalise(shown(cell)[:_SHOWN_CHARACTERS]).kind in _OF_ITEMS


class _Damaged(str):
    """What is left of a number that a spreadsheet has damaged."""

    __slots__ = ()


def _numbers(column: Sequence[Cell]) -> list[str]:
    """Give the post's numbers or our references as they are kept."""
    is_kept = _AS_KEPT.fullmatch
    return [cell if type(cell) is str and is_kept(cell) else _number(cell) for cell in column]


def _number(cell: Cell) -> str:
    try:
        return canonical(identifier(cell))[:_SHOWN_CHARACTERS]
    except CellError as fault:
        return _Damaged(fault.value[:_SHOWN_CHARACTERS])


def _end_damaged(row: StatusRow, number: str, reference: str) -> None:
    row.number, row.reference = (number, "") if type(number) is _Damaged else (reference, "")
    row.end(RowOutcome.DAMAGED_NUMBER)


def _without_numbers(cell: Cell) -> str:
    # a remark is free text; a phone or identity number in it is not kept
    return LONG_NUMBER.sub("…", text(cell))


def _with(cleaned: Sequence[tuple[int, str]], taken: tuple[Cell, ...]) -> tuple[Cell, ...]:
    cells = list(taken)
    for place, kept in cleaned:
        cells[place] = kept
    return tuple(cells)
