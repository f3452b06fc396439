"""Replies are understood or helped with once a day; providers' words move messages forward only."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection

from delivery.messages.channels import mobile_number
from delivery.messages.receipts import Receipt, take_receipts
from delivery.messages.replies import take_reply, understand
from delivery.messages.sending import recipient_index
from delivery.models import ContactChoice, Message, MessageReply, ResidentChoice
from offices.models import HandoverPolicy, Office
from shipments.models import Card
from tests import factories
from tests.delivery.shelving import shelve_cards
from tests.shipments.test_concurrency import together

AT = datetime.fromisoformat("2020-05-25T10:00:00+07:00")
PHONE = "0812-3456-789"
SENDER = "628123456789"


@pytest.mark.parametrize(
    ("meaning", "texts"),
    [
        ("COME", ["1", " 1. ", "1 datang", "Datang", "DTG pak", "saya datang sendiri", "ya 1", "satu", "Ambil besok"]),
        ("PROXY", ["2", "2 wakil", "diwakili", "Dua", "2) wakilkan", "kuasa"]),
        ("RESEND", ["3", "3 kirim ulang", "tolong kirim lagi", "antar ulang", "krm ulang min", "tiga"]),
        ("STOP", ["STOP", "Berhenti", "stop!!", "tolong berhenti", "UNREG"]),
        ("START", ["mulai", "START"]),
        (
            "UNKNOWN",
            ["", "?", "tidak datang", "1 atau 2", "3 orang datang", "kapan dikirim?", "belum bisa datang", "12", "1 2",
             "saya", "👍", "datang " * 20],
        ),
    ],
)  # fmt: skip
def test_a_reply_means_one_thing_or_nothing(meaning: str, texts: list[str]) -> None:
    assert {text: understand(text).value for text in texts} == dict.fromkeys(texts, meaning)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0812-3456-789", "628123456789"), ("+62 812 3456 789", "628123456789"), ("8123456789", "628123456789"),
        ("+62 0812 3456 789", "628123456789"), ("0062 8123456789", "628123456789"), ("021 555 1234", None),
        ("0812", None), ("08123456789012345", None), ("telepon 0812345678", None), ("+1 202 555 0100", None),
    ],
)  # fmt: skip
def test_a_phone_is_an_indonesian_mobile_number_or_none(typed: str, number: str | None) -> None:
    assert mobile_number(typed) == number


# --- acting on a reply ----------------------------------------------------------------------------


@pytest.fixture
def waiting(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    """Two cards of one phone that wait at the counter, both announced over the gateway."""
    cards = factories.make_cards(office=registry, number=2, phone=PHONE)
    shelve_cards(registry=registry, post_office=post_office, number=2, cards=cards)
    Message.objects.all().delete()
    for hours, card in enumerate(cards):
        told(card, hours=hours)
    return cards


def told(card: Card, *, hours: int = 0, state: str = "SENT") -> Message:
    return Message.objects.create(
        card=card, occasion="READY_AT_COUNTER", channel="GATEWAY", state=state, provider_id=f"p-{card.pk}",
        sent_at=AT - timedelta(days=1) + timedelta(hours=hours), not_before=AT, created_at=AT,
        recipient_index=recipient_index(PHONE),
    )  # fmt: skip


def reply(
    text: str, *, number: str = "r-1", sender: str = SENDER, at: datetime = AT, answers: str = ""
) -> str:
    meaning = take_reply(
        channel="GATEWAY", provider_id=number, sender=sender, text=text, at=at, answers=answers
    )
    return meaning.value if meaning is not None else ""


def queued() -> list[tuple[int, str]]:
    return sorted(Message.objects.filter(state="QUEUED").values_list("card_id", "occasion"))


def test_one_reply_speaks_for_all_cards_of_the_phone_and_is_acknowledged_once(waiting: list[Card]) -> None:
    assert reply("1 datang") == "COME"
    said = ResidentChoice.objects.order_by("card_id").values_list("card_id", "coming", "door")
    assert list(said) == [(card.pk, "HOLDER", "REPLY") for card in waiting]
    assert queued() == [(waiting[1].pk, "REPLY_NOTED")]


def test_a_reply_to_a_named_message_speaks_for_its_card_only(waiting: list[Card]) -> None:
    assert reply("3", answers=f"p-{waiting[0].pk}") == "RESEND"
    assert [(c.card_id, c.wish) for c in ResidentChoice.objects.all()] == [(waiting[0].pk, "RESEND")]


def test_a_proxy_is_whom_the_offices_policy_allows(waiting: list[Card], registry: Office) -> None:
    HandoverPolicy.objects.create(office=registry, collectors=["HOLDER", "SAME_FAMILY_CARD"])
    assert reply("2 wakil") == "PROXY"
    assert set(ResidentChoice.objects.values_list("coming", flat=True)) == {"SAME_FAMILY_CARD"}


def test_a_proxy_that_no_policy_allows_is_helped_instead(waiting: list[Card], registry: Office) -> None:
    HandoverPolicy.objects.create(office=registry, collectors=["HOLDER"])
    reply("2")
    assert not ResidentChoice.objects.exists()
    assert queued() == [(waiting[1].pk, "REPLY_HELP")]


def test_the_same_reply_again_changes_nothing(waiting: list[Card]) -> None:
    assert [reply("1"), reply("1"), reply("3")] == ["COME", "", ""]
    assert set(ResidentChoice.objects.values_list("wish", flat=True)) == {""}
    assert len(queued()) == 1


def test_stop_withdraws_what_waits_and_start_lets_messages_come_again(waiting: list[Card]) -> None:
    Message.objects.filter(card=waiting[0]).update(state="QUEUED", sent_at=AT - timedelta(days=1))
    assert reply("BERHENTI") == "STOP"
    assert Message.objects.get(card=waiting[0]).state == "WITHDRAWN"
    assert ContactChoice.objects.filter(opted_out_at=AT).count() == 2
    assert queued() == []
    assert reply("mulai", number="r-2") == "START"
    assert ContactChoice.objects.filter(opted_out_at__isnull=True).count() == 2


def test_what_is_not_understood_is_helped_once_a_day(waiting: list[Card]) -> None:
    days = [timedelta(), timedelta(hours=23), timedelta(hours=25)]
    for number, later in enumerate(days):
        assert reply("hujan", number=f"r-{number}", at=AT + later) == "UNKNOWN"
    assert Message.objects.filter(occasion="REPLY_HELP").count() == 2
    assert MessageReply.objects.filter(helped=True).count() == 2


@pytest.mark.parametrize("sender", ["628999999999", "", "bukan nomor"])
def test_a_number_that_we_never_wrote_to_gets_no_answer_and_leaves_no_trace(
    waiting: list[Card], sender: str
) -> None:
    assert reply("1", sender=sender) == ""
    assert reply("apa ini", sender=sender, number="r-2") == ""
    assert not MessageReply.objects.exists()
    assert not ResidentChoice.objects.exists()
    assert queued() == []


def test_a_message_of_long_ago_is_not_answered(waiting: list[Card]) -> None:
    assert reply("1", at=AT + timedelta(days=61)) == ""


# --- providers' words -----------------------------------------------------------------------------


def words(provider_id: str, *said: str) -> list[int]:
    return [
        take_receipts(
            channel="GATEWAY", receipts=[Receipt(provider_id=provider_id, word=word, failure="131026")]
        )
        for word in said
    ]


def test_a_state_goes_forward_only(waiting: list[Card]) -> None:
    first, second = Message.objects.order_by("pk")
    assert words(first.provider_id, "delivered", "Delivered", "read", "delivered", "failed") == [
        1,
        0,
        1,
        0,
        0,
    ]
    assert words(second.provider_id, "sent", "failed", "delivered", "nonsens") == [0, 1, 0, 0]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.failure, second.state, second.failure) == ("READ", "", "FAILED", "131026")


def test_unknown_numbers_and_other_channels_are_left_alone(waiting: list[Card]) -> None:
    message = Message.objects.first()
    assert message is not None
    assert words("p-unknown", "read") == [0]
    assert words("", "read") == [0]
    other = take_receipts(
        channel="WHATSAPP", receipts=[Receipt(provider_id=message.provider_id, word="read")]
    )
    assert other == 0
    assert set(Message.objects.values_list("state", flat=True)) == {"SENT"}


# --- many at once -----------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has one writer at a time"
)
def test_one_reply_that_comes_four_times_at_once_is_taken_once(waiting: list[Card]) -> None:
    assert sorted(str(each) for each in together(*[lambda: reply("hujan")] * 4)) == ["", "", "", "UNKNOWN"]
    assert MessageReply.objects.count() == 1
    assert Message.objects.filter(occasion="REPLY_HELP").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has one writer at a time"
)
def test_four_unclear_replies_at_once_get_help_once(waiting: list[Card]) -> None:
    together(*[partial(reply, "hujan", number=f"r-{number}") for number in range(4)])
    assert MessageReply.objects.count() == 4
    assert Message.objects.filter(occasion="REPLY_HELP").count() == 1
