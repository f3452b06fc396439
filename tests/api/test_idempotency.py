"""A repeated POST is answered again and done once; `test_http` sends it many times at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from api.models import IdempotencyKey
from shipments.models import Card
from tests.api.conftest import Client
from tests.factories import nik

CARDS = "/api/v1/cards/"


def printed(serial: int = 1) -> dict[str, str]:
    return {
        "nik": nik(serial),
        "name": "Warga Contoh",
        "printed_on": "2020-04-01",
        "alamat": "Jl. Contoh No. 1",
        "rt_rw": "001/007",
        "desa_kelurahan": "Jatimulya",
        "kecamatan": "Tambun Selatan",
        "kabupaten": "Kab. Bekasi",
        "provinsi": "Jawa Barat",
        "kode_pos": "17510",
    }


def post(client: APIClient, key: str, *serials: int) -> tuple[int, dict[str, object], str | None]:
    answer = client.post(
        CARDS,
        {"cards": [printed(serial) for serial in serials]},
        format="json",
        headers={"idempotency-key": key},
    )
    return answer.status_code, answer.json(), answer.headers.get("Idempotency-Replayed")


def test_a_repeated_request_is_answered_again(client_of: Client, printing_user: User) -> None:
    client = client_of(printing_user)
    first = post(client, "k1", 1, 2)
    again = post(client, "k1", 1, 2)
    assert first[0] == 200
    assert first[1]["outcomes"]["registered"] == 2  # type: ignore[index]
    assert again == (first[0], first[1], "true")
    assert first[2] is None
    assert Card.objects.count() == 2


def test_without_a_key_the_request_is_done_again(client_of: Client, printing_user: User) -> None:
    client = client_of(printing_user)
    for expected in ("registered", "already_known"):
        body = client.post(CARDS, {"cards": [printed()]}, format="json").json()
        assert body["outcomes"][expected] == 1
    assert not IdempotencyKey.objects.exists()


def test_the_key_with_another_request_is_refused(client_of: Client, printing_user: User) -> None:
    client = client_of(printing_user)
    post(client, "k1", 1)
    status, body, _replayed = post(client, "k1", 2)
    assert (status, body["code"]) == (422, "idempotency_key_reused")
    assert Card.objects.count() == 1


def test_the_same_key_of_another_user_is_another_key(
    client_of: Client, printing_user: User, supervisor: User
) -> None:
    post(client_of(printing_user), "k1", 1)
    status, body, replayed = post(client_of(supervisor), "k1", 2)
    assert (status, replayed) == (200, None)
    assert body["outcomes"]["registered"] == 1  # type: ignore[index]


def test_a_refused_request_does_not_use_the_key_up(client_of: Client, printing_user: User) -> None:
    client = client_of(printing_user)
    refused = client.post(CARDS, {"cards": []}, format="json", headers={"idempotency-key": "k1"})
    assert refused.status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert post(client, "k1", 1)[0] == 200


def test_the_kept_answer_cannot_be_read_in_the_database(client_of: Client, printing_user: User) -> None:
    post(client_of(printing_user), "k1", 1)
    reference = Card.objects.get().reference
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM api_idempotencykey")
        (stored,) = cursor.fetchone()
    assert reference not in stored


def test_keys_are_forgotten_after_a_day(client_of: Client, printing_user: User) -> None:
    client = client_of(printing_user)
    post(client, "old", 1)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    post(client, "new", 2)
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "é"])
def test_a_key_that_cannot_be_one_is_refused(client_of: Client, printing_user: User, key: str) -> None:
    answer = client_of(printing_user).post(
        CARDS, {"cards": [printed()]}, format="json", headers={"idempotency-key": key}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"
    assert not Card.objects.exists()
