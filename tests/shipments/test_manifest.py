"""The dispatch list and the handover record: what they say, what they refuse, and that they stay flat."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Literal

import openpyxl
import pypdfium2
import pytest

from shipments.manifest import (
    AGREED,
    NOT_YET_LISTED,
    HandoverDifference,
    HandoverRecord,
    ManifestHeader,
    ManifestMismatch,
    ManifestRow,
    Officer,
    rows_sha256,
    write_handover_pdf,
    write_manifest_csv,
    write_manifest_pdf,
    write_manifest_xlsx,
)

WRITERS = (write_manifest_pdf, write_manifest_xlsx, write_manifest_csv)


def some_rows(count: int) -> Iterator[ManifestRow]:
    for position in range(1, count + 1):
        yield ManifestRow(
            position=position,
            item_number=f"P201123{position:07d}",
            reference=f"AK{position:09d}K",
            addressee=f"Siti Rahayu {position}",
            village="Setiamekar",
            district="Tambun Selatan",
            postcode="17510",
            bag=f"PID{position // 500:06d}",
        )


def a_header(count: int) -> ManifestHeader:
    return ManifestHeader(
        shipment_number="BKS-2020-000123",
        office_name="Disdukcapil Kabupaten Bekasi",
        office_lines=("Kec. Cikarang Pusat", "KABUPATEN BEKASI 17530"),
        post_office_code="17510",
        post_office_name="KCP Tambun",
        closed_on=dt.date(2020, 11, 21),
        handed_over_on=None,
        bag_numbers=("PID000000", "PID000001"),
        r7_number="R7-0099",
        item_count=count,
        content_sha256=rows_sha256(some_rows(count)),
    )


def a_record(**changes: object) -> HandoverRecord:
    record = HandoverRecord(
        number="470/12/BAST/2020",
        shipment_number="BKS-2020-000123",
        r7_number="R7-0099",
        place="Kantor Pos Tambun",
        date=dt.date(2020, 12, 21),
        giver=Officer(name="Petugas Pertama", position="Kepala Seksi", office="Disdukcapil Kabupaten Bekasi"),
        taker=Officer(name="Petugas Kedua", position="Kepala KCP", office="KCP Tambun 17510"),
        items_listed=5000,
        items_handed=5000,
        items_received=5000,
        bags_handed=10,
        bags_received=10,
        differences=(),
        content_sha256="0" * 64,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def page_texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def manifest_pdf(count: int) -> bytes:
    output = io.BytesIO()
    assert write_manifest_pdf(output, header=a_header(count), rows=some_rows(count)) == count
    return output.getvalue()


def handover_text(record: HandoverRecord) -> str:
    output = io.BytesIO()
    write_handover_pdf(output, record=record)
    return "\n".join(page_texts(output.getvalue()))


def test_the_paper_list_names_every_item_once_in_order() -> None:
    text = "\n".join(page_texts(manifest_pdf(120)))
    numbers = [word for word in text.split() if word.startswith("P201123")]
    assert numbers == [row.item_number for row in some_rows(120)]
    for fact in ("DAFTAR PENGANTAR", "BKS-2020-000123", "R7-0099", "KCP Tambun 17510", "21 November 2020"):
        assert fact in text
    assert a_header(120).content_sha256 in text


@pytest.mark.parametrize("count", [0, 1, 27, 28, 29, 36, 37, 38, 39, 80, 88, 89, 90, 91, 130])
def test_the_pages_are_as_many_as_each_page_says_and_the_last_one_is_signed(count: int) -> None:
    pages = page_texts(manifest_pdf(count))
    for number, text in enumerate(pages, 1):
        assert f"Halaman {number} dari {len(pages)}" in text
    assert "Yang menyerahkan" in pages[-1]
    assert "Yang menerima" in pages[-1]
    assert not any("Yang menerima" in text for text in pages[:-1])


def test_the_workbook_holds_the_rows_as_text_below_the_header() -> None:
    output = io.BytesIO()
    assert write_manifest_xlsx(output, header=a_header(3), rows=some_rows(3)) == 3
    sheet = openpyxl.load_workbook(output).active
    assert sheet is not None
    lines = [[cell for cell in line if cell is not None] for line in sheet.iter_rows(values_only=True)]
    assert lines[0] == ["DAFTAR PENGANTAR"]
    assert ["Nomor pengiriman: BKS-2020-000123"] in lines
    assert lines[-4][:3] == ["No.", "Nomor kiriman", "Referensi"]
    assert lines[-1] == [
        3,
        "P2011230000003",
        "AK000000003K",
        "Siti Rahayu 3",
        "Setiamekar",
        "Tambun Selatan",
        "17510",
        "PID000000",
    ]


def test_the_csv_holds_a_header_and_the_rows() -> None:
    output = io.BytesIO()
    assert write_manifest_csv(output, header=a_header(2), rows=some_rows(2)) == 2
    lines = list(csv.reader(io.StringIO(output.getvalue().decode("utf-8-sig"))))
    assert lines[0][1] == "Nomor kiriman"
    assert [line[1] for line in lines[1:]] == ["P2011230000001", "P2011230000002"]


def test_a_name_that_a_spreadsheet_would_run_is_written_as_text() -> None:
    row = replace(next(some_rows(1)), addressee="=HYPERLINK(1)")
    for write in (write_manifest_csv, write_manifest_xlsx):
        output = io.BytesIO()
        write(output, header=a_header(1), rows=[row])
        if write is write_manifest_csv:
            assert b"'=HYPERLINK" in output.getvalue()
        else:
            sheet = openpyxl.load_workbook(output).active
            assert sheet is not None
            cells = [cell for line in sheet.iter_rows() for cell in line if "HYPERLINK" in str(cell.value)]
            assert [cell.data_type for cell in cells] == ["s"]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("listed", [4, 6])
def test_a_list_refuses_rows_that_the_header_does_not_count(write: object, listed: int) -> None:
    with pytest.raises(ManifestMismatch) as refusal:
        write(io.BytesIO(), header=a_header(5), rows=some_rows(listed))  # type: ignore[operator]
    assert (refusal.value.announced, refusal.value.listed) == (5, listed)


@pytest.mark.parametrize("write", WRITERS)
def test_the_same_rows_give_the_same_bytes(write: object) -> None:
    written = []
    for _ in range(2):
        output = io.BytesIO()
        write(output, header=a_header(60), rows=some_rows(60))  # type: ignore[operator]
        written.append(output.getvalue())
    assert written[0] == written[1]


def test_the_hash_changes_with_any_field_and_with_the_order() -> None:
    rows = list(some_rows(2))
    frozen = rows_sha256(rows)
    assert frozen == rows_sha256(iter(rows))
    assert rows_sha256(rows[::-1]) != frozen
    for field in fields(ManifestRow):
        value = 9 if field.name == "position" else "other"
        changed = replace(rows[0], **{field.name: value})  # type: ignore[arg-type]
        assert rows_sha256([changed, rows[1]]) != frozen


def test_a_list_has_no_place_for_a_nik_or_a_phone() -> None:
    names = {field.name for field in fields(ManifestRow)}
    assert names == {
        "position",
        "item_number",
        "reference",
        "addressee",
        "village",
        "district",
        "postcode",
        "bag",
    }


@pytest.mark.parametrize("write", WRITERS)
def test_memory_does_not_grow_with_the_rows(write: object, tmp_path: Path) -> None:
    peaks = []
    for count in (500, 5_000, 15_000):
        header = replace(a_header(1), item_count=count)
        with (tmp_path / "list").open("wb") as output:
            tracemalloc.start()
            write(output, header=header, rows=some_rows(count))  # type: ignore[operator]
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[2] < peaks[1] + 2_000_000


def test_the_record_names_both_officers_and_both_counts() -> None:
    text = handover_text(a_record())
    for fact in (
        "BERITA ACARA SERAH TERIMA",
        "470/12/BAST/2020",
        "Senin, 21 Desember 2020",
        "Petugas Pertama",
        "Petugas Kedua",
        "Kepala Seksi",
        "KCP Tambun 17510",
        "5.000",
        AGREED,
    ):
        assert fact in text


def test_the_record_lists_every_difference() -> None:
    kinds: tuple[Literal["missing", "extra", "damaged"], ...] = ("missing", "extra", "damaged")
    differences = tuple(
        HandoverDifference(
            kind=kind, item_number=f"P20112300000{at:02d}", reference=f"AK{at}", note="dicatat saat dihitung"
        )
        for at, kind in enumerate(kinds * 30)
    )
    text = handover_text(a_record(items_received=4990, differences=differences))
    assert "4.990" in text
    assert "Perbedaan: 90 kiriman" in text
    assert [text.count(word) for word in ("Kurang", "Lebih", "Rusak")] == [30, 30, 30]
    assert all(each.item_number in text for each in differences)
    assert AGREED not in text


def test_the_record_does_not_say_agreed_when_only_the_counts_differ() -> None:
    for changes in ({"items_received": 4999}, {"bags_received": 9}):
        text = handover_text(a_record(**changes))
        assert NOT_YET_LISTED in text
        assert AGREED not in text


def test_the_papers_pass_a_pdf_checker(tmp_path: Path) -> None:
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    record = io.BytesIO()
    write_handover_pdf(record, record=a_record())
    for name, content in (("list.pdf", manifest_pdf(130)), ("record.pdf", record.getvalue())):
        (tmp_path / name).write_bytes(content)
        checked = subprocess.run(
            ["qpdf", "--check", str(tmp_path / name)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
