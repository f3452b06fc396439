"""Texts that no table knows: the queue of them, and what a supervisor says that one means."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

from accounts.services import record
from delivery.courier_files.explaining import MAP_JOB, WaitingText, apply_explained, rows_heard_by
from delivery.courier_files.meanings import meaning_said
from delivery.courier_files.rows import NAMES_TO_LOOK_AT, RowOutcome
from delivery.couriers import Meaning, as_kept
from delivery.models import CourierFile, CourierRow, StatusText
from jobs import services as jobs

SAMPLES_SHOWN = 3
# More rows than this are a worker's: nobody should wait for them in front of a page.
ROWS_AT_ONCE = 500
TEXTS_IN_ORDER = ("-rows", "status_text", "remark_text", "courier")


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
    """What saying a text's meaning did to the rows that waited for it.

    `rows` were applied and ended as `outcomes` say. `waiting` still wait: for the worker's job, or until the work that
    is done on their files has ended.
    """

    rows: int
    outcomes: Mapping[str, int]
    waiting: int
    job_id: uuid.UUID | None = None


def unmapped_texts(*, office_id: int | None = None) -> QuerySet[CourierRow, dict[str, Any]]:
    """Give the texts that wait in the files of an office and of those that work for it, the most frequent first.

    Each has courier, status_text, remark_text, and how many rows and files; `with_samples` shows some of the rows.
    """
    waiting = rows_heard_by(office_id).filter(outcome=RowOutcome.UNMAPPED_TEXT.name)
    return (
        waiting.order_by()
        .values("status_text", "remark_text", courier=F("courier_file__courier"))
        .annotate(rows=Count("pk"), files=Count("courier_file", distinct=True))
        .order_by(*TEXTS_IN_ORDER)
    )


def with_samples(texts: Iterable[Mapping[str, Any]], *, office_id: int | None = None) -> list[UnmappedText]:
    """Give some of the texts of `unmapped_texts` with a few of their rows."""
    listed = list(texts)
    waiting = rows_heard_by(office_id).filter(
        outcome=RowOutcome.UNMAPPED_TEXT.name, status_text__in={text["status_text"] for text in listed}
    )
    number = Window(
        RowNumber(),
        partition_by=[F("status_text"), F("remark_text"), F("courier_file__courier")],
        order_by="pk",
    )
    samples: dict[tuple[str, str, str], list[CourierRow]] = defaultdict(list)
    first = waiting.annotate(number_in_text=number).filter(number_in_text__lte=SAMPLES_SHOWN)
    for row in first.select_related("courier_file").order_by("pk"):
        samples[row.courier_file.courier, row.status_text, row.remark_text].append(row)
    return [
        UnmappedText(
            courier=text["courier"],
            status_text=text["status_text"],
            remark_text=text["remark_text"],
            rows=text["rows"],
            files=text["files"],
            samples=samples[text["courier"], text["status_text"], text["remark_text"]],
        )
        for text in listed
    ]


def map_text(
    *, courier: str, status_text: str, remark_text: str = "", status: str, reason: str = "", action: str = "",
    receiver: str = "", actor_id: int | None, at: datetime, office_id: int | None = None,
) -> Mapped:  # fmt: skip
    """Say what a text means from now on, and apply the rows that waited for it. A second word replaces the first.

    With `office_id`, a registry's, it counts for files of that office and of those that work for it: what is said at
    one registry moves no card of another. Without, it counts wherever a registry has said nothing else. More than
    `ROWS_AT_ONCE` rows are left to a worker. Refuses what is no meaning of a courier.
    """
    meaning = meaning_said(status=status, reason=reason, action=action, receiver=receiver)
    text = WaitingText(
        office_id=office_id,
        courier=courier,
        status_text=as_kept(status_text),
        remark_text=as_kept(remark_text),
    )
    with transaction.atomic():
        _say(text, meaning, actor_id=actor_id, at=at)
        waiting = text.waiting().count()
        if waiting > ROWS_AT_ONCE:
            job_id = _start(text, rows=waiting, actor_id=actor_id, at=at)
            return Mapped(rows=0, outcomes={}, waiting=waiting, job_id=job_id)
    outcomes = apply_explained(text=text, actor_id=actor_id, at=at)
    return Mapped(rows=outcomes.total(), outcomes=dict(outcomes), waiting=text.waiting().count())


def rows_to_look_at(courier_file: CourierFile) -> QuerySet[CourierRow]:
    """Give the rows of a file that somebody must look at, in the order of the sheet; of a repetition, its twin's.

    What the twin had recorded against what was known is known already when it comes again.
    """
    if courier_file.repeats is not None and courier_file.state == CourierFile.State.APPLIED:
        its = rows_to_look_at(courier_file.repeats)
        return its.exclude(outcome=RowOutcome.CONTRADICTION.name)
    return courier_file.kept_rows.filter(outcome__in=NAMES_TO_LOOK_AT).order_by("row")


def _say(text: WaitingText, meaning: Meaning, *, actor_id: int | None, at: datetime) -> None:
    StatusText.objects.update_or_create(
        office_id=text.office_id, courier=text.courier, status_text=text.status_text, remark_text=text.remark_text,
        defaults={
            "status": meaning.status, "reason": meaning.reason, "action": meaning.action, "receiver": meaning.receiver,
            "mapped_by_id": actor_id, "mapped_at": at,
        },
    )  # fmt: skip
    record(
        actor_id=actor_id, office_id=text.office_id, operation="MAP_STATUS_TEXT", object_kind="status_text",
        object_key=text.status_text[:64], at=at, status=meaning.status, reason=meaning.reason, action=meaning.action,
        receiver=meaning.receiver,
    )  # fmt: skip


def _start(text: WaitingText, *, rows: int, actor_id: int | None, at: datetime) -> uuid.UUID:
    job = jobs.enqueue(
        kind=MAP_JOB,
        input={
            "office": text.office_id, "courier": text.courier, "status_text": text.status_text,
            "remark_text": text.remark_text, "actor": actor_id, "at": at.isoformat(),
        },
        owner_id=actor_id,
        office_id=text.office_id,
        total=rows,
    )  # fmt: skip
    return job.pk
