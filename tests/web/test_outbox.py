"""Staff see how far messages are, try failed ones again, and decide residents' corrections."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import AuditEntry, User
from delivery.address_requests import ask_correction
from delivery.models import AddressRequest, Message
from offices.models import Office
from shipments.models import BacklogEntry, Card
from tests import factories
from tests.delivery.shelving import SERVED_AT
from tests.web.conftest import SignIn
from tests.web.desks import statements

LIST, AGAIN, CORRECTIONS = "/pesan/", "/pesan/ulang/", "/koreksi-alamat/"


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False), translation.override("en"):
        yield


@pytest.fixture
def client(sign_in: SignIn, supervisor: User) -> Client:
    client = sign_in(supervisor)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def cards(registry: Office) -> list[Card]:
    return factories.make_cards(office=registry, number=3, phone="081234567890")


def message(card: Card, state: str = "FAILED", occasion: str = "DISPATCHED") -> Message:
    return Message.objects.create(
        card=card, occasion=occasion, channel="GATEWAY", state=state, attempts=6, failure="131026",
        not_before=SERVED_AT, created_at=SERVED_AT, sent_at=SERVED_AT,
    )  # fmt: skip


def test_the_list_filters_counts_and_shows_no_phone(client: Client, cards: list[Card]) -> None:
    message(cards[0])
    message(cards[1], "READ", "REMINDER")
    page = client.get(LIST)
    assert page.context["totals"] == {
        "QUEUED": 0, "SENT": 0, "DELIVERED": 0, "READ": 1, "FAILED": 1, "WITHDRAWN": 0,
    }  # fmt: skip
    text = page.content.decode()
    assert "131026" in text
    assert "81234567890" not in text
    filtered = client.get(f"{LIST}?occasion=REMINDER&state=READ").content.decode()
    assert cards[1].reference in filtered
    assert cards[0].reference not in filtered


def test_failed_messages_of_the_filter_wait_again_and_others_stay(client: Client, cards: list[Card]) -> None:
    shown, other, sent = message(cards[0]), message(cards[1], occasion="REMINDER"), message(cards[2], "READ")
    answer = client.post(AGAIN, {"query": "occasion=DISPATCHED"})
    assert answer["Location"] == f"{LIST}?occasion=DISPATCHED"
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {shown.pk: "QUEUED", other.pk: "FAILED", sent.pk: "READ"}
    shown.refresh_from_db()
    assert (shown.attempts, shown.failure) == (0, "")
    assert AuditEntry.objects.get(operation="RETRY_MESSAGES").details == {"messages": 1}
    client.post(AGAIN, {"query": "", "message": "nonsens"})
    assert Message.objects.filter(state="FAILED").count() == 1
    client.post(AGAIN, {"query": "", "message": str(other.pk)})
    assert not Message.objects.filter(state="FAILED").exists()


def test_another_offices_messages_are_neither_shown_nor_retried(client: Client) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    theirs = message(factories.make_cards(office=foreign, number=1)[0])
    assert client.get(LIST).context["totals"]["FAILED"] == 0
    client.post(AGAIN, {"query": "", "message": str(theirs.pk)})
    theirs.refresh_from_db()
    assert theirs.state == "FAILED"


def test_a_counter_sees_messages_but_retries_none(
    sign_in: SignIn, counter_user: User, cards: list[Card]
) -> None:
    clerk = sign_in(counter_user)
    assert clerk.get(LIST).status_code == 200
    assert clerk.post(AGAIN, {"query": ""}).status_code == 403


def test_the_lists_cost_the_same_for_many_rows(client: Client, cards: list[Card]) -> None:
    message(cards[0])
    ask_correction(card_id=cards[0].pk, fields={"alamat": "Jl. 1"}, at=SERVED_AT)
    few = [statements(client, path) for path in (LIST, CORRECTIONS)]
    for card in cards[1:]:
        message(card)
        ask_correction(card_id=card.pk, fields={"alamat": "Jl. 1"}, at=SERVED_AT)
    assert [statements(client, path) for path in (LIST, CORRECTIONS)] == few


# --- corrections ------------------------------------------------------------------------------------


@pytest.fixture
def correction(cards: list[Card]) -> AddressRequest:
    return ask_correction(
        card_id=cards[0].pk, fields={"alamat": "Jl. Baru 2", "desa_kelurahan": "Jatimulya"},
        at=SERVED_AT - timedelta(hours=80),
    )  # fmt: skip


def test_a_late_correction_is_marked_and_shown_beside_the_record(
    client: Client, correction: AddressRequest
) -> None:
    assert "status-bad" in client.get(CORRECTIONS).content.decode()
    page = client.get(f"{CORRECTIONS}{correction.pk}/").content.decode()
    for text in ("Jl. Baru 2", correction.card.address.alamat, "late", "32.16.06.1001"):
        assert text in page


def test_accepting_brings_the_card_back_into_the_queue(client: Client, correction: AddressRequest) -> None:
    path = f"{CORRECTIONS}{correction.pk}/"
    answer = client.post(path, {"decision": "accept", "village_code": factories.JATIMULYA})
    assert answer["Location"] == CORRECTIONS
    assert BacklogEntry.objects.filter(card=correction.card).exists()
    again = client.post(path, {"decision": "decline", "answer": "x"})
    assert (again.status_code, "Somebody has settled this case already." in again.content.decode()) == (
        409,
        True,
    )


def test_declining_needs_words_for_the_resident(client: Client, correction: AddressRequest) -> None:
    answer = client.post(f"{CORRECTIONS}{correction.pk}/", {"decision": "decline", "answer": ""})
    assert answer.status_code == 409
    correction.refresh_from_db()
    assert correction.state == "OPEN"
    assert client.post(f"{CORRECTIONS}{correction.pk}/", {"decision": "x"}).status_code == 422
