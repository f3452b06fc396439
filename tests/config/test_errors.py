"""A failure of ours is told in the caller's form, without its cause."""

import json

from django.test import RequestFactory

from config.errors import server_error


def test_a_machine_gets_a_problem_document() -> None:
    answer = server_error(RequestFactory().get("/api/v1/cards/"))
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "server_error"


def test_a_person_gets_a_page() -> None:
    answer = server_error(RequestFactory().get("/kartu/"))
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith("text/html")
