"""The receipt that a resident takes home after a collection: what was given, when, where, and to whom by relation."""

from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from delivery.models import Collection
from labels.paper import Paper
from privacy.masking import mask_name
from privacy.models import AccessRecord
from privacy.services import record_access
from shipments.manifest import WEEKDAYS, long_date

# The receipt is an official paper, so its words are Indonesian whatever the clerk's language is.
_RELATIONS: Mapping[str, str] = {
    "HOLDER": "Pemilik kartu",
    "SAME_FAMILY_CARD": "Anggota keluarga dalam satu KK",
    "WRITTEN_AUTHORITY": "Penerima kuasa (F-1.07)",
    "VILLAGE_OFFICER": "Petugas desa/kelurahan",
}
_DOCUMENTS: Mapping[str, str] = {
    "OLD_CARD": "KTP lama",
    "FAMILY_CARD": "Kartu keluarga (KK)",
    "INTERIM_LETTER": "Surat keterangan (suket)",
    "AUTHORITY_F107": "Surat kuasa F-1.07",
    "OFFICER_LETTER": "Surat tugas petugas desa",
    "PASSPORT_OR_LICENCE": "Paspor atau SIM",
}
_ZONES: Mapping[str, str] = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def write_receipt(*, collection_id: int, output: BinaryIO, actor_id: int | None, at: datetime) -> None:
    """Write the receipt of a collection as PDF, and record that it was handed out.

    It names the holder by initials and the collector by relation only, so that a paper that is lost tells nobody
    who holds which card; it carries no NIK, no address and no officer's name.
    """
    rows = Collection.objects.select_related("card", "counter").defer(
        "card__nik", "card__kk", "card__phone", "collector_name"
    )
    collection = rows.get(pk=collection_id)
    record_access(
        actor_id=actor_id, action=AccessRecord.Action.EXPORT, subject_kind="card",
        subject_keys=[collection.card.reference], at=at,
    )  # fmt: skip
    _draw(collection, output)


def _draw(collection: Collection, output: BinaryIO) -> None:
    card, counter = collection.card, collection.counter
    when = collection.collected_at.astimezone(ZoneInfo(counter.time_zone))
    paper = Paper(output, foot=f"Tanda terima {card.reference}-{collection.pk}")
    paper.text("TANDA TERIMA KTP ELEKTRONIK", points=15, face="B", align="centre")
    paper.text(counter.name, points=10, align="centre")
    paper.rule()
    if collection.undone_at is not None:
        paper.text("DIBATALKAN: pengambilan ini sudah ditarik kembali.", points=11, face="B")
    pairs = (
        ("Nomor tanda terima", f"{card.reference}-{collection.pk}"),
        ("Nomor acuan kartu", card.reference),
        ("Nama pemilik", mask_name(card.name)),
        ("Hari, tanggal", f"{WEEKDAYS[when.weekday()]}, {long_date(when.date())}"),
        ("Pukul", f"{when:%H.%M} {_ZONES.get(counter.time_zone, '')}"),
        ("Loket", counter.name),
        ("Alamat loket", " ".join(counter.address.split()) or "–"),
        ("Diambil oleh", _RELATIONS.get(collection.relation, collection.relation)),
        (
            "Dokumen ditunjukkan",
            ", ".join(_DOCUMENTS.get(code, code) for code in collection.documents) or "–",
        ),
        ("KTP lama", "diserahkan" if collection.old_card_surrendered else "tidak diserahkan"),
    )
    for name, value in pairs:
        paper.pair(name, value, rows=2 if name == "Alamat loket" else 1)
    paper.gap(3)
    paper.text("Layanan ini gratis. Petugas tidak pernah meminta uang. PIN hanya diminta di loket.", face="B")
    paper.text(
        "Bila bukan Anda atau orang yang Anda minta yang mengambil kartu ini, segera hubungi kantor kami."
    )
    paper.signatures((("Yang menerima", " ", "", ""), ("Petugas loket", counter.name, "", "")))
    paper.close()
