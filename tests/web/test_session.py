"""The frame of every page: signing in, the language, the home page."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User


@pytest.mark.django_db
def test_home_sends_a_stranger_to_sign_in() -> None:
    response = Client().get("/")
    assert response.status_code == 302
    assert response["Location"] == "/akun/login/?next=/"


@pytest.mark.django_db
def test_sign_in_page_is_indonesian_even_to_an_english_browser() -> None:
    response = Client(headers={"accept-language": "en"}).get("/akun/login/")
    assert response.status_code == 200
    assert '<html lang="id"' in response.content.decode()


def test_language_choice_is_kept_in_the_browser_and_with_the_user(
    sign_in: Callable[[User], Client], printing_user: User
) -> None:
    client = sign_in(printing_user)
    response = client.post("/bahasa/", {"language": "en", "next": "/akun/login/"})
    assert response["Location"] == "/akun/login/"
    assert '<html lang="en"' in client.get("/").content.decode()
    printing_user.refresh_from_db()
    assert printing_user.language == "en"


def test_language_never_sends_to_another_site(sign_in: Callable[[User], Client], printing_user: User) -> None:
    response = sign_in(printing_user).post("/bahasa/", {"language": "en", "next": "https://example.org/"})
    assert response["Location"] == "/"


def test_signing_in_uses_the_language_of_the_user(printing_user: User) -> None:
    User.objects.filter(pk=printing_user.pk).update(language="en")
    client = Client()
    client.post("/akun/login/", {"login": printing_user.username, "password": "rahasia-sekali-12"})
    assert '<html lang="en"' in client.get("/").content.decode()


def test_every_page_has_a_strict_content_policy(
    sign_in: Callable[[User], Client], printing_user: User
) -> None:
    policy = sign_in(printing_user).get("/")["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy


@pytest.mark.parametrize("path", ["/akun/2fa/", "/akun/password/change/", "/akun/logout/", "/akun/sessions/"])
def test_account_pages_wear_the_same_frame(
    path: str, sign_in: Callable[[User], Client], printing_user: User
) -> None:
    response = sign_in(printing_user).get(path)
    assert response.status_code == 200
    assert 'class="topbar"' in response.content.decode()
