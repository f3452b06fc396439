"""Over the API: decide about returns, the registry's list, shelves, destruction and rules; each office its own."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import time_machine
from rest_framework.test import APIClient

from accounts.models import Role, User
from delivery.models import CounterStay, StrayItem
from delivery.overdue import mark_overdue
from delivery.return_routing import route_returns
from offices.models import Office
from privacy.models import AccessRecord
from shipments.models import BacklogEntry, Card
from tests import factories
from tests.api.conftest import Client
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import RETURNED_AT, SERVED_AT, bring_back, shelve_cards

API = "/api/v1"


@pytest.fixture(autouse=True)
def _on_a_monday() -> Iterator[None]:
    with time_machine.travel(SERVED_AT, tick=False):
        yield


@pytest.fixture
def chief(client_of: Client, supervisor: User) -> APIClient:
    return client_of(supervisor)


@pytest.fixture
def stranger(client_of: Client, foreign_registry: Office) -> APIClient:
    return client_of(factories.make_user(role=Role.SUPERVISOR, office=foreign_registry))


@pytest.fixture
def returned(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    bring_back(mailed, office=registry)
    return mailed.cards


def post(client: APIClient, path: str, **sent: object) -> Any:
    return client.post(f"{API}/{path}/", sent, format="json")


def results(client: APIClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{API}/{path}").json()["results"]
    return found


def sheet(answer: Any) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(BytesIO(b"".join(answer)))
    rows: list[tuple[Any, ...]] = list(book.worksheets[0].iter_rows(values_only=True))
    return rows


def test_returns_are_sent_again_and_to_another_address(
    chief: APIClient, stranger: APIClient, returned: list[Card]
) -> None:
    first, second = returned
    again = {"references": [first.reference], "decision": "SEND_AGAIN"}
    assert post(stranger, "returns/decide", **again).status_code == 404
    assert post(chief, "returns/decide", **again).json() == {"decided": 1}
    address = {
        "alamat": "Jl. Melati 5", "desa_kelurahan": "Margahayu", "kecamatan": "Bekasi Timur",
        "kabupaten": "Kota Bekasi", "kode_pos": "17113",
    }  # fmt: skip
    refused = post(chief, "returns/other-address", reference=second.reference, **address)
    assert (refused.status_code, refused.json()["code"]) == (422, "other_regency")
    assert BacklogEntry.objects.get().card == first
    address |= {"desa_kelurahan": "Lambangsari", "kecamatan": "Tambun Selatan", "kode_pos": "17510"}
    address |= {"kabupaten": "Kabupaten Bekasi"}
    assert post(chief, "returns/other-address", reference=second.reference, **address).json() == {
        "queued": True
    }
    assert BacklogEntry.objects.count() == 2
    assert post(chief, "returns/resume").json() == {"sent_again": 0, "given_up": 0}


def test_routing_follows_the_rule_that_was_set(
    chief: APIClient, stranger: APIClient, returned: list[Card], post_office: Office
) -> None:
    wanted = {"office": post_office.code, "attempts": 3}
    assert post(stranger, "follow-ups", **wanted).status_code == 404
    assert post(chief, "follow-ups", **wanted).json() == {
        "office": post_office.code, "attempts": 3, "days": None, "follows": "COUNTER", "hold_days": 30,
        "after_hold": "VILLAGE",
    }  # fmt: skip
    assert len(chief.get(f"{API}/follow-ups/").json()) == 3
    assert post(chief, "returns/route").json() == {
        "by_counter": {}, "registry": 0, "shelved": 0, "undecided": 0, "sent_again": 2, "to_review": 0, "village": 0,
        "left": {},
    }  # fmt: skip


def test_the_registrys_list_is_signed_taken_back_and_exported(
    chief: APIClient, stranger: APIClient, registry: Office, post_office: Office, supervisor: User
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    bring_back(mailed, office=registry, reason="DECEASED")
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    first, second = mailed.cards
    assert results(stranger, "registry-list/") == []
    assert post(stranger, "registry-list/sign-off", references=[first.reference]).status_code == 404
    assert post(chief, "registry-list/sign-off", references=[first.reference]).json() == {"cards": 1}
    assert (
        post(chief, "registry-list/sign-off", references=[first.reference]).json()["code"]
        == "not_to_sign_off"
    )
    assert post(chief, "registry-list/take-off", references=[second.reference]).json() == {"cards": 1}
    (entry,) = results(chief, "registry-list/?signed_off_at__isnull=false")
    assert (entry["reference"], entry["disposition"], entry["signed_off_by"]) == (
        first.reference, "VOID", supervisor.username,
    )  # fmt: skip
    rows = sheet(chief.get(f"{API}/registry-list/export/"))
    assert [row[:4] for row in rows[1:]] == [(first.reference, first.nik, first.name, "DECEASED")]
    assert AccessRecord.objects.get(action="EXPORT").subject_key == first.reference


def test_shelves_are_listed_kept_longer_and_sent_back(
    chief: APIClient, stranger: APIClient, client_of: Client, counter_user: User, registry: Office,
    post_office: Office, counter: Office,
) -> None:  # fmt: skip
    first, second = shelve_cards(registry=registry, post_office=post_office, number=2)
    CounterStay.objects.update(hold_until="2020-05-24")
    mark_overdue(at=SERVED_AT)
    clerk = client_of(counter_user)
    for client, seen in ((chief, 2), (clerk, 2), (stranger, 0)):
        assert len(results(client, "shelf/overdue/?follows=VILLAGE")) == seen
        assert len(sheet(client.get(f"{API}/shelf/export/"))) == 1 + seen
    placed = post(clerk, "shelf/place", scans=[second.reference, "X1"], shelf="B2").json()
    assert placed == {"placed": [second.reference], "not_here": ["X1"], "misread": []}
    assert post(stranger, "shelf/place", scans=[second.reference], shelf="Z").json()["placed"] == []
    assert post(clerk, "shelf/place", scans=[second.reference], shelf="A1").json()["not_here"] == []
    (age,) = clerk.get(f"{API}/shelf/ages/").json()
    assert (age["cards"], age["ages"], age["overdue"]) == (2, [2, 0, 0, 0], 2)
    longer = {"references": [first.reference], "until": "2020-06-30", "reason": "sakit"}
    assert post(stranger, "shelf/keep", **longer).status_code == 404
    assert post(clerk, "shelf/keep", **longer).json() == {"cards": 1}
    back = post(chief, "shelf/send-back", references=[second.reference], counter=counter.code)
    assert (back.status_code, back.json()["to_office"], back.json()["sent"]) == (201, registry.code, 1)
    refused = post(clerk, "shelf/send-back", references=[second.reference])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_kept_longer")
    assert len(sheet(chief.get(f"{API}/transfers/export/"))) == 3
    assert b"".join(chief.get(f"{API}/returns/export/?file_type=csv")).count(b"\n") == 3


def test_a_list_is_signed_by_two_users_and_its_record_is_read(
    chief: APIClient, stranger: APIClient, client_of: Client, printing_user: User, registry: Office
) -> None:
    (card,) = factories.make_cards(office=registry, number=1, disposition="DAMAGED")
    assert [row["reference"] for row in chief.get(f"{API}/destructions/candidates/").json()] == [
        card.reference
    ]
    assert post(stranger, "destructions", kind="CARDS", references=[card.reference]).status_code == 404
    made = post(chief, "destructions", kind="CARDS")
    path = f"destructions/{made.json()['id']}"
    assert made["Location"].endswith(f"/{path}/")
    assert post(stranger, f"{path}/sign", counted=1).status_code == 404
    assert post(chief, f"{path}/sign", counted=2).status_code == 422
    assert post(chief, f"{path}/sign", counted=1).json()["first_signed_by"] != ""
    assert post(chief, f"{path}/sign", counted=1).json()["code"] == "same_officer"
    assert post(chief, f"{path}/unsign").json()["first_signed_by"] == ""
    assert post(chief, f"{path}/sign", counted=1).status_code == 200
    assert post(client_of(printing_user), f"{path}/sign", counted=1).json()["second_signed_by"] != ""
    card.refresh_from_db()
    assert card.disposition == "DESTROYED"
    assert post(chief, f"{path}/cancel", reason="x").json()["code"] == "already_destroyed"
    assert results(chief, f"{path}/cards/")[0]["disposition"] == "DESTROYED"
    assert b"".join(chief.get(f"{API}/{path}/record/")).startswith(b"%PDF")


def test_an_item_put_aside_is_settled_once(chief: APIClient, stranger: APIClient, counter: Office) -> None:
    stray = StrayItem.objects.create(office=counter, scanned="P1", outcome="UNKNOWN", found_at=SERVED_AT)
    path = f"stray-items/{stray.pk}/settle"
    assert post(stranger, path, resolution="x").status_code == 404
    assert post(chief, path, resolution="ke Kota Bekasi").json()["resolution"] == "ke Kota Bekasi"
    assert post(chief, path, resolution="lain").json()["code"] == "already_settled"
    assert results(chief, "stray-items/?settled_at__isnull=true") == []
