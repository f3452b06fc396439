"""The list that goes with a transfer: its cards, what each side counted, and where both sign."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from accounts.models import User
from delivery.models import Transfer, TransferDifference
from labels.paper import Paper, Table, TableColumn
from privacy.masking import mask_name
from privacy.services import record_export
from shipments.manifest import WEEKDAYS, grouped, long_date
from spreadsheets.writing import Column, write_xlsx

# The list is an official paper, so its words are Indonesian whatever the reader's language is.
TITLE: Final = "DAFTAR PEMINDAHAN KTP ELEKTRONIK"
KINDS: Final = ("pdf", "xlsx")
# Title, width on paper in millimetres, width in a workbook in characters. The last two are for a pen.
_FIELDS: Final = (
    (TableColumn("No.", 12, align="right"), 8),
    (TableColumn("Referensi", 34, face="B"), 18),
    (TableColumn("Nama (disamarkan)", 54), 30),
    (TableColumn("Keterangan", 50), 34),
    (TableColumn("Dikemas", 18), 10),
    (TableColumn("Diterima", 18), 10),
)
_NOTES: Final[Mapping[str, str]] = {
    "NOT_PACKED": "tidak ada saat dikemas",
    "MISSING": "belum ditemukan penerima",
}
_SETTLED: Final = "selisih diselesaikan"
_PEN: Final = "............"
_CHUNK: Final = 2_000


def write_transfer_list(
    output: BinaryIO, *, transfer: Transfer, kind: str, actor_id: int | None, at: datetime
) -> None:
    """Write the list as PDF or XLSX (`kind`), with masked names and no NIK; that it left is recorded."""
    record_export(
        actor_id=actor_id, subject_kind="card", subject_key=transfer.number, records=transfer.sent, at=at
    )
    if kind == "pdf":
        _write_pdf(output, transfer)
        return
    columns = [
        Column(column.title, width, "number" if index == 0 else "text")
        for index, (column, width) in enumerate(_FIELDS)
    ]
    titles = [TITLE, *(f"{name}: {value}" for name, value in _facts(transfer))]
    write_xlsx(output, sheet="Pemindahan", columns=columns, rows=_rows(transfer), title_rows=titles)


def _write_pdf(output: BinaryIO, transfer: Transfer) -> None:
    paper = Paper(output, foot=f"Daftar pemindahan {transfer.number}")
    paper.text(TITLE, points=15, face="B", align="centre")
    paper.text(f"Nomor: {transfer.number}", points=10, align="centre")
    paper.rule()
    for name, value in _facts(transfer)[1:]:
        paper.pair(name, value)
    paper.gap(3)
    table = Table(paper, tuple(column for column, _width in _FIELDS))
    for row in _rows(transfer):
        table.add(row)
    paper.gap(4)
    paper.text(
        "Kedua petugas telah menghitung kartu menurut daftar ini. Kartu yang tidak ada ditandai pada kolomnya.",
        rows=2,
    )
    paper.signatures(
        (
            ("Yang menyerahkan", transfer.from_office.name, _name(transfer.packed_by or transfer.sent_by), ""),
            ("Yang menerima", transfer.to_office.name, _name(transfer.received_by), ""),
        )
    )  # fmt: skip
    paper.close()


def _facts(transfer: Transfer) -> list[tuple[str, str]]:
    sent = transfer.sent_at.astimezone(ZoneInfo(transfer.from_office.time_zone))
    return [
        ("Nomor", transfer.number),
        ("Dari", transfer.from_office.name),
        ("Ke", transfer.to_office.name),
        ("Dikirim", f"{WEEKDAYS[sent.weekday()]}, {long_date(sent.date())}"),
        ("Menurut daftar", f"{grouped(transfer.sent)} kartu"),
        ("Dikemas", _counted(transfer.packed)),
        ("Diterima", _counted(transfer.received)),
    ]


def _counted(number: int | None) -> str:
    return f"{_PEN if number is None else grouped(number)} kartu"


def _rows(transfer: Transfer) -> Iterator[tuple[int, str, str, str, str, str]]:
    notes = _notes(transfer)
    entries = transfer.cards.order_by("pk").values_list("card_id", "card__reference", "card__name")
    for position, (card_id, reference, name) in enumerate(entries.iterator(chunk_size=_CHUNK), start=1):
        yield position, reference, mask_name(name), notes.get(card_id, ""), "", ""


def _notes(transfer: Transfer) -> dict[int, str]:
    """Say of each card that a side missed and that has not come since, how far its case is."""
    cases = TransferDifference.objects.filter(transfer=transfer, card__isnull=False, arrived=False)
    found = cases.order_by("pk").values_list("card_id", "kind", "closed_at")
    return {
        card_id: _NOTES[kind] if closed_at is None else f"{_NOTES[kind]}; {_SETTLED}"
        for card_id, kind, closed_at in found
        if card_id is not None
    }


def _name(officer: User | None) -> str:
    return "" if officer is None else officer.get_full_name() or officer.username
