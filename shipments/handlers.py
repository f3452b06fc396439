"""The long work of this room, as the job engine calls it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from jobs.services import JobRefused, Progress, handles
from shipments.backlog import fill_backlog
from shipments.cards import IMPORT_JOB, import_cards
from shipments.models import IntakeFile
from spreadsheets.faults import MESSAGES, SheetError, message


@handles(IMPORT_JOB)
def import_uploaded_cards(progress: Progress) -> Mapping[str, Any]:
    """Import one uploaded sheet; the cards whose addresses are good are ready to be posted."""
    intake = IntakeFile.objects.get(pk=UUID(progress.input["intake_file"]))
    try:
        report = import_cards(
            path=intake.file.path,
            name=intake.name,
            office_id=intake.office_id,
            actor_id=intake.uploaded_by_id,
            at=timezone.now(),
            on_progress=lambda done, total: progress.advance(done=done, total=total),
            intake_file_id=intake.pk,
        )
    except SheetError as error:
        templates = {code: gettext(text) for code, text in MESSAGES.items()}
        raise JobRefused(message(templates, error.code, error.params)) from error
    fill_backlog(office_id=intake.office_id, at=timezone.now())
    return {"intake_file": str(intake.pk), "rows": report.rows, "outcomes": dict(report.outcomes)}
