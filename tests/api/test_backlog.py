"""The backlog, its forecast, channel, holds, numbers, print check, packing and differences over the API."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role, User
from offices.models import Office
from shipments.backlog import fill_backlog
from shipments.batching import batch_backlog
from shipments.models import BacklogEntry, Card, HandoverDifference, HeldCard, Item, Lane, Shipment
from tests import factories
from tests.api.conftest import Client
from tests.api.world import World, make_world

BASE = "/api/v1"
MONDAY = "2020-05-04"


@pytest.fixture
def queue(registry: Office, post_office: Office) -> list[Card]:
    """Six cards for a post office that takes two a day, and an urgent one that was printed later."""
    Office.objects.filter(pk=post_office.pk).update(items_per_day=2)
    cards = factories.make_cards(office=registry, number=6)
    cards += factories.make_cards(office=registry, number=1, lane=Lane.URGENT, printed_on=date(2020, 4, 20))
    fill_backlog(office_id=registry.pk, at=timezone.now())
    return cards


@pytest.fixture
def printing(client_of: Client, printing_user: User) -> APIClient:
    return client_of(printing_user)


@pytest.fixture
def boss(client_of: Client, supervisor: User) -> APIClient:
    return client_of(supervisor)


def refusal(client: APIClient, address: str, **sent: object) -> tuple[int, str]:
    answer = client.post(f"{BASE}{address}", sent, format="json")
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return answer.status_code, answer.json()["code"]


def test_backlog_comes_in_its_order_with_places_and_days(printing: APIClient, queue: list[Card]) -> None:
    answer = printing.get(f"{BASE}/backlog/", {"on": MONDAY, "first": "1", "limit": "2"}).json()
    assert (answer["cards"], answer["lanes"]) == (7, {"URGENT": 1, "ORDINARY": 6})
    urgent, second = answer["results"]
    assert (urgent["reference"], urgent["lane"], urgent["on"]) == (queue[6].reference, "URGENT", MONDAY)
    assert second == {
        "reference": queue[0].reference, "lane": "ORDINARY", "printed_on": "2020-04-01",
        "village_code": factories.JATIMULYA, "position": 2, "position_at_office": 2, "post_office": "17510",
        "on": MONDAY, "early": MONDAY, "late": "2020-05-05", "overtakers": 1, "overtaken": ["FASTER_LANE"],
        "fault": "",
    }  # fmt: skip
    rest = printing.get(f"{BASE}/backlog/", {"on": MONDAY, "first": "7"}).json()["results"]
    assert [(card["position"], card["on"]) for card in rest] == [(7, "2020-05-07")]
    assert printing.get(f"{BASE}/backlog/", {"first": 999}).json()["results"] == []


def test_forecast_is_by_post_office_and_by_day(printing: APIClient, queue: list[Card]) -> None:
    answer = printing.get(f"{BASE}/backlog/forecast/", {"on": MONDAY}).json()
    assert answer == {
        "on": MONDAY, "cards": 7, "limit": None, "last_on": "2020-05-07", "faults": {},
        "offices": [
            {
                "post_office": "17510", "cards": 7, "limit": 2, "cards_a_day": 2, "first_on": MONDAY,
                "last_on": "2020-05-07", "last_late": "2020-05-08",
            }
        ],
        "by_day": {MONDAY: 2, "2020-05-05": 2, "2020-05-06": 2, "2020-05-07": 1},
    }  # fmt: skip


def test_what_if_is_the_supervisors_question(printing: APIClient, boss: APIClient, queue: list[Card]) -> None:
    address = f"{BASE}/backlog/what-if/"
    asked = {"on": MONDAY, "extra": "17510:500"}
    assert printing.get(address, asked).status_code == 403
    answer = boss.get(address, asked).json()
    assert (answer["last_on"], answer["last_on_then"]) == ("2020-05-07", MONDAY)
    (office,) = answer["offices"]
    assert (office["post_office"], office["extra"], office["days_sooner"]) == ("17510", 500, 3)
    assert (office["now"]["cards_a_day"], office["then"]["cards_a_day"]) == (2, 7)


@pytest.mark.parametrize("extra", ["99999:5", "17510", "17510:many", "17510:1234567"])
def test_what_if_about_another_office_or_no_number_is_refused(
    boss: APIClient, queue: list[Card], extra: str
) -> None:
    answer = boss.get(f"{BASE}/backlog/what-if/", {"extra": extra})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_backlog_costs_the_same_queries_for_one_card_and_seven(
    printing: APIClient, queue: list[Card]
) -> None:
    def cost(limit: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            printing.get(f"{BASE}/backlog/", {"limit": limit})
        return len(queries)

    assert cost(1) == cost(7)


def test_channel_is_chosen_for_many_cards_until_dispatch(
    printing: APIClient, registry: Office, queue: list[Card]
) -> None:
    asked = {"references": [card.reference for card in queue[:2]], "channel": "COUNTER"}
    assert printing.post(f"{BASE}/cards/channel/", asked, format="json").json() == {"changed": 2}
    assert BacklogEntry.objects.count() == 5
    asked["channel"] = "POST"
    assert printing.post(f"{BASE}/cards/channel/", asked, format="json").json() == {"changed": 2}
    assert BacklogEntry.objects.count() == 7
    Shipment.objects.filter(
        pk__in=batch_backlog(
            office_id=registry.pk, on=date(2020, 5, 4), actor_id=None, at=timezone.now()
        ).shipment_ids
    ).update(state="CLOSED", item_count=2, manifest_sha256="x")
    posted = Item.objects.filter(live=True).select_related("card")[0].card.reference
    assert refusal(printing, "/cards/channel/", references=[posted], channel="COUNTER") == (
        409, "already_posted",
    )  # fmt: skip


def test_area_or_list_is_held_and_released(boss: APIClient, queue: list[Card]) -> None:
    hold = {"action": "WAIT", "reason": "banjir", "starts_on": "2020-05-01"}
    of_list = boss.post(f"{BASE}/holds/", hold | {"references": [queue[0].reference]}, format="json")
    assert (of_list.status_code, of_list.json()["held"]) == (201, 1)
    of_area = boss.post(
        f"{BASE}/holds/", hold | {"village_code": factories.JATIMULYA, "rws": ["7"]}, format="json"
    )
    assert of_area.json()["held"] == 6
    listed = boss.get(f"{BASE}/holds/").json()["results"]
    assert [(row["village_code"], row["waiting"]) for row in listed] == [(factories.JATIMULYA, 6), ("", 1)]
    released = boss.post(f"{BASE}/holds/{of_area.json()['hold_id']}/release/", format="json").json()
    assert released["waiting"] == 0
    assert released["released_at"]
    assert BacklogEntry.objects.count() == 6


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"village_code": factories.JATIMULYA, "references": ["T1"]}, 400, "invalid"),
        ({"references": ["T1"]}, 404, "card_unknown"),
        ({"village_code": "99.99.99.9999"}, 422, "village_unknown"),
        ({"village_code": factories.JATIMULYA, "action": "WITHDRAW"}, 422, "channel_missing"),
    ],
)
def test_hold_is_refused(
    boss: APIClient, queue: list[Card], what: dict[str, object], status: int, code: str
) -> None:
    hold: dict[str, object] = {"action": "WAIT", "reason": "banjir", "starts_on": "2020-05-01"}
    assert refusal(boss, "/holds/", **(hold | what)) == (status, code)
    assert not HeldCard.objects.exists()


def test_numbers_are_entered_and_counted(printing: APIClient, queue: list[Card]) -> None:
    block = {"service_indicator": "RR", "first_serial": 1, "last_serial": 100}
    assert printing.get(f"{BASE}/number-blocks/stock/").json()["has_blocks"] is False
    assert printing.post(f"{BASE}/number-blocks/", block, format="json").status_code == 201
    assert refusal(printing, "/number-blocks/", **block) == (409, "block_overlaps")
    numbers = {"numbers": ["RR000000505ID"]}
    answer = printing.post(f"{BASE}/number-blocks/list/", {"numbers": ["P2005040000001"]}, format="json")
    assert answer.status_code == 201, answer.content
    assert refusal(printing, "/number-blocks/list/", **numbers)[0] in {409, 422}
    assert printing.get(f"{BASE}/number-blocks/stock/").json() == {
        "has_blocks": True, "left": 101, "waiting": 7, "is_low": True,
    }  # fmt: skip
    kinds = [row["kind"] for row in printing.get(f"{BASE}/number-blocks/").json()["results"]]
    assert kinds == ["LIST", "S10"]


def test_print_check_sets_a_card_aside_and_undoes_it(printing: APIClient, queue: list[Card]) -> None:
    findings = [{"scanned": queue[0].reference, "finding": "DAMAGED", "reason": "tergores"}]
    (checked,) = printing.post(f"{BASE}/print-checks/", {"findings": findings}, format="json").json()
    assert (checked["disposition"], checked["refusal"]) == ("DAMAGED", None)
    (reprint,) = printing.get(f"{BASE}/print-checks/reprints/").json()
    assert (reprint["reference"], reprint["reason"]) == (queue[0].reference, "tergores")
    undone = printing.post(f"{BASE}/print-checks/undo/", format="json").json()
    assert undone["disposition"] == "REGISTERED"
    assert refusal(printing, "/print-checks/undo/") == (409, "nothing_to_undo")


def test_pack_check_says_what_is_missing_and_foreign(
    printing: APIClient, registry: Office, queue: list[Card]
) -> None:
    (shipment_id,) = batch_backlog(
        office_id=registry.pk, on=date(2020, 5, 4), actor_id=None, at=timezone.now()
    ).shipment_ids
    first, second = Item.objects.filter(shipment_id=shipment_id).select_related("card").order_by("position")
    scans = {"scans": [first.card.reference, queue[5].reference]}
    answer = printing.post(f"{BASE}/shipments/{shipment_id}/pack/", scans, format="json").json()
    assert answer == {
        "packed": 1, "missing": [second.card.reference], "foreign": [queue[5].reference], "misread": [],
        "repeated": [],
    }  # fmt: skip


def test_calibration_page_comes_as_a_file(printing: APIClient) -> None:
    answer = printing.get(f"{BASE}/shipments/calibration/", {"label_format": "roll-100x150", "right_mm": "1"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert b"".join(answer).startswith(b"%PDF")
    assert printing.get(f"{BASE}/shipments/calibration/", {"label_format": "papyrus"}).status_code == 400
    wide = {"label_format": "zpl203", "right_mm": "500"}
    assert printing.get(f"{BASE}/shipments/calibration/", wide).status_code == 400


def test_differences_are_listed_assigned_and_settled(client_of: Client, db: None) -> None:
    world: World = make_world("3216", region="32.16")
    boss = client_of(world.users[Role.SUPERVISOR])
    (case,) = boss.get(f"{BASE}/differences/", {"open": "true"}).json()["results"]
    assert (case["kind"], case["reference"], case["owner"]) == ("MISSING", world.card.reference, "")
    clerk = world.users[Role.PRINTING].username
    address = f"/differences/{case['id']}"
    assigned = boss.post(f"{BASE}{address}/assign/", {"owner": clerk}, format="json").json()
    assert assigned["owner"] == clerk
    foreign = world.users[Role.COUNTER].username
    assert refusal(boss, f"{address}/assign/", owner=foreign) == (400, "invalid")
    settled = boss.post(f"{BASE}{address}/settle/", {"resolution": "ditemukan"}, format="json").json()
    assert (settled["resolution"], bool(settled["closed_at"])) == ("ditemukan", True)
    assert boss.get(f"{BASE}/differences/", {"open": "true"}).json()["results"] == []
    assert refusal(boss, f"{address}/settle/", resolution="lagi") == (409, "difference_closed")


def test_post_office_may_send_every_scan_instead_of_a_count(
    client_of: Client, printing: APIClient, partner: User, registry: Office, queue: list[Card]
) -> None:
    block = {"service_indicator": "RR", "first_serial": 1, "last_serial": 100}
    printing.post(f"{BASE}/number-blocks/", block, format="json")
    (shipment_id,) = batch_backlog(
        office_id=registry.pk, on=date(2020, 5, 4), actor_id=None, at=timezone.now()
    ).shipment_ids
    shipment = f"/shipments/{shipment_id}"
    printing.post(f"{BASE}{shipment}/close/", {}, format="json")
    signed = {"given": 2, "giver": "A, Cetak", "taker": "B, Pos"}
    printing.post(f"{BASE}{shipment}/handover/", signed, format="json")
    first = str(Item.objects.filter(shipment_id=shipment_id).order_by("position")[0].number)
    post = client_of(partner)
    assert refusal(post, f"{shipment}/receipt/", scanned=[first], received=1) == (400, "invalid")
    assert refusal(post, f"{shipment}/receipt/") == (400, "invalid")
    assert refusal(post, f"{shipment}/receipt/", scanned=["RR000000006ID"]) == (422, "scan_unreadable")
    answer = post.post(f"{BASE}{shipment}/receipt/", {"scanned": [first]}, format="json")
    assert answer.status_code == 201, answer.content
    assert HandoverDifference.objects.get().kind == "MISSING"
