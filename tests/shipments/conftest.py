"""Offices, cards and shipments in the states that the tests of this room begin with."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from offices.models import HandoverPolicy, Office
from shipments.backlog import fill_backlog
from shipments.batching import batch_backlog
from shipments.models import Card, Shipment
from shipments.numbering import add_s10_block
from tests import factories

TODAY = date(2020, 5, 4)


@pytest.fixture(autouse=True)
def _files_in_a_temporary_folder(settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"  # type: ignore[attr-defined]


@pytest.fixture
def policy(registry: Office) -> HandoverPolicy:
    return HandoverPolicy.objects.create(office=registry, items_per_shipment=10, items_per_bag=4)


@pytest.fixture
def queue(registry: Office, post_office: Office, now: datetime) -> Callable[..., list[Card]]:
    """Make cards that are ready to be posted."""

    def make(number: int, **fields: Any) -> list[Card]:
        cards = factories.make_cards(office=registry, number=number, **fields)
        fill_backlog(office_id=registry.pk, at=now)
        return cards

    return make


@pytest.fixture
def shipment(
    queue: Callable[..., list[Card]],
    registry: Office,
    policy: HandoverPolicy,
    printing_user: User,
    now: datetime,
) -> Shipment:
    """An open shipment of five numbered items."""
    add_s10_block(office_id=registry.pk, service_indicator="RR", first_serial=100, last_serial=199, on=TODAY)
    queue(5)
    result = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=printing_user.pk, at=now)
    return Shipment.objects.get(pk=result.shipment_ids[0])


@pytest.fixture
def on_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: SQLite lets one transaction write at a time (set DATABASE_URL)")
