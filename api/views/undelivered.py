"""What becomes of cards that reached nobody: the registry's list, items put aside, shelves that are too full."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.returns import TransferSerializer
from api.serializers.shapes import body, query
from api.serializers.shipments import ResolutionRequest
from api.serializers.undelivered import (
    CardsDoneSerializer,
    ChosenCardsRequest,
    CounterCardsRequest,
    FollowUpRequest,
    FollowUpSerializer,
    KeepLongerRequest,
    PlaceCardsRequest,
    PlacedCardsSerializer,
    RegistryEntrySerializer,
    SheetQuery,
    ShelfAgeSerializer,
    StaySerializer,
    StraySerializer,
    TakeOffRequest,
)
from api.sheets import SHEET_FILE, code_of, sheet_file
from api.views.counter import CounterResource
from api.views.returns import card_ids_of
from delivery.models import CounterStay, ReturnReceipt, StrayItem
from delivery.overdue import keep_longer, overdue_stays, send_back, set_follow_up, shelf_ages
from delivery.registry_list import sign_off, take_off_registry_list
from delivery.returns import settle_stray_item
from delivery.scope import (
    offices_managed_by,
    returns_visible_to,
    stays_visible_to,
    stray_items_visible_to,
)
from delivery.sheets import registry_sheet, shelf_sheet
from delivery.shelves import set_shelf
from offices.follow_ups import rules_of
from offices.models import FollowUp, Office


class RegistryListViewSet(ListModelMixin, Resource):
    """The registry's own list: holders who died or moved away, and cards that nobody collected."""

    operations = dict.fromkeys(("list", "sign_off", "take_off", "export"), Operation.ROUTE_RETURNS)
    queryset = ReturnReceipt.objects.none()
    serializer_class = RegistryEntrySerializer
    filterset_fields = {"reason": ["exact"], "signed_off_at": ["isnull"], "card__disposition": ["exact"]}
    pagination_class = Pages
    ordering = ("received_at", "pk")

    def get_queryset(self) -> QuerySet[ReturnReceipt]:
        rows = returns_visible_to(self.user).filter(decision=ReturnReceipt.Decision.REGISTRY)
        return rows.select_related("card", "signed_off_by")

    @extend_schema(request=ChosenCardsRequest, responses=CardsDoneSerializer)
    @action(detail=False, methods=["post"], url_path="sign-off")
    @idempotent
    def sign_off(self, request: Request) -> Response:
        """Sign off who died or moved away: their cards are void and leave the open list."""
        asked = body(ChosenCardsRequest, request)
        return self._done(sign_off(card_ids=card_ids_of(self.user, asked["references"]), **self._who()))

    @extend_schema(request=TakeOffRequest, responses=CardsDoneSerializer)
    @action(detail=False, methods=["post"], url_path="take-off")
    @idempotent
    def take_off(self, request: Request) -> Response:
        """Let cards wait for a decision again."""
        asked = body(TakeOffRequest, request)
        return self._done(
            take_off_registry_list(
                card_ids=card_ids_of(self.user, asked["references"]), reason=asked["reason"], **self._who()
            )
        )

    @extend_schema(parameters=[SheetQuery], responses=SHEET_FILE, filters=True)
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> FileResponse:
        """Give the list with NIK as a file, for the registry's own system. Every person on it is recorded."""
        kind = query(SheetQuery, request)["file_type"]
        rows = self.filter_queryset(self.get_queryset()).order_by(*self.ordering)
        return sheet_file(registry_sheet(rows, words=code_of, actor_id=self.user.pk, at=timezone.now()), kind)

    def _who(self) -> dict[str, Any]:
        return {"office_id": self.office_id, "actor_id": self.user.pk, "at": timezone.now()}

    def _done(self, cards: int) -> Response:
        return Response({"cards": cards})


class StrayItemViewSet(ListModelMixin, Resource):
    """What came back and belongs to nobody here, newest first."""

    operations = dict.fromkeys(("list", "settle"), Operation.RECEIVE_RETURNS)
    queryset = StrayItem.objects.none()
    serializer_class = StraySerializer
    filterset_fields = {"outcome": ["exact"], "settled_at": ["isnull"]}
    pagination_class = Pages
    ordering = ("-found_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[StrayItem]:
        return stray_items_visible_to(self.user).select_related("office")

    @extend_schema(request=ResolutionRequest, responses=StraySerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def settle(self, request: Request, pk: str) -> Response:
        """Close a case by saying what became of the item."""
        stray = self.get_object()
        settle_stray_item(
            stray_item_id=stray.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ResolutionRequest, request),
        )
        return Response(StraySerializer(self.get_queryset().get(pk=stray.pk)).data)


class ShelfViewSet(ListModelMixin, CounterResource):
    """Cards on counters' shelves, oldest first."""

    operations = dict.fromkeys(
        ("list", "overdue", "ages", "keep", "place", "send_back", "export"), Operation.SERVE_COUNTER
    )
    queryset = CounterStay.objects.none()
    serializer_class = StaySerializer
    filterset_fields = {"counter__code": ["exact"], "shelf": ["exact"], "follows": ["exact"]}
    pagination_class = Pages
    ordering = ("arrived_at", "pk")

    def get_queryset(self) -> QuerySet[CounterStay]:
        rows = stays_visible_to(self.user).filter(live=True)
        return rows.select_related("card", "card__address", "counter")

    @extend_schema(responses=StaySerializer(many=True))
    @action(detail=False)
    def overdue(self, request: Request) -> Response:
        """Give what was kept too long, by the calendars of its counters."""
        late = overdue_stays(counters=self._counters(), at=timezone.now())
        return self.page_of(
            self.filter_queryset(self.get_queryset()).filter(pk__in=late.order_by().values("pk")),
            StaySerializer,
            ordering=("hold_until", "pk"),
        )

    @extend_schema(responses=ShelfAgeSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def ages(self, request: Request) -> Response:
        """Give how long the cards of each shelf have stood there."""
        ages = shelf_ages(counters=self._counters(), at=timezone.now())
        return Response(ShelfAgeSerializer(ages, many=True).data)

    @extend_schema(parameters=[SheetQuery], responses=SHEET_FILE, filters=True)
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> FileResponse:
        """Give the list with names as a file; that it left is recorded."""
        kind = query(SheetQuery, request)["file_type"]
        rows = self.filter_queryset(self.get_queryset()).order_by(*self.ordering)
        return sheet_file(shelf_sheet(rows, words=code_of, actor_id=self.user.pk, at=timezone.now()), kind)

    @extend_schema(request=PlaceCardsRequest, responses=PlacedCardsSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def place(self, request: Request) -> Response:
        """Say at which position of the counter's shelves the scanned cards stand."""
        asked = body(PlaceCardsRequest, request)
        placed = set_shelf(
            counter_id=self.counter_of(asked), actor_id=self.user.pk, at=timezone.now(), **asked
        )
        return Response(PlacedCardsSerializer(placed).data)

    @extend_schema(request=KeepLongerRequest, responses=CardsDoneSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def keep(self, request: Request) -> Response:
        """Keep cards on the shelf longer, with a reason."""
        asked = body(KeepLongerRequest, request)
        kept = keep_longer(
            counter_id=self.counter_of(asked),
            card_ids=card_ids_of(self.user, asked.pop("references")),
            actor_id=self.user.pk,
            at=timezone.now(),
            **asked,
        )
        return Response({"cards": kept})

    @extend_schema(request=CounterCardsRequest, responses={201: TransferSerializer})
    @action(detail=False, methods=["post"], url_path="send-back")
    @idempotent
    def send_back(self, request: Request) -> Response:
        """Send cards back to the registry office as a transfer."""
        asked = body(CounterCardsRequest, request)
        transfer = send_back(
            counter_id=self.counter_of(asked),
            card_ids=card_ids_of(self.user, asked["references"]),
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        return Response(TransferSerializer(transfer).data, status=201)

    def _counters(self) -> set[int]:
        return set(stays_visible_to(self.user).order_by().values_list("counter_id", flat=True).distinct())


class FollowUpViewSet(Resource):
    """What follows a failed delivery or a card that nobody collects: the rule of each office."""

    operations = dict.fromkeys(("list", "create"), Operation.MANAGE_OFFICES)
    queryset = FollowUp.objects.none()
    serializer_class = FollowUpSerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(responses=FollowUpSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Give the rule that holds at each office."""
        offices = list(self._offices().order_by("code"))
        rules = rules_of(offices=offices)
        return Response([{"office": office.code, **asdict(rules[office.pk])} for office in offices])

    @extend_schema(request=FollowUpRequest, responses=FollowUpSerializer)
    @idempotent
    def create(self, request: Request) -> Response:
        """Set the rule of an office; a second word about it replaces the first."""
        asked = body(FollowUpRequest, request)
        office = self._offices().filter(code=asked.pop("office")).first()
        if office is None:
            raise NotFound
        set_follow_up(office_id=office.pk, actor_id=self.user.pk, at=timezone.now(), **asked)
        return Response({"office": office.code, **asdict(rules_of(offices=[office])[office.pk])})

    def _offices(self) -> QuerySet[Office]:
        return offices_managed_by(self.user).exclude(kind=Office.Kind.VILLAGE)
