"""Offices: their list, who serves a village today, which are near."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from geopy.distance import geodesic
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role, User
from accounts.permissions import Operation
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.offices import (
    NearestQuery,
    NearestSerializer,
    OfficeSerializer,
    ServingQuery,
    ServingSerializer,
    StatusFilesRequest,
)
from api.serializers.shapes import body, query
from delivery.courier_files.partners import let_apply
from delivery.scope import offices_managed_by
from offices.models import Office
from offices.services import route_villages


class OfficeFilter(filters.FilterSet):  # type: ignore[misc]
    """Narrow the list of offices."""

    region_code = filters.CharFilter(lookup_expr="startswith")

    class Meta:
        model = Office
        fields = ["kind", "is_active", "region_code"]


class OfficeViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Offices of the user's registry; all of them for an administrator."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "serving", "nearest"), Operation.SEE_OFFICES),
        "status_files": Operation.MANAGE_OFFICES,
    }
    queryset = Office.objects.none()
    serializer_class = OfficeSerializer
    filterset_class = OfficeFilter
    pagination_class = Pages
    ordering = ("code",)
    lookup_field = "code"
    lookup_value_regex = r"[^/\x00]{1,16}"

    def get_queryset(self) -> QuerySet[Office]:
        return offices_visible_to(self.user).select_related("parent")

    @extend_schema(parameters=[ServingQuery], responses=ServingSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def serving(self, request: Request) -> Response:
        """Say which office serves a village on a day, after closures and delegations."""
        asked = query(ServingQuery, request)
        code = asked["village_code"]
        on = asked.get("on") or self.today
        route = route_villages(village_codes=[code], service=asked["service"], on=on)[code]
        ids = [pk for pk in (route.office_id, *route.instead_of) if pk is not None]
        offices = Office.objects.select_related("parent").in_bulk(ids)
        answer: dict[str, Any] = {
            "office": offices[route.office_id] if route.office_id is not None else None,
            "instead_of": [offices[pk] for pk in route.instead_of],
            "fault": route.fault or "",
        }
        return Response(ServingSerializer(answer).data)

    @extend_schema(parameters=[NearestQuery], responses=NearestSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def nearest(self, request: Request) -> Response:
        """Give the active offices of the registry that are nearest to a point, nearest first."""
        asked = query(NearestQuery, request)
        offices = self.get_queryset().filter(is_active=True, latitude__isnull=False, longitude__isnull=False)
        if "kind" in asked:
            offices = offices.filter(kind=asked["kind"])
        point = (asked["latitude"], asked["longitude"])
        found = sorted(
            ((geodesic(point, (office.latitude, office.longitude)).km, office) for office in offices),
            key=lambda pair: (pair[0], pair[1].code),
        )
        answer = [{"office": office, "distance_km": round(km, 3)} for km, office in found[: asked["limit"]]]
        return Response(NearestSerializer(answer, many=True).data)

    @extend_schema(request=StatusFilesRequest, responses=OfficeSerializer)
    @action(detail=True, methods=["post"], url_path="status-files")
    @idempotent
    def status_files(self, request: Request, code: str) -> Response:
        """Say whether the office's status files are applied where the sender does not ask for a check first."""
        office = get_object_or_404(offices_managed_by(self.user), code=code)
        let_apply(
            office=office, actor_id=self.user.pk, at=timezone.now(), **body(StatusFilesRequest, request)
        )
        office.refresh_from_db()
        return Response(OfficeSerializer(office).data)


def offices_visible_to(user: User) -> QuerySet[Office]:
    """Give the registry office that the user's office is or works for, and all that work for it."""
    if user.role == Role.ADMINISTRATOR:
        return Office.objects.all()
    if user.office is None:
        return Office.objects.none()
    registry_id = user.office.registry_id
    return Office.objects.filter(Q(pk=registry_id) | Q(parent_id=registry_id))
