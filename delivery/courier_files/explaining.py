"""Apply the rows that waited for a text, once somebody has said what it means: at once, or by a worker with progress.

Whoever moves a waiting row holds its file's lock, one file in a transaction: two people who say the same at once, or
one twice, move each row once. A file that is being undone or read anew is left alone; what stays waiting there is
applied when that work has ended, or gone.
"""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from delivery import messages
from delivery.courier_files.counting import recount
from delivery.courier_files.meanings import meanings_of
from delivery.courier_files.progress import OnProgress
from delivery.courier_files.rewriting import start_rewriting
from delivery.courier_files.rows import RowOutcome
from delivery.courier_files.uploading import FILE_JOB, is_in_work
from delivery.couriers import COURIERS, Meaning
from delivery.models import CourierFile, CourierRow
from delivery.tracking import NewEvent, Recorded, record_events

MAP_JOB = "courier.map"
ROWS_PER_CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingText:
    """A folded text that rows wait for, in the files of a registry office and of those that work for it (None: all)."""

    office_id: int | None
    courier: str
    status_text: str
    remark_text: str

    def rows(self) -> QuerySet[CourierRow]:
        """Give the rows of this text that are kept, however they ended."""
        return rows_heard_by(self.office_id).filter(
            courier_file__courier=self.courier, status_text=self.status_text, remark_text=self.remark_text
        )

    def waiting(self) -> QuerySet[CourierRow]:
        """Give those that still wait."""
        return self.rows().filter(outcome=RowOutcome.UNMAPPED_TEXT.name)


def rows_heard_by(office_id: int | None) -> QuerySet[CourierRow]:
    """Give the kept rows about whose texts a registry has a say; without one, all of them."""
    if office_id is None:
        return CourierRow.objects.all()
    return CourierRow.objects.filter(
        Q(courier_file__office_id=office_id) | Q(courier_file__office__parent_id=office_id)
    )


def apply_explained(
    *, text: WaitingText, actor_id: int | None, at: datetime, on_progress: OnProgress | None = None
) -> Counter[str]:
    """Apply the rows that waited for a text, each by the word that counts for its office; give how many ended how.

    Safe to repeat after an interruption. A worker writes the result workbooks of their files anew.
    """
    outcomes: Counter[str] = Counter()
    total = text.waiting().count()
    files = text.waiting().order_by("courier_file_id").values_list("courier_file_id", flat=True).distinct()
    for file_id in list(files):
        while some := _apply_some(
            file_id, text.status_text, text.remark_text, actor_id=actor_id, at=at, job_id=None
        ):
            outcomes.update(some)
            if on_progress is not None:
                on_progress(outcomes.total(), total)
    ended = text.rows().exclude(outcome=RowOutcome.UNMAPPED_TEXT.name)
    told = ended.order_by().values_list("courier_file_id", flat=True).distinct()
    start_rewriting(file_ids=told, actor_id=actor_id, office_id=text.office_id)
    return outcomes


def apply_known(
    *, courier_file: CourierFile, actor_id: int | None, at: datetime, job_id: uuid.UUID | None = None
) -> int:
    """Apply a file's waiting rows whose texts were explained while it was worked on; give how many.

    `job_id` is that work's own, at its end.
    """
    waiting = courier_file.kept_rows.filter(outcome=RowOutcome.UNMAPPED_TEXT.name)
    texts = set(waiting.order_by().values_list("status_text", "remark_text"))
    if not texts:
        return 0
    known = meanings_of(courier=COURIERS[courier_file.courier], office=courier_file.office)
    applied = 0
    for status_text, remark_text in sorted(texts & known.keys()):
        while some := _apply_some(
            courier_file.pk, status_text, remark_text, actor_id=actor_id, at=at, job_id=job_id
        ):
            applied += some.total()
    if applied:
        start_rewriting(file_ids=[courier_file.pk], actor_id=actor_id, office_id=courier_file.office_id)
    return applied


def _apply_some(
    file_id: uuid.UUID, status_text: str, remark_text: str, *, actor_id: int | None, at: datetime,
    job_id: uuid.UUID | None,
) -> Counter[str]:  # fmt: skip
    """Apply some of a file's rows of a text in one transaction; nothing while other work is done on the file."""
    with transaction.atomic():
        # its job and its rows are read after the lock: joined, PostgreSQL would give those from before the wait
        courier_file = CourierFile.objects.select_for_update(no_key=True).get(pk=file_id)
        if not _may_be_moved(courier_file, job_id):
            return Counter()
        known = meanings_of(courier=COURIERS[courier_file.courier], office=courier_file.office)
        meaning = known.get((status_text, remark_text))
        waiting = courier_file.kept_rows.filter(
            outcome=RowOutcome.UNMAPPED_TEXT.name, status_text=status_text, remark_text=remark_text
        )
        rows = list(waiting.order_by("pk")[:ROWS_PER_CHUNK])
        if meaning is None or not rows:
            return Counter()
        recorded = _record(rows, meaning, actor_id=actor_id, at=at)
        # the rows stay until their file's result workbook tells how they ended
        for outcome in set(recorded.outcomes):
            ended = [row.pk for row, its in zip(rows, recorded.outcomes, strict=True) if its is outcome]
            CourierRow.objects.filter(pk__in=ended).update(outcome=RowOutcome(outcome).name)
        moved = Counter(str(outcome) for outcome in recorded.outcomes)
        recount(courier_file, ended=moved, before={RowOutcome.UNMAPPED_TEXT.value: moved.total()})
    return moved


def _may_be_moved(courier_file: CourierFile, job_id: uuid.UUID | None) -> bool:
    """Say whether the file is applied and nobody undoes it or reads it anew; its own applying ends with its rows."""
    if courier_file.state != CourierFile.State.APPLIED:
        return False
    job = courier_file.job
    return not is_in_work(courier_file) or job is None or job.kind == FILE_JOB or job.pk == job_id


def _record(rows: list[CourierRow], meaning: Meaning, *, actor_id: int | None, at: datetime) -> Recorded:
    events = [
        NewEvent(
            card_id=row.detail["card"],
            item_id=row.detail["item"],
            status=meaning.status,
            occurred_at=datetime.fromisoformat(row.detail["at"]),
            reason=meaning.reason,
            action=meaning.action,
            receiver=meaning.receiver,
            place=row.place,
            source="FILE",
            courier_file_id=row.courier_file_id,
            source_row=row.row,
        )
        for row in rows
    ]
    recorded = record_events(events=events, recorded_at=at, recorded_by_id=actor_id)
    messages.queue_changes(changed=recorded.changed, at=at)
    return recorded
