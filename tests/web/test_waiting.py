"""Full days: the urgent lane at the desk, waiting lists, places added, closures with what they change; no network."""

import json
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import Role, User
from delivery.access import link_token_of
from delivery.appointments import book, cancel_booking
from delivery.models import Appointment, Collection, CounterStay, OfflineConflict, Transfer, WaitingEntry
from offices.models import Closure, Delegation, ExtraDay, Office, Quota, QuotaDay
from offices.quotas import slots_of
from privacy.models import AccessRecord
from shipments.models import Card
from tests import factories
from tests.delivery.shelving import SERVED_AT, shelve_cards
from tests.web.conftest import SignIn

TODAY, TOMORROW = date(2020, 5, 25), date(2020, 5, 26)


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False), translation.override("en"):
        yield


@pytest.fixture
def cards(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    """Three cards at a counter that takes one urgent and no ordinary visitor a day."""
    Quota.objects.create(office=counter, lane="URGENT", per_day=1)
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=0)
    return shelve_cards(registry=registry, post_office=post_office, number=3)


def english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def clerk(sign_in: SignIn, counter_user: User) -> Client:
    return english(sign_in(counter_user))


@pytest.fixture
def boss(sign_in: SignIn, supervisor: User) -> Client:
    return english(sign_in(supervisor))


def give(client: Client, card: Card, lane: str) -> Any:
    typed = {
        "reference": card.reference, "nonce": f"nonce-{card.pk}", "lane": lane, "relation": "HOLDER",
        "documents": ["OLD_CARD"], "old_card_surrendered": "on",
    }  # fmt: skip
    return client.post("/loket/serahkan/", typed)


def test_the_desk_offers_the_urgent_lane_and_then_the_waiting_list(clerk: Client, cards: list[Card]) -> None:
    found = clerk.post("/loket/", {"scanned": cards[0].reference})
    assert found.context["answer"].word == "Urgent lane"
    assert found.context["form"].initial["lane"] == "URGENT"
    assert give(clerk, cards[0], "ORDINARY").status_code == 409
    assert give(clerk, cards[0], "URGENT").status_code == 302
    full = clerk.post("/loket/", {"scanned": cards[1].reference})
    assert (full.context["may_wait"], "form" in full.context) == (True, False)
    assert "today's waiting list" in full.content.decode()
    joined = clerk.post("/loket/tunggu/masuk/", {"reference": cards[1].reference})
    assert joined["Location"] == "/loket/tunggu/"
    entry = WaitingEntry.objects.get()
    assert (entry.card, entry.day, entry.lane) == (cards[1], TODAY, "URGENT")
    again = clerk.post("/loket/tunggu/masuk/", {"reference": cards[1].reference})
    assert (again.status_code, WaitingEntry.objects.count()) == (409, 1)


def test_a_clerk_books_the_place_that_is_offered_and_takes_cards_off_the_list(
    clerk: Client, cards: list[Card]
) -> None:
    book(card_id=cards[0].pk, day=TOMORROW, lane="URGENT", at=SERVED_AT)
    for card in cards[1:]:
        clerk.post("/loket/tunggu/masuk/", {"reference": card.reference, "day": "2020-05-26"})
    cancel_booking(card_id=cards[0].pk, at=SERVED_AT)
    page = clerk.get("/loket/tunggu/").content.decode()
    assert "offered a place" in page
    assert "until 11.00" in page
    first, second = WaitingEntry.objects.order_by("pk")
    clerk.post(f"/loket/tunggu/{first.pk}/", {"take": "1"})
    clerk.post(f"/loket/tunggu/{second.pk}/")
    assert list(WaitingEntry.objects.order_by("pk").values_list("state", flat=True)) == ["TAKEN", "LEFT"]
    assert Appointment.objects.get(cancelled_at__isnull=True).card == cards[1]


def test_another_counters_waiting_list_is_not_there(
    sign_in: SignIn, registry: Office, clerk: Client, cards: list[Card]
) -> None:
    book(card_id=cards[0].pk, day=TOMORROW, lane="URGENT", at=SERVED_AT)
    clerk.post("/loket/tunggu/masuk/", {"reference": cards[1].reference, "day": "2020-05-26"})
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    stranger = sign_in(factories.make_user(role=Role.COUNTER, office=other))
    entry = WaitingEntry.objects.get()
    assert stranger.post(f"/loket/tunggu/{entry.pk}/").status_code == 404
    assert cards[1].reference not in stranger.get("/loket/tunggu/").content.decode()
    assert WaitingEntry.objects.get().state == "WAITING"


def test_a_supervisor_adds_places_with_a_reason_and_a_clerk_does_not(
    boss: Client, clerk: Client, counter: Office, cards: list[Card]
) -> None:
    typed = {
        "office": counter.pk, "lane": "URGENT", "day": "2020-05-26", "places": 2, "reason": "rujukan rumah sakit",
    }  # fmt: skip
    assert clerk.post("/kuota/tambah/", typed).status_code == 403
    assert boss.post("/kuota/tambah/", {**typed, "reason": ""}).status_code == 422
    passed = boss.post("/kuota/tambah/", {**typed, "day": "2020-05-20"})
    assert (passed.status_code, QuotaDay.objects.count()) == (409, 0)
    assert boss.post("/kuota/tambah/", typed)["Location"] == "/kuota/"
    assert QuotaDay.objects.get().places == 3


def test_a_supervisor_sets_hours_in_their_order(boss: Client, counter: Office, cards: list[Card]) -> None:
    typed = {
        "office": counter.pk, "opens_at": "08:00", "closes_at": "10:00", "slot_minutes": 30, "offer_minutes": 20,
        "weekdays": ["0", "2", "3"],
    }  # fmt: skip
    book(card_id=cards[0].pk, day=TOMORROW, lane="URGENT", at=SERVED_AT)
    assert boss.post("/kuota/jam/", {**typed, "weekdays": []}).status_code == 422
    assert boss.post("/kuota/jam/", {**typed, "closes_at": "07:00"}).status_code == 422
    counter.refresh_from_db()
    assert counter.closes_at == time(15)
    told = boss.post("/kuota/jam/", typed, follow=True).content.decode()
    assert f"1 appointments stand on days on which {counter.name} does not work any more" in told
    assert "Monday, Wednesday–Thursday 08.00–10.00 WIB" in boss.get("/kantor/").content.decode()
    assert boss.get("/kuota/?office=3216-06").context["hours"].initial["weekdays"] == [0, 2, 3]
    counter.refresh_from_db()
    assert slots_of(counter) == (time(8), time(8, 30), time(9), time(9, 30))


def test_a_supervisor_opens_a_counter_on_a_holiday_and_takes_that_back_until_somebody_has_booked(
    boss: Client, clerk: Client, counter: Office, cards: list[Card]
) -> None:
    holiday = {"office": counter.pk, "day": "2020-06-01", "reason": "antrean panjang"}
    assert clerk.post("/kuota/buka/", holiday).status_code == 403
    assert boss.post("/kuota/buka/", {**holiday, "reason": ""}).status_code == 422
    refused = boss.post("/kuota/buka/", {**holiday, "day": "2020-05-26"})
    assert (refused.status_code, ExtraDay.objects.count()) == (409, 0)
    assert "works on 26 May 2020 anyway" in refused.content.decode()
    for _twice in range(2):
        boss.post("/kuota/buka/", holiday)
    extra = ExtraDay.objects.get()
    assert "antrean panjang" in boss.get("/kuota/").content.decode()
    book(card_id=cards[0].pk, day=extra.day, lane="URGENT", at=SERVED_AT)
    kept = boss.post(f"/kuota/buka/{extra.pk}/batal/", follow=True).content.decode()
    assert "There are 1 appointments on 1 June 2020" in kept
    cancel_booking(card_id=cards[0].pk, at=SERVED_AT)
    boss.post(f"/kuota/buka/{extra.pk}/batal/")
    assert not ExtraDay.objects.exists()


def test_a_closure_shows_its_counters_sends_shelves_away_and_is_taken_back(
    boss: Client, registry: Office, counter: Office, cards: list[Card]
) -> None:
    delegate = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    Delegation.objects.create(
        office=counter, delegate=delegate, service="PICKUP", starts_on=TOMORROW, ends_on=TOMORROW
    )
    kept = CounterStay.objects.values_list("hold_until", flat=True)[0]
    typed = {
        "office": counter.pk,
        "starts_on": "2020-05-26",
        "ends_on": "2020-05-26",
        "reason": "PSBB",
        "cards": "HOLD",
    }
    first = boss.post("/penutupan/", typed)["Location"]
    assert [(row.office, row.waiting, row.delegate) for row in boss.get(first).context["counters"]] == [
        (counter, 3, delegate)
    ]
    assert cards[0].reference in boss.get(first).content.decode()
    boss.post(f"{first}batal/")
    assert not Closure.objects.exists()
    assert set(CounterStay.objects.values_list("hold_until", flat=True)) == {kept}
    second = boss.post("/penutupan/", typed)["Location"]
    boss.post(f"{second}pindah/{counter.pk}/")
    transfer = Transfer.objects.get(from_office=counter)
    assert (transfer.to_office, transfer.sent) == (delegate, 3)
    assert boss.post(f"{second}pindah/{delegate.pk}/").status_code == 404


# --- residents ---------------------------------------------------------------------------------


def test_a_resident_chooses_a_slot(client: Client, counter: Office, cards: list[Card]) -> None:
    Quota.objects.filter(lane="ORDINARY").update(per_day=20)
    reader = english(client)
    reader.get(f"/t/{link_token_of(cards[0])}/")
    assert reader.post("/lacak/hari/", {"day": "2020-05-26T09:00"})["Location"].endswith("?news=booked")
    assert "Tuesday, 26 May 2020, 09.00" in reader.get("/lacak/kartu/").content.decode()
    assert reader.post("/lacak/hari/", {"day": "2020-05-26Tx"}).status_code == 422
    assert Appointment.objects.get().starts_at == time(9)


def test_a_resident_in_a_hurry_gets_a_place_or_waits_and_takes_the_one_that_is_offered(
    client: Client, cards: list[Card]
) -> None:
    book(card_id=cards[0].pk, day=TOMORROW, lane="URGENT", at=SERVED_AT)
    reader = english(client)
    reader.get(f"/t/{link_token_of(cards[1])}/")
    assert "It is urgent" in reader.get("/lacak/kartu/").content.decode()
    assert reader.post("/lacak/antre/", {"day": "2020-05-26"})["Location"].endswith("?news=waiting")
    assert reader.post("/lacak/antre/", {"take": "1"}).status_code == 409
    cancel_booking(card_id=cards[0].pk, at=SERVED_AT)
    assert "A place became free for you" in reader.get("/lacak/kartu/").content.decode()
    assert reader.post("/lacak/antre/", {"take": "1"})["Location"].endswith("?news=booked")
    assert Appointment.objects.get(cancelled_at__isnull=True).card == cards[1]
    assert reader.post("/lacak/antre/", {"leave": "1"}).status_code == 409
    assert reader.post("/lacak/antre/", {"day": "2020-05-27"})["Location"].endswith("?news=booked")


# --- without network ---------------------------------------------------------------------------


def sent(client: Client, *confirmations: dict[str, Any]) -> Any:
    return client.post(
        "/loket/luring/kirim/", json.dumps({"confirmations": confirmations}), content_type="application/json"
    )


def test_the_browsers_list_and_queue_make_one_collection_and_show_what_does_not_agree(
    clerk: Client, boss: Client, cards: list[Card]
) -> None:
    listed = clerk.get("/loket/luring/daftar/")
    assert listed["Cache-Control"] == "no-store"
    assert cards[0].name not in listed.content.decode()
    ready = {card["reference"]: card for card in listed.json()["cards"]}[cards[0].reference]
    kept = {
        "token": listed.json()["token"], "reference": ready["reference"], "tag": ready["tag"], "nonce": "luring-0001",
        "documents": ["OLD_CARD"], "old_card_surrendered": True, "confirmed_at": "2020-05-25T03:05:00.000Z",
    }  # fmt: skip
    (first,) = sent(clerk, kept).json()["outcomes"]
    assert first["result"] == "RECORDED"
    (second,) = sent(clerk, {**kept, "nonce": "luring-0002"}).json()["outcomes"]
    assert (second["result"], second["text"]) == (
        "CONFLICT",
        "already collected elsewhere or on another device",
    )
    assert (Collection.objects.count(), OfflineConflict.objects.count()) == (1, 1)
    assert "not agree" in clerk.get("/loket/").content.decode()
    assert "waits for a supervisor" in clerk.get("/loket/luring/selisih/").content.decode()
    where = f"/loket/luring/selisih/{OfflineConflict.objects.get().pk}/"
    assert clerk.post(where, {"resolution": "x"}).status_code == 403
    boss.post(where, {"resolution": "dua gawai, satu kartu"})
    assert OfflineConflict.objects.get().resolution == "dua gawai, satu kartu"


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"confirmations": 1}', '{"confirmations": [{}]}', '{"confirmations": [1]}']
)
def test_a_queue_that_no_page_of_ours_sends_changes_nothing(
    body: str, clerk: Client, cards: list[Card]
) -> None:
    answer = clerk.post("/loket/luring/kirim/", body, content_type="application/json")
    assert answer.status_code in {200, 400}
    assert answer.json() == {"outcomes": []}
    assert not Collection.objects.exists()


def test_the_kept_page_and_the_worker_say_nothing_about_anybody(
    clerk: Client, client: Client, counter_user: User, cards: list[Card]
) -> None:
    page = clerk.get("/loket/luring/").content.decode()
    assert counter_user.username not in page
    assert "csrfmiddlewaretoken" not in page
    worker = client.get("/loket/pekerja.js")
    assert worker["Content-Type"] == "text/javascript"
    assert "/loket/luring/" in worker.content.decode()


def test_the_receipt_is_a_pdf_of_the_own_counter_and_is_recorded(
    clerk: Client, sign_in: SignIn, registry: Office, cards: list[Card]
) -> None:
    give(clerk, cards[0], "URGENT")
    address = f"/loket/selesai/{Collection.objects.get().pk}/tanda-terima.pdf"
    assert b"".join(clerk.get(address)).startswith(b"%PDF")
    assert AccessRecord.objects.filter(action="EXPORT", subject_key=cards[0].reference).count() == 1
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    stranger = sign_in(factories.make_user(role=Role.COUNTER, office=other))
    assert stranger.get(address).status_code == 404
