"""Who looked at whose data is written down, and requests about data have a clock."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from offices.models import Office
from privacy.models import AccessRecord, DataRequest
from privacy.services import receive_data_request, record_access, record_export
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


def test_each_person_seen_is_a_record_of_its_own(printing_user: User) -> None:
    record_access(
        actor_id=printing_user.pk, action="OPEN", subject_kind="card", subject_keys=["K1", "K2"], at=NOW
    )
    assert list(AccessRecord.objects.order_by("subject_key").values_list("subject_key", "records")) == [
        ("K1", 1), ("K2", 1),
    ]  # fmt: skip


def test_an_export_is_one_record_with_the_number_of_persons(printing_user: User) -> None:
    record_export(
        actor_id=printing_user.pk, subject_kind="shipment", subject_key="KIRIM-1", records=2000, at=NOW
    )
    assert AccessRecord.objects.get().records == 2000


def test_a_data_request_is_due_after_three_times_24_hours_and_its_text_is_sealed(registry: Office) -> None:
    request = receive_data_request(
        kind=DataRequest.Kind.ACCESS,
        office_id=registry.pk,
        subject_key="K1",
        text="Siapa melihat data saya?",
        at=NOW,
    )
    assert request.due_at == NOW + timedelta(hours=72)
    assert DataRequest.objects.get().text == "Siapa melihat data saya?"


def test_an_answer_without_its_author_is_refused(registry: Office) -> None:
    request = receive_data_request(
        kind=DataRequest.Kind.ERASURE, office_id=registry.pk, subject_key="K1", text="", at=NOW
    )
    with pytest.raises(IntegrityError, match="data_request_answer_has_author"), transaction.atomic():
        DataRequest.objects.filter(pk=request.pk).update(answered_at=NOW)
