"""What a message says, per occasion and language. No NIK, no address of the resident, no name but the first."""

import re
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
    Occasion.REOPENED: {
        "id": "Halo {name}, {counter}, {address}, buka kembali lebih cepat. Buka: {hours}. "
        "KTP-el Anda menunggu di sana sampai {until}. Pilih hari: {link}",
        "en": "Hello {name}, {counter}, {address}, opens again earlier. Open: {hours}. "
        "Your identity card waits there until {until}. Choose a day: {link}",
    },
    Occasion.PLACE_OFFERED: {
        "id": "Halo {name}, ada tempat kosong untuk mengambil KTP-el Anda di {counter}. "
        "Tempat ini kami simpan sebentar saja: segera pastikan di {link}",
        "en": "Hello {name}, a place became free to collect your identity card at {counter}. "
        "We keep it for a short time only: confirm it soon at {link}",
    },
    Occasion.COLLECTED: {
        "id": "Halo {name}, KTP-el Anda sudah diserahkan. Bila bukan Anda atau keluarga yang mengambil, "
        "segera hubungi kantor kami.",
        "en": "Hello {name}, your identity card was handed out. If neither you nor your family took it, "
        "tell our office at once.",
    },
    Occasion.ENQUIRY_ANSWERED: {
        "id": "Halo {name}, pertanyaan Anda tentang KTP-el sudah dijawab. Baca jawabannya: {link} (PIN {pin}).",
        "en": "Hello {name}, your question about your identity card was answered. Read it: {link} (PIN {pin}).",
    },
    Occasion.ADDRESS_CHECKED: {
        "id": "Halo {name}, permintaan perbaikan alamat KTP-el Anda sudah diputuskan. "
        "Lihat hasilnya: {link} (PIN {pin}).",
        "en": "Hello {name}, your correction of the address of your identity card was decided. "
        "See the result: {link} (PIN {pin}).",
    },
    # Without link and PIN: the former number may be a stranger's by now.
    Occasion.CONTACT_CHANGED: {
        "id": "Halo {name}, nomor telepon atau surel untuk kabar KTP-el Anda telah diganti. "
        "Bila bukan Anda yang menggantinya, segera hubungi kantor kami.",
        "en": "Hello {name}, the phone or e-mail for news of your identity card was changed. "
        "If you did not change it, tell our office at once.",
    },
    Occasion.REPLY_NOTED: {
        "id": "Halo {name}, balasan Anda tentang KTP-el sudah kami catat. Lihat atau ubah: {link}",
        "en": "Hello {name}, we noted your reply about your identity card. See or change it: {link}",
    },
    Occasion.REPLY_HELP: {
        "id": "Halo {name}, balasan Anda belum kami mengerti. Balas 1 bila Anda datang sendiri, 2 bila diwakili, "
        "3 bila minta dikirim ulang, BERHENTI bila tidak ingin pesan. Untuk hal lain: {link}",
        "en": "Hello {name}, we did not understand your reply. Reply 1 to come yourself, 2 to send somebody, "
        "3 to have it sent again, STOP for no more messages. For anything else: {link}",
    },
}
# Where the card waits, a reply of one digit is enough.
CAN_REPLY = frozenset({Occasion.READY_AT_COUNTER, Occasion.REMINDER, Occasion.MOVED})
_REPLIES: Mapping[str, str] = {
    "id": "Balas 1 datang, 2 wakil, 3 kirim ulang, BERHENTI tanpa pesan lagi.",
    "en": "Reply 1 I come, 2 somebody else, 3 send again, STOP no more messages.",
}
LANGUAGES = tuple(_FREE)
_FIELD = re.compile(r"\{(\w+)\}")


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


def text_of(*, occasion: Occasion, language: str, facts: Facts, replies: bool = False) -> str:
    """Write the message; an unknown language gets Indonesian. With `replies` it says what can be replied."""
    spoken = spoken_language(language)
    return _template(occasion, spoken, replies=replies).format(**_values(facts, spoken))


def template_of(*, occasion: Occasion, language: str) -> str:
    """Write the text as WhatsApp registers it: its facts are {{1}}, {{2}} … in the order of `parameters_of`."""
    names = _names(occasion, spoken_language(language))
    text = _template(occasion, spoken_language(language), replies=True)
    return _FIELD.sub(lambda found: f"{{{{{names.index(found[1]) + 1}}}}}", text)


def parameters_of(*, occasion: Occasion, language: str, facts: Facts) -> tuple[str, ...]:
    """Give what goes into a registered text, in order: on one line each and never empty, as WhatsApp demands."""
    values = _values(facts, spoken_language(language))
    return tuple(
        " ".join(values[name].split()) or "-" for name in _names(occasion, spoken_language(language))
    )


def spoken_language(language: str) -> str:
    """Give a language that we speak: Indonesian for an unknown one."""
    return language if language in _FREE else "id"


def _template(occasion: Occasion, language: str, *, replies: bool) -> str:
    said = _TEXTS[occasion][language]
    answer = f" {_REPLIES[language]}" if replies and occasion in CAN_REPLY else ""
    return f"{said}{answer} {_FREE[language]}"


def _names(occasion: Occasion, language: str) -> list[str]:
    return list(dict.fromkeys(_FIELD.findall(_TEXTS[occasion][language])))


def _values(facts: Facts, language: str) -> dict[str, str]:
    return {
        "name": first_name(facts.name),
        "number": facts.number or facts.reference,
        "reference": facts.reference,
        "link": facts.link,
        "pin": facts.pin,
        "counter": facts.counter,
        "address": " ".join(facts.address.split()) or "-",
        "hours": facts.hours or "-",
        "until": _day(facts.until, language),
    }


def first_name(name: str) -> str:
    """Give the first word of a name, never more."""
    words = name.split()
    return words[0].capitalize() if words else ""


def _day(day: date | None, language: str) -> str:
    return "-" if day is None else f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"
