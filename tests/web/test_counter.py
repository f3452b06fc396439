"""The counter gives a card out once, to whom the policy allows, and says plainly when it does not."""

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import Role, User
from delivery.access import link_token_of, pin_of
from delivery.appointments import book
from delivery.models import Appointment, Collection
from delivery.status import Status
from delivery.tracking import record_events
from offices.models import Closure, HandoverPolicy, Office, Quota
from privacy.models import AccessRecord
from shipments.models import Card, Item
from tests import factories
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import SERVED_AT
from tests.web.conftest import SignIn
from tests.web.desks import Shelve, on_shelf, shelver, statements

DESK = "/loket/"
GIVE = "/loket/serahkan/"
COLLECTIONS = "/loket/pengambilan/"
TODAY = date(2020, 5, 25)


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False), translation.override("en"):
        yield


@pytest.fixture
def shelve(registry: Office, post_office: Office, counter: Office) -> Shelve:
    return shelver(registry, post_office)


@pytest.fixture
def card(shelve: Shelve) -> Card:
    return shelve(1)[0]


@pytest.fixture
def clerk(sign_in: SignIn, counter_user: User) -> Client:
    return english(sign_in(counter_user))


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def scan(client: Client, scanned: str) -> Any:
    return client.post(DESK, {"scanned": scanned})


def typed(card: Card, **changes: Any) -> dict[str, Any]:
    return {
        "reference": card.reference,
        "nonce": uuid.uuid4().hex,
        "relation": "HOLDER",
        "documents": ["OLD_CARD"],
        "old_card_surrendered": "on",
        **changes,
    }


def give(client: Client, card: Card, **changes: Any) -> Any:
    return client.post(GIVE, typed(card, **changes))


def answer_of(response: Any) -> str:
    return f"{response.context['answer'].word}: {response.context['answer'].detail}"


# finding


@pytest.mark.parametrize("what", ["reference", "lower case", "post number", "NIK", "link"])
def test_a_scan_finds_the_card_by(what: str, clerk: Client, card: Card) -> None:
    scanned = {
        "reference": card.reference,
        "lower case": card.reference.lower(),
        "post number": str(Item.objects.get(card=card).number),
        "NIK": card.nik,
        "link": f"http://127.0.0.1/t/{link_token_of(card)}",
    }[what]
    response = scan(clerk, scanned)
    assert response.status_code == 200
    assert response.context["found"].reference == card.reference
    assert answer_of(response).startswith("Shelf A1: Fetch the card")


def test_a_search_by_nik_is_recorded_and_the_nik_is_not_shown(clerk: Client, card: Card) -> None:
    page = scan(clerk, card.nik).content.decode()
    assert card.nik not in page
    assert AccessRecord.objects.get().action == AccessRecord.Action.SEARCH


def test_an_unknown_nik_is_answered_masked_and_stays_in_the_field(clerk: Client, card: Card) -> None:
    response = scan(clerk, "3216061001900099")
    assert response.status_code == 404
    assert response.context["answer"].scanned == "••••0099"
    assert 'value="3216061001900099"' in response.content.decode()


def test_an_unknown_number_is_refused_with_what_to_do(clerk: Client, card: Card) -> None:
    response = scan(clerk, "X0000001")
    assert response.status_code == 404
    assert answer_of(response) == (
        "Not found: No card answers to what was scanned. Scan the label again or type the number."
    )
    assert 'value="X0000001"' in response.content.decode()


def test_the_script_gets_only_the_part_that_changes(clerk: Client, card: Card) -> None:
    response = clerk.post(DESK, {"scanned": card.reference}, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert 'id="scan-answer"' in page
    assert 'data-sound="good"' in page
    assert 'id="work"' in page
    assert "<html" not in page


def test_the_script_gets_a_refusal_as_an_answer_not_as_a_fault(clerk: Client, card: Card) -> None:
    response = clerk.post(DESK, {"scanned": "X0000001"}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert 'data-sound="bad"' in response.content.decode()


def test_an_empty_scan_shows_the_desk(clerk: Client, counter: Office) -> None:
    response = scan(clerk, "  ")
    assert response.status_code == 200
    assert response.context["answer"] is None


def test_the_scan_field_has_the_focus(clerk: Client, counter: Office) -> None:
    page = clerk.get(DESK).content.decode()
    assert page.count("autofocus") == 1
    assert 'aria-live="assertive"' in page


# what speaks against it


def test_a_card_that_waits_elsewhere_says_where(
    sign_in: SignIn, registry: Office, card: Card, counter: Office
) -> None:
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    client = english(sign_in(factories.make_user(role=Role.COUNTER, office=other)))
    response = scan(client, card.reference)
    assert answer_of(response) == (
        f"Do not give it out: The card waits at {counter.name}, not here. Send the person there."
    )
    assert "form" not in response.context
    assert give(client, card).status_code == 409
    assert Collection.objects.count() == 0


def test_a_card_that_never_came_says_so_in_words(clerk: Client, registry: Office) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    assert answer_of(scan(clerk, card.reference)) == (
        "Do not give it out: The card is not at a counter. It is: printed, but not sent yet."
    )


def test_a_card_that_the_post_has_delivered_says_so(
    clerk: Client, registry: Office, post_office: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    record_events(
        events=[mailed.event(0, Status.DELIVERED, hours=9)], recorded_at=SERVED_AT, recorded_by_id=None
    )
    assert answer_of(scan(clerk, mailed.cards[0].reference)) == (
        "Do not give it out: The card is not at a counter. It is: delivered."
    )


def test_a_damaged_card_says_so_in_words(clerk: Client, card: Card) -> None:
    Card.objects.filter(pk=card.pk).update(disposition="DAMAGED")
    assert answer_of(scan(clerk, card.reference)) == (
        "Do not give it out: The card is on hold (damaged). Ask the registry office."
    )


def test_a_closed_office_and_a_full_day_are_both_said(clerk: Client, card: Card, counter: Office) -> None:
    Closure.objects.create(office=counter, starts_on=TODAY, ends_on=TODAY, reason="x")
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=0)
    assert answer_of(scan(clerk, card.reference)) == (
        "Do not give it out: The office does not hand out cards on 25 May 2020. Offer another day. "
        "All places on 25 May 2020 are taken. Offer another day."
    )


def test_a_card_of_another_registry_is_not_found(sign_in: SignIn, card: Card) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    other = factories.make_office(
        code="3275-01", kind=Office.Kind.COUNTER, parent=foreign, region_code="32.75.01"
    )
    client = sign_in(factories.make_user(role=Role.COUNTER, office=other))
    assert scan(client, card.reference).status_code == 404
    assert give(client, card)["Location"] == DESK
    assert Collection.objects.count() == 0


# giving out


def test_confirming_gives_the_card_out_and_the_desk_waits_for_the_next(clerk: Client, card: Card) -> None:
    response = give(clerk, card)
    collection = Collection.objects.get()
    assert response["Location"] == f"/loket/selesai/{collection.pk}/"
    page = clerk.get(response["Location"])
    assert answer_of(page) == "Given out: Scan the next card."
    assert "<title>Given out · Counter" in page.content.decode()
    assert page.content.decode().count("autofocus") == 1
    assert (collection.relation, collection.documents, collection.old_card_surrendered) == (
        "HOLDER",
        ["OLD_CARD"],
        True,
    )
    assert not on_shelf(card)


def test_the_receipt_names_what_was_shown_and_no_nik(clerk: Client, card: Card) -> None:
    page = clerk.get(give(clerk, card)["Location"]).content.decode()
    assert "Receipt of a collected identity card" in page
    assert "old identity card" in page
    assert card.nik not in page


def test_the_same_confirmation_again_gives_the_same_answer(clerk: Client, card: Card) -> None:
    confirmation = typed(card)
    first, second = clerk.post(GIVE, confirmation), clerk.post(GIVE, confirmation)
    assert first["Location"] == second["Location"]
    assert Collection.objects.count() == 1


def test_a_second_confirmation_is_refused(clerk: Client, card: Card) -> None:
    give(clerk, card)
    response = give(clerk, card)
    assert response.status_code == 409
    assert answer_of(response) == "Not given out: The card was already collected on 25 May 2020."
    assert Collection.objects.count() == 1


def test_a_missing_paper_is_named_in_words_and_what_was_typed_is_kept(clerk: Client, card: Card) -> None:
    response = give(
        clerk, card, relation="SAME_FAMILY_CARD", documents=["OLD_CARD"], collector_name="Ibu Contoh"
    )
    assert response.status_code == 409
    assert answer_of(response) == ("Not given out: A document is missing. Ask for one of: family card (KK).")
    page = response.content.decode()
    assert 'value="Ibu Contoh"' in page
    assert response.context["form"]["relation"].value() == "SAME_FAMILY_CARD"
    assert response.context["form"]["documents"].value() == ["OLD_CARD"]
    assert Collection.objects.count() == 0
    assert on_shelf(card)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"old_card_surrendered": ""},
            "The old card must be handed in, or an interim letter shown.",
        ),
        ({"pin": "AAAAAA"}, "The PIN is wrong. Ask for the message or the receipt."),
        (
            {"shown_nik": "3216061001900099"},
            "The document shown belongs to somebody else. Do not give out the card.",
        ),
    ],
)
def test_a_confirmation_is_refused_in_a_sentence(
    changes: dict[str, str], sentence: str, clerk: Client, card: Card
) -> None:
    response = give(clerk, card, **changes)
    assert response.status_code == 409
    assert answer_of(response) == f"Not given out: {sentence}"
    assert Collection.objects.count() == 0


def test_the_right_pin_and_the_right_nik_are_taken(clerk: Client, card: Card) -> None:
    assert give(clerk, card, pin=pin_of(card).lower(), shown_nik=card.nik).status_code == 302
    assert Collection.objects.count() == 1


def test_somebody_else_has_a_name(clerk: Client, card: Card) -> None:
    response = give(clerk, card, relation="SAME_FAMILY_CARD", documents=["FAMILY_CARD"])
    assert response.status_code == 422
    assert "Write the name of the person who collects." in answer_of(response)
    assert Collection.objects.count() == 0


def test_only_whom_the_policy_names_can_be_chosen(clerk: Client, card: Card, registry: Office) -> None:
    HandoverPolicy.objects.create(office=registry, collectors=["HOLDER", "WRITTEN_AUTHORITY"])
    form = scan(clerk, card.reference).context["form"]
    assert [value for value, _label in form.fields["relation"].choices] == ["HOLDER", "WRITTEN_AUTHORITY"]
    assert str(form.fields["relation"].choices[1][1]) == (
        "somebody with a written authority – shows: written authority F-1.07"
    )
    assert give(clerk, card, relation="SAME_FAMILY_CARD").status_code == 422
    assert Collection.objects.count() == 0


def test_a_receipt_of_another_counter_is_not_found(
    sign_in: SignIn, clerk: Client, card: Card, registry: Office
) -> None:
    address = give(clerk, card)["Location"]
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    client = sign_in(factories.make_user(role=Role.COUNTER, office=other))
    assert client.get(address).status_code == 404


def test_todays_appointments_stand_on_the_desk(clerk: Client, shelve: Shelve, counter: Office) -> None:
    here, later = shelve(2)
    book(card_id=here.pk, day=TODAY, lane="ORDINARY", at=SERVED_AT)
    book(card_id=later.pk, day=date(2020, 5, 26), lane="ORDINARY", at=SERVED_AT)
    rows = clerk.get(DESK).context["appointments"]
    assert [(row.card_id, row.given, row.shelf) for row in rows] == [(here.pk, False, "A1")]
    give(clerk, here)
    (row,) = clerk.get(DESK).context["appointments"]
    assert (row.given, row.shelf) == (True, None)
    assert Appointment.objects.filter(day=TODAY).count() == 1


# taking back


def given(client: Client, card: Card) -> Collection:
    give(client, card)
    return Collection.objects.get(card=card)


def test_a_supervisor_takes_a_collection_back_with_a_reason(
    sign_in: SignIn, supervisor: User, clerk: Client, card: Card
) -> None:
    collection = given(clerk, card)
    response = english(sign_in(supervisor)).post(
        f"{COLLECTIONS}{collection.pk}/batal/", {"reason": "salah orang"}
    )
    assert response["Location"] == COLLECTIONS
    collection.refresh_from_db()
    assert (collection.undo_reason, collection.undone_by) == ("salah orang", supervisor)
    assert on_shelf(card)
    assert answer_of(clerk.get(f"/loket/selesai/{collection.pk}/")).startswith("Taken back")


def test_taking_back_without_a_reason_is_refused(
    sign_in: SignIn, supervisor: User, clerk: Client, card: Card
) -> None:
    collection = given(clerk, card)
    response = english(sign_in(supervisor)).post(f"{COLLECTIONS}{collection.pk}/batal/", {"reason": "  "})
    assert response.status_code == 409
    assert response.context["refusal"] == "Give the reason: it stays in the card's history."
    assert not on_shelf(card)


def test_taking_back_the_next_day_is_refused_and_keeps_the_reason(
    sign_in: SignIn, supervisor: User, clerk: Client, card: Card
) -> None:
    collection = given(clerk, card)
    with time_machine.travel("2020-05-26T03:00:00Z", tick=False):
        client = english(sign_in(supervisor))
        response = client.post(f"{COLLECTIONS}{collection.pk}/batal/", {"reason": "salah orang"})
    assert response.status_code == 409
    assert response.context["refusal"] == (
        "A collection is undone on the same day only; it was on 25 May 2020."
    )
    assert response.context["typed"] == "salah orang"
    assert not on_shelf(card)


def test_a_clerk_takes_nothing_back(clerk: Client, card: Card) -> None:
    collection = given(clerk, card)
    assert clerk.post(f"{COLLECTIONS}{collection.pk}/batal/", {"reason": "x"}).status_code == 403
    page = clerk.get(COLLECTIONS).content.decode()
    assert card.reference in page
    assert 'name="reason"' not in page
    assert not on_shelf(card)


def test_a_supervisor_of_another_registry_finds_no_collection(
    sign_in: SignIn, clerk: Client, card: Card
) -> None:
    collection = given(clerk, card)
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    client = sign_in(factories.make_user(role=Role.SUPERVISOR, office=foreign))
    assert client.post(f"{COLLECTIONS}{collection.pk}/batal/", {"reason": "x"}).status_code == 404
    assert card.reference not in client.get(COLLECTIONS).content.decode()
    assert not on_shelf(card)


# cost


def test_two_collections_cost_what_twenty_cost(clerk: Client, shelve: Shelve, counter: Office) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=50)
    cards = shelve(20)
    for card in cards[:10]:
        book(card_id=card.pk, day=TODAY, lane="ORDINARY", at=SERVED_AT)
    for card in cards[:2]:
        give(clerk, card)
    few = [statements(clerk, path) for path in (DESK, COLLECTIONS)]
    for card in cards[2:]:
        give(clerk, card)
    assert [statements(clerk, path) for path in (DESK, COLLECTIONS)] == few
