"""Addresses: their check, and the regions that they lie in."""

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from addresses.gazetteer import Region
from addresses.outcome import AddressInput, Level
from addresses.regions import current_gazetteer
from addresses.services import check_addresses
from api.resource import Resource
from api.serializers.addresses import (
    AddressCheckAnswer,
    AddressCheckRequest,
)
from api.serializers.offices import RegionPathSerializer, RegionQuery, RegionSerializer
from api.serializers.shapes import body, query


class AddressViewSet(Resource):
    """Check addresses without storing them."""

    operations = {"check": Operation.CHECK_ADDRESSES}

    @extend_schema(request=AddressCheckRequest, responses=AddressCheckAnswer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """Say whether the post can deliver to each address, and why not."""
        asked = body(AddressCheckRequest, request)
        checks = check_addresses(inputs=[AddressInput(**address) for address in asked["addresses"]])
        return Response({"checks": [asdict(check) for check in checks]})


class RegionViewSet(Resource):
    """Provinces, kabupaten and kota, kecamatan, villages: 83,762 of the last."""

    operations = dict.fromkeys(("list", "retrieve"), Operation.CHECK_ADDRESSES)
    serializer_class = RegionSerializer
    filter_backends = []
    lookup_field = "code"
    lookup_value_regex = r"[0-9.]{2,13}"

    @extend_schema(parameters=[RegionQuery], responses=RegionSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Give the regions whose name begins so, larger ones first; without a prefix those right below `within`."""
        asked = query(RegionQuery, request)
        level = Level(asked["level"]) if "level" in asked else None
        gazetteer = current_gazetteer()
        within = asked.get("within")
        if within is not None and within not in gazetteer:
            raise NotFound
        found = gazetteer.search(asked["prefix"], level=level, within=within, limit=asked["limit"])
        return Response([_shown(region) for region in found])

    @extend_schema(responses=RegionPathSerializer)
    def retrieve(self, request: Request, code: str) -> Response:
        """Give one region and the regions around it, largest first."""
        gazetteer = current_gazetteer()
        region = gazetteer.region(code)
        if region is None:
            raise NotFound
        return Response({**_shown(region), "path": [_shown(each) for each in gazetteer.path(code)]})


def _shown(region: Region) -> dict[str, object]:
    return asdict(region)
