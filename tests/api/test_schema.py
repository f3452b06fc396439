"""The OpenAPI document is whole, and the API does what it says."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.conf import settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import Role
from api.urls import router
from config.wsgi import application
from tests.api.world import World, make_world

EXAMPLES = 2
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
PUBLIC = {"/api/v1/tracking/", "/api/v1/schema/", "/api/v1/callbacks/gateway/"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    out = StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)
    found: dict[str, Any] = yaml.safe_load(out.getvalue())
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_is_described_and_may_be_refused(document: dict[str, Any]) -> None:
    assert len(operations(document)) > 70
    for path, method, operation in operations(document):
        assert operation["description"], (path, method)
        content = operation["responses"]["4XX"]["content"]
        assert list(content) == ["application/problem+json"], (path, method)


def test_only_the_lookup_needs_no_key(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        wanted = {name for way in operation.get("security", []) for name in way}
        assert wanted == (set() if path in PUBLIC else {"apiKey", "cookieAuth"}), (path, method)


def test_what_changes_something_may_be_repeated(document: dict[str, Any]) -> None:
    # a provider's repeat is known by its message
    reading = {"check", "search", "find", "tracking", "jobs", "callbacks"}
    for path, method, operation in operations(document):
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        if method == "post" and not reading & set(path.split("/")):
            assert "Idempotency-Key" in names, path
        else:
            assert "Idempotency-Key" not in names, (path, method)


def test_the_document_says_how_far_a_courier_files_work_is_and_what_it_found(
    document: dict[str, Any],
) -> None:
    shapes = document["components"]["schemas"]
    file, work = shapes["CourierFileDetail"]["properties"], shapes["Work"]["properties"]
    assert set(work) == {"state", "done", "total", "reading", "rows_a_second", "seconds_left"}
    assert {"work", "job_url", "newly_delivered", "newly_returned", "first_rows"} <= set(file)
    assert "first_rows" not in shapes["CourierFile"]["properties"]
    assert set(shapes["FirstRow"]["properties"]) == {
        "outcome", "row", "number", "status_text", "remark_text", "occurred_text", "explanation",
    }  # fmt: skip
    assert set(shapes["WaitingRow"]["properties"]) == {
        "courier_file",
        "row",
        "number",
        "occurred_text",
        "place",
    }
    assert shapes["UnmappedText"]["properties"]["samples"]["items"] == {
        "$ref": "#/components/schemas/WaitingRow"
    }


def test_the_document_is_served(anonymous: APIClient, db: None) -> None:
    answer = anonymous.get("/api/v1/schema/?format=json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "AntarKTP"


def test_the_page_asks_for_nothing_inline(anonymous: APIClient, db: None, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    answer = anonymous.get("/api/v1/docs/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<style" not in page
    assert "<script>" not in page
    assert "https://" not in page
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "SwaggerUIBundle" in anonymous.get("/api/v1/docs/?script=").content.decode()


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """A request's end would close the connection that holds the test's transaction."""
    ends = (request_started, request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


@pytest.mark.fuzz
@pytest.mark.usefixtures("_one_connection")
def test_made_up_requests_get_answers_that_the_document_knows(
    document: dict[str, Any],
    db: None,
    key_of: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Schemathesis sends each operation made-up bodies, queries and headers, to things that are there."""
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path)
    world = make_world("3216", region="32.16")
    headers = {"Authorization": f"Api-Key {key_of(world.users[Role.SUPERVISOR])}"}
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    faults: list[str] = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        try:
            _try_out(result.ok(), world, headers)
        except FailureGroup as group:
            faults += [f"{result.ok().label}: {fault}" for fault in group.exceptions]
    assert faults == []


def _try_out(operation: Any, world: World, headers: dict[str, str]) -> None:

    @given(case=operation.as_strategy())
    @hypothesis_settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        if case.path_parameters:
            case.path_parameters = {name: _key(operation.path, name, world) for name in case.path_parameters}
        case.call_and_validate(headers=headers, checks=CHECKS)

    send()


def _key(path: str, parameter: str, world: World) -> str:
    if parameter == "difference_id":
        return str(world.difference.pk)
    noun = path.removeprefix("/api/v1/").partition("/")[0]
    return world.key(next(basename for prefix, _viewset, basename in router.registry if prefix == noun))
