"""Intake: upload a sheet of printed cards, watch it, see how its rows ended."""

from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import Operation
from jobs.pace import pace_of
from privacy.services import record_export
from shipments.cards import upload_cards
from shipments.intake import REASON_TITLE, SHEET_ROW_TITLE, write_card_template
from shipments.models import IntakeFile
from shipments.scope import intake_files_visible_to
from spreadsheets.cells import text
from spreadsheets.faults import SheetError
from spreadsheets.reading import open_sheet
from web.access import StaffRequest, office_of, requires
from web.filters import IntakeFilter
from web.forms import UploadForm
from web.lists import file_answer, page_of
from web.messages import REFUSALS, fault_text, refusal_text

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_REJECTED = 100


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A refused row: the number that it has in the uploaded sheet, and why."""

    number: str
    reason: str


@requires(Operation.IMPORT_CARDS)
def intake(request: StaffRequest) -> HttpResponse:
    """List the uploaded sheets and take a new one."""
    form = UploadForm(request.POST or None, request.FILES or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            uploaded = upload_cards(
                file=file.file,
                name=file.name,
                office_id=office_of(request.user).pk,
                actor_id=request.user.pk,
                at=timezone.now(),
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return redirect("web:intake-file", file_id=uploaded.pk)
    files = intake_files_visible_to(request.user).select_related("uploaded_by", "job")
    found = IntakeFilter(request.GET, queryset=files)
    page = page_of(request, found.qs.order_by("-uploaded_at", "pk"))
    context = {"form": form, "refusal": refusal, "filter": found, "page": page}
    return render(request, "web/intake/list.html", context)


@requires(Operation.IMPORT_CARDS)
def intake_file(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """Show how far an upload is, then how its rows ended; when htmx asks, only the progress."""
    file = _file_of(request, file_id)
    context: dict[str, Any] = {"file": file, "job": file.job, "pace": pace_of(file.job) if file.job else None}
    if request.htmx and file.job is not None:
        response = render(
            request, "web/jobs/progress.html", context | {"is_final": False, "poll": request.path}
        )
        if file.state != IntakeFile.State.WAITING or file.job.finished_at is not None:
            response["HX-Refresh"] = "true"
        return response
    is_waiting = file.state == IntakeFile.State.WAITING and (file.job is None or file.job.finished_at is None)
    context |= {
        "is_final": not is_waiting,
        "is_waiting": is_waiting,
        "poll": request.path,
        "fault": fault_text(file.fault) if file.fault else "",
        "rejected": _rejected_rows(file),
        "shown_rejected": SHOWN_REJECTED,
    }
    return render(request, "web/intake/file.html", context)


@requires(Operation.IMPORT_CARDS)
def intake_rejected(request: StaffRequest, file_id: UUID) -> FileResponse:
    """Send the rejected rows as a workbook to correct and upload again; that they left is recorded."""
    file = _file_of(request, file_id)
    if not file.rejected:
        raise Http404
    record_export(
        actor_id=request.user.pk,
        subject_kind="intake_file",
        subject_key=str(file.pk),
        records=file.outcomes.get("rejected", 0),
        at=timezone.now(),
    )
    name = f"{file.name.rpartition('.')[0] or file.name}-{_('rejected')}.xlsx"
    return file_answer(file.rejected.open("rb"), name=name, content_type=WORKBOOK)


@requires(Operation.IMPORT_CARDS)
def intake_template(request: StaffRequest) -> FileResponse:
    """Send the workbook to fill in."""
    output = BytesIO()
    write_card_template(output, translate=_)
    return file_answer(output, name="templat-kartu-tercetak.xlsx", content_type=WORKBOOK)


def _file_of(request: StaffRequest, file_id: UUID) -> IntakeFile:
    return get_object_or_404(intake_files_visible_to(request.user).select_related("job"), pk=file_id)


def _rejected_rows(file: IntakeFile) -> list[RejectedRow]:
    """Read numbers and reasons, and nothing of the persons, from the workbook of rejected rows."""
    if not file.rejected:
        return []
    try:
        with open_sheet(file.rejected.path) as sheet:
            rows = sheet.rows()
            titles = [text(cell) for cell in next(rows)[1]]
            number, reason = titles.index(SHEET_ROW_TITLE), titles.index(REASON_TITLE)
            shown = islice(rows, SHOWN_REJECTED)
            return [RejectedRow(text(cells[number]), text(cells[reason])) for _number, cells in shown]
    except (SheetError, StopIteration, ValueError, IndexError):
        return []
