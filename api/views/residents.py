"""What residents ask and wish: questions, wishes about a card, corrections of addresses."""

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
from api.serializers.messages import (
    AddressRequestSerializer,
    AnswerRequest,
    CorrectionDecision,
    EnquirySerializer,
    WishAnswer,
    WishSerializer,
)
from api.serializers.shapes import body
from delivery.address_requests import decide_correction
from delivery.choices import settle_wish
from delivery.enquiries import answer
from delivery.models import AddressRequest, Enquiry, ResidentChoice
from delivery.scope import address_requests_visible_to, enquiries_visible_to, wishes_visible_to
from delivery.wishes import grant_wish

SEALED = ("card__nik", "card__kk", "card__phone")  # not needed here, so not unsealed


class EnquiryViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Residents' questions, the longest waiting first."""

    operations = dict.fromkeys(("list", "retrieve", "answer"), Operation.ANSWER_ENQUIRIES)
    queryset = Enquiry.objects.none()
    serializer_class = EnquirySerializer
    filterset_fields = {"answered_at": ["isnull"], "card__reference": ["exact"]}
    pagination_class = Pages
    ordering = ("asked_at", "pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Enquiry]:
        return enquiries_visible_to(self.user).select_related("card").defer(*SEALED)

    @extend_schema(request=AnswerRequest, responses=EnquirySerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def answer(self, request: Request, pk: str) -> Response:
        """Answer a question, once; who asked is told."""
        asked = self.get_object()
        answered = answer(
            enquiry_id=asked.pk, actor_id=self.user.pk, at=timezone.now(), **body(AnswerRequest, request)
        )
        return Response(EnquirySerializer(answered).data)


class WishViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """What residents wish for their cards, the oldest first."""

    operations = {
        **dict.fromkeys(("list", "retrieve", "settle"), Operation.ANSWER_ENQUIRIES),
        "grant": Operation.ROUTE_RETURNS,
    }
    queryset = ResidentChoice.objects.none()
    serializer_class = WishSerializer
    filterset_fields = {"wish": ["exact"], "settled_at": ["isnull"]}
    pagination_class = Pages
    ordering = ("wished_at", "pk")
    lookup_field = "card__reference"
    lookup_url_kwarg = "reference"
    lookup_value_regex = r"[A-Za-z0-9]{1,12}"

    def get_queryset(self) -> QuerySet[ResidentChoice]:
        return wishes_visible_to(self.user).select_related("card", "counter").defer(*SEALED)

    @extend_schema(request=None, responses=WishSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def grant(self, request: Request, reference: str) -> Response:
        """Let the card go where its holder wishes: by a transfer, or into the backlog again."""
        wish = self.get_object()
        grant_wish(card_id=wish.pk, office_id=self.office_id, actor_id=self.user.pk, at=timezone.now())
        wish.refresh_from_db()
        return Response(WishSerializer(wish).data)

    @extend_schema(request=WishAnswer, responses=WishSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def settle(self, request: Request, reference: str) -> Response:
        """Answer a wish that was done otherwise, or decline it, once; its holder is told."""
        wish = self.get_object()
        settle_wish(card_id=wish.pk, actor_id=self.user.pk, at=timezone.now(), **body(WishAnswer, request))
        wish.refresh_from_db()
        return Response(WishSerializer(wish).data)


class AddressRequestViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """Corrections of addresses that residents ask for, the oldest first."""

    operations = dict.fromkeys(("list", "retrieve", "decide"), Operation.REVIEW_ADDRESSES)
    queryset = AddressRequest.objects.none()
    serializer_class = AddressRequestSerializer
    filterset_fields = {"state": ["exact"], "card__reference": ["exact"]}
    pagination_class = Pages
    ordering = ("asked_at", "pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[AddressRequest]:
        return address_requests_visible_to(self.user).select_related("card").defer(*SEALED)

    @extend_schema(request=CorrectionDecision, responses=AddressRequestSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def decide(self, request: Request, pk: str) -> Response:
        """Accept or decline a correction, once; who asked is told."""
        correction = self.get_object()
        decide_correction(
            request_id=correction.pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(CorrectionDecision, request),
        )
        correction.refresh_from_db()
        return Response(AddressRequestSerializer(correction).data)
