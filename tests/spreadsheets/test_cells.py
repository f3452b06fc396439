"""Cells are understood as Indonesian offices write them, and refused rather than guessed."""

# ruff: noqa: DTZ001 - a workbook's dates carry no zone
from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from spreadsheets.cells import Cell, date_only, identifier, shown, text, when
from spreadsheets.faults import CELL_MESSAGES, CellError, CellFault

JAKARTA = ZoneInfo("Asia/Jakarta")
JAYAPURA = ZoneInfo("Asia/Jayapura")


@pytest.mark.parametrize(
    ("cell", "time", "moment"),
    [
        (dt.datetime(2020, 5, 6, 10, 15, 0, 999_999), None, dt.datetime(2020, 5, 6, 10, 15)),
        (dt.datetime(2020, 5, 6, 0, 0, 0, 437_000), 0.25, dt.datetime(2020, 5, 6, 6)),
        (dt.date(2020, 5, 6), dt.time(6, 0, 0, 437_000), dt.datetime(2020, 5, 6, 6)),
        (dt.date(2020, 5, 6), dt.date(1899, 12, 30), dt.datetime(2020, 5, 6)),
        (dt.date(2020, 5, 6), dt.datetime(1899, 12, 30, 6), dt.datetime(2020, 5, 6, 6)),
        (dt.date(2020, 5, 6), 0, dt.datetime(2020, 5, 6)),
    ],
)
def test_a_moment_counts_to_the_second(cell: Cell, time: Cell, moment: dt.datetime) -> None:
    assert when(cell, zone=JAKARTA, time=time) == moment.replace(tzinfo=JAKARTA)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (None, ""),
        ("  Jl.\tMawar\n No.\u00a05 ", "Jl. Mawar No. 5"),
        ("\ufeffNIK\u200b", "NIK"),
        ("'+6281234", "+6281234"),
        ("'=1+1", "=1+1"),
        ("'s Gravenhage", "'s Gravenhage"),
        (5.0, "5"),
        (5.25, "5.25"),
        (7, "7"),
        (True, "TRUE"),
        (dt.date(2020, 5, 3), "2020-05-03"),
        (dt.datetime(2020, 5, 3, 14, 30), "2020-05-03 14:30:00"),
        (dt.time(14, 30), "14:30:00"),
    ],
)
def test_text_is_one_clean_line(cell: Cell, line: str) -> None:
    assert text(cell) == line


def test_a_number_that_is_not_whole_or_not_exact_is_shown_as_it_is() -> None:
    assert shown(1e300) == "1e+300"
    assert shown(float("nan")) == "nan"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (None, ""),
        ("3216062006900001", "3216062006900001"),
        (" 3216 0620 0690 0001 ", "3216062006900001"),
        ("'3216062006900001", "3216062006900001"),
        ("RR473124829GB", "RR473124829GB"),
        ("EA123456785ID", "EA123456785ID"),
        ("12E5", "12E5"),
        ("P2005030000001.2", "P2005030000001.2"),
        (12345678901.0, "12345678901"),
        (12345678901, "12345678901"),
        ("12345678901.0", "12345678901"),
        ("999999999999999,00", "999999999999999"),
        (999_999_999_999_999.0, "999999999999999"),
    ],
)
def test_an_identifier_is_taken_when_it_is_exact(cell: Cell, number: str) -> None:
    assert identifier(cell) == number


@pytest.mark.parametrize(
    "cell",
    [
        3216062006900000.0,
        1e15,
        3216062006900001,
        "3.21606E+15",
        "3,21606E+15",
        "3.21606e15",
        "1E+16",
        "3216062006900000.0",
        12.5,
        -5.0,
        float("nan"),
        float("inf"),
        True,
        dt.date(2020, 5, 3),
        dt.time(1, 2),
    ],
)
def test_an_identifier_that_the_spreadsheet_damaged_is_refused(cell: Cell) -> None:
    with pytest.raises(CellError) as refused:
        identifier(cell)
    assert refused.value.code is CellFault.DAMAGED_NUMBER
    assert refused.value.value == shown(cell)


@pytest.mark.parametrize(
    "cell",
    [
        dt.date(2020, 5, 3),
        dt.datetime(2020, 5, 3),
        43_954.0,
        43_954,
        "43954",
        "2020-05-03",
        "2020/5/3",
        "20200503",
        20_200_503.0,
        "03052020",
        "03/05/2020",
        "3/5/2020",
        "3.5.2020",
        "03-05-2020",
        "3/5/20",
        "3 Mei 2020",
        "03-Mei-2020",
        "3 mei 20",
        "03MEI2020",
        "3 May 2020",
        "May 3, 2020",
        "Minggu, 3 Mei 2020",
        "Sunday, May 3rd, 2020",
        "tanggal 03/05/2020",
        "03 / 05 / 2020",
    ],
)
def test_a_date_alone_is_its_midnight(cell: Cell) -> None:
    assert when(cell, zone=JAKARTA) == dt.datetime(2020, 5, 3, tzinfo=JAKARTA)
    assert date_only(cell) == dt.date(2020, 5, 3)


@pytest.mark.parametrize(
    "cell",
    [
        dt.datetime(2020, 5, 3, 14, 30, 5),
        43_954 + (14 * 3600 + 30 * 60 + 5) / 86_400,
        f"{43_954 + (14 * 3600 + 30 * 60 + 5) / 86_400:.9f}",
        "2020-05-03 14:30:05",
        "2020-05-03T14:30:05",
        "2020-05-03T14:30:05.123",
        "03/05/2020 14:30:05",
        "03/05/2020, 14.30.05",
        "03-05-2020 - 14:30:05",
        "3 Mei 2020 pukul 14.30.05",
        "3 Mei 2020 jam 14:30:05 WIB",
        "May 3, 2020 2:30:05 PM",
        "03/05/2020 02:30:05 p.m.",
        "2020-05-03T14:30:05+07:00",
        "2020-05-03T07:30:05Z",
        "2020-05-03 16:30:05 WIT",
        "3 Mei 2020 15.30.05 (WITA)",
    ],
)
def test_a_date_with_time_is_that_moment(cell: Cell) -> None:
    moment = when(cell, zone=JAKARTA)
    assert moment == dt.datetime(2020, 5, 3, 14, 30, 5, tzinfo=JAKARTA)
    assert moment.tzinfo is not None


def test_the_offices_zone_decides_what_a_text_without_zone_means() -> None:
    assert when("3 Mei 2020 16:30", zone=JAYAPURA) == when("3 Mei 2020 14:30", zone=JAKARTA)


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("Januari", 1),
        ("Jan", 1),
        ("Pebruari", 2),
        ("Feb.", 2),
        ("Maret", 3),
        ("April", 4),
        ("Mei", 5),
        ("Juni", 6),
        ("July", 7),
        ("Agt", 8),
        ("Agustus", 8),
        ("Ags", 8),
        ("August", 8),
        ("Sep", 9),
        ("Sept", 9),
        ("Okt", 10),
        ("October", 10),
        ("Nop", 11),
        ("Nopember", 11),
        ("Des", 12),
        ("December", 12),
    ],
)
def test_months_are_known_in_indonesian_and_english(name: str, month: int) -> None:
    assert date_only(f"7 {name} 2020") == dt.date(2020, month, 7)


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "",
        "-",
        "belum",
        True,
        dt.time(14, 30),
        "31/02/2020",
        "05/23/2020",
        "32/01/2020",
        "00/00/0000",
        "2020-13-01",
        "3 Mie 2020",
        "03/05/2020 25:00",
        "03/05/2020 13:00 pm",
        "03/05/2020 14:60",
        "14:30",
        "03/05/1899",
        "03/05/2120",
        "2020-05",
        "3/5/020",
        "2020-05-03T07:30:05+99:00",
        12.0,
        0.5,
        99_999.0,
        1e308,
        float("nan"),
        float("inf"),
        float("-inf"),
        "9" * 5_000,
        "3 Mei 2020 " + "x" * 500,
    ],
)
def test_what_is_no_date_is_refused(cell: Cell) -> None:
    with pytest.raises(CellError) as refused:
        when(cell, zone=JAKARTA)
    assert refused.value.code is CellFault.BAD_DATE
    assert len(refused.value.value) <= 61


@pytest.mark.parametrize("cell", ["20-05-03", "03-05-20", "11-12-10"])
def test_figures_with_dashes_and_two_readings_are_refused_as_ambiguous(cell: str) -> None:
    with pytest.raises(CellError) as refused:
        date_only(cell)
    assert refused.value.code is CellFault.DATE_AMBIGUOUS


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("03/05/20", dt.date(2020, 5, 3)),
        ("03.05.20", dt.date(2020, 5, 3)),
        ("3-5-20", dt.date(2020, 5, 3)),
        ("03-05-99", dt.date(1999, 5, 3)),
        ("05-05-05", dt.date(2005, 5, 5)),
        ("03-05-69", dt.date(2069, 5, 3)),
    ],
)
def test_two_digit_years_are_taken_where_one_reading_remains(cell: str, day: dt.date) -> None:
    assert date_only(cell) == day


def test_every_cell_fault_has_a_sentence_that_shows_the_value() -> None:
    assert set(CELL_MESSAGES) == set(CellFault)
    for fault in CellFault:
        assert str(CellError(fault, "3,2E+15")).startswith("“3,2E+15” ")
