"""Clients of the API: by session and by key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiKey, Role, User
from offices.models import Office
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards

Client = Callable[[User], APIClient]


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


@pytest.fixture
def client_of(db: None) -> Client:
    """Give a client that has signed in as the user."""

    def sign_in(user: User) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def key_of(db: None) -> Callable[..., str]:
    """Make a key for the user and give its secret text."""

    def make(user: User, **fields: Any) -> str:
        _row, key = ApiKey.objects.create_key(name="mesin uji", user=user, **fields)
        return str(key)

    return make


@pytest.fixture
def administrator(db: None) -> User:
    return factories.make_user(role=Role.ADMINISTRATOR, office=None)


@pytest.fixture
def data_protection_officer(registry: Office) -> User:
    return factories.make_user(role=Role.DATA_PROTECTION, office=registry)


@pytest.fixture
def foreign_registry(db: None) -> Office:
    return factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> None:
    """Keep uploads in a folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    """Put two cards into the mail to a post office whose files are applied at once."""
    Office.objects.filter(pk=post_office.pk).update(applies_status_files=True)
    return mail_cards(office=registry, post_office=post_office, number=2)


@pytest.fixture
def at_post(client_of: Client, partner: User) -> APIClient:
    return client_of(partner)
