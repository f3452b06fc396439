"""Residents' questions: the longest waiting first, answered once, seen by the offices that the card came to."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import Role, User
from delivery.enquiries import ask
from delivery.models import Enquiry
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.delivery.shelving import SERVED_AT
from tests.web.conftest import SignIn
from tests.web.desks import shelver, statements

LIST = "/pertanyaan/"


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False), translation.override("en"):
        yield


@pytest.fixture
def client(sign_in: SignIn, printing_user: User) -> Client:
    return english(sign_in(printing_user))


@pytest.fixture
def card(registry: Office) -> Card:
    return factories.make_cards(office=registry, number=1)[0]


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def asked(card: Card, text: str = "Kapan dikirim?", *, hours_ago: int = 1) -> Enquiry:
    return ask(card_id=card.pk, text=text, at=SERVED_AT - timedelta(hours=hours_ago))


def answer(client: Client, enquiry: Enquiry, text: str) -> Any:
    return client.post(f"{LIST}{enquiry.pk}/", {"text": text})


def test_the_longest_waiting_question_stands_first_and_late_ones_are_marked(
    client: Client, card: Card
) -> None:
    new, old = asked(card, "baru", hours_ago=2), asked(card, "lama", hours_ago=80)
    response = client.get(LIST)
    assert [enquiry for enquiry, _due in response.context["rows"]] == [old, new]
    assert response.content.decode().count("status-bad") == 1


def test_a_question_is_answered_once(client: Client, card: Card) -> None:
    enquiry = asked(card)
    assert answer(client, enquiry, "Minggu depan.")["Location"] == LIST
    enquiry.refresh_from_db()
    assert (enquiry.answer, enquiry.answered_at) == ("Minggu depan.", SERVED_AT)
    assert "Nobody waits for an answer." in client.get(LIST).content.decode()
    again = answer(client, enquiry, "Besok.")
    assert again.status_code == 409
    assert "This question was already answered." in again.content.decode()
    enquiry.refresh_from_db()
    assert enquiry.answer == "Minggu depan."


def test_an_empty_answer_is_refused(client: Client, card: Card) -> None:
    enquiry = asked(card)
    response = answer(client, enquiry, "  ")
    assert response.status_code == 422
    assert "text" in response.context["form"].errors
    enquiry.refresh_from_db()
    assert enquiry.answered_at is None


def test_a_counter_sees_questions_about_cards_that_came_to_it(
    sign_in: SignIn, counter_user: User, registry: Office, post_office: Office, counter: Office, card: Card
) -> None:
    (here,) = shelver(registry, post_office)(1)
    elsewhere, mine = asked(card), asked(here)
    client = sign_in(counter_user)
    assert [enquiry for enquiry, _due in client.get(LIST).context["rows"]] == [mine]
    assert answer(client, elsewhere, "x").status_code == 404
    assert Enquiry.objects.filter(answered_at__isnull=False).count() == 0


def test_another_registry_finds_no_question(sign_in: SignIn, card: Card) -> None:
    enquiry = asked(card)
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    client = sign_in(factories.make_user(role=Role.SUPERVISOR, office=foreign))
    assert client.get(f"{LIST}{enquiry.pk}/").status_code == 404
    assert answer(client, enquiry, "x").status_code == 404
    assert enquiry.text not in client.get(LIST).content.decode()


def test_two_questions_cost_what_twenty_cost(client: Client, registry: Office) -> None:
    cards = factories.make_cards(office=registry, number=20)
    for card in cards[:2]:
        asked(card)
    few = statements(client, LIST)
    for card in cards[2:]:
        asked(card)
    assert statements(client, LIST) == few
