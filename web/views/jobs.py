"""Long work: what runs, how far it is, try it again at once, stop it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role, User
from accounts.permissions import Operation
from delivery.models import CourierFile
from delivery.scope import jobs_visible_to
from jobs.models import Job, JobState
from jobs.pace import pace_of
from jobs.services import cancel, try_now
from shipments.models import IntakeFile, LabelPart
from web.access import StaffRequest, requires
from web.filters import JobFilter
from web.lists import page_of

FINAL = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Work:
    """Several jobs seen as one."""

    state: JobState
    done: int
    total: int
    started_at: datetime | None
    finished_at: datetime | None
    not_before: datetime | None
    cancel_requested: bool
    reading: bool = False

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


def together(jobs: Sequence[Job]) -> Work:
    """See jobs as one: it waits until one has begun, runs until all have ended, and ends as the worst of them."""
    states = {JobState(job.state) for job in jobs}
    if not states & {JobState.QUEUED, JobState.RUNNING}:
        worst_first = (JobState.FAILED, JobState.CANCELLED, JobState.SUCCEEDED)
        state = next((state for state in worst_first if state in states), JobState.SUCCEEDED)
    else:
        state = JobState.QUEUED if states == {JobState.QUEUED} else JobState.RUNNING
    return Work(
        state=state,
        done=sum(job.done for job in jobs),
        total=sum(job.total for job in jobs),
        started_at=min((job.started_at for job in jobs if job.started_at), default=None),
        finished_at=max((job.finished_at for job in jobs if job.finished_at), default=None),
        not_before=min((job.not_before for job in jobs if job.not_before), default=None),
        cancel_requested=any(job.cancel_requested for job in jobs),
    )


@requires(Operation.SEE_JOBS)
def job_list(request: StaffRequest) -> HttpResponse:
    """List the office's jobs, newest first."""
    found = JobFilter(request.GET, queryset=jobs_visible_to(request.user))
    page = page_of(request, found.qs.order_by("-created_at", "pk"))
    rows = [(job, pace_of(job)) for job in page.object_list]
    return render(request, "web/jobs/list.html", {"filter": found, "page": page, "rows": rows})


@requires(Operation.SEE_JOBS)
def job_page(request: StaffRequest, job_id: uuid.UUID) -> HttpResponse:
    """Show one job; when htmx asks, only its progress."""
    job = get_object_or_404(jobs_visible_to(request.user), pk=job_id)
    context: dict[str, Any] = {
        "job": job,
        "pace": pace_of(job),
        "is_final": job.state in FINAL,
        **_about(job),
    }
    context["poll"] = request.path
    context["may_cancel"] = may_stop(request.user, owner_id=job.owner_id)
    context["may_retry"] = context["may_cancel"]
    if request.htmx:
        response = render(request, "web/jobs/progress.html", context)
        if job.state in FINAL:
            response["HX-Refresh"] = "true"
        return response
    return render(request, "web/jobs/job.html", context)


def _about(job: Job) -> dict[str, IntakeFile | CourierFile | LabelPart | None]:
    return {
        "intake": IntakeFile.objects.filter(job=job).first(),
        "courier_file": CourierFile.objects.filter(
            Q(job=job) | Q(pk=job.result.get("courier_file") or None)
        ).first(),
        "label_part": LabelPart.objects.filter(job=job).select_related("shipment").first(),
    }


def may_stop(user: User, *, owner_id: int | None) -> bool:
    """Say whether the user may stop what somebody has started."""
    return owner_id == user.pk or user.role == Role.SUPERVISOR


@requires(Operation.SEE_JOBS)
@require_POST
def job_retry(request: StaffRequest, job_id: uuid.UUID) -> HttpResponse:
    """Have a job that failed and waits for its next try tried at once."""
    job = get_object_or_404(jobs_visible_to(request.user), pk=job_id)
    if not may_stop(request.user, owner_id=job.owner_id):
        raise PermissionDenied
    if try_now(job_id=job.pk):
        messages.success(request, _("The job is tried again now."))
    else:
        messages.info(request, _("The job does not wait for another try."))
    return redirect("web:job", job_id=job.pk)


@requires(Operation.SEE_JOBS)
@require_POST
def job_cancel(request: StaffRequest, job_id: uuid.UUID) -> HttpResponse:
    """Stop a job at its next step; what it has done already stays."""
    job = get_object_or_404(jobs_visible_to(request.user), pk=job_id)
    if not may_stop(request.user, owner_id=job.owner_id):
        raise PermissionDenied
    if cancel(job_id=job.pk):
        messages.success(request, _("The job stops at its next step."))
    else:
        messages.info(request, _("The job had already ended."))
    return redirect("web:job", job_id=job.pk)
