"""Every refusal has one shape, a stable code and a sentence in the caller's language."""

import pytest
from django.test import override_settings
from django.utils import translation
from rest_framework import exceptions
from rest_framework.test import APIClient

from accounts.models import User
from api import problems
from api.problems import REFUSALS, problem_response, sentence
from delivery.refusals import Code as DeliveryCode
from delivery.refusals import DeliveryRefused
from offices.quotas import QuotaFull
from shipments.refusals import Code as ShipmentCode
from shipments.refusals import ShipmentRefused
from spreadsheets.faults import SheetError, SheetFault
from tests.api.conftest import Client

CHECK = "/api/v1/addresses/check/"


def answer_to(error: Exception) -> dict[str, object]:
    answer = problem_response(error, {})
    assert answer is not None
    assert answer.content_type == "application/problem+json"
    assert answer.data["status"] == answer.status_code
    body: dict[str, object] = answer.data
    return body


def test_a_refusal_of_the_domain_keeps_its_code_and_params() -> None:
    body = answer_to(ShipmentRefused(ShipmentCode.NUMBERS_SHORT, needed=200, left=12))
    assert body["type"] == "urn:antarktp:problem:numbers_short"
    assert body["title"] == "Conflict"
    assert body["status"] == 409
    assert body["code"] == "numbers_short"
    assert body["params"] == {"needed": 200, "left": 12}


def test_what_is_not_there_is_not_found() -> None:
    assert answer_to(ShipmentRefused(ShipmentCode.CARD_UNKNOWN, scanned="K000000001A"))["status"] == 404


def test_what_makes_no_sense_is_unprocessable() -> None:
    assert answer_to(DeliveryRefused(DeliveryCode.REASON_MISSING))["status"] == 422


def test_a_full_quota_is_a_conflict() -> None:
    body = answer_to(QuotaFull())
    assert (body["status"], body["code"], body["params"]) == (409, "quota_full", {})


def test_a_sheet_that_is_too_large_says_how_large_it_may_be() -> None:
    body = answer_to(SheetError(SheetFault.TOO_LARGE, limit=100))
    assert (body["status"], body["params"]) == (413, {"limit": 100})


def test_names_of_missing_columns_are_listed() -> None:
    body = answer_to(SheetError(SheetFault.MISSING_COLUMNS, missing=("NIK", "Nama"), found=("Alamat",)))
    assert body["status"] == 422
    assert "NIK, Nama" in str(body["detail"])


def test_nested_errors_are_pointed_at() -> None:
    error = exceptions.ValidationError(
        {"cards": [{}, {"a/b": ["wrong"]}], "non_field_errors": ["together"], "x~y": ["bad"]}
    )
    assert [(each["pointer"], each["detail"]) for each in answer_to(error)["errors"]] == [  # type: ignore[attr-defined]
        ("/cards/1/a~1b", "wrong"),
        ("", "together"),
        ("/x~0y", "bad"),
    ]


def test_what_nobody_foresaw_is_left_to_django() -> None:
    assert problem_response(RuntimeError("boom"), {}) is None


@pytest.mark.parametrize("kind", list(REFUSALS), ids=lambda kind: kind.__name__)
def test_every_code_has_a_sentence_and_a_status(kind: type[Exception]) -> None:
    refusal = REFUSALS[kind]
    assert set(refusal.unusual) <= set(refusal.messages)
    for code, template in refusal.messages.items():
        names = {part.split(")s")[0]: "x" for part in template.split("%(")[1:]}
        assert "%(" not in sentence(refusal, code, names)


@pytest.mark.parametrize("kind", list(REFUSALS), ids=lambda kind: kind.__name__)
def test_every_sentence_is_translated(kind: type[Exception]) -> None:
    refusal = REFUSALS[kind]
    with translation.override("id"):
        same = [code for code, text in refusal.messages.items() if translation.gettext(text) == text]
    assert same == []


def test_details_come_in_the_callers_language(client_of: Client, printing_user: User) -> None:
    client = client_of(printing_user)
    body: dict[str, list[str]] = {"addresses": []}
    indonesian = client.post(CHECK, body, format="json", headers={"accept-language": "id"}).json()
    english = client.post(CHECK, body, format="json", headers={"accept-language": "en"}).json()
    assert indonesian["code"] == english["code"] == "invalid"
    assert english["detail"] == "Some values are missing or wrong; each is listed under errors."
    assert (
        indonesian["detail"] == "Ada isian yang kosong atau salah; setiap isian tercantum di bagian errors."
    )


def test_an_address_that_does_not_exist_is_a_problem_too(anonymous: APIClient, db: None) -> None:
    for path in ("/api/v1/nothing/", "/api/v1/offices", "/api/v1/"):
        answer = anonymous.get(path)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"


def test_a_method_that_is_not_there_is_405(client_of: Client, printing_user: User) -> None:
    answer = client_of(printing_user).put("/api/v1/offices/", {}, format="json")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("sent", ["{", "[" * 100_000, '"\\ud800"', "[]", "3", "null"])
def test_a_body_that_is_no_object_is_refused(client_of: Client, printing_user: User, sent: str) -> None:
    answer = client_of(printing_user).post(CHECK, sent, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_another_kind_of_body_is_415(client_of: Client, printing_user: User) -> None:
    answer = client_of(printing_user).post(CHECK, "<a/>", content_type="application/xml")
    assert answer.status_code == 415


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_long_body_is_refused_before_it_is_read(client_of: Client, printing_user: User) -> None:
    answer = client_of(printing_user).post(CHECK, {"addresses": [{"alamat": "x" * 200}]}, format="json")
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_an_answer_comes_whatever_is_accepted(client_of: Client, printing_user: User) -> None:
    answer = client_of(printing_user).get("/api/v1/offices/", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"


def test_titles_are_those_of_http() -> None:
    assert (
        problems.problem_body(status=413, code="too_large", detail="x")["title"] == "Request Entity Too Large"
    )


def test_a_key_that_no_database_holds_is_pointed_at(client_of: Client, printing_user: User) -> None:
    asked = {"address_ids": [10**30], "decision": "UNDELIVERABLE"}
    answer = client_of(printing_user).post("/api/v1/review/decisions/", asked, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
