"""The page promises the messages that will come, and no others."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from delivery.access import pin_of
from offices.models import Office
from shipments.backlog import fill_backlog
from shipments.models import Card
from tests import factories
from tests.delivery.shelving import SERVED_AT

COME = "We send you a message when it is posted, delivered or ready to collect."
NONE = "You get no messages about this card. Look at this page again for news."
PHONE, EMAIL = 'name="phone"', 'name="email"'


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False):
        yield


def page(client: Client, registry: Office, *, on_card: str, **chosen: str) -> str:
    """Open a new card's page, after a choice of its holder's if there is one."""
    (card,) = factories.make_cards(office=registry, number=1, phone=on_card)
    fill_backlog(office_id=registry.pk, at=SERVED_AT)
    return page_of(client, card, **chosen)


def page_of(client: Client, card: Card, **chosen: str) -> str:
    client.cookies["django_language"] = "en"
    client.post("/lacak/", {"way": "number", "number": card.reference, "pin": pin_of(card)})
    if chosen:
        assert client.post("/lacak/kontak/", chosen).status_code == 302
    return client.get("/lacak/kartu/").content.decode()


@pytest.mark.parametrize(
    ("on_card", "chosen", "promise", "where"),
    [
        ("081234567890", {}, COME, "to the number of your registration"),
        ("", {}, NONE, "no messages"),
        ("", {"email": "warga@contoh.example"}, COME, "by e-mail"),
        ("081234567890", {"messages": "no"}, NONE, "no messages"),
        (
            "081234567890",
            {"phone": "081399990000", "email": "warga@contoh.example"},
            COME,
            "to the number that you named, by e-mail",
        ),
    ],
)
def test_the_page_says_whether_messages_come_and_where_to(
    on_card: str,
    chosen: dict[str, str],
    promise: str,
    where: str,
    client: Client,
    registry: Office,
    settings: Any,
) -> None:
    settings.MESSAGE_CHANNEL, settings.MESSAGE_EMAIL = "GATEWAY", True
    shown = page(client, registry, on_card=on_card, **chosen)
    assert [sentence in shown for sentence in (COME, NONE)] == [promise == COME, promise == NONE]
    assert f'<span class="chosen">{where}</span>' in shown


@pytest.mark.parametrize(
    ("channel", "beside", "asked"),
    [
        ("GATEWAY", False, [True, False]),
        ("GATEWAY", True, [True, True]),
        ("EMAIL", False, [False, True]),
    ],
)
def test_the_form_asks_only_for_what_is_used(
    channel: str, beside: bool, asked: list[bool], client: Client, registry: Office, settings: Any
) -> None:
    settings.MESSAGE_CHANNEL, settings.MESSAGE_EMAIL = channel, beside
    shown = page(client, registry, on_card="081234567890")
    assert [field in shown for field in (PHONE, EMAIL)] == asked


def test_a_card_that_the_village_brings_promises_no_message(client: Client, registry: Office) -> None:
    (card,) = factories.make_cards(office=registry, number=1, phone="081234567890", channel="VILLAGE")
    shown = page_of(client, card)
    assert "Your card will come to your village office" in shown
    assert COME not in shown
    assert NONE not in shown
