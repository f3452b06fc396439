"""The backlog: its order, its forecast, and "what if"."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Operation
from api.resource import Resource
from api.serializers.backlog import (
    BacklogQuery,
    BacklogSerializer,
    ComparisonSerializer,
    ForecastQuery,
    ForecastSerializer,
    WhatIfQuery,
)
from api.serializers.shapes import query
from offices.models import Office
from shipments.backlog import backlog_by_lane
from shipments.forecast import OfficeForecast
from shipments.forecasting import Forecast, forecast, what_if
from shipments.models import BacklogEntry, Lane

_OF_FORECAST = ("position", "position_at_office", "on", "early", "late", "overtakers", "overtaken", "fault")
_OF_OFFICE = ("cards", "limit", "cards_a_day", "first_on", "last_on", "last_late")
# at the address of a list stands one thing
_ONE = forced_singular_serializer(BacklogSerializer)  # type: ignore[no-untyped-call]


class BacklogViewSet(Resource):
    """The cards that are ready to be posted."""

    operations = {
        **dict.fromkeys(("list", "forecast"), Operation.MANAGE_SHIPMENTS),
        "what_if": Operation.PLAN_CAPACITY,
    }
    queryset = BacklogEntry.objects.none()
    serializer_class = BacklogSerializer
    filter_backends = []
    pagination_class = None

    @extend_schema(operation_id="backlog", parameters=[BacklogQuery], responses=_ONE)
    def list(self, request: Request) -> Response:
        """Give a part of the queue in its order: each card's place, projected day, and why others go first."""
        asked = query(BacklogQuery, request)
        made = forecast(office_id=self.office_id, on=self._day(asked))
        lanes = {lane.name: cards for lane, cards in backlog_by_lane(office_id=self.office_id).items()}
        rows = _rows(made, first=asked["first"] - 1, limit=asked["limit"])
        return Response(BacklogSerializer({"cards": made.cards, "lanes": lanes, "results": rows}).data)

    @extend_schema(parameters=[ForecastQuery], responses=ForecastSerializer)
    @action(detail=False)
    def forecast(self, request: Request) -> Response:
        """Say when the queue of each post office is posted, by its capacity, open days and closures."""
        made = forecast(office_id=self.office_id, on=self._day(query(ForecastQuery, request)))
        offices = made.by_office()
        codes = _codes(row.post_office_id for row in offices)
        answer = {
            "on": made.on,
            "cards": made.cards,
            "limit": made.limit,
            "last_on": made.last_on,
            "offices": [_office(row, codes) for row in offices],
            "by_day": {day.isoformat(): cards for day, cards in made.by_day().items()},
            "faults": dict(made.faults()),
        }
        return Response(ForecastSerializer(answer).data)

    @extend_schema(parameters=[WhatIfQuery], responses=ComparisonSerializer)
    @action(detail=False, url_path="what-if")
    def what_if(self, request: Request) -> Response:
        """Compare the forecast with one in which offices take more items a day; nothing is written."""
        asked = query(WhatIfQuery, request)
        made = what_if(
            office_id=self.office_id,
            on=self._day(asked),
            extra_capacity=_extra(self.office_id, asked["extra"]),
        )
        codes = _codes(row.post_office_id for row in made.offices)
        answer = {
            "last_on": made.now.last_on,
            "last_on_then": made.then.last_on,
            "offices": [
                {
                    "post_office": codes[row.post_office_id],
                    "extra": row.extra,
                    "days_sooner": row.days_sooner,
                    "now": _office(row.now, codes),
                    "then": _office(row.then, codes),
                }
                for row in made.offices
            ],
        }
        return Response(ComparisonSerializer(answer).data)

    def _day(self, asked: Mapping[str, Any]) -> date:
        on: date | None = asked.get("on")
        return on or self.today


def _extra(office_id: int, pairs: Sequence[str]) -> dict[int, int]:
    """Items a day more by office, from `code:items`. Raises ValidationError for an office that is not theirs."""
    extra = {code: int(items) for code, _colon, items in (pair.partition(":") for pair in pairs)}
    ours = Q(parent_id=office_id) | Q(pk=office_id)
    known = dict(Office.objects.filter(ours, code__in=extra).values_list("code", "pk"))
    if missing := sorted(set(extra) - set(known)):
        told = _("There is no such office here: %(codes)s. See the list of offices.")
        raise ValidationError({"extra": [told % {"codes": ", ".join(missing)}]})
    return {known[code]: items for code, items in extra.items()}


def _rows(made: Forecast, *, first: int, limit: int) -> list[dict[str, Any]]:
    """A part of the queue with what stands on its cards; the same few queries for any part."""
    places = range(first, min(first + limit, made.cards))
    found = [made.projection.at(place) for place in places]
    entries = BacklogEntry.objects.filter(pk__in=[card.card_id for card in found])
    shown = {
        row["card_id"]: row
        for row in entries.values("card_id", "card__reference", "lane", "printed_on", "village_code")
    }
    codes = _codes(card.post_office_id for card in found)
    return [
        {
            **{name: getattr(card, name) for name in _OF_FORECAST},
            "reference": row["card__reference"],
            "lane": Lane(row["lane"]).name,
            "printed_on": row["printed_on"],
            "village_code": row["village_code"],
            "post_office": codes.get(card.post_office_id, ""),
        }
        for card in found
        if (row := shown.get(card.card_id)) is not None  # it may have been batched meanwhile
    ]


def _office(row: OfficeForecast | None, codes: Mapping[int | None, str]) -> dict[str, Any] | None:
    if row is None:
        return None
    shown = {name: getattr(row, name) for name in _OF_OFFICE}
    return {**shown, "post_office": codes[row.post_office_id]}


def _codes(office_ids: Iterable[int | None]) -> dict[int | None, str]:
    wanted = {key for key in office_ids if key is not None}
    return dict(Office.objects.filter(pk__in=wanted).values_list("pk", "code"))
