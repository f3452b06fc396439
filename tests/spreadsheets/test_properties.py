"""Whatever a cell, a workbook or a file holds, only the room's own refusals come out."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spreadsheets.cells import Cell, date_only, identifier, text, when
from spreadsheets.faults import CellError, SheetError
from spreadsheets.frames import SheetRow
from spreadsheets.headers import find_header
from spreadsheets.reading import open_sheet
from spreadsheets.writing import Column, write_csv, write_xlsx
from tests.spreadsheets.workbooks import ods, ods_row, xls, xlsx

JAKARTA = ZoneInfo("Asia/Jakarta")
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.from_regex(
        r"[0-9]{1,4}[-/. ][0-9A-Za-z]{1,9}[-/. ][0-9]{1,4}([ T][0-9]{1,2}[:.][0-9]{2})?", fullmatch=True
    ),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
)
ROWS = st.lists(st.lists(CELLS, max_size=5).map(tuple), max_size=8)
READERS: tuple[Callable[[Cell], object], ...] = (
    text,
    identifier,
    date_only,
    lambda cell: when(cell, zone=JAKARTA),
)


@settings(max_examples=1_000, deadline=None)
@given(CELLS)
@example("0-0-0")
@example("٣/٥/٢٠٢٠")
@example("² /1/2020")
@example("99-99-99")
@example("00-12-31")
@example("31-12-00")
def test_any_cell_is_understood_or_refused(cell: Cell) -> None:
    for reader in READERS:
        try:
            reader(cell)
        except CellError as refused:
            str(refused)


@settings(max_examples=300, deadline=None)
@given(st.datetimes(min_value=dt.datetime(1950, 1, 1), max_value=dt.datetime(2099, 12, 31)))  # noqa: DTZ001
def test_every_moment_is_read_back_from_every_way_of_writing_it(moment: dt.datetime) -> None:
    moment = moment.replace(microsecond=0)
    expected = moment.replace(tzinfo=JAKARTA)
    for pattern in ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H.%M.%S", "%d %B %Y %H:%M:%S"):
        assert when(moment.strftime(pattern), zone=JAKARTA) == expected
    serial = (moment - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)  # noqa: DTZ001
    assert when(serial, zone=JAKARTA) == expected


@settings(max_examples=200, deadline=None)
@given(ROWS)
def test_any_rows_have_a_header_or_are_refused(rows: list[tuple[Cell, ...]]) -> None:
    numbered = [SheetRow(number, row) for number, row in enumerate(rows, 1)]
    try:
        match = find_header(numbered, {"a": ("nik", "0"), "b": ("nama", "1")}, ["a"])
    except SheetError as refused:
        str(refused)
    else:
        assert "a" in match.columns


def read_all(content: bytes) -> list[SheetRow]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "upload")
        path.write_bytes(content)
        try:
            with open_sheet(path) as sheet:
                return list(sheet.rows())
        except SheetError as refused:
            str(refused)
            return []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    read_all(content)


SAMPLES = (
    xlsx(['<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>']),
    xls([["NIK", 1.0], ["x", 2.0]]),
    ods(ods_row("NIK", 1.0)),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=6),
    st.integers(0, 40),
)
def test_a_workbook_with_any_bytes_changed_is_read_or_refused(
    content: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    damaged = bytearray(content)
    for place, new in changes:
        place %= len(damaged)
        damaged[place : place + len(new)] = new
    read_all(bytes(damaged[: len(damaged) - cut]))


@pytest.mark.parametrize("write", [write_xlsx, write_csv])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS)
def test_any_rows_are_written_and_the_same_number_is_read(
    write: Callable[..., int], rows: list[tuple[Cell, ...]]
) -> None:
    output = io.BytesIO()
    columns = [Column("nomor"), *(Column(f"c{n}", kind="date" if n % 2 else "number") for n in range(5))]
    numbered: list[tuple[Cell, ...]] = [(f"n{n}", *row) for n, row in enumerate(rows)]
    more = {"sheet": "x"} if write is write_xlsx else {}
    assert write(output, columns=columns, rows=numbered, **more) == len(rows)
    assert [row.cells[0] for row in read_all(output.getvalue())] == ["nomor", *(row[0] for row in numbered)]
