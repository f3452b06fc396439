"""What is written opens in spreadsheets with the same values, and never runs."""

# ruff: noqa: DTZ001 - a workbook's dates carry no zone
from __future__ import annotations

import datetime as dt
import io
import tracemalloc
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from spreadsheets import writing
from spreadsheets.cells import Cell
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.writing import (
    Column,
    column_letters,
    neutralised,
    sheet_name,
    write_csv,
    write_template,
    write_xlsx,
)

COLUMNS = (
    Column("NIK", 20),
    Column("Jumlah", kind="number"),
    Column("Tanggal", kind="date"),
    Column("Alamat", 40),
)


def written(*rows: tuple[Cell, ...], titles: tuple[str, ...] = ()) -> io.BytesIO:
    output = io.BytesIO()
    assert write_xlsx(output, sheet="Kartu", columns=COLUMNS, rows=rows, title_rows=titles) == len(rows)
    output.seek(0)
    return output


def values(output: io.BytesIO) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(output).worksheets[0].iter_rows(values_only=True))


def test_openpyxl_reads_the_values_back_with_their_types() -> None:
    output = written(
        ("3216062006900001", 12, dt.date(2020, 5, 3), "Jl. Mawar & <Melati> No. 5"),
        (3216062006900001, 1.5, dt.datetime(2020, 5, 3, 14, 30), None),
        titles=("Daftar kartu",),
    )
    assert values(output) == [
        ("Daftar kartu", None, None, None),
        ("NIK", "Jumlah", "Tanggal", "Alamat"),
        ("3216062006900001", 12, dt.datetime(2020, 5, 3), "Jl. Mawar & <Melati> No. 5"),
        ("3216062006900001", 1.5, dt.datetime(2020, 5, 3, 14, 30), None),
    ]


def test_calamine_reads_the_same() -> None:
    output = written(("0001", -3, dt.date(2020, 5, 3), " dua\nbaris "))
    rows = CalamineWorkbook.from_filelike(output).get_sheet_by_index(0).to_python()
    assert rows[1] == ["0001", -3.0, dt.date(2020, 5, 3), " dua\nbaris "]


def test_text_columns_are_formatted_as_text() -> None:
    sheet = openpyxl.load_workbook(written(("1", 1, None, "x"))).worksheets[0]
    assert sheet["A2"].number_format == "@"
    assert sheet.column_dimensions["A"].number_format == "@"
    assert sheet.column_dimensions["C"].number_format == "dd/mm/yyyy"


@pytest.mark.parametrize("text", ["=1+1", "+62", "-5", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_a_formula_is_written_as_text_with_an_apostrophe(text: str) -> None:
    cell = openpyxl.load_workbook(written((text, None, None, text))).worksheets[0]["D2"]
    assert cell.value == "'" + text
    assert cell.data_type in ("s", "inlineStr")
    output = io.BytesIO()
    write_csv(output, columns=COLUMNS[:1], rows=[(text,)])
    assert output.getvalue().decode("utf-8-sig").splitlines(keepends=False)[1].lstrip('"').startswith("'")


@pytest.mark.parametrize(
    ("text", "kept"), [("\tx", "x"), ("\rx", "x"), ("\t=1+1", "'=1+1"), ("\r\t@A1", "'@A1"), ("a\tb", "a\tb")]
)
def test_a_tab_before_a_text_is_left_out(text: str, kept: str) -> None:
    assert neutralised(text) == kept


def test_a_formula_in_a_title_or_header_is_text_too() -> None:
    output = io.BytesIO()
    write_xlsx(output, sheet="x", columns=[Column("=A1")], rows=[], title_rows=["=B1"])
    assert values(output) == [("'=B1",), ("'=A1",)]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("20123456789", "20123456789"), (20123456789, 20123456789.0), (2.5, 2.5), (-5, -5.0), (1e17, 1e17),
        (True, True), (float("inf"), 9e307), (float("-inf"), -9e307), (float("nan"), 9e307),
        (dt.time(23, 59, 59, 999_999), dt.time(23, 59, 59)), (dt.date(2020, 5, 6), dt.date(2020, 5, 6)),
        (dt.datetime(2020, 5, 6, 10, 15, 59, 999_999), dt.datetime(2020, 5, 6, 10, 15, 59)),
        (dt.datetime(1900, 2, 28, 6), dt.datetime(1900, 2, 28, 6)), (dt.date(1900, 3, 1), dt.date(1900, 3, 1)),
        (dt.datetime(1900, 1, 1, 6), dt.datetime(1900, 1, 1, 6)), (dt.datetime(1899, 12, 30, 6), dt.time(6)),
        (dt.date(1899, 12, 31), dt.time()),
    ],
)  # fmt: skip
def test_a_value_that_was_read_is_read_as_the_same_again(value: Cell, read: Cell) -> None:
    output = io.BytesIO()
    write_xlsx(output, sheet="x", columns=[Column("Nomor", kind="as_read")], rows=[(value,)])
    output.seek(0)
    (cell,) = CalamineWorkbook.from_filelike(output).get_sheet_by_index(0).to_python()[1]
    assert (type(cell), cell) == (type(read), read)


def test_a_number_that_a_cell_cannot_hold_exactly_stays_text() -> None:
    assert values(written((None, 10**15, None, None)))[1][1] == "1000000000000000"
    assert values(written((None, float("nan"), None, None)))[1][1] == "nan"


def test_characters_that_xml_forbids_are_dropped_and_escapes_are_kept_literal() -> None:
    output = written(("a\x00b\x0bc\ud800d", None, None, "kode _x0041_ & \r"))
    with zipfile.ZipFile(output) as package:
        body = package.read("xl/worksheets/sheet1.xml").decode()
    assert "ab cd" in body  # the vertical tab parts words, as it does where it is read
    assert "_x005F_x0041_" in body
    assert "&amp; &#13;" in body
    output.seek(0)
    rows = CalamineWorkbook.from_filelike(output).get_sheet_by_index(0).to_python()
    assert rows[1][3] == "kode _x0041_ & \r"


def test_a_text_longer_than_a_cell_is_cut_with_an_ellipsis() -> None:
    (value,) = values(written((None, None, None, "x" * 40_000)))[1][3:]
    assert isinstance(value, str)
    assert len(value) == 32_767
    assert value.endswith("x…")


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_SHEET_ROWS", 3)
    with pytest.raises(SheetError) as refused:
        written(*[("1", 1, None, "x")] * 3)
    assert refused.value.code is SheetFault.TOO_MANY_ROWS
    assert refused.value.params == {"limit": 2}


def test_the_same_rows_give_the_same_bytes() -> None:
    row: tuple[Cell, ...] = ("1", 1, dt.date(2020, 1, 1), "x")
    assert written(row).getvalue() == written(row).getvalue()


def test_memory_does_not_grow_with_the_rows() -> None:
    class Sink(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            return len(data)  # type: ignore[arg-type]

    def rows(count: int) -> Iterator[tuple[Cell, ...]]:
        return ((str(number), number, None, "Jl. Mawar No. 5") for number in range(count))

    tracemalloc.start()
    write_xlsx(Sink(), sheet="x", columns=COLUMNS, rows=rows(30_000))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
)
def test_column_letters_count_as_excel_does(index: int, letters: str) -> None:
    assert column_letters(index) == letters


def test_a_sheet_name_is_one_that_excel_accepts() -> None:
    assert sheet_name("Kab/Bekasi: [2020]*?") == "Kab Bekasi   2020"
    assert sheet_name("'" + "x" * 40) == "x" * 30
    assert sheet_name("///") == "Sheet1"
    output = io.BytesIO()
    write_xlsx(output, sheet='"Kartu" & <lain>', columns=COLUMNS, rows=[])
    assert openpyxl.load_workbook(output).sheetnames == ['"Kartu" & <lain>']


def test_csv_has_a_byte_order_mark_and_iso_dates() -> None:
    output = io.BytesIO()
    rows: list[tuple[Cell, ...]] = [
        ("0001", 2.0, dt.date(2020, 5, 3), 'Jl. "A"; No. 5'),
        (None, True, None, "b\nc"),
    ]
    assert write_csv(output, columns=COLUMNS, rows=rows, delimiter=";") == 2
    assert output.getvalue().decode("utf-8") == (
        '\ufeffNIK;Jumlah;Tanggal;Alamat\r\n0001;2;2020-05-03;"Jl. ""A""; No. 5"\r\n;TRUE;;"b\nc"\r\n'
    )


def test_csv_leaves_the_output_open_for_its_owner() -> None:
    output = io.BytesIO()
    write_csv(output, columns=COLUMNS, rows=[])
    assert not output.closed


def test_a_template_keeps_long_numbers_as_text_and_explains_itself() -> None:
    output = io.BytesIO()
    write_template(
        output,
        sheet="Kartu",
        columns=COLUMNS,
        examples=[("3216062006900001", 1, dt.date(2020, 5, 3), "Jl. Mawar")],
        guide_sheet="Petunjuk",
        guide=[("Kolom", "Wajib"), ("NIK", "ya")],
    )
    workbook = openpyxl.load_workbook(output)
    assert workbook.sheetnames == ["Kartu", "Petunjuk"]
    assert [cell.value for cell in workbook["Kartu"][1]] == ["NIK", "Jumlah", "Tanggal", "Alamat"]
    assert workbook["Kartu"]["A300"].number_format == "@"
    assert workbook["Kartu"]["C300"].number_format == "dd/mm/yyyy"
    assert workbook["Petunjuk"]["B2"].value == "ya"


def test_a_formula_behind_a_control_character_is_found() -> None:
    assert neutralised("\x00=1+1") == "'=1+1"
    output = io.BytesIO()
    write_csv(output, columns=[Column("a")], rows=[("\x08=1+1",)])
    assert output.getvalue().decode("utf-8-sig") == "a\r\n'=1+1\r\n"
