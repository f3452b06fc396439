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
    NewVillageLinkSerializer,
    VillageLinkSerializer,
    VillageListCardSerializer,
    VillageListRequest,
    VillageListSerializer,
    VillageReportRequest,
    VillageReportSerializer,
    VillageTakeBackRequest,
    VillageTakeBackSerializer,
)
from api.serializers.shapes import body
from api.views.returns import card_ids_of
from delivery.models import VillageList
from delivery.scope import village_lists_visible_to
from delivery.village_links import live_link, make_link, revoke_link
from delivery.village_lists import VillageResult, make_village_list, report, take_results_back


class VillageListViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's village lists, newest first."""

    operations = dict.fromkeys(
        (
            "list", "retrieve", "create", "cards", "report", "take_back", "link", "make_link", "revoke_link",
        ),
        Operation.MANAGE_VILLAGE_LISTS,
    )  # fmt: skip
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

    @extend_schema(request=VillageTakeBackRequest, responses={200: VillageTakeBackSerializer})
    @action(detail=True, methods=["post"], url_path="take-back")
    @idempotent
    def take_back(self, request: Request, pk: str) -> Response:
        """Take results back that were reported by mistake: the cards are not reported any more."""
        village_list = self.get_object()
        references = set(body(VillageTakeBackRequest, request)["references"])
        entries = village_list.entries.filter(card__reference__in=references)
        card_ids = list(entries.values_list("card_id", flat=True))
        if len(card_ids) < len(references):
            raise NotFound
        taken = take_results_back(
            village_list_id=village_list.pk, card_ids=card_ids, actor_id=self.user.pk, at=timezone.now()
        )
        return Response({"taken_back": taken})

    @extend_schema(responses={200: VillageLinkSerializer})
    @action(detail=True)
    def link(self, request: Request, pk: str) -> Response:
        """Say whether the list has a link, whether it was opened, and when it ends."""
        link = live_link(village_list_id=self.get_object().pk, at=timezone.now())
        if link is None:
            raise NotFound
        return Response(VillageLinkSerializer(link).data)

    # PUT, not POST: a link that is made again replaces the last, and no answer with its address is kept
    @extend_schema(request=None, responses={200: NewVillageLinkSerializer})
    @link.mapping.put
    def make_link(self, request: Request, pk: str) -> Response:
        """Make the link with which the village officer reports by phone; an earlier one ends."""
        made = make_link(village_list_id=self.get_object().pk, actor_id=self.user.pk, at=timezone.now())
        return Response(NewVillageLinkSerializer(made).data, headers={"Cache-Control": "no-store"})

    @extend_schema(request=None, responses={204: None})
    @link.mapping.delete
    def revoke_link(self, request: Request, pk: str) -> Response:
        """End the link at once, on whatever phone it is open."""
        if not revoke_link(village_list_id=self.get_object().pk, actor_id=self.user.pk, at=timezone.now()):
            raise NotFound
        return Response(status=204)
