"""The resident's lookup: public, and answered without the framework's request, parsers and serializers."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema

from accounts.client import client_address
from api.problems import CONTENT_TYPE, problem_body
from api.resource import OpenView
from api.serializers.tracking import (
    LinkTokenSerializer,
    NikAndFamilyCardSerializer,
    NumberAndPinSerializer,
    TrackingSerializer,
)
from delivery.access import (
    Credentials,
    LinkToken,
    NikAndFamilyCard,
    NumberAndPin,
    closed_to_visitors,
    public_lookup,
)
from delivery.public_view import CounterView, PublicView

MAX_BODY_BYTES = 4096
MAX_TEXT = 64
SECRECY = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_KINDS: tuple[type[NumberAndPin] | type[NikAndFamilyCard] | type[LinkToken], ...] = (
    NumberAndPin,
    NikAndFamilyCard,
    LinkToken,
)


class TrackingView(OpenView):
    """Where is my card?"""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return _problem(405, "method_not_allowed", _("Ask by POST, with the numbers in the body."))
        return self.post(request)

    @extend_schema(
        operation_id="tracking",
        request=PolymorphicProxySerializer(
            component_name="TrackingRequest",
            serializers=[NumberAndPinSerializer, NikAndFamilyCardSerializer, LinkTokenSerializer],
            resource_type_field_name=None,
        ),
        responses=TrackingSerializer,
        auth=[],
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        """Say where a card is, to whoever shows that it is theirs.

        A wrong number, a wrong PIN, a locked and an absent record all get the same 404.
        """
        credentials = _credentials(request)
        if credentials is None:
            return _problem(400, "invalid", _("Send number and pin, nik and kk, or token, as JSON text."))
        view = public_lookup(credentials=credentials, client=client_address(request), at=timezone.now())
        if view is None:
            return _problem(
                404,
                "no_such_card",
                _("No card was found with these details. Check them, or wait 15 minutes and try again."),
            )
        return _json(shown(view), status=200, content_type="application/json")


def _credentials(request: HttpRequest) -> Credentials | None:
    """Read one of the three kinds; None when the body is none of them."""
    raw = request.read(MAX_BODY_BYTES + 1)
    try:
        sent = json.loads(raw) if len(raw) <= MAX_BODY_BYTES else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(sent, dict) or not all(_is_plain(value) for value in sent.values()):
        return None
    for kind in _KINDS:
        if sent.keys() == set(kind.__slots__):
            return kind(**sent)
    return None


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and value.isascii() and value.isprintable()


def shown(view: PublicView) -> dict[str, Any]:
    """Give the answer's members; the card's key stays with us."""
    counter = view.counter
    return {
        "reference": view.reference,
        "masked_name": view.masked_name,
        "stage": view.stage,
        "since": view.since.isoformat(),
        "next_step": view.next_step,
        "steps": [
            {
                "stage": step.stage,
                "reached": step.reached,
                "day": step.day.isoformat() if step.day is not None else None,
            }
            for step in view.steps
        ],
        "number": view.number,
        "reason": view.reason,
        "receiver": view.receiver,
        "attempts": view.attempts,
        "counter": None
        if counter is None
        else {
            "name": counter.name,
            "address": counter.address,
            "opening_hours": counter.opening_hours,
            "until": counter.until.isoformat(),
            "appointment": counter.appointment.isoformat() if counter.appointment is not None else None,
            **_closed(counter),
        },
        "visit": None
        if view.visit is None
        else {
            "day": view.visit.day.isoformat(),
            "starts_at": view.visit.starts_at.isoformat() if view.visit.starts_at is not None else None,
            "counter": view.visit.counter,
        },
    }


def _closed(counter: CounterView) -> dict[str, str | None]:
    closed = closed_to_visitors(counter=counter, at=timezone.now())
    return {
        "closed_from": closed.first.isoformat() if closed is not None else None,
        "closed_until": closed.last.isoformat() if closed is not None else None,
        "reopens": closed.reopens.isoformat() if closed is not None and closed.reopens is not None else None,
    }


def _problem(status: int, code: str, detail: str) -> HttpResponse:
    response = _json(
        problem_body(status=status, code=code, detail=detail), status=status, content_type=CONTENT_TYPE
    )
    if status == 405:
        response["Allow"] = "POST"
    return response


def _json(body: dict[str, Any], *, status: int, content_type: str) -> HttpResponse:
    return HttpResponse(json.dumps(body), status=status, content_type=content_type, headers=SECRECY)
