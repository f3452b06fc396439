"""Layouts of status files that people have described, and the meanings of texts that they have said."""

from functools import partial

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.models import Role
from accounts.permissions import Operation
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.courier_files import (
    ColumnProfileSerializer,
    MappedSerializer,
    MeaningRequest,
    StatusTextSerializer,
    UnmappedTextSerializer,
)
from api.serializers.shapes import body
from delivery.courier_files import forget_columns, map_text, unmapped_texts, with_samples
from delivery.courier_files.unmapped import TEXTS_IN_ORDER
from delivery.models import ColumnProfile, StatusText
from delivery.scope import column_profiles_visible_to, status_texts_visible_to


class ColumnProfileViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Layouts of the office's status files that people have described, newest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve"), Operation.SEE_COURIER_FILES),
        "destroy": Operation.IMPORT_COURIER_FILES,
    }
    queryset = ColumnProfile.objects.none()
    serializer_class = ColumnProfileSerializer
    filterset_fields = ["courier"]
    pagination_class = Pages
    ordering = ("-made_at", "-pk")
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[ColumnProfile]:
        return column_profiles_visible_to(self.user).select_related("office")

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a layout: its files are read by their titles again. What they have told stays."""
        forget_columns(profile=self.get_object(), actor_id=self.user.pk, at=timezone.now())
        return Response(status=204)


class StatusTextViewSet(ListModelMixin, Resource):
    """What texts of the courier mean on top of the shipped table: said by the registry, or for all."""

    operations = dict.fromkeys(("list", "create", "waiting"), Operation.MAP_STATUS_TEXTS)
    queryset = StatusText.objects.none()
    serializer_class = StatusTextSerializer
    filterset_fields = ["courier", "status"]
    pagination_class = Pages
    ordering = ("-mapped_at", "-pk")

    def get_queryset(self) -> QuerySet[StatusText]:
        return status_texts_visible_to(self.user).select_related("office")

    @extend_schema(request=MeaningRequest, responses={200: MappedSerializer, 202: MappedSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Say what a text means: rows that waited for it are applied, many of them by a job (202).

        An administrator says it for all registries.
        """
        mapped = map_text(
            **body(MeaningRequest, request),
            office_id=self._registry_id(),
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        if mapped.job_id is None:
            return Response(MappedSerializer(mapped).data)
        where = reverse("api:job-detail", args=[mapped.job_id], request=request)
        return Response(MappedSerializer(mapped).data, status=202, headers={"Location": where})

    @extend_schema(responses=UnmappedTextSerializer(many=True), filters=False)
    @action(detail=False)
    def waiting(self, request: Request) -> Response:
        """Give the texts that no table knows, the most frequent first, with some of their rows."""
        registry_id = self._registry_id()
        # rows are a registry's own; who speaks for all of them sees the texts only
        shown = list if registry_id is None else partial(with_samples, office_id=registry_id)
        texts = unmapped_texts(office_id=registry_id)
        return self.page_of(texts, UnmappedTextSerializer, ordering=TEXTS_IN_ORDER, shown=shown)

    def _registry_id(self) -> int | None:
        """None, for all registries, is an administrator's to say."""
        return None if self.user.role == Role.ADMINISTRATOR else self.office_id
