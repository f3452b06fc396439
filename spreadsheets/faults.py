"""What can be wrong with a sheet, as stable codes and sentences that say what to do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


def gettext_noop(message: str) -> str:
    """The message itself; the name marks it for the translators' tools, the doors translate it."""
    return message


class SheetFault(StrEnum):
    """Why a whole file is refused. The codes are part of the API and never change their meaning."""

    EMPTY = "empty"
    NOT_A_SHEET = "not_a_sheet"
    ENCRYPTED = "encrypted"
    HAS_MACROS = "has_macros"
    EXTERNAL_LINKS = "external_links"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    CELL_TOO_LONG = "cell_too_long"
    TOO_SLOW = "too_slow"
    OUT_OF_MEMORY = "out_of_memory"
    UNREADABLE = "unreadable"
    ENCODING_UNKNOWN = "encoding_unknown"
    NO_HEADER = "no_header"
    MISSING_COLUMNS = "missing_columns"
    MORE_SHEETS = "more_sheets"
    EXPIRED = "expired"


class SheetError(Exception):
    """The file as a whole is refused: `code` says why, `params` fill the code's sentence in MESSAGES."""

    def __init__(self, code: SheetFault, **params: str | int | tuple[str, ...]) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, str | int | tuple[str, ...]] = params

    def __str__(self) -> str:
        return message(MESSAGES, self.code, self.params)


def message(table: Mapping[SheetFault, str], code: SheetFault, params: Mapping[str, object]) -> str:
    """The sentence for a code, filled in; `table` holds the templates of the reader's language."""
    shown = {
        name: ", ".join(str(item) for item in value) if isinstance(value, tuple) else value
        for name, value in params.items()
    }
    return table[code] % shown


MESSAGES: Mapping[SheetFault, str] = {
    SheetFault.EMPTY: gettext_noop(
        "The file has no rows. Choose the file again after saving it with its data."
    ),
    SheetFault.NOT_A_SHEET: gettext_noop(
        "This file is not a spreadsheet. Save it as Excel (.xlsx), OpenDocument (.ods) or CSV "
        "and upload it again."
    ),
    SheetFault.ENCRYPTED: gettext_noop(
        "The workbook is protected with a password. Remove the password in Excel "
        "(File, Info, Protect Workbook), save it and upload it again."
    ),
    SheetFault.HAS_MACROS: gettext_noop(
        "The workbook contains macros. Save it as an Excel workbook without macros (.xlsx) "
        "and upload it again."
    ),
    SheetFault.EXTERNAL_LINKS: gettext_noop(
        "The workbook takes values from other files. Copy its cells, paste them as values "
        "into a new workbook and upload that one."
    ),
    SheetFault.TOO_LARGE: gettext_noop(
        "The file is too large: at most %(limit)s MB are read. Split it into smaller files."
    ),
    SheetFault.TOO_MANY_ROWS: gettext_noop(
        "The sheet has more than %(limit)s rows. Split it into smaller files."
    ),
    SheetFault.TOO_MANY_COLUMNS: gettext_noop(
        "The sheet has %(found)s columns; at most %(limit)s are read. Delete the empty or unneeded columns "
        "and upload it again."
    ),
    SheetFault.CELL_TOO_LONG: gettext_noop(
        "Row %(row)s holds a cell with more than %(limit)s characters. Shorten or empty it "
        "and upload the file again."
    ),
    SheetFault.TOO_SLOW: gettext_noop(
        "Reading the file took longer than %(limit)s seconds. Copy the data into a new workbook "
        "or save it as CSV, and upload that one."
    ),
    SheetFault.OUT_OF_MEMORY: gettext_noop(
        "The sheet takes more memory than is allowed, often because of a cell far away from the data. "
        "Copy the data into a new workbook and upload that one."
    ),
    SheetFault.UNREADABLE: gettext_noop(
        "The file is damaged and cannot be read. Open it in Excel or LibreOffice, save it again "
        "and upload it."
    ),
    SheetFault.ENCODING_UNKNOWN: gettext_noop(
        "The characters of the text file cannot be read. Save it as CSV UTF-8 and upload it again."
    ),
    SheetFault.NO_HEADER: gettext_noop(
        "No row with column titles was found in the first %(searched)s rows. Put the titles of the template "
        "above the data and upload the file again."
    ),
    SheetFault.MISSING_COLUMNS: gettext_noop(
        "Columns are missing: %(missing)s. Found: %(found)s. Add the missing titles to the header row "
        "and upload the file again."
    ),
    SheetFault.MORE_SHEETS: gettext_noop(
        "The workbook has rows on other sheets too: %(sheets)s. Only “%(sheet)s” would be read. Put all rows on one "
        "sheet, or hide or delete the others, and upload the file again."
    ),
    SheetFault.EXPIRED: gettext_noop(
        "The upload waited too long and was deleted unread. Upload the file again."
    ),
}


_SHOWN_CHARACTERS = 60


class CellFault(StrEnum):
    """Why one cell is refused."""

    DAMAGED_NUMBER = "damaged_number"
    BAD_DATE = "bad_date"
    DATE_AMBIGUOUS = "date_ambiguous"


class CellError(ValueError):
    """One cell cannot be used: `code` says why, `value` is what the cell shows."""

    def __init__(self, code: CellFault, value: str) -> None:
        super().__init__(code, value)
        self.code = code
        self.value = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"

    @property
    def params(self) -> dict[str, str]:
        """What fills the code's sentence in CELL_MESSAGES."""
        return {"value": self.value}

    def __str__(self) -> str:
        return CELL_MESSAGES[self.code] % self.params


CELL_MESSAGES: Mapping[CellFault, str] = {
    CellFault.DAMAGED_NUMBER: gettext_noop(
        "“%(value)s” was damaged by the spreadsheet, which keeps 15 digits only. Format the column as text "
        "and type the number again from its source."
    ),
    CellFault.BAD_DATE: gettext_noop(
        "“%(value)s” is not a date. Write it as day/month/year, for example 31/12/2020."
    ),
    CellFault.DATE_AMBIGUOUS: gettext_noop(
        "“%(value)s” can be read as two different dates. Write the year with four digits, "
        "for example 31/12/2020."
    ),
}
