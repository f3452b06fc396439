"""Many workers share a provider's minute; providers that fail, delay and repeat lose and double nothing."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from delivery.access import pin_of
from delivery.choices import set_contact, want_messages
from delivery.courier_files import process, undo, upload
from delivery.messages import queue, queue_registered, send_queued, withdraw
from delivery.messages.channels import Outgoing
from delivery.messages.gateways import GatewayChannel, template_name
from delivery.messages.occasions import ANSWERS, Occasion
from delivery.messages.pace import take_places
from delivery.messages.replies import take_reply
from delivery.messages.sending import GIVE_UP_AFTER, LEASE, Sent, recipient_index
from delivery.messages.texts import LANGUAGES, template_of
from delivery.models import ContactChoice, Message, MessagePace
from offices.models import Office
from shipments.models import Card
from spreadsheets.writing import Column, write_xlsx
from tests import factories
from tests.delivery.gateway import Provider, provider
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import shelve_cards
from tests.shipments.test_concurrency import together

AT = datetime.fromisoformat("2020-05-04T10:00:20+07:00")
NEXT_MINUTE = datetime.fromisoformat("2020-05-04T10:01:00+07:00")
PHONE = "081234567890"


@pytest.fixture
def cards(registry: Office) -> list[Card]:
    return factories.make_cards(office=registry, number=7, phone=PHONE)


@pytest.fixture
def gateway(settings: Any) -> Iterator[Provider]:
    with provider() as told:
        settings.MESSAGE_CHANNEL = "GATEWAY"
        settings.MESSAGE_GATEWAY_URL = told.url
        settings.MESSAGE_GATEWAY_TOKEN = "rahasia"
        yield told


def registered(cards: list[Card]) -> int:
    return queue(card_ids=[card.pk for card in cards], occasion="REGISTERED", at=AT)


# --- the outbox -------------------------------------------------------------------------------------


def test_what_was_withdrawn_waits_again_when_its_cause_is_told_again(cards: list[Card]) -> None:
    assert registered(cards[:2]) == 2
    withdraw(card_ids=[cards[0].pk], occasions=[Occasion.REGISTERED])
    Message.objects.filter(card=cards[1]).update(state="SENT", sent_at=AT, attempts=1)
    assert registered(cards[:2]) == 1
    assert list(Message.objects.order_by("card_id").values_list("state", "attempts")) == [
        ("QUEUED", 0),
        ("SENT", 1),
    ]


def test_an_undone_file_that_is_applied_again_tells_again(
    registry: Office, post_office: Office, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    at = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
    item = mail_cards(office=registry, post_office=post_office, number=1).items[0]
    path = tmp_path / "status.xlsx"
    with path.open("wb") as file:
        titles = ("No Kiriman", "Status", "Keterangan", "Tanggal Update", "Kantor")
        row = (item.number, "GAGAL ANTAR", "RUMAH KOSONG", "20/05/2020 08:00", "")
        write_xlsx(file, sheet="Status", columns=[Column(title) for title in titles], rows=[row])
    uploaded = upload(
        path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=at, enqueue=False
    )
    states = []
    for step in ("apply", "undo", "apply"):
        if step == "apply":
            process(courier_file_id=uploaded.pk, at=at)
        else:
            undo(courier_file_id=uploaded.pk, reason="salah berkas", actor_id=None, at=at)
        states.append(Message.objects.get(occasion="ATTEMPT_FAILED").state)
    assert states == ["QUEUED", "WITHDRAWN", "QUEUED"]


def test_cards_of_the_last_days_are_told_once_that_they_are_registered(registry: Office) -> None:
    new, old = factories.make_cards(office=registry, number=2)
    Card.objects.filter(pk=new.pk).update(created_at=AT - timedelta(days=2))
    Card.objects.filter(pk=old.pk).update(created_at=AT - timedelta(days=4))
    assert [queue_registered(at=AT), queue_registered(at=AT)] == [1, 0]
    assert Message.objects.get().card == new


def test_who_opted_out_after_it_was_queued_gets_nothing(cards: list[Card]) -> None:
    registered(cards[:1])
    ContactChoice.objects.create(card=cards[0], opted_out_at=AT, chosen_at=AT)
    assert send_queued(at=AT, limit=10) == Sent(withdrawn=1)


# --- the pace ---------------------------------------------------------------------------------------


def test_a_minute_has_so_many_places_and_the_rest_waits_for_the_next(
    cards: list[Card], gateway: Provider, settings: Any
) -> None:
    settings.MESSAGE_PER_MINUTE = 4
    registered(cards)
    assert send_queued(at=AT, limit=100) == Sent(sent=4, postponed=3, paced=3)
    assert send_queued(at=AT + timedelta(seconds=30), limit=100) == Sent()
    assert set(Message.objects.filter(state="QUEUED").values_list("attempts", "not_before")) == {
        (0, NEXT_MINUTE)
    }
    assert send_queued(at=NEXT_MINUTE, limit=100) == Sent(sent=3)
    assert len(gateway.requests) == 7


def test_neither_the_console_nor_a_limit_of_none_is_paced(db: None, settings: Any) -> None:
    settings.MESSAGE_PER_MINUTE = 1
    assert take_places(channel="CONSOLE", wanted=500, at=AT) == 500
    settings.MESSAGE_PER_MINUTE = 0
    assert take_places(channel="GATEWAY", wanted=500, at=AT) == 500
    assert not MessagePace.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has one writer at a time"
)
def test_workers_at_once_share_the_places_of_a_minute(settings: Any) -> None:
    settings.MESSAGE_PER_MINUTE = 100
    works: list[Callable[[], object]] = [
        lambda: sum(take_places(channel="GATEWAY", wanted=10, at=AT) for _turn in range(5))
        for _worker in range(4)
    ]
    taken = together(*works)
    assert sum(places for places in taken if isinstance(places, int)) == 100
    assert MessagePace.objects.get().sent == 200


# --- providers --------------------------------------------------------------------------------------


def test_a_provider_that_is_down_is_left_alone_for_a_minute(cards: list[Card], gateway: Provider) -> None:
    gateway.statuses = [503] * 10
    registered(cards)
    assert send_queued(at=AT, limit=100) == Sent(retried=GIVE_UP_AFTER, postponed=2, paced=2)
    assert len(gateway.requests) == GIVE_UP_AFTER


def test_a_sender_stops_before_another_takes_its_batch_for_abandoned(
    cards: list[Card], gateway: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=LEASE.total_seconds() / 2 + 1)
    monkeypatch.setattr("delivery.messages.sending.monotonic", lambda: next(clock))
    registered(cards)
    assert send_queued(at=AT, limit=100) == Sent(sent=1, postponed=6, paced=6)
    assert set(Message.objects.filter(state="QUEUED").values_list("attempts", "not_before")) == {
        (0, NEXT_MINUTE)
    }


def test_a_repeat_after_a_lost_answer_carries_the_same_key(cards: list[Card], gateway: Provider) -> None:
    gateway.drop = 1
    registered(cards[:1])
    assert send_queued(at=AT, limit=10) == Sent(retried=1)
    assert send_queued(at=AT + timedelta(minutes=1), limit=10) == Sent(sent=1)
    keys = [headers["Idempotency-Key"] for headers, _body in gateway.requests]
    assert keys == [keys[0]] * 2


def test_a_slow_provider_is_waited_for_and_then_tried_again(
    cards: list[Card], gateway: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.messages.gateways._TIMEOUT", (1, 0.1))
    gateway.delay = 0.3
    registered(cards[:1])
    assert send_queued(at=AT, limit=10) == Sent(retried=1)
    gateway.delay = 0
    assert send_queued(at=AT + timedelta(minutes=1), limit=10) == Sent(sent=1)


def test_the_former_number_is_told_once_that_another_was_named(
    cards: list[Card], gateway: Provider, registry: Office
) -> None:
    card, known = cards[0], "081300001111"

    def name(phone: str, minutes: int = 0) -> int:
        set_contact(card_id=card.pk, phone=phone, email="", language="id", at=AT + timedelta(minutes=minutes))
        return Message.objects.filter(occasion="CONTACT_CHANGED", state="QUEUED").count()

    assert name("+62 812-3456-7890") == 0  # the same number, written otherwise
    want_messages(card_id=card.pk, wanted=False, at=AT)  # a stranger would say this first
    assert [name(known), name("081399999999")] == [1, 1]  # one waits: the number before both is told
    want_messages(card_id=card.pk, wanted=False, at=AT)
    assert send_queued(at=AT, limit=10) == Sent(sent=1)
    _headers, told = gateway.requests[0]
    assert told["to"] == f"62{PHONE[1:]}"
    assert not any(secret in told["text"] for secret in (card.reference, "http", pin_of(card), "0813"))
    chosen = ContactChoice.objects.get()
    assert (chosen.phone, chosen.former_phone) == ("6281399999999", "")
    assert take_reply(channel="GATEWAY", provider_id="r-1", sender=PHONE, text="3", at=AT) is None
    for number in (known, PHONE, known):
        name(number, minutes=1)
        send_queued(at=AT + timedelta(minutes=1), limit=10)
    assert [body["to"][-4:] for _headers, body in gateway.requests] == ["7890", "9999", "1111"]  # three a day


def test_the_former_address_is_told_by_mail(cards: list[Card], settings: Any, mailoutbox: list[Any]) -> None:
    settings.MESSAGE_CHANNEL = "EMAIL"
    for email in ("ibu@contoh.example", "lain@contoh.example"):
        set_contact(card_id=cards[0].pk, phone="", email=email, language="en", at=AT)
    assert send_queued(at=AT, limit=10) == Sent(sent=1)
    assert [mail.to for mail in mailoutbox] == [["ibu@contoh.example"]]
    assert "If you did not change it" in mailoutbox[0].body


def test_an_answer_without_end_bottom_or_sense_is_an_answer_all_the_same(
    cards: list[Card], gateway: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.messages.gateways.LARGEST_ANSWER", 50_000)
    gateway.answers = [
        '{"id": "p-1", "x": "' + "x" * 60_000 + '"}',
        "[" * 40_000,
        r'{"id": "p\u0000\ud8002"}',
    ]
    registered(cards[:3])
    assert send_queued(at=AT, limit=10) == Sent(sent=3)
    assert list(Message.objects.order_by("pk").values_list("state", "provider_id")) == [
        ("SENT", ""),
        ("SENT", ""),
        ("SENT", "p2"),
    ]
    monkeypatch.setattr("delivery.messages.gateways.LONGEST_ANSWER_S", -1.0)
    registered(cards[3:4])
    assert send_queued(at=AT, limit=10) == Sent(sent=1)
    assert Message.objects.latest("pk").provider_id == ""


def test_each_answer_is_written_down_before_the_next_message_leaves(
    cards: list[Card], gateway: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_before: list[int] = []
    body = GatewayChannel.body

    def counting(channel: GatewayChannel, message: Outgoing) -> Mapping[str, Any]:
        sent_before.append(Message.objects.filter(state="SENT").count())
        return body(channel, message)

    monkeypatch.setattr(GatewayChannel, "body", counting)
    registered(cards[:3])
    assert send_queued(at=AT, limit=10) == Sent(sent=3)
    assert sent_before == [0, 1, 2]
    assert set(Message.objects.values_list("recipient_index", flat=True)) == {recipient_index(PHONE)}


def test_a_gateway_that_takes_forms_and_says_no_with_200_is_understood(
    cards: list[Card], gateway: Provider, settings: Any
) -> None:
    settings.MESSAGE_GATEWAY_FORMAT = "form"
    settings.MESSAGE_GATEWAY_AUTH = "{token}"
    settings.MESSAGE_GATEWAY_EXTRA = {"countryCode": "62"}
    settings.MESSAGE_GATEWAY_OK = "status=true"
    settings.MESSAGE_GATEWAY_ID_FIELD = "data.id"
    gateway.answers = [
        '{"status": false, "reason": "token invalid"}',
        '{"status": true, "data": [{"id": ["80367"]}]}',
    ]
    registered(cards[:2])
    assert send_queued(at=AT, limit=10) == Sent(sent=1, failed=1)
    headers, form = gateway.requests[0]
    assert (headers["Authorization"], form["countryCode"], form["to"]) == ("rahasia", "62", "6281234567890")
    assert list(Message.objects.order_by("pk").values_list("failure", "provider_id")) == [
        ("REFUSED", ""),
        ("", "80367"),
    ]


def test_an_answer_to_a_reply_goes_to_whatsapp_as_text_and_news_as_a_template(
    registry: Office, post_office: Office, counter: Office, settings: Any
) -> None:
    cards = factories.make_cards(office=registry, number=1, phone=PHONE)
    shelve_cards(registry=registry, post_office=post_office, number=1, cards=cards)
    Message.objects.all().delete()
    at = datetime.fromisoformat("2020-05-25T10:00:00+07:00")
    with provider() as told:
        told.answer = '{"messages": [{"id": "wamid.1"}]}'
        settings.MESSAGE_CHANNEL = "WHATSAPP"
        settings.WHATSAPP_URL, settings.WHATSAPP_PHONE_ID, settings.WHATSAPP_TOKEN = told.url, "123", "t"
        for occasion in (Occasion.REPLY_HELP, Occasion.READY_AT_COUNTER):
            queue(card_ids=[cards[0].pk], occasion=occasion, at=at)
        assert send_queued(at=at, limit=10) == Sent(sent=2)
    (_headers, help_text), (_more, ready) = told.requests
    assert (help_text["type"], ready["type"]) == ("text", "template")
    assert "Balas 1 bila Anda datang sendiri" in help_text["text"]["body"]
    said = [each["text"] for each in ready["template"]["components"][0]["parameters"]]
    assert (said[1], *said[3:5]) == (
        "Kantor 3216-06, Jl. Contoh 1", "19 Juni 2020", "KTP lama atau surat keterangan pengganti KTP (suket)",
    )  # fmt: skip


def test_only_a_gateway_that_can_hear_asks_for_a_reply(
    registry: Office, post_office: Office, counter: Office, gateway: Provider, settings: Any
) -> None:
    cards = factories.make_cards(office=registry, number=2, phone=PHONE)
    shelve_cards(registry=registry, post_office=post_office, number=2, cards=cards)
    at = datetime.fromisoformat("2020-05-25T10:00:00+07:00")
    for card, secret in zip(cards, ("", "rahasia"), strict=True):
        settings.MESSAGE_CALLBACK_SECRET = secret
        queue(card_ids=[card.pk], occasion=Occasion.REMINDER, at=at)
        Message.objects.exclude(card=card, occasion="REMINDER").update(state="WITHDRAWN")
        send_queued(at=at, limit=10)
    texts = [body["text"] for _headers, body in gateway.requests]
    assert ["Balas 1: saya datang. 2: diwakili. 3: minta" in text for text in texts] == [False, True]


# --- templates --------------------------------------------------------------------------------------


def test_the_command_writes_every_template_with_an_example_for_each_parameter() -> None:
    output = StringIO()
    call_command("message_templates", stdout=output)
    templates = [json.loads(line) for line in output.getvalue().splitlines()]
    wanted = {(template_name(occasion), language) for occasion in Occasion for language in LANGUAGES
              if occasion not in ANSWERS}  # fmt: skip
    assert {(each["name"], each["language"]) for each in templates} == wanted
    for each in templates:
        (part,) = each["components"]
        (example,) = part["example"]["body_text"]
        assert all(f"{{{{{number}}}}}" in part["text"] for number in range(1, len(example) + 1))
        assert f"{{{{{len(example) + 1}}}}}" not in part["text"]
        assert not part["text"].startswith("{{")


def test_a_registered_text_is_the_sent_one_with_its_facts_numbered() -> None:
    assert template_of(occasion=Occasion.DISPATCHED, language="id") == (
        "Halo {{1}}, KTP-el Anda dikirim lewat pos dengan nomor {{2}}. Lihat perjalanannya: {{3}} (PIN {{4}}). "
        "Layanan ini gratis. Petugas tidak pernah meminta uang atau kode."
    )
