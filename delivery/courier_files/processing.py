"""Work through a status file: read, match, give the texts their meaning, then apply it or say what it would do."""

import tempfile
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.services import record
from delivery.courier_files.applying import (
    RETURNED,
    Applied,
    Portion,
    apply_portion,
    assess_portion,
    portion_of,
)
from delivery.courier_files.counting import outcomes_of_repeat
from delivery.courier_files.explaining import apply_known
from delivery.courier_files.layouts import CAN_BE_MAPPED
from delivery.courier_files.mapping import layouts_of
from delivery.courier_files.meanings import table_version
from delivery.courier_files.near_misses import suggest_near_misses
from delivery.courier_files.pieces import pieces_by_card
from delivery.courier_files.progress import OnProgress, OnReading, tell_nobody
from delivery.courier_files.recalling import Recollection
from delivery.courier_files.repeats import TwinGone, earlier_twin, hold_twin, last_item
from delivery.courier_files.replaying import replay
from delivery.courier_files.results import write_result
from delivery.courier_files.retelling import undone_since
from delivery.courier_files.rows import TO_LOOK_AT, FileReport, Layout, RowOutcome, ShownRow, StatusRow
from delivery.courier_files.sharing import WORTH_SHARING, apply_shared, is_shared
from delivery.courier_files.side_by_side import apply_side_by_side, connections_for
from delivery.courier_files.understanding import read_and_understand
from delivery.couriers import COURIERS, Courier
from delivery.models import CourierFile, CourierRow
from delivery.records import Kept
from delivery.refusals import DeliveryRefused
from delivery.status import Status
from delivery.tracking import Foreseen, Outcome, foresee_events
from jobs.collector import collector_paused
from jobs.services import LeaseLost
from offices.models import Office
from privacy.masking import mask_scan
from spreadsheets.faults import SheetError, SheetFault

OnEnd = Callable[[FileReport], None]
ROWS_SHOWN = 5
# what the end of the work says of its file
_ENDING = (
    "state", "fault", "rows", "outcomes", "table_version", "applied_at", "file", "result", "repeats", "items_seen",
)  # fmt: skip
# what nobody else changes as long as the file is this work's
_HELD_BY = ("state", "job_id", "undone_at")
_KEPT_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class _Hold:
    """The right to end a file, as long as nobody else has ended or undone it; and who hears of the end."""

    files: QuerySet[CourierFile]
    on_end: OnEnd

    @classmethod
    def of(cls, courier_file: CourierFile, on_end: OnEnd | None) -> "_Hold":
        as_found = {name: getattr(courier_file, name) for name in _HELD_BY}
        return cls(
            CourierFile.objects.filter(pk=courier_file.pk, **as_found), on_end or (lambda _report: None)
        )

    def write(self, courier_file: CourierFile, names: Sequence[str]) -> None:
        """Write what was set, unless the file is no more this work's: what others said of it meanwhile stands."""
        if not self.files.update(**{name: getattr(courier_file, name) for name in names}):
            raise LeaseLost


@collector_paused()
def process(
    *, courier_file_id: uuid.UUID, apply: bool = True, at: datetime | None = None,
    on_progress: OnProgress | None = None, on_reading: OnReading | None = None, on_end: OnEnd | None = None,
) -> FileReport:  # fmt: skip
    """Apply a file, or with `apply=False` say what it would do and write no event.

    Safe to repeat after an interruption: rows that an earlier try has stored keep their outcomes. A file that is
    applied already is left as it is. `at` is when the file is worked on (its upload when None). Raises SheetError for a
    file that cannot be read; it is then marked as refused. A file whose content was applied before is not read again.
    Raises LeaseLost when somebody else has ended or undone the file meanwhile; their word stands. `on_end` hears the
    report in the transaction that ends the file.
    """
    began = timezone.now()
    courier_file = CourierFile.objects.select_related("office").get(pk=courier_file_id)
    held = _Hold.of(courier_file, on_end)
    if courier_file.state == CourierFile.State.APPLIED:
        _catch_up(courier_file, courier_file.uploaded_at, at or courier_file.uploaded_at)
        return FileReport(rows=courier_file.rows, outcomes=courier_file.outcomes, applied=True)
    if courier_file.state == CourierFile.State.REFUSED and not courier_file.file:
        raise _refusal(courier_file)
    now = at or courier_file.uploaded_at
    if apply and (twin := earlier_twin(courier_file)) is not None:
        with suppress(TwinGone):
            return _finish_repeat(courier_file, held, twin, at=now)
        courier_file.refresh_from_db()
    items_seen = last_item()
    try:
        work = _read(
            _readable(courier_file), courier_file.office, COURIERS[courier_file.courier], now, on_reading,
            with_states=apply and _is_foreseen(),
        )  # fmt: skip
    except SheetError as fault:
        _refuse(courier_file, held, fault)
        raise
    report = _end(work, courier_file if apply else None, at=now, on_progress=on_progress)
    courier_file.items_seen = items_seen
    _finish(courier_file, held, work, report, at=now, on_progress=on_progress)
    if apply:
        _catch_up(courier_file, began, now)
    return report


def _catch_up(courier_file: CourierFile, began: datetime, now: datetime) -> None:
    """Heed what was said since: texts that were explained, and files that were undone and had told it first."""
    _apply_known(courier_file, now)
    if courier_file.outcomes[RowOutcome.DUPLICATE] and undone_since(courier_file.office, began):
        with suppress(DeliveryRefused):  # somebody undoes it
            replay(
                courier_file_id=courier_file.pk, apply=True, actor_id=courier_file.uploaded_by_id, at=now,
                job_id=courier_file.job_id,
            )  # fmt: skip


def _apply_known(courier_file: CourierFile, now: datetime) -> None:
    apply_known(courier_file=courier_file, actor_id=courier_file.uploaded_by_id, at=now)


@collector_paused()
def preview(
    *,
    path: str | Path,
    office_id: int,
    at: datetime,
    courier: str = "POS",
    on_progress: OnProgress | None = None,
    on_reading: OnReading | None = None,
) -> FileReport:
    """Say what a file of an office would do, without keeping anything of it. Raises SheetError."""
    office = Office.objects.get(pk=office_id)
    work = _read(path, office, COURIERS[courier], at, on_reading, with_states=False)
    return _end(work, None, at=at, on_progress=on_progress)


@dataclass(frozen=True, slots=True)
class _Work:
    """A file that was read, matched and understood."""

    office: Office
    layout: Layout
    rows: list[StatusRow]
    version: str
    states: Kept  # of cards, as far as they were recalled


def _read(
    path: str | Path, office: Office, courier: Courier, now: datetime, on_reading: OnReading | None,
    *, with_states: bool,
) -> _Work:  # fmt: skip
    recalled = Recollection(office, path=path, with_states=with_states)
    known = layouts_of(office_id=office.pk, courier=courier.CODE)
    layout, rows = read_and_understand(
        path, office=office, courier=courier, now=now, known=known, on_reading=on_reading, recalled=recalled
    )
    version = table_version(courier=courier, office=office)
    return _Work(office, layout, rows, version, recalled.states)


def _end(
    work: _Work, courier_file: CourierFile | None, *, at: datetime, on_progress: OnProgress | None
) -> FileReport:
    """End every row: by recording it for the file or, without one, by assessing it."""
    tell = on_progress or tell_nobody
    waiting = [row for row in work.rows if row.outcome is None]
    ended = len(work.rows) - len(waiting)
    tell(ended, len(work.rows))
    arrived: Counter[Status] = Counter()
    waiting.sort(key=attrgetter("card_id", "occurred_at", "row"))
    chunks = list(pieces_by_card(waiting, card_of=attrgetter("card_id"), most=settings.COURIER_FILE_PORTION))
    taken = _taken(
        courier_file, chunks, work.states, at=at, tell=lambda done: tell(ended + done, len(work.rows))
    )
    for chunk, applied in zip(chunks, taken, strict=True):
        for row, outcome in zip(chunk, applied.outcomes, strict=True):
            row.outcome = _ENDED[outcome]
        arrived.update(applied.arrived)
    # for people only, so that no card waits for it
    suggest_near_misses(work.rows, office=work.office)
    return _report(work.rows, arrived, applied=courier_file is not None)


_ENDED = {outcome: RowOutcome(outcome.value) for outcome in Outcome}


def _taken(
    courier_file: CourierFile | None,
    chunks: Sequence[Sequence[StatusRow]],
    recalled: Kept,
    *,
    at: datetime,
    tell: Callable[[int], None],
) -> Iterable[Applied]:
    """Apply the chunks, alone or with helpers, or without a file assess them; say how each ended, in their order."""
    file_id = courier_file.pk if courier_file is not None else None
    portions = (portion_of(chunk, courier_file_id=file_id) for chunk in chunks)
    count = _Count(tell)
    if courier_file is None:
        return map(count.of(assess_portion), portions)
    if is_shared(len(chunks)):
        return apply_shared(courier_file=courier_file, portions=portions, at=at, on_progress=tell)
    apply = count.of(partial(apply_portion, at=at, recorded_by_id=courier_file.uploaded_by_id))
    if connections := connections_for(len(chunks)):
        foresee = partial(
            foresee_events, recorded_at=at, recorded_by_id=courier_file.uploaded_by_id, recalled=recalled
        )
        tasks = (partial(apply, portion, foreseen=foresee(events=portion.events)) for portion in portions)
        return apply_side_by_side(tasks, connections=connections)
    return map(apply, portions)


def _is_foreseen() -> bool:
    """Say whether it is foreseen what the portions of a large file do, for which the states of cards are wanted."""
    return not is_shared(WORTH_SHARING) and connections_for(WORTH_SHARING) > 0


class _Count:
    """Counts rows that are done, and tells so over the connection that has done them.

    Another one would wait with SQLite until nobody writes any more.
    """

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._done = 0
        self._lock = Lock()

    def of(self, apply: Callable[..., Applied]) -> Callable[..., Applied]:
        """Give what does the same to a portion, and then counts it."""

        def applied(portion: Portion, **known: Foreseen) -> Applied:
            ended = apply(portion, **known)
            with self._lock:
                self._done += len(portion.events)
                self._tell(self._done)
            return ended

        return applied


def _readable(courier_file: CourierFile) -> str:
    """Give the upload or, once it was read and its personal columns are gone, what we kept of it."""
    return str(courier_file.file.path if courier_file.file else courier_file.result.path)


def _telling(on_progress: OnProgress | None, rows: int) -> Callable[[], None]:
    """Give what tells, where no row ends, that the work goes on; it finds out there that it is to stop."""
    return partial(on_progress or tell_nobody, rows, rows)


def _refuse(courier_file: CourierFile, held: _Hold, fault: SheetError) -> None:
    params = {
        name: list(value) if isinstance(value, tuple) else value for name, value in fault.params.items()
    }
    courier_file.state = CourierFile.State.REFUSED
    courier_file.fault = {"code": fault.code.value, "params": params}
    held.write(courier_file, ("state", "fault"))
    # it is never read again, and its personal columns are nobody's to keep; unless a person may say which column is
    # which: then it waits for some hours
    if courier_file.file and fault.code not in CAN_BE_MAPPED:
        courier_file.file.delete()


def _refusal(courier_file: CourierFile) -> SheetError:
    """Give the reason again for which an earlier try refused the file."""
    params = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in courier_file.fault["params"].items()
    }
    return SheetError(SheetFault(courier_file.fault["code"]), **params)


def _report(rows: Sequence[StatusRow], arrived: Mapping[Status, int], *, applied: bool) -> FileReport:
    outcomes: Counter[RowOutcome] = Counter()
    first: dict[str, list[ShownRow]] = defaultdict(list)
    for row in rows:
        assert row.outcome is not None  # noqa: S101 - for the type checker: every row has ended
        outcomes[row.outcome] += 1
        if outcomes[row.outcome] <= ROWS_SHOWN:
            first[row.outcome.value].append(_shown(row))
    return FileReport(
        rows=len(rows),
        outcomes={outcome.value: outcomes[outcome] for outcome in RowOutcome},
        applied=applied,
        newly_delivered=arrived.get(Status.DELIVERED, 0),
        newly_returned=sum(arrived.get(status, 0) for status in RETURNED),
        first_rows=first,
    )


def _shown(row: StatusRow) -> ShownRow:
    return ShownRow(
        row=row.row,
        number=mask_scan(row.number),
        status_text=row.status_text,
        remark_text=row.remark_text,
        occurred_text=row.occurred_text,
        detail=row.detail or {},
    )


def _finish_repeat(courier_file: CourierFile, held: _Hold, twin: CourierFile, *, at: datetime) -> FileReport:
    """End a file whose content was applied before: nothing changes, and how its rows ended is told by the other.

    The other's workbook is kept with it only to be read, should it be applied once more after an undo.
    """
    report = FileReport(rows=twin.rows, outcomes=outcomes_of_repeat(twin), applied=True, repeats=twin.name)
    courier_file.repeats = twin
    courier_file.items_seen = twin.items_seen
    with twin.result.open("rb") as result:
        _settle(courier_file, held, report, result, version=twin.table_version, rows=[], at=at)
    return report


def _finish(
    courier_file: CourierFile,
    held: _Hold,
    work: _Work,
    report: FileReport,
    *,
    at: datetime,
    on_progress: OnProgress | None,
) -> None:
    """Keep the result, drop the upload with its personal columns, and put the rows to look at into their queue."""
    courier_file.repeats = None
    go_on = _telling(on_progress, len(work.rows))
    with tempfile.TemporaryFile() as output:
        write_result(output, layout=work.layout, rows=work.rows, applied=report.applied, on_piece=go_on)
        output.seek(0)
        go_on()  # what was overtaken must not write over its successor's end
        _settle(courier_file, held, report, File(output), version=work.version, rows=work.rows, at=at)


def _settle(
    courier_file: CourierFile,
    held: _Hold,
    report: FileReport,
    result: File[bytes],
    *,
    version: str,
    rows: Sequence[StatusRow],
    at: datetime,
) -> None:
    courier_file.rows = report.rows
    courier_file.outcomes = dict(report.outcomes)
    courier_file.table_version = version
    courier_file.fault = {}
    courier_file.state = CourierFile.State.APPLIED if report.applied else CourierFile.State.PREVIEWED
    courier_file.applied_at = at if report.applied else None
    read_from = [name for name in (courier_file.file.name, courier_file.result.name) if name]
    storage = courier_file.result.storage
    courier_file.result = _kept(courier_file, result)
    courier_file.file = ""
    try:
        with transaction.atomic():
            if courier_file.repeats is not None:
                hold_twin(courier_file.repeats)
            held.write(courier_file, _ENDING)
            _keep(courier_file, rows, report, at=at)
            held.on_end(report)
    except (LeaseLost, TwinGone):
        storage.delete(courier_file.result.name)
        raise
    for name in read_from:
        storage.delete(name)


def _kept(courier_file: CourierFile, result: File[bytes]) -> str:
    """Store the result workbook and give its name; a full disk keeps no half of it."""
    storage = courier_file.result.storage
    name = courier_file.result.field.generate_filename(courier_file, f"{courier_file.pk}-hasil.xlsx")
    free = storage.get_available_name(name)
    try:
        return str(storage.save(free, result))
    except OSError:
        storage.delete(free)
        raise


def _keep(courier_file: CourierFile, rows: Sequence[StatusRow], report: FileReport, *, at: datetime) -> None:
    """Put the rows to look at into their queue, and write down that the file was applied."""
    courier_file.kept_rows.all().delete()
    if not report.applied:
        return
    record(
        actor_id=courier_file.uploaded_by_id, office_id=courier_file.office_id, operation="APPLY_COURIER_FILE",
        object_kind="courier_file", object_key=str(courier_file.pk), at=at, rows=report.rows, **report.outcomes,
    )  # fmt: skip
    kept = [
        CourierRow(
            courier_file=courier_file, row=row.row, outcome=row.outcome.name, number=mask_scan(row.number),
            status_text=row.status_text, remark_text=row.remark_text, occurred_text=row.occurred_text,
            place=row.place, detail=_detail(row),
        )
        for row in rows
        if row.outcome in TO_LOOK_AT and row.outcome is not None
    ]  # fmt: skip
    CourierRow.objects.bulk_create(kept, batch_size=_KEPT_AT_ONCE, ignore_conflicts=True)


def _detail(row: StatusRow) -> dict[str, object]:
    """What is needed to apply the row later: an unknown text may be explained tomorrow."""
    detail: dict[str, object] = dict(row.detail or {})
    if row.outcome is RowOutcome.UNMAPPED_TEXT and row.occurred_at is not None:
        detail |= {"card": row.card_id, "item": row.item_id, "at": row.occurred_at.isoformat()}
    return detail
