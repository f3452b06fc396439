"""Differences at handover: cases with an owner until they are closed."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Operation
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.backlog import CaseSerializer, OwnerRequest
from api.serializers.shapes import body
from api.serializers.shipments import ResolutionRequest
from shipments.handover import assign_difference, close_difference
from shipments.models import HandoverDifference
from shipments.scope import shipments_visible_to


class DifferenceFilter(filters.FilterSet):  # type: ignore[misc]
    """Narrow the list of differences."""

    open = filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull")
    shipment = filters.CharFilter(field_name="handover__shipment__number")

    class Meta:
        model = HandoverDifference
        fields = ["kind", "open", "shipment"]


class DifferenceViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The differences of the shipments that the user's office sends or receives, newest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve"), Operation.SEE_SHIPMENTS),
        **dict.fromkeys(("assign", "settle"), Operation.HAND_OVER),
    }
    queryset = HandoverDifference.objects.none()
    serializer_class = CaseSerializer
    filterset_class = DifferenceFilter
    pagination_class = Pages
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[HandoverDifference]:
        cases = HandoverDifference.objects.filter(handover__shipment__in=shipments_visible_to(self.user))
        return cases.select_related("handover__shipment", "item__card", "owner").defer(
            "item__card__nik", "item__card__kk", "item__card__phone"
        )

    @extend_schema(request=OwnerRequest, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def assign(self, request: Request, pk: str) -> Response:
        """Give a case to somebody of the office."""
        case = self.get_object()
        name = body(OwnerRequest, request)["owner"]
        owner = User.objects.filter(username=name, office=self.office, is_active=True).first()
        if owner is None:
            raise ValidationError({"owner": [_("There is nobody of this name in the office.")]})
        assign_difference(difference_id=case.pk, owner_id=owner.pk, actor_id=self.user.pk, at=timezone.now())
        return self._shown(case)

    @extend_schema(request=ResolutionRequest, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def settle(self, request: Request, pk: str) -> Response:
        """Close a case by saying how it was settled."""
        case = self.get_object()
        close_difference(
            difference_id=case.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ResolutionRequest, request),
        )
        return self._shown(case)

    def _shown(self, case: HandoverDifference) -> Response:
        return Response(CaseSerializer(self.get_queryset().get(pk=case.pk)).data)
