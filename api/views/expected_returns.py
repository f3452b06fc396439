"""What the post says is coming back and what nobody has taken in yet: the list and its export."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.pagination import Pages
from api.resource import Resource
from api.serializers.expected_returns import ExpectedExportQuery, ExpectedQuery, ExpectedReturnSerializer
from api.serializers.shapes import query
from api.sheets import SHEET_FILE, code_of, sheet_file
from delivery.expected_returns import ExpectedReturns, expected_returns, expected_sheet
from delivery.models import Delivery
from delivery.scope import post_offices_visible_to


class ExpectedReturnViewSet(Resource):
    """Items that the post says are coming back and that are not here yet, the oldest first."""

    operations = dict.fromkeys(("list", "export"), Operation.ROUTE_RETURNS)
    queryset = Delivery.objects.none()
    serializer_class = ExpectedReturnSerializer
    pagination_class = Pages
    ordering = ("since", "card_id")

    @extend_schema(parameters=[ExpectedQuery], responses=ExpectedReturnSerializer(many=True), filters=False)
    def list(self, request: Request) -> Response:
        """Give the items, with since when, and whether they are overdue."""
        expected, rows = self._asked(query(ExpectedQuery, request))
        rows = rows.select_related("card", "item__shipment__post_office")
        page = self.paginate_queryset(rows.defer("card__nik", "card__kk", "card__phone"))
        shown = ExpectedReturnSerializer(page, many=True, context={"expected": expected})
        return self.get_paginated_response(shown.data)

    @extend_schema(parameters=[ExpectedExportQuery], responses=SHEET_FILE, filters=False)
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> FileResponse:
        """Give the list as a file; that it was taken is recorded."""
        asked = query(ExpectedExportQuery, request)
        expected, rows = self._asked(asked)
        sheet = expected_sheet(expected, rows, words=code_of, actor_id=self.user.pk, at=timezone.now())
        return sheet_file(sheet, asked["file_type"])

    def _asked(self, asked: Mapping[str, Any]) -> tuple[ExpectedReturns, QuerySet[Delivery]]:
        offices = post_offices_visible_to(self.user)
        if code := asked.get("post_office"):
            offices = offices.filter(code=code)
        expected = expected_returns(offices=list(offices), at=timezone.now())
        rows = expected.overdue if asked["overdue"] else expected.rows
        return expected, rows.filter(status=asked["status"]) if asked.get("status") else rows
