"""The papers of a shipment: its dispatch list as PDF, XLSX and CSV, and the handover record."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import BinaryIO, Literal

from labels.paper import ROW, SIGNATURE_HEIGHT, Paper, Table, TableColumn
from spreadsheets.writing import Column, write_csv, write_xlsx

# What the signatures need under the last row, in rows.
SIGNATURE_ROWS = int(SIGNATURE_HEIGHT / ROW) + 2
BAGS_SHOWN = 12
AGREED = "Jumlah kedua pihak sesuai; tidak ada perbedaan."
NOT_YET_LISTED = "Jumlah kedua pihak berbeda; rincian perbedaan belum dicatat."

MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


class ManifestMismatch(ValueError):
    """The rows are not as many as the header says: such a list must not go out."""

    def __init__(self, *, announced: int, listed: int) -> None:
        super().__init__(f"the header announces {announced} items, the rows are {listed}")
        self.announced = announced
        self.listed = listed


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestHeader:
    """What stands above a dispatch list (daftar pengantar). `content_sha256` is `rows_sha256` of its rows."""

    shipment_number: str
    office_name: str
    office_lines: tuple[str, ...]
    post_office_code: str
    post_office_name: str
    closed_on: dt.date
    handed_over_on: dt.date | None
    bag_numbers: tuple[str, ...]
    r7_number: str
    item_count: int
    content_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRow:
    """One item of a dispatch list. Who carries it needs no NIK and no phone: there is no field for them."""

    position: int
    item_number: str
    reference: str
    addressee: str
    village: str
    district: str
    postcode: str
    bag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """Who signs for one side."""

    name: str
    position: str
    office: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverDifference:
    """One item on which the two sides' counts differ."""

    kind: Literal["missing", "extra", "damaged"]
    item_number: str
    reference: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRecord:
    """A handover record (BAST): what was listed, given and received, and where that differs."""

    number: str
    shipment_number: str
    r7_number: str
    place: str
    date: dt.date
    giver: Officer
    taker: Officer
    items_listed: int
    items_handed: int
    items_received: int
    bags_handed: int
    bags_received: int
    differences: tuple[HandoverDifference, ...]
    content_sha256: str


# Title, width on paper in millimetres, width in a workbook in characters.
_FIELDS = (
    (TableColumn("No.", 11, align="right"), 8),
    (TableColumn("Nomor kiriman", 30, face="B"), 22),
    (TableColumn("Referensi", 24), 18),
    (TableColumn("Penerima", 41), 34),
    (TableColumn("Desa / Kelurahan", 26), 24),
    (TableColumn("Kecamatan", 23), 22),
    (TableColumn("Kode pos", 12), 10),
    (TableColumn("Kantong", 19), 16),
)
_PAPER_COLUMNS = tuple(column for column, _ in _FIELDS)
_SHEET_COLUMNS = tuple(
    Column(column.title, characters, "number" if index == 0 else "text")
    for index, (column, characters) in enumerate(_FIELDS)
)
_DIFFERENCE_COLUMNS = (
    TableColumn("No.", 11, align="right"),
    TableColumn("Perbedaan", 20),
    TableColumn("Nomor kiriman", 35, face="B"),
    TableColumn("Referensi", 30),
    TableColumn("Keterangan", 90),
)
_DIFFERENCES = {"missing": "Kurang", "extra": "Lebih", "damaged": "Rusak"}


def rows_sha256(rows: Iterable[ManifestRow]) -> str:
    """The hash that freezes a dispatch list: of each row as a JSON array on a line of its own, in UTF-8."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(astuple(row), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def long_date(day: dt.date) -> str:
    """A date as Indonesian letters write it: 21 Desember 2020."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def grouped(number: int) -> str:
    """A whole number with Indonesia's separator: 130.402."""
    return f"{number:,}".replace(",", ".")


def write_manifest_xlsx(output: BinaryIO, *, header: ManifestHeader, rows: Iterable[ManifestRow]) -> int:
    """Write the dispatch list as a workbook; return its rows, or raise ManifestMismatch."""
    titles = ["DAFTAR PENGANTAR", *(f"{name}: {value}" for name, value in _facts(header))]
    count = write_xlsx(
        output, sheet="Daftar Pengantar", columns=_SHEET_COLUMNS, rows=map(_cells, rows), title_rows=titles
    )
    return _agreed(header, count)


def write_manifest_csv(output: BinaryIO, *, header: ManifestHeader, rows: Iterable[ManifestRow]) -> int:
    """Write the dispatch list's rows as CSV; return how many, or raise ManifestMismatch."""
    return _agreed(header, write_csv(output, columns=_SHEET_COLUMNS, rows=map(_cells, rows)))


def write_manifest_pdf(output: BinaryIO, *, header: ManifestHeader, rows: Iterable[ManifestRow]) -> int:
    """Write the dispatch list on A4 with boxes to sign; return its rows.

    Memory does not grow with the rows. A header that announces another number raises ManifestMismatch.
    """
    paper = Paper(output, foot=f"Daftar pengantar {header.shipment_number} · SHA-256 {header.content_sha256}")
    paper.text(header.office_name, points=11, face="B")
    for line in header.office_lines:
        paper.text(line, points=8)
    paper.rule()
    paper.text("DAFTAR PENGANTAR", points=15, face="B", align="centre")
    paper.gap(2)
    for name, value in _facts(header):
        paper.pair(name, value, rows=2 if name == "Kantong" and len(value) > 90 else 1)
    paper.gap(3)
    table = Table(paper, _PAPER_COLUMNS)
    paper.pages_announced = _page_count(header.item_count, table.rows_left, table.rows_of_a_page)
    listed = 0
    for row in rows:
        table.add(_cells(row))
        listed += 1
    paper.gap(3)
    paper.signatures(
        (
            ("Yang menyerahkan", header.office_name, "", ""),
            ("Yang menerima", _post_office(header), "", ""),
        )
    )
    paper.close()
    return _agreed(header, listed)


def write_handover_pdf(output: BinaryIO, *, record: HandoverRecord) -> None:
    """Write the handover record (berita acara serah terima): both officers, both counts, every difference."""
    paper = Paper(output, foot=f"Berita acara {record.number} · SHA-256 {record.content_sha256}")
    paper.text("BERITA ACARA SERAH TERIMA", points=15, face="B", align="centre")
    paper.text(f"Nomor: {record.number}", points=10, align="centre")
    paper.rule()
    weekday = WEEKDAYS[record.date.weekday()]
    paper.text(
        f"Pada hari ini, {weekday}, {long_date(record.date)}, bertempat di {record.place}, kami yang "
        "bertanda tangan di bawah ini:",
        rows=2,
    )
    for title, officer in (("PIHAK PERTAMA", record.giver), ("PIHAK KEDUA", record.taker)):
        paper.text(title, face="B")
        for name, value in (
            ("Nama", officer.name),
            ("Jabatan", officer.position),
            ("Instansi", officer.office),
        ):
            paper.pair(name, value, indent=4)
    paper.gap(2)
    paper.text(
        "telah melakukan serah terima kiriman KTP elektronik. PIHAK PERTAMA menyerahkan dan PIHAK KEDUA "
        "menerima kiriman dengan rincian sebagai berikut:",
        rows=2,
    )
    paper.pair("Nomor pengiriman", record.shipment_number, indent=4)
    paper.pair("Nomor R7", record.r7_number or "–", indent=4)
    paper.gap(2)
    _draw_counts(paper, record)
    _draw_differences(paper, record)
    paper.text(
        "Demikian berita acara ini dibuat dengan sebenarnya untuk dipergunakan sebagaimana mestinya.", rows=2
    )
    paper.signatures(
        tuple(
            (side, officer.office, officer.name, officer.position)
            for side, officer in (("PIHAK PERTAMA", record.giver), ("PIHAK KEDUA", record.taker))
        )
    )
    paper.close()


def _draw_counts(paper: Paper, record: HandoverRecord) -> None:
    counts = Table(
        paper,
        (
            TableColumn("", 66),
            TableColumn("Menurut daftar", 40, align="right"),
            TableColumn("Diserahkan", 40, align="right"),
            TableColumn("Diterima", 40, align="right"),
        ),
        points=9,
    )
    items = (record.items_listed, record.items_handed, record.items_received)
    counts.add(("Kiriman (kartu)", *map(grouped, items)))
    counts.add(("Kantong", "", grouped(record.bags_handed), grouped(record.bags_received)))
    paper.gap(4)


def _draw_differences(paper: Paper, record: HandoverRecord) -> None:
    if not record.differences:
        agreed = record.items_listed == record.items_handed == record.items_received
        same = agreed and record.bags_handed == record.bags_received
        paper.text(AGREED if same else NOT_YET_LISTED, face="B")
        paper.gap(2)
        return
    paper.text(f"Perbedaan: {grouped(len(record.differences))} kiriman", face="B")
    table = Table(paper, _DIFFERENCE_COLUMNS)
    for position, each in enumerate(record.differences, 1):
        kind = _DIFFERENCES[each.kind]
        table.add((position, kind, each.item_number or "–", each.reference, each.note))
    paper.gap(4)


def _facts(header: ManifestHeader) -> list[tuple[str, str]]:
    handed = long_date(header.handed_over_on) if header.handed_over_on else "–"
    bags = ", ".join(header.bag_numbers[:BAGS_SHOWN]) or "–"
    more = len(header.bag_numbers) - BAGS_SHOWN
    return [
        ("Nomor pengiriman", header.shipment_number),
        ("Nomor R7", header.r7_number or "–"),
        ("Kantor pos", _post_office(header)),
        ("Ditutup tanggal", long_date(header.closed_on)),
        ("Diserahkan tanggal", handed),
        ("Jumlah kiriman", grouped(header.item_count)),
        ("Jumlah kantong", grouped(len(header.bag_numbers))),
        ("Kantong", f"{bags} dan {grouped(more)} lainnya" if more > 0 else bags),
        ("SHA-256", header.content_sha256),
    ]


def _post_office(header: ManifestHeader) -> str:
    return f"{header.post_office_name} {header.post_office_code}".strip()


def _page_count(rows: int, first: int, following: int) -> int:
    """Pages of a list whose signatures stand under the last row."""
    pages, room = 1, first
    while rows > room:
        rows, room, pages = rows - room, following, pages + 1
    return pages if rows + SIGNATURE_ROWS <= room else pages + 1


def _cells(row: ManifestRow) -> tuple[int, str, str, str, str, str, str, str]:
    return (
        row.position,
        row.item_number,
        row.reference,
        row.addressee,
        row.village,
        row.district,
        row.postcode,
        row.bag,
    )


def _agreed(header: ManifestHeader, listed: int) -> int:
    if listed != header.item_count:
        raise ManifestMismatch(announced=header.item_count, listed=listed)
    return listed
