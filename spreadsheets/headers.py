"""Find the row with the column titles, and each wanted column by any of its names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from spreadsheets.cells import Cell, text
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.frames import SheetRow

# Letterheads and titles stand above the header; more rows than this do not.
SEARCHED_ROWS = 30
_TITLE_CHARACTERS = 200
_SHOWN_TITLES = 40
_SHOWN_CHARACTERS = 60
# A title has no long number; a row that only looked like a header may hold people's.
_LONG_NUMBER = re.compile(r"\d{6,}")
_IN_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]")


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """The header row: its number, each field's column index, all titles in order, those that no field has."""

    row_number: int
    columns: Mapping[str, int]
    titles: tuple[str, ...]
    unknown: tuple[str, ...]


@lru_cache(maxsize=4096)
def folded(title: str) -> str:
    """The title as it is compared: letters and figures only, without case and accents."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    return "".join(character for character in plain if character.isalnum())


def find_header(
    rows: Iterable[SheetRow], synonyms: Mapping[str, Sequence[str]], required: Collection[str]
) -> HeaderMatch:
    """The first of the leading rows that names every required field; an iterator then stands below it.

    Of two columns that name the same field, the one whose title comes first in its synonyms is taken, then
    the left one; the other is unknown. What a title has in brackets is ignored when the whole title is not
    known. SheetError(MISSING_COLUMNS) names what is missing in the row that comes nearest;
    SheetError(NO_HEADER) when no row names any field.
    """
    ranks = {
        folded(name): (field, rank) for field, names in synonyms.items() for rank, name in enumerate(names)
    }
    best: tuple[HeaderMatch, Sequence[Cell]] | None = None
    searched = 0
    for searched, row in enumerate(islice(rows, SEARCHED_ROWS), 1):  # noqa: B007 - read after the loop
        match = _match(row, ranks)
        if match.columns and all(field in match.columns for field in required):
            return match
        if match.columns and (best is None or len(match.columns) > len(best[0].columns)):
            best = (match, row.cells)
    if best is None:
        raise SheetError(SheetFault.NO_HEADER, searched=searched)
    match, cells = best
    raise SheetError(
        SheetFault.MISSING_COLUMNS,
        missing=tuple(synonyms[field][0] for field in required if field not in match.columns),
        found=tuple(
            _LONG_NUMBER.sub("…", title)[:_SHOWN_CHARACTERS] for cell in cells if (title := text(cell))
        )[:_SHOWN_TITLES],
    )


def _match(row: SheetRow, ranks: Mapping[str, tuple[str, int]]) -> HeaderMatch:
    taken: dict[str, tuple[int, int]] = {}
    titles = tuple(text(cell)[:_TITLE_CHARACTERS] for cell in row.cells)
    for index, title in enumerate(titles):
        known = ranks.get(folded(title)) or ranks.get(folded(_IN_BRACKETS.sub("", title)))
        if title and known is not None:
            field, rank = known
            taken[field] = min(taken.get(field, (rank, index)), (rank, index))
    columns = {field: index for field, (_, index) in taken.items()}
    used = set(columns.values())
    unknown = tuple(title for index, title in enumerate(titles) if title and index not in used)
    return HeaderMatch(row.number, columns, titles, unknown)
