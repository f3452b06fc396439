"""The register of breaches of personal data, to read: the data-protection officer writes it on the page."""

from django.db.models import QuerySet
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from accounts.permissions import Operation
from api.pagination import Pages
from api.resource import Resource
from api.serializers.breaches import BreachSerializer
from privacy.models import Breach


class BreachViewSet(ListModelMixin, RetrieveModelMixin, Resource):
    """The office's breaches, the latest noticed first."""

    operations = dict.fromkeys(("list", "retrieve"), Operation.SEE_BREACHES)
    queryset = Breach.objects.none()
    serializer_class = BreachSerializer
    filterset_fields = {"authority_notified_at": ["isnull"], "people_notified_at": ["isnull"]}
    pagination_class = Pages
    ordering = ("-noticed_at", "-pk")
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Breach]:
        return Breach.objects.filter(office_id=self.office_id)
