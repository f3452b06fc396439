"""The courier's status files: upload, check, apply, see how the rows ended, undo; and texts nobody knows yet."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation, may
from delivery.courier_files import map_text, start, undo, unmapped_texts, upload
from delivery.models import CourierFile
from delivery.scope import courier_files_visible_to
from web.access import StaffRequest, office_of, registry_of, requires
from web.filters import CourierFileFilter
from web.forms import CourierUploadForm, MeaningForm
from web.lists import file_answer, page_of
from web.messages import REFUSALS, fault_text, refusal_text, tell_refusal
from web.views.jobs import pace_of

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(Operation.SEE_COURIER_FILES)
def file_list(request: StaffRequest) -> HttpResponse:
    """List the office's status files and take a new one, to check first or to apply at once."""
    form = CourierUploadForm(request.POST or None, request.FILES or None)
    may_import = may(request.user, Operation.IMPORT_COURIER_FILES)
    refusal = ""
    if request.method == "POST" and may_import and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            uploaded = upload(
                file=file.file,
                name=file.name,
                office_id=office_of(request.user).pk,
                actor_id=request.user.pk,
                at=timezone.now(),
                apply=form.cleaned_data["what"] == "apply",
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return redirect("web:courier-file", file_id=uploaded.pk)
    files = courier_files_visible_to(request.user).select_related("uploaded_by", "office")
    found = CourierFileFilter(request.GET, queryset=files)
    page = page_of(request, found.qs.order_by("-uploaded_at", "pk"))
    context = {"form": form, "refusal": refusal, "filter": found, "page": page, "may_import": may_import}
    return render(request, "web/courier_files/list.html", context)


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
    context |= {
        "is_working": is_working,
        "fault": fault_text(file.fault) if file.fault else "",
        "result": job.result if job else {},
        "page": page_of(request, file.kept_rows.order_by("row")),
        "may_import": may(request.user, Operation.IMPORT_COURIER_FILES),
        "may_undo": may(request.user, Operation.UNDO_COURIER_FILES),
    }
    return render(request, "web/courier_files/file.html", context)


@requires(Operation.IMPORT_COURIER_FILES)
@require_POST
def file_apply(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """Apply a file that was checked."""
    file = _file_of(request, file_id)
    try:
        start(courier_file=file, apply=True, actor_id=request.user.pk, at=timezone.now())
    except REFUSALS as error:
        tell_refusal(request, error)
    return redirect("web:courier-file", file_id=file.pk)


@requires(Operation.UNDO_COURIER_FILES)
@require_POST
def file_undo(request: StaffRequest, file_id: UUID) -> HttpResponse:
    """Take a file's news back."""
    file = _file_of(request, file_id)
    try:
        voided = undo(
            courier_file_id=file.pk,
            reason=request.POST.get("reason", ""),
            actor_id=request.user.pk,
            at=timezone.now(),
        )
    except REFUSALS as error:
        tell_refusal(request, error)
    else:
        messages.success(
            request,
            _("The file was undone: %(count)s events were taken back.") % {"count": number_format(voided)},
        )
    return redirect("web:courier-file", file_id=file.pk)


@requires(Operation.SEE_COURIER_FILES)
def file_result(request: StaffRequest, file_id: UUID) -> FileResponse:
    """Send the result workbook: each row with how it ended and why."""
    file = _file_of(request, file_id)
    if not file.result:
        raise Http404
    stem = file.name.rpartition(".")[0] or file.name
    return file_answer(file.result.open("rb"), name=f"{stem}-{_('result')}.xlsx", content_type=WORKBOOK)


@requires(Operation.MAP_STATUS_TEXTS)
def text_list(request: StaffRequest) -> HttpResponse:
    """List the texts that no table knows, and take what one of them means."""
    form = MeaningForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            mapped = map_text(
                **data, actor_id=request.user.pk, at=timezone.now(), office_id=registry_of(request.user)
            )
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            count = number_format(mapped.rows)
            messages.success(
                request, _("Noted. %(count)s rows that waited were read anew.") % {"count": count}
            )
            return redirect("web:texts")
    texts = unmapped_texts(office_id=registry_of(request.user))
    return render(request, "web/texts/list.html", {"texts": texts, "form": form, "refusal": refusal})


def _file_of(request: StaffRequest, file_id: UUID) -> CourierFile:
    files = courier_files_visible_to(request.user).select_related("job", "office", "uploaded_by")
    return get_object_or_404(files, pk=file_id)
