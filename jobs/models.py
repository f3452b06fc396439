"""A job: what people see of long work, and what survives a crash."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    """Where a job is; the last three are final."""

    QUEUED = "QUEUED", _("waiting")
    RUNNING = "RUNNING", _("running")
    SUCCEEDED = "SUCCEEDED", _("done")
    FAILED = "FAILED", _("failed")
    CANCELLED = "CANCELLED", _("cancelled")


class Job(models.Model):
    """One piece of long work. A worker holds it by a lease that it renews with every step of progress."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0, help_text=_("0: not known yet"))
    reading = models.BooleanField(
        default=False,
        help_text=_("done and total count the rows that are read so far; none of them has ended"),
    )
    furthest = models.PositiveBigIntegerField(
        default=0, help_text=_("what earlier tries have done at most; one that came further is not counted")
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text=_("since it last came further"))
    max_attempts = models.PositiveSmallIntegerField(default=5)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", null=True, blank=True
    )
    office = models.ForeignKey(
        "offices.Office", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    input = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=400, blank=True, default="")
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(
        null=True, blank=True, help_text=_("when it is tried again, after a try that failed")
    )
    sent_at = models.DateTimeField(
        default=timezone.now,
        help_text=_("when the task engine was to have it; a job that waits much longer is sent again"),
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="RUNNING") | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="running_job_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["SUCCEEDED", "FAILED", "CANCELLED"]) | Q(finished_at__isnull=False),
                name="ended_job_has_time",
            ),
            models.CheckConstraint(condition=Q(attempts__lte=F("max_attempts")), name="job_attempts_bounded"),
        ]
        indexes = [
            # the reaper: running jobs whose lease has run out
            models.Index(fields=["lease_until"], name="job_lease", condition=Q(state="RUNNING")),
            # the reaper: jobs that the engine may have lost
            models.Index(fields=["sent_at"], name="job_waiting", condition=Q(state="QUEUED")),
            # "Pekerjaan": an office's newest jobs
            models.Index(fields=["office", "-created_at"], name="job_of_office"),
        ]
