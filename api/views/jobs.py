"""Long work: how far it is, another try at once, and an end to it."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from accounts.permissions import Operation
from api.pagination import Pages
from api.resource import Resource
from api.serializers.jobs import JobSerializer
from delivery.scope import jobs_visible_to
from jobs.models import Job
from jobs.services import cancel, try_now


class JobHasEnded(APIException):
    """There is nothing left to cancel."""

    status_code = 409
    default_code = "job_has_ended"
    default_detail = _("The job has ended; there is nothing left to cancel.")


class JobWaitsForNoTry(APIException):
    """It has ended, runs, or was never tried."""

    status_code = 409
    default_code = "job_waits_for_no_try"
    default_detail = _("The job does not wait for another try.")


class JobViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's jobs and those of the status files that it sees, newest first."""

    operations = dict.fromkeys(("list", "retrieve", "cancel", "retry"), Operation.SEE_JOBS)
    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_fields = ["kind", "state"]
    pagination_class = Pages
    ordering = ("-created_at", "-id")
    lookup_value_regex = "[0-9a-f-]{36}"

    def get_queryset(self) -> QuerySet[Job]:
        jobs = jobs_visible_to(self.user)
        changes = self.action in ("cancel", "retry")
        may_change_others = self.user.role == Role.SUPERVISOR
        return jobs.filter(owner=self.user) if changes and not may_change_others else jobs

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel a waiting job at once, a running one at its next step; others' jobs by a supervisor."""
        job = self.get_object()
        if not cancel(job_id=job.pk):
            raise JobHasEnded
        job.refresh_from_db()
        return Response(JobSerializer(job).data, status=202)

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Have a job that failed and waits for its next try tried at once; others' jobs by a supervisor."""
        job = self.get_object()
        if not try_now(job_id=job.pk):
            raise JobWaitsForNoTry
        job.refresh_from_db()
        return Response(JobSerializer(job).data, status=202)
