"""A counter without network: its signed list, what it sends in later, and what does not agree."""

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
from api.serializers.counter import CounterChoice
from api.serializers.shapes import body, query
from api.serializers.waiting import (
    ConfirmationsRequest,
    ConflictSerializer,
    OutcomesSerializer,
    ReadyListSerializer,
    SettleRequest,
)
from api.views.counter import CounterResource
from delivery.models import OfflineConflict
from delivery.offline import Confirmation, ready_list, record_confirmations, settle_conflict
from delivery.scope import conflicts_visible_to


class OfflineViewSet(CounterResource):
    """What a counter needs to hand out while the network is down. To holders only; see docs/adr/0006."""

    operations = dict.fromkeys(("ready", "confirmations"), Operation.SERVE_COUNTER)

    @extend_schema(parameters=[CounterChoice], responses=ReadyListSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def ready(self, request: Request) -> Response:
        """Give the signed list of what can be handed out here today; the export is recorded."""
        counter_id = self.counter_of(query(CounterChoice, request))
        listed = ready_list(counter_id=counter_id, actor_id=self.user.pk, at=timezone.now())
        return Response(ReadyListSerializer(listed).data, headers={"Cache-Control": "no-store"})

    @extend_schema(request=ConfirmationsRequest, responses=OutcomesSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def confirmations(self, request: Request) -> Response:
        """Record what was handed out; each once by its nonce, so the whole may be sent again."""
        asked = body(ConfirmationsRequest, request)
        outcomes = record_confirmations(
            counter_id=self.counter_of(asked),
            confirmations=[Confirmation(**each) for each in asked["confirmations"]],
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        return Response(OutcomesSerializer({"outcomes": outcomes}).data)


class ConflictViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Confirmations without network that do not agree with what is known."""

    operations = {
        **dict.fromkeys(("list", "retrieve"), Operation.SERVE_COUNTER),
        "settle": Operation.UNDO_COLLECTION,
    }
    queryset = OfflineConflict.objects.none()
    serializer_class = ConflictSerializer
    filterset_fields = {"settled_at": ["isnull"], "counter__code": ["exact"]}
    pagination_class = Pages
    ordering = ("-reported_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[OfflineConflict]:
        return conflicts_visible_to(self.user).select_related("card", "counter")

    @extend_schema(request=SettleRequest, responses=ConflictSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def settle(self, request: Request, pk: str) -> Response:
        """Write how a conflict was settled."""
        settled = settle_conflict(
            conflict_id=self.get_object().pk, actor_id=self.user.pk, at=timezone.now(),
            **body(SettleRequest, request),
        )  # fmt: skip
        return Response(ConflictSerializer(settled).data)
