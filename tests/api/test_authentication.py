"""Who is let in: by session with CSRF, by key, and nobody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, User
from tests.api.conftest import Client

OFFICES = "/api/v1/offices/"


def with_key(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    return client


def test_nobody_is_asked_for_a_key(anonymous: APIClient, db: None) -> None:
    answer = anonymous.get(OFFICES)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Api-Key"
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_authenticated"


def test_a_key_acts_for_its_user(printing_user: User, key_of: Callable[..., str]) -> None:
    answer = with_key(key_of(printing_user)).get(OFFICES)
    assert answer.status_code == 200
    assert [office["code"] for office in answer.json()["results"]] == ["3216"]


@pytest.mark.parametrize("damage", ["wrong secret", "unknown prefix", "no dot", "not ascii", "empty"])
def test_a_wrong_key_is_refused_alike(printing_user: User, key_of: Callable[..., str], damage: str) -> None:
    key = key_of(printing_user)
    sent = {
        "wrong secret": key[:-1] + ("a" if key[-1] != "a" else "b"),
        "unknown prefix": "abcdefgh" + key[8:],
        "no dot": key.replace(".", ""),
        "not ascii": "kunci-é\x00",
        "empty": "",
    }[damage]
    answer = with_key(sent).get(OFFICES)
    assert answer.status_code == 401
    assert answer.json()["code"] == "bad_key"


def test_a_revoked_key_is_refused(printing_user: User, key_of: Callable[..., str]) -> None:
    key = key_of(printing_user)
    ApiKey.objects.update(revoked=True)
    assert with_key(key).get(OFFICES).status_code == 401


def test_an_expired_key_is_refused(printing_user: User, key_of: Callable[..., str]) -> None:
    key = key_of(printing_user, expiry_date=timezone.now() - timedelta(seconds=1))
    assert with_key(key).get(OFFICES).status_code == 401


def test_the_key_of_a_user_who_left_is_refused(printing_user: User, key_of: Callable[..., str]) -> None:
    key = key_of(printing_user)
    User.objects.filter(pk=printing_user.pk).update(is_active=False)
    assert with_key(key).get(OFFICES).status_code == 401


def test_a_key_does_only_what_it_names(printing_user: User, key_of: Callable[..., str]) -> None:
    client = with_key(key_of(printing_user, operations=["SEE_JOBS"]))
    assert client.get("/api/v1/jobs/").status_code == 200
    refused = client.get(OFFICES)
    assert refused.status_code == 403
    assert refused.json()["code"] == "permission_denied"


def test_a_key_does_not_do_more_than_its_user(partner: User, key_of: Callable[..., str]) -> None:
    client = with_key(key_of(partner, operations=["SEE_CARDS", "SEE_OFFICES"]))
    assert client.get("/api/v1/cards/").status_code == 403
    assert client.get(OFFICES).status_code == 200


def test_the_key_is_not_stored(printing_user: User, key_of: Callable[..., str]) -> None:
    secret = key_of(printing_user).partition(".")[2]
    row = ApiKey.objects.get()
    assert secret not in row.hashed_key
    assert secret not in row.pk


def test_a_session_without_csrf_token_may_not_post(printing_user: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(printing_user)
    answer = client.post("/api/v1/addresses/check/", {"addresses": [{"alamat": "Jl. Contoh"}]}, format="json")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_a_key_needs_no_csrf_token(printing_user: User, key_of: Callable[..., str]) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key_of(printing_user)}")
    answer = client.post("/api/v1/addresses/check/", {"addresses": []}, format="json")
    assert answer.status_code == 400


def test_a_session_is_let_in(client_of: Client, printing_user: User) -> None:
    assert client_of(printing_user).get(OFFICES).status_code == 200
