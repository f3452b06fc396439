"""Every address of the API, for every role, for nobody and for another office."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.permissions import ALLOWED, Operation
from api.permissions import OperationPermission
from api.urls import router, urlpatterns
from tests.api.conftest import Client
from tests.api.world import KK, PHONE, World, make_world

OPEN_TO_EVERYBODY = {
    "schema", "docs", "tracking", "nothing-here",
    # signed by the provider
    "gateway-callback", "whatsapp-callback",
}  # fmt: skip


@dataclass(frozen=True)
class Door:
    """One method of one address, and what it asks for."""

    name: str
    method: str
    action: str
    operation: Operation | None
    pattern: str

    @property
    def is_detail(self) -> bool:
        return "(?P<" in self.pattern

    def address(self, world: World) -> str:
        """Fill the keys of a world's things into the address."""
        path = self.pattern.lstrip("^").rstrip("$").replace("\\Z", "")
        name = next(name for prefix, _viewset, name in _registered() if path.startswith(prefix + "/"))
        head, *rest = path.split("(?P<difference_id>")
        if "(?P<" in head:
            before, _group, after = head.partition("(?P<")
            head = before + world.key(name) + _after_group(after)
        for part in rest:
            head += str(world.difference.pk) + _after_group(part)
        return f"/api/v1/{head}"


def _after_group(text: str) -> str:
    depth = 1
    for place, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return text[place + 1 :]
    raise AssertionError(text)


def _registered() -> list[tuple[str, type, str]]:
    return [(prefix, viewset, basename) for prefix, viewset, basename in router.registry]


def doors() -> Iterator[Door]:
    for url in router.urls:
        assert isinstance(url, URLPattern)
        callback: Any = url.callback
        for method, action in callback.actions.items():
            yield Door(
                name=str(url.name),
                method=method,
                action=action,
                operation=callback.cls.operations.get(action),
                pattern=str(url.pattern),
            )


DOORS = list(doors())


@pytest.fixture
def world(db: None) -> World:
    return make_world("3216", region="32.16")


def call(client: APIClient, door: Door, world: World) -> int:
    address = door.address(world)
    answer = client.generic(door.method.upper(), address, "{}", content_type="application/json")
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json", (door, answer.content)
    b"".join(answer)  # read to its end, a file closes itself
    return answer.status_code


def test_every_address_names_its_operation() -> None:
    assert len(DOORS) > 40
    for door in DOORS:
        assert isinstance(door.operation, Operation), door
    for _prefix, viewset, _basename in _registered():
        assert viewset.permission_classes == [OperationPermission]  # type: ignore[attr-defined]


def test_only_these_are_open_to_everybody() -> None:
    outside = {url.name for url in urlpatterns if isinstance(url, URLPattern)}
    assert outside == OPEN_TO_EVERYBODY


def test_an_action_without_an_operation_is_closed(client_of: Client, world: World) -> None:
    view = next(viewset for prefix, viewset, _name in _registered() if prefix == "offices")
    operations = view.operations  # type: ignore[attr-defined]
    view.operations = {}  # type: ignore[attr-defined]
    try:
        assert client_of(world.users[Role.SUPERVISOR]).get("/api/v1/offices/").status_code == 403
    finally:
        view.operations = operations  # type: ignore[attr-defined]


def test_nobody_gets_in(anonymous: APIClient, world: World) -> None:
    for door in DOORS:
        assert call(anonymous, door, world) == 401, door


@pytest.mark.parametrize("role", list(Role))
def test_each_role_does_what_the_table_allows(client_of: Client, world: World, role: Role) -> None:
    client = client_of(world.users[role])
    for door in DOORS:
        status = call(client, door, world)
        if door.operation in ALLOWED[role]:
            assert status not in {401, 403}, (door, status)
            assert status < 500, (door, status)
        else:
            assert status == 403, (door, status)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_another_offices_things_are_not_there(client_of: Client, world: World, role: Role) -> None:
    foreign = make_world("3275", region="32.75")
    client = client_of(foreign.users[role])
    for door in DOORS:
        if door.operation not in ALLOWED[role] or door.pattern.startswith("^regions/"):
            continue
        if door.is_detail:
            assert call(client, door, world) == 404, door
    for door in DOORS:
        if door.operation in ALLOWED[role] and door.action == "list" and door.name != "region-list":
            answer = client.get(door.address(world))
            assert world.card.reference not in answer.content.decode(), door
            assert f'"{world.registry.code}' not in answer.content.decode(), door


def test_a_registrys_own_things_are_there(client_of: Client, world: World) -> None:
    seen = {}
    for role in (Role.SUPERVISOR, Role.PARTNER, Role.COUNTER):
        client = client_of(world.users[role])
        seen[role] = {
            door.name
            for door in DOORS
            if door.method == "get" and door.is_detail and call(client, door, world) == 200
        }
    assert {"card-detail", "shipment-detail", "transfer-detail", "collection-detail"} <= seen[Role.SUPERVISOR]
    assert {"shipment-detail", "courier-file-detail"} <= seen[Role.PARTNER]
    assert {"collection-detail", "appointment-detail", "village-list-detail"} <= seen[Role.COUNTER]


@pytest.mark.parametrize("role", [Role.PARTNER, Role.DATA_PROTECTION, Role.ADMINISTRATOR])
def test_some_roles_never_see_personal_data(client_of: Client, world: World, role: Role) -> None:
    client = client_of(world.users[role])
    for door in DOORS:
        if door.method == "get" and not door.pattern.startswith("^shipments/(?P<pk>\\d{1,18})/manifest"):
            text = b"".join(client.get(door.address(world))).decode(errors="replace")
            for secret in (world.card.nik, "••••", KK, PHONE):
                assert secret not in text, door


def test_lists_show_no_whole_nik_to_anybody(client_of: Client, world: World) -> None:
    client = client_of(world.users[Role.SUPERVISOR])
    for door in DOORS:
        if door.method == "get" and door.action != "personal_data":
            text = b"".join(client.get(door.address(world))).decode(errors="replace")
            assert world.card.nik not in text, door
            assert KK not in text, door
            assert PHONE not in text, door
