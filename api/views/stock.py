"""Number blocks that the post allotted, and the numbers that are left."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.backlog import (
    NumberBlockSerializer,
    NumberListRequest,
    NumberStockSerializer,
    S10BlockRequest,
)
from api.serializers.shapes import body
from shipments.models import NumberBlock
from shipments.numbering import add_number_list, add_s10_block, number_stock


class NumberBlockViewSet(ListModelMixin, Resource):
    """The office's blocks of item numbers, the newest first."""

    operations = dict.fromkeys(("list", "create", "add_list", "stock"), Operation.MANAGE_SHIPMENTS)
    queryset = NumberBlock.objects.none()
    serializer_class = NumberBlockSerializer
    filter_backends = []
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[NumberBlock]:
        return NumberBlock.objects.filter(office_id=self.office_id)

    @extend_schema(request=S10BlockRequest, responses={201: NumberBlockSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Enter a range of UPU S10 serials; refused when any of it was entered before."""
        block = add_s10_block(office_id=self.office_id, on=self.today, **body(S10BlockRequest, request))
        return Response(NumberBlockSerializer(block).data, status=201)

    @extend_schema(request=NumberListRequest, responses={201: NumberBlockSerializer})
    @action(detail=False, methods=["post"], url_path="list")
    @idempotent
    def add_list(self, request: Request) -> Response:
        """Enter a list of numbers in its order; all of it or nothing."""
        block = add_number_list(office_id=self.office_id, on=self.today, **body(NumberListRequest, request))
        return Response(NumberBlockSerializer(block).data, status=201)

    @extend_schema(responses=NumberStockSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def stock(self, request: Request) -> Response:
        """Say how many numbers are left, and whether that is low."""
        return Response(NumberStockSerializer(number_stock(office_id=self.office_id)).data)
