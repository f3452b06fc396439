"""Files whose work was stopped halfway: how many of their rows count meanwhile."""

from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, When

from delivery.courier_files.undoing import UNDO_JOB
from delivery.models import CourierFile, TrackingEvent

_AT_REST = Q(job__isnull=True) | Q(job__finished_at__isnull=False)
# an undo that has come to its end leaves no file applied
_HALF_DONE = ~Q(state=CourierFile.State.APPLIED) | Q(job__kind=UNDO_JOB)


def with_stops(files: QuerySet[CourierFile]) -> QuerySet[CourierFile]:
    """Give files with `stopped_after`: the rows whose news counts though the file is not wholly applied, or not wholly
    undone, and nobody works on it; None for all others."""
    standing = (
        TrackingEvent.objects.filter(courier_file=OuterRef("pk"), voided_by__isnull=True)
        .exclude(status="")
        .order_by()
        .values("courier_file")
        .annotate(rows=Count("pk"))
        .values("rows")
    )
    return files.annotate(stopped_after=Case(When(_AT_REST & _HALF_DONE, then=Subquery(standing))))
