"""What a message says, per occasion and language. No NIK, no address of the resident, no name but the first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from delivery.messages.occasions import Occasion
from delivery.papers import Papers
from offices.closed_days import ClosedAhead

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
        "id": "Halo {name}, KTP-el Anda (nomor {number}) diantar hari ini. Mohon ada orang di rumah. "
        "Siapkan KTP lama bila ada.",
        "en": "Hello {name}, your identity card (number {number}) is being delivered today. "
        "Please see that somebody is at home. Have your old card ready, if you have one.",
    },
    Occasion.ATTEMPT_FAILED: {
        "id": "Halo {name}, KTP-el Anda (nomor {number}) belum dapat diserahkan. "
        "Petugas pos biasanya mencoba lagi. Bila tidak berhasil, kartu kembali ke {office}; "
        "kami kabari bila sudah dapat diambil di loket.",
        "en": "Hello {name}, your identity card (number {number}) could not be delivered yet. "
        "The post usually tries again. Failing that, the card comes back to {office}; "
        "we tell you when you can collect it at a counter.",
    },
    Occasion.READY_AT_COUNTER: {
        "id": "Halo {name}, KTP-el Anda siap diambil di {place}. Buka: {hours}. "
        "Disimpan sampai {until}. Bawa {papers}. Pilih hari: {link} (PIN {pin}).",
        "en": "Hello {name}, your identity card is ready at {place}. Open: {hours}. "
        "Kept until {until}. Bring {papers}. Choose a day: {link} (PIN {pin}).",
    },
    Occasion.REMINDER: {
        "id": "Halo {name}, KTP-el Anda masih menunggu di {place}, sampai {until}. "
        "Buka: {hours}. Bawa {papers}. Pilih hari: {link}",
        "en": "Hello {name}, your identity card still waits at {place}, until {until}. "
        "Open: {hours}. Bring {papers}. Choose a day: {link}",
    },
    Occasion.MOVED: {
        "id": "Halo {name}, jadwal pengambilan KTP-el Anda berubah karena loket tutup {closed}. "
        "Kartu menunggu {waits}. Jadwal Anda: {appointment}. Pilih hari lain: {link}",
        "en": "Hello {name}, collecting your identity card has changed because the counter is closed {closed}. "
        "The card waits {waits}. Your day: {appointment}. Choose another day: {link}",
    },
    Occasion.REOPENED: {
        "id": "Halo {name}, {place}, buka kembali lebih cepat. Buka: {hours}. "
        "KTP-el Anda menunggu di sana sampai {until}. Jadwal Anda: {appointment}. Pilih hari: {link}",
        "en": "Hello {name}, {place}, opens again earlier. Open: {hours}. "
        "Your identity card waits there until {until}. Your day: {appointment}. Choose a day: {link}",
    },
    Occasion.PLACE_OFFERED: {
        "id": "Halo {name}, ada tempat kosong untuk mengambil KTP-el Anda di {counter} pada {offered_on}. "
        "Kami simpan untuk Anda sampai {offered_until}. Ambil tempat ini di {link}",
        "en": "Hello {name}, a place became free to collect your identity card at {counter} on {offered_on}. "
        "We keep it for you until {offered_until}. Take it at {link}",
    },
    Occasion.COLLECTED: {
        "id": "Halo {name}, KTP-el Anda sudah diambil di loket. Bila bukan Anda atau orang yang Anda minta, "
        "segera hubungi {office}.",
        "en": "Hello {name}, your identity card was collected at a counter. If it was neither you nor somebody "
        "whom you sent, tell {office} at once.",
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
    Occasion.WISH_ANSWERED: {
        "id": "Halo {name}, permintaan Anda tentang KTP-el sudah dijawab. Lihat jawabannya: {link} (PIN {pin}).",
        "en": "Hello {name}, your wish about your identity card was answered. See the answer: {link} (PIN {pin}).",
    },
    # Without link and PIN: the former number may be a stranger's by now.
    Occasion.CONTACT_CHANGED: {
        "id": "Halo {name}, nomor HP atau email untuk kabar KTP-el Anda telah diganti. "
        "Bila bukan Anda yang menggantinya, segera hubungi {office}.",
        "en": "Hello {name}, the phone or e-mail for news of your identity card was changed. "
        "If you did not change it, tell {office} at once.",
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
    "id": "Balas 1: saya datang. 2: diwakili. 3: minta dikirim ulang. BERHENTI: tidak mau pesan lagi.",
    "en": "Reply 1: I come. 2: somebody else comes. 3: please send it again. STOP: no more messages.",
}
_CLOCK: Mapping[str, str] = {"id": "pukul", "en": "at"}
_AT: Mapping[str, str] = {"id": "di", "en": "at"}
_UNTIL: Mapping[str, str] = {"id": "sampai", "en": "until"}
_THEN: Mapping[str, str] = {"id": "lalu", "en": "then"}
_CLOSED: Mapping[str, str] = {"id": "tutup", "en": "closed"}
_REOPENS: Mapping[str, str] = {"id": "buka lagi", "en": "open again on"}
_FOR_SOME_DAYS: Mapping[str, str] = {"id": "beberapa hari", "en": "for some days"}
_NO_VISIT: Mapping[str, str] = {"id": "belum ada", "en": "none yet"}
_OFFICE_HOURS: Mapping[str, str] = {"id": "pada jam kerja", "en": "in office hours"}
_PAPERS: Mapping[str, Mapping[str, str]] = {
    "id": {
        "OLD_CARD": "KTP lama",
        "FAMILY_CARD": "KK",
        "INTERIM_LETTER": "surat keterangan pengganti KTP (suket)",
        "AUTHORITY_F107": "surat kuasa (formulir F-1.07)",
        "OFFICER_LETTER": "surat petugas desa",
        "PASSPORT_OR_LICENCE": "paspor/SIM",
    },
    "en": {
        "OLD_CARD": "the old card",
        "FAMILY_CARD": "the family card (KK)",
        "INTERIM_LETTER": "the interim letter (suket)",
        "AUTHORITY_F107": "the written authority (form F-1.07)",
        "OFFICER_LETTER": "the village officer's letter",
        "PASSPORT_OR_LICENCE": "a passport or driving licence",
    },
}
_OR: Mapping[str, str] = {"id": "atau", "en": "or"}
_AND: Mapping[str, str] = {"id": "dan", "en": "and"}
_NO_PAPERS: Mapping[str, str] = {"id": "pesan ini", "en": "this message"}
LANGUAGES = tuple(_FREE)
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a text may use; `name` is the full name, of which the first word is said.

    `closed` are the next days on which the counter is closed while it keeps the card; `leaves_on` is the day on which a
    closure sends the card away, to `then_at`. `visit` is the appointment's day, hour and counter. `offered_until` is by
    the counter's clock.
    """

    name: str
    office: str
    number: str
    reference: str
    link: str
    pin: str
    counter: str = ""
    address: str = ""
    hours: str = ""
    until: date | None = None
    closed: ClosedAhead | None = None
    leaves_on: date | None = None
    then_at: str = ""
    visit: tuple[date, time | None, str] | None = None
    papers: Papers = ()
    offered_on: date | None = None
    offered_until: datetime | None = None


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
        "office": facts.office,
        "number": facts.number or facts.reference,
        "reference": facts.reference,
        "link": facts.link,
        "pin": facts.pin,
        "counter": facts.counter,
        "place": _place(facts),
        "hours": _hours(facts, language),
        "closed": _closed(facts, language),
        "waits": _waits(facts, language),
        "appointment": _visit(facts, language),
        "until": _day(facts.until, language),
        "papers": papers_said(facts.papers, language=language) or _NO_PAPERS[language],
        "offered_on": _day(facts.offered_on, language),
        "offered_until": _moment(facts.offered_until, language),
    }


def _hours(facts: Facts, language: str) -> str:
    """Say the hours, and the closed days before or among which they do not hold."""
    hours = facts.hours or _OFFICE_HOURS[language]
    if facts.closed is None:
        return hours
    return f"{hours} ({_CLOSED[language]} {_closed(facts, language)})"


def _closed(facts: Facts, language: str) -> str:
    if facts.closed is None:
        return _FOR_SOME_DAYS[language]
    first, last, reopens = facts.closed
    days = _day(first, language) if first == last else f"{_day(first, language)}–{_day(last, language)}"
    return f"{days}, {_REOPENS[language]} {_day(reopens, language)}" if reopens is not None else days


def _waits(facts: Facts, language: str) -> str:
    """Say where the card waits until when; where it goes next when a closure sends it away."""
    at, until, then = _AT[language], _UNTIL[language], _THEN[language]
    place = f"{at} {_place(facts)}"
    if facts.leaves_on is not None:
        last = _day(facts.leaves_on - timedelta(days=1), language)
        return f"{place} {until} {last}, {then} {at} {facts.then_at}"
    return f"{place} {until} {_day(facts.until, language)}" if facts.until is not None else place


def _visit(facts: Facts, language: str) -> str:
    if facts.visit is None:
        return _NO_VISIT[language]
    day, hour, counter = facts.visit
    clock = f" {_CLOCK[language]} {hour:%H.%M}" if hour is not None else ""
    return f"{_day(day, language)}{clock}, {counter}"


def _place(facts: Facts) -> str:
    return ", ".join(part for part in (facts.counter, " ".join(facts.address.split())) if part)


def papers_said(papers: Papers, *, language: str) -> str:
    """Say which papers to bring: "KTP lama atau KK, dan surat kuasa"; empty when none is asked for."""
    spoken = spoken_language(language)
    names = _PAPERS[spoken]
    lists = [[names[paper] for paper in one_of if paper in names] for one_of in papers]
    said = [_one_of(alternatives, _OR[spoken]) for alternatives in lists if alternatives]
    return f", {_AND[spoken]} ".join(said)


def _one_of(names: Sequence[str], word: str) -> str:
    """Join with commas and a word before the last, as it is written in both languages."""
    *others, last = names
    if not others:
        return last
    return f"{', '.join(others)}{',' if len(others) > 1 else ''} {word} {last}"


def first_name(name: str) -> str:
    """Give the first word of a name, never more."""
    words = name.split()
    return words[0].capitalize() if words else ""


def _day(day: date | None, language: str) -> str:
    return "-" if day is None else f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def _moment(moment: datetime | None, language: str) -> str:
    if moment is None:
        return "-"
    return f"{_day(moment.date(), language)} {_CLOCK[language]} {moment:%H.%M}"
