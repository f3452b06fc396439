"""Guessing passwords is slowed down at every door, for each sender and each name."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

import config.settings
from accounts.models import User

PASSWORD = "kata-sandi-yang-panjang"


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def user(supervisor: User) -> User:
    supervisor.set_password(PASSWORD)
    supervisor.save()
    return supervisor


def _sign_in(user: User, password: str, *, address: str = "127.0.0.1", proxied: str = "") -> bool:
    client = Client(REMOTE_ADDR=address, headers={"x-forwarded-for": proxied} if proxied else {})
    client.post(reverse("account_login"), {"login": user.username, "password": password})
    return "_auth_user_id" in client.session


def test_the_admin_has_no_form_of_its_own_to_guess_at(
    user: User, partner: User, make_user: Callable[..., User]
) -> None:
    client = Client()
    client.force_login(partner, backend="django.contrib.auth.backends.ModelBackend")
    typed = {"username": user.username, "password": PASSWORD}
    assert client.get("/admin/login/").status_code == 403
    assert client.post("/admin/login/", typed).status_code == 403
    assert client.session["_auth_user_id"] == str(partner.pk)
    answer = Client().post("/admin/login/", typed)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_five_wrong_passwords_lock_the_name_for_every_process(user: User) -> None:
    for attempt in range(5):
        assert not _sign_in(user, f"salah-{attempt}", address=f"203.0.113.{attempt}")
    assert not _sign_in(user, PASSWORD, address="203.0.113.77")
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM accounts_brake")
        assert cursor.fetchone()[0] > 0


def test_senders_behind_one_proxy_are_counted_apart(user: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    stranger = User(username="tidak-ada")
    for attempt in range(10):
        stranger.username = f"tidak-ada-{attempt}"
        assert not _sign_in(stranger, "salah", proxied="198.51.100.1")
    assert not _sign_in(user, PASSWORD, proxied="198.51.100.1")
    assert _sign_in(user, PASSWORD, proxied="198.51.100.2")


def test_passwords_are_kept_by_argon2_outside_of_tests() -> None:
    assert config.settings.PASSWORD_HASHERS[0].endswith(".Argon2PasswordHasher")
