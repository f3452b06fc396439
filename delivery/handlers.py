"""The long work of this room, as the job engine calls it."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from delivery.courier_files import FILE_JOB, FileReport, process, undo
from delivery.courier_files.explaining import MAP_JOB, WaitingText, apply_explained
from delivery.courier_files.pulling import PULL_JOB, pull
from delivery.courier_files.replaying import REPLAY_JOB, replay
from delivery.courier_files.rewriting import RESULT_JOB, rewrite_results
from delivery.courier_files.sharing import SHARE_JOB, help_with
from delivery.courier_files.undoing import UNDO_JOB
from delivery.refusals import MESSAGES as REFUSALS
from delivery.refusals import Code, DeliveryRefused
from jobs.services import JobRefused, Progress, handles
from offices.models import Office
from spreadsheets.faults import MESSAGES, SheetError, message


@handles(FILE_JOB)
def work_through_courier_file(progress: Progress) -> Mapping[str, Any]:
    """Apply an uploaded status file, or say what it would do."""
    told = dict(progress.kept)

    def keep(report: FileReport) -> None:
        told.clear()
        told.update(_told(progress, report))
        progress.keep(told)

    try:
        report = process(
            courier_file_id=uuid.UUID(progress.input["courier_file"]),
            apply=progress.input["apply"],
            at=datetime.fromisoformat(progress.input["at"]),
            on_progress=progress.tell,
            on_reading=progress.tell_read,
            on_end=keep,
        )
    except SheetError as fault:
        templates = {code: gettext(text) for code, text in MESSAGES.items()}
        raise JobRefused(message(templates, fault.code, fault.params)) from fault
    return told or _told(progress, report)


def _told(progress: Progress, report: FileReport) -> dict[str, Any]:
    return {
        "courier_file": progress.input["courier_file"],
        "rows": report.rows,
        "outcomes": dict(report.outcomes),
        "applied": report.applied,
        "repeats": report.repeats,
        "nothing_new": report.nothing_new,
        "newly_delivered": report.newly_delivered,
        "newly_returned": report.newly_returned,
        "first_rows": {outcome: [asdict(row) for row in rows] for outcome, rows in report.first_rows.items()},
    }


@handles(SHARE_JOB)
def help_with_courier_file(progress: Progress) -> Mapping[str, Any]:
    """Take portions of a status file that another worker has read."""
    taken = help_with(
        courier_file_id=uuid.UUID(progress.input["courier_file"]),
        at=datetime.fromisoformat(progress.input["at"]),
        on_progress=progress.tell,
    )
    return {"courier_file": progress.input["courier_file"], "portions": taken}


@handles(UNDO_JOB)
def undo_courier_file(progress: Progress) -> Mapping[str, Any]:
    """Take an applied status file's news back."""
    with _refusals_for_people():
        voided = undo(
            courier_file_id=uuid.UUID(progress.input["courier_file"]),
            reason=progress.input["reason"],
            actor_id=progress.input["actor"],
            at=datetime.fromisoformat(progress.input["at"]),
            job_id=progress.job_id,
            on_progress=progress.tell,
        )
    return {"courier_file": progress.input["courier_file"], "voided": voided}


@handles(REPLAY_JOB)
def replay_courier_file(progress: Progress) -> Mapping[str, Any]:
    """Read an applied file anew by today's tables, or say what would change."""
    with _refusals_for_people():
        report = replay(
            courier_file_id=uuid.UUID(progress.input["courier_file"]),
            apply=progress.input["apply"],
            actor_id=progress.input["actor"],
            at=datetime.fromisoformat(progress.input["at"]),
            job_id=progress.job_id,
            on_progress=progress.tell,
            on_reading=progress.tell_read,
        )
    return {"courier_file": progress.input["courier_file"], "replayed": asdict(report)}


@handles(MAP_JOB)
def apply_explained_rows(progress: Progress) -> Mapping[str, Any]:
    """Apply the rows that waited for a text whose meaning somebody has said."""
    asked = progress.input
    outcomes = apply_explained(
        text=WaitingText(
            office_id=asked["office"],
            courier=asked["courier"],
            status_text=asked["status_text"],
            remark_text=asked["remark_text"],
        ),
        actor_id=asked["actor"],
        at=datetime.fromisoformat(asked["at"]),
        on_progress=progress.tell,
    )
    return {"rows": outcomes.total(), "outcomes": dict(outcomes)}


@handles(RESULT_JOB)
def write_results_anew(progress: Progress) -> Mapping[str, Any]:
    """Tell in the result workbooks how rows ended that waited for a text's meaning."""
    written = rewrite_results(
        file_ids=[uuid.UUID(file) for file in progress.input["files"]],
        on_progress=progress.tell,
    )
    return {"written": written}


@handles(PULL_JOB)
def pull_status(progress: Progress) -> Mapping[str, Any]:
    """Fetch the news of items that still move; another job applies it."""
    with _refusals_for_people():
        report = pull(
            office=Office.objects.get(pk=progress.input["office"]),
            actor_id=progress.input["actor"],
            at=timezone.now(),
            here=progress.here,
            on_progress=progress.tell,
        )
        if report.unanswered and not report.rows:
            raise DeliveryRefused(Code.PULL_UNANSWERED, unanswered=report.unanswered)
    return {
        "courier_file": str(report.courier_file.pk) if report.courier_file else "",
        "asked": report.asked,
        "rows": report.rows,
        "unanswered": report.unanswered,
        "foreign": report.foreign,
    }


@contextmanager
def _refusals_for_people() -> Iterator[None]:
    """End the job with a refusal's sentence; no retry would help."""
    try:
        yield
    except DeliveryRefused as refused:
        raise JobRefused(gettext(REFUSALS[refused.code]) % refused.params) from refused
