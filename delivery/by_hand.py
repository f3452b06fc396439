"""Record by hand what the post says of scanned items, by telephone or on paper; the same way as a file's rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from accounts.services import record
from delivery import messages, records
from delivery.courier_files.meanings import meaning_said
from delivery.courier_files.reading import AHEAD_ALLOWED
from delivery.couriers import Meaning
from delivery.models import HandEvent, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from delivery.scans import FoundCard, find_cards
from delivery.tracking import NewEvent, record_events, void_events
from shipments.models import ShipmentState
from spreadsheets.dates import FIRST_YEAR

UNDO_REASON = "undone by whoever recorded it"
_PLACE_CHARACTERS = 80
_WITH_THE_POST = frozenset({ShipmentState.HANDED_OVER, ShipmentState.RECEIVED})


class HandOutcome(StrEnum):
    """How one scan ends; the first four as a file's row."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    CONTRADICTION = "contradiction"
    UNKNOWN_ITEM = "unknown_item"
    OTHER_OFFICE = "other_office"
    MISREAD = "misread"
    NOT_POSTED = "not_posted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One scan and how it ended. `reference` is empty for what is none of the office's cards."""

    scanned: str
    outcome: HandOutcome
    reference: str = ""


def record_by_hand(
    *, office_id: int, scans: Sequence[str], status: str, reason: str = "", action: str = "",
    receiver: str = "", place: str = "", occurred_at: datetime | None = None, actor_id: int | None, at: datetime,
) -> list[Told]:  # fmt: skip
    """Record what the post did with items of a registry office, by number or reference; one outcome per scan.

    `occurred_at` is when it happened (now when None). Refuses a time ahead or before any item, and what no courier can
    say; a scan that names no item of the office with the post changes nothing.
    """
    meaning = meaning_said(status=status, reason=reason, action=action, receiver=receiver)
    moment = occurred_at or at
    if moment > at + AHEAD_ALLOWED:
        raise DeliveryRefused(Code.TIME_AHEAD)
    if moment.year < FIRST_YEAR:
        raise DeliveryRefused(Code.TIME_TOO_EARLY)
    with transaction.atomic():
        cards = find_cards(scans, lock=True)
        told = [_refused(scan, cards.get(scan), office_id) for scan in scans]
        good = [index for index, answer in enumerate(told) if answer is None]
        events = [_event(cards[scans[index]], meaning, moment, place.strip()) for index in good]
        events = _told_again(events, at)
        recorded = record_events(events=events, recorded_at=at, recorded_by_id=actor_id)
        messages.queue_changes(changed=recorded.changed, at=at)
        for index, outcome in zip(good, recorded.outcomes, strict=True):
            card = cards[scans[index]]
            told[index] = Told(scanned=scans[index], outcome=HandOutcome(outcome), reference=card.reference)
        if recorded.stored:
            _keep(office_id, events, actor_id=actor_id, at=at)
            record(
                actor_id=actor_id, office_id=office_id, operation="RECORD_EVENTS", object_kind="event",
                object_key=meaning.status, at=at, reason=meaning.reason, events=recorded.stored,
            )  # fmt: skip
    return [answer for answer in told if answer is not None]


def undo_last_by_hand(*, office_id: int, actor_id: int | None, at: datetime) -> list[str]:
    """Void what the person recorded last, one scan or one set; give the references. Refuses when there is nothing."""
    mine = HandEvent.objects.filter(office_id=office_id, recorded_by_id=actor_id, undone_at__isnull=True)
    with transaction.atomic():
        last = mine.order_by("-recorded_at", "-pk").first()
        rows = mine.filter(recorded_at=last.recorded_at) if last is not None else mine.none()
        found = list(rows.select_for_update(of=("self",)).select_related("event__card").order_by("pk"))
        if not found or rows.update(undone_at=at) != len(found):
            raise DeliveryRefused(Code.NOTHING_TO_UNDO)
        event_ids = [row.event_id for row in found]
        void_events(event_ids=event_ids, reason=UNDO_REASON, recorded_at=at, recorded_by_id=actor_id)
        messages.withdraw_about(event_ids=event_ids)
        record(
            actor_id=actor_id, office_id=office_id, operation="UNDO_EVENTS", object_kind="event",
            object_key=found[0].event.status, at=at, events=len(found),
        )  # fmt: skip
    return [row.event.card.reference for row in found]


def _refused(scan: str, card: FoundCard | None, office_id: int) -> Told | None:
    if card is None:
        return Told(scanned=scan, outcome=HandOutcome.UNKNOWN_ITEM)
    if card.misread:
        return Told(scanned=scan, outcome=HandOutcome.MISREAD)
    if card.office_id != office_id:
        return Told(scanned=scan, outcome=HandOutcome.OTHER_OFFICE)
    if card.item_id is None or card.shipment_state not in _WITH_THE_POST:
        return Told(scanned=scan, outcome=HandOutcome.NOT_POSTED, reference=card.reference)
    return None


def _event(card: FoundCard, meaning: Meaning, occurred_at: datetime, place: str) -> NewEvent:
    return NewEvent(
        card_id=card.card_id,
        item_id=card.item_id,
        status=meaning.status,
        occurred_at=occurred_at,
        reason=meaning.reason,
        action=meaning.action,
        receiver=meaning.receiver,
        place=place[:_PLACE_CHARACTERS],
    )


def _told_again(events: Sequence[NewEvent], at: datetime) -> list[NewEvent]:
    """Let a person say again what a person has taken back; told by a file, it would stay void."""
    known = records.known({event.fingerprint for event in events})
    taken_back = {name for name, event in known.items() if event.voided and not event.undone}
    return [
        event._replace(salt=at.isoformat()) if event.fingerprint in taken_back else event for event in events
    ]


def _keep(office_id: int, events: Sequence[NewEvent], *, actor_id: int | None, at: datetime) -> None:
    stored = TrackingEvent.objects.filter(
        card_id__in={event.card_id for event in events}, recorded_at=at, recorded_by_id=actor_id,
        source=TrackingEvent.Source.DESK, status=events[0].status, occurred_at=events[0].occurred_at,
    ).values_list("pk", flat=True)  # fmt: skip
    HandEvent.objects.bulk_create(
        HandEvent(event_id=pk, office_id=office_id, recorded_by_id=actor_id, recorded_at=at) for pk in stored
    )
