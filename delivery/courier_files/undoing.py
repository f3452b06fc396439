"""Undo an applied file: its events are voided, its cards folded anew, and what was not sent yet is not sent."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction

from accounts.services import record
from delivery import bulk, records
from delivery.courier_files.uploading import is_in_work
from delivery.models import CourierFile, Message
from delivery.refusals import Code, DeliveryRefused
from delivery.tracking import void

EVENTS_PER_CHUNK = 5_000

_WITHDRAW = "UPDATE delivery_message SET state = %s WHERE state = %s AND {among}"


def undo(*, courier_file_id: uuid.UUID, reason: str, actor_id: int | None, at: datetime) -> int:
    """Undo a file and give how many events were voided. It can be applied again, with the same rows.

    Refuses an empty reason, a file whose job is not at its end, and one that has changed nothing. Safe to repeat after
    an interruption.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    courier_file = CourierFile.objects.select_related("job").get(pk=courier_file_id)
    if is_in_work(courier_file):
        raise DeliveryRefused(Code.FILE_IN_WORK, name=courier_file.name)
    events = records.standing_events_of_file(courier_file_id)
    if courier_file.state != CourierFile.State.APPLIED and not events:
        raise DeliveryRefused(Code.FILE_NOT_APPLIED, name=courier_file.name)
    for chunk in _chunks(events):
        with transaction.atomic():
            void(
                events=chunk,
                note=reason.strip()[:200],
                courier_file_id=courier_file_id,
                recorded_at=at,
                recorded_by_id=actor_id,
            )
            bulk.execute(
                _WITHDRAW.format(among=bulk.among("event_id", "bigint")),
                [Message.State.WITHDRAWN, Message.State.QUEUED, bulk.listed(event for _card, event in chunk)],
            )
    with transaction.atomic():
        courier_file.kept_rows.all().delete()
        courier_file.state = CourierFile.State.UNDONE
        courier_file.applied_at = None
        courier_file.save(update_fields=["state", "applied_at"])
        record(
            actor_id=actor_id, office_id=courier_file.office_id, operation="UNDO_COURIER_FILE",
            object_kind="courier_file", object_key=str(courier_file.pk), at=at, events=len(events),
        )  # fmt: skip
    return len(events)


def _chunks(events: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    """Cut (card, event) pairs into pieces; all events of a card are in one."""
    start = 0
    while start < len(events):
        end = min(start + EVENTS_PER_CHUNK, len(events))
        while end < len(events) and events[end][0] == events[end - 1][0]:
            end += 1
        yield events[start:end]
        start = end
