"""What a message says, per occasion and language. No NIK, no address of the resident, no name but the first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from delivery.messages.occasions import Occasion

_MONTHS: Mapping[str, tuple[str, ...]] = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_FREE: Mapping[str, str] = {
    "id": "Layanan ini gratis. Petugas tidak pernah meminta uang atau kode.",
    "en": "This service is free. No officer ever asks for money or a code.",
}
# Link and PIN stand only where the card is still to come, and where the resident has something to do with them.
_TEXTS: Mapping[Occasion, Mapping[str, str]] = {
    Occasion.REGISTERED: {
        "id": "Halo {name}, KTP-el Anda sudah dicetak. Lihat perjalanannya: {link} (nomor {reference}, PIN {pin}).",
        "en": "Hello {name}, your identity card is printed. Follow it: {link} (number {reference}, PIN {pin}).",
    },
    Occasion.DISPATCHED: {
        "id": "Halo {name}, KTP-el Anda dikirim lewat pos dengan nomor {number}. "
        "Lihat perjalanannya: {link} (PIN {pin}).",
        "en": "Hello {name}, your identity card was posted under number {number}. Follow it: {link} (PIN {pin}).",
    },
    Occasion.OUT_FOR_DELIVERY: {
        "id": "Halo {name}, KTP-el Anda (nomor {number}) diantar hari ini. Mohon ada orang serumah.",
        "en": "Hello {name}, your identity card (number {number}) is being delivered today. "
        "Please see that somebody is at home.",
    },
    Occasion.ATTEMPT_FAILED: {
        "id": "Halo {name}, KTP-el Anda (nomor {number}) belum dapat diserahkan. "
        "Petugas pos akan mencoba lagi; bila tidak berhasil, kartu kembali ke kantor kami dan kami kabari.",
        "en": "Hello {name}, your identity card (number {number}) could not be delivered yet. "
        "The post tries again; failing that, the card comes back to our office and we tell you.",
    },
    Occasion.READY_AT_COUNTER: {
        "id": "Halo {name}, KTP-el Anda siap diambil di {counter}, {address}. Buka: {hours}. "
        "Disimpan sampai {until}. Bawa KTP lama atau KK. Pilih hari: {link} (PIN {pin}).",
        "en": "Hello {name}, your identity card is ready at {counter}, {address}. Open: {hours}. "
        "Kept until {until}. Bring your old card or family card. Choose a day: {link} (PIN {pin}).",
    },
    Occasion.REMINDER: {
        "id": "Halo {name}, KTP-el Anda masih menunggu di {counter}, {address}, sampai {until}. "
        "Buka: {hours}. Bawa KTP lama atau KK. Pilih hari: {link}",
        "en": "Hello {name}, your identity card still waits at {counter}, {address}, until {until}. "
        "Open: {hours}. Bring your old card or family card. Choose a day: {link}",
    },
    Occasion.MOVED: {
        "id": "Halo {name}, jadwal pengambilan KTP-el Anda berubah karena kantor tutup. "
        "Kartu menunggu di {counter}, {address}, sampai {until}. Pilih hari lain: {link}",
        "en": "Hello {name}, collecting your identity card has changed because the office is closed. "
        "The card waits at {counter}, {address}, until {until}. Choose another day: {link}",
    },
    Occasion.COLLECTED: {
        "id": "Halo {name}, KTP-el Anda sudah diserahkan. Bila bukan Anda atau keluarga yang mengambil, "
        "segera hubungi kantor kami.",
        "en": "Hello {name}, your identity card was handed out. If neither you nor your family took it, "
        "tell our office at once.",
    },
}
LANGUAGES = tuple(_FREE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a text may use; `name` is the full name, of which the first word is said."""

    name: str
    number: str
    reference: str
    link: str
    pin: str
    counter: str = ""
    address: str = ""
    hours: str = ""
    until: date | None = None


def text_of(*, occasion: Occasion, language: str, facts: Facts) -> str:
    """Write the message; an unknown language gets Indonesian."""
    spoken = language if language in _FREE else "id"
    said = _TEXTS[occasion][spoken].format(
        name=first_name(facts.name),
        number=facts.number or facts.reference,
        reference=facts.reference,
        link=facts.link,
        pin=facts.pin,
        counter=facts.counter,
        address=" ".join(facts.address.split()) or "-",
        hours=facts.hours or "-",
        until=_day(facts.until, spoken),
    )
    return f"{said} {_FREE[spoken]}"


def first_name(name: str) -> str:
    """Give the first word of a name, never more."""
    words = name.split()
    return words[0].capitalize() if words else ""


def _day(day: date | None, language: str) -> str:
    return "-" if day is None else f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"
