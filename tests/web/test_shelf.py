"""The shelf, transfers and returns: every scan has one big answer, and nobody sees another office's."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation
from openpyxl import load_workbook

from accounts.models import Role, User
from delivery.models import CounterStay, ReturnReceipt, StrayItem, Transfer, TransferDifference
from delivery.returns import route_returns, send_transfers
from offices.models import Office
from privacy.masking import mask_name
from privacy.models import AccessRecord
from shipments.models import Card
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards
from tests.delivery.shelving import RETURNED_AT, SERVED_AT, bring_back
from tests.web.conftest import SignIn
from tests.web.desks import Shelve, on_shelf, shelver, statements

SHELF = "/loket/rak/"
PLACE = "/loket/rak/susun/"
RETURNS = "/retur/"
TRANSFERS = "/pemindahan/"
SCRIPT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False), translation.override("en"):
        yield


@pytest.fixture
def shelve(registry: Office, post_office: Office, counter: Office) -> Shelve:
    return shelver(registry, post_office)


@pytest.fixture
def mailed(registry: Office, post_office: Office, counter: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=3)


@pytest.fixture
def clerk(sign_in: SignIn, counter_user: User) -> Client:
    return english(sign_in(counter_user))


@pytest.fixture
def other_clerk(sign_in: SignIn, registry: Office) -> Client:
    """A clerk of another counter of the same registry."""
    office = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    return english(sign_in(factories.make_user(role=Role.COUNTER, office=office)))


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def answer_of(response: Any) -> str:
    answer = response.context["answer"]
    return f"{answer.word}: {answer.detail}".removesuffix(": ")


def sent(mailed: Mailed, registry: Office, actor_id: int | None = None) -> Transfer:
    bring_back(mailed, office=registry)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=actor_id, at=RETURNED_AT)
    return transfer


# the shelf


def test_the_shelf_lists_its_cards_and_finds_one(clerk: Client, shelve: Shelve) -> None:
    first, second = shelve(2)
    CounterStay.objects.filter(card=second).update(shelf="B2")
    for asked, shown in [("", [first, second]), ("b", [second]), (first.reference.lower(), [first])]:
        page = clerk.get(SHELF, {"q": asked}).context["page"]
        assert [stay.card_id for stay in page.object_list] == [card.pk for card in shown]
    assert list(clerk.get(SHELF, {"q": first.name}).context["page"]) == [first.counter_stays.get()]


def test_a_shelf_search_without_a_hit_offers_the_whole_list(clerk: Client, shelve: Shelve) -> None:
    shelve(1)
    assert "No card on the shelf answers to this." in clerk.get(SHELF, {"q": "ZZ"}).content.decode()


def test_a_card_kept_too_long_is_marked(clerk: Client, shelve: Shelve) -> None:
    shelve(1)
    assert "status-warn" not in clerk.get(SHELF).content.decode()
    CounterStay.objects.update(hold_until="2020-05-24")
    assert "status-warn" in clerk.get(SHELF).content.decode()


def test_another_counters_shelf_is_empty(other_clerk: Client, shelve: Shelve) -> None:
    (card,) = shelve(1)
    page = other_clerk.get(SHELF).content.decode()
    assert card.reference not in page
    assert "No card stands here." in page


def test_two_cards_on_the_shelf_cost_what_twenty_cost(clerk: Client, shelve: Shelve) -> None:
    shelve(2)
    few = statements(clerk, SHELF)
    shelve(18)
    assert statements(clerk, SHELF) == few


def test_scanned_cards_are_put_on_a_shelf_and_those_without_one_are_counted(
    clerk: Client, shelve: Shelve
) -> None:
    first, second = shelve(2)
    CounterStay.objects.update(shelf="")
    listed = clerk.get(SHELF).content.decode()
    assert "2 cards stand at no position of the shelf." in listed
    response = clerk.post(PLACE, {"scanned": first.reference, "shelf": " C7 "}, headers=SCRIPT)
    assert answer_of(response) == "On shelf C7"
    assert "1 card on shelf C7" in response.content.decode()
    assert "<html" not in response.content.decode()
    assert first.counter_stays.get().shelf == "C7"
    page = clerk.get(SHELF, {"without": "1"}).context["page"]
    assert [stay.card_id for stay in page.object_list] == [second.pk]


def test_a_card_of_another_counter_is_not_put_on_this_shelf(
    clerk: Client, other_clerk: Client, shelve: Shelve
) -> None:
    (card,) = shelve(1)
    response = other_clerk.post(PLACE, {"scanned": card.reference, "shelf": "Z1"})
    assert answer_of(response) == (
        "Not of this shelf: It does not wait at this counter. Look it up under Cards."
    )
    assert card.counter_stays.get().shelf == "A1"
    assert card.name not in response.content.decode()


def test_nothing_is_put_on_a_shelf_without_a_name(clerk: Client, shelve: Shelve) -> None:
    (card,) = shelve(1)
    assert "Write the shelf" in answer_of(clerk.post(PLACE, {"scanned": card.reference, "shelf": " "}))
    assert answer_of(clerk.post(PLACE, {"scanned": " ", "shelf": "B1"})).startswith("Scan again")
    assert card.counter_stays.get().shelf == "A1"


# transfers


def test_each_scanned_card_of_a_transfer_is_shelved(clerk: Client, mailed: Mailed, registry: Office) -> None:
    transfer = sent(mailed, registry)
    response = clerk.post(
        f"{TRANSFERS}{transfer.pk}/", {"scanned": mailed.cards[0].reference, "shelf": "C3"}, headers=SCRIPT
    )
    assert answer_of(response) == "On shelf C3: 2 cards are still on the way."
    assert "<html" not in response.content.decode()
    assert mailed.cards[0].counter_stays.get().shelf == "C3"
    assert not on_shelf(mailed.cards[1])


def test_a_card_that_is_not_on_the_list_is_put_aside(
    clerk: Client, mailed: Mailed, registry: Office, post_office: Office
) -> None:
    transfer = sent(mailed, registry)
    stranger = mail_cards(office=registry, post_office=post_office, number=1).cards[0]
    response = clerk.post(f"{TRANSFERS}{transfer.pk}/", {"scanned": stranger.reference}, headers=SCRIPT)
    assert answer_of(response) == (
        f"Not on this list: Not on this list, put aside: {stranger.reference}. 3 cards are still on the way."
    )
    assert not on_shelf(stranger)
    transfer.refresh_from_db()
    assert transfer.received is None
    case = TransferDifference.objects.get()
    assert (case.kind, case.scanned) == ("EXTRA", stranger.reference)


def test_missing_and_extra_cards_are_both_said(clerk: Client, mailed: Mailed, registry: Office) -> None:
    transfer = sent(mailed, registry)
    scanned = f"{mailed.cards[0].reference} {mailed.cards[1].reference} X0000001"
    response = clerk.post(f"{TRANSFERS}{transfer.pk}/", {"scanned": scanned})
    assert answer_of(response) == (
        "2 taken in, others not: Not on this list, put aside: X0000001. 1 card is still on the way."
    )
    transfer.refresh_from_db()
    assert (transfer.sent, transfer.received) == (3, 2)


def test_a_count_of_all_takes_in_what_is_still_on_the_way(
    clerk: Client, mailed: Mailed, registry: Office
) -> None:
    transfer = sent(mailed, registry)
    address = f"{TRANSFERS}{transfer.pk}/"
    clerk.post(address, {"scanned": mailed.cards[0].reference})
    page = clerk.post(f"{address}hitung/", {"counted": "3", "shelf": "D4"}, follow=True).content.decode()
    assert "All cards of this transfer have arrived." in page
    assert "Complete the count" not in page
    assert [on_shelf(card) for card in mailed.cards] == [True] * 3
    assert mailed.cards[2].counter_stays.get().shelf == "D4"


def test_a_count_of_what_was_scanned_makes_cases_of_the_rest(
    clerk: Client, sign_in: SignIn, printing_user: User, mailed: Mailed, registry: Office
) -> None:
    transfer = sent(mailed, registry, actor_id=printing_user.pk)
    address = f"{TRANSFERS}{transfer.pk}/"
    clerk.post(address, {"scanned": mailed.cards[0].reference})
    page = clerk.post(f"{address}hitung/", {"counted": "1"}, follow=True).content.decode()
    assert "2 cards are missing" in page
    sender = english(sign_in(printing_user))
    listed = sender.get(f"{TRANSFERS}selisih/").content.decode()
    assert [card.reference in listed for card in mailed.cards] == [False, True, True]
    assert printing_user.username in listed
    assert ">2</" in sender.get("/").content.decode().replace("\n", "")


def test_a_count_that_fits_nothing_is_refused_and_keeps_what_was_typed(
    clerk: Client, mailed: Mailed, registry: Office
) -> None:
    transfer = sent(mailed, registry)
    response = clerk.post(f"{TRANSFERS}{transfer.pk}/hitung/", {"counted": "2", "shelf": "E5"})
    assert response.status_code == 409
    assert "Scan each card that is here." in response.content.decode()
    assert 'value="E5"' in response.content.decode()
    assert not CounterStay.objects.exists()
    assert not TransferDifference.objects.exists()


def test_a_card_scanned_again_is_said_to_be_taken_in(clerk: Client, mailed: Mailed, registry: Office) -> None:
    transfer = sent(mailed, registry)
    for _time in range(2):
        response = clerk.post(f"{TRANSFERS}{transfer.pk}/", {"scanned": mailed.cards[0].reference})
    assert answer_of(response) == "Already taken in: 2 cards are still on the way."
    assert CounterStay.objects.count() == 1
    assert not TransferDifference.objects.exists()


def test_a_transfer_counted_twice_is_refused(clerk: Client, mailed: Mailed, registry: Office) -> None:
    address = f"{TRANSFERS}{sent(mailed, registry).pk}/hitung/"
    assert clerk.post(address, {"counted": "3"}).status_code == 302
    assert clerk.post(address, {"counted": "3"}).status_code == 409
    assert CounterStay.objects.count() == 3


def test_a_transfer_says_who_has_counted_it(
    clerk: Client, sign_in: SignIn, printing_user: User, mailed: Mailed, registry: Office
) -> None:
    transfer = sent(mailed, registry)
    address = f"{TRANSFERS}{transfer.pk}/"
    clerk.post(f"{address}hitung/", {"counted": "3"})
    page = clerk.get(address).content.decode()
    assert ("counted by the receiver" in page, "counted by both sides" in page) == (True, False)
    Transfer.objects.filter(pk=transfer.pk).update(packed=3, packed_at=transfer.sent_at)
    assert "counted by both sides" in clerk.get(address).content.decode()


def test_the_sender_sees_a_transfer_counts_it_and_takes_nothing_in(
    sign_in: SignIn, printing_user: User, mailed: Mailed, registry: Office
) -> None:
    transfer = sent(mailed, registry)
    sender = english(sign_in(printing_user))
    address = f"{TRANSFERS}{transfer.pk}/"
    response = sender.post(address, {"scanned": mailed.cards[0].reference})
    assert response.status_code == 200
    assert "Complete the count" not in response.content.decode()
    assert sender.post(f"{address}hitung/", {"counted": "3"}).status_code == 404
    assert not CounterStay.objects.exists()
    refused = sender.post(f"{address}kemas/", {"counted": "2"})
    assert (refused.status_code, "holds 3 cards, not 2" in refused.content.decode()) == (409, True)
    packed = sender.post(
        f"{address}kemas/", {"counted": "2", "missing": mailed.cards[1].reference}, follow=True
    )
    assert "Count before it leaves" not in packed.content.decode()
    transfer.refresh_from_db()
    assert (transfer.packed, transfer.packed_by) == (2, printing_user)
    assert TransferDifference.objects.get().card == mailed.cards[1]


def test_the_receiver_does_not_count_for_the_sender(clerk: Client, mailed: Mailed, registry: Office) -> None:
    transfer = sent(mailed, registry)
    assert clerk.post(f"{TRANSFERS}{transfer.pk}/kemas/", {"counted": "3"}).status_code == 404
    transfer.refresh_from_db()
    assert transfer.packed is None


def test_the_sender_gives_a_case_an_owner_and_settles_it_and_the_receiver_does_not(
    clerk: Client, sign_in: SignIn, printing_user: User, mailed: Mailed, registry: Office
) -> None:
    transfer = sent(mailed, registry)
    clerk.post(f"{TRANSFERS}{transfer.pk}/hitung/", {"counted": "0"})
    case = TransferDifference.objects.order_by("pk").first()
    assert case is not None
    where = f"{TRANSFERS}selisih/{case.pk}/"
    assert clerk.post(f"{where}selesai/", {"resolution": "x"}).status_code == 404
    assert clerk.post(f"{where}pemilik/", {"owner": "1"}).status_code == 404
    assert case.transfer.number in clerk.get(f"{TRANSFERS}selisih/").content.decode()
    sender = english(sign_in(printing_user))
    sender.post(f"{where}pemilik/", {"owner": str(printing_user.pk)})
    empty = sender.post(f"{where}selesai/", {"resolution": " "}, follow=True).content.decode()
    assert "Give the reason" in empty
    sender.post(f"{where}selesai/", {"resolution": "found in the van"})
    case.refresh_from_db()
    assert (case.owner, case.resolution, case.closed_by) == (printing_user, "found in the van", printing_user)


def test_the_list_of_a_transfer_is_sent_with_masked_names_and_recorded(
    clerk: Client, other_clerk: Client, mailed: Mailed, registry: Office
) -> None:
    transfer = sent(mailed, registry)
    address = f"{TRANSFERS}{transfer.pk}/daftar."
    paper = b"".join(clerk.get(f"{address}pdf"))
    assert paper.startswith(b"%PDF")
    sheet = load_workbook(BytesIO(b"".join(clerk.get(f"{address}xlsx")))).active
    assert sheet is not None
    cells = {str(cell) for row in sheet.values for cell in row}
    assert {mailed.cards[0].reference, mask_name(mailed.cards[0].name)} <= cells
    assert mailed.cards[0].name not in cells
    assert clerk.get(f"{address}csv").status_code == 404
    assert other_clerk.get(f"{address}pdf").status_code == 404
    assert set(AccessRecord.objects.values_list("subject_key", "records")) == {(transfer.number, 3)}


def test_another_counter_finds_no_transfer(other_clerk: Client, mailed: Mailed, registry: Office) -> None:
    transfer = sent(mailed, registry)
    assert other_clerk.post(f"{TRANSFERS}{transfer.pk}/hitung/", {"counted": "3"}).status_code == 404
    assert transfer.number not in other_clerk.get(TRANSFERS).content.decode()
    assert not CounterStay.objects.exists()


def test_two_transferred_cards_cost_what_twenty_cost(
    clerk: Client, registry: Office, post_office: Office, counter: Office
) -> None:
    small = sent(mail_cards(office=registry, post_office=post_office, number=2), registry)
    few = statements(clerk, f"{TRANSFERS}{small.pk}/"), statements(clerk, TRANSFERS)
    large = sent(mail_cards(office=registry, post_office=post_office, number=20), registry)
    assert (statements(clerk, f"{TRANSFERS}{large.pk}/"), statements(clerk, TRANSFERS)) == few


# returns


def test_a_scanned_return_is_taken_in(sign_in: SignIn, printing_user: User, mailed: Mailed) -> None:
    client = english(sign_in(printing_user))
    response = client.post(
        RETURNS, {"scanned": mailed.items[0].number, "condition": "FINE", "reason": "MOVED"}, headers=SCRIPT
    )
    assert answer_of(response) == "Taken in"
    assert response.context["answer"].scanned == mailed.cards[0].reference
    assert "<html" not in response.content.decode()
    receipt = ReturnReceipt.objects.get()
    assert (receipt.card_id, receipt.reason, receipt.condition) == (mailed.cards[0].pk, "MOVED", "FINE")


def test_a_damaged_return_is_set_aside(sign_in: SignIn, printing_user: User, mailed: Mailed) -> None:
    response = english(sign_in(printing_user)).post(
        RETURNS, {"scanned": mailed.items[0].number, "condition": "DAMAGED"}
    )
    assert answer_of(response) == "Taken in as damaged: it will be printed again"
    assert Card.objects.get(pk=mailed.cards[0].pk).disposition == "DAMAGED"


def test_a_return_that_nobody_knows_is_kept_as_a_stray(clerk: Client, counter: Office) -> None:
    response = clerk.post(RETURNS, {"scanned": "X0000001", "condition": "FINE"})
    assert answer_of(response) == "Not ours: put it aside"
    assert StrayItem.objects.get().scanned == "X0000001"
    assert not ReturnReceipt.objects.exists()


def test_a_stray_that_is_a_nik_or_a_residents_link_is_kept_masked(clerk: Client, counter: Office) -> None:
    for scanned in ("3216064101900001", "https://a.id/t/K048213957T.c2VjcmV0c2VjcmV0"):
        clerk.post(RETURNS, {"scanned": scanned, "condition": "FINE"})
    kept = set(StrayItem.objects.values_list("scanned", flat=True))
    assert kept == {"••••0001", "https://a.id/t/[secret]"}


def test_a_return_scanned_again_changes_nothing(clerk: Client, mailed: Mailed) -> None:
    typed = {"scanned": mailed.items[0].number, "condition": "FINE"}
    clerk.post(RETURNS, typed)
    assert answer_of(clerk.post(RETURNS, typed)) == "Already taken in"
    assert ReturnReceipt.objects.count() == 1


def test_another_registrys_card_is_put_aside(sign_in: SignIn, mailed: Mailed, settings: Any) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    client = english(sign_in(factories.make_user(role=Role.PRINTING, office=foreign)))
    response = client.post(RETURNS, {"scanned": mailed.items[0].number, "condition": "FINE"})
    assert answer_of(response) == "Another office's card: put it aside"
    assert mailed.cards[0].reference not in response.content.decode()
    assert not ReturnReceipt.objects.exists()


def test_an_empty_scan_takes_nothing_in(clerk: Client, mailed: Mailed) -> None:
    assert (
        answer_of(clerk.post(RETURNS, {"scanned": " ", "condition": "FINE"}))
        == "Scan again: Nothing was read."
    )
    assert not ReturnReceipt.objects.exists()


def test_returns_are_sent_to_their_counters(
    sign_in: SignIn, printing_user: User, mailed: Mailed, registry: Office
) -> None:
    client = english(sign_in(printing_user))
    bring_back(mailed, office=registry)
    assert "Send to the counters" in client.get(RETURNS).content.decode()
    response = client.post(f"{RETURNS}arahkan/", follow=True)
    assert "1 transfers with 3 cards were sent" in response.content.decode()
    assert Transfer.objects.get().sent == 3
    assert "Send to the counters" not in client.get(RETURNS).content.decode()


def test_returns_that_no_counter_serves_are_left_and_said(
    sign_in: SignIn, printing_user: User, registry: Office, post_office: Office, counter: Office
) -> None:
    counter.areas.all().delete()
    bring_back(mail_cards(office=registry, post_office=post_office, number=2), office=registry)
    response = english(sign_in(printing_user)).post(f"{RETURNS}arahkan/", follow=True)
    assert "2 cards wait for a decision: no counter serves their village" in response.content.decode()
    assert not Transfer.objects.exists()


def test_a_clerk_does_not_route(clerk: Client, mailed: Mailed) -> None:
    clerk.post(RETURNS, {"scanned": mailed.items[0].number, "condition": "FINE"})
    assert "Send to the counters" not in clerk.get(RETURNS).content.decode()
    assert clerk.post(f"{RETURNS}arahkan/").status_code == 403
    assert ReturnReceipt.objects.get().decision == "UNDECIDED"


def test_a_counter_sees_only_the_returns_that_it_took_in(
    clerk: Client, other_clerk: Client, mailed: Mailed
) -> None:
    clerk.post(RETURNS, {"scanned": mailed.items[0].number, "condition": "FINE"})
    assert mailed.cards[0].reference in clerk.get(RETURNS).content.decode()
    assert mailed.cards[0].reference not in other_clerk.get(RETURNS).content.decode()


def test_two_returns_cost_what_twenty_cost(
    sign_in: SignIn, printing_user: User, registry: Office, post_office: Office
) -> None:
    client = sign_in(printing_user)
    bring_back(mail_cards(office=registry, post_office=post_office, number=2), office=registry)
    few = statements(client, RETURNS)
    bring_back(mail_cards(office=registry, post_office=post_office, number=18), office=registry)
    assert statements(client, RETURNS) == few
