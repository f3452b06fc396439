"""Default deny: every page for every role, for strangers, and for users of another office."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from accounts.models import Role, User
from accounts.permissions import ALLOWED, Operation
from delivery.models import CourierFile
from jobs.models import Job
from offices.models import Closure, Delegation, ExtraDay, Office
from shipments.models import AreaHold, IntakeFile, LabelPart, LabelRun, Shipment
from tests import factories
from web.urls import urlpatterns

PAGES = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
NAMES = [str(pattern.name) for pattern in PAGES]
# Pages whose address names nothing of one office.
FIXED = {
    "ledger-export": {"kind": "csv"},
    "breach-export": {"kind": "csv"},
    "hold-new": {"village_code": "32.16.06.1001"},
    "shipment-manifest": {"kind": "pdf"},
    "silent-export": {"kind": "csv"},
}
OF_NO_OFFICE = {"ledger-export", "breach-export", "hold-new", "silent-export"}
# Pages that are open to the owner and to supervisors only; the tests of jobs look at them.
OWNED = {"job-cancel", "job-retry", "label-run-cancel"}


def operation_of(pattern: URLPattern) -> Operation | None:
    return getattr(pattern.callback, "operation", None)


def is_public(pattern: URLPattern) -> bool:
    return getattr(pattern.callback, "is_public", False)


@pytest.fixture
def things(registry: Office, post_office: Office, counter: Office) -> dict[str, Any]:
    """One thing of the registry office for every name that an address of a page may hold."""
    now = timezone.now()
    user = factories.make_user(role=Role.SUPERVISOR, office=registry)
    job = Job.objects.create(kind="cards.import", office=registry, owner=user, created_at=now)
    intake = IntakeFile.objects.create(
        office=registry, name="a.xlsx", sha256="0" * 64, job=job, uploaded_at=now
    )
    courier = CourierFile.objects.create(office=registry, name="b.xlsx", sha256="1" * 64, uploaded_at=now)
    shipment = Shipment.objects.create(office=registry, post_office=post_office, number="S-1", opened_at=now)
    run = LabelRun.objects.create(office=registry, format="a4-3x8", asked_by=user, asked_at=now)
    part = LabelPart.objects.create(
        run=run, shipment=shipment, number=1, first_position=1, last_position=1, job=job
    )
    closure = Closure.objects.create(office=counter, starts_on="2020-01-01", ends_on="2099-01-01", reason="x")
    delegation = Delegation.objects.create(
        office=counter, delegate=registry, service="PICKUP", starts_on="2020-01-01", ends_on="2099-01-01"
    )
    hold = AreaHold.objects.create(
        office=registry,
        village_code="32.16.06.1001",
        action="WAIT",
        reason="x",
        starts_on="2020-01-01",
        created_at=now,
    )
    return {
        "hold_id": hold.pk,
        "difference_id": 1,
        "reference": factories.make_cards(office=registry, number=1)[0].reference,
        "job_id": job.pk,
        "intake": intake.pk,
        "courier": courier.pk,
        "shipment_id": shipment.pk,
        "run_id": run.pk,
        "part_id": part.pk,
        "closure_id": closure.pk,
        "delegation_id": delegation.pk,
        "extra_day_id": ExtraDay.objects.create(office=counter, day="2099-01-03", reason="x").pk,
    }


def address_of(pattern: URLPattern, things: dict[str, Any]) -> str:
    name = str(pattern.name)
    arguments: dict[str, str | int | UUID] = {}
    for argument in pattern.pattern.converters:
        if argument == "file_id":
            arguments[argument] = things["intake" if name.startswith("intake") else "courier"]
        else:
            # what no fixture makes is looked for under a number that nothing has
            arguments[argument] = FIXED.get(name, things).get(argument) or things.get(argument, 999_999)
    return reverse(f"web:{name}", kwargs=arguments)


def tries(client: Client, address: str) -> Iterator[int]:
    yield client.get(address).status_code
    yield client.post(address, {}).status_code


@pytest.mark.parametrize("name", NAMES)
def test_every_page_names_its_operation_or_is_public(name: str) -> None:
    pattern = PAGES[NAMES.index(name)]
    guarded = hasattr(pattern.callback, "operation")
    assert guarded or is_public(pattern), f"{name} is open by accident"


def test_every_page_sends_a_stranger_to_sign_in(things: dict[str, Any]) -> None:
    stranger = Client()
    for pattern in PAGES:
        if is_public(pattern):
            continue
        for method in ("get", "post"):
            response = getattr(stranger, method)(address_of(pattern, things))
            assert response.status_code == 302, pattern.name
            assert response["Location"].startswith("/akun/login/"), pattern.name


@pytest.mark.parametrize("role", list(Role))
def test_every_page_opens_exactly_to_the_roles_of_its_operation(
    role: Role,
    things: dict[str, Any],
    registry: Office,
    counter: Office,
    post_office: Office,
    sign_in: Callable[[User], Client],
) -> None:
    offices = {Role.COUNTER: counter, Role.PARTNER: post_office, Role.ADMINISTRATOR: None}
    client = sign_in(factories.make_user(role=role, office=offices.get(role, registry)))
    client.raise_request_exception = True
    for pattern in PAGES:
        operation = operation_of(pattern)
        if operation is None:
            continue
        allowed = operation in ALLOWED[role]
        for status in tries(client, address_of(pattern, things)):
            if pattern.name not in OWNED or not allowed:
                assert (status == 403) is not allowed, (pattern.name, role, status)
            assert status < 500, (pattern.name, role, status)


@pytest.mark.parametrize("role", [Role.PRINTING, Role.SUPERVISOR, Role.COUNTER, Role.PARTNER])
def test_nothing_of_another_office_is_shown_or_changed(
    role: Role, things: dict[str, Any], sign_in: Callable[[User], Client]
) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    kinds = {Role.COUNTER: Office.Kind.COUNTER, Role.PARTNER: Office.Kind.POST_OFFICE}
    office = (
        factories.make_office(code="X-1", kind=kinds[role], parent=foreign, region_code="32.75")
        if role in kinds
        else foreign
    )
    client = sign_in(factories.make_user(role=role, office=office))
    for pattern in PAGES:
        if (
            not pattern.pattern.converters
            or pattern.name in OF_NO_OFFICE
            or operation_of(pattern) not in ALLOWED[role]
        ):
            continue
        for status in tries(client, address_of(pattern, things)):
            assert status in {404, 405}, (pattern.name, role, status)
