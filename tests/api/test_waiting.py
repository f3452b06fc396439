"""Slots, waiting lists, quotas, closures and a counter without network over the API."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import AuditEntry, User
from delivery.models import Appointment, Collection, OfflineConflict, WaitingEntry
from offices.models import Closure, Delegation, Office, Quota
from privacy.models import AccessRecord
from shipments.models import Card
from tests import factories
from tests.api.conftest import Client
from tests.delivery.shelving import SERVED_AT, shelve_cards

API = "/api/v1"
TOMORROW = "2020-05-26"


@pytest.fixture(autouse=True)
def _now(db: None) -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False):
        yield


@pytest.fixture
def cards(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    Quota.objects.create(office=counter, lane="URGENT", per_day=1)
    return shelve_cards(registry=registry, post_office=post_office, number=3)


@pytest.fixture
def clerk(client_of: Client, counter_user: User, cards: list[Card]) -> APIClient:
    return client_of(counter_user)


def post(client: APIClient, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(f"{API}/{path}", body or {}, format="json")


def test_a_day_and_a_slot_are_booked(clerk: APIClient, cards: list[Card]) -> None:
    reference = cards[0].reference
    free = clerk.get(f"{API}/appointments/bookable/?reference={reference}").json()
    slots = {day["day"]: [slot["starts_at"] for slot in day["slots"]] for day in free["days"]}
    assert slots["2020-05-25"][0] == "10:00:00"
    assert slots[TOMORROW][:2] == ["08:00:00", "09:00:00"]
    booked = post(clerk, "appointments/", {"reference": reference, "day": TOMORROW, "starts_at": "09:00"})
    assert (booked.status_code, booked.json()["starts_at"]) == (201, "09:00:00")
    wrong = post(clerk, "appointments/", {"reference": reference, "day": TOMORROW, "starts_at": "03:00"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "slot_unknown")


def test_a_card_waits_is_offered_a_place_and_takes_it(
    clerk: APIClient, client_of: Client, supervisor: User, cards: list[Card], counter: Office
) -> None:
    urgent = {"day": TOMORROW, "lane": "URGENT"}
    assert post(clerk, "appointments/", {"reference": cards[0].reference, **urgent}).status_code == 201
    waits = post(clerk, "waiting/", {"reference": cards[1].reference, "day": TOMORROW})
    assert (waits.status_code, waits.json()["state"]) == (201, "WAITING")
    where = f"waiting/{waits.json()['id']}/"
    assert post(clerk, f"{where}take/").json()["code"] == "not_offered"
    more = {"office": counter.code, **urgent, "places": 1, "reason": "rujukan rumah sakit"}
    assert post(clerk, "quotas/override/", more).status_code == 403
    assert post(client_of(supervisor), "quotas/override/", more).json() == {"places": 2}
    assert AuditEntry.objects.get(operation="OVERRIDE_QUOTA").details["reason"] == "rujukan rumah sakit"
    assert clerk.get(f"{API}/{where}").json()["state"] == "OFFERED"
    assert post(clerk, f"{where}take/").json()["day"] == TOMORROW
    assert Appointment.objects.filter(cancelled_at__isnull=True).count() == 2
    last = post(clerk, "waiting/", {"reference": cards[2].reference, "day": TOMORROW}).json()
    assert post(clerk, f"waiting/{last['id']}/leave/").json()["state"] == "LEFT"
    assert WaitingEntry.objects.filter(state="WAITING").count() == 0


def test_a_supervisor_sets_quotas_and_delegates_of_own_offices_only(
    client_of: Client, supervisor: User, counter: Office, registry: Office
) -> None:
    boss = client_of(supervisor)
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    quota = {"office": counter.code, "lane": "ORDINARY", "per_day": 30, "per_slot": 5}
    assert post(boss, "quotas/", quota).json() == quota
    assert post(boss, "quotas/", {**quota, "office": foreign.code}).status_code == 400
    assert Quota.objects.get().per_slot == 5
    hours = {"office": counter.code, "opens_at": "08:00", "closes_at": "10:00", "slot_minutes": 30}
    assert post(boss, "quotas/hours/", hours).json() == {
        "slots": ["08:00:00", "08:30:00", "09:00:00", "09:30:00"]
    }
    assert post(boss, "quotas/hours/", {**hours, "closes_at": "07:00"}).status_code == 400
    assert post(boss, "quotas/hours/", {**hours, "weekdays": [7]}).status_code == 400
    assert post(boss, "quotas/hours/", {**hours, "weekdays": [5, 0, 1]}).status_code == 200
    shown = boss.get(f"{API}/offices/{counter.code}/").json()
    assert (shown["open_weekdays"], shown["opening_hours"]) == (
        [0, 1, 5], "Senin–Selasa, Sabtu 08.00–10.00 WIB",
    )  # fmt: skip
    days = {"service": "RECEIVING", "starts_on": TOMORROW, "ends_on": TOMORROW}
    stand_in = {"office": counter.code, "delegate": registry.code, **days}
    made = post(boss, "delegations/", stand_in)
    assert made.status_code == 201
    assert post(boss, "delegations/", {**stand_in, "delegate": foreign.code}).status_code == 400
    for wrong, code in (
        ({"delegate": counter.code}, "stands_in_for_itself"),
        ({"ends_on": "2020-05-20"}, "delegation_ends_before_start"),
        ({"service": "PICKUP"}, "hands_out_no_cards"),
        ({"office": registry.code, "delegate": counter.code}, "delegation_circle"),
    ):
        refused = post(boss, "delegations/", {**stand_in, **wrong})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert post(boss, f"delegations/{made.json()['id']}/end/").status_code == 200
    assert not Delegation.objects.exists()


def test_a_counter_opens_on_a_weekend_and_is_bookable_then(
    client_of: Client,
    supervisor: User,
    clerk: APIClient,
    cards: list[Card],
    counter: Office,
    registry: Office,
) -> None:
    boss = client_of(supervisor)
    saturday = {"reference": cards[0].reference, "day": "2020-05-30"}
    assert post(clerk, "appointments/", saturday).json()["code"] == "office_closed"
    asked = {"office": counter.code, "day": "2020-05-30", "reason": "antrean"}
    assert post(clerk, "extra-days/", asked).status_code == 403
    assert (
        post(boss, "extra-days/", {**asked, "office": registry.code}).json()["code"] == "hands_out_no_cards"
    )
    made = post(boss, "extra-days/", asked)
    assert (made.status_code, made.json()["day"]) == (201, "2020-05-30")
    assert post(clerk, "appointments/", saturday).status_code == 201
    where = f"extra-days/{made.json()['id']}/take-back/"
    assert post(boss, where).json()["code"] == "extra_day_booked"


def test_a_region_is_closed_looked_at_and_opened_again(
    client_of: Client, supervisor: User, cards: list[Card], clerk: APIClient
) -> None:
    boss = client_of(supervisor)
    days = {"starts_on": TOMORROW, "ends_on": "2020-05-27", "reason": "PSBB"}
    post(clerk, "appointments/", {"reference": cards[0].reference, "day": TOMORROW})
    assert post(boss, "closures/", {"area_code": "32", **days}).status_code == 403
    assert post(boss, "closures/", days).status_code == 400
    closed = post(boss, "closures/", {"area_code": "32.16", **days})
    assert (closed.status_code, closed.json()["waiting"], closed.json()["appointments_moved"]) == (201, 3, 1)
    where = f"closures/{closed.json()['closure_id']}/"
    (row,) = boss.get(f"{API}/{where}counters/").json()
    assert (row["office"]["code"], row["waiting"], row["appointments"]) == ("3216-06", 3, 1)
    waiting = boss.get(f"{API}/{where}cards/").json()["results"]
    assert sorted(each["reference"] for each in waiting) == sorted(card.reference for card in cards)
    assert post(clerk, f"{where}take-back/").status_code == 403
    assert post(boss, f"{where}take-back/").json() == {"days": 2, "cards": 3, "appointments": 1, "told": 0}
    assert not Closure.objects.exists()


def test_a_counter_without_network_sends_in_later_and_a_conflict_is_settled(
    clerk: APIClient, client_of: Client, supervisor: User, cards: list[Card]
) -> None:
    listed = clerk.get(f"{API}/offline/ready/")
    assert listed["Cache-Control"] == "no-store"
    assert cards[0].name not in listed.content.decode()
    tags = {card["reference"]: card["tag"] for card in listed.json()["cards"]}
    queue = [
        {
            "token": listed.json()["token"], "reference": cards[0].reference, "tag": tags[cards[0].reference],
            "nonce": f"luring-{number}", "documents": ["OLD_CARD"], "old_card_surrendered": True,
            "confirmed_at": "2020-05-25T10:05:00+07:00",
        }
        for number in (1, 2)
    ]  # fmt: skip
    for _repeat in range(2):
        sent = post(clerk, "offline/confirmations/", {"confirmations": queue}).json()["outcomes"]
        assert [(each["result"], each["code"]) for each in sent] == [
            ("RECORDED", ""), ("CONFLICT", "ALREADY_COLLECTED"),
        ]  # fmt: skip
    assert (Collection.objects.count(), OfflineConflict.objects.count()) == (1, 1)
    where = f"conflicts/{OfflineConflict.objects.get().pk}/"
    assert post(clerk, f"{where}settle/", {"resolution": "x"}).status_code == 403
    settled = post(client_of(supervisor), f"{where}settle/", {"resolution": "dua gawai, satu kartu"})
    assert settled.json()["resolution"] == "dua gawai, satu kartu"
    assert (
        post(client_of(supervisor), f"{where}settle/", {"resolution": "x"}).json()["code"]
        == "conflict_settled"
    )

    collection = Collection.objects.get()
    paper = b"".join(clerk.get(f"{API}/collections/{collection.pk}/receipt/"))
    text = pypdfium2.PdfDocument(BytesIO(paper))[0].get_textpage().get_text_range()
    assert cards[0].reference in text
    assert cards[0].name not in text
    assert AccessRecord.objects.filter(subject_kind="card", action="EXPORT").count() == 1
