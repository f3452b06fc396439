"""The holder's choices on the page: kept, refused in plain words, never shown to anybody else."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from delivery.access import pin_of
from delivery.address_requests import decide_correction
from delivery.models import AddressRequest, ContactChoice, ResidentChoice
from offices.models import Office
from shipments.backlog import fill_backlog
from shipments.models import Card
from tests import factories
from tests.delivery.mailing import state_of
from tests.delivery.shelving import SERVED_AT, shelve_cards
from tests.web.conftest import SignIn

CARD = "/lacak/kartu/"
PATHS = ["/lacak/cara/", "/lacak/kontak/", "/lacak/alamat/", "/lacak/siapa/", "/lacak/pindah/"]


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False):
        yield


@pytest.fixture
def reader(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def card(registry: Office) -> Card:
    card = factories.make_cards(office=registry, number=1, phone="081299988877")[0]
    fill_backlog(office_id=registry.pk, at=SERVED_AT)
    return card


@pytest.fixture
def shelved(registry: Office, post_office: Office, counter: Office) -> Card:
    return shelve_cards(registry=registry, post_office=post_office, number=1)[0]


def choose(client: Client, card: Card, path: str, **typed: str) -> Any:
    client.post("/lacak/", {"way": "number", "number": card.reference, "pin": pin_of(card)})
    return client.post(path, typed)


def page_after(client: Client, answer: Any) -> str:
    assert answer.status_code == 302, answer.content.decode()
    return client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_chosen_without_an_opened_card(path: str, client: Client, card: Card) -> None:
    answer = client.post(path, {"channel": "COUNTER", "phone": "0812345678", "wish": "RESEND", "alamat": "x"})
    assert answer["Location"] == "/lacak/"
    assert client.get(path).status_code == 405
    assert Card.objects.get(pk=card.pk).channel == "POST"
    assert not ContactChoice.objects.exists()
    assert not AddressRequest.objects.exists()


def test_the_counter_is_chosen_before_dispatch_and_the_page_says_what_follows(
    reader: Client, card: Card
) -> None:
    page = page_after(reader, choose(reader, card, "/lacak/cara/", channel="COUNTER"))
    assert "Your choice is kept." in page
    assert "Your card will come to a counter" in page
    assert "Have it posted" in page


def test_a_way_that_does_not_exist_is_refused(reader: Client, card: Card) -> None:
    answer = choose(reader, card, "/lacak/cara/", channel="MERPATI")
    assert answer.status_code == 409
    assert "Your card has moved on" in answer.content.decode()


def test_another_phone_is_kept_and_never_shown(reader: Client, card: Card) -> None:
    page = page_after(reader, choose(reader, card, "/lacak/kontak/", phone="0811 2223 334", email=""))
    assert ContactChoice.objects.get().phone == "628112223334"
    assert ContactChoice.objects.get().language == "en"
    assert "to the number that you named" in page
    for secret in ("8112223334", "081299988877"):
        assert secret not in page


def test_a_wrong_phone_is_refused_and_stays_typed(reader: Client, card: Card, settings: Any) -> None:
    settings.MESSAGE_EMAIL = True
    answer = choose(reader, card, "/lacak/kontak/", phone="021-555", email="warga@example.test")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This is no Indonesian mobile number." in page
    assert 'value="021-555"' in page
    assert 'value="warga@example.test"' in page


def test_messages_are_stopped_and_let_come_again(reader: Client, card: Card) -> None:
    assert "You get no more messages." in page_after(
        reader, choose(reader, card, "/lacak/kontak/", messages="no")
    )
    assert ContactChoice.objects.get().opted_out_at == SERVED_AT
    assert "You get messages again." in page_after(
        reader, choose(reader, card, "/lacak/kontak/", messages="yes")
    )
    assert ContactChoice.objects.get().opted_out_at is None


def test_a_correction_tells_its_clock_and_its_end_and_shows_no_address(
    reader: Client, card: Card, supervisor: User
) -> None:
    page = page_after(reader, choose(reader, card, "/lacak/alamat/", alamat="Jl. Rahasia 5", rt_rw="002/007"))
    assert "You get the answer by 28 May 2020, 10:00 WIB." in page
    assert "Your address is being checked" in page
    assert 'id="a_alamat"' not in page
    refused = choose(reader, card, "/lacak/alamat/", alamat="Jl. Lain 6")
    assert "A correction of yours waits already." in refused.content.decode()
    decide_correction(
        request_id=AddressRequest.objects.get().pk, accept=False, answer="Jalan itu tidak ada.", actor_id=supervisor.pk,
        at=SERVED_AT,
    )  # fmt: skip
    page = reader.get(CARD).content.decode()
    assert "The office did not accept your correction." in page
    assert "Jalan itu tidak ada." in page
    for secret in ("Rahasia", card.address.alamat):
        assert secret not in page


def test_who_comes_is_seen_by_the_clerk(
    reader: Client, shelved: Card, counter_user: User, sign_in: SignIn
) -> None:
    page = page_after(reader, choose(reader, shelved, "/lacak/siapa/", relation="SAME_FAMILY_CARD"))
    assert 'value="SAME_FAMILY_CARD" required checked' in page
    clerk = sign_in(counter_user)
    clerk.cookies["django_language"] = "en"
    desk = clerk.post("/loket/", {"scanned": shelved.reference}).content.decode()
    assert "<dt>Said to come</dt><dd>somebody on the same family card</dd>" in desk


def test_a_wish_is_seen_by_the_office_and_can_be_taken_back(
    reader: Client, shelved: Card, supervisor: User, sign_in: SignIn
) -> None:
    page = page_after(reader, choose(reader, shelved, "/lacak/pindah/", wish="RESEND"))
    assert "Your wish has reached the office." in page
    staff = sign_in(supervisor)
    assert shelved.reference in staff.get("/keinginan/").content.decode()
    assert "Your wish is taken back." in page_after(
        reader, choose(reader, shelved, "/lacak/pindah/", wish="")
    )
    assert shelved.reference not in staff.get("/keinginan/").content.decode()
    choose(reader, shelved, "/lacak/pindah/", wish="RESEND")
    staff.cookies["django_language"] = "en"
    path = f"/keinginan/{shelved.reference}/selesai/"
    assert "What the resident reads" in staff.get(path).content.decode()
    assert staff.post(path, {"answer": "x"}).status_code == 422
    assert staff.post(path, {"decision": "decline", "answer": " "}).status_code == 409
    assert ResidentChoice.objects.get().settled_at is None
    assert staff.post(path, {"decision": "decline", "answer": "Wilayah tertutup."}).status_code == 302
    assert ResidentChoice.objects.get().settled_by == supervisor
    page = reader.get(CARD).content.decode()
    assert "The office could not do what you wished." in page
    assert "Wilayah tertutup." in page
    assert "Wilayah tertutup." in staff.get(path).content.decode()
    assert staff.post(path, {"decision": "accept"}).status_code == 409


def test_an_officer_lets_the_card_go_where_its_holder_wishes(
    reader: Client, shelved: Card, supervisor: User, counter_user: User, sign_in: SignIn
) -> None:
    choose(reader, shelved, "/lacak/pindah/", wish="RESEND")
    path = f"/keinginan/{shelved.reference}/kabulkan/"
    assert sign_in(counter_user).post(path).status_code == 403
    assert not ResidentChoice.objects.filter(settled_at__isnull=False).exists()
    assert sign_in(supervisor).post(path).status_code == 302
    assert ResidentChoice.objects.get().settled_by == supervisor
    assert state_of(shelved)[0] == "IN_TRANSFER"
    assert "The office granted your wish." in reader.get(CARD).content.decode()


@pytest.mark.parametrize("wish", ["counter:3275-X", "TERBANG", "counter:"])
def test_a_wish_that_makes_no_sense_is_refused(wish: str, reader: Client, shelved: Card) -> None:
    assert choose(reader, shelved, "/lacak/pindah/", wish=wish).status_code == 409
    assert not ResidentChoice.objects.exists()
