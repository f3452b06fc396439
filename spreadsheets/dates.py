"""Dates in words and figures: ISO, day-first, Excel serials, Indonesian and English months."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from spreadsheets.faults import CellError, CellFault

FIRST_YEAR, LAST_YEAR = 1950, 2099
# Two-digit years below this are of this century.
_CENTURY_TURN = 70
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a serial has no zone

_MONTH_NAMES = (
    "januari january jan",
    "februari pebruari february feb peb",
    "maret march mar mrt",
    "april apr",
    "mei may",
    "juni june jun",
    "juli july jul",
    "agustus august agu ags agt agst aug",
    "september sept sep",
    "oktober october okt oct",
    "november nopember nov nop",
    "desember december des dec",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
# The three zones of Indonesian time.
_ZONES = {"wib": "Asia/Jakarta", "wita": "Asia/Makassar", "wit": "Asia/Jayapura"}

_IGNORED = re.compile(
    r"\b(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad|pukul|jam|tgl|tanggal"
    r"|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b[.,]?"
)
_ONLY_FIGURES = re.compile(r"[0-9\s/:.,-]*")
_OFFSET_TIME = re.compile(r"(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(z|[+-]\d{2}:?\d{2})$")
_TIME = re.compile(
    r"[\s,t-]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?$"
)
_FIGURES = re.compile(r"(\d{1,4})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{1,4})")
_DAY_NAME = re.compile(r"(\d{1,2})[\s./-]*([a-z]+)[\s./,'-]*(\d{4}|\d{2})")
_NAME_DAY = re.compile(r"([a-z]+)[\s.]*(\d{1,2})(?:st|nd|rd|th)?\s*,?\s+(\d{4})")
_COMPACT = re.compile(r"\d{8}")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_ZONE_NAME = re.compile(r"\s*\(?\b(wib|wita|wit)\b\)?$")


def date_in(text: str) -> dt.datetime:
    """The moment a text means: with a zone when the text names one, otherwise without.

    Figures are read day first. CellError(BAD_DATE) when there is no such date; CellError(DATE_AMBIGUOUS) for
    figures with dashes and a two-digit year that are a date day first and another one year first.
    """
    line = " ".join(text.split()).strip(" ,")
    zone: dt.tzinfo | None = None
    if not _ONLY_FIGURES.fullmatch(line):
        line = " ".join(_IGNORED.sub(" ", line.casefold()).split()).strip(" ,")
        if match := _ZONE_NAME.search(line):
            zone, line = ZoneInfo(_ZONES[match[1]]), line[: match.start()]
    if zone is None and (match := _OFFSET_TIME.search(line)):
        zone, line = _offset(match[2], text), line[: match.end(1)]
    if _SERIAL.fullmatch(line) and (moment := serial_date(float(line.replace(",", ".")))):
        return moment.replace(tzinfo=zone)
    time = dt.time()
    if match := _TIME.search(line):
        time, line = _time(match, text), line[: match.start()].strip(" ,")
    day = _day(line, text)
    return dt.datetime.combine(day, time, zone)


def serial_date(serial: float) -> dt.datetime | None:
    """The moment of an Excel serial (days since 30 December 1899), or None when it is out of range."""
    # Compared before it is computed: infinities and NaN fail here.
    if not 18_264 <= serial < 73_051:
        return None
    moment = _EPOCH + dt.timedelta(seconds=round(serial * 86_400))
    return moment if moment.year <= LAST_YEAR else None


def _day(line: str, text: str) -> dt.date:
    if match := _FIGURES.fullmatch(line):
        return _day_of_figures(match, text)
    if match := _DAY_NAME.fullmatch(line):
        return _date(_year(match[3]), _MONTHS.get(match[2], 0), int(match[1]), text)
    if match := _NAME_DAY.fullmatch(line):
        return _date(int(match[3]), _MONTHS.get(match[1], 0), int(match[2]), text)
    if _COMPACT.fullmatch(line):
        if FIRST_YEAR <= int(line[:4]) <= LAST_YEAR and 1 <= int(line[4:6]) <= 12:
            return _date(int(line[:4]), int(line[4:6]), int(line[6:]), text)
        return _date(int(line[4:]), int(line[2:4]), int(line[:2]), text)
    raise CellError(CellFault.BAD_DATE, text)


def _day_of_figures(match: re.Match[str], text: str) -> dt.date:
    first, separator, middle, last = match.groups()
    if len(first) == 4:
        return _date(int(first), int(middle), int(last), text)
    if len(last) == 4:
        return _date(int(last), int(middle), int(first), text)
    if len(first) == 3 or len(last) != 2:
        raise CellError(CellFault.BAD_DATE, text)
    day_first = _date(_year(last), int(middle), int(first), text)
    # 20-05-03 is how programs shorten 2020-05-03 and how people write 20 May 2003. Slashes are day first.
    if separator == "-" and len(first) == 2 and 1 <= int(last) <= _days_in(_year(first), int(middle)):
        year_first = dt.date(_year(first), int(middle), int(last))
        if year_first != day_first:
            raise CellError(CellFault.DATE_AMBIGUOUS, text)
    return day_first


def _year(figures: str) -> int:
    year = int(figures)
    if len(figures) == 2:
        year += 2000 if year < _CENTURY_TURN else 1900
    return year


def _days_in(year: int, month: int) -> int:
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return (following - dt.timedelta(days=1)).day


def _date(year: int, month: int, day: int, text: str) -> dt.date:
    try:
        date = dt.date(year, month, day)
    except ValueError as fault:
        raise CellError(CellFault.BAD_DATE, text) from fault
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellError(CellFault.BAD_DATE, text)
    return date


def _time(match: re.Match[str], text: str) -> dt.time:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise CellError(CellFault.BAD_DATE, text)
        hour = hour % 12 + (12 if match["half"].startswith("p") else 0)
    try:
        return dt.time(hour, minute, second)
    except ValueError as fault:
        raise CellError(CellFault.BAD_DATE, text) from fault


def _offset(sign: str, text: str) -> dt.tzinfo:
    if sign == "z":
        return dt.UTC
    hours, minutes = int(sign[1:3]), int(sign[-2:])
    if hours > 14 or minutes > 59:
        raise CellError(CellFault.BAD_DATE, text)
    delta = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-delta if sign[0] == "-" else delta)
