"""Items of which the post gives no news: the list, its export, the sum per post office, and the service times."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.downloads import MEDIA_TYPES, made_file
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.shapes import body, query
from api.serializers.silent_items import (
    ServiceTimeRequest,
    SilenceSerializer,
    SilentExportQuery,
    SilentItemSerializer,
    SilentQuery,
)
from delivery.models import Delivery
from delivery.scope import post_offices_visible_to
from delivery.silence import Patience, give_service_time, patience_with, silence_of, silent_items
from delivery.silent_list import write_silent_items


class SilentItemViewSet(Resource):
    """Items without news for longer than their post office's service time, the oldest news first."""

    operations = {
        **dict.fromkeys(("list", "summary", "export"), Operation.SEE_SHIPMENTS),
        "service_time": Operation.MANAGE_OFFICES,
    }
    queryset = Delivery.objects.none()
    serializer_class = SilentItemSerializer
    pagination_class = Pages
    ordering = ("last_event_at", "card_id")

    @extend_schema(parameters=[SilentQuery], responses=SilentItemSerializer(many=True), filters=False)
    def list(self, request: Request) -> Response:
        """Give the silent items; with `days`, all without news for so many open days."""
        patience, rows = self._asked(query(SilentQuery, request))
        rows = rows.select_related("card", "item__shipment__post_office")
        page = self.paginate_queryset(rows.defer("card__nik", "card__kk", "card__phone"))
        shown = SilentItemSerializer(page, many=True, context={"patience": patience})
        return self.get_paginated_response(shown.data)

    @extend_schema(parameters=[SilentQuery], responses=SilenceSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def summary(self, request: Request) -> Response:
        """Say how many items each post office is silent about."""
        patience, _rows = self._asked(query(SilentQuery, request))
        return Response(SilenceSerializer(silence_of(patience=patience), many=True).data)

    @extend_schema(
        parameters=[SilentExportQuery],
        responses={(200, MEDIA_TYPES[kind]): OpenApiTypes.BINARY for kind in ("xlsx", "csv")},
        filters=False,
    )
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> FileResponse:
        """Give the list as a file; that it was taken is recorded."""
        asked = query(SilentExportQuery, request)
        patience, rows = self._asked(asked)
        write = partial(
            write_silent_items, rows=rows, patience=patience, kind=asked["file_type"], actor_id=self.user.pk,
            at=patience.at,
        )  # fmt: skip
        return made_file(write, name="tanpa-kabar", extension=asked["file_type"])

    @extend_schema(request=ServiceTimeRequest, responses=SilenceSerializer)
    @action(detail=False, methods=["post"], url_path="service-time")
    @idempotent
    def service_time(self, request: Request) -> Response:
        """Give a post office its own service time."""
        asked = body(ServiceTimeRequest, request)
        office = get_object_or_404(post_offices_visible_to(self.user), code=asked["post_office"])
        now = timezone.now()
        give_service_time(
            post_office_id=office.pk, registry_id=self.office_id, days=asked["days"], actor_id=self.user.pk,
            at=now,
        )  # fmt: skip
        office.refresh_from_db()
        (silence,) = silence_of(patience=patience_with(offices=[office], at=now))
        return Response(SilenceSerializer(silence).data)

    def _asked(self, asked: Mapping[str, Any]) -> tuple[Patience, QuerySet[Delivery]]:
        offices = post_offices_visible_to(self.user)
        if code := asked.get("post_office"):
            offices = offices.filter(code=code)
        patience = patience_with(offices=list(offices), at=timezone.now(), days=asked.get("days"))
        return patience, silent_items(patience=patience)
