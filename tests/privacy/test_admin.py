"""Whoever runs the machine sees how it works, and no resident's data."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from offices.models import Office
from privacy.fields import EncryptedTextField
from privacy.models import DataRequest
from tests import factories
from tests.conftest import NOW


@pytest.fixture
def administrator(client: Client, db: None, settings: object) -> Client:
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    client.force_login(
        factories.make_user(role=Role.ADMINISTRATOR, office=None, is_staff=True, is_superuser=True)
    )
    return client


def opened(client: Client, row: object) -> str:
    meta = row._meta  # type: ignore[attr-defined]
    page = client.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))  # type: ignore[attr-defined]
    assert page.status_code == 200
    return page.content.decode()


def test_the_administrator_opens_a_card_without_the_person(administrator: Client, registry: Office) -> None:
    card = factories.make_cards(office=registry, number=1, phone="081011112222")[0]
    page = opened(administrator, card)
    assert card.reference in page
    for secret in (card.nik, card.name, "081011112222"):
        assert secret not in page


def test_the_administrator_opens_an_address_without_the_street(
    administrator: Client, registry: Office
) -> None:
    address = factories.make_cards(office=registry, number=1)[0].address
    page = opened(administrator, address)
    assert address.village_code in page
    assert address.alamat not in page


def test_the_administrator_opens_a_request_without_its_words(administrator: Client, registry: Office) -> None:
    request = DataRequest.objects.create(
        kind=DataRequest.Kind.ACCESS, office=registry, subject_key="K1", text="Tolong kirim data saya",
        received_at=NOW, due_at=NOW + timedelta(hours=72),
    )  # fmt: skip
    assert "Tolong kirim" not in opened(administrator, request)


def test_no_encrypted_field_is_shown_on_an_admin_page() -> None:
    shown = [
        f"{model.__name__}.{field.name}"
        for model, page in admin.site._registry.items()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedTextField) and field.name not in (page.exclude or ())
    ]
    assert shown == []
