"""Undo an applied file: its events are voided, its cards folded anew, and what was not sent yet is not sent."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter

from django.db import transaction
from django.utils import timezone

from accounts.services import record
from delivery import messages, records
from delivery.courier_files.given_numbers import has_given, take_back_given
from delivery.courier_files.pieces import pieces_by_card
from delivery.courier_files.progress import OnProgress, tell_nobody
from delivery.courier_files.replaying import retell_after_undo
from delivery.courier_files.rewriting import rewrite_as_undone
from delivery.courier_files.uploading import is_in_work
from delivery.models import CourierFile
from delivery.refusals import Code, DeliveryRefused
from delivery.tracking import void
from jobs import services as jobs

UNDO_JOB = "courier.undo"
EVENTS_PER_CHUNK = 5_000


def start_undo(*, courier_file: CourierFile, reason: str, actor_id: int | None, at: datetime) -> None:
    """Let a worker undo the file; what `undo` would refuse is refused at once."""
    with transaction.atomic():
        # its job is read after the lock: joined, PostgreSQL would give the one from before the wait
        courier_file = CourierFile.objects.select_for_update().get(pk=courier_file.pk)
        _check(courier_file, reason=reason, job_id=None)
        if not _has_changed_something(courier_file):
            raise DeliveryRefused(Code.FILE_NOT_APPLIED, name=courier_file.name)
        courier_file.job = jobs.enqueue(
            kind=UNDO_JOB,
            input={
                "courier_file": str(courier_file.pk),
                "reason": reason,
                "actor": actor_id,
                "at": at.isoformat(),
            },
            owner_id=actor_id,
            office_id=courier_file.office_id,
        )
        courier_file.save(update_fields=["job"])


def undo(
    *, courier_file_id: uuid.UUID, reason: str, actor_id: int | None, at: datetime, job_id: uuid.UUID | None = None,
    on_progress: OnProgress | None = None,
) -> int:  # fmt: skip
    """Undo a file and give how many events were voided. It can be applied again, with the same rows.

    Numbers that it gave to items are taken back where nothing else was told of them since. Files with the same content
    that repeat it are undone with it; what others tell too stands: workers read them anew. Refuses an empty reason, a
    file whose job is not at its end (other than `job_id`, which does this), and one that has changed nothing. Safe to
    repeat after an interruption.
    """
    courier_file = CourierFile.objects.select_related("job").get(pk=courier_file_id)
    _check(courier_file, reason=reason, job_id=job_id)
    if not _has_changed_something(courier_file):
        if job_id is not None and courier_file.state == CourierFile.State.UNDONE:
            # an earlier try of this job was killed after its last step
            retell_after_undo(undone=courier_file, undo_kind=UNDO_JOB, actor_id=actor_id, at=at)
            return 0
        raise DeliveryRefused(Code.FILE_NOT_APPLIED, name=courier_file.name)
    _begin(courier_file)
    events = records.standing_events_of_file(courier_file_id)
    take_back = partial(_take_back, courier_file_id, note=reason.strip()[:200], actor_id=actor_id, at=at)
    tell, done = on_progress or tell_nobody, 0
    for chunk in pieces_by_card(events, card_of=itemgetter(0), most=EVENTS_PER_CHUNK):
        tell(done, len(events))
        take_back(chunk)
        done += len(chunk)
    take_back_given(courier_file_id=courier_file_id)
    rewrite_as_undone(courier_file, on_piece=partial(tell, done, len(events)))
    with transaction.atomic():
        CourierFile.objects.select_for_update(no_key=True).get(pk=courier_file_id)
        # a text of its rows may have been explained meanwhile
        late = records.standing_events_of_file(courier_file_id)
        take_back(late)
        _end(courier_file, events=done + len(late), actor_id=actor_id, at=at)
    retell_after_undo(undone=courier_file, undo_kind=UNDO_JOB, actor_id=actor_id, at=at)
    return done + len(late)


def _begin(courier_file: CourierFile) -> None:
    """Say, before the first event is void, that the file is no more what was applied: the undo may stop halfway."""
    # by our own clock, whatever moment the undo is booked under: files that repeat this one ask for it
    courier_file.undone_at = timezone.now()
    courier_file.save(update_fields=["undone_at"])


def _end(courier_file: CourierFile, *, events: int, actor_id: int | None, at: datetime) -> None:
    courier_file.kept_rows.all().delete()
    courier_file.state = CourierFile.State.UNDONE
    courier_file.applied_at = None
    courier_file.undone_at = timezone.now()
    courier_file.save(update_fields=["state", "applied_at", "undone_at"])
    CourierFile.objects.filter(repeats=courier_file, state=CourierFile.State.APPLIED).update(
        state=courier_file.state, applied_at=None, undone_at=courier_file.undone_at
    )
    record(
        actor_id=actor_id, office_id=courier_file.office_id, operation="UNDO_COURIER_FILE",
        object_kind="courier_file", object_key=str(courier_file.pk), at=at, events=events,
    )  # fmt: skip


def _take_back(
    courier_file_id: uuid.UUID,
    events: Sequence[tuple[int, int]],
    *,
    note: str,
    actor_id: int | None,
    at: datetime,
) -> None:
    with transaction.atomic():
        void(
            events=events, note=note, courier_file_id=courier_file_id, recorded_at=at, recorded_by_id=actor_id
        )
        messages.withdraw_about(event_ids=[event for _card, event in events])


def _has_changed_something(courier_file: CourierFile) -> bool:
    return (
        courier_file.state == CourierFile.State.APPLIED
        or records.has_standing_events(courier_file.pk)
        or has_given(courier_file.pk)
    )


def _check(courier_file: CourierFile, *, reason: str, job_id: uuid.UUID | None) -> None:
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    if is_in_work(courier_file) and (job_id is None or courier_file.job_id != job_id):
        raise DeliveryRefused(Code.FILE_IN_WORK, name=courier_file.name)
