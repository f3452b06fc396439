"""Messages to residents: what was sent and how far it is; failed ones are tried again."""

from typing import Any

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
from api.serializers.messages import MessageSerializer, MessageTotals, RetryAnswer, RetryRequest
from api.serializers.shapes import body
from delivery.messages.retrying import retry_failed, totals
from delivery.models import Message
from delivery.scope import messages_visible_to


class MessageViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Messages about the cards that the user's office handles, newest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "totals"), Operation.SEE_MESSAGES),
        "retry": Operation.RETRY_MESSAGES,
    }
    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filterset_fields = {
        "state": ["exact"],
        "channel": ["exact"],
        "occasion": ["exact"],
        "card__reference": ["exact"],
        "created_at": ["gte", "lt"],
    }
    pagination_class = Pages
    ordering = ("-created_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Message]:
        shown = messages_visible_to(self.user).select_related("card")
        return shown.defer("card__nik", "card__kk", "card__phone")

    @extend_schema(responses=MessageTotals, filters=True)
    @action(detail=False, pagination_class=None)
    def totals(self, request: Request) -> Response:
        """Count the filtered messages by state."""
        return Response({"totals": totals(self.filter_queryset(self.get_queryset()))})

    @extend_schema(request=RetryRequest, responses=RetryAnswer, filters=True)
    @action(detail=False, methods=["post"], pagination_class=None)
    @idempotent
    def retry(self, request: Request) -> Response:
        """Let failed messages wait again: those named, or all that the filter of the query leaves."""
        asked: dict[str, Any] = body(RetryRequest, request)
        rows = self.filter_queryset(self.get_queryset())
        if "ids" in asked:
            rows = rows.filter(pk__in=asked["ids"])
        waiting = retry_failed(
            rows=rows,
            office_id=self.office_id,
            zone=self.office.time_zone,
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        return Response({"waiting": waiting})
