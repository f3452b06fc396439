"""Fingerprints: what makes two facts the same, and how those of an older version are brought up to date."""

from datetime import UTC, datetime

import pytest

from delivery.status import Status
from delivery.tracking import NewEvent

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
