"""Residents ask a few questions at a time and each is answered once."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from delivery.enquiries import answer, ask, due_at, waiting_enquiries
from delivery.refusals import Code, DeliveryRefused
from offices.models import Office
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def test_a_question_is_kept_sealed_and_answered_once(registry: Office, printing_user: User) -> None:
    card = factories.make_cards(office=registry, number=1)[0]
    asked = ask(card_id=card.pk, text="  Kapan sampai?  ", at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM delivery_enquiry")
        assert "Kapan" not in cursor.fetchone()[0]
    assert due_at(asked) == NOW + timedelta(hours=72)
    assert [enquiry.text for enquiry in waiting_enquiries(office_id=registry.pk)] == ["Kapan sampai?"]
    answered = answer(enquiry_id=asked.pk, text="Minggu ini.", actor_id=printing_user.pk, at=NOW)
    assert answered.answer == "Minggu ini."
    assert not waiting_enquiries(office_id=registry.pk)
    with pytest.raises(DeliveryRefused) as refused:
        answer(enquiry_id=asked.pk, text="Lain.", actor_id=printing_user.pk, at=NOW)
    assert refused.value.code is Code.ALREADY_ANSWERED


def test_empty_questions_and_too_many_open_ones_are_refused(registry: Office) -> None:
    card = factories.make_cards(office=registry, number=1)[0]
    with pytest.raises(DeliveryRefused) as refused:
        ask(card_id=card.pk, text=" ", at=NOW)
    assert refused.value.code is Code.TEXT_MISSING
    for number in range(3):
        ask(card_id=card.pk, text=f"Pertanyaan {number}", at=NOW)
    with pytest.raises(DeliveryRefused) as refused:
        ask(card_id=card.pk, text="Satu lagi", at=NOW)
    assert refused.value.code is Code.TOO_MANY_ENQUIRIES
