"""Printed cards: register, list, open, and the sheets that they came in."""

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from addresses.models import Verdict
from addresses.services import corrections_of, printed_lines, region_line
from api.idempotency import idempotent
from api.pagination import Pages
from api.printed_cards import register_printed_cards
from api.resource import Resource
from api.serializers.backlog import ChangedSerializer, ChannelRequest
from api.serializers.cards import (
    CardDetailSerializer,
    CardSerializer,
    NikSearchRequest,
    PersonalDataSerializer,
    PrintedCardsAnswer,
    PrintedCardsRequest,
    TimelineEntrySerializer,
)
from api.serializers.shapes import body
from delivery.choices import set_channel
from delivery.scope import cards_in_scope
from delivery.status import Status
from delivery.tracking import timeline
from privacy.crypto import blind_index
from privacy.models import AccessRecord
from privacy.services import record_access
from shipments.models import Card, Item, Lane

REFERENCE = r"[0-9A-Za-z]{1,12}"
MOST_PRINTS_OF_A_PERSON = 50
NOBODY = ""  # a search that found no card here is a search all the same


class CardFilter(filters.FilterSet):  # type: ignore[misc]
    """Narrow the list of cards. There is no filter by NIK: an address of a page is written into logs."""

    lane = filters.ChoiceFilter(choices=[(lane.name, lane.label) for lane in Lane], method="in_lane")
    verdict = filters.ChoiceFilter(field_name="address__verdict", choices=Verdict.choices)
    village_code = filters.CharFilter(field_name="address__village_code", lookup_expr="startswith")
    status = filters.ChoiceFilter(
        field_name="delivery__status", choices=[(status.value, status.value) for status in Status]
    )
    printed_from = filters.DateFilter(field_name="printed_on", lookup_expr="gte")
    printed_to = filters.DateFilter(field_name="printed_on", lookup_expr="lte")
    intake_file = filters.UUIDFilter(field_name="intake_file_id")

    class Meta:
        model = Card
        fields = [
            "channel", "disposition", "lane", "verdict", "village_code", "status", "printed_from", "printed_to",
            "intake_file",
        ]  # fmt: skip

    def in_lane(self, cards: QuerySet[Card], _name: str, value: str) -> QuerySet[Card]:
        return cards.filter(lane=Lane[value])


class CardViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The cards that the user's office handles, newest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "timeline"), Operation.SEE_CARDS),
        "create": Operation.IMPORT_CARDS,
        "channel": Operation.MANAGE_SHIPMENTS,
        **dict.fromkeys(("personal_data", "search"), Operation.SEE_PERSONAL_DATA),
    }
    queryset = Card.objects.none()
    serializer_class = CardSerializer
    filterset_class = CardFilter
    pagination_class = Pages
    lookup_field = "reference"
    lookup_value_regex = REFERENCE

    def get_queryset(self) -> QuerySet[Card]:
        return (
            cards_in_scope(self.user)
            .select_related("office", "address", "delivery")
            .prefetch_related(Prefetch("items", Item.objects.filter(live=True), to_attr="live_items"))
        )

    @extend_schema(responses=CardDetailSerializer)
    def retrieve(self, request: Request, reference: str) -> Response:
        """Give one card."""
        card = self.get_object()
        corrections = corrections_of(address_ids=[card.address_id]).get(card.address_id, {})
        lines = [*printed_lines(card.address, corrections), region_line(card.address)]
        return Response(CardDetailSerializer(card, context={"address_lines": lines}).data)

    @extend_schema(request=PrintedCardsRequest, responses={200: PrintedCardsAnswer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Register printed cards: the same rules as for a sheet, one outcome per card, good ones are kept."""
        asked = body(PrintedCardsRequest, request)
        answer = register_printed_cards(
            sent=asked["cards"], office=self.office, actor_id=self.user.pk, at=timezone.now()
        )
        return Response(PrintedCardsAnswer(answer).data)

    @extend_schema(request=ChannelRequest, responses=ChangedSerializer, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    @idempotent
    def channel(self, request: Request) -> Response:
        """Let cards go by post, counter or village office, as their holders or the office choose; until dispatch."""
        changed = set_channel(
            office_id=self.office_id,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(ChannelRequest, request),
        )
        return Response(ChangedSerializer({"changed": changed}).data)

    @extend_schema(responses=TimelineEntrySerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def timeline(self, request: Request, reference: str) -> Response:
        """Give the card's history in the order of time."""
        entries = timeline(card_id=self.get_object().pk)
        return Response(TimelineEntrySerializer(entries, many=True).data)

    @extend_schema(responses=PersonalDataSerializer, filters=False)
    @action(detail=True, url_path="personal-data", pagination_class=None)
    def personal_data(self, request: Request, reference: str) -> Response:
        """Open the NIK, the family card's number and the phone. Who opened them is recorded."""
        card = self.get_object()
        self._record(AccessRecord.Action.OPEN, [card.reference])
        return Response(PersonalDataSerializer(card).data, headers={"Cache-Control": "no-store"})

    @extend_schema(request=NikSearchRequest, responses=CardSerializer(many=True), filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def search(self, request: Request) -> Response:
        """Find a person's cards by the NIK. Who searched is recorded."""
        index = blind_index(body(NikSearchRequest, request)["nik"], purpose="card.nik")
        cards = list(self.get_queryset().filter(nik_index=index).order_by("-pk")[:MOST_PRINTS_OF_A_PERSON])
        self._record(AccessRecord.Action.SEARCH, [card.reference for card in cards] or [NOBODY])
        return Response(CardSerializer(cards, many=True).data, headers={"Cache-Control": "no-store"})

    def _record(self, what: AccessRecord.Action, references: list[str]) -> None:
        record_access(
            actor_id=self.user.pk,
            action=what,
            subject_kind="card",
            subject_keys=references,
            at=timezone.now(),
        )
