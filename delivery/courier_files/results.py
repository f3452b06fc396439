"""The result workbook: the partner's own rows and columns, without those about people, with how each ended and why."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Protocol

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from delivery.courier_files.rows import IN_FIGURES, Layout, RowOutcome, StatusRow
from spreadsheets.cells import Cell
from spreadsheets.writing import Column, write_xlsx

_CODE_CHARACTERS = 40
# identity numbers, phones (with ten figures and more, unless letters stand before them as in a bag's), addresses
_OF_PEOPLE = re.compile(r"(?<![A-Za-z0-9])\+?\d(?:[ .()-]*\d){8,}|@|://")
_SHORTEST_OF_PEOPLE = 10**8
NAMES: Mapping[RowOutcome, str] = {
    RowOutcome.APPLIED: _("applied"),
    RowOutcome.DUPLICATE: _("known already"),
    RowOutcome.SUPERSEDED: _("superseded"),
    RowOutcome.UNKNOWN_ITEM: _("unknown item"),
    RowOutcome.OTHER_OFFICE: _("another office's item"),
    RowOutcome.UNMAPPED_TEXT: _("unknown text"),
    RowOutcome.BAD_DATE: _("date not readable"),
    RowOutcome.FUTURE_DATE: _("date in the future"),
    RowOutcome.DAMAGED_NUMBER: _("number damaged"),
    RowOutcome.CONTRADICTION: _("contradiction"),
}
EXPLANATIONS: Mapping[RowOutcome, str] = {
    RowOutcome.APPLIED: _("Recorded."),
    RowOutcome.DUPLICATE: _("This event was recorded before. Nothing has changed."),
    RowOutcome.SUPERSEDED: _("Recorded in the history; later news of this item was known already."),
    RowOutcome.UNKNOWN_ITEM: _("No item has the number %(number)s. Check the number."),
    RowOutcome.OTHER_OFFICE: _(
        "The item %(number)s was not given to this office. Ask the office that sent it."
    ),
    RowOutcome.UNMAPPED_TEXT: _("The text %(text)s is not known yet. A supervisor will say what it means."),
    RowOutcome.BAD_DATE: _("%(date)s is no date that can be read. Write it as 25/05/2020 14:30."),
    RowOutcome.FUTURE_DATE: _("%(date)s lies in the future. Correct the date."),
    RowOutcome.DAMAGED_NUMBER: _(
        "The spreadsheet has damaged the number %(number)s. Format the column as text and enter the number again."
    ),
    RowOutcome.CONTRADICTION: _(
        "Recorded, but it contradicts what is known of this item. An officer will look at it."
    ),
}
# What a check finds is recorded nowhere yet …
PREVIEW_NAMES: Mapping[RowOutcome, str] = {**NAMES, RowOutcome.APPLIED: _("would be applied")}
PREVIEW_EXPLANATIONS: Mapping[RowOutcome, str] = {
    **EXPLANATIONS,
    RowOutcome.APPLIED: _("Would be recorded."),
    RowOutcome.SUPERSEDED: _("Would be recorded in the history; later news of this item is known already."),
    RowOutcome.CONTRADICTION: _("Would be recorded, but it contradicts what is known of this item."),
}
# … and what a file had recorded that was undone counts no more.
UNDONE_NAME = _("undone")
UNDONE_EXPLANATION = _("Was recorded, and taken back when the file was undone.")
# Every word under which a workbook has ever told an outcome. A word that changes stays here: workbooks are read again.
WORDS_TOLD: Mapping[str, RowOutcome] = {
    "applied": RowOutcome.APPLIED,
    "diterapkan": RowOutcome.APPLIED,
    "would be applied": RowOutcome.APPLIED,
    "akan diterapkan": RowOutcome.APPLIED,
    "undone": RowOutcome.APPLIED,
    "dibatalkan": RowOutcome.APPLIED,
    "known already": RowOutcome.DUPLICATE,
    "sudah diketahui": RowOutcome.DUPLICATE,
    "superseded": RowOutcome.SUPERSEDED,
    "tersusul kabar yang lebih baru": RowOutcome.SUPERSEDED,
    "unknown item": RowOutcome.UNKNOWN_ITEM,
    "kiriman tidak dikenal": RowOutcome.UNKNOWN_ITEM,
    "another office's item": RowOutcome.OTHER_OFFICE,
    "kiriman kantor lain": RowOutcome.OTHER_OFFICE,
    "unknown text": RowOutcome.UNMAPPED_TEXT,
    "teks tidak dikenal": RowOutcome.UNMAPPED_TEXT,
    "date not readable": RowOutcome.BAD_DATE,
    "tanggal tidak terbaca": RowOutcome.BAD_DATE,
    "date in the future": RowOutcome.FUTURE_DATE,
    "tanggal di masa depan": RowOutcome.FUTURE_DATE,
    "number damaged": RowOutcome.DAMAGED_NUMBER,
    "nomor rusak": RowOutcome.DAMAGED_NUMBER,
    "contradiction": RowOutcome.CONTRADICTION,
    "pertentangan": RowOutcome.CONTRADICTION,
}
_PIECE_ROWS = 5_000
NEAR_MISS = _("Perhaps %(near)s is meant.")
WRONG_CHECK = _("Its check digit is wrong: a figure was misread or mistyped.")
WRONG_REFERENCE = _(
    "The check letter of the reference %(reference)s is wrong: a figure was misread or mistyped."
)
EARLY_DATE = _("%(date)s lies before the post was given the item. It cannot be before %(since)s.")
TWO_CARDS = _(
    "The number %(number)s and the reference %(reference)s name two different cards. Correct one of them."
)
GIVEN_TWICE = _(
    "The number %(number)s stands beside the references %(references)s of different cards. Correct all but one."
)
AMBIGUOUS_DATE = _("%(date)s may be two different dates. Write the year with four figures.")


class Explained(Protocol):
    """What a row must tell so that its end can be explained."""

    @property
    def number(self) -> str: ...
    @property
    def status_text(self) -> str: ...
    @property
    def remark_text(self) -> str: ...
    @property
    def occurred_text(self) -> str: ...
    @property
    def detail(self) -> Mapping[str, Any] | None: ...


def explanation(row: StatusRow) -> str:
    """Say in the reader's language why a row ended as it did and what to do."""
    assert row.outcome is not None  # noqa: S101 - for the type checker: every row has ended
    return explained(row.outcome, row)


def explained(outcome: RowOutcome, row: Explained) -> str:
    """Say the same of a row that is kept or shown elsewhere, and may hide part of its number."""
    detail = row.detail or {}
    said = " / ".join(part for part in (row.status_text, row.remark_text) if part)
    filled = {"number": row.number or "-", "text": said or "-", "date": row.occurred_text or "-"}
    if outcome is RowOutcome.BAD_DATE and detail.get("ambiguous"):
        return gettext(AMBIGUOUS_DATE) % filled
    if outcome is RowOutcome.BAD_DATE and "since" in detail:
        return gettext(EARLY_DATE) % {**filled, "since": detail["since"]}
    if outcome is RowOutcome.DAMAGED_NUMBER and "reference" in detail:
        return gettext(TWO_CARDS) % {**filled, "reference": detail["reference"]}
    if outcome is RowOutcome.DAMAGED_NUMBER and "references" in detail:
        return gettext(GIVEN_TWICE) % {**filled, "references": ", ".join(detail["references"])}
    sentence = gettext(EXPLANATIONS[outcome]) % filled
    if detail.get("wrong_check"):
        sentence += " " + gettext(WRONG_CHECK)
    if wrong := detail.get("wrong_reference"):
        sentence += " " + gettext(WRONG_REFERENCE) % {"reference": wrong}
    if near := detail.get("near"):
        sentence += " " + gettext(NEAR_MISS) % {"near": ", ".join(near)}
    return sentence


def result_columns(layout: Layout) -> list[Column]:
    """Give the partner's columns in their order, and two more; in those that are not read only codes are shown.

    A number, date or time keeps the type of its cell, for by that alone a damaged number or 6:00 is known when the
    workbook is read again.
    """
    columns = [_column(field, title) for field, title in zip(layout.fields, layout.titles, strict=True)]
    return [*columns, Column(gettext("Result"), width=18), Column(gettext("Explanation"), width=60)]


def _column(field: str, title: str) -> Column:
    if not field:
        return Column(title, width=16, kind="number", clean=code_only)
    return Column(title, width=22, kind="as_read" if field in IN_FIGURES else "text")


def code_only(cell: Cell) -> Cell:
    """Give a cell of a column that is not read as it may be kept: short codes, and numbers too short for a person's."""
    if isinstance(cell, str):
        if len(cell) > _CODE_CHARACTERS:
            return None
        # figures that follow letters, with nothing between, are a code: most bags need no closer look
        is_code = cell.isalnum() and cell[0].isalpha()
        return cell if is_code or not _OF_PEOPLE.search(cell) else None
    return cell if not isinstance(cell, (int, float)) or abs(cell) < _SHORTEST_OF_PEOPLE else None


def write_result(
    output: BinaryIO,
    *,
    layout: Layout,
    rows: Sequence[StatusRow],
    applied: bool = True,
    on_piece: Callable[[], None] = lambda: None,
) -> None:
    """Write the workbook. Every row stands where it stood in the partner's sheet, so that it can be read again.

    Unless `applied`, it says how the rows would end. `on_piece` is called each time that some thousand rows are
    written; what it raises ends the work.
    """
    write_xlsx(
        output,
        sheet="Status",
        columns=result_columns(layout),
        rows=in_pieces(_in_their_places(layout, rows, applied), on_piece),
        title_rows=[""] * (layout.header_row - 1),
    )


def in_pieces(rows: Iterable[Sequence[Cell]], on_piece: Callable[[], None]) -> Iterator[Sequence[Cell]]:
    """Give rows as they come, and call `on_piece` each time that some thousand have."""
    for place, row in enumerate(rows):
        if place % _PIECE_ROWS == 0:
            on_piece()
        yield row


def _in_their_places(layout: Layout, rows: Sequence[StatusRow], applied: bool) -> Iterator[Sequence[Cell]]:
    told = NAMES if applied else PREVIEW_NAMES
    explained = EXPLANATIONS if applied else PREVIEW_EXPLANATIONS
    names = {outcome: gettext(name) for outcome, name in told.items()}
    plain = {outcome: gettext(text) for outcome, text in explained.items() if "%(" not in text}
    line = layout.header_row + 1
    for row in rows:
        while line < row.row:
            yield ()
            line += 1
        assert row.outcome is not None  # noqa: S101 - for the type checker: every row has ended
        yield (*row.cells, names[row.outcome], plain.get(row.outcome) or explanation(row))
        line += 1
