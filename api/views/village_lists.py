"""Village lists: cards given to a village's officer, and what the officer reports."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.permissions import Operation
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.counter import (
    VillageListCardSerializer,
    VillageListRequest,
    VillageListSerializer,
    VillageReportRequest,
    VillageReportSerializer,
)
from api.serializers.shapes import body
from api.views.returns import card_ids_of
from delivery.models import VillageList
from delivery.scope import village_lists_visible_to
from delivery.village_lists import VillageResult, make_village_list, report


class VillageListViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's village lists, newest first."""

    operations = dict.fromkeys(
        ("list", "retrieve", "create", "cards", "report"), Operation.MANAGE_VILLAGE_LISTS
    )
    queryset = VillageList.objects.none()
    serializer_class = VillageListSerializer
    filterset_fields = {
        "number": ["exact"], "village_code": ["exact"], "return_by": ["lt"], "closed_at": ["isnull"],
    }  # fmt: skip
    pagination_class = Pages
    ordering = ("-handed_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[VillageList]:
        return village_lists_visible_to(self.user).select_related("office")

    @extend_schema(request=VillageListRequest, responses={201: VillageListSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Give cards that wait here to a village's officer."""
        asked = body(VillageListRequest, request)
        references = asked.pop("references")
        made = make_village_list(
            office_id=self.office_id,
            card_ids=card_ids_of(self.user, references) if references is not None else None,
            actor_id=self.user.pk,
            at=timezone.now(),
            **asked,
        )
        where = reverse("api:village-list-detail", args=[made.pk], request=request)
        return Response(VillageListSerializer(made).data, status=201, headers={"Location": where})

    @extend_schema(responses=VillageListCardSerializer(many=True), filters=False)
    @action(detail=True)
    def cards(self, request: Request, pk: str) -> Response:
        """Give the cards of a list, in its order."""
        entries = self.get_object().entries.select_related("card")
        return self.page_of(entries, VillageListCardSerializer, ordering=("position",))

    @extend_schema(request=VillageReportRequest, responses={200: VillageReportSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def report(self, request: Request, pk: str) -> Response:
        """Write down what the officer reports; the same report twice changes nothing."""
        village_list = self.get_object()
        sent = body(VillageReportRequest, request)["results"]
        card_ids = dict(
            village_list.entries.filter(
                card__reference__in={result["reference"] for result in sent}
            ).values_list("card__reference", "card_id")
        )
        if any(result["reference"] not in card_ids for result in sent):
            raise NotFound
        results = [VillageResult(card_id=card_ids[result.pop("reference")], **result) for result in sent]
        reported = report(
            village_list_id=village_list.pk, results=results, actor_id=self.user.pk, at=timezone.now()
        )
        return Response(VillageReportSerializer(reported).data)
