"""Labels: let workers draw them for one shipment or many, follow the work, take the files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Operation
from jobs.pace import pace_of
from labels.sheets import FORMATS
from shipments.label_runs import (
    cancel_label_run,
    file_name,
    open_label_file,
    start_label_run,
    zip_label_files,
)
from shipments.models import LabelPart, LabelRun
from shipments.scope import label_runs_visible_to, shipments_visible_to
from web.access import StaffRequest, office_of, requires
from web.forms import ChosenLabelsForm, LabelForm
from web.lists import file_answer, temporary_file
from web.messages import REFUSALS, refusal_text, tell_refusal
from web.views.jobs import may_stop, together
from web.views.shipments import list_page


@dataclass(frozen=True, slots=True)
class Row:
    """A file on the page of a run, and into how many its shipment was cut."""

    part: LabelPart
    parts: int


@requires(Operation.PRINT_LABELS)
def start(request: StaffRequest, shipment_id: int) -> HttpResponse:
    """Start drawing one shipment's labels in the chosen format, from the chosen cell on."""
    shipment = get_object_or_404(shipments_visible_to(request.user), pk=shipment_id)
    form = LabelForm(request.POST or None, formats=FORMATS)
    if request.method != "POST" or not form.is_valid():
        return redirect("web:shipment", shipment_id=shipment.pk)
    try:
        run = _start(request, form, [shipment.pk])
    except REFUSALS as error:
        tell_refusal(request, error)
        return redirect("web:shipment", shipment_id=shipment.pk)
    return redirect("web:label-run", run_id=run.pk)


@requires(Operation.PRINT_LABELS)
@require_POST
def start_chosen(request: StaffRequest) -> HttpResponse:
    """Start drawing the labels of the shipments that were chosen from the list; keep the choice when refused."""
    chosen = [int(key) for key in request.POST.getlist("shipment") if key.isdecimal() and len(key) < 18]
    form = ChosenLabelsForm(request.POST, formats=FORMATS)
    refusal = "" if chosen else _("Choose at least one shipment.")
    if chosen and form.is_valid():
        try:
            run = _start(request, form, chosen)
        except REFUSALS as error:
            refusal = refusal_text(error)
        else:
            return redirect("web:label-run", run_id=run.pk)
    return list_page(request, label_form=form, chosen=chosen, refusal=refusal)


def _start(request: StaffRequest, form: LabelForm, shipment_ids: Sequence[int]) -> LabelRun:
    return start_label_run(
        shipment_ids=shipment_ids,
        office_id=office_of(request.user).pk,
        format=form.cleaned_data["format"],
        start=form.cleaned_data.get("start") or 1,
        offset_mm=form.offset(),
        reason=form.cleaned_data["reason"],
        actor_id=request.user.pk,
        at=timezone.now(),
    )


@requires(Operation.PRINT_LABELS)
def run_page(request: StaffRequest, run_id: UUID) -> HttpResponse:
    """Show how far a run is and its files; when htmx asks, only the progress."""
    run = _run_of(request, run_id)
    parts = list(run.parts.select_related("shipment__post_office", "job"))
    work = together([part.job for part in parts if part.job is not None])
    context: dict[str, Any] = {
        "run": run,
        "job": work,
        "pace": pace_of(work),
        "is_final": work.is_final,
        "poll": request.path,
    }
    if request.htmx:
        response = render(request, "web/jobs/progress.html", context)
        if work.is_final:
            response["HX-Refresh"] = "true"
        return response
    of_shipment = Counter(part.shipment_id for part in parts)
    context["rows"] = [Row(part, of_shipment[part.shipment_id]) for part in parts]
    context["only"] = parts[0] if len(parts) == 1 and parts[0].file else None
    context["has_all"] = len(parts) > 1 and all(part.file for part in parts)
    context["labels"] = sum(part.labels for part in parts)
    context["may_cancel"] = may_stop(request.user, owner_id=run.asked_by_id)
    return render(request, "web/labels/run.html", context)


@requires(Operation.PRINT_LABELS)
@require_POST
def run_cancel(request: StaffRequest, run_id: UUID) -> HttpResponse:
    """Stop what is not drawn yet; what is drawn stays."""
    run = _run_of(request, run_id)
    if not may_stop(request.user, owner_id=run.asked_by_id):
        raise PermissionDenied
    if cancel_label_run(run_id=run.pk):
        messages.success(request, _("The job stops at its next step."))
    else:
        messages.info(request, _("The job had already ended."))
    return redirect("web:label-run", run_id=run.pk)


@requires(Operation.PRINT_LABELS)
def file(request: StaffRequest, part_id: UUID) -> HttpResponseBase:
    """Send one file of labels; that it was taken is recorded."""
    parts = LabelPart.objects.filter(run__in=label_runs_visible_to(request.user))
    part = get_object_or_404(parts.select_related("shipment", "run"), pk=part_id)
    try:
        opened = open_label_file(part=part, actor_id=request.user.pk, at=timezone.now())
    except REFUSALS as error:
        tell_refusal(request, error)
        return redirect("web:label-run", run_id=part.run_id)
    several = LabelPart.objects.filter(run=part.run_id, shipment=part.shipment_id).count()
    return file_answer(
        opened, name=file_name(part, parts=several), content_type=FORMATS[part.run.format].content_type
    )


@requires(Operation.PRINT_LABELS)
def run_zip(request: StaffRequest, run_id: UUID) -> HttpResponseBase:
    """Send all files of a run in one; that they were taken is recorded."""
    run = _run_of(request, run_id)
    output = temporary_file()
    try:
        zip_label_files(run=run, output=output, actor_id=request.user.pk, at=timezone.now())
    except REFUSALS as error:
        output.close()
        tell_refusal(request, error)
        return redirect("web:label-run", run_id=run.pk)
    return file_answer(output, name=f"label-{run.asked_at:%Y%m%d-%H%M}.zip", content_type="application/zip")


def _run_of(request: StaffRequest, run_id: UUID) -> LabelRun:
    return get_object_or_404(label_runs_visible_to(request.user).select_related("asked_by"), pk=run_id)
