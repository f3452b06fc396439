"""The courier's status files: upload, check, apply, see how the rows ended, undo; and texts nobody knows yet."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.permissions import Operation, may
from delivery.courier_files import (
    Mapped,
    RowOutcome,
    ShownRow,
    can_be_mapped,
    map_text,
    rows_to_look_at,
    start,
    start_undo,
    unmapped_texts,
    upload,
    with_samples,
    with_stops,
)
from delivery.courier_files.pulling import is_set_up, start_pull
from delivery.courier_files.replaying import start_replay
from delivery.courier_files.results import explained
from delivery.courier_files.rows import NEVER_RECORDED, nothing_new
from delivery.models import CourierFile, CourierRow
from delivery.scope import courier_files_visible_to, status_texts_visible_to
from jobs.pace import pace_of
from offices.models import Office
from web.access import StaffRequest, office_of, registry_of, requires
from web.courier_forms import CourierUploadForm, MeaningForm
from web.filters import CourierFileFilter
from web.lists import file_answer, page_of
from web.messages import REFUSALS, fault_text, refusal_text, tell_refusal
from web.views.jobs import may_stop

TEXTS_PER_PAGE = 20  # each is a form
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(Operation.SEE_COURIER_FILES)
def file_list(request: StaffRequest) -> HttpResponse:
    """List the office's status files and take a new one, to check first or to apply at once."""
    may_import = may(request.user, Operation.IMPORT_COURIER_FILES)
    usual = "apply" if office_of(request.user).applies_status_files else "preview"
    form = CourierUploadForm(request.POST or None, request.FILES or None, initial={"what": usual})
    refusal = ""
    if request.method == "POST" and may_import and form.is_valid():
        try:
            return _taken(request, form)
        except REFUSALS as error:
            refusal = refusal_text(error)
    files = courier_files_visible_to(request.user).select_related("uploaded_by", "office")
    found = CourierFileFilter(request.GET, queryset=files)
    page = page_of(request, found.qs.order_by("-uploaded_at", "pk"))
    may_pull = may_import and is_set_up() and office_of(request.user).kind == Office.Kind.REGISTRY
    context = {
        "form": form,
        "refusal": refusal,
        "filter": found,
        "page": page,
        "may_import": may_import,
        "may_pull": may_pull,
    }
    return render(request, "web/courier_files/list.html", context)


def _taken(request: StaffRequest, form: CourierUploadForm) -> HttpResponse:
    file, what = form.cleaned_data["file"], form.cleaned_data["what"]
    uploaded = upload(
        file=file.file,
        name=file.name,
        office_id=office_of(request.user).pk,
        actor_id=request.user.pk,
        at=timezone.now(),
        enqueue=what != "columns",
        apply=what == "apply",
    )
    view = "web:courier-file-columns" if what == "columns" else "web:courier-file"
    return redirect(view, file_id=uploaded.pk)


@requires(Operation.IMPORT_COURIER_FILES)
@require_POST
def file_pull(request: StaffRequest) -> HttpResponse:
    """Fetch the news of moving items from the post's tracking API."""
    try:
        job = start_pull(office=office_of(request.user), actor_id=request.user.pk)
    except REFUSALS as error:
        tell_refusal(request, error)
        return redirect("web:courier-files")
    return redirect("web:job", job_id=job.pk)


@requires(Operation.SEE_COURIER_FILES)
def file_page(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """Show how far a file is, then how its rows ended or would end; when htmx asks, only the progress."""
    file = _file_of(request, file_id)
    job = file.job
    is_working = job is not None and job.finished_at is None
    context: dict[str, Any] = {
        "file": file,
        "job": job,
        "pace": pace_of(job) if job else None,
        "poll": request.path,
        "is_final": not is_working,
    }
    if request.htmx:
        response = render(request, "web/jobs/progress.html", context)
        if not is_working:
            response["HX-Refresh"] = "true"
        return response
    page = page_of(request, rows_to_look_at(file))
    result = job.result if job else {}
    may_import = may(request.user, Operation.IMPORT_COURIER_FILES)
    context |= {
        "is_working": is_working,
        "may_stop": job is not None and may_stop(request.user, owner_id=job.owner_id),
        "fault": fault_text(file.fault) if file.fault else "",
        "result": result,
        "nothing_new": nothing_new(rows=file.rows, outcomes=file.outcomes),
        "page": page,
        "rows": _kept_rows(page.object_list),
        "first_rows": _first_rows(result),
        "can_be_mapped": can_be_mapped(file),
        "may_import": may_import,
        "may_apply": may_import and _can_be_applied(file),
        "may_undo": may(request.user, Operation.UNDO_COURIER_FILES),
    }
    return render(request, "web/courier_files/file.html", context)


@requires(Operation.IMPORT_COURIER_FILES)
@require_POST
def file_apply(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """Apply a file that was checked, or whose work was stopped; or check it again."""
    file = _file_of(request, file_id)
    apply = request.POST.get("what") != "preview"
    try:
        start(courier_file=file, apply=apply, actor_id=request.user.pk, at=timezone.now())
    except REFUSALS as error:
        tell_refusal(request, error)
    return redirect("web:courier-file", file_id=file.pk)


@requires(Operation.UNDO_COURIER_FILES)
@require_POST
def file_undo(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """Take a file's news back."""
    file = _file_of(request, file_id)
    try:
        start_undo(
            courier_file=file,
            reason=request.POST.get("reason", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as error:
        tell_refusal(request, error)
    return redirect("web:courier-file", file_id=file.pk)


@requires(Operation.UNDO_COURIER_FILES)
@require_POST
def file_replay(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """Read an applied file anew by today's tables: say what would change, or change it."""
    file = _file_of(request, file_id)
    try:
        start_replay(
            courier_file=file,
            apply=request.POST.get("what") == "apply",
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as error:
        tell_refusal(request, error)
    return redirect("web:courier-file", file_id=file.pk)


@requires(Operation.SEE_COURIER_FILES)
def file_result(request: StaffRequest, file_id: UUID) -> FileResponse:
    """Send the result workbook: each row with how it ended and why."""
    file = _file_of(request, file_id)
    if not file.has_own_result:
        raise Http404
    stem = file.name.rpartition(".")[0] or file.name
    return file_answer(file.result.open("rb"), name=f"{stem}-{_('result')}.xlsx", content_type=WORKBOOK)


@requires(Operation.MAP_STATUS_TEXTS)
def text_list(request: StaffRequest) -> HttpResponse:
    """List the texts that no table knows, and take what one of them means."""
    form = MeaningForm(request.POST or None)
    registry_id = None if request.user.role == Role.ADMINISTRATOR else registry_of(request.user)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            mapped = map_text(
                **form.cleaned_data, actor_id=request.user.pk, at=timezone.now(), office_id=registry_id
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return _said(request, mapped)
    page = page_of(request, unmapped_texts(office_id=registry_id), per_page=TEXTS_PER_PAGE)
    context = {
        "page": page,
        "texts": with_samples(page.object_list, office_id=registry_id),
        "form": form,
        "refusal": refusal,
        "for_all": registry_id is None,
    }
    return render(request, "web/texts/list.html", context)


def _said(request: StaffRequest, mapped: Mapped) -> HttpResponse:
    """Say what became of the rows that waited; where a worker applies them, show how far it is."""
    if mapped.job_id is not None:
        messages.success(request, _("Noted. The rows that waited are read anew."))
        return redirect("web:job", job_id=mapped.job_id)
    count = {"count": number_format(mapped.rows)}
    messages.success(request, _("Noted. %(count)s rows that waited were read anew.") % count)
    if mapped.waiting:
        waiting = {"count": number_format(mapped.waiting)}
        messages.info(request, _("%(count)s rows follow when the work on their files has ended.") % waiting)
    return redirect("web:texts")


@requires(Operation.MAP_STATUS_TEXTS)
def text_meanings(request: StaffRequest) -> HttpResponse:
    """List what people have said that texts mean, the latest first."""
    page = page_of(request, status_texts_visible_to(request.user).order_by("-mapped_at", "-pk"))
    return render(request, "web/texts/said.html", {"page": page})


def _file_of(request: StaffRequest, file_id: UUID) -> CourierFile:
    files = courier_files_visible_to(request.user).select_related("job", "office", "uploaded_by", "repeats")
    return get_object_or_404(with_stops(files), pk=file_id)


def _can_be_applied(file: CourierFile) -> bool:
    """Say whether somebody may apply the file, or go on with it; before anybody has, its upload's page is the place."""
    has_begun = file.state != CourierFile.State.WAITING or file.job is not None
    is_open = file.state not in (CourierFile.State.APPLIED, CourierFile.State.REFUSED)
    return has_begun and is_open and bool(file.file or file.result)


def _kept_rows(rows: Iterable[CourierRow]) -> list[tuple[CourierRow, str]]:
    """Give rows with the explanation that their result workbook gives."""
    return [(row, explained(RowOutcome[row.outcome], row)) for row in rows]


def _first_rows(result: Mapping[str, Any]) -> list[tuple[str, list[tuple[ShownRow, str]]]]:
    """Give the first rows of each outcome that a check found; of what it would record there is nothing to explain."""
    found: list[tuple[str, list[tuple[ShownRow, str]]]] = []
    for name, rows in result.get("first_rows", {}).items():
        outcome = RowOutcome(name)
        shown = [ShownRow(**row) for row in rows]
        tells = outcome in NEVER_RECORDED
        found.append((name, [(row, explained(outcome, row) if tells else "") for row in shown]))
    return found
