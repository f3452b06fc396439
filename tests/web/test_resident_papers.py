"""The page and the message name the papers that the counter takes, and the same ones."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from delivery import messages
from delivery.access import pin_of
from delivery.choices import say_who_comes
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.delivery.gateway import provider
from tests.delivery.shelving import SERVED_AT, shelve_cards
from tests.delivery.test_papers import NO_PAPERS, POLICIES, STRICT, write_policy


@pytest.fixture
def card(registry: Office, post_office: Office, counter: Office) -> Card:
    cards = factories.make_cards(office=registry, number=1, phone="081234567890")
    return shelve_cards(registry=registry, post_office=post_office, number=1, cards=cards)[0]


@pytest.mark.parametrize(
    ("policy", "coming", "said"),
    [
        ("default", "", "KTP lama atau surat keterangan pengganti KTP (suket)"),
        ("strict", "", "KTP lama atau surat keterangan pengganti KTP (suket), dan KK atau paspor/SIM"),
        (
            "strict",
            "WRITTEN_AUTHORITY",
            "KTP lama atau surat keterangan pengganti KTP (suket), dan surat kuasa (formulir F-1.07)",
        ),
        ("easy", "", "KK atau KTP lama"),
    ],
)
def test_page_and_message_say_the_same_papers(
    policy: str, coming: str, said: str, card: Card, registry: Office, client: Client, settings: Any
) -> None:
    write_policy(registry, **POLICIES[policy])
    if coming:
        say_who_comes(card_id=card.pk, relation=coming, at=SERVED_AT)
    assert f"Bawa {said}. Pilih hari" in sent_text(card, settings)
    assert f'<p class="lead">Bawa {said}.</p>' in page(client, card)


def test_where_no_paper_is_asked_for_the_message_itself_is_brought(
    card: Card, registry: Office, client: Client, settings: Any
) -> None:
    write_policy(registry, **NO_PAPERS)
    assert "Bawa pesan ini. Pilih hari" in sent_text(card, settings)
    assert "Tidak perlu membawa surat" in page(client, card)


def test_each_who_may_come_is_named_with_their_papers(card: Card, registry: Office, client: Client) -> None:
    write_policy(registry, **STRICT)
    shown = page(client, card)
    assert "– membawa KTP lama atau surat keterangan pengganti KTP (suket), dan KK atau paspor/SIM" in shown
    assert "– membawa KTP lama atau surat keterangan pengganti KTP (suket), dan surat kuasa" in shown


def sent_text(card: Card, settings: Any) -> str:
    with provider() as told:
        settings.MESSAGE_CHANNEL, settings.MESSAGE_GATEWAY_URL = "GATEWAY", told.url
        messages.queue(card_ids=[card.pk], occasion="READY_AT_COUNTER", at=SERVED_AT, sequence=None)
        messages.send_queued(at=SERVED_AT, limit=10)
    return str(told.requests[-1][1]["text"])


def page(client: Client, card: Card) -> str:
    with time_machine.travel(SERVED_AT, tick=False):
        client.post("/lacak/", {"way": "number", "number": card.reference, "pin": pin_of(card)})
        return client.get("/lacak/kartu/").content.decode()
