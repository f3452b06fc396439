"""The handover policy of the registry offices that the user manages."""

from dataclasses import asdict, replace
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.idempotency import idempotent
from api.resource import Resource
from api.serializers.policies import PolicyRequest, PolicySerializer
from api.serializers.shapes import body
from delivery.policies import set_policy, terms_of
from delivery.scope import offices_managed_by
from offices.models import HandoverPolicy, Office


class PolicyViewSet(Resource):
    """Who may collect with which papers, how long cards wait, how they are packed: by registry office."""

    operations = dict.fromkeys(("list", "create"), Operation.MANAGE_OFFICES)
    queryset = HandoverPolicy.objects.none()
    serializer_class = PolicySerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(responses=PolicySerializer(many=True))
    def list(self, request: Request) -> Response:
        """Give the policy that holds at each registry office."""
        return Response([_shown(office) for office in self._registries().order_by("code")])

    @extend_schema(request=PolicyRequest, responses=PolicySerializer)
    @idempotent
    def create(self, request: Request) -> Response:
        """Change some of a registry's policy; what has changed is in the audit."""
        asked = body(PolicyRequest, request)
        office = self._registries().filter(code=asked.pop("office")).first()
        if office is None:
            raise NotFound
        terms = terms_of(registry=office)
        seen = asked.pop("version", terms.version)
        for name in ("collectors", "reminder_days"):
            if name in asked:
                asked[name] = tuple(asked[name])
        if "documents" in asked:
            named = {who: tuple(map(tuple, lists)) for who, lists in asked["documents"].items()}
            asked["documents"] = {**terms.documents, **named}
        set_policy(
            registry_id=office.pk,
            terms=replace(terms, **asked),
            seen=seen,
            actor_id=self.user.pk,
            at=timezone.now(),
        )
        return Response(_shown(office))

    def _registries(self) -> QuerySet[Office]:
        return offices_managed_by(self.user).filter(kind=Office.Kind.REGISTRY)


def _shown(office: Office) -> dict[str, Any]:
    terms = terms_of(registry=office)
    return {"office": office.code, "version": terms.version, **asdict(terms)}
