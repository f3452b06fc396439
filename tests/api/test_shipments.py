"""A shipment's way over the API, from the backlog to the post office's receipt."""

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from delivery.models import Delivery
from offices.models import Office
from privacy.models import AccessRecord
from shipments.backlog import fill_backlog
from shipments.models import Card
from shipments.numbering import add_s10_block
from tests import factories
from tests.api.conftest import Client

SHIPMENTS = "/api/v1/shipments/"


@pytest.fixture
def cards(registry: Office, post_office: Office) -> list[Card]:
    made = factories.make_cards(office=registry, number=3)
    add_s10_block(
        office_id=registry.pk, service_indicator="RR", first_serial=1, last_serial=99, on=date(2020, 5, 4)
    )
    fill_backlog(office_id=registry.pk, at=timezone.now())
    return made


@pytest.fixture
def printing(client_of: Client, printing_user: User) -> APIClient:
    return client_of(printing_user)


@pytest.fixture
def opened(printing: APIClient, cards: list[Card]) -> str:
    answer = printing.post(SHIPMENTS, {"post_office": "17510"}, format="json")
    assert answer.status_code == 201, answer.content
    assert answer["Location"].endswith(f"{SHIPMENTS}{answer.json()['id']}/")
    return str(answer["Location"])


@pytest.fixture
def closed(printing: APIClient, opened: str, cards: list[Card]) -> str:
    filled = printing.post(f"{opened}items/", {"references": [c.reference for c in cards]}, format="json")
    assert (filled.status_code, filled.json()["items"]) == (200, 3)
    answer = printing.post(f"{opened}close/", {}, format="json")
    assert (answer.status_code, answer.json()["state"]) == (200, "CLOSED")
    return opened


def refusal(client: APIClient, address: str, **sent: object) -> tuple[int, str]:
    answer = client.post(address, sent, format="json")
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_the_backlog_is_previewed_and_batched(printing: APIClient, cards: list[Card]) -> None:
    assert printing.get(f"{SHIPMENTS}preview/").json() == [{"post_office": "17510", "items": 3, "bags": 1}]
    made = printing.post(f"{SHIPMENTS}batch/", {}, format="json")
    assert made.status_code == 201
    assert (made.json()["items"], made.json()["unrouted"]) == (3, {})
    (shipment,) = printing.get(f"{SHIPMENTS}?state=OPEN").json()["results"]
    assert [shipment["id"]] == made.json()["shipment_ids"]
    assert shipment["items"] == 3


def test_items_come_in_manifest_order_with_their_numbers(
    printing: APIClient, closed: str, cards: list[Card]
) -> None:
    items = printing.get(f"{closed}items/").json()["results"]
    assert [item["position"] for item in items] == [1, 2, 3]
    assert {item["reference"] for item in items} == {card.reference for card in cards}
    assert [item["number"] for item in items] == ["RR000000014ID", "RR000000028ID", "RR000000031ID"]


def test_an_item_is_taken_out_of_an_open_shipment(
    printing: APIClient, opened: str, cards: list[Card]
) -> None:
    references = [card.reference for card in cards]
    printing.post(f"{opened}items/", {"references": references}, format="json")
    left = printing.post(f"{opened}items/remove/", {"references": references[:1]}, format="json")
    assert left.json()["items"] == 2
    assert refusal(printing, f"{opened}items/remove/", references=references[:1]) == (409, "not_in_shipment")


def test_a_post_office_of_another_registry_is_refused(
    printing: APIClient, cards: list[Card], foreign_registry: Office
) -> None:
    factories.make_office(
        code="17111", kind=Office.Kind.POST_OFFICE, parent=foreign_registry, region_code="32.75"
    )
    answer = printing.post(SHIPMENTS, {"post_office": "17111"}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/post_office"


def test_an_empty_shipment_is_not_closed(printing: APIClient, opened: str) -> None:
    assert refusal(printing, f"{opened}close/") == (409, "shipment_empty")


def test_a_cancelled_shipment_says_why(printing: APIClient, opened: str) -> None:
    assert refusal(printing, f"{opened}cancel/") == (400, "invalid")
    answer = printing.post(f"{opened}cancel/", {"reason": "salah kantor pos"}, format="json")
    assert answer.json()["state"] == "CANCELLED"


@pytest.mark.parametrize(("file_type", "start"), [("pdf", b"%PDF"), ("xlsx", b"PK"), ("csv", b"")])
def test_the_partner_takes_the_manifest(
    client_of: Client, partner: User, closed: str, file_type: str, start: bytes
) -> None:
    answer = client_of(partner).get(f"{closed}manifest/?file_type={file_type}")
    assert answer.status_code == 200
    content = b"".join(answer)
    assert content.startswith(start)
    card = Card.objects.first()
    assert card is not None
    assert card.nik.encode() not in content
    taken = AccessRecord.objects.get()
    assert (taken.action, taken.subject_kind, taken.records, taken.actor) == (
        "EXPORT",
        "shipment",
        3,
        partner,
    )


def test_a_partner_does_not_see_an_open_shipment(client_of: Client, partner: User, opened: str) -> None:
    assert client_of(partner).get(opened).status_code == 404


def test_both_sides_count(
    client_of: Client,
    printing: APIClient,
    partner: User,
    closed: str,
    cards: list[Card],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    signed = {"giver": "Petugas, Seksi Cetak", "taker": "Petugas Pos, Loket"}
    assert refusal(printing, f"{closed}handover/", given=2, **signed) == (409, "count_differs")
    given = printing.post(f"{closed}handover/", {"given": 3, **signed}, format="json")
    assert (given.status_code, given.json()["given"]) == (201, 3)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"POSTED"}
    at_post = client_of(partner)
    wrong = {"received": 3, "missing": [cards[0].reference]}
    assert refusal(at_post, f"{closed}receipt/", **wrong) == (422, "receipt_count_wrong")
    received = at_post.post(f"{closed}receipt/", {**wrong, "received": 2}, format="json")
    assert (received.status_code, len(received.json()["differences"])) == (201, 1)
    (case,) = printing.get(f"{closed}differences/").json()["results"]
    assert (case["kind"], case["reference"], case["closed_at"]) == ("MISSING", cards[0].reference, None)
    settled = printing.post(
        f"{closed}differences/{case['id']}/settle/", {"resolution": "ditemukan di kantong 2"}, format="json"
    )
    assert settled.json()["resolution"] == "ditemukan di kantong 2"
    paper = printing.get(f"{closed}handover/document/")
    assert b"".join(paper).startswith(b"%PDF")
