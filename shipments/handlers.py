"""The long work of this room, as the job engine calls it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from jobs.services import JobRefused, Progress, handles
from shipments.backlog import fill_backlog
from shipments.cards import IMPORT_JOB, forget_upload, import_cards
from shipments.label_runs import LABELS_JOB, draw_part
from shipments.models import IntakeFile
from shipments.refusals import MESSAGES as REFUSALS
from shipments.refusals import ShipmentRefused
from spreadsheets.faults import MESSAGES, SheetError, SheetFault, message


@handles(IMPORT_JOB)
def import_uploaded_cards(progress: Progress) -> Mapping[str, Any]:
    """Import one uploaded sheet; the cards whose addresses are good are ready to be posted."""
    intake = IntakeFile.objects.get(pk=UUID(progress.input["intake_file"]))
    if intake.state == IntakeFile.State.WAITING:
        _import(intake, progress)
    else:  # an earlier try came to its end, but not as far as saying so
        forget_upload(intake.pk)
    intake.refresh_from_db()
    if intake.state == IntakeFile.State.REFUSED:
        raise _refused(SheetFault(intake.fault["code"]), intake.fault["params"])
    fill_backlog(office_id=intake.office_id, at=timezone.now())
    return {"intake_file": str(intake.pk), "rows": intake.rows, "outcomes": intake.outcomes}


@handles(LABELS_JOB)
def draw_labels(progress: Progress) -> Mapping[str, Any]:
    """Draw one part of a run of labels."""
    try:
        part = draw_part(
            part_id=UUID(progress.input["part"]),
            at=timezone.now(),
            on_progress=progress.tell,
        )
    except ShipmentRefused as refused:
        raise JobRefused(gettext(REFUSALS[refused.code]) % refused.params) from refused
    return {"label_run": str(part.run_id), "label_file": str(part.pk), "labels": part.labels}


def _import(intake: IntakeFile, progress: Progress) -> None:
    try:
        import_cards(
            path=intake.file.path,
            name=intake.name,
            office_id=intake.office_id,
            actor_id=intake.uploaded_by_id,
            at=timezone.now(),
            on_progress=progress.tell,
            intake_file_id=intake.pk,
        )
    except SheetError as error:
        raise _refused(error.code, error.params) from error


def _refused(code: SheetFault, params: Mapping[str, Any]) -> JobRefused:
    """Say it in words; a list that was stored came as a tuple."""
    templates = {each: gettext(text) for each, text in MESSAGES.items()}
    shown = {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}
    return JobRefused(message(templates, code, shown))
