"""Providers' call-backs: believed when signed, harmless when repeated, silent about what is not known."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from delivery.messages.sending import recipient_index
from delivery.models import Message, MessageReply, ResidentChoice
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.delivery.shelving import SERVED_AT, shelve_cards

GATEWAY, WHATSAPP = "/api/v1/callbacks/gateway/", "/api/v1/callbacks/whatsapp/"
SECRET = "rahasia-gerbang"
SENDER = "6281234567890"


@pytest.fixture(autouse=True)
def _secrets(settings: Settings) -> None:
    settings.MESSAGE_CALLBACK_SECRET = SECRET
    settings.WHATSAPP_APP_SECRET = "rahasia-aplikasi"
    settings.WHATSAPP_VERIFY_TOKEN = "kata-sandi-verifikasi"
    settings.WHATSAPP_PHONE_ID = "123"


@pytest.fixture
def card(registry: Office, post_office: Office, counter: Office) -> Card:
    cards = factories.make_cards(office=registry, number=1, phone=SENDER)
    shelve_cards(registry=registry, post_office=post_office, number=1, cards=cards)
    Message.objects.all().delete()
    return cards[0]


def told(card: Card, channel: str) -> Message:
    now = datetime.now(tz=SERVED_AT.tzinfo)
    return Message.objects.create(
        card=card, occasion="READY_AT_COUNTER", channel=channel, state="SENT", provider_id="m-1", sent_at=now,
        not_before=now, created_at=now, recipient_index=recipient_index(SENDER),
    )  # fmt: skip


def sign(raw: bytes, secret: str) -> str:
    return f"sha256={hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}"


def send(client: APIClient, path: str, document: Any, **headers: str) -> int:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    if path == WHATSAPP:
        headers.setdefault("X-Hub-Signature-256", sign(raw, "rahasia-aplikasi"))
    answer = client.post(path, data=raw, content_type="application/json", headers=headers)
    return int(answer.status_code)


def whatsapp(*, phone_id: str = "123", **told: Any) -> dict[str, Any]:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": phone_id}, **told}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": value}]}],
    }


def state() -> str:
    return Message.objects.values_list("state", flat=True).get(provider_id="m-1")


# --- a gateway --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["secret", "signature"])
def test_a_gateway_tells_a_state_with_the_secret_or_a_signature(
    way: str, anonymous: APIClient, card: Card
) -> None:
    told(card, "GATEWAY")
    document = {"id": "m-1", "status": "delivered"}
    raw = json.dumps(document).encode()
    headers = {"X-Callback-Secret": SECRET} if way == "secret" else {"X-Signature-256": sign(raw, SECRET)}
    assert send(anonymous, GATEWAY, raw, **headers) == 200
    assert state() == "DELIVERED"
    assert send(anonymous, GATEWAY, raw, **headers) == 200
    assert state() == "DELIVERED"


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Callback-Secret": "salah"}, {"X-Callback-Secret": ""}, {"X-Signature-256": sign(b"{}", SECRET)},
     {"X-Signature-256": "sha256=é"}],
)  # fmt: skip
def test_what_is_not_signed_is_refused_and_changes_nothing(
    headers: dict[str, str], anonymous: APIClient, card: Card
) -> None:
    told(card, "GATEWAY")
    assert send(anonymous, GATEWAY, {"id": "m-1", "status": "read"}, **headers) == 403
    assert state() == "SENT"


def test_without_a_secret_nothing_is_believed(anonymous: APIClient, card: Card, settings: Settings) -> None:
    settings.MESSAGE_CALLBACK_SECRET = settings.WHATSAPP_APP_SECRET = ""
    told(card, "GATEWAY")
    document = {"id": "m-1", "status": "read"}
    raw = json.dumps(document).encode()
    assert send(anonymous, GATEWAY, raw, **{"X-Signature-256": sign(raw, "")}) == 403
    assert send(anonymous, GATEWAY, raw, **{"X-Callback-Secret": ""}) == 403
    assert send(anonymous, WHATSAPP, raw, **{"X-Hub-Signature-256": sign(raw, "")}) == 403
    assert state() == "SENT"


def test_a_gateways_own_field_names_and_forms_are_read(
    anonymous: APIClient, card: Card, settings: Settings
) -> None:
    settings.MESSAGE_CALLBACK_FIELDS = {
        "id": "inboxid",
        "status": "state",
        "from": "sender",
        "text": "message",
    }
    told(card, "GATEWAY")
    for _again in range(2):
        answer = anonymous.generic(
            "POST", GATEWAY, "sender=081234567890&message=3+kirim+ulang",
            content_type="application/x-www-form-urlencoded", headers={"X-Callback-Secret": SECRET},
        )  # fmt: skip
        assert answer.status_code == 200
    answer = anonymous.generic(
        "POST", GATEWAY, "a=1&" * 101, content_type="application/x-www-form-urlencoded",
        headers={"X-Callback-Secret": SECRET},
    )  # fmt: skip
    assert answer.status_code == 200  # more fields than any gateway sends: read as none
    assert ResidentChoice.objects.get().wish == "RESEND"
    assert MessageReply.objects.count() == 1


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"[]", b"[1, null]", b"{}", b'{"id": {"a": 1}, "status": ["read"]}', b"\xff\xfe", b"[" * 3_000,
     b'{"id": "tidak-dikenal", "status": "read"}', b'{"from": "6280000000000", "text": "1"}'],
)  # fmt: skip
def test_what_means_nothing_to_us_gets_the_same_answer(raw: bytes, anonymous: APIClient, card: Card) -> None:
    told(card, "GATEWAY")
    assert send(anonymous, GATEWAY, raw, **{"X-Callback-Secret": SECRET}) == 200
    assert send(anonymous, WHATSAPP, raw) == 200
    assert state() == "SENT"
    assert not MessageReply.objects.exists()


def test_a_body_without_end_is_not_read(anonymous: APIClient, db: None) -> None:
    assert send(anonymous, GATEWAY, b" " * (512 * 1024 + 1), **{"X-Callback-Secret": SECRET}) == 413


# --- WhatsApp ---------------------------------------------------------------------------------------


def test_whatsapps_challenge_is_given_back_to_who_knows_the_token(anonymous: APIClient, db: None) -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.challenge": "1158201444",
        "hub.verify_token": "kata-sandi-verifikasi",
    }
    answer = anonymous.get(WHATSAPP, asked)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"1158201444", "text/plain")
    assert anonymous.get(WHATSAPP, {**asked, "hub.verify_token": "salah"}).status_code == 403
    assert anonymous.get(WHATSAPP, {**asked, "hub.mode": "x"}).status_code == 403
    assert anonymous.put(WHATSAPP).status_code == 405


def test_whatsapps_states_and_failures_are_taken_once(anonymous: APIClient, card: Card) -> None:
    told(card, "WHATSAPP")
    failed = whatsapp(statuses=[{"id": "m-1", "status": "failed", "errors": [{"code": 131026}]}])
    assert send(anonymous, WHATSAPP, failed, **{"X-Hub-Signature-256": "sha256=00"}) == 403
    assert state() == "SENT"
    assert send(anonymous, WHATSAPP, whatsapp(phone_id="9", statuses=failed["entry"])) == 200
    assert send(anonymous, WHATSAPP, failed) == 200
    assert send(anonymous, WHATSAPP, whatsapp(statuses=[{"id": "m-1", "status": "delivered"}])) == 200
    assert (state(), Message.objects.get().failure) == ("FAILED", "131026")


@pytest.mark.parametrize(
    "said",
    [{"type": "text", "text": {"body": "1 datang"}}, {"type": "button", "button": {"text": "1 datang"}}],
)
def test_a_whatsapp_reply_is_taken_for_the_message_that_it_answers(
    said: dict[str, Any], anonymous: APIClient, card: Card
) -> None:
    told(card, "WHATSAPP")
    message = {"id": "wamid.r", "from": SENDER, "context": {"id": "m-1"}, **said}
    assert send(anonymous, WHATSAPP, whatsapp(phone_id="9", messages=[message])) == 200
    assert not ResidentChoice.objects.exists()
    for _again in range(2):
        assert send(anonymous, WHATSAPP, whatsapp(messages=[message])) == 200
    assert ResidentChoice.objects.get().coming == "HOLDER"
    assert list(Message.objects.filter(state="QUEUED").values_list("occasion", "channel")) == [
        ("REPLY_NOTED", "WHATSAPP")
    ]


def test_a_picture_gets_help_on_how_to_reply(anonymous: APIClient, card: Card) -> None:
    told(card, "WHATSAPP")
    picture = {"id": "wamid.p", "from": SENDER, "type": "image", "image": {"id": "1"}}
    assert send(anonymous, WHATSAPP, whatsapp(messages=[picture])) == 200
    assert Message.objects.get(state="QUEUED").occasion == "REPLY_HELP"
