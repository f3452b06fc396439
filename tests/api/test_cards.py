"""Printed cards over the API: register, list, filter, open, find."""

from datetime import date

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from addresses.models import Verdict
from offices.models import Office
from privacy.models import AccessRecord
from shipments.models import Card, Disposition, Lane
from tests import factories
from tests.api.conftest import Client
from tests.api.test_idempotency import printed
from tests.factories import nik

CARDS = "/api/v1/cards/"


@pytest.fixture
def printing(client_of: Client, printing_user: User) -> APIClient:
    return client_of(printing_user)


def references(client: APIClient, query: str = "") -> list[str]:
    answer = client.get(CARDS + query)
    assert answer.status_code == 200, answer.content
    return [card["reference"] for card in answer.json()["results"]]


def test_each_card_that_is_sent_gets_its_outcome(printing: APIClient) -> None:
    damaged = {**printed(2), "nik": "3216060101900E+15"}
    twice = {**printed(1), "printed_on": "2020-04-02"}
    body = printing.post(
        CARDS,
        {"cards": [printed(1), damaged, twice, printed(3)]},
        format="json",
        headers={"accept-language": "en"},
    ).json()
    assert body["outcomes"] == {"registered": 2, "printed_twice": 1, "already_known": 0, "rejected": 1}
    assert [card["outcome"] for card in body["cards"]] == [
        "registered",
        "rejected",
        "printed_twice",
        "registered",
    ]
    rejected = body["cards"][1]
    assert (rejected["position"], rejected["field"], rejected["reference"]) == (1, "nik", "")
    assert rejected["detail"]
    assert Card.objects.count() == 3
    assert Card.objects.get(reference=body["cards"][0]["reference"]).nik == nik(1)


def test_a_print_date_in_the_future_is_rejected(printing: APIClient) -> None:
    body = printing.post(CARDS, {"cards": [{**printed(), "printed_on": "2999-01-01"}]}, format="json").json()
    assert body["cards"][0]["field"] == "printed_on"
    assert not Card.objects.exists()


def test_more_than_a_thousand_cards_are_refused(printing: APIClient) -> None:
    answer = printing.post(CARDS, {"cards": [printed()] * 1_001}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/cards"
    assert not Card.objects.exists()


def test_a_card_without_a_name_is_pointed_at(printing: APIClient) -> None:
    cards = [printed(1), {**printed(2), "name": ""}]
    answer = printing.post(CARDS, {"cards": cards}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/cards/1/name"
    assert not Card.objects.exists()


def test_a_list_shows_a_masked_nik(printing: APIClient, registry: Office) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    (shown,) = printing.get(CARDS).json()["results"]
    assert shown["nik"] == f"••••{card.nik[-4:]}"
    assert shown["lane"] == "ORDINARY"
    assert shown["status"] is None
    assert shown["number"] == ""


def test_cards_are_filtered(printing: APIClient, registry: Office) -> None:
    (urgent,) = factories.make_cards(office=registry, number=1, lane=Lane.URGENT)
    (waiting,) = factories.make_cards(office=registry, number=1, verdict=Verdict.NEEDS_REVIEW)
    (damaged,) = factories.make_cards(office=registry, number=1, disposition=Disposition.DAMAGED)
    (late,) = factories.make_cards(office=registry, number=1, printed_on=date(2020, 6, 1))
    assert references(printing) == [card.reference for card in (late, damaged, waiting, urgent)]
    assert references(printing, "?lane=URGENT") == [urgent.reference]
    assert references(printing, "?verdict=NEEDS_REVIEW") == [waiting.reference]
    assert references(printing, "?disposition=DAMAGED") == [damaged.reference]
    assert references(printing, "?printed_from=2020-05-01") == [late.reference]
    assert len(references(printing, "?village_code=32.16.06")) == 4
    assert references(printing, "?status=DELIVERED") == []
    assert references(printing, "?village_code=32.75") == []


def test_a_page_ends_where_the_next_begins(printing: APIClient, registry: Office) -> None:
    cards = factories.make_cards(office=registry, number=5)
    first = printing.get(f"{CARDS}?page_size=2").json()
    factories.make_cards(office=registry, number=1)
    second = printing.get(first["next"]).json()
    assert [card["reference"] for card in first["results"] + second["results"]] == [
        card.reference for card in reversed(cards[1:])
    ]


def test_a_card_is_shown_as_its_label_reads(printing: APIClient, registry: Office) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    shown = printing.get(f"{CARDS}{card.reference}/").json()
    assert shown["address_lines"][1:] == [
        "RT 001 / RW 007",
        "Kel. Jatimulya",
        "Kec. Tambun Selatan",
        "KABUPATEN BEKASI",
    ]
    assert shown["postcode"] == "17510"
    assert shown["nik"] == f"••••{card.nik[-4:]}"


def test_opening_personal_data_is_recorded(
    printing: APIClient, printing_user: User, registry: Office
) -> None:
    (card,) = factories.make_cards(office=registry, number=1, phone="081234567890")
    answer = printing.get(f"{CARDS}{card.reference}/personal-data/")
    assert answer.json()["nik"] == card.nik
    assert answer.json()["phone"] == "081234567890"
    assert answer["Cache-Control"] == "no-store"
    record = AccessRecord.objects.get()
    assert (record.actor, record.action, record.subject_key) == (printing_user, "OPEN", card.reference)


def test_a_search_by_nik_is_recorded_and_sees_the_own_office_only(
    printing: APIClient, registry: Office, foreign_registry: Office
) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    (foreign,) = factories.make_cards(office=foreign_registry, number=1)
    found = printing.post(f"{CARDS}search/", {"nik": card.nik}, format="json").json()
    assert [each["reference"] for each in found] == [card.reference]
    assert printing.post(f"{CARDS}search/", {"nik": foreign.nik}, format="json").json() == []
    records = {record.subject_key: record.action for record in AccessRecord.objects.all()}
    assert records == {card.reference: "SEARCH", "": "SEARCH"}  # also the one that found nobody here


def test_there_is_no_search_by_nik_in_an_address(printing: APIClient, registry: Office) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    assert printing.get(f"{CARDS}search/?nik={card.nik}").status_code == 405


def test_an_unknown_reference_is_not_found(printing: APIClient) -> None:
    assert printing.get(f"{CARDS}K000000000A/").status_code == 404
    assert printing.get(f"{CARDS}%00/").status_code == 404
