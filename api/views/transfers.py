"""Transfers between a registry and its counters: sent, counted by both sides, and the cases of what is missing."""

from functools import partial

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Operation
from api.downloads import MEDIA_TYPES, made_file
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.backlog import OwnerRequest
from api.serializers.returns import (
    CountTransferRequest,
    PackTransferRequest,
    ReceiveTransferRequest,
    TransferCardSerializer,
    TransferCaseSerializer,
    TransferListQuery,
    TransferReceiptSerializer,
    TransfersAnswer,
    TransferSerializer,
)
from api.serializers.shapes import body, query
from api.serializers.shipments import ResolutionRequest
from api.serializers.undelivered import SheetQuery
from api.sheets import SHEET_FILE, sheet_file
from delivery.models import Transfer, TransferCard, TransferDifference
from delivery.scope import transfer_cases_settled_by, transfer_cases_visible_to, transfers_visible_to
from delivery.sheets import transfers_sheet
from delivery.transfer_counts import assign_transfer_case, count_packed, finish_count, settle_transfer_case
from delivery.transfer_paper import write_transfer_list
from delivery.transfers import receive_transfer, send_transfers


class TransferViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Batches of cards between the registry and its counters, newest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "cards", "export", "paper"), Operation.RECEIVE_RETURNS),
        **dict.fromkeys(("pack", "receive", "count"), Operation.RECEIVE_RETURNS),
        "create": Operation.ROUTE_RETURNS,
    }
    queryset = Transfer.objects.none()
    serializer_class = TransferSerializer
    filterset_fields = {"number": ["exact"], "received_at": ["isnull"], "closed_at": ["isnull"]}
    pagination_class = Pages
    ordering = ("-sent_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Transfer]:
        return transfers_visible_to(self.user).select_related(
            "from_office", "to_office", "sent_by", "packed_by", "received_by"
        )

    @extend_schema(request=None, responses={201: TransfersAnswer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Send what waits here for other counters: one transfer per counter."""
        sent = send_transfers(office_id=self.office_id, actor_id=self.user.pk, at=timezone.now())
        shown = self.get_queryset().filter(pk__in=[transfer.pk for transfer in sent]).order_by("pk")
        return Response(TransfersAnswer({"transfers": shown}).data, status=201)

    @extend_schema(parameters=[SheetQuery], responses=SHEET_FILE, filters=True)
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> FileResponse:
        """Give the list as a file."""
        kind = query(SheetQuery, request)["file_type"]
        rows = self.filter_queryset(self.get_queryset()).order_by(*self.ordering)
        return sheet_file(transfers_sheet(rows, at=timezone.now()), kind)

    @extend_schema(responses=TransferCardSerializer(many=True), filters=False)
    @action(detail=True)
    def cards(self, request: Request, pk: str) -> Response:
        """Give the cards of a transfer."""
        cards = TransferCard.objects.filter(transfer=self.get_object()).select_related("card")
        return self.page_of(cards, TransferCardSerializer, ordering=("pk",))

    @extend_schema(request=ReceiveTransferRequest, responses={200: TransferReceiptSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def receive(self, request: Request, pk: str) -> Response:
        """Shelve what arrived here and tell the residents; null: all of it. What is missing stays on its way."""
        transfer = get_object_or_404(self.get_queryset(), pk=pk, to_office_id=self.office_id)
        receipt = receive_transfer(
            transfer_id=transfer.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ReceiveTransferRequest, request),
        )
        return Response(TransferReceiptSerializer(receipt).data)

    @extend_schema(request=PackTransferRequest, responses=TransferSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def pack(self, request: Request, pk: str) -> Response:
        """Write down what this office, the sender, has counted; a card that is not there becomes a case."""
        transfer = get_object_or_404(self.get_queryset(), pk=pk, from_office_id=self.office_id)
        count_packed(
            transfer_id=transfer.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(PackTransferRequest, request),
        )
        return Response(TransferSerializer(self.get_queryset().get(pk=transfer.pk)).data)

    @extend_schema(request=CountTransferRequest, responses=TransferReceiptSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def count(self, request: Request, pk: str) -> Response:
        """Complete the count of this office, the receiver: the rest has come, or is missing and becomes cases."""
        transfer = get_object_or_404(self.get_queryset(), pk=pk, to_office_id=self.office_id)
        receipt = finish_count(
            transfer_id=transfer.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(CountTransferRequest, request),
        )
        return Response(TransferReceiptSerializer(receipt).data)

    @extend_schema(
        parameters=[TransferListQuery],
        responses={(200, MEDIA_TYPES[kind]): OpenApiTypes.BINARY for kind in ("pdf", "xlsx")},
        filters=False,
    )
    @action(detail=True, url_path="list", pagination_class=None)
    def paper(self, request: Request, pk: str) -> FileResponse:
        """Give the list that goes with the cards, with masked names; that it left is recorded."""
        kind, transfer = query(TransferListQuery, request)["file_type"], self.get_object()
        write = partial(
            write_transfer_list, transfer=transfer, kind=kind, actor_id=self.user.pk, at=timezone.now()
        )
        return made_file(write, name=transfer.number, extension=kind)


class TransferCaseFilter(filters.FilterSet):  # type: ignore[misc]
    """Narrow the list of cases."""

    open = filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull")
    transfer = filters.CharFilter(field_name="transfer__number")

    class Meta:
        model = TransferDifference
        fields = ["kind", "open", "transfer"]


class TransferCaseViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Cards that were missing or extra in transfers that the user sees, newest first."""

    operations = dict.fromkeys(("list", "retrieve", "assign", "settle"), Operation.RECEIVE_RETURNS)
    queryset = TransferDifference.objects.none()
    serializer_class = TransferCaseSerializer
    filterset_class = TransferCaseFilter
    pagination_class = Pages
    ordering = ("-opened_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[TransferDifference]:
        cases = transfer_cases_visible_to(self.user).select_related("transfer", "card", "owner")
        return cases.defer("card__nik", "card__kk", "card__phone")

    @extend_schema(request=OwnerRequest, responses=TransferCaseSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def assign(self, request: Request, pk: str) -> Response:
        """Give a case to somebody of the office; only at the sender's or its registry."""
        case = get_object_or_404(transfer_cases_settled_by(self.user), pk=pk)
        name = body(OwnerRequest, request)["owner"]
        owner = User.objects.filter(username=name, office=self.office, is_active=True).first()
        if owner is None:
            raise ValidationError({"owner": [_("There is nobody of this name in the office.")]})
        assign_transfer_case(case_id=case.pk, owner_id=owner.pk, actor_id=self.user.pk, at=timezone.now())
        return self._shown(case)

    @extend_schema(request=ResolutionRequest, responses=TransferCaseSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def settle(self, request: Request, pk: str) -> Response:
        """Close a case by saying what became of the card; only at the sender's or its registry."""
        case = get_object_or_404(transfer_cases_settled_by(self.user), pk=pk)
        settle_transfer_case(
            case_id=case.pk, actor_id=self.user.pk, at=timezone.now(), **body(ResolutionRequest, request)
        )
        return self._shown(case)

    def _shown(self, case: TransferDifference) -> Response:
        return Response(TransferCaseSerializer(self.get_queryset().get(pk=case.pk)).data)
