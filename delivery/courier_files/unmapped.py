"""Texts that no table knows: the queue of them, and what a supervisor says that one means."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from accounts.services import record
from delivery import messages
from delivery.courier_files.meanings import meaning_said
from delivery.courier_files.rewriting import start_rewriting
from delivery.courier_files.rows import NAMES_TO_LOOK_AT, RowOutcome
from delivery.couriers import Meaning, folded
from delivery.models import CourierFile, CourierRow, StatusText
from delivery.tracking import NewEvent, Recorded, record_events

SAMPLES_SHOWN = 3
ROWS_PER_CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedText:
    """A text that waits for its meaning: in how many rows of how many files, and some of them."""

    courier: str
    status_text: str
    remark_text: str
    rows: int
    files: int
    samples: Sequence[CourierRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What saying a text's meaning did to the rows that waited for it."""

    rows: int
    outcomes: dict[str, int]


def unmapped_texts(*, office_id: int | None = None, limit: int = 100) -> list[UnmappedText]:
    """Give the texts that wait in the files of an office and of those that work for it, the most frequent first."""
    waiting = _waiting(office_id)
    groups = (
        waiting.order_by()
        .values("courier_file__courier", "status_text", "remark_text")
        .annotate(rows=Count("pk"), files=Count("courier_file", distinct=True))
        .order_by("-rows", "status_text", "remark_text")
    )[:limit]
    return [
        UnmappedText(
            courier=group["courier_file__courier"],
            status_text=group["status_text"],
            remark_text=group["remark_text"],
            rows=group["rows"],
            files=group["files"],
            samples=list(
                waiting.filter(
                    courier_file__courier=group["courier_file__courier"],
                    status_text=group["status_text"],
                    remark_text=group["remark_text"],
                )[:SAMPLES_SHOWN]
            ),
        )
        for group in groups
    ]


def map_text(
    *, courier: str, status_text: str, remark_text: str = "", status: str, reason: str = "", action: str = "",
    actor_id: int | None, at: datetime, office_id: int | None = None,
) -> Mapped:  # fmt: skip
    """Say what a text means from now on, and apply the rows that waited for it. A second word replaces the first.

    With `office_id`, a registry's, it counts for files of that office and of those that work for it: what is said at
    one registry moves no card of another. Without, it counts wherever a registry has said nothing else. The result
    workbooks of the files are written anew by a worker.
    """
    meaning = meaning_said(status=status, reason=reason, action=action)
    said, remark = folded(status_text)[:120], folded(remark_text)[:120]
    outcomes: Counter[str] = Counter()
    with transaction.atomic():
        StatusText.objects.update_or_create(
            office_id=office_id, courier=courier, status_text=said, remark_text=remark,
            defaults={
                "status": meaning.status, "reason": meaning.reason, "action": meaning.action, "mapped_by_id": actor_id,
                "mapped_at": at,
            },
        )  # fmt: skip
        record(
            actor_id=actor_id, office_id=office_id, operation="MAP_STATUS_TEXT", object_kind="status_text",
            object_key=said[:64], at=at, status=meaning.status, reason=meaning.reason, action=meaning.action,
        )  # fmt: skip
    waiting = _waiting(office_id).filter(courier_file__courier=courier, status_text=said, remark_text=remark)
    if office_id is None:
        otherwise = StatusText.objects.filter(
            courier=courier, status_text=said, remark_text=remark, office_id__isnull=False
        ).values("office_id")
        waiting = waiting.exclude(courier_file__office_id__in=otherwise).exclude(
            courier_file__office__parent_id__in=otherwise
        )
    files: set[uuid.UUID] = set()
    while rows := list(waiting.order_by("pk")[:ROWS_PER_CHUNK]):
        recorded = _apply(rows, meaning, actor_id=actor_id, at=at)
        outcomes.update(str(outcome) for outcome in recorded.outcomes)
        files |= {row.courier_file_id for row in rows}
    start_rewriting(file_ids=files, actor_id=actor_id, office_id=office_id)
    return Mapped(rows=outcomes.total(), outcomes=dict(outcomes))


def rows_to_look_at(courier_file: CourierFile) -> QuerySet[CourierRow]:
    """Give the rows of a file that somebody must look at, in the order of the sheet."""
    return courier_file.kept_rows.filter(outcome__in=NAMES_TO_LOOK_AT).order_by("row")


def _waiting(office_id: int | None) -> QuerySet[CourierRow]:
    waiting = CourierRow.objects.filter(outcome=RowOutcome.UNMAPPED_TEXT.name)
    if office_id is None:
        return waiting
    return waiting.filter(Q(courier_file__office_id=office_id) | Q(courier_file__office__parent_id=office_id))


def _apply(rows: list[CourierRow], meaning: Meaning, *, actor_id: int | None, at: datetime) -> Recorded:
    events = [
        NewEvent(
            card_id=row.detail["card"],
            item_id=row.detail["item"],
            status=meaning.status,
            occurred_at=datetime.fromisoformat(row.detail["at"]),
            reason=meaning.reason,
            action=meaning.action,
            place=row.place,
            source="FILE",
            courier_file_id=row.courier_file_id,
            source_row=row.row,
        )
        for row in rows
    ]
    with transaction.atomic():
        recorded = record_events(events=events, recorded_at=at, recorded_by_id=actor_id)
        messages.queue_changes(changed=recorded.changed, at=at)
        moved: dict[object, Counter[str]] = defaultdict(Counter)
        for row, outcome in zip(rows, recorded.outcomes, strict=True):
            moved[row.courier_file_id][outcome] += 1
        # the rows stay until their files' result workbooks tell how they ended
        for outcome in set(recorded.outcomes):
            ended = [row.pk for row, its in zip(rows, recorded.outcomes, strict=True) if its is outcome]
            CourierRow.objects.filter(pk__in=ended).update(outcome=RowOutcome(outcome).name)
        _recount(moved)
    return recorded


def _recount(moved: dict[object, Counter[str]]) -> None:
    """Move the rows of each file from "unknown text" to how they ended, so that its outcomes still add up."""
    for courier_file in CourierFile.objects.select_for_update().filter(pk__in=moved).order_by("pk"):
        counts = Counter(courier_file.outcomes)
        counts.update(moved[courier_file.pk])
        counts[RowOutcome.UNMAPPED_TEXT] -= moved[courier_file.pk].total()
        courier_file.outcomes = {outcome.value: counts[outcome] for outcome in RowOutcome}
        courier_file.save(update_fields=["outcomes"])
