"""Personal values are sealed for one purpose, found by keyed digests, and open with old keys after a rotation."""

import base64
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from offices.models import Office
from privacy.crypto import CannotOpen, blind_index, keyed_digest, open_sealed, seal
from shipments.models import Card
from tests import factories

NIK = "3216060101900001"


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_what_was_sealed_opens_again(value: str) -> None:
    assert open_sealed(seal(value, purpose="t.c"), purpose="t.c") == value


def test_a_sealed_value_shows_nothing_and_differs_each_time() -> None:
    first, second = seal(NIK, purpose="t.c"), seal(NIK, purpose="t.c")
    assert first != second
    assert NIK not in first
    assert NIK.encode() not in base64.urlsafe_b64decode(first.partition(".")[2])


def test_empty_stays_empty() -> None:
    assert (seal("", purpose="t.c"), open_sealed("", purpose="t.c"), blind_index("", purpose="t.c")) == (
        "",
        "",
        "",
    )


def test_a_value_that_was_copied_into_another_column_does_not_open() -> None:
    with pytest.raises(CannotOpen, match=r"card\.kk was altered"):
        open_sealed(seal(NIK, purpose="card.nik"), purpose="card.kk")


@pytest.mark.parametrize(
    "damage", [lambda s: s[:20] + ("A" if s[20] != "A" else "B") + s[21:], lambda s: s[:30], str.upper]
)
def test_an_altered_value_does_not_open(damage: Any) -> None:
    with pytest.raises(CannotOpen):
        open_sealed(damage(seal(NIK, purpose="t.c")), purpose="t.c")


def test_old_values_open_after_a_rotation_and_new_ones_use_the_new_key(settings: Any) -> None:
    old = seal(NIK, purpose="t.c")
    settings.PRIVACY_KEYS = {"k9": b"9" * 32, **settings.PRIVACY_KEYS}
    new = seal(NIK, purpose="t.c")
    assert new.startswith("k9.")
    assert open_sealed(old, purpose="t.c") == open_sealed(new, purpose="t.c") == NIK
    settings.PRIVACY_KEYS = {"k9": b"9" * 32}
    with pytest.raises(CannotOpen, match="PRIVACY_KEYS"):
        open_sealed(old, purpose="t.c")


def test_an_index_needs_the_key_and_differs_by_purpose(settings: Any) -> None:
    index = blind_index(NIK, purpose="card.nik")
    assert len(index) == 32
    assert index == blind_index(NIK, purpose="card.nik")
    assert index != blind_index(NIK, purpose="card.kk")
    settings.BLIND_INDEX_KEY = b"x" * 32
    assert index != blind_index(NIK, purpose="card.nik")
    assert len(keyed_digest(NIK, purpose="p")) == 32


@pytest.mark.django_db
def test_an_encrypted_field_is_plain_in_python_and_sealed_in_the_database(registry: Office) -> None:
    card = factories.make_cards(office=registry, number=1, phone="081234567890")[0]
    loaded = Card.objects.get(pk=card.pk)
    assert (loaded.nik, loaded.phone, loaded.kk) == (card.nik, "081234567890", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nik, phone, kk FROM shipments_card")
        nik, phone, kk = cursor.fetchone()
    assert card.nik not in nik
    assert "0812" not in phone
    assert kk == ""


@pytest.mark.django_db
def test_an_encrypted_field_cannot_be_searched_but_by_its_index(registry: Office) -> None:
    card = factories.make_cards(office=registry, number=1)[0]
    for lookup in ("nik", "nik__startswith", "nik__in"):
        with pytest.raises(TypeError, match="blind index"):
            Card.objects.filter(**{lookup: card.nik}).exists()
    assert Card.objects.get(nik_index=blind_index(card.nik, purpose="card.nik")) == card
    assert Card.objects.filter(nik__isnull=False).exists()
