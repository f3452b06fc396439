"""The review desk: addresses that wait for a person, and what is decided about them."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from addresses.models import Address
from addresses.reviews import alias_suggestions, waiting_addresses
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.addresses import (
    DecidedSerializer,
    DecisionRequest,
    NameDecidedSerializer,
    NameDecisionRequest,
    NameSuggestionSerializer,
    ReviewGroupSerializer,
    ReviewGroupsQuery,
    WaitingAddressesQuery,
    WaitingAddressSerializer,
)
from api.serializers.shapes import body, query
from delivery.resending import resume_sending
from shipments.backlog import decide_addresses, learn_name, review_queue


class ReviewViewSet(ListModelMixin, Resource):
    """The review desk: the office's addresses that wait for a person."""

    operations = {
        **dict.fromkeys(("list", "groups", "decide"), Operation.REVIEW_ADDRESSES),
        **dict.fromkeys(("names", "decide_name"), Operation.LEARN_NAMES),
    }
    queryset = Address.objects.none()
    serializer_class = WaitingAddressSerializer
    filter_backends = []
    pagination_class = Pages
    ordering = ("pk",)

    def get_queryset(self) -> QuerySet[Address]:
        waiting = waiting_addresses(office_id=self.office_id).select_related("card")
        if "group_key" in self.request.query_params:
            waiting = waiting.filter(group_key=query(WaitingAddressesQuery, self.request)["group_key"])
        return waiting

    @extend_schema(parameters=[WaitingAddressesQuery])
    def list(self, request: Request) -> Response:
        """Give the waiting addresses, of one group or of all."""
        return super().list(request)

    @extend_schema(parameters=[ReviewGroupsQuery], responses=ReviewGroupSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def groups(self, request: Request) -> Response:
        """Give the groups of addresses that were typed alike, the oldest print first."""
        found = review_queue(office_id=self.office_id, **query(ReviewGroupsQuery, request))
        return Response(ReviewGroupSerializer(found, many=True).data)

    @extend_schema(request=DecisionRequest, responses=DecidedSerializer)
    @action(detail=False, methods=["post"], url_path="decisions")
    @idempotent
    def decide(self, request: Request) -> Response:
        """Decide about addresses; cards whose address becomes deliverable join the backlog, or are sent again."""
        asked = body(DecisionRequest, request)
        who: dict[str, Any] = {"office_id": self.office_id, "actor_id": self.user.pk, "at": timezone.now()}
        decided = decide_addresses(**who, **asked)
        resume_sending(**who)
        return Response(DecidedSerializer(decided).data)

    @extend_schema(responses=NameSuggestionSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def names(self, request: Request) -> Response:
        """Give the names that people have corrected alike, the most frequent first."""
        return Response(NameSuggestionSerializer(alias_suggestions(), many=True).data)

    @extend_schema(request=NameDecisionRequest, responses=NameDecidedSerializer)
    @action(detail=False, methods=["post"], url_path="names/decisions")
    @idempotent
    def decide_name(self, request: Request) -> Response:
        """Let the gazetteer learn a suggested name, or never suggest it again."""
        asked = body(NameDecisionRequest, request)
        decided = learn_name(office_id=self.office_id, actor_id=self.user.pk, at=timezone.now(), **asked)
        cards = len(decided.deliverable_ids) if decided is not None else 0
        return Response(NameDecidedSerializer({"deliverable": cards}).data)
