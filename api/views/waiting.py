"""Waiting lists of full days, how many people an office takes, and more places for one day."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from accounts.services import record
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.counter import AppointmentSerializer
from api.serializers.shapes import body
from api.serializers.waiting import (
    HoursRequest,
    JoinRequest,
    OverrideRequest,
    PlacesSerializer,
    QuotaRequest,
    QuotaSerializer,
    SlotsSerializer,
    WaitingSerializer,
)
from api.views.counter import CounterResource
from delivery.models import WaitingEntry
from delivery.scope import offices_managed_by, waiting_visible_to
from delivery.waiting import join_waiting_list, leave_waiting_list, override_places, take_offer
from offices.models import Office, Quota
from offices.quotas import set_hours, slots_of


class WaitingViewSet(ListModelMixin, RetrieveModelMixin, CounterResource):
    """Cards whose holders wait for a place of a full day; the first place that is free is offered in order."""

    operations = dict.fromkeys(("list", "retrieve", "create", "take", "leave"), Operation.SERVE_COUNTER)
    queryset = WaitingEntry.objects.none()
    serializer_class = WaitingSerializer
    filterset_fields = {"day": ["exact", "gte", "lte"], "counter__code": ["exact"], "state": ["exact"]}
    pagination_class = Pages
    ordering = ("day", "joined_at", "pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[WaitingEntry]:
        return waiting_visible_to(self.user).select_related("card", "counter")

    @extend_schema(request=JoinRequest, responses={201: WaitingSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Put a card on the list of a full day."""
        asked = body(JoinRequest, request)
        entry = join_waiting_list(
            card_id=self.card_of(asked.pop("reference")), at=timezone.now(), actor_id=self.user.pk, **asked
        )
        return Response(WaitingSerializer(entry).data, status=201)

    @extend_schema(request=None, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def take(self, request: Request, pk: str) -> Response:
        """Turn the place that is kept for the card into an appointment."""
        entry = self.get_object()
        booked = take_offer(card_id=entry.card_id, at=timezone.now(), actor_id=self.user.pk)
        return Response(AppointmentSerializer(booked).data)

    @extend_schema(request=None, responses=WaitingSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def leave(self, request: Request, pk: str) -> Response:
        """Take the card off the list; a place that was kept for it goes to the next."""
        entry = self.get_object()
        leave_waiting_list(card_id=entry.card_id, at=timezone.now(), actor_id=self.user.pk)
        entry.refresh_from_db()
        return Response(WaitingSerializer(entry).data)


class QuotaViewSet(ListModelMixin, Resource):
    """How many people offices take a day and a slot, on each lane; 20 a day where nothing is set."""

    operations = {
        **dict.fromkeys(("list", "create", "hours"), Operation.MANAGE_OFFICES),
        "override": Operation.OVERRIDE_QUOTA,
    }
    queryset = Quota.objects.none()
    serializer_class = QuotaSerializer
    filterset_fields = {"office__code": ["exact"], "lane": ["exact"]}
    pagination_class = Pages
    ordering = ("office__code", "lane")

    def get_queryset(self) -> QuerySet[Quota]:
        return Quota.objects.filter(office__in=offices_managed_by(self.user)).select_related("office")

    @extend_schema(request=QuotaRequest, responses=QuotaSerializer)
    @idempotent
    def create(self, request: Request) -> Response:
        """Set a quota. Days on which places were given out keep theirs."""
        asked = body(QuotaRequest, request)
        office = managed_office(self, asked.pop("office"))
        quota, _is_new = Quota.objects.update_or_create(office=office, lane=asked.pop("lane"), defaults=asked)
        record(
            actor_id=self.user.pk, office_id=self.user.office_id, operation="SET_QUOTA", object_kind="quota",
            object_key=str(quota.pk), at=timezone.now(),
        )  # fmt: skip
        return Response(QuotaSerializer(quota).data)

    @extend_schema(request=HoursRequest, responses=SlotsSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def hours(self, request: Request) -> Response:
        """Set an office's hours and how its day is cut. Appointments that stand keep theirs."""
        asked = body(HoursRequest, request)
        office = managed_office(self, asked.pop("office"))
        if asked["closes_at"] <= asked["opens_at"]:
            raise ValidationError({"closes_at": [_("The office closes before it opens.")]})
        set_hours(office=office, **asked)
        record(
            actor_id=self.user.pk, office_id=self.user.office_id, operation="SET_HOURS", object_kind="office",
            object_key=office.code, at=timezone.now(),
        )  # fmt: skip
        office.refresh_from_db()
        return Response({"slots": slots_of(office)})

    @extend_schema(request=OverrideRequest, responses=PlacesSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def override(self, request: Request) -> Response:
        """Add places to one day, with a reason; who waits is offered them first."""
        asked = body(OverrideRequest, request)
        office = managed_office(self, asked.pop("office"))
        places = override_places(office_id=office.pk, actor_id=self.user.pk, at=timezone.now(), **asked)
        return Response({"places": places})


def managed_office(resource: Resource, code: str, *, field: str = "office") -> Office:
    """Give an office that is the user's to set up. Raises ValidationError."""
    office = offices_managed_by(resource.user).filter(code=code).first()
    if office is None:
        told: dict[str, Any] = {field: [_("There is no such office here. See the list of offices.")]}
        raise ValidationError(told)
    return office
