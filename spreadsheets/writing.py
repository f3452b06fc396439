"""Write rows as XLSX or CSV in one pass and flat memory, with no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, repeat, zip_longest
from typing import IO, BinaryIO, Literal

import openpyxl
from openpyxl.styles import Font, PatternFill

from spreadsheets.cells import FORMULA_STARTS, Cell, shown
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.limits import MAX_SHEET_ROWS
from spreadsheets.ooxml import CONTENT_TYPES, PACKAGE_RELATIONS, STYLES, WORKBOOK_RELATIONS, workbook_xml

# "as_read": text in a column of text, and every other value in a cell that is read as the same value again.
Kind = Literal["text", "number", "date", "as_read"]

MAX_CELL_CHARACTERS = 32_767
MAX_EXACT_DIGITS = 15
# The most that a number cell holds; it stands for infinities, which no sheet holds.
LARGEST_NUMBER = 9e307
ROWS_PER_WRITE = 2_000
# A column's texts repeat each other; those that do not cost little to remember.
TEXTS_REMEMBERED, LONGEST_REMEMBERED = 4_000, 200
# Level 1 is about three times as fast as the default and the file a fifth larger.
DEFLATE_LEVEL = 1
# A fixed stamp: the same rows give the same bytes.
ENTRY_TIME = (1980, 1, 1, 0, 0, 0)

# Those that part words become a space, as they are read.
_SPACES = re.compile("[\x0b\x0c\x1c-\x1f]")
_NOT_XML = re.compile("[\x00-\x08\x0e-\x1b\ud800-\udfff\ufffe\uffff]")
# Excel reads _x0041_ inside a string as the character A; the underscore itself is written _x005F_.
_EXCEL_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SHEET_NAME_FORBIDS = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook's dates carry no zone
# Excel has a 29 February 1900: what lies before it has a serial of one less.
_FIRST_DATE, _FIRST_RIGHT_DATE = dt.date(1900, 1, 1), dt.date(1900, 3, 1)
_STYLE_HEADER, _STYLE_TEXT, _STYLE_DATE, _STYLE_DATETIME, _STYLE_TITLE, _STYLE_TIME = 1, 2, 3, 4, 5, 6
_COLUMN_STYLES: dict[Kind, int] = {
    "text": _STYLE_TEXT,
    "number": 0,
    "date": _STYLE_DATE,
    "as_read": _STYLE_TEXT,
}


# Cells that exist already carry the column's format: LibreOffice gives it to them only then.
TEMPLATE_ROWS = 500
_TEMPLATE_FORMATS: dict[Kind, str] = {"text": "@", "number": "General", "date": "dd/mm/yyyy", "as_read": "@"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet that is written: its title, its width in characters, and what it holds.

    `clean` gives each value as it may be written.
    """

    title: str
    width: float = 16
    kind: Kind = "text"
    clean: Callable[[Cell], Cell] | None = None


def neutralised(text: str) -> str:
    """The text without characters that no sheet holds, after an apostrophe when it would run as a formula."""
    if not text.isprintable():
        # a tab at the beginning is never read, but would be behind an apostrophe
        text = _NOT_XML.sub("", _SPACES.sub(" ", text)).lstrip("\t\r")
    return "'" + text if text[:1] in FORMULA_STARTS and text else text


def write_xlsx(
    output: BinaryIO,
    *,
    sheet: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    title_rows: Sequence[str] = (),
) -> int:
    """Write one sheet to `output` (need not be seekable) and return the number of data rows.

    Title rows stand above the header, one text each. Memory does not grow with the rows. A text longer than a
    cell can hold is cut; more rows than a sheet can hold raise SheetError(TOO_MANY_ROWS).
    """
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=DEFLATE_LEVEL) as package:
        for name, body in (
            ("[Content_Types].xml", CONTENT_TYPES),
            ("_rels/.rels", PACKAGE_RELATIONS),
            ("xl/workbook.xml", workbook_xml(escaped(sheet_name(sheet)))),
            ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS),
            ("xl/styles.xml", STYLES),
        ):
            with package.open(_entry(name), "w") as part:
                part.write(body.encode())
        with package.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as part:
            return _write_sheet(part, columns, rows, title_rows)


def write_csv(
    output: BinaryIO, *, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], delimiter: str = ","
) -> int:
    """Write a header and rows as UTF-8 with a byte order mark; return the number of data rows."""
    stream = io.TextIOWrapper(output, encoding="utf-8-sig", errors="replace", newline="", write_through=False)
    try:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow([neutralised(column.title) for column in columns])
        count = 0
        for row in rows:
            writer.writerow([neutralised(value) if type(value) is str else shown(value) for value in row])
            count += 1
        stream.flush()
    finally:
        stream.detach()
    return count


def sheet_name(name: str) -> str:
    """A name that Excel accepts: at most 31 characters, none of []:*?/\\, no apostrophe at an end."""
    cleaned = _SHEET_NAME_FORBIDS.sub(" ", name)[:31].strip().strip("'")
    return cleaned or "Sheet1"


def column_letters(index: int) -> str:
    """The letters of a column, counted from 0: A, B, … Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def escaped(text: str) -> str:
    """The text as XML character data."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if not text.isprintable():
        # A bare carriage return would be read back as a line feed.
        text = text.replace("\r", "&#13;")
    if "_x" in text:
        text = _EXCEL_ESCAPE.sub("_x005F_", text)
    return text


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=ENTRY_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = DEFLATE_LEVEL  # type: ignore[attr-defined]  # no public name before Python 3.13
    return entry


def _write_sheet(
    part: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[Cell]], title_rows: Sequence[str]
) -> int:
    header_at = len(title_rows) + 1
    part.write(_sheet_opening(columns, header_at).encode())
    for number, title in enumerate(title_rows, 1):
        part.write(f'<row r="{number}">{_text_cell("A", number, _STYLE_TITLE, title)}</row>'.encode())
    header = "".join(
        _text_cell(column_letters(index), header_at, _STYLE_HEADER, column.title)
        for index, column in enumerate(columns)
    )
    part.write(f'<row r="{header_at}">{header}</row>'.encode())
    count = _write_rows(part, columns, rows, header_at)
    part.write(b"</sheetData></worksheet>")
    return count


def _write_rows(
    part: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[Cell]], above: int
) -> int:
    writers = [_column_writer(index, column) for index, column in enumerate(columns)]
    number = above
    iterator = iter(rows)
    while chunk := list(islice(iterator, ROWS_PER_WRITE)):
        if number + len(chunk) > MAX_SHEET_ROWS:
            raise SheetError(SheetFault.TOO_MANY_ROWS, limit=MAX_SHEET_ROWS - above)
        lines = [str(line) for line in range(number + 1, number + 1 + len(chunk))]
        number += len(chunk)
        written = [write(values, lines) for write, values in zip(writers, zip_longest(*chunk), strict=False)]
        cells = map("".join, zip(*written, strict=True)) if written else repeat("")
        sheet_rows = [f'<row r="{line}">{row}</row>' for line, row in zip(lines, cells, strict=False)]
        part.write("".join(sheet_rows).encode())
    return number - above


def _sheet_opening(columns: Sequence[Column], header_at: int) -> str:
    widths = "".join(
        f'<col min="{i}" max="{i}" width="{column.width:g}" customWidth="1"'
        f' style="{_COLUMN_STYLES[column.kind]}"/>'
        for i, column in enumerate(columns, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetViews><sheetView workbookViewId="0">'
        f'<pane ySplit="{header_at}" topLeftCell="A{header_at + 1}" activePane="bottomLeft" state="frozen"/>'
        '</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        + (f"<cols>{widths}</cols>" if columns else "")
        + "<sheetData>"
    )


def _text_cell(letters: str, number: int, style: int, text: str) -> str:
    body = escaped(neutralised(text[: MAX_CELL_CHARACTERS - 1]))
    return (
        f'<c r="{letters}{number}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{body}</t></is></c>'
    )


def _column_writer(index: int, column: Column) -> Callable[[Sequence[Cell], Sequence[str]], list[str]]:
    """The function that writes values of this column in their lines; a closure, for every cell goes through it."""
    prefix = f'<c r="{column_letters(index)}'
    text = f'" s="{_COLUMN_STYLES[column.kind]}" t="inlineStr"><is><t>'
    spaced = text.replace("<t>", '<t xml:space="preserve">')
    known: dict[Cell, str] = {}
    clean, as_read, typed_too = column.clean, column.kind == "as_read", column.kind != "text"

    def rest_of(value: Cell) -> str:
        """All of the cell that follows its line; nothing for an empty one."""
        given = value
        if clean is not None:
            value = clean(value)
        if type(value) is str and value.isascii() and value.isalnum() and len(value) <= LONGEST_REMEMBERED:
            rest = f"{text}{value}</t></is></c>"  # letters and figures need no second look
        elif type(value) is str:
            rest = _rest_of_text(value, text, spaced)
        elif value is None:
            return ""
        elif as_read:
            return _cell_as_read(value)
        else:
            return (typed_too and _typed_cell(value)) or _rest_of_text(shown(value), text, spaced)
        if type(given) is str and len(known) < TEXTS_REMEMBERED and len(given) <= LONGEST_REMEMBERED:
            known[given] = rest
        return rest

    def write(values: Sequence[Cell], lines: Sequence[str]) -> list[str]:
        return [
            f"{prefix}{line}{rest}" if (rest := known.get(value) or rest_of(value)) else ""
            for value, line in zip(values, lines, strict=True)
        ]

    return write


def _rest_of_text(value: str, opening: str, opening_with_spaces: str) -> str:
    """A text as the rest of its cell; nothing when no sheet holds any of it."""
    plain = neutralised(value)
    if not plain:
        return ""
    if len(plain) > MAX_CELL_CHARACTERS:
        plain = plain[: MAX_CELL_CHARACTERS - 1] + "…"
    bare = plain.isprintable() and plain[0] != " " and plain[-1] != " "
    return f"{opening if bare else opening_with_spaces}{escaped(plain)}</t></is></c>"


def _cell_as_read(value: Cell) -> str:
    """A value that is no text as the rest of a cell that means the same: what a spreadsheet has damaged stays so."""
    if isinstance(value, dt.date) and dt.date(value.year, value.month, value.day) < _FIRST_DATE:
        # no cell holds such a day, and only its time of day can mean anything
        value = value.time() if isinstance(value, dt.datetime) else dt.time()
    if isinstance(value, float) and not math.isfinite(value):
        value = math.copysign(LARGEST_NUMBER, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'"><v>{value!r}</v></c>'
    return _typed_cell(value)


def _typed_cell(value: Cell) -> str:
    """A number, date or truth as the rest of a typed cell; nothing when it must be written as text to stay exact."""
    if isinstance(value, bool):
        return f'" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        exact = math.isfinite(value) and abs(value) < 10**MAX_EXACT_DIGITS
        return f'"><v>{value!r}</v></c>' if exact else ""
    if isinstance(value, dt.time):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return f'" s="{_STYLE_TIME}"><v>{seconds / 86_400!r}</v></c>'
    if isinstance(value, dt.datetime):
        return _date_cell(value.replace(tzinfo=None), _STYLE_DATETIME)
    if isinstance(value, dt.date):
        midnight = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a workbook's dates carry no zone
        return _date_cell(midnight, _STYLE_DATE)
    return ""


def _date_cell(moment: dt.datetime, style: int) -> str:
    if moment.date() < _FIRST_DATE:
        return ""
    serial = (moment.replace(microsecond=0) - _EPOCH) / dt.timedelta(days=1)
    serial -= moment.date() < _FIRST_RIGHT_DATE
    figures = str(int(serial)) if serial == int(serial) else repr(serial)
    return f'" s="{style}"><v>{figures}</v></c>'


def write_template(
    output: BinaryIO,
    *,
    sheet: str,
    columns: Sequence[Column],
    examples: Iterable[Sequence[Cell]] = (),
    guide_sheet: str,
    guide: Iterable[Sequence[str]],
) -> None:
    """Write a sheet to fill in, its columns formatted so that Excel keeps long numbers, and a guide.

    The guide's first row is its header; every other row is shown below it as it is.
    """
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    form = workbook.create_sheet(sheet_name(sheet))
    form.append([neutralised(column.title) for column in columns])
    for row in examples:
        form.append([neutralised(value) if isinstance(value, str) else value for value in row])
    for index, column in enumerate(columns):
        dimension = form.column_dimensions[column_letters(index)]
        dimension.width = column.width
        dimension.number_format = _TEMPLATE_FORMATS[column.kind]
        for (cell,) in form.iter_rows(min_col=index + 1, max_col=index + 1, min_row=2, max_row=TEMPLATE_ROWS):
            cell.number_format = _TEMPLATE_FORMATS[column.kind]
    form.freeze_panes = "A2"
    help_page = workbook.create_sheet(sheet_name(guide_sheet))
    for line in guide:
        help_page.append([neutralised(text) for text in line])
    for page in (form, help_page):
        for cell in page[1]:
            cell.font = Font(bold=True, color="FFFFFFFF")
            cell.fill = PatternFill("solid", fgColor="FF1F4E79")
            cell.number_format = "@"
    for letters, width in zip("ABCDEF", (28, 14, 28, 70, 40, 40), strict=True):
        help_page.column_dimensions[letters].width = width
    workbook.save(output)
