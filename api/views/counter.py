"""Counter pickup: find, check, give out once, take back; appointments."""

from typing import Any, BinaryIO

from django.db.models import Q, QuerySet
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.downloads import made_file
from api.idempotency import idempotent
from api.pagination import Pages
from api.problems import REFUSALS, sentence
from api.resource import Resource
from api.serializers.counter import (
    AppointmentSerializer,
    BookableQuery,
    BookableSerializer,
    BookRequest,
    CheckAnswer,
    CheckRequest,
    CollectionSerializer,
    CollectRequest,
    FindRequest,
    FoundSerializer,
)
from api.serializers.shapes import ReasonRequest, body, query
from delivery import counter as desk
from delivery.appointments import book, bookable_days, cancel_booking
from delivery.models import Appointment, Collection
from delivery.receipts import write_receipt
from delivery.refusals import DeliveryRefused
from delivery.scope import appointments_visible_to, cards_in_scope, collections_visible_to
from offices.models import Office


class CounterResource(Resource):
    """What is done at a counter: one's own, or for a supervisor one of the registry's."""

    def counter_of(self, asked: dict[str, Any]) -> int:
        """Take the counter out of what was asked and give its key. Raises ValidationError."""
        code = asked.pop("counter", None)
        if code is None:
            return self.office_id
        mine = Office.objects.filter(Q(pk=self.office_id) | Q(parent_id=self.office_id), code=code).first()
        if mine is None:
            raise ValidationError({"counter": [_("There is no such office here. See the list of offices.")]})
        return mine.pk

    def card_of(self, reference: str) -> int:
        """Give the key of a card in the user's scope. Raises NotFound."""
        card = (
            cards_in_scope(self.user).filter(reference=reference.upper()).values_list("pk", flat=True).first()
        )
        if card is None:
            raise NotFound
        return card


class CounterViewSet(CounterResource):
    """Look at the card of somebody who stands at the counter; nothing is changed."""

    operations = dict.fromkeys(("find", "check"), Operation.SERVE_COUNTER)

    @extend_schema(request=FindRequest, responses=FoundSerializer)
    @action(detail=False, methods=["post"])
    def find(self, request: Request) -> Response:
        """Find a card by what was scanned. A search by NIK is recorded."""
        asked = body(FindRequest, request)
        found = desk.find_card(
            counter_id=self.counter_of(asked), actor_id=self.user.pk, at=timezone.now(), **asked
        )
        return Response(FoundSerializer(found).data, headers={"Cache-Control": "no-store"})

    @extend_schema(request=CheckRequest, responses=CheckAnswer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """Say everything that speaks against giving the card out now."""
        asked = body(CheckRequest, request)
        refusals = desk.check_collection(
            counter_id=self.counter_of(asked),
            card_id=self.card_of(asked.pop("reference")),
            at=timezone.now(),
            **asked,
        )
        return Response({"refusals": [_shown(refusal) for refusal in refusals]})


class CollectionViewSet(ListModelMixin, RetrieveModelMixin, CounterResource):
    """Cards that were given out at counters, newest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "create"), Operation.SERVE_COUNTER),
        "receipt": Operation.SERVE_COUNTER,
        "undo": Operation.UNDO_COLLECTION,
    }
    queryset = Collection.objects.none()
    serializer_class = CollectionSerializer
    filterset_fields = {"counter__code": ["exact"], "collected_at": ["gte", "lt"], "undone_at": ["isnull"]}
    pagination_class = Pages
    ordering = ("-collected_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Collection]:
        return collections_visible_to(self.user).select_related("card", "counter")

    @extend_schema(request=CollectRequest, responses={201: CollectionSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Give the card out, once: the same nonce again gives the same collection."""
        asked = body(CollectRequest, request)
        collection = desk.collect(
            counter_id=self.counter_of(asked),
            card_id=self.card_of(asked.pop("reference")),
            actor_id=self.user.pk,
            at=timezone.now(),
            **asked,
        )
        return Response(CollectionSerializer(collection).data, status=201)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, pagination_class=None)
    def receipt(self, request: Request, pk: str) -> FileResponse:
        """Give the resident's receipt as PDF, with initials and no NIK; it is recorded who took it."""
        collection_id = self.get_object().pk

        def write(output: BinaryIO) -> None:
            write_receipt(
                collection_id=collection_id, output=output, actor_id=self.user.pk, at=timezone.now()
            )

        return made_file(write, name=f"tanda-terima-{collection_id}", extension="pdf")

    @extend_schema(request=ReasonRequest, responses=CollectionSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def undo(self, request: Request, pk: str) -> Response:
        """Take a collection back on its own day, with a reason."""
        collection = desk.undo_collection(
            collection_id=self.get_object().pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ReasonRequest, request),
        )
        return Response(CollectionSerializer(collection).data)


class AppointmentViewSet(ListModelMixin, RetrieveModelMixin, CounterResource):
    """Appointments at counters."""

    operations = dict.fromkeys(("list", "retrieve", "create", "cancel", "bookable"), Operation.SERVE_COUNTER)
    queryset = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    filterset_fields = {
        "day": ["exact", "gte", "lte"],
        "counter__code": ["exact"],
        "cancelled_at": ["isnull"],
    }
    pagination_class = Pages
    ordering = ("day", "pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Appointment]:
        return appointments_visible_to(self.user).select_related("card", "counter")

    @extend_schema(request=BookRequest, responses={201: AppointmentSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Take a place of a day at the counter where the card waits; an earlier appointment is given back."""
        asked = body(BookRequest, request)
        booked = book(card_id=self.card_of(asked.pop("reference")), at=timezone.now(), **asked)
        return Response(AppointmentSerializer(booked).data, status=201)

    @extend_schema(parameters=[BookableQuery], responses=BookableSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def bookable(self, request: Request) -> Response:
        """Give the days and slots with a place at the counter where the card waits."""
        asked = query(BookableQuery, request)
        found = bookable_days(card_id=self.card_of(asked["reference"]), lane=asked["lane"], at=timezone.now())
        return Response(BookableSerializer(found).data)

    @extend_schema(request=None, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Give the place back."""
        appointment = get_object_or_404(self.get_queryset(), pk=pk, cancelled_at__isnull=True)
        cancel_booking(card_id=appointment.card_id, at=timezone.now())
        appointment.refresh_from_db()
        return Response(AppointmentSerializer(appointment).data)


def _shown(refusal: desk.Refusal) -> dict[str, Any]:
    return {
        "code": refusal.code.value.lower(),
        "params": refusal.params,
        "detail": sentence(REFUSALS[DeliveryRefused], refusal.code, refusal.params),
    }
