"""What a file told as known already is its own news once the file that told it first is undone.

A later file of the registry tells a fact again: a duplicate, of which nothing is stored. When the first file is undone,
the fact is still told. So the later files are read anew, and what nobody else tells is recorded under their own name.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from delivery import records
from delivery.courier_files.applying import apply_portion, assess_portion, portion_of
from delivery.courier_files.counting import keep_ended, recount
from delivery.courier_files.pieces import pieces_by_card
from delivery.courier_files.rewriting import outcomes_told
from delivery.courier_files.rows import RowOutcome, StatusRow
from delivery.models import CourierFile, TrackingEvent
from delivery.tracking import Outcome
from offices.models import Office


def later_files(undone: CourierFile, *, undo_kind: str) -> QuerySet[CourierFile]:
    """Give the applied files of the registry that may have told as known already what an undone file told first.

    A file whose own undo was stopped is none. One that repeats the undone file went with it.
    """
    if not TrackingEvent.objects.filter(courier_file=undone, status="").exists():
        return CourierFile.objects.none()
    return (
        CourierFile.objects.filter(
            _of_registry(undone.office), state=CourierFile.State.APPLIED, repeats__isnull=True,
            applied_at__gte=undone.uploaded_at, outcomes__duplicate__gt=0,
        )
        .exclude(pk=undone.pk)
        .exclude(job__kind=undo_kind)
        .order_by("applied_at", "pk")
    )  # fmt: skip


def undone_since(office: Office, moment: datetime) -> bool:
    """Say whether a file of an office's registry was undone since, by our own clock."""
    return CourierFile.objects.filter(_of_registry(office), undone_at__gte=moment).exists()


def untold(
    courier_file: CourierFile,
    rows: Sequence[StatusRow],
    *,
    own: Collection[int],
    on_piece: Callable[[], None] = lambda: None,
) -> list[StatusRow]:
    """Give the rows that the file tells as known already though their facts do not stand, card by card.

    `own`: rows of which the file's own events stand.
    """
    known = [row for row in rows if row.outcome is None and row.meaning is not None and row.row not in own]
    known.sort(key=lambda row: (row.card_id, row.occurred_at, row.row))
    missing: list[StatusRow] = []
    for chunk in _pieces(known):
        on_piece()
        missing += _missing(chunk, courier_file)
    told = outcomes_told(courier_file, {row.row for row in missing})
    return [row for row in missing if told.get(row.row) is RowOutcome.DUPLICATE]


def _missing(chunk: Sequence[StatusRow], courier_file: CourierFile) -> list[StatusRow]:
    """Give the rows whose facts a file's undo has voided, and that nobody has told again."""
    facts = [event.fingerprint for event in portion_of(chunk, courier_file_id=courier_file.pk).events]
    stored = records.known(set(facts))
    undone = [
        row
        for row, fact in zip(chunk, facts, strict=True)
        if (known := stored.get(fact)) is not None and known.undone
    ]
    assessed = assess_portion(portion_of(undone, courier_file_id=courier_file.pk))
    return [
        row
        for row, outcome in zip(undone, assessed.outcomes, strict=True)
        if outcome is not Outcome.DUPLICATE
    ]


def retell(
    courier_file: CourierFile,
    rows: Sequence[StatusRow],
    *,
    actor_id: int | None,
    at: datetime,
    on_piece: Callable[[], None] = lambda: None,
) -> int:
    """Record rows that `untold` has found under the file's name, with their numbers; give how many are news."""
    retold = 0
    for chunk in _pieces(rows):
        on_piece()
        with transaction.atomic():
            locked = CourierFile.objects.select_for_update(no_key=True).get(pk=courier_file.pk)
            applied = apply_portion(
                portion_of(chunk, courier_file_id=courier_file.pk), at=at, recorded_by_id=actor_id
            )
            ended = {
                row.row: RowOutcome(outcome)
                for row, outcome in zip(chunk, applied.outcomes, strict=True)
                if outcome is not Outcome.DUPLICATE
            }
            keep_ended(courier_file, [row for row in chunk if row.row in ended], ended)
            recount(
                locked,
                ended=Counter(outcome.value for outcome in ended.values()),
                before={RowOutcome.DUPLICATE.value: len(ended)},
            )
        retold += len(ended)
    return retold


def _pieces(rows: Sequence[StatusRow]) -> Iterator[Sequence[StatusRow]]:
    return pieces_by_card(rows, card_of=attrgetter("card_id"), most=settings.COURIER_FILE_PORTION)


def _of_registry(office: Office) -> Q:
    """Choose the files of an office's registry and of those that work for it."""
    return Q(office_id=office.registry_id) | Q(office__parent_id=office.registry_id)
