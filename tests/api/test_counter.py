"""Returns, counters and villages over the API."""

from collections.abc import Iterator

import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import Role, User
from delivery.access import pin_of
from delivery.models import Collection, Delivery
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.api.conftest import Client
from tests.delivery.mailing import Mailed, mail_cards
from tests.delivery.shelving import SERVED_AT, bring_back, shelve_cards
from tests.factories import JATIMULYA

API = "/api/v1"


@pytest.fixture
def card(registry: Office, post_office: Office, counter: Office) -> Card:
    return shelve_cards(registry=registry, post_office=post_office, number=1)[0]


@pytest.fixture
def _now() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False):
        yield


@pytest.fixture
def clerk(client_of: Client, counter_user: User, card: Card, _now: None) -> APIClient:
    return client_of(counter_user)


def handing_over(card: Card, **fields: object) -> dict[str, object]:
    return {
        "reference": card.reference,
        "relation": "HOLDER",
        "documents": ["OLD_CARD"],
        "old_card_surrendered": True,
        "pin": pin_of(card),
        "collector_name": "Warga Contoh",
        "nonce": "klik-0001",
        **fields,
    }


def test_a_scanned_card_is_found_on_the_shelf(clerk: APIClient, card: Card) -> None:
    found = clerk.post(f"{API}/counter/find/", {"scanned": card.reference}, format="json")
    assert found["Cache-Control"] == "no-store"
    assert (found.json()["reference"], found.json()["here"]) == (card.reference, True)
    lost = clerk.post(f"{API}/counter/find/", {"scanned": "K000000000A"}, format="json")
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")


def test_the_check_names_everything_that_is_missing(clerk: APIClient, card: Card) -> None:
    asked = {"reference": card.reference, "relation": "HOLDER", "documents": []}
    refusals = clerk.post(
        f"{API}/counter/check/", asked, format="json", headers={"accept-language": "en"}
    ).json()["refusals"]
    assert "document_missing" in {refusal["code"] for refusal in refusals}
    assert all(refusal["detail"] for refusal in refusals)
    full = {key: value for key, value in handing_over(card).items() if key not in {"nonce", "collector_name"}}
    assert clerk.post(f"{API}/counter/check/", full, format="json").json() == {"refusals": []}
    assert not Collection.objects.exists()


def test_a_card_is_given_out_once(clerk: APIClient, card: Card) -> None:
    first = clerk.post(f"{API}/collections/", handing_over(card), format="json")
    again = clerk.post(f"{API}/collections/", handing_over(card), format="json")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "collector_name" not in first.json()
    other = clerk.post(f"{API}/collections/", handing_over(card, nonce="klik-0002"), format="json")
    assert (other.status_code, other.json()["code"]) == (409, "already_collected")
    assert Collection.objects.count() == 1


def test_a_refused_collection_changes_nothing(clerk: APIClient, card: Card) -> None:
    wrong = handing_over(card, pin="AAAAAA")
    for headers in ({}, {"idempotency-key": "k1"}):
        answer = clerk.post(f"{API}/collections/", wrong, format="json", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_pin")
    assert not Collection.objects.exists()
    assert Delivery.objects.get(card=card).status == "READY_AT_COUNTER"


def test_a_supervisor_takes_a_collection_back(
    clerk: APIClient, client_of: Client, supervisor: User, card: Card
) -> None:
    made = clerk.post(f"{API}/collections/", handing_over(card), format="json").json()
    where = f"{API}/collections/{made['id']}/undo/"
    assert clerk.post(where, {"reason": "salah orang"}, format="json").status_code == 403
    undone = client_of(supervisor).post(where, {"reason": "salah orang"}, format="json")
    assert undone.json()["undo_reason"] == "salah orang"
    assert Delivery.objects.get(card=card).status == "READY_AT_COUNTER"


def test_a_place_is_booked_and_given_back(clerk: APIClient, card: Card) -> None:
    booked = clerk.post(
        f"{API}/appointments/", {"reference": card.reference, "day": "2020-05-26"}, format="json"
    )
    assert (booked.status_code, booked.json()["day"]) == (201, "2020-05-26")
    assert len(clerk.get(f"{API}/appointments/?day=2020-05-26").json()["results"]) == 1
    where = f"{API}/appointments/{booked.json()['id']}/cancel/"
    assert clerk.post(where).json()["cancelled_at"] is not None
    assert clerk.post(where).status_code == 404


def test_what_came_back_is_received_routed_and_sent(
    client_of: Client, printing_user: User, counter_user: User, post_office: Office, registry: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    printing, clerk = client_of(printing_user), client_of(counter_user)
    scans = [{"scanned": item.number, "reason": "ABSENT"} for item in mailed.items]
    received = printing.post(
        f"{API}/returns/", {"scans": [*scans, {"scanned": "RR000000014ID"}]}, format="json"
    )
    assert [each["result"] for each in received.json()["outcomes"]] == ["RECEIVED", "RECEIVED", "UNKNOWN"]
    assert len(printing.get(f"{API}/returns/?decision=UNDECIDED").json()["results"]) == 2
    routed = printing.post(f"{API}/returns/route/", {}, format="json").json()
    assert (routed["by_counter"], routed["undecided"]) == ({"3216-06": 2}, 0)
    (transfer,) = printing.post(f"{API}/transfers/").json()["transfers"]
    assert (transfer["to_office"], transfer["sent"]) == ("3216-06", 2)
    where = f"{API}/transfers/{transfer['id']}/"
    arrived = clerk.post(
        f"{where}receive/", {"references": [mailed.cards[0].reference], "shelf": "A1"}, format="json"
    ).json()
    assert (arrived["arrived"], arrived["missing"]) == (1, [mailed.cards[1].reference])
    on_the_way = {
        card["reference"]: card["on_the_way"] for card in clerk.get(f"{where}cards/").json()["results"]
    }
    assert on_the_way == {mailed.cards[0].reference: False, mailed.cards[1].reference: True}


def test_another_offices_card_is_not_routed(
    client_of: Client, printing_user: User, foreign_registry: Office
) -> None:
    (foreign,) = factories.make_cards(office=foreign_registry, number=1)
    answer = client_of(printing_user).post(
        f"{API}/returns/route/", {"references": [foreign.reference]}, format="json"
    )
    assert answer.status_code == 404


@pytest.fixture
def returned(registry: Office, post_office: Office) -> Mailed:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    bring_back(mailed, office=registry)
    return mailed


@pytest.mark.usefixtures("_now")
def test_a_village_officer_takes_cards_and_reports(
    client_of: Client, supervisor: User, returned: Mailed
) -> None:
    boss = client_of(supervisor)
    made = boss.post(
        f"{API}/village-lists/",
        {"village_code": JATIMULYA, "officer": "Kepala dusun", "return_by": "2020-06-08"},
        format="json",
    )
    assert (made.status_code, made.json()["cards"]) == (201, 2)
    where = made["Location"]
    listed = [entry["reference"] for entry in boss.get(f"{where}cards/").json()["results"]]
    results = [
        {"reference": listed[0], "result": "GIVEN", "relation": "HOLDER", "on": "2020-05-25"},
        {"reference": listed[1], "result": "NOT_FOUND", "on": "2020-05-25"},
    ]
    reported = boss.post(f"{where}report/", {"results": results}, format="json").json()
    assert (reported["given"], reported["not_found"], reported["still_out"]) == (1, 1, 1)
    foreign = boss.post(
        f"{where}report/", {"results": [{**results[0], "reference": "K000000000A"}]}, format="json"
    )
    assert foreign.status_code == 404


@pytest.mark.usefixtures("_now")
def test_a_village_officers_link_is_made_seen_and_revoked(
    client_of: Client, supervisor: User, foreign_registry: Office, returned: Mailed
) -> None:
    boss, stranger = (
        client_of(supervisor),
        client_of(factories.make_user(role=Role.SUPERVISOR, office=foreign_registry)),
    )
    made = boss.post(
        f"{API}/village-lists/",
        {"village_code": JATIMULYA, "officer": "Kepala dusun", "return_by": "2020-06-08"},
        format="json",
    )
    link = f"{made['Location']}link/"
    assert [stranger.put(link).status_code, boss.get(link).status_code] == [404, 404]
    told = boss.put(link)
    assert (told.status_code, told["Cache-Control"]) == (200, "no-store")
    assert "/desa/" in told.json()["url"]
    assert told.json()["expires_at"] == "2020-06-09T00:00:00+07:00"
    seen = boss.get(link).json()
    assert (seen["opened_at"], "url" in seen) == (None, False)
    assert [stranger.delete(link).status_code, boss.delete(link).status_code] == [404, 204]
    assert [boss.get(link).status_code, boss.delete(link).status_code] == [404, 404]


@pytest.mark.usefixtures("_now")
def test_a_result_of_a_village_list_is_taken_back(
    client_of: Client, supervisor: User, foreign_registry: Office, returned: Mailed
) -> None:
    boss, stranger = (
        client_of(supervisor),
        client_of(factories.make_user(role=Role.SUPERVISOR, office=foreign_registry)),
    )
    made = boss.post(
        f"{API}/village-lists/",
        {"village_code": JATIMULYA, "officer": "Kepala dusun", "return_by": "2020-06-08"},
        format="json",
    )
    where, reference = made["Location"], returned.cards[0].reference
    given = {"reference": reference, "result": "GIVEN", "relation": "HOLDER", "on": "2020-05-25"}
    boss.post(f"{where}report/", {"results": [given]}, format="json")
    wrong = {"references": [reference]}
    assert stranger.post(f"{where}take-back/", wrong, format="json").status_code == 404
    unknown = boss.post(f"{where}take-back/", {"references": ["K000000000A"]}, format="json")
    assert unknown.status_code == 404
    assert Delivery.objects.get(card=returned.cards[0]).status == "GIVEN_BY_VILLAGE"
    assert boss.post(f"{where}take-back/", wrong, format="json").json() == {"taken_back": 1}
    assert Delivery.objects.get(card=returned.cards[0]).status == "AT_VILLAGE"
    early = boss.post(f"{where}report/", {"results": [{**given, "on": "2020-05-24"}]}, format="json")
    assert (early.status_code, early.json()["code"]) == (422, "report_day_invalid")


@pytest.mark.usefixtures("_now")
def test_only_the_office_that_it_was_sent_to_takes_a_transfer_in(
    client_of: Client, counter_user: User, printing_user: User, returned: Mailed
) -> None:
    sender = client_of(printing_user)
    sender.post(f"{API}/returns/route/", {}, format="json")
    (transfer,) = sender.post(f"{API}/transfers/").json()["transfers"]
    where = f"{API}/transfers/{transfer['id']}/"
    assert sender.get(where).status_code == 200
    assert sender.post(f"{where}receive/", {}, format="json").status_code == 404
    assert sender.get(where).json()["received"] is None
    assert client_of(counter_user).post(f"{where}receive/", {}, format="json").json()["arrived"] == 2


@pytest.mark.usefixtures("_now")
def test_both_sides_count_a_transfer_and_what_is_missing_is_a_case(
    client_of: Client, counter_user: User, printing_user: User, returned: Mailed
) -> None:
    sender, clerk = client_of(printing_user), client_of(counter_user)
    sender.post(f"{API}/returns/route/", {}, format="json")
    (transfer,) = sender.post(f"{API}/transfers/").json()["transfers"]
    where = f"{API}/transfers/{transfer['id']}/"
    assert clerk.post(f"{where}pack/", {"counted": 2}, format="json").status_code == 404
    assert sender.post(f"{where}pack/", {"counted": 1}, format="json").json()["code"] == "count_differs"
    assert sender.post(f"{where}pack/", {"counted": 2}, format="json").json()["packed"] == 2
    assert b"".join(sender.get(f"{where}list/")).startswith(b"%PDF")
    assert b"".join(clerk.get(f"{where}list/?file_type=xlsx")).startswith(b"PK")
    assert clerk.get(f"{where}list/?file_type=csv").status_code == 400
    assert sender.post(f"{where}count/", {"counted": 2}, format="json").status_code == 404
    clerk.post(f"{where}receive/", {"references": [returned.cards[0].reference]}, format="json")
    counted = clerk.post(f"{where}count/", {"counted": 1}, format="json").json()
    assert counted["missing"] == [returned.cards[1].reference]
    (case,) = clerk.get(f"{API}/transfer-cases/?open=true").json()["results"]
    assert (case["kind"], case["owner"]) == ("MISSING", printing_user.username)
    settle = f"{API}/transfer-cases/{case['id']}/settle/"
    assert clerk.post(settle, {"resolution": "x"}, format="json").status_code == 404
    assert sender.post(settle, {"resolution": "x"}, format="json").json()["resolution"] == "x"
    assert sender.post(settle, {"resolution": "x"}, format="json").status_code == 409
