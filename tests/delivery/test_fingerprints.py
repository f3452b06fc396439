"""Fingerprints: what makes two facts the same, and how those of an older version are brought up to date."""

import importlib
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from delivery.models import Delivery, TrackingEvent
from delivery.status import Status
from delivery.tracking import NewEvent, record_events, refold
from offices.models import Office
from tests import factories

pytestmark = pytest.mark.django_db

AT = datetime(2020, 5, 4, 2, 0, tzinfo=UTC)


def _event(card_id: int) -> NewEvent:
    return NewEvent(card_id=card_id, item_id=None, status=Status.POSTED, occurred_at=AT)


def test_fingerprint_begins_with_the_key_of_its_card() -> None:
    assert _event(255).fingerprint[:10] == "00000000ff"
    assert len(_event(255).fingerprint) == 32


def test_fingerprint_tells_apart_time_status_and_card_but_not_the_file_that_tells_it() -> None:
    event = _event(7)
    assert event._replace(source="FILE", source_row=3, place="X").fingerprint == event.fingerprint
    others = (
        event._replace(card_id=8),
        event._replace(status=Status.DELIVERED),
        event._replace(occurred_at=datetime(2020, 5, 4, 2, 1, tzinfo=UTC)),
    )
    assert len({event.fingerprint, *(other.fingerprint for other in others)}) == 4


@pytest.mark.django_db(transaction=True)
def test_fingerprints_of_an_older_version_are_known_again_after_the_migration() -> None:
    office = factories.make_office(code="3216", kind=Office.Kind.REGISTRY, region_code="32.16")
    (card,) = factories.make_cards(office=office, number=1)
    record_events(events=[_event(card.pk)], recorded_at=AT, recorded_by_id=None)
    new = TrackingEvent.objects.get().fingerprint
    migration: Any = importlib.import_module("delivery.migrations.0009_fingerprints_begin_with_their_card")
    with connection.schema_editor() as editor:
        migration.LIFTED.database_backwards("delivery", editor, *migration.NO_STATES)
        # 32 figures of the digest, as they were written before
        old = new[10:] + "0123456789"
        editor.execute("UPDATE delivery_trackingevent SET fingerprint = %s", [old])
        editor.execute("UPDATE delivery_delivery SET last_fingerprint = %s", [old])
        migration.LIFTED.database_forwards("delivery", editor, *migration.NO_STATES)

    with connection.schema_editor() as editor:
        migration.begin_with_the_card(apps, editor)

    assert TrackingEvent.objects.get().fingerprint == new
    assert Delivery.objects.get().last_fingerprint == new
    again = record_events(events=[_event(card.pk)], recorded_at=AT, recorded_by_id=None)
    assert (again.stored, again.duplicates) == (0, 1)
    assert refold().wrong == ()
    with pytest.raises(DatabaseError), transaction.atomic():
        TrackingEvent.objects.update(fingerprint="x")
