"""Sheets of printed cards: upload, state, the rows to correct."""

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.permissions import Operation
from api.downloads import MEDIA_TYPES, stored_file
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import UploadResource
from api.serializers.cards import IntakeFileSerializer
from api.serializers.shapes import body
from api.serializers.uploads import UploadRequest
from privacy.services import record_export
from shipments.cards import upload_cards
from shipments.models import IntakeFile
from shipments.scope import intake_files_visible_to


class IntakeFileViewSet(ListModelMixin, RetrieveModelMixin, UploadResource):
    """The office's sheets of printed cards, newest first."""

    operations = dict.fromkeys(("list", "retrieve", "create", "rejected"), Operation.IMPORT_CARDS)
    queryset = IntakeFile.objects.none()
    serializer_class = IntakeFileSerializer
    filterset_fields = ["state", "sha256"]
    pagination_class = Pages
    ordering = ("-uploaded_at", "-id")
    lookup_value_regex = "[0-9a-f-]{36}"

    def get_queryset(self) -> QuerySet[IntakeFile]:
        return intake_files_visible_to(self.user).select_related("office")

    @extend_schema(request={"multipart/form-data": UploadRequest}, responses={202: IntakeFileSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Upload a sheet; a worker imports it. Look at its address for how its rows ended."""
        file = body(UploadRequest, request)["file"]
        intake = upload_cards(
            file=file, name=file.name, office_id=self.office_id, actor_id=self.user.pk, at=timezone.now()
        )
        where = reverse("api:intake-file-detail", args=[intake.pk], request=request)
        return Response(IntakeFileSerializer(intake).data, status=202, headers={"Location": where})

    @extend_schema(responses={(200, MEDIA_TYPES["xlsx"]): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, pagination_class=None)
    def rejected(self, request: Request, pk: str) -> FileResponse:
        """Give the refused rows as a workbook, to correct and upload again. That they left is recorded."""
        intake = self.get_object()
        answer = stored_file(intake.rejected)
        record_export(
            actor_id=self.user.pk,
            subject_kind="intake_file",
            subject_key=str(intake.pk),
            records=intake.outcomes.get("rejected", 0),
            at=timezone.now(),
        )
        return answer
