"""Residents are told once, in time, in words that give nothing away; failing providers lose nothing."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from delivery.access import link_token_of, pin_of
from delivery.messages import queue, queue_changes, send_queued, withdraw
from delivery.messages.channels import international
from delivery.messages.occasions import OCCASION_OF, Occasion
from delivery.messages.quiet_hours import is_quiet, next_allowed
from delivery.messages.reminders import queue_reminders
from delivery.messages.sending import LEASE, MAX_ATTEMPTS, WAITS, Sent
from delivery.messages.texts import LANGUAGES, Facts, text_of
from delivery.models import ContactChoice, CounterStay, Message, WaitingEntry
from delivery.status import Status
from delivery.tracking import record_events
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.delivery.gateway import Provider, provider
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards, state_of
from tests.delivery.shelving import shelve_cards

MORNING = datetime.fromisoformat("2020-05-04T10:00:00+07:00")
NIGHT = datetime.fromisoformat("2020-05-04T22:15:00+07:00")
PHONE = "0812-3456-789"
FACTS = Facts(
    name="siti aminah binti abdullah", office="Disdukcapil Contoh", number="RR473124829ID", reference="K387420489J",
    link="https://ktp.example/t/K387420489J.abc", pin="7H4K9M", counter="Kecamatan Tambun Selatan",
    address="Jl. Contoh 1", hours="Senin–Jumat 08.00–15.00", until=datetime(2020, 6, 19).date(),  # noqa: DTZ001
    papers=(("OLD_CARD", "INTERIM_LETTER"), ("FAMILY_CARD",)),
)  # fmt: skip


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", list(Occasion))
def test_every_text_says_only_the_first_name_and_that_the_service_is_free(
    occasion: Occasion, language: str
) -> None:
    text = text_of(occasion=occasion, language=language, facts=FACTS)
    assert "Siti" in text
    assert "minah" not in text
    assert text.endswith(
        {
            "id": "Layanan ini gratis. Petugas tidak pernah meminta uang atau kode.",
            "en": "This service is free. No officer ever asks for money or a code.",
        }[language]
    )
    assert "{" not in text


@pytest.mark.parametrize("occasion", [Occasion.COLLECTED, Occasion.OUT_FOR_DELIVERY, Occasion.ATTEMPT_FAILED])
def test_link_and_pin_stand_only_where_they_are_of_use(occasion: Occasion) -> None:
    for language in LANGUAGES:
        text = text_of(occasion=occasion, language=language, facts=FACTS)
        assert FACTS.pin not in text
        assert FACTS.link not in text


def test_ready_says_where_when_until_and_what_to_bring() -> None:
    assert text_of(occasion=Occasion.READY_AT_COUNTER, language="xx", facts=FACTS) == (
        "Halo Siti, KTP-el Anda siap diambil di Kecamatan Tambun Selatan, Jl. Contoh 1. "
        "Buka: Senin–Jumat 08.00–15.00. Disimpan sampai 19 Juni 2020. "
        "Bawa KTP lama atau surat keterangan pengganti KTP (suket), dan KK. "
        "Pilih hari: https://ktp.example/t/K387420489J.abc (PIN 7H4K9M). "
        "Layanan ini gratis. Petugas tidak pernah meminta uang atau kode."
    )


@pytest.mark.parametrize(
    ("phone", "written"),
    [("0812-3456-789", "628123456789"), ("+62 812 3456 789", "628123456789"), ("62812", "62812")],
)
def test_phones_are_written_as_gateways_want_them(phone: str, written: str) -> None:
    assert international(phone) == written


# --- quiet hours -------------------------------------------------------------------------------


@given(st.datetimes(timezones=st.sampled_from([ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")])))
def test_the_next_allowed_moment_is_never_quiet_nor_more_than_twelve_hours_away(at: datetime) -> None:
    if at.year >= 9990:
        return
    zone = ZoneInfo("Asia/Makassar")
    moment = next_allowed(at, zone=zone)
    assert not is_quiet(moment, zone=zone)
    assert timedelta() <= moment - at <= timedelta(hours=12)


def test_twenty_o_clock_is_quiet_and_eight_is_not() -> None:
    zone = ZoneInfo("Asia/Jakarta")
    assert is_quiet(datetime.fromisoformat("2020-05-04T20:00:00+07:00"), zone=zone)
    assert not is_quiet(datetime.fromisoformat("2020-05-04T19:59:59+07:00"), zone=zone)
    assert not is_quiet(datetime.fromisoformat("2020-05-04T08:00:00+07:00"), zone=zone)
    assert is_quiet(datetime.fromisoformat("2020-05-04T07:59:59+07:00"), zone=zone)


# --- outbox ------------------------------------------------------------------------------------


@pytest.fixture
def cards(registry: Office) -> list[Card]:
    return factories.make_cards(office=registry, number=3, phone=PHONE)


@pytest.fixture
def mailed(registry: Office, post_office: Office, cards: list[Card]) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=3, cards=cards)


def ids(cards: list[Card]) -> list[int]:
    return [card.pk for card in cards]


def test_a_card_is_told_once_per_occasion_and_sequence(cards: list[Card]) -> None:
    assert queue(card_ids=ids(cards[:2]), occasion=Occasion.REGISTERED, at=MORNING) == 2
    assert queue(card_ids=ids(cards), occasion=Occasion.REGISTERED, at=MORNING) == 1
    assert queue(card_ids=ids(cards), occasion=Occasion.REGISTERED, at=MORNING, sequence=2) == 3
    assert queue(card_ids=[], occasion=Occasion.REGISTERED, at=MORNING) == 0
    assert queue(card_ids=ids(cards[:1]), occasion=Occasion.REGISTERED, at=MORNING, sequence=None) == 1
    assert sorted(Message.objects.filter(card=cards[0]).values_list("sequence", flat=True)) == [1, 2, 3]


def test_a_message_of_the_night_waits_for_the_morning_of_its_office(
    registry: Office, cards: list[Card]
) -> None:
    Office.objects.filter(pk=registry.pk).update(time_zone="Asia/Jayapura")
    queue(card_ids=ids(cards[:1]), occasion=Occasion.REGISTERED, at=NIGHT)
    assert Message.objects.get().not_before == datetime.fromisoformat("2020-05-05T08:00:00+09:00")


def test_who_opted_out_or_cannot_be_reached_gets_nothing(registry: Office, cards: list[Card]) -> None:
    no_phone = factories.make_cards(office=registry, number=1)
    ContactChoice.objects.create(card=cards[0], opted_out_at=MORNING, chosen_at=MORNING)
    ContactChoice.objects.create(card=cards[1], email="warga@example.test", chosen_at=MORNING)
    everybody = ids(cards + no_phone)
    told = {
        channel: queue(card_ids=everybody, occasion=Occasion.REGISTERED, at=MORNING, channel=channel)
        for channel in ("CONSOLE", "GATEWAY", "EMAIL")
    }
    assert told == {"CONSOLE": 3, "GATEWAY": 2, "EMAIL": 1}


def test_new_states_are_told_old_news_and_silent_ones_are_not(mailed: Mailed) -> None:
    at = HANDED_OVER_AT + timedelta(hours=30)
    recorded = record_events(
        events=[
            mailed.event(0, Status.OUT_FOR_DELIVERY, hours=29),
            mailed.event(1, Status.OUT_FOR_DELIVERY, hours=1),
            mailed.event(2, Status.IN_TRANSIT, hours=29),
        ],
        recorded_at=at,
        recorded_by_id=None,
    )
    assert queue_changes(changed=recorded.changed, at=at) == 1
    message = Message.objects.get()
    assert (message.card, message.occasion) == (mailed.cards[0], "OUT_FOR_DELIVERY")
    assert message.event is not None
    assert message.event.status == "OUT_FOR_DELIVERY"


def test_each_failed_attempt_is_told_once_however_often_the_file_tells_it(mailed: Mailed) -> None:
    told = []
    for hours in (28, 28, 52):
        at = HANDED_OVER_AT + timedelta(hours=hours + 1)
        recorded = record_events(
            events=[
                mailed.event(0, Status.OUT_FOR_DELIVERY, hours=hours - 2),
                mailed.event(0, Status.ATTEMPT_FAILED, hours=hours, reason="ABSENT"),
            ],
            recorded_at=at,
            recorded_by_id=None,
        )
        told.append(queue_changes(changed=recorded.changed, at=at))
    assert told == [1, 0, 1]


def test_only_statuses_that_residents_can_act_on_are_told() -> None:
    assert set(OCCASION_OF) == {
        Status.POSTED, Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED, Status.READY_AT_COUNTER, Status.COLLECTED,
    }  # fmt: skip


# --- sending -----------------------------------------------------------------------------------


def test_the_console_writes_messages_with_link_and_number_masked(
    mailed: Mailed, caplog: pytest.LogCaptureFixture
) -> None:
    queue(card_ids=ids(mailed.cards[:1]), occasion=Occasion.DISPATCHED, at=MORNING)
    with caplog.at_level(logging.INFO, logger="delivery.messages.channels"):
        assert send_queued(at=MORNING, limit=10) == Sent(sent=1)
    assert str(mailed.items[0].number) in caplog.text
    message = Message.objects.get()
    assert (message.state, message.sent_at, message.attempts) == ("SENT", MORNING, 1)
    assert send_queued(at=MORNING, limit=10) == Sent()


def test_nothing_is_sent_at_night_even_if_it_was_queued_by_day(mailed: Mailed) -> None:
    queue(card_ids=ids(mailed.cards), occasion=Occasion.DISPATCHED, at=MORNING)
    assert send_queued(at=NIGHT, limit=10) == Sent(postponed=3)
    assert set(Message.objects.values_list("attempts", "not_before")) == {
        (0, datetime.fromisoformat("2020-05-05T08:00:00+07:00"))
    }


def test_news_that_is_no_longer_true_is_withdrawn(
    registry: Office, post_office: Office, counter: Office
) -> None:
    card = shelve_cards(registry=registry, post_office=post_office, number=1)[0]
    CounterStay.objects.filter(card=card).update(live=None)
    assert send_queued(at=datetime.fromisoformat("2020-05-21T10:00:00+07:00"), limit=10) == Sent(withdrawn=1)


def test_a_collected_card_is_no_longer_announced_but_its_collection_is(mailed: Mailed) -> None:
    record_events(
        events=[mailed.event(0, Status.DELIVERED, hours=1)], recorded_at=MORNING, recorded_by_id=None
    )
    queue(card_ids=ids(mailed.cards), occasion=Occasion.DISPATCHED, at=MORNING)
    assert send_queued(at=MORNING, limit=10) == Sent(sent=2, withdrawn=1)
    assert state_of(mailed.cards[0])[0] == "DELIVERED"


def test_a_card_that_comes_back_is_no_longer_announced_as_posted(mailed: Mailed) -> None:
    queue(card_ids=ids(mailed.cards), occasion=Occasion.DISPATCHED, at=MORNING)
    back = mailed.event(0, Status.RETURNING, hours=1, reason="ADDRESS_NOT_FOUND")
    record_events(events=[back], recorded_at=MORNING, recorded_by_id=None)
    assert send_queued(at=MORNING, limit=10) == Sent(sent=2, withdrawn=1)


def _is_english(text: str) -> bool:
    return "Open: " in text


def test_opening_hours_are_said_in_the_residents_language(
    registry: Office, post_office: Office, counter: Office, gateway: Provider
) -> None:
    cards = factories.make_cards(office=registry, number=2, phone=PHONE)
    ContactChoice.objects.create(card=cards[1], language="en", chosen_at=MORNING)
    shelve_cards(registry=registry, post_office=post_office, number=2, cards=cards)
    send_queued(at=datetime.fromisoformat("2020-05-21T10:00:00+07:00"), limit=10)
    indonesian, english = sorted((body["message"] for _headers, body in gateway.requests), key=_is_english)
    assert "Buka: Senin–Jumat 08.00–15.00 WIB." in indonesian
    assert "Open: Monday–Friday 08.00–15.00 WIB." in english
    assert "Buka: " not in english


def test_an_offered_place_says_its_day_and_how_long_it_is_kept(
    registry: Office, post_office: Office, counter: Office, gateway: Provider
) -> None:
    cards = factories.make_cards(office=registry, number=1, phone=PHONE)
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1, cards=cards)
    at = datetime.fromisoformat("2020-05-21T10:00:00+07:00")
    WaitingEntry.objects.create(
        card=card, counter=counter, lane="URGENT", day=at.date() + timedelta(days=1), state="OFFERED", joined_at=at,
        offered_until=at + timedelta(minutes=90),
    )  # fmt: skip
    Message.objects.all().delete()
    queue(card_ids=[card.pk], occasion=Occasion.PLACE_OFFERED, at=at)
    assert send_queued(at=at, limit=10) == Sent(sent=1)
    assert (
        "pada 22 Mei 2020. Kami simpan untuk Anda sampai 21 Mei 2020 pukul 11.30. Ambil tempat ini di http"
        in (gateway.requests[0][1]["message"])
    )


def test_withdraw_takes_back_what_is_not_sent(cards: list[Card]) -> None:
    queue(card_ids=ids(cards), occasion=Occasion.REGISTERED, at=MORNING)
    Message.objects.filter(card=cards[0]).update(state="SENT", sent_at=MORNING)
    assert withdraw(card_ids=ids(cards), occasions=[Occasion.REGISTERED]) == 2


@pytest.fixture
def gateway(settings: Any) -> Iterator[Provider]:
    with provider() as told:
        settings.MESSAGE_CHANNEL = "GATEWAY"
        settings.MESSAGE_GATEWAY_URL = told.url
        settings.MESSAGE_GATEWAY_TOKEN = "rahasia"
        settings.MESSAGE_GATEWAY_PHONE_FIELD = "target"
        settings.MESSAGE_GATEWAY_TEXT_FIELD = "message"
        yield told


def test_a_gateway_gets_number_text_and_a_key_that_is_the_same_at_each_try(
    mailed: Mailed, gateway: Provider
) -> None:
    gateway.statuses = [503, 200]
    card = mailed.cards[0]
    queue(card_ids=[card.pk], occasion=Occasion.DISPATCHED, at=MORNING)
    assert send_queued(at=MORNING, limit=10) == Sent(retried=1)
    assert send_queued(at=MORNING, limit=10) == Sent()
    assert send_queued(at=MORNING + WAITS[0], limit=10) == Sent(sent=1)
    (first, body), (second, _same) = gateway.requests
    assert first["Authorization"] == "Bearer rahasia"
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    assert body["target"] == "628123456789"
    assert body["message"].startswith("Halo Warga, KTP-el Anda dikirim")
    assert link_token_of(card) in body["message"]
    assert pin_of(card) in body["message"]
    assert card.nik not in json.dumps(body)
    assert Message.objects.get().provider_id == "p-1"


@pytest.mark.parametrize(
    ("status", "result"),
    [(400, Sent(failed=1)), (302, Sent(failed=1)), (429, Sent(retried=1)), (500, Sent(retried=1))],
)
def test_a_gateways_refusal_ends_a_message_and_its_trouble_does_not(
    mailed: Mailed, gateway: Provider, status: int, result: Sent
) -> None:
    gateway.statuses = [status]
    queue(card_ids=ids(mailed.cards[:1]), occasion=Occasion.DISPATCHED, at=MORNING)
    assert send_queued(at=MORNING, limit=10) == result


def test_a_gateway_that_stays_down_ends_the_message_after_the_last_try(mailed: Mailed, settings: Any) -> None:
    settings.MESSAGE_CHANNEL = "GATEWAY"
    settings.MESSAGE_GATEWAY_URL = "http://127.0.0.1:9"
    queue(card_ids=ids(mailed.cards[:1]), occasion=Occasion.DISPATCHED, at=MORNING)
    at = MORNING
    results = []
    for wait in (*WAITS, timedelta(days=1)):
        results.append(send_queued(at=at, limit=10))
        at = next_allowed(at + wait, zone=ZoneInfo("Asia/Jakarta"))
    assert results == [Sent(retried=1)] * (MAX_ATTEMPTS - 1) + [Sent(failed=1)]
    assert Message.objects.get().state == "FAILED"


def test_an_answer_that_is_no_json_still_counts_as_sent(mailed: Mailed, gateway: Provider) -> None:
    gateway.answer = "OK"
    queue(card_ids=ids(mailed.cards[:1]), occasion=Occasion.DISPATCHED, at=MORNING)
    assert send_queued(at=MORNING, limit=10) == Sent(sent=1)
    assert Message.objects.get().provider_id == ""


def test_whatsapp_gets_the_occasions_template_in_the_residents_language(
    mailed: Mailed, settings: Any
) -> None:
    ContactChoice.objects.create(card=mailed.cards[0], phone="0811000111", language="en", chosen_at=MORNING)
    with provider() as told:
        told.answer = '{"messages": [{"id": "wamid.1"}]}'
        settings.MESSAGE_CHANNEL = "WHATSAPP"
        settings.WHATSAPP_URL, settings.WHATSAPP_PHONE_ID, settings.WHATSAPP_TOKEN = told.url, "123", "t"
        queue(card_ids=ids(mailed.cards[:1]), occasion=Occasion.DISPATCHED, at=MORNING)
        assert send_queued(at=MORNING, limit=10) == Sent(sent=1)
    body = told.requests[0][1]
    assert (body["to"], body["template"]["name"], body["template"]["language"]["code"]) == (
        "62811000111", "antarktp_dispatched", "en",
    )  # fmt: skip
    parameters = [each["text"] for each in body["template"]["components"][0]["parameters"]]
    card, item = mailed.cards[0], mailed.items[0]
    link = f"{settings.PUBLIC_URL}/t/{link_token_of(card)}"
    assert parameters == ["Warga", item.number, link, pin_of(card)]
    assert Message.objects.get().provider_id == "wamid.1"


def test_e_mail_goes_to_the_address_that_the_resident_gave(mailed: Mailed, settings: Any) -> None:
    settings.MESSAGE_CHANNEL = "EMAIL"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ContactChoice.objects.create(card=mailed.cards[0], email="warga@example.test", chosen_at=MORNING)
    queue(card_ids=ids(mailed.cards), occasion=Occasion.DISPATCHED, at=MORNING)
    assert send_queued(at=MORNING, limit=10) == Sent(sent=1)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["warga@example.test"], "KTP-el Anda")


def test_a_sender_that_died_leaves_its_messages_to_the_next_one_after_the_lease(mailed: Mailed) -> None:
    queue(card_ids=ids(mailed.cards), occasion=Occasion.DISPATCHED, at=MORNING)
    Message.objects.update(attempts=1, not_before=MORNING + LEASE)
    assert send_queued(at=MORNING + LEASE - timedelta(seconds=1), limit=10) == Sent()
    assert send_queued(at=MORNING + LEASE, limit=2) == Sent(sent=2)
    assert send_queued(at=MORNING + LEASE, limit=2) == Sent(sent=1)


# --- reminders and the command -----------------------------------------------------------------


def test_reminders_are_due_on_days_seven_and_fourteen_and_a_missed_run_is_made_up_for(
    registry: Office, post_office: Office, counter: Office
) -> None:
    shelve_cards(registry=registry, post_office=post_office, number=1)  # arrived on 20 May
    due = {}
    for day in ("2020-05-26", "2020-05-27", "2020-05-28", "2020-06-03", "2020-06-12", "2020-06-20"):
        due[day] = queue_reminders(at=datetime.fromisoformat(f"{day}T09:00:00+07:00"))
    assert due == {
        "2020-05-26": 0, "2020-05-27": 1, "2020-05-28": 0, "2020-06-03": 1, "2020-06-12": 0, "2020-06-20": 0,
    }  # fmt: skip
    assert list(Message.objects.filter(occasion="REMINDER").order_by("sequence").values_list("sequence")) == [
        (1,), (2,),
    ]  # fmt: skip


def test_the_command_writes_reminders_and_sends(mailed: Mailed) -> None:
    queue(card_ids=ids(mailed.cards), occasion=Occasion.DISPATCHED, at=MORNING)
    output = StringIO()
    with time_machine.travel(MORNING + timedelta(minutes=1)):
        call_command("send_messages", "--json", stdout=output)
    assert json.loads(output.getvalue()) == {
        "registered": 0, "reminders": 0, "sent": 3, "retried": 0, "failed": 0, "withdrawn": 0, "postponed": 0,
        "paced": 0,
    }  # fmt: skip
    assert "0" in _run_as_text()


def _run_as_text() -> str:
    output = StringIO()
    with time_machine.travel(MORNING + timedelta(minutes=2)):
        call_command("send_messages", stdout=output)
    return output.getvalue()


def test_the_command_names_a_channel_that_does_not_exist(cards: list[Card]) -> None:
    queue(card_ids=ids(cards), occasion=Occasion.REGISTERED, at=MORNING, channel="PIGEON")
    with (
        time_machine.travel(MORNING + timedelta(minutes=1)),
        pytest.raises(CommandError, match=r"PIGEON.*CONSOLE, EMAIL"),
    ):
        call_command("send_messages")
