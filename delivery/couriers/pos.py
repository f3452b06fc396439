"""What Pos Indonesia's words mean: the texts of its API, its NIPOS exports and its older files, which one file may mix.

A text that the tables do not know has no meaning here: it waits for a person. Nothing unknown ever counts as delivered.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from delivery.couriers.words import Meaning, folded, parts_of
from delivery.status import Action, Reason, Receiver, Status

CODE = "POS"
NAME = "Pos Indonesia"
TABLE_VERSION = "pos-2"

_S = Status

STATUSES: Mapping[str, Status] = {
    **dict.fromkeys(("PAID", "PENDING", "CREATE"), _S.ANNOUNCED),
    **dict.fromkeys(("PICKED", "POSTING LOKET", "PENERIMAAN DI LOKET"), _S.POSTED),
    **dict.fromkeys(
        (
            "INLOCATION", "BAGGING", "INBAG", "UNBAGGING", "UNBAG", "INVEHICLE", "MISROUTE", "PURI KIRIM",
            "PURI TERIMA", "BERANGKAT KE KANTOR PENERUSAN", "BERANGKAT KE KANTOR TUJUAN",
            "BERANGKAT KE KANTOR PENERUSAN / TUJUAN", "MANIFEST SERAH", "MANIFEST TERIMA", "DITERUSKAN KE HUB",
            "TIBA DI HUB",
        ),
        _S.IN_TRANSIT,
    ),
    "TIBA DI KANTOR ANTARAN": _S.AT_DELIVERY_OFFICE,
    **dict.fromkeys(
        ("DELIVERYRUNSHEET", "RUNSHEET", "ON PROCESS", "ONPROCESS", "PROSES ANTAR", "ANTARAN"), _S.OUT_FOR_DELIVERY
    ),
    **dict.fromkeys(
        ("FAILEDTODELIVERED", "FAILEDTOBEDELIVERED", "ANTAR ULANG", "ANTAR GAGAL", "GAGAL ANTAR"), _S.ATTEMPT_FAILED
    ),
    "DIAMBIL DI KANTOR POS": _S.HELD_FOR_PICKUP,
    **dict.fromkeys(("DELIVERED", "SELESAI ANTAR"), _S.DELIVERED),
    **dict.fromkeys(
        ("RETURN", "RTS", "STATUSRETUR", "KEMBALI KE PENGIRIM", "RETUR", "KEMSIP"), _S.RETURNING
    ),
    **dict.fromkeys(
        ("DELIVERED (RETURN DELIVERY)", "DELIVERED - RETURN DELIVERY", "DITERIMA PENGIRIM"), _S.RETURNED_TO_SENDER
    ),
    "IRREGULARITY": _S.EXCEPTION,
    **dict.fromkeys(("CANCEL", "CANCELED"), _S.CANCELLED),
}  # fmt: skip

# At the office that delivers, these mean that the item has arrived; elsewhere only that it was seen on its way.
ARRIVED_AT_DESTINATION = frozenset({"INLOCATION", "MANIFEST TERIMA"})

RECEIVERS: Mapping[str, Receiver] = {
    **dict.fromkeys(("YANG BERSANGKUTAN", "YBS", "DIRI SENDIRI", "PENERIMA LANGSUNG"), Receiver.HOLDER),
    **dict.fromkeys(("ORANG SERUMAH", "SERUMAH"), Receiver.HOUSEHOLD),
    "KELUARGA": Receiver.FAMILY,
    "TETANGGA": Receiver.NEIGHBOUR,
    **dict.fromkeys(("SATPAM", "SECURITY"), Receiver.SECURITY),
    **dict.fromkeys(("REKAN KERJA", "PEGAWAI"), Receiver.COLLEAGUE),
    **dict.fromkeys(("SEKRETARIS", "RESEPSIONIS"), Receiver.RECEPTION),
    **dict.fromkeys(("PENGIRIM", "PENGIRIM (MITRA)", "MITRA"), Receiver.SENDER),
}

REASONS: Mapping[str, Reason] = {
    **dict.fromkeys(("RUMAH KOSONG", "PINTU TERKUNCI", "PENERIMA TIDAK DI TEMPAT"), Reason.ABSENT),
    **dict.fromkeys(("MENOLAK", "DITOLAK", "DITOLAK PENERIMA", "MENOLAK MENERIMA"), Reason.REFUSED),
    "ALAMAT TIDAK DITEMUKAN": Reason.ADDRESS_NOT_FOUND,
    **dict.fromkeys(
        ("ALAMAT KURANG JELAS", "ALAMAT TIDAK JELAS", "ALAMAT TIDAK LENGKAP", "ALAMAT KURANG LENGKAP",
         "KURANG JELAS", "TIDAK LENGKAP"),
        Reason.ADDRESS_INCOMPLETE,
    ),
    **dict.fromkeys(("PINDAH ALAMAT", "PINDAH"), Reason.MOVED),
    **dict.fromkeys(("TIDAK DIKENAL", "PENERIMA TIDAK DIKENAL"), Reason.UNKNOWN_AT_ADDRESS),
    **dict.fromkeys(("MENINGGAL", "MENINGGAL DUNIA"), Reason.DECEASED),
    **dict.fromkeys(("NO HP TIDAK BISA DIHUBUNGI", "TIDAK BISA DIHUBUNGI"), Reason.PHONE_UNREACHABLE),
    "GAGAL SERAH TERIMA": Reason.MISSED_DELIVERY,
    **dict.fromkeys(("TIDAK DIAMBIL", "TIDAK DIAMBIL PENERIMA"), Reason.UNCLAIMED),
    **dict.fromkeys(("RUSAK", "KIRIMAN RUSAK"), Reason.DAMAGED),
    **dict.fromkeys(("SALAH SALUR", "SALAH KIRIM"), Reason.MISSENT),
    "PERMINTAAN PENERIMA": Reason.HELD_ON_REQUEST,
    **dict.fromkeys(("DIAMBIL SENDIRI", "AKAN DIAMBIL SENDIRI"), Reason.OWN_PICKUP),
    "KANTOR TUTUP": Reason.BUSINESS_CLOSED,
    **dict.fromkeys(("AKSES TERBATAS", "TIDAK BOLEH MASUK"), Reason.ACCESS_RESTRICTED),
    **dict.fromkeys(("FORCE MAJEURE", "BANJIR", "BENCANA ALAM"), Reason.FORCE_MAJEURE),
    **dict.fromkeys(("KTP LAMA TIDAK DISERAHKAN", "KTP LAMA TIDAK ADA"), Reason.OLD_CARD_NOT_SURRENDERED),
}  # fmt: skip

ACTIONS: Mapping[str, Action] = {
    "ANTAR ULANG": Action.ANOTHER_ATTEMPT,
    **dict.fromkeys(("DIAMBIL DI KANTOR POS", "TUNGGU DIAMBIL DI KANTOR POS"), Action.HELD_FOR_PICKUP),
    **dict.fromkeys(("PANGGILAN", "SURAT PANGGILAN"), Action.HELD_ADDRESSEE_NOTIFIED),
    **dict.fromkeys(("DITERUSKAN", "DITERUSKAN KE ALAMAT BARU"), Action.FORWARDED),
}

RETURN_WORDS = re.compile(r"\b(RETURN|RETURNED|RETUR|STATUSRETUR|RTS|KEMSIP|KEMBALI KE PENGIRIM)\b")
_TAKEN_BACK = re.compile(r"\b(BATAL|TIDAK|BUKAN|BELUM|CANCEL)\b")
_BY_WHOM = re.compile(r"^(?:SUDAH |TELAH )?DITERIMA(?: OLEH)?[ :]+(?=\S)")
# "Received by <counter>" at hand-in is how an item is posted, not how it is delivered.
_HANDED_IN = re.compile(
    r"^(RECEIVED|DITERIMA|ACCEPTED) (BY|AT|OLEH|DI)\b.*\b(COUNTER|LOKET|AGEN|DROP POINT)\b"
)
_BEFORE_DELIVERY = frozenset({_S.ANNOUNCED, _S.POSTED})
_REASON_CHANGES = frozenset({_S.IN_TRANSIT, _S.AT_DELIVERY_OFFICE, _S.OUT_FOR_DELIVERY, _S.DELIVERED})


@lru_cache(maxsize=4_096)
def meaning(status_text: str, remark_text: str = "", at_destination: bool = False) -> Meaning | None:
    """Give the meaning of a row's status and remark, or None when either is not known.

    `at_destination` says that the row's place is the office that delivers the item.
    """
    status_line, remark = folded(status_text), folded(remark_text)
    status = STATUSES.get(status_line)
    tail: tuple[str, ...] = ()
    if status is None:
        status, tail = _status_with_tail(status_line)
    if status is None:
        return None
    if at_destination and status_line in ARRIVED_AT_DESTINATION:
        status = _S.AT_DELIVERY_OFFICE
    said = _remarks((*tail, remark) if remark else tail)
    return None if said is None else _together(status, said)


def is_relation(text: str) -> bool:
    """Say whether a folded text names who received an item by relation, and not by name."""
    wholes = (_BY_WHOM.sub("", part) for part in parts_of(text))
    return _BY_WHOM.sub("", text) in RECEIVERS or (bool(text) and all(whole in RECEIVERS for whole in wholes))


class _Said:
    """What the remarks of one row say together."""

    def __init__(self) -> None:
        self.reason = Reason.NONE
        self.action = Action.NONE
        self.receiver = Receiver.NONE
        self.about_return = False


def _status_with_tail(line: str) -> tuple[Status | None, tuple[str, ...]]:
    """Read `SELESAI ANTAR (ANTAR ULANG)`: a known status whose remark stands in the same cell."""
    head, *tail = parts_of(line) or ("",)
    if tail and head in STATUSES:
        return STATUSES[head], tuple(tail)
    return (_S.POSTED, ()) if _HANDED_IN.search(line) else (None, ())


def _remarks(texts: tuple[str, ...]) -> _Said | None:
    """Understand each remark as a whole or part by part; what is about a return need not be known to its end."""
    said = _Said()
    for text in texts:
        if not _understand(text, said):
            # every part is heard: the reason of a return may stand behind words that nobody knows
            known = [_understand(part, said) or _is_about_return(part, said) for part in parts_of(text)]
            if not (known and all(known)) and not _is_about_return(text, said):
                return None
    return said


def _is_about_return(text: str, said: _Said) -> bool:
    """Add to what was said that the item goes back; say whether the text tells so."""
    found = RETURN_WORDS.search(text) is not None and not _TAKEN_BACK.search(text)
    said.about_return = said.about_return or found
    return found


def _understand(text: str, said: _Said) -> bool:
    """Add one remark to what was said; say whether the tables know it."""
    bare = _BY_WHOM.sub("", text)
    if text in REASONS:
        said.reason = said.reason or REASONS[text]
    elif text in ACTIONS:
        said.action = said.action or ACTIONS[text]
    elif bare in RECEIVERS:
        if not said.receiver or RECEIVERS[bare] is Receiver.SENDER:  # a return goes before a delivery
            said.receiver = RECEIVERS[bare]
    else:
        return STATUSES.get(text) is _S.DELIVERED or text == "DITERIMA"
    return True


def _together(status: Status, said: _Said) -> Meaning | None:
    """Weigh a status against its remarks: a return before a delivery, a reason before both."""
    sender_has_it = said.receiver is Receiver.SENDER
    if status is _S.RETURNED_TO_SENDER or (status in (_S.DELIVERED, _S.RETURNING) and sender_has_it):
        return Meaning(_S.RETURNED_TO_SENDER, said.reason, Action.RETURNED_TO_SENDER, Receiver.SENDER)
    if status is _S.DELIVERED and said.about_return:
        return Meaning(_S.RETURNED_TO_SENDER, said.reason, Action.RETURNED_TO_SENDER, Receiver.SENDER)
    if status is _S.RETURNING or said.about_return:
        return Meaning(_S.RETURNING, said.reason, Action.RETURNED_TO_SENDER)
    if said.reason or said.action:
        return _problem(status, said)
    if said.receiver and status is not _S.DELIVERED:
        return None  # somebody took it, but the status does not say that it was delivered: a person decides
    return Meaning(status, receiver=said.receiver)


def _problem(status: Status, said: _Said) -> Meaning | None:
    """A filled reason or another attempt means a problem, whatever the status says."""
    if said.action is Action.HELD_FOR_PICKUP:
        return None if status is _S.DELIVERED else Meaning(_S.HELD_FOR_PICKUP, said.reason, said.action)
    if not said.reason and said.action is not Action.ANOTHER_ATTEMPT:
        return None if status is _S.DELIVERED else Meaning(status, action=said.action)
    if status in _BEFORE_DELIVERY:
        status = _S.EXCEPTION
    elif status in _REASON_CHANGES:
        status = _S.ATTEMPT_FAILED
    return Meaning(status, said.reason, said.action)
