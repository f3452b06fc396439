"""Every format that offices send is read the same way, in chunks, with the numbers of the sheet's rows."""

# ruff: noqa: DTZ001 - a workbook's dates carry no zone
from __future__ import annotations

import datetime as dt
import os
import threading
from pathlib import Path

import openpyxl
import pytest

from spreadsheets import jail
from spreadsheets.cells import Cell
from spreadsheets.faults import MESSAGES, SheetError, SheetFault
from spreadsheets.limits import Limits
from spreadsheets.reading import ReaderUnavailable, SheetKind, SheetRow, open_sheet
from spreadsheets.writing import Column, write_xlsx
from tests.spreadsheets.workbooks import SHEET_HEAD, SHEET_TAIL, inline, ods, ods_row, xls, xlsx


def read(path: Path, limits: Limits | None = None) -> list[tuple[int, tuple[Cell, ...]]]:
    with open_sheet(path, limits=limits or Limits()) as sheet:
        return [(row.number, row.cells) for row in sheet.rows()]


def saved(tmp_path: Path, content: bytes, name: str = "upload") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def fault_of(path: Path, limits: Limits | None = None) -> SheetError:
    with pytest.raises(SheetError) as refused:
        read(path, limits)
    return refused.value


def test_xlsx_gives_every_kind_of_value(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = "Kartu"
    page["B3"] = "Siti"
    page["C3"] = 12
    page["D3"] = True
    page["E3"] = dt.datetime(2020, 5, 3)
    page["F3"] = dt.datetime(2020, 5, 3, 14, 30)
    page["G3"] = dt.time(7, 45)
    page["H3"] = dt.timedelta(hours=30)
    page["B6"] = "akhir"
    page["I6"] = "x"
    book.save(tmp_path / "a.xlsx")
    with open_sheet(tmp_path / "a.xlsx") as sheet:
        assert (sheet.kind, sheet.name, sheet.last_row) == (SheetKind.XLSX, "Kartu", 6)
        chunks = list(sheet)
    assert chunks == [
        [
            SheetRow(
                3,
                (
                    None,
                    "Siti",
                    12.0,
                    True,
                    dt.date(2020, 5, 3),
                    dt.datetime(2020, 5, 3, 14, 30),
                    dt.time(7, 45),
                    "1 day, 6:00:00",
                    None,
                ),
            ),
            SheetRow(6, (None, "akhir", None, None, None, None, None, None, "x")),
        ]
    ]


def test_ods_gives_texts_and_numbers(tmp_path: Path) -> None:
    path = saved(tmp_path, ods(ods_row("NIK", "Jumlah") + ods_row("0001", 7.5)))
    with open_sheet(path) as sheet:
        assert sheet.kind is SheetKind.ODS
        assert list(sheet.rows()) == [(1, ("NIK", "Jumlah")), (2, ("0001", 7.5))]


def test_xls_gives_texts_and_numbers(tmp_path: Path) -> None:
    path = saved(tmp_path, xls([["NIK", "Jumlah"], ["0001", 7.5]]))
    with open_sheet(path) as sheet:
        assert sheet.kind is SheetKind.XLS
        assert list(sheet.rows()) == [(1, ("NIK", "Jumlah")), (2, ("0001", 7.5))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_any_usual_encoding_and_separator(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    lines = [("NIK", "nama", "alamat"), ("0001", "José", 'Jl. "A", No. 5; RT 1'), ("0002", "Siti", "Blok B")]
    text = "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    path = saved(tmp_path, text.encode(encoding))
    with open_sheet(path) as sheet:
        assert (sheet.kind, sheet.name, sheet.last_row) == (SheetKind.CSV, "", None)
        assert list(sheet.rows()) == [SheetRow(number, line) for number, line in enumerate(lines, 1)]


def test_csv_rows_keep_their_numbers_over_empty_and_broken_lines(tmp_path: Path) -> None:
    path = saved(tmp_path, b'a,b\n\n,\n"dua\nbaris",1\nx,2\n')
    assert read(path) == [(1, ("a", "b")), (4, ("dua\nbaris", "1")), (5, ("x", "2"))]


def test_csv_of_one_column_is_read(tmp_path: Path) -> None:
    assert read(saved(tmp_path, b"resi\nP2005030000001\n")) == [(1, ("resi",)), (2, ("P2005030000001",))]


def test_csv_obeys_a_declared_separator_and_does_not_return_it(tmp_path: Path) -> None:
    assert read(saved(tmp_path, b"sep=;\r\na,1;b\r\nc;d\r\n")) == [(2, ("a,1", "b")), (3, ("c", "d"))]


def test_a_price_with_a_comma_does_not_hide_the_semicolons(tmp_path: Path) -> None:
    path = saved(tmp_path, b"nama;berat\nA, B;1,5\nC;2,5\n")
    assert read(path) == [(1, ("nama", "berat")), (2, ("A, B", "1,5")), (3, ("C", "2,5"))]


def test_rows_come_in_chunks_while_the_file_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a;b\n" * 4_500)
    with open_sheet(path) as sheet:
        assert [len(chunk) for chunk in sheet] == [2_000, 2_000, 500]
        assert list(sheet) == []


def test_the_first_visible_sheet_that_holds_anything_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "kosong"
    hidden = book.create_sheet("rahasia")
    hidden["A1"] = "x"
    hidden.sheet_state = "hidden"
    book.create_sheet("isi")["A1"] = "ini"
    book.save(tmp_path / "a.xlsx")
    with open_sheet(tmp_path / "a.xlsx") as sheet:
        assert sheet.name == "isi"
        assert list(sheet.rows()) == [(1, ("ini",))]


def test_zero_and_false_are_not_taken_for_empty_cells(tmp_path: Path) -> None:
    body = '<row r="1"><c r="A1"><v>0</v></c><c r="B1" t="b"><v>0</v></c></row>'
    assert read(saved(tmp_path, xlsx([SHEET_HEAD, body, SHEET_TAIL]))) == [(1, (0.0, False))]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [(f"{n:016d}", float(n), dt.date(2020, 1, 1)) for n in range(5_000)]
    columns = (Column("a"), Column("b", kind="number"), Column("c", kind="date"))
    with (tmp_path / "a.xlsx").open("wb") as output:
        write_xlsx(output, sheet="x", columns=columns, rows=rows, title_rows=("judul",))
    got = read(tmp_path / "a.xlsx")
    assert got[:2] == [(1, ("judul", None, None)), (2, ("a", "b", "c"))]
    assert got[2:] == [(number, row) for number, row in enumerate(rows, 3)]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", SheetFault.EMPTY),
        (b"\n\n", SheetFault.EMPTY),
        (b",,\n", SheetFault.EMPTY),
        (xlsx([SHEET_HEAD, SHEET_TAIL]), SheetFault.EMPTY),
        (b"%PDF-1.7 ...", SheetFault.NOT_A_SHEET),
        (b"<html><table><tr><td>1</td></tr></table></html>", SheetFault.NOT_A_SHEET),
        (b"\x89PNG\r\n\x1a\n....", SheetFault.NOT_A_SHEET),
        (b"PK\x05\x06" + bytes(18), SheetFault.NOT_A_SHEET),
        (b"a;b\n\x00\x01\x02;c\n" * 40, SheetFault.NOT_A_SHEET),
        (b"a;b\n\x01;c\n", SheetFault.NOT_A_SHEET),
        (b"nama;kota\nJos\x81;x\n", SheetFault.ENCODING_UNKNOWN),
        (b"\xff\xfea\x00;\x00\xd8\xd8", SheetFault.ENCODING_UNKNOWN),
        (b"PK\x03\x04 and nothing else", SheetFault.UNREADABLE),
        (xlsx([SHEET_HEAD, '<row r="1"><c r="A1"']), SheetFault.UNREADABLE),
    ],
)
def test_a_file_that_cannot_be_a_sheet_is_refused(tmp_path: Path, content: bytes, fault: SheetFault) -> None:
    assert fault_of(saved(tmp_path, content)).code is fault


def test_an_office_document_of_another_kind_is_refused(tmp_path: Path) -> None:
    content = xlsx([SHEET_HEAD, SHEET_TAIL]).replace(b"xl/workbook.xml", b"wd/document.xml")
    assert fault_of(saved(tmp_path, content)).code is SheetFault.NOT_A_SHEET


def test_a_file_over_the_size_limit_is_refused_with_the_limit(tmp_path: Path) -> None:
    fault = fault_of(saved(tmp_path, b"a;b\n" * 300_000), Limits(file_bytes=1024 * 1024))
    assert (fault.code, fault.params) == (SheetFault.TOO_LARGE, {"limit": 1})


def test_a_missing_file_is_the_callers_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent.xlsx")


def test_a_reader_that_does_not_start_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jail, "_ROOT", tmp_path)
    with pytest.raises(ReaderUnavailable):
        read(saved(tmp_path, b"a;b\n"))


def test_the_reading_process_gets_no_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    assert "DATABASE_URL" not in jail.child_environment()


def test_leaving_early_ends_the_reading_process(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a;b\n" * 300_000)
    with open_sheet(path) as sheet:
        next(iter(sheet))
        pid = sheet.process_id
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a;b\n" * 5_000)
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(read(path)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [5_000] * 6


def test_every_fault_has_a_sentence_that_its_params_fill() -> None:
    params: dict[str, str | int | tuple[str, ...]] = {
        "limit": 5,
        "row": 3,
        "found": ("a", "b"),
        "missing": ("NIK",),
        "sheet": "Data",
        "sheets": ("Sisa",),
        "searched": 30,
    }
    assert set(MESSAGES) == set(SheetFault)
    for fault in SheetFault:
        sentence = str(SheetError(fault, **params))
        assert "%" not in sentence
        assert sentence.endswith(".")
    assert str(SheetError(SheetFault.MISSING_COLUMNS, missing=("NIK",), found=("a", "b"))) == (
        "Columns are missing: NIK. Found: a, b. Add the missing titles to the header row "
        "and upload the file again."
    )


def test_a_row_of_inline_text_is_read(tmp_path: Path) -> None:
    content = xlsx([SHEET_HEAD, f'<row r="2">{inline("B2", "x &amp; y")}</row>', SHEET_TAIL])
    assert read(saved(tmp_path, content)) == [(2, (None, "x & y"))]
