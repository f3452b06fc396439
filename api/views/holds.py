"""Holds: cards for an area, or of a list, wait or go another way."""

from typing import Any

from django.db.models import Count, QuerySet
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
from api.serializers.backlog import HoldRequest, HoldResultSerializer, HoldSerializer
from api.serializers.shapes import body
from shipments.backlog import fill_backlog
from shipments.holds import hold_area, hold_cards, release_hold
from shipments.models import AreaHold


class HoldViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's holds, the newest first."""

    operations = dict.fromkeys(("list", "retrieve", "create", "release"), Operation.HOLD_AREAS)
    queryset = AreaHold.objects.none()
    serializer_class = HoldSerializer
    filter_backends = []
    pagination_class = Pages
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[AreaHold]:
        return AreaHold.objects.filter(office_id=self.office_id).annotate(waiting=Count("held_cards"))

    @extend_schema(request=HoldRequest, responses={201: HoldResultSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Hold a village, some of its RW, or a list of cards; what is in open shipments is taken out."""
        asked = body(HoldRequest, request)
        who: dict[str, Any] = {"office_id": self.office_id, "actor_id": self.user.pk, "at": timezone.now()}
        if "references" in asked:
            result = hold_cards(**who, **asked)
        else:
            result = hold_area(**who, **{"rws": [], **asked})
        return Response(HoldResultSerializer(result).data, status=201)

    @extend_schema(request=None, responses=HoldSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: Request, pk: str) -> Response:
        """End a hold: its cards may be posted again; what was withdrawn stays withdrawn."""
        hold, now = self.get_object(), timezone.now()
        release_hold(hold_id=hold.pk, actor_id=self.user.pk, at=now)
        fill_backlog(office_id=self.office_id, at=now)
        return Response(HoldSerializer(self.get_queryset().get(pk=hold.pk)).data)
