"""Events that people record by hand: what the post said by telephone or on paper."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.idempotency import idempotent
from api.resource import Resource
from api.serializers.events import HandEventsRequest, TakenBackSerializer, ToldSerializer
from api.serializers.shapes import body
from delivery.by_hand import record_by_hand, undo_last_by_hand
from delivery.models import HandEvent


class EventViewSet(Resource):
    """Events recorded by hand at the user's office."""

    operations = dict.fromkeys(("create", "undo"), Operation.RECORD_EVENTS)
    queryset = HandEvent.objects.none()
    serializer_class = ToldSerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(request=HandEventsRequest, responses={200: ToldSerializer(many=True)})
    @idempotent
    def create(self, request: Request) -> Response:
        """Record what the post did with scanned items; one answer per scan, in their order."""
        told = record_by_hand(
            office_id=self.office_id,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(HandEventsRequest, request),
        )
        return Response(ToldSerializer(told, many=True).data)

    @extend_schema(request=None, responses=TakenBackSerializer)
    @action(detail=False, methods=["post"])
    @idempotent
    def undo(self, request: Request) -> Response:
        """Undo what this user recorded last, in one call."""
        references = undo_last_by_hand(office_id=self.office_id, actor_id=self.user.pk, at=timezone.now())
        return Response({"references": references})
