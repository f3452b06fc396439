"""The resident's pages give the holder what helps and everybody else one and the same answer."""

import pytest
from django.test import Client

from delivery.access import link_token_of, pin_of
from offices.models import Office
from shipments.models import Card
from tests import factories

TRACK = "/lacak/"
CARD = "/lacak/kartu/"


@pytest.fixture
def card(registry: Office) -> Card:
    return factories.make_cards(office=registry, number=1)[0]


def look_up(client: Client, *, number: str, pin: str) -> int:
    return client.post(TRACK, {"way": "number", "number": number, "pin": pin}).status_code


def test_number_and_pin_open_the_card(client: Client, card: Card) -> None:
    response = client.post(TRACK, {"way": "number", "number": card.reference.lower(), "pin": pin_of(card)})
    assert response.status_code == 302
    assert response["Location"] == CARD
    page = client.get(CARD)
    assert page.status_code == 200
    assert "W*** C***" in page.content.decode()


def test_a_card_page_shows_no_address_number_or_full_name(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    page = client.get(CARD).content.decode()
    for secret in (card.nik, card.name, card.address.alamat, "Tambun Selatan", pin_of(card)):
        assert secret not in page


def test_a_wrong_pin_and_an_unknown_number_get_the_same_page(client: Client, card: Card) -> None:
    wrong = client.post(TRACK, {"way": "number", "number": card.reference, "pin": "AAAAAA"})
    unknown = client.post(TRACK, {"way": "number", "number": card.reference[:-1] + "X", "pin": "AAAAAA"})
    assert wrong.status_code == unknown.status_code == 404

    def without_input(page: bytes, number: str) -> str:
        text = page.decode().replace(number, "")
        return "".join(line for line in text.splitlines() if "csrfmiddlewaretoken" not in line)

    assert without_input(wrong.content, card.reference) == without_input(
        unknown.content, card.reference[:-1] + "X"
    )


def test_after_five_wrong_pins_the_right_one_is_refused_too(client: Client, card: Card) -> None:
    assert [look_up(client, number=card.reference, pin="AAAAAA") for _ in range(5)] == [404] * 5
    assert look_up(client, number=card.reference, pin=pin_of(card)) == 404


def test_the_sent_link_opens_the_card_and_leaves_no_secret_in_the_next_address(
    client: Client, card: Card
) -> None:
    response = client.get(f"/t/{link_token_of(card)}")
    assert response.status_code == 302
    assert response["Location"] == CARD
    assert client.get(CARD).status_code == 200


def test_an_altered_link_opens_nothing(client: Client, card: Card) -> None:
    assert client.get(f"/t/{link_token_of(card)[:-1]}_").status_code == 404
    assert client.get(CARD).status_code == 302


def test_raising_the_access_version_voids_pin_and_link(client: Client, card: Card) -> None:
    pin, token = pin_of(card), link_token_of(card)
    Card.objects.filter(pk=card.pk).update(access_version=2)
    assert look_up(client, number=card.reference, pin=pin) == 404
    assert client.get(f"/t/{token}").status_code == 404


def test_an_altered_cookie_opens_nothing(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    client.cookies["kartu"] = client.cookies["kartu"].value + "x"
    assert client.get(CARD)["Location"] == TRACK


def test_leaving_forgets_the_card(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    client.post("/lacak/tutup/")
    assert client.get(CARD)["Location"] == TRACK


@pytest.mark.parametrize("path", [TRACK, CARD, "/t/salah"])
def test_no_answer_is_kept_by_a_cache_or_listed(client: Client, db: None, path: str) -> None:
    response = client.get(path)
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]


def test_a_question_reaches_the_office(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    assert client.post("/lacak/tanya/", {"text": "Kapan dikirim?"}).status_code == 200
    assert card.enquiries.get().text == "Kapan dikirim?"


def test_an_empty_question_is_refused(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    assert client.post("/lacak/tanya/", {"text": "  "}).status_code == 422
    assert card.enquiries.count() == 0


def test_choosing_a_day_for_a_card_that_is_not_at_a_counter_is_refused(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    assert client.post("/lacak/hari/", {"day": "2030-01-07"}).status_code == 409
    assert card.appointments.count() == 0


def test_the_pages_are_small_and_need_no_script(client: Client, card: Card) -> None:
    look_up(client, number=card.reference, pin=pin_of(card))
    for path in (TRACK, CARD):
        page = client.get(path).content
        assert len(page) < 12_000
        assert b"<script" not in page
