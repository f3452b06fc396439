"""What came back: receive it and decide about it."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Operation
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.returns import (
    DecidedReturnsSerializer,
    DecideReturnsRequest,
    ReferencesOrAllRequest,
    ReturnsAnswer,
    ReturnSerializer,
    ReturnsRequest,
    RoutedSerializer,
)
from api.serializers.shapes import body, query
from api.serializers.undelivered import (
    OtherAddressAnswer,
    OtherAddressRequest,
    ResumedSerializer,
    SheetQuery,
)
from api.sheets import SHEET_FILE, code_of, sheet_file
from delivery.models import ReturnReceipt
from delivery.open_requests import with_open_requests
from delivery.resending import resume_sending, send_to_other_address
from delivery.returns import ReturnScan, decide_returns, receive_returns, route_returns
from delivery.scope import cards_in_scope, returns_visible_to
from delivery.sheets import returns_sheet
from offices.models import Office
from offices.services import registry_of


class ReturnFilter(filters.FilterSet):  # type: ignore[misc]
    """Narrow the list of returns."""

    received_from = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    received_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt")

    class Meta:
        model = ReturnReceipt
        fields = ["decision", "condition", "reason", "received_from", "received_before"]


class ReturnViewSet(ListModelMixin, Resource):
    """Returns of the office's cards, newest first."""

    operations = {
        **dict.fromkeys(("list", "create", "export"), Operation.RECEIVE_RETURNS),
        **dict.fromkeys(("route", "decide", "resume", "other_address"), Operation.ROUTE_RETURNS),
    }
    queryset = ReturnReceipt.objects.none()
    serializer_class = ReturnSerializer
    filterset_class = ReturnFilter
    pagination_class = Pages
    ordering = ("-received_at", "-pk")

    def get_queryset(self) -> QuerySet[ReturnReceipt]:
        rows = with_open_requests(returns_visible_to(self.user))
        return rows.select_related("card", "item", "office", "counter")

    @extend_schema(request=ReturnsRequest, responses={200: ReturnsAnswer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Take in items that came back; one outcome per scan."""
        scans = [ReturnScan(**scan) for scan in body(ReturnsRequest, request)["scans"]]
        outcomes = receive_returns(
            office_id=self.office_id, scans=scans, actor_id=self.user.pk, at=timezone.now()
        )
        return Response(ReturnsAnswer({"outcomes": outcomes}).data)

    @extend_schema(request=ReferencesOrAllRequest, responses=RoutedSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def route(self, request: Request) -> Response:
        """Send undecided returns to the counters that serve their villages today, by the office's policy."""
        references = body(ReferencesOrAllRequest, request)["references"]
        routed = route_returns(
            office_id=self.office_id,
            actor_id=self.user.pk,
            at=timezone.now(),
            card_ids=card_ids_of(self.user, references) if references is not None else None,
        )
        codes = dict(Office.objects.filter(pk__in=routed.by_counter).values_list("pk", "code"))
        return Response(
            {
                "by_counter": {codes[pk]: cards for pk, cards in routed.by_counter.items()},
                "registry": routed.registry,
                "shelved": routed.shelved,
                "undecided": routed.undecided,
                "left": routed.left,
                "sent_again": routed.sent_again,
                "to_review": routed.to_review,
                "village": routed.village,
            }
        )

    @extend_schema(request=DecideReturnsRequest, responses=DecidedReturnsSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def decide(self, request: Request) -> Response:
        """Decide by hand what becomes of returns that wait."""
        asked = body(DecideReturnsRequest, request)
        decided = decide_returns(
            office_id=self.office_id,
            card_ids=card_ids_of(self.user, asked["references"]),
            decision=asked["decision"],
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        return Response({"decided": decided})

    @extend_schema(request=None, responses=ResumedSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def resume(self, request: Request) -> Response:
        """Send on the cards whose addresses the review desk has decided."""
        resumed = resume_sending(
            office_id=registry_of(self.office_id), actor_id=self.user.pk, at=timezone.now()
        )
        return Response(ResumedSerializer(resumed).data)

    @extend_schema(request=OtherAddressRequest, responses=OtherAddressAnswer)
    @action(detail=False, methods=["post"], url_path="other-address")
    @idempotent
    def other_address(self, request: Request) -> Response:
        """Send a card again, to another address of the same regency; a doubtful one waits at the review desk."""
        asked = body(OtherAddressRequest, request)
        (card_id,) = card_ids_of(self.user, [asked.pop("reference")])
        queued = send_to_other_address(
            office_id=self.office_id,
            card_id=card_id,
            address=asked,
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        return Response({"queued": queued})

    @extend_schema(parameters=[SheetQuery], responses=SHEET_FILE, filters=True)
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> FileResponse:
        """Give the list with names as a file; that it left is recorded."""
        kind = query(SheetQuery, request)["file_type"]
        rows = self.filter_queryset(self.get_queryset()).order_by(*self.ordering)
        return sheet_file(returns_sheet(rows, words=code_of, actor_id=self.user.pk, at=timezone.now()), kind)


def card_ids_of(user: User, references: Sequence[str]) -> list[int]:
    """Give the cards of these references in their order. Raises NotFound when the user may not see one of them."""
    found = dict(cards_in_scope(user).filter(reference__in=set(references)).values_list("reference", "pk"))
    if len(found) != len(set(references)):
        raise NotFound
    return [found[reference] for reference in dict.fromkeys(references)]
