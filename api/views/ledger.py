"""The daily sum: every printed card in exactly one bucket."""

from django.db.models import QuerySet
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.pagination import Pages
from api.resource import Resource
from api.serializers.ledger import BucketCardSerializer, BucketQuery, ReconciliationSerializer
from api.serializers.shapes import query
from delivery.ledger import cards_in_bucket, reconcile
from shipments.models import Card

# at the address of a list stands one thing
_ONE = forced_singular_serializer(ReconciliationSerializer)  # type: ignore[no-untyped-call]


class ReconciliationViewSet(Resource):
    """The office's ledger."""

    operations = dict.fromkeys(("list", "cards"), Operation.SEE_LEDGER)
    queryset = Card.objects.none()
    serializer_class = ReconciliationSerializer
    filter_backends = []
    pagination_class = Pages

    @extend_schema(operation_id="reconciliation", responses=_ONE)
    def list(self, request: Request) -> Response:
        """Count the office's printed cards in their buckets."""
        return Response(ReconciliationSerializer(reconcile(office_id=self.office_id)).data)

    @extend_schema(parameters=[BucketQuery], responses=BucketCardSerializer(many=True))
    @action(detail=False)
    def cards(self, request: Request) -> Response:
        """Give the cards behind one figure."""
        cards: QuerySet[Card] = cards_in_bucket(
            office_id=self.office_id, bucket=query(BucketQuery, request)["bucket"]
        )
        return self.page_of(cards, BucketCardSerializer, ordering=("pk",))
