"""The columns of a sheet of printed cards: their names, what they hold, and how the template explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from spreadsheets.faults import gettext_noop
from spreadsheets.headers import folded
from spreadsheets.writing import Kind


class CardLane(StrEnum):
    """Who goes first in the backlog; the names are those of the card's lanes."""

    URGENT = "URGENT"
    VULNERABLE = "VULNERABLE"
    FIRST_CARD = "FIRST_CARD"
    PRINT_READY_RECORD = "PRINT_READY_RECORD"
    RESEND = "RESEND"
    ORDINARY = "ORDINARY"


_LANE_WORDS: Mapping[CardLane, tuple[str, ...]] = {
    CardLane.URGENT: ("mendesak", "urgent", "segera", "darurat", "prioritas", "priority", "urgen"),
    CardLane.VULNERABLE: (
        "rentan", "vulnerable", "lansia", "lanjut usia", "difabel", "disabilitas", "sakit", "odgj", "elderly",
        "disabled", "elderly or disabled",
    ),
    CardLane.FIRST_CARD: (
        "pemula", "first card", "kartu pertama", "ktp pertama", "perekaman baru", "baru", "first", "wajib ktp baru",
    ),
    CardLane.PRINT_READY_RECORD: (
        "PRR", "print ready record", "print-ready record (PRR)", "siap cetak", "status prr",
    ),
    CardLane.RESEND: ("kirim ulang", "resend", "re-send", "pengiriman ulang", "sent again", "retur"),
    CardLane.ORDINARY: ("biasa", "ordinary", "normal", "reguler", "regular", "umum", "non prioritas"),
}  # fmt: skip
# What a cell may say, folded, and the lane it means.
LANES: Mapping[str, CardLane] = {
    folded(word): lane for lane, words in _LANE_WORDS.items() for word in (lane.value, *words)
}


@dataclass(frozen=True, slots=True)
class CardColumn:
    """One column: our field, its title in the template, other titles it may have, and the guide's words."""

    field: str
    title: str
    synonyms: tuple[str, ...]
    note: str
    example: str
    required: bool = False
    width: float = 18
    kind: Kind = "text"
    max_characters: int = 0


CARD_COLUMNS: tuple[CardColumn, ...] = (
    CardColumn(
        "nik", "NIK", ("no nik", "nomor nik", "nomor induk kependudukan", "no ktp", "nomor ktp", "national id"),
        gettext_noop("16 digits, as text: a number cell changes the last digits."),
        "3216064305900001", required=True, width=20,
    ),
    CardColumn(
        "name", "Nama Lengkap",
        ("nama", "nama lgkp", "nama pemohon", "nama penduduk", "nama penerima", "nm lengkap", "full name", "name"),
        gettext_noop("As it stands on the card."), "Siti Rahayu", required=True, width=28, max_characters=120,
    ),
    CardColumn(
        "printed_on", "Tanggal Cetak",
        ("tgl cetak", "tanggal pencetakan", "tgl pencetakan", "tanggal dicetak", "waktu cetak", "print date",
         "printed on", "printed", "date printed"),
        gettext_noop("Day/month/year; not in the future."), "31/12/2020", required=True, width=14, kind="date",
    ),
    CardColumn(
        "alamat", "Alamat", ("alamat lengkap", "alamat ktp", "alamat rumah", "jalan", "address", "street"),
        gettext_noop("Street, alley, block and house number; empty only where RT/RW or a hamlet is given."),
        "Jl. Melati Gg. II No. 5", required=True, width=36, max_characters=250,
    ),
    CardColumn(
        "rt_rw", "RT/RW", ("rtrw", "rt rw", "no rt rw", "rt-rw"),
        gettext_noop("Both in one column, or RT and RW in two columns of their own."),
        "001/002", width=12, max_characters=40,
    ),
    CardColumn(
        "rt", "RT", ("no rt", "rukun tetangga"),
        gettext_noop("Only when there is no column RT/RW."), "001", width=6, max_characters=16,
    ),
    CardColumn(
        "rw", "RW", ("no rw", "rukun warga"),
        gettext_noop("Only when there is no column RT/RW."), "002", width=6, max_characters=16,
    ),
    CardColumn(
        "dusun", "Dusun", ("kampung", "lingkungan", "dusun lingkungan", "dukuh", "hamlet"),
        gettext_noop("Hamlet or kampung, where there is one."), "Kp. Baru", width=16, max_characters=100,
    ),
    CardColumn(
        "desa_kelurahan", "Desa/Kelurahan",
        ("kelurahan/desa", "desa", "kelurahan", "desa kel", "kel desa", "nama kel", "nama kelurahan", "nama desa",
         "village"),
        gettext_noop("The village of residence."), "Mekarsari", required=True, width=22, max_characters=100,
    ),
    CardColumn(
        "kecamatan", "Kecamatan", ("kec", "nama kec", "nama kecamatan", "district", "sub-district"),
        gettext_noop("The district of residence."), "Tambun Selatan", required=True, width=20, max_characters=100,
    ),
    CardColumn(
        "kabupaten", "Kabupaten/Kota",
        ("kabupaten", "kota", "kab kota", "kab", "nama kab", "nama kabupaten", "regency", "city"),
        gettext_noop("The regency or city of residence."), "Kab. Bekasi", width=20, max_characters=100,
    ),
    CardColumn(
        "provinsi", "Provinsi", ("propinsi", "prov", "nama prop", "nama provinsi", "province"),
        gettext_noop("The province of residence."), "Jawa Barat", width=16, max_characters=100,
    ),
    CardColumn(
        "kode_pos", "Kode Pos", ("kodepos", "postcode", "postal code", "zip"),
        gettext_noop("Five digits; may be left empty."), "17510", width=10, max_characters=10,
    ),
    CardColumn(
        "kk", "No KK", ("nomor kk", "nomor kartu keluarga", "no kartu keluarga", "kk", "family card number"),
        gettext_noop("16 digits, as text; lets the resident track the card without a number."),
        "3216060101100001", width=20,
    ),
    CardColumn(
        "phone", "No HP",
        ("nomor hp", "hp", "no telepon", "nomor telepon", "telepon", "telp", "no telp", "handphone", "no handphone",
         "no wa", "whatsapp", "phone", "phone number", "mobile"),
        gettext_noop("The resident's own number, for messages about the card."), "081234567890", width=16,
    ),
    CardColumn(
        "lane", "Prioritas",
        ("jalur", "jenis rekam", "jenis perekaman", "kategori", "kind of record", "priority", "lane"),
        gettext_noop("biasa, PRR, pemula, mendesak, rentan or kirim ulang; empty means biasa."), "biasa", width=14,
    ),
    CardColumn(
        "blank_serial", "Nomor Blangko",
        ("no blangko", "nomor blanko", "no blanko", "serial blangko", "serial blanko", "nomor seri blangko",
         "nomor kartu", "no kartu", "uid kartu", "card number", "card serial"),
        gettext_noop("The number printed on the blank card, as text."), "ABC12345678", width=18, max_characters=32,
    ),
)  # fmt: skip

FIELDS: tuple[str, ...] = tuple(column.field for column in CARD_COLUMNS)
# The longest text that is stored of each field.
MAX_CHARACTERS: Mapping[str, int] = {
    column.field: column.max_characters for column in CARD_COLUMNS if column.max_characters
}
