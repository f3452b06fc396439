"""Days on which counters hand out cards although it is a weekend or a holiday."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.shapes import body
from api.serializers.waiting import ExtraDayRequest, ExtraDaySerializer
from api.views.waiting import managed_office
from delivery.extra_days import open_extra_day, take_extra_day_back
from delivery.scope import offices_managed_by
from offices.models import ExtraDay


class ExtraDayViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Extra days of the registry's counters. On other days than its own a counter hands out nothing."""

    operations = dict.fromkeys(("list", "retrieve", "create", "take_back"), Operation.MANAGE_OFFICES)
    queryset = ExtraDay.objects.none()
    serializer_class = ExtraDaySerializer
    filterset_fields = {"day": ["exact", "gte", "lte"], "office__code": ["exact"]}
    pagination_class = Pages
    ordering = ("day", "pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[ExtraDay]:
        return ExtraDay.objects.filter(office__in=offices_managed_by(self.user)).select_related("office")

    @extend_schema(request=ExtraDayRequest, responses={201: ExtraDaySerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Open a counter on a day; appointments can be made for it at once."""
        asked = body(ExtraDayRequest, request)
        office = managed_office(self, asked.pop("office"))
        extra = open_extra_day(office_id=office.pk, actor_id=self.user.pk, at=timezone.now(), **asked)
        return Response(ExtraDaySerializer(extra).data, status=201)

    @extend_schema(request=None, responses=ExtraDaySerializer)
    @action(detail=True, methods=["post"], url_path="take-back")
    @idempotent
    def take_back(self, request: Request, pk: str) -> Response:
        """Take a day back for which nobody has an appointment."""
        extra = self.get_object()
        taken_back = ExtraDaySerializer(extra).data
        take_extra_day_back(extra_day_id=extra.pk, actor_id=self.user.pk, at=timezone.now())
        return Response(taken_back)
