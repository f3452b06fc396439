"""The record (berita acara) of a destruction: what was destroyed, and the two officers who sign for it."""

from typing import BinaryIO
from zoneinfo import ZoneInfo

from accounts.models import User
from delivery.models import Destruction
from labels.paper import Paper, Table, TableColumn
from shipments.manifest import WEEKDAYS, grouped, long_date

_WHY = {
    "DAMAGED": "rusak",
    "DUPLICATE": "cetak ganda",
    "VOID": "tidak berlaku",
    "DESTROYED": "tidak berlaku",
    "REGISTERED": "tidak diambil",
}
_COLUMNS = (
    TableColumn("No", 14, align="right"),
    TableColumn("Referensi", 40),
    TableColumn("No blangko", 50),
    TableColumn("Keterangan", 60),
)


def write_destruction_pdf(output: BinaryIO, *, destruction: Destruction) -> None:
    """Write the record as PDF. It names cards by their references: no name, no NIK. Unsigned, it says so."""
    office = destruction.office
    zone = ZoneInfo(office.time_zone)
    signed = destruction.second_signed_at
    day = (signed or destruction.opened_at).astimezone(zone).date()
    is_old = destruction.kind == Destruction.Kind.OLD_CARDS
    things = "KTP elektronik lama yang diserahkan pemegangnya" if is_old else "KTP elektronik"
    paper = Paper(output, foot=f"Berita acara pemusnahan {destruction.number}")
    paper.text("BERITA ACARA PEMUSNAHAN", points=15, face="B", align="centre")
    paper.text(f"Nomor: {destruction.number}", points=10, align="centre")
    if signed is None:
        state = (
            "DIBATALKAN"
            if destruction.cancelled_at is not None
            else "KONSEP: belum ditandatangani dua petugas"
        )
        paper.text(state, points=10, face="B", align="centre")
    paper.rule()
    verb = "telah memusnahkan" if signed is not None else "akan memusnahkan"
    paper.text(
        f"Pada hari {WEEKDAYS[day.weekday()]}, {long_date(day)}, bertempat di {office.name}, kami yang bertanda "
        f"tangan di bawah ini {verb} {grouped(destruction.cards)} keping {things} menurut daftar berikut:",
        rows=3,
    )
    paper.gap(2)
    _draw_cards(paper, destruction, is_old=is_old)
    paper.gap(4)
    paper.text(
        "Demikian berita acara ini dibuat dengan sebenarnya untuk dipergunakan sebagaimana mestinya.", rows=2
    )
    paper.signatures(
        (
            ("Petugas pertama", office.name, _name(destruction.first_signed_by), ""),
            ("Petugas kedua", office.name, _name(destruction.second_signed_by), ""),
        )
    )
    paper.close()


def _draw_cards(paper: Paper, destruction: Destruction, *, is_old: bool) -> None:
    table = Table(paper, _COLUMNS)
    entries = destruction.entries.order_by("pk").values_list(
        "card__reference", "card__blank_serial", "card__disposition", "card_id"
    )
    before = _dispositions_before(destruction)
    for position, (reference, serial, disposition, card_id) in enumerate(
        entries.iterator(chunk_size=2_000), start=1
    ):
        # the blank's number is the new card's; an old card has its own, which nobody reads out
        why = "kartu lama" if is_old else _WHY.get(before.get(card_id, disposition), disposition)
        table.add((position, reference, "–" if is_old else serial or "–", why))


def _dispositions_before(destruction: Destruction) -> dict[int, str]:
    if destruction.second_signed_at is None:
        return {}
    changes = destruction.entries.filter(card__disposition_changes__after="DESTROYED")
    return dict(changes.values_list("card_id", "card__disposition_changes__before"))


def _name(officer: User | None) -> str:
    return "" if officer is None else officer.get_full_name() or officer.username
