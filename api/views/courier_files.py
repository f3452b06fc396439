"""The courier's status files: upload, check, apply, look at the rows, undo."""

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.permissions import Operation
from api.downloads import MEDIA_TYPES, stored_file
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import UploadResource
from api.serializers.courier_files import (
    CourierFileDetailSerializer,
    CourierFileRequest,
    CourierFileSerializer,
    CourierRowSerializer,
    HeaderRowQuery,
    MapColumnsRequest,
    ReplayRequest,
    SheetHeadSerializer,
)
from api.serializers.jobs import JobSerializer
from api.serializers.shapes import ReasonRequest, body, query
from delivery import courier_files
from delivery.courier_files.pulling import start_pull
from delivery.courier_files.replaying import start_replay
from delivery.models import CourierFile
from delivery.scope import courier_files_visible_to


class CourierFileViewSet(ListModelMixin, RetrieveModelMixin, UploadResource):
    """Status files of the office, and of its post offices, newest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "rows", "result", "columns"), Operation.SEE_COURIER_FILES),
        **dict.fromkeys(
            ("create", "preview", "apply", "map_columns", "pull"), Operation.IMPORT_COURIER_FILES
        ),
        **dict.fromkeys(("undo", "replay"), Operation.UNDO_COURIER_FILES),
    }
    queryset = CourierFile.objects.none()
    serializer_class = CourierFileSerializer
    filterset_fields = ["state", "courier", "sha256"]
    pagination_class = Pages
    ordering = ("-uploaded_at", "-id")
    lookup_value_regex = "[0-9a-f-]{36}"

    def get_queryset(self) -> QuerySet[CourierFile]:
        return courier_files.with_stops(courier_files_visible_to(self.user).select_related("office", "job"))

    def get_serializer_class(self) -> type[CourierFileSerializer]:
        return CourierFileDetailSerializer if self.action == "retrieve" else CourierFileSerializer

    @extend_schema(
        request={"multipart/form-data": CourierFileRequest}, responses={202: CourierFileSerializer}
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Upload a status file; a worker checks or applies it. Look at its address for how its rows ended."""
        asked = body(CourierFileRequest, request)
        courier_file = courier_files.upload(
            file=asked["file"],
            name=asked["file"].name,
            office_id=self.office_id,
            actor_id=self.user.pk,
            at=timezone.now(),
            apply=asked["apply"],
        )
        return self._accepted(courier_file)

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=False, methods=["post"], pagination_class=None)
    @idempotent
    def pull(self, request: Request) -> Response:
        """Let a worker fetch the news of moving items from the post's tracking API, where one is set up."""
        job = start_pull(office=self.office, actor_id=self.user.pk)
        where = reverse("api:job-detail", args=[job.pk], request=request)
        return Response(JobSerializer(job).data, status=202, headers={"Location": where})

    @extend_schema(request=None, responses={202: CourierFileSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def preview(self, request: Request, pk: str) -> Response:
        """Let a worker say what the file would do; nothing is changed."""
        return self._start(apply=False)

    @extend_schema(request=None, responses={202: CourierFileSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def apply(self, request: Request, pk: str) -> Response:
        """Let a worker apply the file."""
        return self._start(apply=True)

    @extend_schema(responses=CourierRowSerializer(many=True), filters=False)
    @action(detail=True)
    def rows(self, request: Request, pk: str) -> Response:
        """Give the rows that changed nothing and that somebody must look at; of a repetition, the other file's."""
        rows = courier_files.rows_to_look_at(self.get_object())
        return self.page_of(rows, CourierRowSerializer, ordering=("row",))

    @extend_schema(responses={(200, MEDIA_TYPES["xlsx"]): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, pagination_class=None)
    def result(self, request: Request, pk: str) -> FileResponse:
        """Give the file's rows with their outcomes, as a workbook; one that repeats another has none of its own."""
        courier_file = self.get_object()
        if courier_file.repeats_id is not None:
            raise NotFound(_("This file repeats another: its result workbook tells how the rows ended."))
        return stored_file(courier_file.result)

    @extend_schema(parameters=[HeaderRowQuery], responses=SheetHeadSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def columns(self, request: Request, pk: str) -> Response:
        """Give an upload's columns as they stand under a header row, with masked cells, for a person to name them."""
        head = courier_files.look_at_columns(courier_file=self.get_object(), **query(HeaderRowQuery, request))
        return Response(SheetHeadSerializer(head).data)

    @extend_schema(request=MapColumnsRequest, responses={202: CourierFileSerializer})
    @columns.mapping.post
    @idempotent
    def map_columns(self, request: Request, pk: str) -> Response:
        """Say what the columns hold; a worker checks or applies the file, and knows the next one of this layout."""
        courier_file = self.get_object()
        courier_files.map_columns(
            courier_file=courier_file,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(MapColumnsRequest, request),
        )
        return self._accepted(courier_file)

    @extend_schema(request=ReasonRequest, responses={202: CourierFileSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def undo(self, request: Request, pk: str) -> Response:
        """Let a worker void the file's events; the cards' states are then as if it had never come."""
        courier_file = self.get_object()
        courier_files.start_undo(
            courier_file=courier_file,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ReasonRequest, request),
        )
        courier_file.refresh_from_db()
        return self._accepted(courier_file)

    @extend_schema(request=ReplayRequest, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def replay(self, request: Request, pk: str) -> Response:
        """Let a worker read an applied file anew by today's tables; the job's result says what changes, or would."""
        courier_file = self.get_object()
        start_replay(
            courier_file=courier_file,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ReplayRequest, request),
        )
        courier_file.refresh_from_db()
        where = reverse("api:job-detail", args=[courier_file.job_id], request=request)
        return Response(JobSerializer(courier_file.job).data, status=202, headers={"Location": where})

    def _start(self, *, apply: bool) -> Response:
        courier_file = self.get_object()
        courier_files.start(courier_file=courier_file, apply=apply, actor_id=self.user.pk, at=timezone.now())
        return self._accepted(courier_file)

    def _accepted(self, courier_file: CourierFile) -> Response:
        where = reverse("api:courier-file-detail", args=[courier_file.pk], request=self.request)
        shown = CourierFileSerializer(courier_file, context=self.get_serializer_context()).data
        return Response(shown, status=202, headers={"Location": where})
