"""Labels as jobs: one for each shipment, several for a very large one, shared by all workers and safe to repeat.

A job draws its part into a file beside the final one, which takes its name when it is whole. That a shipment's labels
were printed is written down once, by the job that draws the last of its parts.
"""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, BinaryIO, Final
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet, Sum

from jobs import services as jobs
from labels.content import LabelContent, LabelError
from labels.sheets import LabelFormat, checked_printing, label_format, write_labels
from offices.models import Office
from offices.services import policy_of
from privacy.services import record_export
from shipments.files import written_whole
from shipments.labelling import (
    FROZEN_STATES,
    label_refusal,
    record_label_print,
    shipment_labels,
    wrong_state,
)
from shipments.locks import lock_shipments
from shipments.models import Item, LabelPart, LabelPrint, LabelRun, Shipment, ShipmentState
from shipments.refusals import Code, ShipmentRefused

LABELS_JOB: Final = "shipments.labels"
# A second's drawing at most, and whole sheets of every format: 24, 14 or 10 labels.
LABELS_PER_PART: Final = 5_040
LABELS_PER_STEP: Final = 1_000
FOLDER: Final = "labels"
STRAY_AFTER: Final = timedelta(days=1)
OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The positions of a part, both included, how many items they hold, and its first free cell."""

    first: int
    last: int
    items: int
    start: int


def start_label_run(
    *,
    shipment_ids: Sequence[int],
    office_id: int,
    format: str,
    start: int = 1,
    offset_mm: tuple[float, float] = (0.0, 0.0),
    reason: str = "",
    actor_id: int | None,
    at: datetime,
) -> LabelRun:
    """Let workers draw the labels of some of the office's shipments, each from cell `start` of a sheet of its own.

    Refuses all of them when one is unknown, empty or cancelled, is being drawn, or was printed before and no reason is
    given; and a format, start or offset that does not exist.
    """
    try:
        chosen = checked_printing(format=format, start=start, offset_mm=offset_mm)
    except LabelError as error:
        raise label_refusal(error, shipment_number="") from error
    with transaction.atomic():
        shipments = lock_shipments(shipment_ids=shipment_ids, office_id=office_id)
        _refuse_unprintable(shipments, reason)
        run = LabelRun.objects.create(
            office_id=office_id, format=format, start=start, right_mm=offset_mm[0], down_mm=offset_mm[1],
            reason=reason.strip()[:200], asked_by_id=actor_id, asked_at=at,
        )  # fmt: skip
        parts = list(_parts(run, shipments, chosen))
        for part, items in parts:
            part.job = jobs.enqueue(
                kind=LABELS_JOB,
                input={"part": str(part.pk)},
                owner_id=actor_id,
                office_id=office_id,
                total=items,
            )
        LabelPart.objects.bulk_create([part for part, _items in parts], batch_size=500)
    return run


def _refuse_unprintable(shipments: Sequence[Shipment], reason: str) -> None:
    by_id = {shipment.pk: shipment for shipment in shipments}
    for shipment in shipments:
        if shipment.state == ShipmentState.CANCELLED:
            raise wrong_state(shipment, ShipmentState.OPEN, *FROZEN_STATES)
    in_work = unfinished_parts().filter(shipment__in=by_id).order_by("shipment").first()
    if in_work is not None:
        raise ShipmentRefused(Code.LABELS_IN_WORK, shipment=by_id[in_work.shipment_id].number)
    printed = LabelPrint.objects.filter(shipment__in=by_id).order_by("shipment").first()
    if printed is not None and not reason.strip():
        raise ShipmentRefused(Code.REPRINT_NEEDS_REASON, shipment=by_id[printed.shipment_id].number)


def unfinished_parts() -> QuerySet[LabelPart]:
    """The parts that a worker draws or will draw."""
    return LabelPart.objects.filter(job__isnull=False, job__finished_at__isnull=True)


def _parts(
    run: LabelRun, shipments: Sequence[Shipment], chosen: LabelFormat
) -> Iterator[tuple[LabelPart, int]]:
    counted = {
        row["shipment"]: row
        for row in Item.objects.filter(shipment__in=shipments, taken_out_at__isnull=True)
        .values("shipment")
        .annotate(items=Count("pk"), first=Min("position"), last=Max("position"))
        .order_by()
    }
    for shipment in shipments:
        row = counted.get(shipment.pk)
        if row is None:
            raise ShipmentRefused(Code.SHIPMENT_EMPTY, shipment=shipment.number)
        whole = Stretch(row["first"], row["last"], row["items"], run.start)
        for number, stretch in enumerate(_stretches(shipment, whole, chosen), 1):
            part = LabelPart(
                run=run, shipment=shipment, number=number, first_position=stretch.first, last_position=stretch.last,
                start=stretch.start,
            )  # fmt: skip
            yield part, stretch.items


def _stretches(shipment: Shipment, whole: Stretch, chosen: LabelFormat) -> Iterator[Stretch]:
    """Cut a large shipment where a sheet ends, so that the parts laid together are the sheets of the whole."""
    used = whole.start - 1
    if whole.items + used <= LABELS_PER_PART:
        yield whole
        return
    items = Item.objects.filter(shipment=shipment, taken_out_at__isnull=True).order_by("position")
    positions = list(items.values_list("position", flat=True))
    size = LABELS_PER_PART - LABELS_PER_PART % chosen.cells
    begin, end = 0, size - used
    while begin < len(positions):
        held = positions[begin:end]
        yield Stretch(held[0], held[-1], len(held), whole.start if begin == 0 else 1)
        begin, end = end, end + size


def draw_part(*, part_id: UUID, at: datetime, on_progress: OnProgress = lambda done: None) -> LabelPart:
    """Draw one part into its file; a part that is drawn already is left alone.

    `on_progress` is told how many labels are drawn, the last time when the file is about to take its name: what it
    raises ends the drawing without a trace. Refuses a shipment that was cancelled or emptied meanwhile, a label that
    cannot be drawn, and a disk that cannot be written.
    """
    part = LabelPart.objects.select_related("run", "shipment").get(pk=part_id)
    if part.drawn_at is not None:  # an earlier try came to its end, but not as far as saying so
        return part
    if part.shipment.state == ShipmentState.CANCELLED:
        raise wrong_state(part.shipment, ShipmentState.OPEN, *FROZEN_STATES)
    name = f"{FOLDER}/{part.pk}{label_format(part.run.format).suffix}"
    path = Path(default_storage.path(name))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{path.name}.*"):  # by a worker that died
            left.unlink(missing_ok=True)
        with written_whole(path) as output:
            drawn = _draw(part, output, on_progress)
            on_progress(drawn)
    except LabelError as error:
        raise label_refusal(error, shipment_number=part.shipment.number) from error
    except OSError as error:
        raise ShipmentRefused(Code.LABEL_FILE_NOT_WRITTEN, reason=error.strerror or "I/O") from error
    return _finish(part, name=name, labels=drawn, at=at)


def _draw(part: LabelPart, output: BinaryIO, on_progress: OnProgress) -> int:
    def told(labels: Iterator[LabelContent]) -> Iterator[LabelContent]:
        for place, label in enumerate(labels):
            if place % LABELS_PER_STEP == 0:
                on_progress(place)
            yield label

    positions = part.first_position, part.last_position
    return write_labels(
        output,
        labels=told(shipment_labels(shipment_id=part.shipment_id, positions=positions)),
        format=part.run.format,
        start=part.start,
        offset_mm=(part.run.right_mm, part.run.down_mm),
    )


def _finish(part: LabelPart, *, name: str, labels: int, at: datetime) -> LabelPart:
    with transaction.atomic():
        # Parts that end at the same time wait for each other here, so that exactly one of them is the last.
        run = LabelRun.objects.select_for_update(no_key=True).get(pk=part.run_id)
        waiting = LabelPart.objects.filter(pk=part.pk, drawn_at__isnull=True)
        is_first = waiting.update(file=name, labels=labels, drawn_at=at) == 1
        parts = LabelPart.objects.filter(run=run, shipment=part.shipment)
        if is_first and not parts.filter(drawn_at__isnull=True).exists():
            record_label_print(
                shipment=part.shipment,
                run_id=run.pk,
                format=run.format,
                labels=parts.aggregate(all=Sum("labels"))["all"],
                reason=run.reason,
                actor_id=run.asked_by_id,
                at=at,
            )
    part.refresh_from_db()
    return part


def cancel_label_run(*, run_id: UUID) -> int:
    """Stop the parts that are not drawn yet; give how many. What is drawn stays, and does not count as printed."""
    waiting = unfinished_parts().filter(run_id=run_id).values_list("job_id", flat=True)
    return sum(jobs.cancel(job_id=job_id) for job_id in list(waiting) if job_id is not None)


def open_label_file(*, part: LabelPart, actor_id: int | None, at: datetime) -> IO[bytes]:
    """Open a part's file and record who took it away: it holds names and addresses. Refuses one that is not there."""
    (file,) = _opened([part])
    _record_taken([part], actor_id, at)
    return file


def zip_label_files(*, run: LabelRun, output: BinaryIO, actor_id: int | None, at: datetime) -> None:
    """Write all files of a run into one, and record who took it away. Refuses when one is not there."""
    parts = list(run.parts.select_related("shipment", "run"))
    of_shipment = Counter(part.shipment_id for part in parts)
    with zipfile.ZipFile(output, "w") as together:
        for part, file in zip(parts, _opened(parts), strict=True):
            name = file_name(part, parts=of_shipment[part.shipment_id])
            with file, together.open(name, "w") as copy:
                while piece := file.read(1024 * 1024):
                    copy.write(piece)
    _record_taken(parts, actor_id, at)


def file_name(part: LabelPart, *, parts: int) -> str:
    """How a part's file is called for people, where its shipment has so many."""
    piece = f"-{part.number}" if parts > 1 else ""
    return f"label-{part.shipment.number}{piece}{label_format(part.run.format).suffix}"


def _opened(parts: Sequence[LabelPart]) -> Iterator[IO[bytes]]:
    if not parts:
        raise ShipmentRefused(Code.LABEL_FILE_MISSING)
    for part in parts:
        if not part.file:
            raise ShipmentRefused(Code.LABEL_FILE_MISSING)
        try:
            yield part.file.storage.open(part.file.name, "rb")
        except FileNotFoundError as error:
            raise ShipmentRefused(Code.LABEL_FILE_MISSING) from error


def _record_taken(parts: Sequence[LabelPart], actor_id: int | None, at: datetime) -> None:
    with transaction.atomic():
        for part in parts:
            record_export(
                actor_id=actor_id, subject_kind="shipment", subject_key=part.shipment.number, records=part.labels,
                at=at,
            )  # fmt: skip


def remove_old_label_files(*, at: datetime) -> int:
    """Remove the files whose days are over by their office's policy, and what dead workers left; give how many."""
    removed = 0
    kept = LabelPart.objects.exclude(file="")
    for office in Office.objects.filter(pk__in=kept.values("run__office")).order_by("pk"):
        days = policy_of(office=office).label_file_days
        for part in kept.filter(run__office=office, drawn_at__lt=at - timedelta(days=days)):
            part.file.storage.delete(part.file.name)
            LabelPart.objects.filter(pk=part.pk).update(file="")
            removed += 1
    return removed + _remove_strays(at)


def _remove_strays(at: datetime) -> int:
    """What no row names: files of workers that died between writing a file and saying so."""
    folder = Path(default_storage.path(FOLDER))
    named = {Path(name).name for name in LabelPart.objects.exclude(file="").values_list("file", flat=True)}
    strays = [
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name not in named and path.stat().st_mtime < (at - STRAY_AFTER).timestamp()
    ]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)
