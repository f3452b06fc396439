"""The header row is found under titles and logos, and columns by any of their names."""

from __future__ import annotations

import pytest

from spreadsheets.cells import Cell
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.frames import SheetRow
from spreadsheets.headers import SEARCHED_ROWS, HeaderMatch, find_header, folded

SYNONYMS = {
    "number": ("no resi", "nomor resi", "connote", "barcode"),
    "status": ("status akhir", "status"),
    "date": ("tanggal update", "tgl status"),
    "remark": ("keterangan",),
}
REQUIRED = ("number", "status", "date")


def sheet(*rows: tuple[Cell, ...]) -> list[SheetRow]:
    return [SheetRow(number, cells) for number, cells in enumerate(rows, 1)]


def test_the_header_is_found_below_titles() -> None:
    rows = sheet(
        ("LAPORAN STATUS KIRIMAN", None),
        (None, "Periode", 43_954.0),
        ("No.", "NO_RESI", " Status ", None, "Tgl. Status", "Berat (kg)"),
        (1.0, "P2005030000001", "DELIVERED"),
    )
    assert find_header(rows, SYNONYMS, REQUIRED) == HeaderMatch(
        3,
        {"number": 1, "status": 2, "date": 4},
        ("No.", "NO_RESI", "Status", "", "Tgl. Status", "Berat (kg)"),
        ("No.", "Berat (kg)"),
    )


def test_the_iterator_then_stands_on_the_first_row_of_data() -> None:
    rows = iter(sheet(("x",), ("No Resi", "Status", "Tanggal Update"), ("P1", "y", "z")))
    assert find_header(rows, SYNONYMS, REQUIRED).row_number == 2
    assert next(rows).number == 3


def test_the_better_name_wins_and_the_other_column_is_unknown() -> None:
    rows = sheet(("Status", "Status Akhir", "Connote", "No Resi", "Tanggal Update"))
    match = find_header(rows, SYNONYMS, REQUIRED)
    assert match.columns == {"status": 1, "number": 3, "date": 4}
    assert match.unknown == ("Status", "Connote")


def test_of_two_equal_names_the_left_one_is_taken() -> None:
    match = find_header(sheet(("status", "Status", "barcode", "tgl status")), SYNONYMS, REQUIRED)
    assert match.columns["status"] == 0


def test_words_in_brackets_do_not_hide_a_name() -> None:
    match = find_header(sheet(("No Resi (13 digit)", "Status*", "Tanggal Update [WIB]")), SYNONYMS, REQUIRED)
    assert match.columns == {"number": 0, "status": 1, "date": 2}


def test_missing_columns_are_named_with_what_was_found_in_the_nearest_row() -> None:
    rows = sheet(("Status kiriman",), ("Barcode", "Keterangan", "Berat", None), ("Status",))
    with pytest.raises(SheetError) as refused:
        find_header(rows, SYNONYMS, REQUIRED)
    assert refused.value.code is SheetFault.MISSING_COLUMNS
    assert refused.value.params == {
        "missing": ("status akhir", "tanggal update"),
        "found": ("Barcode", "Keterangan", "Berat"),
    }


def test_a_sheet_without_any_known_title_has_no_header() -> None:
    with pytest.raises(SheetError) as refused:
        find_header(sheet(("a", "b"), (1.0, None)), SYNONYMS, REQUIRED)
    assert (refused.value.code, refused.value.params) == (SheetFault.NO_HEADER, {"searched": 2})


def test_a_header_too_far_down_is_not_searched_for() -> None:
    rows = sheet(*[("x",)] * SEARCHED_ROWS, ("No Resi", "Status", "Tanggal Update"))
    with pytest.raises(SheetError) as refused:
        find_header(rows, SYNONYMS, REQUIRED)
    assert refused.value.params == {"searched": SEARCHED_ROWS}


@pytest.mark.parametrize("title", ["No. Resi", "NO_RESI", "no-resi", "  No  Resi ", "noresi", "Nó Resi:"])
def test_names_are_compared_without_case_spaces_and_punctuation(title: str) -> None:
    assert folded(title) == "noresi"
