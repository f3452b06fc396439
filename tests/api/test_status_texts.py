"""Texts of courier files over the API: which wait for a meaning, and who says it for whom."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from accounts.models import Role, User
from delivery.courier_files import map_text
from delivery.models import Delivery
from jobs.services import run_job
from offices.models import Office
from tests import factories
from tests.api.conftest import Client
from tests.api.courier_files import news, sheet, uploaded, worked_on
from tests.delivery.mailing import Mailed

pytestmark = pytest.mark.usefixtures("files")
AT = datetime(2020, 5, 7, 2, 0, tzinfo=UTC)


def test_a_text_gets_its_meaning_for_a_registry_or_for_all(
    at_post: APIClient, client_of: Client, supervisor: User, foreign_registry: Office, mailed: Mailed
) -> None:
    where, _waiting = uploaded(at_post, news(mailed))
    worked_on(at_post, where)
    boss = client_of(supervisor)
    texts = "/api/v1/status-texts/"
    (waiting,) = boss.get(f"{texts}waiting/").json()["results"]
    assert (waiting["status_text"], waiting["rows"]) == ("TEKS ANEH", 1)
    assert waiting["samples"] == [
        {
            "courier_file": where.split("/")[-2], "row": 3, "occurred_text": "06/05/2020 10:15", "place": "Tambun",
            "number": mailed.items[1].number,
        }
    ]  # fmt: skip
    said = {"status_text": "teks aneh", "status": "ATTEMPT_FAILED", "reason": "ABSENT"}
    administrator = client_of(factories.make_user(role=Role.ADMINISTRATOR, office=None))
    (of_all,) = administrator.get(f"{texts}waiting/").json()["results"]
    assert of_all == {**waiting, "samples": []}
    stranger = client_of(factories.make_user(role=Role.SUPERVISOR, office=foreign_registry))
    assert stranger.get(f"{texts}waiting/").json()["results"] == []
    assert administrator.post(texts, {**said, "status": "COLLECTED"}, format="json").status_code == 400
    nothing = {"rows": 0, "outcomes": {}, "waiting": 0, "job": None}
    assert boss.post(texts, said, format="json").json() == nothing | {"rows": 1, "outcomes": {"applied": 1}}
    assert administrator.post(texts, said, format="json").json() == nothing
    assert [text["office"] for text in boss.get(texts).json()["results"]] == [None, "3216"]
    assert [text["office"] for text in administrator.get(texts).json()["results"]] == [None]
    assert boss.get(f"{where}rows/").json()["results"] == []


def test_a_meaning_said_at_one_registry_moves_no_card_of_another(
    at_post: APIClient, mailed: Mailed, foreign_registry: Office
) -> None:
    where, _waiting = uploaded(at_post, news(mailed))
    worked_on(at_post, where)
    said: dict[str, Any] = {
        "courier": "POS",
        "status_text": "TEKS ANEH",
        "status": "DELIVERED",
        "actor_id": None,
        "at": AT,
    }
    assert map_text(**said, office_id=foreign_registry.pk).rows == 0
    assert Delivery.objects.get(card=mailed.cards[1]).status == "POSTED"
    assert map_text(**said, office_id=mailed.cards[1].office_id).rows == 1
    assert Delivery.objects.get(card=mailed.cards[1]).status == "DELIVERED"


def test_texts_that_wait_come_in_pages_and_many_rows_are_a_job(
    at_post: APIClient, client_of: Client, supervisor: User, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.courier_files.unmapped.ROWS_AT_ONCE", 0)
    rows = [f"{mailed.items[i % 2].number};TEKS {i};;06/05/2020 1{i}:15;Tambun" for i in range(3)]
    where, _waiting = uploaded(at_post, sheet(*rows, rows[2].replace("12:15", "13:15")))
    worked_on(at_post, where)
    boss, texts, page = client_of(supervisor), [], "/api/v1/status-texts/waiting/?page_size=1"
    while page:
        answer = boss.get(page).json()
        texts += [(text["status_text"], text["rows"], text["files"]) for text in answer["results"]]
        page = answer["next"]
    assert texts == [("TEKS 2", 2, 1), ("TEKS 0", 1, 1), ("TEKS 1", 1, 1)]
    said = {"status_text": "TEKS 2", "status": "DELIVERED", "receiver": "FAMILY"}
    answer = boss.post("/api/v1/status-texts/", said, format="json")
    assert (answer.status_code, answer.json()["rows"], answer.json()["waiting"]) == (202, 0, 2)
    run_job(UUID(answer.json()["job"]))
    assert boss.get(answer["Location"]).json()["result"] == {"rows": 2, "outcomes": {"applied": 2}}
    assert Delivery.objects.get(card=mailed.cards[0]).receiver == "FAMILY"
    assert boss.get("/api/v1/status-texts/").json()["results"][0]["receiver"] == "FAMILY"
    wrong = boss.post("/api/v1/status-texts/", {**said, "status": "RETURNING"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "nobody_received")
