"""Understand one cell: text, numbers that must stay exact, dates as Indonesian offices write them."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from functools import lru_cache
from zoneinfo import ZoneInfo

from spreadsheets.dates import FIRST_YEAR, LAST_YEAR, date_in, serial_date
from spreadsheets.faults import CellError, CellFault

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | None

# A text that begins with one of these is run as a formula by spreadsheets.
FORMULA_STARTS = "=+-@\t\r"
# A number cell keeps 15 digits: from here on the last ones are zeros that nobody typed.
DAMAGED_FROM = 10**15

# "Rabu Kliwon, 30 September 2020 pukul 23:59:59 WITA" and room to spare.
LONGEST_DATE = 80
_LONGEST_TIME = 40

# Controls, halves of characters and what is no character: PostgreSQL and XML refuse them. Then what has no width.
_INVISIBLE = dict.fromkeys(
    (
        *range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF,
        *map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"),
    )
)  # fmt: skip
_EXPONENT = re.compile(r"\d+[.,]\d+[eE][+-]?\d+|\d+[eE][+-]\d+")
_WHOLE_WITH_DECIMALS = re.compile(r"(\d+)[.,]0+")


def text(cell: Cell) -> str:
    """The cell as one line of text: spaces collapsed, no invisible or control characters, whole numbers without `.0`.

    The apostrophe that our own files put before a text like `=1` or `+62…` is taken off again.
    """
    if type(cell) is str:
        line = " ".join(cell.split())
        if not line.isprintable():
            line = " ".join(line.translate(_INVISIBLE).split())
        if line[:1] == "'" and len(line) > 1 and line[1] in FORMULA_STARTS:
            return line[1:]
        return line
    return shown(cell)


def shown(cell: Cell) -> str:
    """The cell's value as people and machines read it: ISO dates, whole numbers without a decimal point."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell if cell.isprintable() else cell.translate(_INVISIBLE)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, dt.time):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < DAMAGED_FROM:
        return str(int(cell))
    return str(cell)


def identifier(cell: Cell) -> str:
    """A number that must be exact (NIK, post number) as it was typed, without spaces; "" for an empty cell.

    CellError(DAMAGED_NUMBER) when the spreadsheet has rounded it, turned it into a date, or shows only
    `3,21606E+15`. A whole number of up to 15 digits that came as `12345678901.0` is still exact and is taken.
    """
    if type(cell) is str:
        line = text(cell).replace(" ", "").removeprefix("'")
        if line.isalnum() and not ("e" in line or "E" in line):
            return line
        if _EXPONENT.fullmatch(line):
            raise CellError(CellFault.DAMAGED_NUMBER, line)
        if match := _WHOLE_WITH_DECIMALS.fullmatch(line):
            if len(match[1]) > 15:
                raise CellError(CellFault.DAMAGED_NUMBER, line)
            return match[1]
        return line
    if cell is None:
        return ""
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        raise CellError(CellFault.DAMAGED_NUMBER, shown(cell))
    if not 0 <= cell < DAMAGED_FROM or cell != int(cell):
        raise CellError(CellFault.DAMAGED_NUMBER, shown(cell))
    return str(int(cell))


def when(cell: Cell, *, zone: ZoneInfo, time: Cell = None) -> dt.datetime:
    """The moment a cell means, to the second, in the office's zone unless the text names its own (WIB, WIT, +07:00).

    Taken: dates of the sheet, Excel serials, ISO, day-first figures, Indonesian and English month names, with
    or without a time. A date alone is its midnight, or the `time` of day that stands in a cell of its own. CellError
    when it is no date or may be two different, and when the date lacks a time and `time` is none.
    """
    moment = _moment(cell) if time is None else _at_time(cell, time)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def date_only(cell: Cell) -> dt.date:
    """The calendar day a cell means; a time in it is left out. Refuses as `when` does."""
    return _moment(cell).date()


def _at_time(cell: Cell, time: Cell) -> dt.datetime:
    if isinstance(time, dt.date) and time.year < FIRST_YEAR:
        # how a time of day comes that was formatted as a moment; midnight comes as a date
        time = time.time() if isinstance(time, dt.datetime) else dt.time()
    with suppress(CellError):
        return _moment(time)  # a whole moment, whatever its title
    moment, said = _moment(cell), text(time)
    if moment.time() != dt.time() or not any(map(str.isalnum, said)):
        return moment
    if isinstance(time, (int, float)) and not isinstance(time, bool) and 0 <= time < 1:
        return moment + dt.timedelta(seconds=round(time * 86_400))
    at_time = _moment_of_text(f"{moment.date().isoformat()} {said[:_LONGEST_TIME]}")
    return at_time if at_time.tzinfo is not None else at_time.replace(tzinfo=moment.tzinfo)


def _moment(cell: Cell) -> dt.datetime:
    if isinstance(cell, dt.date):
        if not FIRST_YEAR <= cell.year <= LAST_YEAR:
            raise CellError(CellFault.BAD_DATE, shown(cell))
        if isinstance(cell, dt.datetime):
            return cell.replace(microsecond=0)
        return dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - the caller adds the zone
    if isinstance(cell, str) and len(cell) <= LONGEST_DATE:
        return _moment_of_text(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        moment = serial_date(cell)
        if moment is None and cell == cell // 1:
            return _moment_of_text(shown(cell))
        if moment is not None:
            return moment
    raise CellError(CellFault.BAD_DATE, shown(cell))


@lru_cache(maxsize=8192)
def _moment_of_text(cell: str) -> dt.datetime:
    """Cached: the rows of one file show few different dates."""
    return date_in(text(cell))
