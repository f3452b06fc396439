"""Read an applied file anew by today's tables: say which rows mean something else now, or void and add their events.

The rows are those of the file's result workbook: of every row the texts, the date and the place are kept there. History
is not edited: an event that means something else is voided, and the row's new meaning is a new event.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter

from django.db import transaction
from django.utils import timezone

from accounts.services import record
from delivery import bulk, messages, records
from delivery.courier_files.counting import keep_ended, recount
from delivery.courier_files.explaining import apply_known
from delivery.courier_files.meanings import table_version
from delivery.courier_files.pieces import pieces_by_card
from delivery.courier_files.progress import OnProgress, OnReading, tell_nobody
from delivery.courier_files.retelling import later_files, retell, undone_since, untold
from delivery.courier_files.rewriting import outcomes_told, start_rewriting
from delivery.courier_files.rows import RowOutcome, StatusRow
from delivery.courier_files.understanding import read_and_understand
from delivery.courier_files.uploading import is_in_work
from delivery.couriers import COURIERS, Meaning
from delivery.models import CourierFile
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Action, Reason, Receiver, State, Status
from delivery.tracking import NewEvent, record_events, void
from jobs import services as jobs
from jobs.models import Job

REPLAY_JOB = "courier.replay"
ROWS_PER_CHUNK = 5_000
CHANGES_SHOWN = 50
_STANDING = """
SELECT e.source_row, e.id, e.card_id, e.status, e.reason, e.action, e.receiver FROM delivery_trackingevent e
WHERE e.courier_file_id = %s AND e.status <> '' AND e.source_row IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM delivery_trackingevent v WHERE v.voids_id = e.id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeaningChange:
    """One text that means something else by today's tables, and in how many rows. None: not known."""

    status_text: str
    remark_text: str
    before: str | None  # Status
    before_reason: str
    after: str | None
    after_reason: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What reading anew did, or would do: rows read, rows that mean something else, events voided and added.

    `retold`: rows that told what is known already, of a file that was undone since; now they tell it themselves.
    """

    rows: int
    changed: int
    voided: int
    added: int
    retold: int
    changes: Sequence[MeaningChange]
    applied: bool


_Standing = tuple[int, int, Meaning]  # event, card, what it tells


@dataclass(frozen=True, slots=True)
class _Change:
    row: StatusRow
    event_id: int | None  # None: the row waited for a meaning
    card_id: int
    before: Meaning | None
    after: Meaning | None


def start_replay(
    *, courier_file: CourierFile, apply: bool, actor_id: int | None, at: datetime, here: bool = False
) -> Job:
    """Let a worker, or `here` the caller, read the file anew; what `replay` would refuse is refused at once."""
    with transaction.atomic():
        locked = CourierFile.objects.select_for_update().get(pk=courier_file.pk)
        _check(locked, job_id=None)
        locked.job = jobs.enqueue(
            kind=REPLAY_JOB,
            input={"courier_file": str(locked.pk), "apply": apply, "actor": actor_id, "at": at.isoformat()},
            owner_id=actor_id,
            office_id=locked.office_id,
            here=here,
        )
        locked.save(update_fields=["job"])
    return locked.job


def replay(
    *, courier_file_id: uuid.UUID, apply: bool, actor_id: int | None, at: datetime, job_id: uuid.UUID | None = None,
    on_progress: OnProgress | None = None, on_reading: OnReading | None = None,
) -> ReplayReport:  # fmt: skip
    """Read an applied file's rows by today's tables; with `apply`, void and add what means something else now.

    Rows whose item or date is another matter are left alone. Refuses a file that is not applied, and one whose job is
    not at its end (other than `job_id`, which does this). Safe to repeat: what was changed is not changed again.
    """
    courier_file = CourierFile.objects.select_related("office", "job").get(pk=courier_file_id)
    _check(courier_file, job_id=job_id)
    rows = _read(courier_file, at, on_reading)
    standing = _standing(courier_file)
    changes = _changes(courier_file, rows, standing)
    said = on_progress or tell_nobody

    def tell(done: int) -> None:
        said(done, len(changes))

    voided = added = 0
    if apply:
        voided, added = _change(courier_file, changes, actor_id=actor_id, at=at, tell=tell)
        retold = _retell(
            courier_file, rows, standing, actor_id=actor_id, at=at, go_on=partial(tell, len(changes))
        )
        _finish(courier_file, voided, added, retold, actor_id=actor_id, at=at)
        apply_known(courier_file=courier_file, actor_id=actor_id, at=at, job_id=job_id)
    else:
        go_on = partial(said, len(rows), len(rows))
        retold = len(untold(courier_file, rows, own=standing, on_piece=go_on))
        go_on()
    return ReplayReport(
        rows=len(rows),
        changed=len(changes),
        voided=voided,
        added=added,
        retold=retold,
        changes=_summed(changes),
        applied=apply,
    )


def retell_after_undo(*, undone: CourierFile, undo_kind: str, actor_id: int | None, at: datetime) -> None:
    """Let workers read anew the files that told as known already what an undone file had told first.

    One that is in work looks at its own end whether a file was undone meanwhile.
    """
    for later in later_files(undone, undo_kind=undo_kind):
        with suppress(DeliveryRefused):
            start_replay(courier_file=later, apply=True, actor_id=actor_id, at=at)


def _change(
    courier_file: CourierFile, changes: Sequence[_Change], *, actor_id: int | None, at: datetime,
    tell: Callable[[int], None],
) -> tuple[int, int]:  # fmt: skip
    """Void and add what means something else, chunk by chunk; give how many."""
    voided = added = done = 0
    tell(done)
    told = outcomes_told(courier_file, {change.row.row for change in changes})
    for chunk in pieces_by_card(changes, card_of=attrgetter("card_id"), most=ROWS_PER_CHUNK):
        ended, began = _replace(courier_file, chunk, told, actor_id=actor_id, at=at)
        voided, added = voided + ended, added + began
        done += len(chunk)
        tell(done)
    return voided, added


def _retell(
    courier_file: CourierFile, rows: Sequence[StatusRow], standing: Mapping[int, _Standing], *,
    actor_id: int | None, at: datetime, go_on: Callable[[], None],
) -> int:  # fmt: skip
    """Record what the file told as known already and nobody tells any more; again, if a file was undone meanwhile."""
    retold = 0
    while True:
        began = timezone.now()
        missing = untold(courier_file, rows, own=standing, on_piece=go_on)
        retold += retell(courier_file, missing, actor_id=actor_id, at=at, on_piece=go_on)
        if not undone_since(courier_file.office, began):
            return retold


def _check(courier_file: CourierFile, *, job_id: uuid.UUID | None) -> None:
    if is_in_work(courier_file) and (job_id is None or courier_file.job_id != job_id):
        raise DeliveryRefused(Code.FILE_IN_WORK, name=courier_file.name)
    if courier_file.state != CourierFile.State.APPLIED or not courier_file.result:
        raise DeliveryRefused(Code.FILE_NOT_APPLIED, name=courier_file.name)


def _read(courier_file: CourierFile, at: datetime, on_reading: OnReading | None) -> list[StatusRow]:
    courier, office = COURIERS[courier_file.courier], courier_file.office
    _layout, rows = read_and_understand(
        courier_file.result.path, office=office, courier=courier, now=at, on_reading=on_reading
    )
    return rows


def _standing(courier_file: CourierFile) -> dict[int, _Standing]:
    """Give the file's own events that stand, by row."""
    return {
        row: (event_id, card_id, Meaning(Status(status), Reason(reason), Action(action), Receiver(receiver)))
        for row, event_id, card_id, status, reason, action, receiver in bulk.select(
            _STANDING, [records.file_id(courier_file.pk)]
        )
    }


def _changes(
    courier_file: CourierFile, rows: Sequence[StatusRow], standing: Mapping[int, _Standing]
) -> list[_Change]:
    """Give the rows whose meaning is another one than the file's events tell, card by card."""
    waiting = courier_file.kept_rows.filter(outcome=RowOutcome.UNMAPPED_TEXT.name)
    unmapped = {row.row: row.detail for row in waiting.only("row", "detail")}
    found: list[_Change] = []
    for row in rows:
        is_known = row.outcome is None and row.meaning is not None
        if event := standing.get(row.row):
            event_id, card_id, before = event
            is_unknown = row.outcome is RowOutcome.UNMAPPED_TEXT
            if is_unknown or (is_known and row.card_id == card_id and row.meaning != before):
                found.append(_Change(row, event_id, card_id, before, row.meaning))
        elif is_known and unmapped.get(row.row, {}).get("card") == row.card_id:
            found.append(_Change(row, None, row.card_id, None, row.meaning))
    found.sort(key=lambda change: (change.card_id, change.row.row))
    return found


def _replace(
    courier_file: CourierFile, chunk: Sequence[_Change], told: Mapping[int, RowOutcome], *, actor_id: int | None,
    at: datetime,
) -> tuple[int, int]:  # fmt: skip
    """Void and add in one transaction; give how many."""
    with transaction.atomic():
        locked = CourierFile.objects.select_for_update(no_key=True).get(pk=courier_file.pk)
        chunk = _without_explained(locked, chunk)
        ended = [(change.card_id, change.event_id) for change in chunk if change.event_id is not None]
        begun = [change for change in chunk if change.after is not None]
        # under the file's key, so that the row may tell the same fact again with another action or receiver
        voided = void(
            events=ended,
            note="read anew",
            courier_file_id=courier_file.pk,
            recorded_at=at,
            recorded_by_id=actor_id,
        )
        messages.withdraw_about(event_ids=[event_id for _card, event_id in ended])
        recorded = record_events(
            events=[_event(courier_file, change) for change in begun], recorded_at=at, recorded_by_id=actor_id
        )
        messages.queue_changes(changed=_net(voided.changed, recorded.changed), at=at)
        outcomes = dict.fromkeys((change.row.row for change in chunk), RowOutcome.UNMAPPED_TEXT)
        for change, outcome in zip(begun, recorded.outcomes, strict=True):
            outcomes[change.row.row] = RowOutcome(outcome)
        keep_ended(courier_file, [change.row for change in chunk], outcomes)
        recount(
            locked,
            ended=Counter(outcome.value for outcome in outcomes.values()),
            before=Counter(told[row].value for row in outcomes),
        )
    return voided.stored, recorded.stored


def _without_explained(courier_file: CourierFile, chunk: Sequence[_Change]) -> list[_Change]:
    """Leave out rows that waited for a meaning and that somebody's word has moved meanwhile."""
    waiting = courier_file.kept_rows.filter(outcome=RowOutcome.UNMAPPED_TEXT.name)
    rows = set(waiting.values_list("row", flat=True)) if any(c.event_id is None for c in chunk) else set()
    return [change for change in chunk if change.event_id is not None or change.row.row in rows]


def _event(courier_file: CourierFile, change: _Change) -> NewEvent:
    row, meaning = change.row, change.after
    assert meaning is not None  # noqa: S101 - for the type checker: such changes add no event
    assert row.occurred_at is not None  # noqa: S101
    return NewEvent(
        card_id=row.card_id, item_id=row.item_id, status=meaning.status, occurred_at=row.occurred_at,
        reason=meaning.reason, action=meaning.action, receiver=meaning.receiver, place=row.place, source="FILE",
        courier_file_id=courier_file.pk, source_row=row.row,
    )  # fmt: skip


def _net(
    first: Mapping[int, tuple[State, State]], then: Mapping[int, tuple[State, State]]
) -> dict[int, tuple[State, State]]:
    """Give what two changes amount to; residents are told of that only."""
    pairs = {
        card_id: (first.get(card_id, then.get(card_id, ()))[0], then.get(card_id, first.get(card_id, ()))[1])  # type: ignore[misc]
        for card_id in first.keys() | then.keys()
    }
    return {
        card_id: (before, after)
        for card_id, (before, after) in pairs.items()
        if (before.status, before.reason) != (after.status, after.reason)
    }


def _finish(
    courier_file: CourierFile, voided: int, added: int, retold: int, *, actor_id: int | None, at: datetime
) -> None:
    details = {"voided": voided, "added": added} | ({"retold": retold} if retold else {})
    courier = COURIERS[courier_file.courier]
    with transaction.atomic():
        CourierFile.objects.filter(pk=courier_file.pk).update(
            table_version=table_version(courier=courier, office=courier_file.office)
        )
        record(
            actor_id=actor_id, office_id=courier_file.office_id, operation="REPLAY_COURIER_FILE",
            object_kind="courier_file", object_key=str(courier_file.pk), at=at, **details,
        )  # fmt: skip
        if voided or added or retold:
            start_rewriting(file_ids=[courier_file.pk], actor_id=actor_id, office_id=courier_file.office_id)


def _summed(changes: Sequence[_Change]) -> list[MeaningChange]:
    """Give the changes text by text, the most frequent first."""
    counted = Counter((c.row.status_text, c.row.remark_text, c.before, c.after) for c in changes)
    return [
        MeaningChange(
            status_text=status, remark_text=remark, rows=rows,
            before=before.status if before else None, before_reason=before.reason if before else "",
            after=after.status if after else None, after_reason=after.reason if after else "",
        )
        for (status, remark, before, after), rows in counted.most_common(CHANGES_SHOWN)
    ]  # fmt: skip
