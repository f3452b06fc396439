"""Closures of offices and regions, what they did at each counter, taking them back; and who stands in."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from accounts.services import record
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.shapes import body
from api.serializers.waiting import (
    ClosedCounterSerializer,
    ClosureRequest,
    ClosureResultSerializer,
    ClosureSerializer,
    DelegationRequest,
    DelegationSerializer,
    ReopenedSerializer,
    WaitingCardSerializer,
)
from api.views.offices import offices_visible_to
from api.views.waiting import managed_office
from delivery.closures import WaitingCards, cards_at_counters_of, close_counters, counters_of_closure
from delivery.reopening import take_back_closure
from delivery.scope import closures_visible_to, may_close_region, offices_managed_by
from offices.delegating import delegate
from offices.models import Closure, Delegation


class ClosureViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Closures of the registry's offices and of the regions around them, the latest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "counters"), Operation.SEE_OFFICES),
        "cards": Operation.ROUTE_RETURNS,
        **dict.fromkeys(("create", "take_back"), Operation.MANAGE_OFFICES),
    }
    queryset = Closure.objects.none()
    serializer_class = ClosureSerializer
    filterset_fields = {"service": ["exact"], "starts_on": ["gte", "lte"], "ends_on": ["gte", "lte"]}
    pagination_class = Pages
    ordering = ("-starts_on", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Closure]:
        return closures_visible_to(self.user).select_related("office")

    @extend_schema(request=ClosureRequest, responses={201: ClosureResultSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Close an office or a region: cards are kept longer or moved, appointments moved, people told once."""
        asked = body(ClosureRequest, request)
        code, area = asked.pop("office", ""), asked.pop("area_code", "")
        if bool(code) == bool(area):
            raise ValidationError({"office": [_("Name either an office or a region.")]})
        if area and not may_close_region(self.user, area):
            raise PermissionDenied
        office_id = managed_office(self, code).pk if code else None
        cards = WaitingCards(asked.pop("cards"))
        closed = close_counters(
            office_id=office_id,
            area_code=area,
            cards=cards,
            actor_id=self.user.pk,
            at=timezone.now(),
            **asked,
        )
        return Response(ClosureResultSerializer(closed).data, status=201)

    @extend_schema(request=None, responses=ReopenedSerializer)
    @action(detail=True, methods=["post"], url_path="take-back")
    @idempotent
    def take_back(self, request: Request, pk: str) -> Response:
        """Take a closure back from today on, with what it changed as far as nobody has acted since."""
        closure = self.get_object()
        if closure.office_id is None and not may_close_region(self.user, closure.area_code):
            raise PermissionDenied
        back = take_back_closure(
            closure_id=closure.pk, actor_id=self.user.pk, at=timezone.now(), today=self.today
        )
        return Response(ReopenedSerializer(back).data)

    @extend_schema(responses=ClosedCounterSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def counters(self, request: Request, pk: str) -> Response:
        """List the registry's counters that the closure is about: what waits there and who stands in."""
        closure = self.get_object()
        mine = set(offices_visible_to(self.user).values_list("pk", flat=True))
        rows = [row for row in counters_of_closure(closure_id=closure.pk) if row.office.pk in mine]
        return Response(ClosedCounterSerializer(rows, many=True).data)

    @extend_schema(responses=WaitingCardSerializer(many=True), filters=False)
    @action(detail=True)
    def cards(self, request: Request, pk: str) -> Response:
        """List what waits at the registry's counters of the closure: what to move or hold."""
        mine = offices_visible_to(self.user)
        rows = cards_at_counters_of(self.get_object()).filter(counter__in=mine)
        return self.page_of(rows, WaitingCardSerializer, ordering=("pk",))


class DelegationViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Who does the work of an office while it is closed."""

    operations = dict.fromkeys(("list", "retrieve", "create", "end"), Operation.MANAGE_OFFICES)
    queryset = Delegation.objects.none()
    serializer_class = DelegationSerializer
    pagination_class = Pages
    ordering = ("-starts_on", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Delegation]:
        mine = Delegation.objects.filter(office__in=offices_managed_by(self.user))
        return mine.select_related("office", "delegate")

    @extend_schema(request=DelegationRequest, responses={201: DelegationSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Let an office stand in for another one of its kind and registry; circles are refused."""
        asked = body(DelegationRequest, request)
        office = managed_office(self, asked.pop("office"))
        other = managed_office(self, asked.pop("delegate"), field="delegate")
        made = delegate(office=office, delegate=other, **asked)
        self._record("DELEGATE_OFFICE", made)
        return Response(DelegationSerializer(made).data, status=201)

    @extend_schema(request=None, responses=DelegationSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: Request, pk: str) -> Response:
        """Take a delegation back."""
        delegation = self.get_object()
        ended = DelegationSerializer(delegation).data
        self._record("TAKE_BACK_DELEGATION", delegation)
        delegation.delete()
        return Response(ended)

    def _record(self, operation: str, delegation: Delegation) -> None:
        record(
            actor_id=self.user.pk, office_id=self.user.office_id, operation=operation, object_kind="delegation",
            object_key=str(delegation.pk), at=timezone.now(),
        )  # fmt: skip
