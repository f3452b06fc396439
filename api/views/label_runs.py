"""Labels: workers draw them; how far a run is, an end to it, and its files."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db.models import Prefetch, QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.models import Role, User
from accounts.permissions import Operation
from api.downloads import MEDIA_TYPES, opened_file
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.label_runs import LabelRunRequest, LabelRunSerializer
from api.serializers.shapes import body
from labels.sheets import label_format
from shipments.label_runs import cancel_label_run, file_name, open_label_file, start_label_run
from shipments.models import LabelPart, LabelRun
from shipments.scope import label_runs_visible_to

UUID_PATTERN = "[0-9a-f-]{36}"


def _with_parts(runs: QuerySet[LabelRun]) -> QuerySet[LabelRun]:
    parts = LabelPart.objects.select_related("job", "shipment")
    return runs.prefetch_related(Prefetch("parts", queryset=parts))


def accepted_run(
    request: Request, *, user: User, shipment_ids: Sequence[int], asked: Mapping[str, Any]
) -> Response:
    """Start a run and say where it is found."""
    run = start_label_run(
        shipment_ids=shipment_ids,
        office_id=cast(int, user.office_id),
        format=asked["format"],
        start=asked["start"],
        offset_mm=(asked["right_mm"], asked["down_mm"]),
        reason=asked["reason"],
        actor_id=user.pk,
        at=timezone.now(),
    )
    where = reverse("api:label-run-detail", args=[run.pk], request=request)
    shown = LabelRunSerializer(
        _with_parts(LabelRun.objects.all()).get(pk=run.pk), context={"request": request}
    )
    return Response(shown.data, status=202, headers={"Location": where})


class LabelRunViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's runs of labels, newest first."""

    operations = dict.fromkeys(("list", "retrieve", "create", "cancel"), Operation.PRINT_LABELS)
    queryset = LabelRun.objects.none()
    serializer_class = LabelRunSerializer
    pagination_class = Pages
    ordering = ("-asked_at", "-id")
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[LabelRun]:
        return _with_parts(label_runs_visible_to(self.user))

    @extend_schema(request=LabelRunRequest, responses={202: LabelRunSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Let workers draw the labels of many shipments. Look at the run's address for how far they are."""
        asked = body(LabelRunRequest, request)
        return accepted_run(request, user=self.user, shipment_ids=asked["shipments"], asked=asked)

    @extend_schema(request=None, responses={202: LabelRunSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop what is not drawn yet; what is drawn stays. Others' runs are stopped by a supervisor."""
        run = self.get_object()
        if run.asked_by_id != self.user.pk and self.user.role != Role.SUPERVISOR:
            raise PermissionDenied
        cancel_label_run(run_id=run.pk)
        return Response(self.get_serializer(self.get_object()).data, status=202)


class LabelFileViewSet(Resource):
    """The files of runs of labels."""

    operations = {"retrieve": Operation.PRINT_LABELS}
    queryset = LabelPart.objects.none()
    lookup_value_regex = UUID_PATTERN

    def get_queryset(self) -> QuerySet[LabelPart]:
        own = LabelPart.objects.filter(run__in=label_runs_visible_to(self.user))
        return own.select_related("run", "shipment")

    @extend_schema(
        responses={(200, MEDIA_TYPES[kind]): OpenApiTypes.BINARY for kind in ("pdf", "zpl")}, filters=False
    )
    def retrieve(self, request: Request, pk: str) -> FileResponse:
        """Give a file of labels; that it was taken is recorded."""
        part = self.get_object()
        several = LabelPart.objects.filter(run=part.run, shipment=part.shipment).count()
        opened = open_label_file(part=part, actor_id=self.user.pk, at=timezone.now())
        kind = label_format(part.run.format).kind
        return opened_file(opened, name=file_name(part, parts=several), extension=kind)
