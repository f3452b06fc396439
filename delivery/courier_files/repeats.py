"""Know a file that was applied before by its content: reading it again would change nothing, so it is not read.

Only where that is certain. Everything that could give one of its rows another ending since sends the file through the
whole work: an undone file and one whose undo has begun, a text that people have said since, a layout that they have
described or forgotten since, an item or a number that has come since for a row that found none, a date that lay in the
future.
"""

from datetime import datetime

from django.db.models import Max

from delivery.courier_files.mapping import layouts_changed_since
from delivery.courier_files.meanings import changed_since, table_version
from delivery.courier_files.rows import RowOutcome
from delivery.courier_files.undoing import UNDO_JOB
from delivery.couriers import COURIERS
from delivery.models import CourierFile
from jobs.models import Job, JobState
from shipments.models import Item

# a number that stands beside two references may be given to one of them since
_WITHOUT_ITEM = (RowOutcome.UNKNOWN_ITEM, RowOutcome.OTHER_OFFICE, RowOutcome.DAMAGED_NUMBER)


def earlier_twin(courier_file: CourierFile) -> CourierFile | None:
    """Give the applied file of the office with the same content that this one repeats, or None when in doubt."""
    same = CourierFile.objects.filter(
        office_id=courier_file.office_id, courier=courier_file.courier, sha256=courier_file.sha256
    )
    twin = (
        same.filter(state=CourierFile.State.APPLIED, repeats__isnull=True)
        .exclude(pk=courier_file.pk)
        .select_related("job")
        .order_by("-applied_at")
        .first()
    )
    return (
        twin
        if twin is not None and twin.applied_at is not None and _still_stands(twin, twin.applied_at)
        else None
    )


class TwinGone(Exception):
    """The file that was to be repeated is not what it was: its undo has begun, or its rows end differently."""


def hold_twin(twin: CourierFile) -> None:
    """Let nobody undo or recount the file until the transaction ends that writes its repetition. Raises TwinGone."""
    now = CourierFile.objects.select_for_update(no_key=True).get(pk=twin.pk)
    if (now.state, now.undone_at, now.outcomes) != (twin.state, twin.undone_at, twin.outcomes):
        raise TwinGone


def last_item() -> int:
    """Give the key of the newest item: rows that found none may find a newer one."""
    newest: int | None = Item.objects.aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def _still_stands(twin: CourierFile, applied_at: datetime) -> bool:
    courier = COURIERS[twin.courier]
    return not (
        twin.outcomes.get(RowOutcome.FUTURE_DATE)
        or twin.table_version != table_version(courier=courier, office=twin.office)
        or changed_since(applied_at, courier=courier, office=twin.office)
        or layouts_changed_since(applied_at, office_id=twin.office_id)
        or _was_undone_since(applied_at)
        or (any(twin.outcomes.get(outcome) for outcome in _WITHOUT_ITEM) and _has_new_items(twin, applied_at))
    )


def _was_undone_since(applied_at: datetime) -> bool:
    """Say whether the undo of any file waits or has begun: it may have told the rows of this one first."""
    undoing = Job.objects.filter(kind=UNDO_JOB, state__in=(JobState.QUEUED, JobState.RUNNING))
    return undoing.exists() or CourierFile.objects.filter(undone_at__gte=applied_at).exists()


def _has_new_items(twin: CourierFile, applied_at: datetime) -> bool:
    return twin.items_seen != last_item() or Item.objects.filter(number_given_at__gte=applied_at).exists()
