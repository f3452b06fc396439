"""Nobody fills the disk with one request."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from shipments.models import IntakeFile

SignIn = Callable[[User], Client]
LONG = b"x" * 70_000


def _file(size: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("kartu.xlsx", size)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Name every file that an upload has put on the disk."""
    names: list[str] = []
    original = TemporaryUploadedFile.__init__

    def noted(self: TemporaryUploadedFile, name: str, *args: object, **kwargs: object) -> None:
        names.append(name)
        original(self, name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(TemporaryUploadedFile, "__init__", noted)
    return names


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["web:track", "web:language", "account_login", "web:intake"])
def test_a_strangers_file_is_not_even_read(path: str, kept: list[str]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("web:track"))
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else ""
    answer = client.post(reverse(path), {"csrfmiddlewaretoken": token, "file": _file(LONG)})
    assert answer.status_code == 413
    assert kept == []


def test_a_users_file_is_read_up_to_the_limit(
    sign_in: SignIn, printing_user: User, settings: Settings, kept: list[str]
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    client = sign_in(printing_user)
    refused = client.post(reverse("web:intake"), {"file": _file(LONG * 3)})
    assert refused.status_code == 413
    assert "terlalu besar" in refused.content.decode()
    assert kept == []
    assert not IntakeFile.objects.exists()
    client.post(reverse("web:intake"), {"file": _file(LONG)})
    assert kept == ["kartu.xlsx"]
