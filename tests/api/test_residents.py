"""Messages, questions, wishes and corrections over the API: what the pages do, once, and told to who asked."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Role
from delivery.models import Message
from tests.api.conftest import Client
from tests.api.world import AT, World, make_world

API = "/api/v1"


@pytest.fixture
def world(db: None) -> World:
    return make_world("3216", region="32.16")


@pytest.fixture
def api(client_of: Client, world: World) -> APIClient:
    return client_of(world.users[Role.SUPERVISOR])


def test_messages_are_counted_filtered_and_tried_again(api: APIClient, world: World) -> None:
    Message.objects.filter(pk=world.message.pk).update(state="FAILED", failure="500")
    queued = Message.objects.create(card=world.card, occasion="REMINDER", not_before=AT, created_at=AT)
    totals = api.get(f"{API}/messages/totals/").json()["totals"]
    assert (totals["FAILED"], totals["QUEUED"], totals["READ"]) == (1, 1, 0)
    (shown,) = api.get(f"{API}/messages/?state=FAILED").json()["results"]
    assert (shown["reference"], shown["failure"], "text" in shown) == (world.card.reference, "500", False)
    assert api.post(f"{API}/messages/retry/", {"ids": [queued.pk]}, format="json").json() == {"waiting": 0}
    assert api.post(f"{API}/messages/retry/?occasion=REMINDER", {}, format="json").json() == {"waiting": 0}
    assert api.post(f"{API}/messages/retry/", {"ids": []}, format="json").status_code == 400
    assert api.post(f"{API}/messages/retry/?state=FAILED", {}, format="json").json() == {"waiting": 1}


def test_a_question_is_answered_once_and_its_asker_told(api: APIClient, world: World) -> None:
    path = f"{API}/enquiries/{world.enquiry.pk}/"
    assert api.get(path).json()["due_at"] == "2020-05-07T02:00:00+00:00"
    answer = api.post(f"{path}answer/", {"text": "Minggu depan."}, format="json")
    assert (answer.status_code, answer.json()["answer"]) == (200, "Minggu depan.")
    assert Message.objects.filter(card=world.card, occasion="ENQUIRY_ANSWERED").count() == 1
    again = api.post(f"{path}answer/", {"text": "Lagi."}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already_answered")
    assert Message.objects.filter(occasion="ENQUIRY_ANSWERED").count() == 1


def test_a_wish_is_settled_once(api: APIClient, world: World) -> None:
    path = f"{API}/wishes/{world.card.reference}/"
    assert api.get(path).json()["wish"] == "RESEND"
    refused = api.post(f"{path}grant/")  # the post has the card
    assert (refused.status_code, refused.json()["code"]) == (409, "wish_not_now")
    assert api.get(path).json()["settled_at"] is None
    assert api.post(f"{path}settle/", {}, format="json").status_code == 400
    unsaid = api.post(f"{path}settle/", {"granted": False}, format="json")
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "reason_missing")
    answer = {"granted": False, "answer": "Wilayah tertutup."}
    settled = api.post(f"{path}settle/", answer, format="json").json()
    assert (settled["outcome"], settled["answer"]) == ("DECLINED", "Wilayah tertutup.")
    assert settled["settled_at"] is not None
    assert Message.objects.filter(card=world.card, occasion="WISH_ANSWERED").count() == 1
    assert api.post(f"{path}settle/", answer, format="json").json()["code"] == "already_settled"


def test_a_correction_is_declined_with_words_only(api: APIClient, world: World) -> None:
    path = f"{API}/address-requests/{world.address_request.pk}/"
    shown = api.get(path).json()
    assert (shown["fields_asked"], shown["due_at"]) == ({"alamat": "Jl. Lain 2"}, "2020-05-07T02:00:00+00:00")
    refused = api.post(f"{path}decide/", {"accept": False}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_missing")
    declined = api.post(f"{path}decide/", {"accept": False, "answer": "Di luar wilayah."}, format="json")
    assert (declined.json()["state"], declined.json()["answer"]) == ("DECLINED", "Di luar wilayah.")


def test_a_counter_sees_no_corrections(client_of: Client, world: World) -> None:
    assert client_of(world.users[Role.COUNTER]).get(f"{API}/address-requests/").status_code == 403
