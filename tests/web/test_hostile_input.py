"""What no browser sends breaks no page (NUL, endless numbers, a queue that is none); a guessed key opens nothing."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from delivery.models import Collection, OfflineConflict
from delivery.offline import SALT
from shipments.models import HandoverDifference
from tests.api.world import World, make_world

SignIn = Callable[[User], Client]
ENDLESS = "9" * 5_000


@pytest.fixture
def world(db: None) -> World:
    return make_world("3216", region="32.16")


def test_nul_is_refused_in_the_query_the_form_and_the_address(world: World, sign_in: SignIn) -> None:
    supervisor, clerk = sign_in(world.users[Role.SUPERVISOR]), sign_in(world.users[Role.COUNTER])
    cancel = reverse("web:destruction-cancel", args=[world.destruction.pk])
    assert clerk.get(reverse("web:shelf"), {"village": "\0"}).status_code == 400
    assert clerk.get(reverse("web:shelf"), {"\0": "x"}).status_code == 400
    answer = supervisor.post(cancel, {"reason": "salah\0hitung"})
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
    assert supervisor.get("/kartu/%00/").status_code == 400
    world.destruction.refresh_from_db()
    assert world.destruction.cancelled_at is None


def test_a_resident_cannot_ask_with_nul(db: None) -> None:
    assert Client().post(reverse("web:track-question"), {"text": "Kapan\0?"}).status_code == 400


def test_a_number_without_end_chooses_nothing(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.users[Role.SUPERVISOR])
    columns = reverse("web:courier-file-columns", args=[world.courier_file.pk])
    assert client.get(columns, {"header_row": ENDLESS}).status_code == 302  # its upload is not kept
    assign = reverse("web:case-assign", args=[world.difference.pk])
    assert client.post(assign, {"owner": ENDLESS}).status_code == 302
    assert HandoverDifference.objects.get(pk=world.difference.pk).owner_id is None


def test_the_receipt_page_shows_a_collection_without_an_officer(world: World, sign_in: SignIn) -> None:
    page = reverse("web:counter-done", args=[world.collection.pk])
    assert sign_in(world.users[Role.COUNTER]).get(page).status_code == 200


def test_a_queue_that_no_page_of_ours_sends_is_refused(world: World, sign_in: SignIn) -> None:
    now = timezone.now().timestamp()
    good = {
        "token": signing.dumps([world.counter.pk, None, now, now + 60], salt=SALT),
        "reference": world.card.reference,
        "tag": "0" * 24,
        "nonce": uuid4().hex,
        "confirmed_at": "2020-05-04T09:00:00+07:00",
    }
    wrong: list[dict[str, Any]] = [
        {"reference": "\ud800"}, {"tag": "\ud800"}, {"token": "\ud800"}, {"confirmed_at": 7}, {"documents": "x"},
    ]  # fmt: skip
    client = sign_in(world.users[Role.COUNTER])
    for sent in (
        {},
        {"confirmations": [{}]},
        {"confirmations": ["x"]},
        *({"confirmations": [good | one]} for one in wrong),
    ):
        answer = client.post(reverse("web:offline-send"), json.dumps(sent), content_type="application/json")
        assert answer.status_code == 400 or answer.json()["outcomes"][0]["result"] == "REFUSED", sent
    assert Collection.objects.count() == OfflineConflict.objects.count() == 1


def test_a_queue_without_bottom_is_refused(world: World, sign_in: SignIn) -> None:
    client = sign_in(world.users[Role.COUNTER])
    answer = client.post(reverse("web:offline-send"), "[" * 60_000, content_type="application/json")
    assert answer.status_code == 400
    assert (
        client.post(reverse("web:offline-send"), {"confirmations": "[]"}).status_code == 400
    )  # a form is no queue


# a page and whose key stands in its address
KEYED = {
    "conflict-settle": "conflict", "correction": "address_request", "counter-receipt": "collection",
    "courier-layout-forget": "column_profile", "destruction": "destruction", "destruction-back": "destruction",
    "destruction-cancel": "destruction", "destruction-record": "destruction", "enquiry": "enquiry",
    "returns-stray-settle": "stray_item", "transfer": "transfer", "village-list": "village_list",
    "waiting-answer": "waiting",
}  # fmt: skip


def test_a_guessed_key_opens_nothing_of_another_office(world: World, sign_in: SignIn) -> None:
    pages = [(name, getattr(world, thing).pk) for name, thing in KEYED.items()]
    pages += [(name, world.card.reference) for name in ("wish-grant", "wish-settle", "returns-address")]
    own = sign_in(world.users[Role.SUPERVISOR])
    foreign = sign_in(make_world("3275", region="32.75").users[Role.SUPERVISOR])
    for name, key in pages:
        address = reverse(f"web:{name}", args=[key])
        answers = {foreign.get(address).status_code, foreign.post(address, {"reason": "x"}).status_code}
        assert answers <= {404, 405}, name
        assert own.get(address).status_code != 404, name
