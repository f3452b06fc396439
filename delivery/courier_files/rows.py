"""One row of a status file: what it says, how it ends, and which columns we take at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from delivery.couriers import Meaning
from spreadsheets.cells import Cell


class RowOutcome(StrEnum):
    """How a row ends: exactly one of these, so that the outcomes add up to the rows."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    UNKNOWN_ITEM = "unknown_item"
    OTHER_OFFICE = "other_office"
    UNMAPPED_TEXT = "unmapped_text"
    BAD_DATE = "bad_date"
    FUTURE_DATE = "future_date"
    DAMAGED_NUMBER = "damaged_number"
    CONTRADICTION = "contradiction"


# What a person must look at; such rows are kept beside the file.
TO_LOOK_AT = frozenset(RowOutcome) - {RowOutcome.APPLIED, RowOutcome.DUPLICATE, RowOutcome.SUPERSEDED}
# what changes nothing, of a file that is checked as of one that is applied
NEVER_RECORDED = TO_LOOK_AT - {RowOutcome.CONTRADICTION}
# as the table of kept rows has them; a row that was settled later stays there until the result workbook tells it
NAMES_TO_LOOK_AT = sorted(outcome.name for outcome in TO_LOOK_AT)

# The only columns that are read. Names, phones, addresses, photos, signatures and positions of people that the file may
# carry beside them are never taken in.
COLUMNS: Mapping[str, Sequence[str]] = {
    "number": (
        "Nomor Resi", "No Resi", "Resi", "Connote", "No Connote", "No Kiriman", "Nomor Kiriman", "Barcode",
        "Kode Barang", "Item Number", "Tracking Number", "Article Number", "AWB",
    ),
    "reference": ("No Referensi", "Nomor Referensi", "Referensi", "Ref", "Reference", "Kode Referensi"),
    "status": ("Status Akhir", "Status Kiriman", "Status Terakhir", "Status", "Last Status", "Item Status"),
    "remark": ("Keterangan", "Remark", "Remarks", "Keterangan Status", "Description"),
    "reason": (
        "Alasan", "Alasan Gagal", "Alasan Gagal Antar", "Alasan Retur", "Penyebab", "Sebab Gagal", "Reason",
        "Failure Reason", "Reason For Failure", "Non Delivery Reason", "Return Reason",
    ),
    "date": (
        "Tgl Status", "Tanggal Status", "Tanggal Update", "Tgl Update", "Tanggal", "Tgl", "Status Date", "Event Date",
        "Date", "Last Update", "Waktu Status", "Waktu Update", "Waktu",
    ),
    "time": ("Jam", "Jam Status", "Jam Update", "Pukul", "Time", "Status Time", "Event Time"),
    "place": (
        "Posisi Akhir", "Posisi", "Kantor Posisi", "Kantor", "Kantor Posisi Akhir", "Lokasi", "Location", "Office",
        "Place",
    ),
    "received_by": ("Diterima Oleh", "Hubungan Penerima", "Penerima", "Received By", "Receiver Relation"),
    "returned": ("Status Retur", "StatusRetur", "Retur", "Return Status"),
}  # fmt: skip
# Columns that are not read and yet given back in the result workbook: by these titles they hold numbers and codes. All
# others stay out, for they may be about people.
KEPT = (
    "No", "No Urut", "Nomor Urut", "Kantong", "No Kantong", "Nomor Kantong", "Bag", "Bag Number", "R7", "No R7",
    "No Manifest", "Nomor Manifest", "Manifest", "Layanan", "Jenis Layanan", "Produk", "Service", "Product", "SLA",
    "Kantor Asal", "Kantor Kirim", "Kantor Tujuan", "Nopen", "Nopen Asal", "Nopen Tujuan", "Origin", "Destination",
    "Tgl Kirim", "Tanggal Kirim", "Tgl Posting", "Tanggal Posting", "Posting Date", "Berat", "Weight",
)  # fmt: skip
REQUIRED = ("status", "date")
# Those that hold figures: what their cells are, and not only what they show, tells what is meant.
IN_FIGURES = frozenset({"number", "reference", "date", "time"})
# Titles of the moment that beside another title of the date mean its time of day.
ALSO_TIME = ("Waktu Status", "Waktu Update", "Waktu")


@dataclass(slots=True)
class StatusRow:
    """A row as it was read; later the item it is about, its meaning, and how it ended."""

    row: int
    cells: tuple[Cell, ...]  # of the columns in `Layout.fields`, as they stood in the sheet
    number: str = ""
    reference: str = ""  # ours, where the file has it in a column of its own
    given_number: str = ""  # the post's, of an item that was found by our reference
    status_text: str = ""
    remark_text: str = ""
    place: str = ""
    occurred_text: str = ""
    occurred_at: datetime | None = None
    card_id: int = 0
    item_id: int = 0
    meaning: Meaning | None = None
    outcome: RowOutcome | None = None
    detail: dict[str, Any] | None = None

    def end(self, outcome: RowOutcome, **detail: Any) -> None:
        """Say how the row ends."""
        self.outcome = outcome
        self.detail = detail or None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the header stands, and the columns that are taken, in the order of the sheet: field, title, index.

    The field is empty where a column is only given back.
    """

    header_row: int
    fields: tuple[str, ...]
    titles: tuple[str, ...]
    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A row as a preview shows it."""

    row: int
    number: str
    status_text: str
    remark_text: str
    occurred_text: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """How a file's rows end (applied), or would end (a preview). `outcomes` add up to `rows`."""

    rows: int
    outcomes: Mapping[str, int]
    applied: bool
    repeats: str = ""  # the name of the applied file with the same content
    newly_delivered: int = 0
    newly_returned: int = 0
    first_rows: Mapping[str, Sequence[ShownRow]] = field(default_factory=dict)

    @property
    def nothing_new(self) -> bool:
        return nothing_new(rows=self.rows, outcomes=self.outcomes)


def nothing_new(*, rows: int, outcomes: Mapping[str, int]) -> bool:
    """Say whether every row was known before: the same file, or the same rows, came again."""
    return rows > 0 and outcomes.get(RowOutcome.DUPLICATE) == rows
