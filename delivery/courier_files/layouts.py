"""Where the columns of a status file stand: as a person said of this layout, or by their titles."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain, islice

from delivery.courier_files.rows import ALSO_TIME, COLUMNS, KEPT, REQUIRED, Layout
from spreadsheets.cells import text
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.frames import SheetRow
from spreadsheets.headers import SEARCHED_ROWS, find_header, folded

# What a person can put right by saying which column is which: the upload of such a file is kept for some hours.
CAN_BE_MAPPED = frozenset({SheetFault.MISSING_COLUMNS, SheetFault.NO_HEADER})
# A title has no long number; a row that only looks like a header may hold people's.
LONG_NUMBER = re.compile(r"\+?\d[\d .-]{6,}\d")
SHOWN_TITLE, SHOWN_TITLES = 60, 40
_BRACKETS = re.compile(r"[()\[\]]")
_KEPT = frozenset(map(folded, KEPT))
_ALSO_TIME = frozenset(map(folded, ALSO_TIME))
_FIELD_OF = {folded(title): field for field, titles in COLUMNS.items() for title in titles}

# The fingerprint of a header row → field → index of its column.
KnownLayouts = Mapping[str, Mapping[str, int]]


def find_layout(
    rows: Iterable[SheetRow], known: KnownLayouts | None = None
) -> tuple[Layout, Iterator[SheetRow]]:
    """Find the header among the leading rows; give the layout and the rows below the header.

    A layout that a person has described (`known`) goes before the titles' own meaning. Raises SheetError where neither
    finds the columns that a status file needs.
    """
    following = iter(rows)
    head = list(islice(following, SEARCHED_ROWS))
    layout = _described(head, known) if known else None
    if layout is None:
        layout = _by_titles(head)
    below = [row for row in head if row.number > layout.header_row]
    return layout, chain(below, following)


def fingerprint(row: SheetRow) -> str:
    """Name a layout by its titles, whatever their case, spaces and signs; empty for a row with fewer than two."""
    titles = [folded(text(cell)[:200]) for cell in row.cells]
    while titles and not titles[-1]:
        titles.pop()
    if sum(1 for title in titles if title) < 2:
        return ""
    return blake2b("\x1f".join(titles).encode(), digest_size=16).hexdigest()


def suggested(row: SheetRow) -> dict[str, int]:
    """Give the columns of a row that their titles tell, as a start for a person."""
    found: dict[str, int] = {}
    for index, cell in enumerate(row.cells):
        field = _FIELD_OF.get(folded(text(cell)))
        if field is not None:
            found.setdefault(field, index)
    return _with_time(found, [text(cell) for cell in row.cells])


def has_what_is_needed(fields: Iterable[str]) -> bool:
    """Say whether rows can be understood from these fields: status, date, and a number or our reference."""
    have = set(fields)
    return have.issuperset(REQUIRED) and bool(have & {"number", "reference"})


def harmless(title: str) -> str:
    """Give a title as it may be shown and kept."""
    return LONG_NUMBER.sub("…", title)[:SHOWN_TITLE]


def _described(head: Sequence[SheetRow], known: KnownLayouts) -> Layout | None:
    for row in head:
        columns = known.get(fingerprint(row))
        if columns is None:
            continue
        return _in_order(row, columns)
    return None


def _in_order(row: SheetRow, columns: Mapping[str, int]) -> Layout:
    """Give the columns as they stand in the sheet, and between them those that are only given back."""
    field_of = {index: field for field, index in columns.items()}
    titles = dict(enumerate(map(text, row.cells)))
    kept = (index for index, title in titles.items() if index not in field_of and folded(title) in _KEPT)
    indices = tuple(sorted((*field_of, *kept)))
    fields = tuple(field_of.get(index, "") for index in indices)
    return Layout(
        row.number,
        fields,
        tuple(_title(field, titles.get(index, "")) for field, index in zip(fields, indices, strict=True)),
        indices,
    )


def _title(field: str, title: str) -> str:
    """Give the title under which the result workbook shows a column; it tells the field when it is read again."""
    if not field:
        return harmless(title)
    if _FIELD_OF.get(folded(title)) == field:
        return title
    own = " ".join(harmless(_BRACKETS.sub(" ", title)).split())
    return f"{COLUMNS[field][0]} ({own})" if own else COLUMNS[field][0]


def _with_time(columns: Mapping[str, int], titles: Sequence[str]) -> dict[str, int]:
    """Take a column that only says "time" for the time of day where another one holds the date."""
    found = dict(columns)
    date = found.get("date")
    others = [index for index, title in enumerate(titles) if folded(title) in _ALSO_TIME and index != date]
    if others and "time" not in found and date is not None and folded(titles[date]) not in _ALSO_TIME:
        found["time"] = others[0]
    return found


def _by_titles(head: Sequence[SheetRow]) -> Layout:
    header = find_header(head, COLUMNS, REQUIRED)
    row = next(row for row in head if row.number == header.row_number)
    if not has_what_is_needed(header.columns):
        raise SheetError(
            SheetFault.MISSING_COLUMNS,
            missing=(COLUMNS["number"][0],),
            found=tuple(harmless(text(cell)) for cell in row.cells if text(cell))[:SHOWN_TITLES],
        )
    columns = _with_time(header.columns, header.titles)
    return _in_order(row, columns)
