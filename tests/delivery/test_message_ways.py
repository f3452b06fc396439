"""A resident is written to by phone, by e-mail or by both: as they have chosen and the operator has set up."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.core import mail

from delivery.choices import set_contact, want_messages
from delivery.messages import queue, send_queued
from delivery.messages.sending import Sent
from delivery.messages.ways import channels_to
from delivery.models import ContactChoice, Message
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.delivery.gateway import provider

AT = datetime.fromisoformat("2020-05-04T10:00:00+07:00")
REGISTERED, NAMED, EMAIL = "081234567890", "6281399990000", "warga@contoh.example"


@pytest.fixture
def gateway_and_mail(settings: Any) -> None:
    settings.MESSAGE_CHANNEL, settings.MESSAGE_EMAIL = "GATEWAY", True


@pytest.fixture
def card(registry: Office, gateway_and_mail: None) -> Card:
    return factories.make_cards(office=registry, number=1, phone=REGISTERED)[0]


def choose(card: Card, *, phone: str = "", email: str = "", minutes: int = 0) -> None:
    set_contact(card_id=card.pk, phone=phone, email=email, language="id", at=AT + timedelta(minutes=minutes))


def tell(card: Card, occasion: str = "DISPATCHED", **options: Any) -> int:
    return queue(card_ids=[card.pk], occasion=occasion, at=AT, **options)


def waiting(occasion: str = "DISPATCHED") -> list[tuple[str, int]]:
    rows = Message.objects.filter(occasion=occasion, state="QUEUED")
    return list(rows.order_by("channel", "sequence").values_list("channel", "sequence"))


@pytest.mark.parametrize(
    ("phone", "email", "channels"),
    [
        ("", "", ["GATEWAY"]),
        ("", EMAIL, ["EMAIL"]),
        (NAMED, "", ["GATEWAY"]),
        (NAMED, EMAIL, ["EMAIL", "GATEWAY"]),
    ],
)
def test_news_goes_where_the_resident_wants_it(
    phone: str, email: str, channels: list[str], card: Card
) -> None:
    choose(card, phone=phone, email=email)
    assert tell(card) == len(channels)
    assert waiting() == [(channel, 1) for channel in channels]


def test_who_left_only_an_e_mail_is_written_to_though_the_office_knows_no_phone(
    registry: Office, gateway_and_mail: None
) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    assert tell(card) == 0
    choose(card, email=EMAIL)
    assert tell(card) == 1
    assert send_queued(at=AT, limit=10) == Sent(sent=1)
    assert [letter.to for letter in mail.outbox] == [[EMAIL]]


def test_without_e_mail_set_up_the_phone_is_used_whatever_was_named(card: Card, settings: Any) -> None:
    settings.MESSAGE_EMAIL = False
    choose(card, email=EMAIL)
    assert tell(card) == 1
    assert waiting() == [("GATEWAY", 1)]


@pytest.mark.parametrize("channel", ["CONSOLE", "EMAIL", "GATEWAY", "WHATSAPP"])
@pytest.mark.parametrize("beside", [True, False])
def test_what_is_queued_and_what_the_page_promises_are_the_same(
    channel: str, beside: bool, registry: Office, settings: Any
) -> None:
    settings.MESSAGE_CHANNEL, settings.MESSAGE_EMAIL = channel, beside
    kinds = list(product(("", REGISTERED), (None, *product(("", NAMED), ("", EMAIL), (None, AT)))))
    cards = factories.make_cards(office=registry, number=len(kinds))
    promised = set()
    for card, (on_card, chosen) in zip(cards, kinds, strict=True):
        card.phone, choice = on_card, None
        card.save()
        if chosen is not None:
            phone, email, stopped = chosen
            choice = ContactChoice.objects.create(
                card=card, phone=phone, email=email, opted_out_at=stopped, chosen_at=AT
            )
        promised |= {(card.pk, each) for each in channels_to(card_phone=on_card, choice=choice)}
    queue(card_ids=[card.pk for card in cards], occasion="DISPATCHED", at=AT, sequence=None)
    assert set(Message.objects.values_list("card_id", "channel")) == promised
    assert len(promised) > 2


def test_both_ways_tell_the_same_news_under_the_same_number(card: Card) -> None:
    tell(card, sequence=None)
    choose(card, phone=NAMED, email=EMAIL)
    assert waiting() == [("EMAIL", 1), ("GATEWAY", 1)]  # what waited goes both ways
    assert tell(card, sequence=None) == 2
    assert waiting() == [("EMAIL", 1), ("EMAIL", 2), ("GATEWAY", 1), ("GATEWAY", 2)]


def test_what_waits_follows_a_resident_who_changes_to_e_mail(card: Card, settings: Any) -> None:
    tell(card)
    choose(card, email=EMAIL)
    with provider() as told:
        settings.MESSAGE_GATEWAY_URL = told.url
        # the former number is told of the change, and of nothing else any more
        assert send_queued(at=AT, limit=10) == Sent(sent=2, withdrawn=1)
    assert ["nomor HP atau email" in body["text"] for _headers, body in told.requests] == [True]
    assert len(mail.outbox) == 1
    assert "dikirim lewat pos" in mail.outbox[0].body


def test_nothing_follows_a_resident_who_wants_no_messages(card: Card) -> None:
    tell(card)
    want_messages(card_id=card.pk, wanted=False, at=AT)
    choose(card, email=EMAIL)
    assert waiting() == []


def test_each_former_contact_is_told_by_its_own_way_and_then_forgotten(card: Card, settings: Any) -> None:
    choose(card, phone=NAMED, email=EMAIL)
    assert waiting("CONTACT_CHANGED") == [("GATEWAY", 1)]  # an e-mail beside the number is a change too
    Message.objects.all().delete()
    choose(card, email="lain@contoh.example", minutes=1)
    assert waiting("CONTACT_CHANGED") == [("EMAIL", 1), ("GATEWAY", 1)]
    with provider() as told:
        settings.MESSAGE_GATEWAY_URL = told.url
        assert send_queued(at=AT + timedelta(minutes=1), limit=10) == Sent(sent=2)
    assert [letter.to for letter in mail.outbox] == [[EMAIL]]
    assert [body["to"] for _headers, body in told.requests] == [NAMED]
    kept = ContactChoice.objects.get()
    assert (kept.former_phone, kept.former_email) == ("", "")


def test_a_mail_server_that_is_down_holds_up_nobody_s_phone(card: Card, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nothing listens there
    choose(card, phone=REGISTERED, email=EMAIL)
    Message.objects.all().delete()
    tell(card)
    with provider() as told:
        settings.MESSAGE_GATEWAY_URL = told.url
        assert send_queued(at=AT, limit=10) == Sent(sent=1, retried=1)
    assert len(told.requests) == 1
    assert waiting() == [("EMAIL", 1)]
