"""Long work: how far it is, and an end to it."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role, User
from accounts.permissions import Operation
from api.pagination import Pages
from api.resource import Resource
from api.serializers.jobs import JobSerializer
from jobs.models import Job
from jobs.services import cancel


class JobHasEnded(APIException):
    """There is nothing left to cancel."""

    status_code = 409
    default_code = "job_has_ended"
    default_detail = _("The job has ended; there is nothing left to cancel.")


class JobViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's jobs, newest first."""

    operations = dict.fromkeys(("list", "retrieve", "cancel"), Operation.SEE_JOBS)
    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_fields = ["kind", "state"]
    pagination_class = Pages
    ordering = ("-created_at", "-id")
    lookup_value_regex = "[0-9a-f-]{36}"

    def get_queryset(self) -> QuerySet[Job]:
        jobs = jobs_visible_to(self.user)
        may_cancel_others = self.user.role == Role.SUPERVISOR
        return jobs if self.action != "cancel" or may_cancel_others else jobs.filter(owner=self.user)

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel a waiting job at once, a running one at its next step; others' jobs by a supervisor."""
        job = self.get_object()
        if not cancel(job_id=job.pk):
            raise JobHasEnded
        job.refresh_from_db()
        return Response(JobSerializer(job).data, status=202)


def jobs_visible_to(user: User) -> QuerySet[Job]:
    """Give the user's own jobs and those of the user's office."""
    own = Q(owner_id=user.pk)
    return Job.objects.filter(own if user.office_id is None else own | Q(office_id=user.office_id))
