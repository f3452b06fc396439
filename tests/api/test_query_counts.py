"""What each list costs in queries is kept in `tests/query_counts.json`, and 20 rows cost what 2 cost.

`UPDATE_QUERY_COUNTS=1 pytest tests/api/test_query_counts.py` writes the file anew; the review sees the change.
"""

import json
import os
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Role
from delivery.models import Appointment, Collection, CounterStay, ReturnReceipt
from jobs.models import Job
from shipments.models import Item, LabelPart, LabelRun, Shipment
from tests import factories
from tests.api.conftest import Client
from tests.api.world import AT, World, make_world, record_event

BASELINE = Path(__file__).parent.parent / "query_counts.json"
PREFIX = "api "
LISTS = [
    "address-requests/", "appointments/", "backlog/", "backlog/forecast/", "breaches/", "cards/", "closures/",
    "collections/", "column-profiles/", "conflicts/", "courier-files/", "delegations/", "destructions/", "differences/",
    "enquiries/", "expected-returns/", "extra-days/", "follow-ups/", "holds/", "intake-files/", "jobs/",
    "label-runs/", "messages/", "messages/totals/", "number-blocks/", "offices/", "policies/", "print-checks/reprints/",
    "quotas/", "reconciliation/",
    "reconciliation/cards/?bucket=with_post", "registry-list/", "returns/", "review/", "review/groups/", "shelf/",
    "shelf/ages/", "shelf/overdue/", "shipments/", "silent-items/", "silent-items/summary/", "status-texts/",
    "status-texts/waiting/", "stray-items/", "transfer-cases/", "transfers/", "village-lists/", "waiting/", "wishes/",
]  # fmt: skip
GROWING = [
    "appointments/",
    "cards/",
    "collections/",
    "jobs/",
    "label-runs/",
    "returns/",
    "shipments/",
    "shipments/{id}/items/",
]


@pytest.fixture
def world(db: None) -> World:
    return make_world("3216", region="32.16")


@pytest.fixture
def supervisor_client(client_of: Client, world: World) -> APIClient:
    return client_of(world.users[Role.SUPERVISOR])


def cost(client: APIClient, path: str) -> int:
    address = f"/api/v1/{path}"
    client.get(address)  # what is read once per process is not the list's
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return len(queries)


def rows(client: APIClient, path: str) -> int:
    return len(client.get(f"/api/v1/{path}").json()["results"])


def test_lists_cost_what_they_cost_before(supervisor_client: APIClient, world: World) -> None:
    paths = [*LISTS, f"cards/{world.card.reference}/", f"shipments/{world.shipment.pk}/"]
    names = [*LISTS, "cards/{reference}/", "shipments/{id}/"]
    found = {PREFIX + name: cost(supervisor_client, path) for name, path in zip(names, paths, strict=True)}
    kept: dict[str, int] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        others = {name: count for name, count in kept.items() if not name.startswith(PREFIX)}
        BASELINE.write_text(json.dumps(others | found, indent=2, sort_keys=True) + "\n")
    else:
        assert found == {name: count for name, count in kept.items() if name.startswith(PREFIX)}


@pytest.mark.parametrize("path", GROWING)
def test_twenty_rows_cost_what_two_cost(supervisor_client: APIClient, world: World, path: str) -> None:
    shipment = Shipment.objects.create(
        office=world.registry, post_office=world.post_office, number="3216-2", opened_at=AT
    )
    path = path.format(id=shipment.pk)
    add_rows(world, shipment, number=2)
    two, few = cost(supervisor_client, path), rows(supervisor_client, path)
    add_rows(world, shipment, number=18)
    assert rows(supervisor_client, path) == few + 18
    assert cost(supervisor_client, path) == two


def add_rows(world: World, shipment: Shipment, *, number: int) -> None:
    """Add as many rows to every list: each card is posted in one shipment and stands at the counter in the end."""
    start = Item.objects.filter(shipment=shipment).count()
    cards = factories.make_cards(office=world.registry, number=number)
    for position, card in enumerate(cards, start + 1):
        item = Item.objects.create(card=card, shipment=shipment, position=position)
        ReturnReceipt.objects.create(card=card, item=item, office=world.registry, received_at=AT)
        CounterStay.objects.create(
            card=card, counter=world.counter, arrived_at=AT, hold_from=AT.date(), hold_base=date(2020, 6, 3),
            hold_until=date(2020, 6, 3),
        )  # fmt: skip
        Appointment.objects.create(card=card, counter=world.counter, day=date(2020, 5, 11), booked_at=AT)
        Collection.objects.create(
            card=card, counter=world.counter, event=record_event(card, "COLLECTED", item), relation="HOLDER",
            nonce=f"klik-{card.reference}", collected_at=AT,
        )  # fmt: skip
        job = Job.objects.create(kind="uji", office=world.registry, created_at=AT)
        run = LabelRun.objects.create(office=world.registry, format="zpl203", asked_at=AT)
        LabelPart.objects.create(
            run=run, shipment=shipment, number=1, first_position=1, last_position=1, job=job
        )
        Shipment.objects.create(
            office=world.registry, post_office=world.post_office, number=f"S-{card.reference}", opened_at=AT
        )
