"""What a row of a status file says, from whichever of its columns: remark, reason, relation, date and time."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from delivery.courier_files.reading import open_status_file
from delivery.courier_files.rows import Layout, StatusRow
from delivery.couriers import Meaning, pos
from delivery.status import Status
from spreadsheets.faults import SheetError, SheetFault
from tests.spreadsheets.workbooks import book

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
NUMBER = "RR000100014ID"
HEADER = ["No Resi", "Status", "Keterangan", "Tanggal"]
ROW = [NUMBER, "DELIVERED", "", "06/05/2020"]
Read = Callable[..., list[StatusRow]]


def rows_of(path: Path) -> tuple[Layout, list[StatusRow]]:
    with open_status_file(path, courier=pos, zone=JAKARTA, now=NOW) as (layout, _last_row, pieces):
        return layout, [row for piece in pieces for row in piece]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def make(titles: str, *lines: str) -> list[StatusRow]:
        path = tmp_path / "status.csv"
        path.write_text("\n".join((titles, *lines)))
        return rows_of(path)[1]

    return make


def meaning_of(row: StatusRow) -> Meaning | None:
    return pos.meaning(row.status_text, row.remark_text)


RETURNED, FAILED, DELIVERED = Status.RETURNED_TO_SENDER, Status.ATTEMPT_FAILED, Status.DELIVERED
SAID = {
    "": DELIVERED, "ORANG SERUMAH": DELIVERED, "DITERIMA": DELIVERED, "RUMAH KOSONG": FAILED,
    "ANTAR ULANG": FAILED, "RETUR": RETURNED, "PENGIRIM (MITRA)": RETURNED, "DITITIP POS RONDA": None,
}  # fmt: skip
# What weighs more goes before: what nobody knows, then a return, then a failed attempt.
WEIGHT = (None, RETURNED, FAILED, DELIVERED)


def heavier(one: str, other: str) -> Status | None:
    if "RETUR" in (one, other):  # who says so need not be understood to the end
        return RETURNED
    return min((SAID.get(one, DELIVERED), SAID.get(other, DELIVERED)), key=WEIGHT.index)


def test_every_pair_of_remark_and_reason_counts_with_what_weighs_more(read: Read) -> None:
    pairs = list(product(SAID, repeat=2))
    for status in ("DELIVERED", "SELESAI ANTAR"):
        rows = read(
            "No Resi;Status;Keterangan;Alasan;Tanggal",
            *(f"{NUMBER};{status};{remark};{reason};06/05/2020" for remark, reason in pairs),
        )
        for (remark, reason), row in zip(pairs, rows, strict=True):
            found = meaning_of(row)
            assert (found and found.status) is heavier(remark, reason), (status, remark, reason)


def test_every_pair_of_remark_and_relation_counts_with_what_weighs_more(read: Read) -> None:
    relations = (
        "",
        "ORANG SERUMAH",
        "PENGIRIM (MITRA)",
        "BUDI CONTOH",
    )  # a name is no relation and is not heard
    pairs = list(product(SAID, relations))
    rows = read(
        "No Resi;Status;Keterangan;Diterima Oleh;Tanggal",
        *(f"{NUMBER};DELIVERED;{remark};{relation};06/05/2020" for remark, relation in pairs),
    )
    for (remark, relation), row in zip(pairs, rows, strict=True):
        found = meaning_of(row)
        assert (found and found.status) is heavier(remark, relation), (remark, relation)
        assert "BUDI" not in row.remark_text


def test_the_reason_of_a_return_is_kept_wherever_it_stands(read: Read) -> None:
    row, back = read(
        "No Resi;Status;Keterangan;Alasan;Tanggal",
        f"{NUMBER};DELIVERED;PINDAH ALAMAT;RETUR;06/05/2020",
        f"{NUMBER};RETUR;KEMSIP;MENINGGAL;06/05/2020",
    )
    assert [(m.status, m.reason) for r in (row, back) if (m := meaning_of(r))] == [
        (Status.RETURNED_TO_SENDER, "MOVED"),
        (Status.RETURNING, "DECEASED"),
    ]


def test_a_file_with_reasons_only_is_read_by_them(read: Read) -> None:
    (row,) = read("No Resi;Status;Alasan;Tanggal", f"{NUMBER};SELESAI ANTAR;RUMAH KOSONG;06/05/2020")
    assert (row.remark_text, meaning_of(row) and FAILED) == ("RUMAH KOSONG", FAILED)


def test_what_is_too_long_to_keep_is_never_understood_by_what_is_left(read: Read) -> None:
    long = "DITERIMA, " * 11 + "DITERIMA"
    (row,) = read(
        "No Resi;Status;Keterangan;Alasan;Tanggal", f"{NUMBER};DELIVERED;{long};RUMAH KOSONG;06/05/2020"
    )
    assert (len(row.remark_text), meaning_of(row)) == (120, None)


@pytest.mark.parametrize("said", ["GAGAL ANTAR;;hub 081234567890", "GAGAL ANTAR 081234567890;hub;"])
def test_no_text_that_is_read_keeps_a_long_number(read: Read, said: str) -> None:
    (row,) = read("No Resi;Status;Keterangan;Alasan;Tanggal", f"{NUMBER};{said};06/05/2020")
    assert row.status_text.startswith("GAGAL ANTAR")
    assert row.remark_text == "HUB"
    assert "081234567890" not in f"{row.cells}{row.status_text}"


@pytest.mark.parametrize(
    ("titles", "date", "time", "expected"),
    [
        ("Tanggal;Waktu", "06/05/2020", "10:15", "2020-05-06 10:15"),
        ("Tanggal;Jam", "06/05/2020", "10.15", "2020-05-06 10:15"),
        ("Waktu;Tanggal", "10:15:30 WITA", "6 Mei 2020", "2020-05-06 09:15:30"),
        ("Tgl Status;Jam", "2020-05-06", "pukul 3:05 pm", "2020-05-06 15:05"),
        ("Waktu;Jam", "06/05/2020", "10:15", "2020-05-06 10:15"),
        ("Tanggal;Jam", "06/05/2020 08:00", "10:15", "2020-05-06 08:00"),
        ("Tanggal;Waktu", "01/05/2020", "06/05/2020 10:15", "2020-05-06 10:15"),
        ("Tanggal;Jam", "06/05/2020", "-", "2020-05-06 00:00"),
        ("Tanggal;Jam", "06/05/2020", "", "2020-05-06 00:00"),
        ("Waktu;Keterangan", "06/05/2020 10:15", "", "2020-05-06 10:15"),
    ],
)
def test_date_and_time_may_stand_in_two_columns(
    read: Read, titles: str, date: str, time: str, expected: str
) -> None:
    (row,) = read(f"No Resi;Status;{titles}", f"{NUMBER};INVEHICLE;{date};{time}")
    assert row.outcome is None
    assert row.occurred_at is not None
    assert row.occurred_at.astimezone(JAKARTA).replace(tzinfo=None) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(("date", "time"), [("06/05/2020", "siang"), ("06/05/2020", "25:00"), ("", "10:15")])
def test_a_time_that_is_none_ends_the_row(read: Read, date: str, time: str) -> None:
    (row,) = read("No Resi;Status;Tanggal;Jam", f"{NUMBER};INVEHICLE;{date};{time}")
    assert (row.outcome, row.occurred_text) == ("bad_date", f"{date} {time}".strip())


def test_times_of_workbooks_are_read_as_moments_times_and_fractions(tmp_path: Path) -> None:
    path = tmp_path / "s.xls"
    lines: list[list[str | float]] = [
        ["No Resi", "Status", "Tanggal", "Jam"],
        [NUMBER, "INVEHICLE", 43957.0, 0.5],
    ]
    path.write_bytes(book("xls", {"Data": lines}))
    (row,) = rows_of(path)[1]
    assert row.occurred_at == datetime(2020, 5, 6, 5, 0, tzinfo=UTC)


KINDS = pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
Sheets = dict[str, list[list[str | float]]]


def written(tmp_path: Path, kind: str, sheets: Sheets) -> Path:
    path = tmp_path / f"status.{kind}"
    path.write_bytes(book(kind, sheets))
    return path


@KINDS
def test_a_cover_before_the_rows_is_passed_over(tmp_path: Path, kind: str) -> None:
    cover: list[list[str | float]] = [["LAPORAN STATUS KIRIMAN"], ["Tanggal", "06/05/2020"], ["Jumlah", 1.0]]
    path = written(tmp_path, kind, {"Sampul": cover, "Data": below_header([ROW])})
    layout, rows = rows_of(path)
    assert (layout.header_row, [row.number for row in rows]) == (1, [NUMBER])


@KINDS
@pytest.mark.parametrize("second", [[HEADER, ROW], [ROW], [["rekap", "terkirim"]]])
def test_rows_on_a_further_sheet_are_refused_by_its_name(
    tmp_path: Path, kind: str, second: list[list[str | float]]
) -> None:
    path = written(tmp_path, kind, {"Data": below_header([ROW]), "Sisa": second})
    with pytest.raises(SheetError) as refused:
        rows_of(path)
    assert refused.value.code is SheetFault.MORE_SHEETS
    assert refused.value.params == {"sheet": "Data", "sheets": ("Sisa",)}


@KINDS
def test_rows_of_items_before_the_sheet_with_known_titles_are_refused_by_its_name(
    tmp_path: Path, kind: str
) -> None:
    path = written(tmp_path, kind, {"Lain": [["Kode", "Hasil"], [NUMBER, "x"]], "Data": below_header([ROW])})
    with pytest.raises(SheetError) as refused:
        rows_of(path)
    assert refused.value.params == {"sheet": "Data", "sheets": ("Lain",)}


def test_a_long_sheet_without_known_titles_is_no_cover(tmp_path: Path) -> None:
    path = written(tmp_path, "xlsx", {"Lain": [["x"]] * 31, "Data": below_header([ROW])})
    with pytest.raises(SheetError) as refused:
        rows_of(path)
    assert refused.value.code is SheetFault.MORE_SHEETS


@KINDS
def test_without_any_known_titles_the_fault_is_that_of_the_sheet_that_comes_nearest(
    tmp_path: Path, kind: str
) -> None:
    path = written(tmp_path, kind, {"Sampul": [["LAPORAN"]], "Data": [["No Resi", "Hasil"], [NUMBER, "x"]]})
    with pytest.raises(SheetError) as refused:
        rows_of(path)
    assert refused.value.code is SheetFault.MISSING_COLUMNS


def below_header(rows: Sequence[Sequence[str | float]]) -> list[list[str | float]]:
    return [list(HEADER), *map(list, rows)]


# a line with nothing in it but what an empty formula or a stray blank leaves is no row
@pytest.mark.parametrize(
    ("number", "reference", "status", "date", "ends"),
    [
        (None, None, None, None, None),
        (None, 0, None, None, None),
        (None, 0, "  ", None, None),
        (None, 0, None, "  ", None),
        (None, False, "  ", None, None),
        ("  ", "  ", "  ", "  ", None),
        (None, None, "DELIVERED", None, "bad_date"),
        (NUMBER, None, None, None, "bad_date"),
        (None, "K387420489J", None, None, "bad_date"),
        (None, None, None, "06/05/2020", ""),
        (None, 0, "DELIVERED", "06/05/2020", ""),
        ("1,23457E+15", None, "DELIVERED", "06/05/2020", "damaged_number"),
        (NUMBER, "1,23457E+15", "DELIVERED", "06/05/2020", "damaged_number"),
        ("1,23457E+15", "K387420489J", "DELIVERED", "31/02/2020", "damaged_number"),
        (NUMBER, "K387420489J", "DELIVERED", "06/05/2020", ""),
    ],
)
def test_what_a_line_must_hold_to_be_a_row(
    tmp_path: Path, number: object, reference: object, status: object, date: object, ends: str | None
) -> None:
    titles: list[Any] = ["No Resi", "No Referensi", "Status", "Tanggal"]
    lines: list[list[Any]] = [
        titles,
        [NUMBER, None, "DELIVERED", "06/05/2020"],
        [number, reference, status, date],
    ]
    path = tmp_path / "status.xlsx"
    path.write_bytes(book("xlsx", {"Status": lines}))
    _layout, rows = rows_of(path)
    assert [row.outcome.value if row.outcome else "" for row in rows[1:]] == ([] if ends is None else [ends])
