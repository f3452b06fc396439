"""A village list is made from the shelf, printed with room for signatures, and reported card by card."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import Role, User
from delivery.models import Delivery, VillageList
from delivery.village_lists import make_village_list
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import SERVED_AT, bring_back
from tests.web.conftest import SignIn
from tests.web.desks import Shelve, on_shelf, shelver, statements

LISTS = "/daftar-desa/"
TYPED = {"village_code": factories.JATIMULYA, "officer": "Kasi Contoh", "return_by": "2020-06-08"}


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False), translation.override("en"):
        yield


@pytest.fixture
def shelve(registry: Office, post_office: Office, counter: Office) -> Shelve:
    return shelver(registry, post_office)


@pytest.fixture
def clerk(sign_in: SignIn, counter_user: User) -> Client:
    return english(sign_in(counter_user))


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def made(counter: Office) -> VillageList:
    return make_village_list(
        office_id=counter.pk, village_code=factories.JATIMULYA, card_ids=None, officer="Kasi Contoh",
        return_by=date(2020, 6, 8), actor_id=None, at=SERVED_AT - timedelta(hours=1),
    )  # fmt: skip


def report(client: Client, bundle: VillageList, said: dict[Card, str], **more: str) -> Any:
    typed = {f"result-{card.pk}": text for card, text in said.items()}
    return client.post(f"{LISTS}{bundle.pk}/", {**typed, **more})


def test_all_cards_of_the_village_go_on_the_list(clerk: Client, shelve: Shelve) -> None:
    cards = shelve(3)
    assert clerk.get(LISTS).context["waiting"] == [("32.16.06.1001", "Jatimulya, Tambun Selatan (3)")]
    response = clerk.post(LISTS, TYPED)
    bundle = VillageList.objects.get()
    assert response["Location"] == f"{LISTS}{bundle.pk}/"
    assert (bundle.cards, bundle.officer, bundle.return_by) == (3, "Kasi Contoh", date(2020, 6, 8))
    assert [on_shelf(card) for card in cards] == [False] * 3
    assert "There is no village list." not in clerk.get(LISTS).content.decode()


def test_a_registry_makes_a_list_from_what_came_back_to_it(
    sign_in: SignIn, supervisor: User, registry: Office, post_office: Office
) -> None:
    bring_back(mail_cards(office=registry, post_office=post_office, number=2), office=registry)
    client = english(sign_in(supervisor))
    assert client.get(LISTS).context["waiting"] == [("32.16.06.1001", "Jatimulya, Tambun Selatan (2)")]
    assert client.post(LISTS, TYPED).status_code == 302
    assert VillageList.objects.get().cards == 2


def test_a_day_that_has_passed_is_refused_and_what_was_typed_is_kept(clerk: Client, shelve: Shelve) -> None:
    (card,) = shelve(1)
    response = clerk.post(LISTS, {**TYPED, "return_by": "2020-05-24"})
    assert response.status_code == 409
    assert response.context["refusal"] == (
        "24 May 2020 has passed. Write the day by which leftovers come back."
    )
    assert 'value="Kasi Contoh"' in response.content.decode()
    assert not VillageList.objects.exists()
    assert on_shelf(card)


def test_a_village_without_cards_here_cannot_be_chosen(clerk: Client, shelve: Shelve) -> None:
    shelve(1)
    response = clerk.post(LISTS, {**TYPED, "village_code": "32.16.06.2003"})
    assert response.status_code == 422
    assert "village_code" in response.context["form"].errors
    assert not VillageList.objects.exists()


def test_the_list_prints_with_names_and_room_for_signatures(
    clerk: Client, shelve: Shelve, counter: Office
) -> None:
    (card,) = shelve(1)
    page = clerk.get(f"{LISTS}{made(counter).pk}/").content.decode()
    for text in ("Handover record", card.name, "001/007", card.reference, "Received (date, name, signature)"):
        assert text in page
    assert "data-print" in page
    assert card.nik not in page


def test_what_the_officer_reports_is_written_card_by_card(
    clerk: Client, shelve: Shelve, counter: Office
) -> None:
    holder, family, missing, back, rest = cards = shelve(5)
    bundle = made(counter)
    said = {holder: "GIVEN:HOLDER", family: "GIVEN:FAMILY", missing: "NOT_FOUND:", back: "RETURNED:"}
    response = report(clerk, bundle, said)
    assert response.status_code == 302
    assert (
        "Given 2, not found 1, brought back 1; 2 still out."
        in clerk.get(response["Location"]).content.decode()
    )
    states = [Delivery.objects.get(card=card).status for card in cards]
    assert states == ["GIVEN_BY_VILLAGE", "GIVEN_BY_VILLAGE", "AT_VILLAGE", "READY_AT_COUNTER", "AT_VILLAGE"]
    assert [Delivery.objects.get(card=card).receiver for card in (holder, family)] == ["HOLDER", "FAMILY"]
    assert bundle.entries.get(card=rest).result == "OPEN"


def test_the_choice_for_all_others_leaves_what_was_not_found_alone(
    clerk: Client, shelve: Shelve, counter: Office
) -> None:
    missing, other, last = shelve(3)
    bundle = made(counter)
    report(clerk, bundle, {missing: "NOT_FOUND:"})
    report(clerk, bundle, {last: "RETURNED:"}, rest="GIVEN:HOLDER")
    results = {entry.card_id: entry.result for entry in bundle.entries.all()}
    assert results == {missing.pk: "NOT_FOUND", other.pk: "GIVEN", last.pk: "RETURNED"}


def test_a_list_closes_when_no_card_is_out(clerk: Client, shelve: Shelve, counter: Office) -> None:
    shelve(2)
    bundle = made(counter)
    report(clerk, bundle, {}, rest="GIVEN:HOLDER")
    bundle.refresh_from_db()
    assert bundle.closed_at == SERVED_AT
    assert "<select" not in clerk.get(f"{LISTS}{bundle.pk}/").content.decode()


@pytest.mark.parametrize("said", ["", "STOLEN:", "GIVEN"])
def test_a_report_without_a_result_is_refused(
    said: str, clerk: Client, shelve: Shelve, counter: Office
) -> None:
    (card,) = shelve(1)
    bundle = made(counter)
    response = report(clerk, bundle, {card: said})
    assert response.status_code == 409
    assert response.context["refusal"] == "Choose a result for at least one card."
    assert bundle.entries.get().result == "OPEN"


def test_another_counter_finds_no_list(
    sign_in: SignIn, registry: Office, shelve: Shelve, counter: Office
) -> None:
    (card,) = shelve(1)
    bundle = made(counter)
    office = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    client = sign_in(factories.make_user(role=Role.COUNTER, office=office))
    assert client.get(f"{LISTS}{bundle.pk}/").status_code == 404
    assert report(client, bundle, {card: "GIVEN:HOLDER"}).status_code == 404
    assert bundle.number not in client.get(LISTS).content.decode()
    assert bundle.entries.get().result == "OPEN"


def test_two_cards_on_a_list_cost_what_twenty_cost(clerk: Client, shelve: Shelve, counter: Office) -> None:
    shelve(2)
    small = made(counter)
    few = statements(clerk, f"{LISTS}{small.pk}/"), statements(clerk, LISTS)
    shelve(20)
    large = made(counter)
    assert (statements(clerk, f"{LISTS}{large.pk}/"), statements(clerk, LISTS)) == few
