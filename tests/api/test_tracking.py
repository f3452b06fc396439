"""The resident's lookup over the API: one answer for everything that is not theirs."""

import pytest
from rest_framework.test import APIClient

from delivery.access import link_token_of, pin_of
from delivery.models import LookupLimit
from offices.models import Office
from privacy.crypto import blind_index
from shipments.models import Card
from tests import factories

TRACKING = "/api/v1/tracking/"
KK = "3216060101010001"


@pytest.fixture
def card(registry: Office) -> Card:
    (made,) = factories.make_cards(
        office=registry, number=1, kk=KK, kk_index=blind_index(KK, purpose="card.kk"), phone="081234567890"
    )
    return made


def test_number_and_pin_open_the_card(anonymous: APIClient, card: Card) -> None:
    answer = anonymous.post(TRACKING, {"number": card.reference, "pin": pin_of(card)}, format="json")
    assert answer.status_code == 200
    shown = answer.json()
    assert shown["reference"] == card.reference
    assert shown["masked_name"] == " ".join(f"{word[0]}***" for word in card.name.split())
    assert shown["stage"] == "PRINTED"
    assert [step["stage"] for step in shown["steps"]] == [
        "PRINTED",
        "SENT",
        "AT_POST_OFFICE",
        "OUT_FOR_DELIVERY",
        "RECEIVED",
    ]
    assert "card_id" not in shown


def test_nothing_personal_is_answered(anonymous: APIClient, card: Card) -> None:
    answer = anonymous.post(TRACKING, {"token": link_token_of(card)}, format="json")
    text = answer.content.decode()
    for secret in (card.nik, KK, "0812", card.name, card.address.alamat, "Jatimulya"):
        assert secret not in text


def test_nik_and_family_card_open_the_card(anonymous: APIClient, card: Card) -> None:
    answer = anonymous.post(TRACKING, {"nik": card.nik, "kk": KK}, format="json")
    assert answer.json()["reference"] == card.reference


def test_wrong_absent_and_locked_get_one_answer(anonymous: APIClient, card: Card) -> None:
    right = {"number": card.reference, "pin": pin_of(card)}
    wrong = {"number": card.reference, "pin": "AAAAAA"}
    absent = {"number": "K000000000A", "pin": "AAAAAA"}
    answers = [anonymous.post(TRACKING, sent, format="json") for sent in (absent, *[wrong] * 5, right)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


def test_the_answer_is_kept_and_told_nowhere(anonymous: APIClient, card: Card) -> None:
    for sent in ({"token": link_token_of(card)}, {"token": "K000000000A.x"}, {}):
        answer = anonymous.post(TRACKING, sent, format="json")
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
        assert "Set-Cookie" not in answer.headers


def test_secrets_are_not_taken_from_an_address(anonymous: APIClient, card: Card) -> None:
    query = f"?number={card.reference}&pin={pin_of(card)}"
    assert anonymous.get(TRACKING + query).status_code == 405
    assert anonymous.post(TRACKING + query, {}, format="json").status_code == 400


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "[]",
        "{",
        "[" * 4_000,
        '{"number": 3, "pin": "AAAAAA"}',
        '{"number": "K1"}',
        '{"number": "K1", "pin": "A", "token": "x"}',
        '{"token": "\\u0000"}',
        '{"token": "\\ud800"}',
        '{"token": "' + "x" * 65 + '"}',
        '{"token": "' + "x" * 5_000 + '"}',
    ],
)
def test_a_body_that_is_none_of_the_three_is_refused(anonymous: APIClient, card: Card, sent: str) -> None:
    answer = anonymous.post(TRACKING, sent, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_lookup_reads_no_session(
    anonymous: APIClient, card: Card, django_assert_num_queries: object
) -> None:
    body = {"token": link_token_of(card)}
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert anonymous.post(TRACKING, body, format="json").status_code == 200


def test_a_locked_client_locks_no_record_and_fills_no_table(anonymous: APIClient, card: Card) -> None:
    for guess in range(40):
        anonymous.post(TRACKING, {"number": f"K{guess:09}A", "pin": "AAAAAA"}, format="json")
    assert LookupLimit.objects.count() == 30 + 2  # as many records as it may fail at, itself and everybody
    for _guess in range(5):
        anonymous.post(TRACKING, {"number": card.reference, "pin": "AAAAAA"}, format="json")
    right = {"number": card.reference, "pin": pin_of(card)}
    assert anonymous.post(TRACKING, right, format="json").status_code == 404
    assert anonymous.post(TRACKING, right, format="json", REMOTE_ADDR="203.0.113.7").status_code == 200
