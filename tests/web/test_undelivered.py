"""The pages about cards that reached nobody: decide, keep or send back, sign off, destroy; each office its own."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import Role, User
from delivery.models import CounterStay, Destruction, ReturnReceipt, StrayItem, VillageList
from delivery.overdue import mark_overdue
from delivery.return_routing import route_returns
from offices.follow_ups import rule_of
from offices.models import Office
from privacy.models import AccessRecord
from shipments.models import BacklogEntry, Card
from tests import factories
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import ARRIVED_AT, RETURNED_AT, SERVED_AT, bring_back, shelve_cards
from tests.web.conftest import SignIn
from tests.web.desks import statements

DECIDE = "/retur/keputusan/"
REGISTRY_LIST = "/retur/dinas/"
OVERDUE = "/loket/rak/lewat-waktu/"
STRAYS = "/retur/disisihkan/"
DESTROY = "/pemusnahan/"


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False), translation.override("en"):
        yield


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def chief(sign_in: SignIn, supervisor: User) -> Client:
    return english(sign_in(supervisor))


@pytest.fixture
def clerk(sign_in: SignIn, counter_user: User) -> Client:
    return english(sign_in(counter_user))


@pytest.fixture
def stranger(sign_in: SignIn, db: None) -> Client:
    """A supervisor of another registry."""
    office = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    return english(sign_in(factories.make_user(role=Role.SUPERVISOR, office=office)))


def returned(registry: Office, post_office: Office, reason: str = "ABSENT", number: int = 1) -> list[Card]:
    mailed = mail_cards(office=registry, post_office=post_office, number=number)
    bring_back(mailed, office=registry, reason=reason)
    return mailed.cards


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def sheet(response: Any) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(BytesIO(b"".join(response)))
    rows: list[tuple[Any, ...]] = list(book.worksheets[0].iter_rows(values_only=True))
    return rows


def late(registry: Office, post_office: Office, number: int = 2) -> list[Card]:
    cards = shelve_cards(registry=registry, post_office=post_office, number=number)
    CounterStay.objects.update(hold_until="2020-05-24")
    mark_overdue(at=SERVED_AT)
    return cards


# returns


def test_ticked_returns_are_sent_again_and_the_others_wait(
    chief: Client, stranger: Client, registry: Office, post_office: Office
) -> None:
    first, second = returned(registry, post_office, number=2)
    answer = {"card": first.pk, "decision": "SEND_AGAIN"}
    stranger.post(DECIDE, answer)
    assert BacklogEntry.objects.count() == 0
    page = chief.post(DECIDE, answer, follow=True)
    assert told(page) == ["1 cards were decided."]
    assert BacklogEntry.objects.get().card == first
    assert [row.card for row in page.context["page"]] == [second]
    assert told(chief.post(DECIDE, {"decision": "SEND_AGAIN"}, follow=True)) == ["Tick at least one card."]
    assert told(chief.post(DECIDE, {"card": second.pk, "decision": "BURN"}, follow=True))[0].startswith(
        "BURN is"
    )
    assert list(stranger.get(DECIDE).context["page"]) == []


def test_a_return_is_sent_to_another_address_from_its_form(
    chief: Client, stranger: Client, registry: Office, post_office: Office
) -> None:
    (card,) = returned(registry, post_office)
    path = f"/retur/alamat/{card.reference}/"
    assert stranger.get(path).status_code == 404
    form = chief.get(path).context["form"]
    assert form.initial["desa_kelurahan"] == "Jatimulya"
    typed = {
        **form.initial,
        "alamat": "Jl. Melati 5",
        "kabupaten": "Kota Bekasi",
        "kecamatan": "Bekasi Timur",
    }
    typed |= {"desa_kelurahan": "Margahayu", "kode_pos": "17113"}
    refused = chief.post(path, typed)
    assert (refused.status_code, BacklogEntry.objects.count()) == (409, 0)
    assert "outside this registry office" in refused.content.decode()
    page = chief.post(path, {**form.initial, "alamat": "Jl. Melati 5"}, follow=True)
    assert told(page) == ["The card is in the backlog again."]
    assert BacklogEntry.objects.get().card == card


def test_the_registrys_list_is_signed_and_leaves_as_a_file_with_a_record_of_each_person(
    chief: Client, stranger: Client, registry: Office, post_office: Office
) -> None:
    (dead,) = returned(registry, post_office, "DECEASED")
    (moved,) = returned(registry, post_office, "MOVED")
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    assert list(stranger.get(REGISTRY_LIST).context["page"]) == []
    rows = sheet(chief.get(f"{REGISTRY_LIST}unduh.xlsx?state=open"))
    assert [row[:4] for row in rows[1:]] == [
        (dead.reference, dead.nik, dead.name, "deceased"), (moved.reference, moved.nik, moved.name, "moved away"),
    ]  # fmt: skip
    exported = AccessRecord.objects.filter(action="EXPORT", subject_kind="card")
    assert sorted(exported.values_list("subject_key", flat=True)) == [dead.reference, moved.reference]
    page = chief.post(REGISTRY_LIST, {"card": dead.pk, "what": "sign-off"}, follow=True)
    assert [row.card for row in page.context["page"]] == [moved]
    dead.refresh_from_db()
    assert dead.disposition == "VOID"
    page = chief.post(REGISTRY_LIST, {"card": moved.pk, "what": "take-off"}, follow=True)
    assert told(page) == ["1 cards wait for a decision again."]
    assert ReturnReceipt.objects.get(card=moved).decision == "UNDECIDED"
    assert chief.get(f"{REGISTRY_LIST}unduh.pdf").status_code == 404


def test_what_was_put_aside_is_a_case_until_it_is_settled(
    clerk: Client, stranger: Client, counter: Office
) -> None:
    stray = StrayItem.objects.create(
        office=counter, scanned="P2005040000001", outcome="UNKNOWN", found_at=SERVED_AT
    )
    assert stranger.post(f"{STRAYS}{stray.pk}/", {"resolution": "x"}).status_code == 404
    assert told(clerk.post(f"{STRAYS}{stray.pk}/", {"resolution": " "}, follow=True)) != [
        "The case was settled."
    ]
    assert "P2005040000001" in clerk.get(STRAYS).content.decode()
    page = clerk.post(f"{STRAYS}{stray.pk}/", {"resolution": "dikirim ke kota"}, follow=True)
    assert (told(page), list(page.context["page"])) == (["The case was settled."], [])
    again = clerk.post(f"{STRAYS}{stray.pk}/", {"resolution": "lain"}, follow=True)
    assert told(again) == ["Somebody has settled this case already."]
    assert "dikirim ke kota" in clerk.get(STRAYS, {"state": "settled"}).content.decode()


# shelves


def test_overdue_cards_are_given_to_the_village_kept_or_sent_back(
    clerk: Client, stranger: Client, registry: Office, post_office: Office, counter: Office
) -> None:
    first, second = late(registry, post_office)
    (third,) = late(registry, post_office, number=1)
    stranger.post(OVERDUE, {"card": first.pk, "what": "registry"})
    assert CounterStay.objects.filter(live=True).count() == 3
    incomplete = clerk.post(OVERDUE, {"card": first.pk, "what": "village"})
    assert (incomplete.status_code, set(incomplete.context["form"].errors)) == (422, {"until", "officer"})
    village = {"card": first.pk, "what": "village", "until": "2020-06-08", "officer": "Sekretaris Desa"}
    assert told(clerk.post(OVERDUE, village, follow=True)) == ["It was done with 1 card."]
    assert VillageList.objects.get().entries.get().card == first
    clerk.post(OVERDUE, {"card": second.pk, "what": "keep", "until": "2020-06-08", "reason": "sakit"})
    assert str(CounterStay.objects.get(card=second, live=True).hold_until) == "2020-06-08"
    page = clerk.post(OVERDUE, {"card": third.pk, "what": "registry"}, follow=True)
    assert list(page.context["page"]) == []
    assert third.transfers.get(live=True).transfer.to_office == registry


def test_a_village_list_takes_cards_of_one_village(
    clerk: Client, registry: Office, post_office: Office, counter: Office
) -> None:
    (first,) = late(registry, post_office, number=1)
    elsewhere = factories.make_cards(office=registry, number=1, village_code="32.16.06.1002")
    shelve_cards(registry=registry, post_office=post_office, number=1, cards=elsewhere)
    CounterStay.objects.update(hold_until="2020-05-24")
    asked = {"card": [first.pk, elsewhere[0].pk], "what": "village", "until": "2020-06-08", "officer": "X"}
    refused = clerk.post(OVERDUE, asked)
    assert told(refused) == ["Tick cards of one village: each village's officer has a list of their own."]
    assert VillageList.objects.count() == 0


def test_a_supervisor_sees_the_age_of_every_shelf_and_lists_leave_as_files(
    chief: Client, clerk: Client, stranger: Client, registry: Office, post_office: Office, counter: Office
) -> None:
    cards = late(registry, post_office)
    for client, seen in ((chief, 1), (clerk, 1), (stranger, 0)):
        assert len(client.get("/loket/rak/umur/").context["page"]) == seen
        assert len(sheet(client.get("/loket/rak/umur/unduh.xlsx"))) == 1 + seen
        assert len(sheet(client.get(f"{OVERDUE}unduh.xlsx"))) == 1 + 2 * seen
        assert len(sheet(client.get("/pemindahan/unduh.xlsx"))) == 1 + seen
    rows = sheet(clerk.get("/loket/rak/unduh.xlsx"))
    assert sorted(row[0] for row in rows[1:]) == sorted(card.reference for card in cards)
    assert rows[1][6] == "village list"
    lines = b"".join(chief.get("/retur/unduh.csv?decision=COUNTER")).decode().splitlines()
    assert len(lines) == 3
    assert AccessRecord.objects.filter(action="EXPORT", subject_key="shelf", records=2).count() == 3
    assert AccessRecord.objects.get(subject_key="returns").records == 2


@pytest.mark.parametrize("path", [OVERDUE, DECIDE, REGISTRY_LIST])
def test_two_rows_cost_what_twelve_cost(
    chief: Client, registry: Office, post_office: Office, counter: Office, path: str
) -> None:
    def more(number: int) -> None:
        late(registry, post_office, number)
        returned(registry, post_office, "DECEASED", number)
        route_returns(office_id=registry.pk, actor_id=None, at=ARRIVED_AT)
        returned(registry, post_office, number=number)

    more(2)
    few = statements(chief, path)
    more(10)
    assert statements(chief, path) == few


# destruction and rules


def test_two_officers_sign_on_their_own_pages_and_the_record_is_printed(
    chief: Client, stranger: Client, sign_in: SignIn, registry: Office, post_office: Office
) -> None:
    factories.make_cards(office=registry, number=2, disposition="DAMAGED")
    printer = english(sign_in(factories.make_user(role=Role.PRINTING, office=registry)))
    assert "2 cards: make a list" in chief.get(DESTROY).content.decode()
    page = chief.post(f"{DESTROY}baru/kartu/", {"all": "1"}, follow=True)
    row = Destruction.objects.get()
    path = f"{DESTROY}{row.pk}/"
    assert page.redirect_chain == [(path, 302)]
    assert [stranger.get(path).status_code, stranger.post(f"{path}tarik/").status_code] == [404, 404]
    wrong = chief.post(path, {"counted": 3})
    assert (wrong.status_code, wrong.context["refusal"][:25]) == (409, "The list holds 2 cards, n")
    chief.post(path, {"counted": 2})
    assert "You have signed." in chief.get(path).content.decode()
    assert chief.post(path, {"counted": 2}).status_code == 409
    chief.post(f"{path}tarik/")
    chief.post(path, {"counted": 2})
    assert told(printer.post(path, {"counted": 2}, follow=True)) == ["The cards are destroyed."]
    assert Card.objects.filter(disposition="DESTROYED").count() == 2
    late_cancel = chief.post(f"{path}batal/", {"reason": "x"}, follow=True)
    assert told(late_cancel)[-1:] == [f"The cards of list {row.number} are destroyed. That cannot be undone."]
    record = chief.get(f"{path}berita-acara.pdf")
    assert b"".join(record).startswith(b"%PDF")


def test_a_list_of_nothing_is_refused_and_an_unsigned_one_is_cancelled(
    chief: Client, registry: Office
) -> None:
    refused = chief.post(f"{DESTROY}baru/kartu/", {}, follow=True)
    assert told(refused) == ["There is nothing to destroy. Choose cards of the list."]
    (card,) = factories.make_cards(office=registry, number=1, disposition="VOID")
    chief.post(f"{DESTROY}baru/kartu/", {"card": card.pk})
    row = Destruction.objects.get()
    assert told(chief.post(f"{DESTROY}{row.pk}/batal/", {"reason": "salah"}, follow=True)) == [
        "The list was cancelled."
    ]
    assert "salah" in chief.get(f"{DESTROY}{row.pk}/").content.decode()


def test_a_supervisor_sets_the_rule_of_an_own_office_only(
    chief: Client, stranger: Client, post_office: Office
) -> None:
    asked = {"office": post_office.pk, "attempts": 2, "days": "", "follows": "VILLAGE", "hold_days": ""}
    stranger.post("/tindak-lanjut/", asked)
    assert rule_of(office=post_office).follows == "COUNTER"
    page = chief.post("/tindak-lanjut/", asked, follow=True)
    assert told(page) == ["The rule was set."]
    assert (rule_of(office=post_office).attempts, rule_of(office=post_office).follows) == (2, "VILLAGE")
    assert "until 2 attempts" in page.content.decode()
    bad = chief.post("/tindak-lanjut/", {**asked, "attempts": 0})
    assert set(bad.context["form"].errors) == {"attempts"}


def test_a_decision_at_the_review_desk_sends_a_returned_card_on(
    chief: Client, registry: Office, post_office: Office
) -> None:
    (card,) = returned(registry, post_office, "ADDRESS_NOT_FOUND")
    chief.post(DECIDE, {"card": card.pk, "decision": "ADDRESS"})
    (group,) = chief.get("/tinjau-alamat/").context["groups"]
    page = chief.get("/tinjau-alamat/kelompok/", {"group": group.group_key})
    assert "the post did not find this address" in page.content.decode()
    decision = {
        "decision": "CORRECTED",
        "alamat": "Jl. Mawar 7",
        "desa_kelurahan": "Jatimulya",
        "everyone": "on",
    }
    chief.post(f"/tinjau-alamat/kelompok/?group={group.group_key}", decision)
    assert BacklogEntry.objects.get().card == card
    assert ReturnReceipt.objects.get().decision == "SEND_AGAIN"
