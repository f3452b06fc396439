"""A printer's sheet becomes cards and errors, one of each row, whatever the office typed."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.card_columns import CARD_COLUMNS, FIELDS, LANES, CardLane
from shipments.intake import (
    MESSAGES,
    WARNING_MESSAGES,
    PrintedCardRow,
    RowError,
    RowFault,
    RowWarning,
    read_cards,
    write_card_template,
    write_rejected_rows,
)
from spreadsheets.cells import Cell
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.frames import SheetRow
from spreadsheets.reading import open_sheet

JAKARTA = ZoneInfo("Asia/Jakarta")
TODAY = dt.date(2020, 5, 4)
TITLES = tuple(column.title for column in CARD_COLUMNS)
GOOD: dict[str, Cell] = {
    "nik": "3216064305900001",
    "name": " Siti  Rahayu ",
    "printed_on": dt.date(2020, 5, 3),
    "alamat": "Jl. Melati No. 5",
    "rt_rw": "001/002",
    "dusun": None,
    "desa_kelurahan": "Mekarsari",
    "kecamatan": "Tambun Selatan",
    "kabupaten": "Kab. Bekasi",
    "provinsi": "Jawa Barat",
    "kode_pos": 17510.0,
    "kk": "3216060101100001",
    "phone": "0812-3456-7890",
    "lane": "PRR",
    "blank_serial": "ABC12345678",
}


class Given:
    """A sheet of the given rows, the first one its header."""

    def __init__(self, *rows: tuple[Cell, ...]) -> None:
        self._rows = rows

    def rows(self) -> Iterator[SheetRow]:
        return iter([SheetRow(number, cells) for number, cells in enumerate(self._rows, 1)])


def line(**changes: Cell) -> tuple[Cell, ...]:
    fields = {**GOOD, **changes}
    return tuple(fields.get(field) for field in FIELDS)


def outcomes(*rows: tuple[Cell, ...]) -> list[PrintedCardRow | RowError]:
    return list(read_cards(Given(TITLES, *rows), today=TODAY, zone=JAKARTA))


def card(**changes: Cell) -> PrintedCardRow:
    (outcome,) = outcomes(line(**changes))
    assert isinstance(outcome, PrintedCardRow), str(outcome)
    return outcome


def error(**changes: Cell) -> RowError:
    (outcome,) = outcomes(line(**changes))
    assert isinstance(outcome, RowError)
    assert str(outcome)
    return outcome


def test_a_good_row_becomes_a_card_with_its_sheet_row_number() -> None:
    assert card() == PrintedCardRow(
        row_number=2,
        nik="3216064305900001",
        kk="3216060101100001",
        phone="+6281234567890",
        name="Siti Rahayu",
        printed_on=dt.date(2020, 5, 3),
        alamat="Jl. Melati No. 5",
        rt_rw="001/002",
        dusun="",
        desa_kelurahan="Mekarsari",
        kecamatan="Tambun Selatan",
        kabupaten="Kab. Bekasi",
        provinsi="Jawa Barat",
        kode_pos="17510",
        rt="",
        rw="",
        lane=CardLane.PRINT_READY_RECORD,
        blank_serial="ABC12345678",
        warnings=(),
    )


def test_english_titles_in_any_order_below_a_letterhead_are_found() -> None:
    sheet = Given(
        ("DINAS KEPENDUDUKAN DAN PENCATATAN SIPIL",),
        ("Village", "District", "Address", "Print Date", "Full name", "No. KTP", "RT", "RW", "Catatan"),
        ("Mekarsari", "Tambun Selatan", "Jl. A", "3 Mei 2020", "Siti", "3216064305900001", 1.0, "2", "x"),
    )
    rows = read_cards(sheet, today=TODAY, zone=JAKARTA)
    assert rows.header.row_number == 2
    assert rows.header.unknown == ("Catatan",)
    (only,) = rows
    assert isinstance(only, PrintedCardRow)
    assert (only.row_number, only.rt, only.rw, only.rt_rw) == (3, "1", "2", "1/2")
    assert (only.printed_on, only.kabupaten, only.lane) == (dt.date(2020, 5, 3), "", CardLane.ORDINARY)


def test_a_sheet_without_required_columns_is_refused_as_a_whole() -> None:
    sheet = Given(("NIK", "Nama", "Alamat"), ("1", "2", "3"))
    with pytest.raises(SheetError) as refused:
        read_cards(sheet, today=TODAY, zone=JAKARTA)
    assert refused.value.code is SheetFault.MISSING_COLUMNS
    assert refused.value.params["missing"] == ("Tanggal Cetak", "Desa/Kelurahan", "Kecamatan")


@pytest.mark.parametrize(
    "nik", [3216064305900001.0, 3.21606e15, "3,21606E+15", "3216064305900000", dt.date(2020, 1, 1)]
)
def test_a_nik_damaged_by_the_spreadsheet_is_refused_with_advice(nik: Cell) -> None:
    refused = error(nik=nik)
    assert (refused.code, refused.field, refused.params) == (RowFault.NIK_DAMAGED, "nik", {})
    assert "Format the column as text" in str(refused)


@pytest.mark.parametrize(
    "nik",
    [
        "321606430590000",
        "32160643059000011",
        "3216064305900O01",
        "3216060005900001",
        "3216063205900001",
        "3216064005900001",
        "3216067205900001",
        "3216064313900001",
        "3216063002900001",
        "3216062902910001",
        "٣٢١٦٠٦٤٣٠٥٩٠٠٠٠١",
        12345.0,
    ],
)
def test_a_nik_that_cannot_be_one_is_refused(nik: Cell) -> None:
    assert error(nik=nik).code is RowFault.NIK_INVALID


@pytest.mark.parametrize(
    "nik", ["3216060305900001", "3216067112900001", "3216062902920001", "3216062902000001"]
)
def test_a_nik_of_a_man_a_woman_or_a_leap_day_is_taken(nik: str) -> None:
    assert card(nik=nik).nik == nik


def test_a_region_code_that_is_not_ours_is_only_a_warning() -> None:
    assert card(nik="9916064305900001").warnings == (RowWarning.NIK_REGION_UNKNOWN,)
    assert card(nik="1101014305900001").warnings == ()


@pytest.mark.parametrize(
    ("changes", "code", "field", "params"),
    [
        ({"nik": None}, RowFault.NIK_MISSING, "nik", {}),
        ({"nik": "  "}, RowFault.NIK_MISSING, "nik", {}),
        ({"name": None}, RowFault.NAME_MISSING, "name", {}),
        ({"name": "123 -"}, RowFault.NAME_MISSING, "name", {}),
        ({"printed_on": None}, RowFault.DATE_BAD, "printed_on", {"value": ""}),
        ({"printed_on": "31/02/2020"}, RowFault.DATE_BAD, "printed_on", {"value": "31/02/2020"}),
        ({"printed_on": "20-05-03"}, RowFault.DATE_AMBIGUOUS, "printed_on", {"value": "20-05-03"}),
        ({"printed_on": dt.date(2020, 5, 5)}, RowFault.DATE_FUTURE, "printed_on", {"value": "05/05/2020"}),
        (
            {"alamat": None, "rt_rw": None, "desa_kelurahan": " ", "kecamatan": None},
            RowFault.ADDRESS_MISSING,
            "alamat",
            {"column": "Alamat"},
        ),
        ({"name": "x" * 121}, RowFault.TEXT_TOO_LONG, "name", {"column": "Nama Lengkap", "limit": 120}),
        ({"alamat": "x" * 251}, RowFault.TEXT_TOO_LONG, "alamat", {"column": "Alamat", "limit": 250}),
        ({"kode_pos": "1" * 11}, RowFault.TEXT_TOO_LONG, "kode_pos", {"column": "Kode Pos", "limit": 10}),
        (
            {"blank_serial": "x" * 33},
            RowFault.TEXT_TOO_LONG,
            "blank_serial",
            {"column": "Nomor Blangko", "limit": 32},
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(
    changes: dict[str, Cell], code: RowFault, field: str, params: dict[str, str | int]
) -> None:
    refused = error(**changes)
    assert (refused.row_number, refused.code, refused.field, refused.params) == (2, code, field, params)
    assert refused.cells == line(**changes)


def test_a_card_without_a_village_is_taken_because_it_exists() -> None:
    taken = card(desa_kelurahan=None, kecamatan=None)
    assert (taken.desa_kelurahan, taken.kecamatan) == ("", "")


def test_no_sentence_about_a_row_shows_the_nik() -> None:
    assert all("%(value)s" not in MESSAGES[fault] for fault in RowFault if fault.name.startswith("NIK"))


def test_rt_rw_alone_is_an_address_in_a_village_without_streets() -> None:
    assert card(alamat=None).alamat == ""
    assert card(alamat=None, rt_rw=None, dusun="Kp. Baru").dusun == "Kp. Baru"


@pytest.mark.parametrize(
    ("rt_rw", "rt", "rw", "expected"),
    [
        ("01/02", None, None, "01/02"),
        (None, "001", "002", "001/002"),
        (None, 1.0, None, "RT 1"),
        (None, None, "II", "RW II"),
        ("01/02", "9", "9", "01/02"),
        (None, None, None, ""),
    ],
)
def test_rt_and_rw_come_from_one_column_or_two(rt_rw: Cell, rt: Cell, rw: Cell, expected: str) -> None:
    assert card(rt_rw=rt_rw, rt=rt, rw=rw).rt_rw == expected


def test_rt_rw_that_excel_made_a_date_is_read_back_with_a_warning() -> None:
    taken = card(rt_rw=dt.date(2026, 2, 1))
    assert (taken.rt_rw, taken.warnings) == ("1/2", (RowWarning.RT_RW_WAS_DATE,))


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("081234567890", "+6281234567890"),
        (81234567890.0, "+6281234567890"),
        ("'+62 812-3456-7890", "+6281234567890"),
        ("62812 3456 7890", "+6281234567890"),
        ("0812.3456.7890 / 0813", "+6281234567890"),
        ("(021) 8834567", "+62218834567"),
        (None, ""),
        ("-", ""),
        ("0", ""),
    ],
)
def test_phones_are_normalised(typed: Cell, phone: str) -> None:
    taken = card(phone=typed)
    assert (taken.phone, taken.warnings) == (phone, ())


@pytest.mark.parametrize("typed", ["tidak ada", "0812", "0812345678901234", 8.1e19, "+1 202 555 01 00 x"])
def test_a_phone_that_is_none_is_left_out_with_a_warning(typed: Cell) -> None:
    taken = card(phone=typed)
    assert (taken.phone, taken.warnings) == ("", (RowWarning.PHONE_INVALID,))


@pytest.mark.parametrize("typed", [3216060101100001.0, "3,2E+15", "123", "x"])
def test_a_family_card_number_that_is_damaged_is_left_out_with_a_warning(typed: Cell) -> None:
    taken = card(kk=typed)
    assert (taken.kk, taken.warnings) == ("", (RowWarning.KK_INVALID,))


def test_a_damaged_blank_serial_is_left_out_with_a_warning() -> None:
    assert card(blank_serial=1e16).warnings == (RowWarning.BLANK_SERIAL_DAMAGED,)


@pytest.mark.parametrize(
    ("typed", "lane"),
    [
        (None, CardLane.ORDINARY),
        ("Biasa", CardLane.ORDINARY),
        ("print-ready record", CardLane.PRINT_READY_RECORD),
        ("PEMULA", CardLane.FIRST_CARD),
        ("Lansia", CardLane.VULNERABLE),
        ("mendesak", CardLane.URGENT),
        ("kirim ulang", CardLane.RESEND),
        ("RESEND", CardLane.RESEND),
    ],
)
def test_the_lane_is_known_by_many_words(typed: Cell, lane: CardLane) -> None:
    taken = card(lane=typed)
    assert (taken.lane, taken.warnings) == (lane, ())


def test_an_unknown_lane_is_ordinary_with_a_warning() -> None:
    taken = card(lane="kilat khusus")
    assert (taken.lane, taken.warnings) == (CardLane.ORDINARY, (RowWarning.LANE_UNKNOWN,))


def test_every_lane_has_words() -> None:
    assert set(LANES.values()) == set(CardLane)


def test_a_printing_time_in_another_zone_counts_as_the_offices_day() -> None:
    assert card(printed_on="2020-05-03T18:00:00Z").printed_on == dt.date(2020, 5, 4)
    assert card(printed_on="2020-05-03 23:30 WIB").printed_on == dt.date(2020, 5, 3)


def test_rows_with_a_running_number_only_are_no_cards() -> None:
    sheet = Given(
        ("No", *TITLES), (1.0, *line()), (2.0,), (3.0, *[None] * len(TITLES)), (4.0, *line(name=None))
    )
    rows = list(read_cards(sheet, today=TODAY, zone=JAKARTA))
    assert [(type(row), row.row_number) for row in rows] == [(PrintedCardRow, 2), (RowError, 5)]


def test_a_short_row_is_read_as_if_it_were_filled_with_empty_cells() -> None:
    (refused,) = outcomes(("3216064305900001",))
    assert isinstance(refused, RowError)
    assert refused.code is RowFault.NAME_MISSING


def test_rejected_rows_come_back_ready_to_correct_and_upload_again(tmp_path: Path) -> None:
    bad = line(name=None, phone="+62 812-3456-7890", printed_on=dt.date(2020, 5, 1))
    rows = read_cards(Given(("Catatan", *TITLES), ("=x", *line()), ("=1+1", *bad)), today=TODAY, zone=JAKARTA)
    errors = [row for row in rows if isinstance(row, RowError)]
    path = tmp_path / "ditolak.xlsx"
    with path.open("wb") as output:
        assert write_rejected_rows(output, errors, rows.header) == 1
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["Catatan", *TITLES, "Baris asal", "Alasan ditolak"]
    assert sheet["A2"].value == "'=1+1"
    assert sheet["B2"].value == "3216064305900001"
    assert sheet["B2"].number_format == "@"
    assert sheet.cell(2, len(TITLES) + 2).value == 3
    assert sheet.cell(2, len(TITLES) + 3).value == MESSAGES[RowFault.NAME_MISSING]

    sheet["C2"] = "Siti Rahayu"
    book.save(path)
    with open_sheet(path) as corrected:
        again = read_cards(corrected, today=TODAY, zone=JAKARTA)
        (taken,) = again
    assert isinstance(taken, PrintedCardRow)
    assert (taken.phone, taken.printed_on, taken.row_number) == ("+6281234567890", dt.date(2020, 5, 1), 2)
    output_again = io.BytesIO()
    write_rejected_rows(output_again, [], again.header, reason=lambda refused: "salah")
    titles = [cell.value for cell in openpyxl.load_workbook(output_again).worksheets[0][1]]
    assert titles == ["Catatan", *TITLES, "Baris asal", "Alasan ditolak"]


def test_the_template_has_the_columns_that_are_read_and_explains_them(tmp_path: Path) -> None:
    path = tmp_path / "templat.xlsx"
    with path.open("wb") as output:
        write_card_template(
            output, translate=lambda message: {"yes": "ya", "no": "tidak"}.get(message, message)
        )
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Kartu tercetak", "Petunjuk"]
    assert [cell.value for cell in book["Kartu tercetak"][1]] == list(TITLES)
    assert book["Kartu tercetak"]["A2"].number_format == "@"
    assert [cell.value for cell in book["Petunjuk"][2]][:3] == ["NIK", "ya", "3216064305900001"]
    with open_sheet(path) as sheet:
        assert list(read_cards(sheet, today=TODAY, zone=JAKARTA)) == []


def test_the_examples_of_the_guide_are_a_good_row() -> None:
    examples: dict[str, Cell] = {column.field: column.example for column in CARD_COLUMNS}
    (taken,) = read_cards(Given(TITLES, tuple(examples.values())), today=dt.date(2021, 1, 1), zone=JAKARTA)
    assert isinstance(taken, PrintedCardRow)
    assert taken.warnings == ()


def test_every_code_has_a_sentence() -> None:
    assert set(MESSAGES) == set(RowFault)
    assert set(WARNING_MESSAGES) == set(RowWarning)


CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from([value for value in GOOD.values() if value is not None]),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, CELLS)), max_size=5))
def test_any_rows_end_in_exactly_one_outcome_each(rows: list[dict[str, Cell]]) -> None:
    sheet = [line(**row) for row in rows]
    ended = outcomes(*sheet)
    assert [outcome.row_number for outcome in ended] == list(range(2, len(rows) + 2))
    assert all(str(outcome) for outcome in ended if isinstance(outcome, RowError))
    output = io.BytesIO()
    header = read_cards(Given(TITLES), today=TODAY, zone=JAKARTA).header
    errors = [outcome for outcome in ended if isinstance(outcome, RowError)]
    assert write_rejected_rows(output, errors, header) == len(errors)
