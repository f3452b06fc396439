"""Everything on the screen is there in Indonesian."""

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from addresses.refusals import AddressRefused
from addresses.refusals import Code as AddressCode
from delivery.refusals import Code as DeliveryCode
from delivery.refusals import DeliveryRefused
from labels.content import LabelError, LabelFault
from shipments.refusals import Code as ShipmentCode
from shipments.refusals import ShipmentRefused
from spreadsheets.faults import SheetError, SheetFault
from web import words
from web.management.commands.makemessages import TABLES
from web.messages import LABEL_MESSAGES, refusal_text

ROOT = Path(settings.BASE_DIR)
FOLDER = Path(settings.LOCALE_PATHS[0]) / "id" / "LC_MESSAGES"
CATALOGUE = (FOLDER / "django.po").read_text(encoding="utf-8")
SAME_IN_BOTH = {
    "Audit", "API", "Format", "Label", "Manifes", "Status", "administrator", "format", "Data", "RW", "Menu", "No.",
    "%(first)s–%(last)s of %(count)s",
}  # fmt: skip


def entries() -> list[tuple[str, str]]:
    pattern = re.compile(r"^msgid (.+?)\n(?:msgid_plural .+?\n)?msgstr(?:\[0\])? (.+?)$", re.MULTILINE)
    return [(source, text) for source, text in pattern.findall(CATALOGUE) if source != '""']


def test_every_text_has_an_indonesian_translation() -> None:
    assert len(entries()) > 1_000
    assert [source for source, text in entries() if text == '""'] == []
    assert "#, fuzzy" not in CATALOGUE


def test_every_translation_keeps_the_placeholders() -> None:
    holes = re.compile(r"%\(\w+\)s")
    wrong = [source for source, text in entries() if set(holes.findall(source)) != set(holes.findall(text))]
    assert wrong == []


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for source, text in entries():
        if "\\" not in source and not source.startswith('""'):
            plain = source[1:-1]
            assert compiled.gettext(plain) == text[1:-1] or compiled.ngettext(plain, plain, 1) == text[1:-1]


@pytest.mark.parametrize(
    "table", TABLES, ids=["sheets", "intake", "addresses", "shipments", "delivery", "offices"]
)
def test_every_refusal_is_in_the_catalogue(table: dict[str, str]) -> None:
    with translation.override("id"):
        assert [text for text in table.values() if translation.gettext(str(text)) == str(text)] == []


def test_every_word_of_a_status_is_in_the_catalogue() -> None:
    with translation.override("id"):
        for kind, table in words.TABLES.items():
            for code, word in table.items():
                shown = str(word.label)
                with translation.override("en"):
                    source = str(word.label)
                assert shown != source or source in SAME_IN_BOTH, (kind, code)


def test_every_operation_and_object_of_the_audit_has_a_word() -> None:
    rooms = ("accounts", "addresses", "delivery", "offices", "privacy", "shipments", "web", "api")
    code = "".join(path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py"))
    operations = set(re.findall(r'operation="([A-Z_]+)"', code))
    operations |= set(re.findall(r'_(?:record|audit)\([\w.]+, "([A-Z_]+)"', code))
    assert operations - set(words.TABLES["operation"]) == set()
    assert set(re.findall(r'object_kind="(\w+)"', code)) - set(words.TABLES["object"]) == set()


def test_a_refusal_names_what_is_wrong_in_the_readers_language() -> None:
    refused = ShipmentRefused(ShipmentCode.NUMBERS_SHORT, needed=130_402, left=12)
    with translation.override("id"):
        assert refusal_text(refused) == (
            "Diperlukan 130.402 nomor kiriman, tersisa 12. Masukkan blok baru dari pos."
        )
    with translation.override("en"):
        assert refusal_text(refused) == (
            "130,402 item numbers are needed and 12 are left. Enter a new block from the post."
        )


def test_a_refusal_shows_codes_as_words() -> None:
    refused = ShipmentRefused(ShipmentCode.SET_ASIDE, scanned="K1", disposition="DAMAGED")
    with translation.override("id"):
        assert refusal_text(refused) == "K1 sudah disisihkan (rusak). Batalkan itu dahulu."


def test_every_room_s_refusal_is_translated_by_the_same_function() -> None:
    with translation.override("id"):
        assert refusal_text(AddressRefused(AddressCode.VILLAGE_MISSING)) == "Pilih desa/kelurahan alamat ini."
        assert (
            refusal_text(DeliveryRefused(DeliveryCode.NO_CARDS)) == "Tidak ada kartu di sini untuk desa ini."
        )
        assert refusal_text(SheetError(SheetFault.TOO_LARGE, limit=100)) == (
            "Berkas terlalu besar: paling banyak 100 MB. Bagi menjadi beberapa berkas."
        )
        assert refusal_text(LabelError(LabelFault.NOTHING_TO_PRINT)) == (
            "Tidak ada label untuk dicetak. Isi kirimannya dahulu."
        )
        assert set(LABEL_MESSAGES) == set(LabelFault)
