"""Lists of cards to destroy: make one, sign it as one of two officers, read its record."""

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.permissions import Operation
from api.downloads import MEDIA_TYPES, made_file
from api.idempotency import idempotent
from api.pagination import Pages
from api.resource import Resource
from api.serializers.shapes import ReasonRequest, body, query
from api.serializers.undelivered import (
    DestructionCardSerializer,
    DestructionRequest,
    DestructionSerializer,
    SignRequest,
    ToDestroyQuery,
    ToDestroySerializer,
)
from api.views.returns import card_ids_of
from delivery.destruction_paper import write_destruction_pdf
from delivery.destructions import (
    cancel_destruction,
    cards_to_destroy,
    open_destruction,
    sign_destruction,
    take_signature_back,
)
from delivery.models import Destruction
from delivery.scope import destructions_visible_to


class DestructionViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's lists of cards to destroy, newest first."""

    operations = dict.fromkeys(
        ("list", "retrieve", "create", "candidates", "cards", "sign", "unsign", "cancel", "record"),
        Operation.DESTROY_CARDS,
    )
    queryset = Destruction.objects.none()
    serializer_class = DestructionSerializer
    filterset_fields = {"kind": ["exact"], "second_signed_at": ["isnull"], "cancelled_at": ["isnull"]}
    pagination_class = Pages
    ordering = ("-opened_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Destruction]:
        rows = destructions_visible_to(self.user)
        return rows.select_related("office", "first_signed_by", "second_signed_by")

    @extend_schema(request=DestructionRequest, responses={201: DestructionSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Put cards on a list: damaged, void or unclaimed ones, or old cards that were handed in."""
        asked = body(DestructionRequest, request)
        references = asked["references"]
        made = open_destruction(
            office_id=self.office_id,
            kind=asked["kind"],
            card_ids=card_ids_of(self.user, references) if references is not None else None,
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        where = reverse("api:destruction-detail", args=[made.pk], request=request)
        return Response(DestructionSerializer(made).data, status=201, headers={"Location": where})

    @extend_schema(parameters=[ToDestroyQuery], responses=ToDestroySerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def candidates(self, request: Request) -> Response:
        """Give the cards that may be put on a list."""
        rows = cards_to_destroy(office_id=self.office_id, kind=query(ToDestroyQuery, request)["kind"])
        return Response(ToDestroySerializer(rows, many=True).data)

    @extend_schema(responses=DestructionCardSerializer(many=True), filters=False)
    @action(detail=True)
    def cards(self, request: Request, pk: str) -> Response:
        """Give the cards of a list."""
        entries = self.get_object().entries.select_related("card")
        return self.page_of(entries, DestructionCardSerializer, ordering=("pk",))

    @extend_schema(request=SignRequest, responses=DestructionSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def sign(self, request: Request, pk: str) -> Response:
        """Sign as the user of the key; with the second officer's signature the cards are destroyed."""
        signed = sign_destruction(
            destruction_id=self.get_object().pk,
            actor_id=self.user.pk,
            at=timezone.now(),
            **body(SignRequest, request),
        )
        return self._shown(signed)

    @extend_schema(request=None, responses=DestructionSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def unsign(self, request: Request, pk: str) -> Response:
        """Take the first signature back, before the second."""
        return self._shown(
            take_signature_back(destruction_id=self.get_object().pk, actor_id=self.user.pk, at=timezone.now())
        )

    @extend_schema(request=ReasonRequest, responses=DestructionSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel a list before its second signature, with a reason."""
        return self._shown(
            cancel_destruction(
                destruction_id=self.get_object().pk,
                actor_id=self.user.pk,
                at=timezone.now(),
                **body(ReasonRequest, request),
            )
        )

    @extend_schema(responses={(200, MEDIA_TYPES["pdf"]): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, pagination_class=None)
    def record(self, request: Request, pk: str) -> FileResponse:
        """Give the record of the destruction as PDF."""
        row = self.get_object()
        return made_file(
            lambda file: write_destruction_pdf(file, destruction=row), name=row.number, extension="pdf"
        )

    def _shown(self, row: Destruction) -> Response:
        return Response(DestructionSerializer(self.get_queryset().get(pk=row.pk)).data)
