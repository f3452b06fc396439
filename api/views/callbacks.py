"""Where messaging providers tell what became of a message and what a resident replied.

Nothing is believed that is not signed: WhatsApp signs each body with the app's secret, a gateway signs alike or sends
the secret that was agreed. A repeat changes nothing, an unknown number is left alone; both get the same answer.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from api.problems import CONTENT_TYPE, problem_body
from api.resource import OpenView
from api.serializers.messages import CallbackAnswer, GatewayCallback
from delivery.messages.receipts import Receipt, take_receipts
from delivery.messages.replies import take_reply

MAX_BODY_BYTES = 512 * 1024
_CHALLENGE_LENGTH = 200
_PROVIDER_ID_LENGTH = 80
_TEXT_LENGTH = 2_000
_SECRET = OpenApiParameter(
    "X-Callback-Secret", OpenApiTypes.STR, OpenApiParameter.HEADER, description="the secret that was agreed"
)
_SIGNATURE = OpenApiParameter(
    "X-Signature-256",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="instead of it: `sha256=` and the HMAC-SHA-256 of the body with that secret, in hexadecimal",
)


class GatewayCallbackView(OpenView):
    """What an HTTP gateway tells."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.post(request) if request.method == "POST" else _not_allowed("POST")

    @extend_schema(
        operation_id="gateway_callback",
        parameters=[_SECRET, _SIGNATURE],
        request=GatewayCallback,
        responses=CallbackAnswer,
        auth=[],
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        """Take a word about a message (id and status) or a resident's reply (from and text), or a list of them."""
        raw = _body_of(request)
        if raw is None:
            return _too_large()
        secret = settings.MESSAGE_CALLBACK_SECRET
        signed = _is_signed(raw, request.headers.get("X-Signature-256", ""), secret)
        if not signed and not _same(request.headers.get("X-Callback-Secret", ""), secret):
            return _forbidden()
        found = _parsed(raw, request.content_type or "")
        for entry in found if isinstance(found, list) else [found]:
            if isinstance(entry, dict):
                _take_gateway_entry(entry, raw)
        return JsonResponse({})


class WhatsAppCallbackView(OpenView):
    """What Meta tells; its form is Meta's own, so the OpenAPI document leaves it out."""

    schema = None  # type: ignore[assignment]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "GET":
            return self.get(request)
        return self.post(request) if request.method == "POST" else _not_allowed("GET, POST")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer Meta's verification: give its challenge back to whoever knows our token."""
        asked = request.GET
        if asked.get("hub.mode") != "subscribe" or not _same(
            asked.get("hub.verify_token", ""), settings.WHATSAPP_VERIFY_TOKEN
        ):
            return _forbidden()
        return HttpResponse(asked.get("hub.challenge", "")[:_CHALLENGE_LENGTH], content_type="text/plain")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take statuses and replies."""
        raw = _body_of(request)
        if raw is None:
            return _too_large()
        signature = request.headers.get("X-Hub-Signature-256", "")
        if not _is_signed(raw, signature, settings.WHATSAPP_APP_SECRET):
            return _forbidden()
        for value in _whatsapp_values(_parsed(raw, "application/json")):
            receipts = [_whatsapp_receipt(status) for status in _objects(value.get("statuses"))]
            take_receipts(channel="WHATSAPP", receipts=receipts)
            for message in _objects(value.get("messages")):
                _take_whatsapp_reply(message)
        return JsonResponse({})


def _take_gateway_entry(entry: Mapping[str, Any], raw: bytes) -> None:
    names = settings.MESSAGE_CALLBACK_FIELDS
    told = {ours: _text(entry.get(theirs)) for ours, theirs in names.items()}
    if told["id"] and told["status"]:
        receipt = Receipt(provider_id=told["id"], word=told["status"], failure="")
        take_receipts(channel="GATEWAY", receipts=[receipt])
    elif told["from"] and told["text"]:
        # a provider that numbers no replies repeats them with the same body
        number = told["id"] or hashlib.sha256(raw + told["from"].encode() + told["text"].encode()).hexdigest()
        take_reply(
            channel="GATEWAY",
            provider_id=number[:_PROVIDER_ID_LENGTH],
            sender=told["from"],
            text=told["text"],
            at=timezone.now(),
        )


def _whatsapp_values(document: Any) -> Iterator[Mapping[str, Any]]:
    """Give what the document tells about our own number; an app may serve others too."""
    for entry in _objects(document.get("entry") if isinstance(document, dict) else None):
        for change in _objects(entry.get("changes")):
            value = change.get("value")
            if isinstance(value, dict):
                metadata = value.get("metadata")
                number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
                if _text(number) == settings.WHATSAPP_PHONE_ID:
                    yield value


def _whatsapp_receipt(status: Mapping[str, Any]) -> Receipt:
    faults = _objects(status.get("errors"))
    return Receipt(
        provider_id=_text(status.get("id")),
        word=_text(status.get("status")),
        failure=_text(faults[0].get("code")) if faults else "",
    )


def _take_whatsapp_reply(message: Mapping[str, Any]) -> None:
    """A text, or a button's text; a picture or a voice means nothing to us and gets help."""
    context = message.get("context")
    take_reply(
        channel="WHATSAPP",
        provider_id=_text(message.get("id"))[:_PROVIDER_ID_LENGTH],
        sender=_text(message.get("from")),
        text=_said(message),
        answers=_text(context.get("id")) if isinstance(context, dict) else "",
        at=timezone.now(),
    )


def _said(message: Mapping[str, Any]) -> str:
    for part, name in (("text", "body"), ("button", "text")):
        found = message.get(part)
        if isinstance(found, dict):
            return _text(found.get(name))
    return ""


def _objects(value: Any) -> Sequence[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Give a value as text; what is neither text nor number is none."""
    plain = value[0] if isinstance(value, list) and value else value
    if isinstance(plain, str | int) and not isinstance(plain, bool):
        return "".join(letter for letter in str(plain)[:_TEXT_LENGTH] if letter.isprintable())
    return ""


def _body_of(request: HttpRequest) -> bytes | None:
    raw = request.read(MAX_BODY_BYTES + 1)
    return raw if len(raw) <= MAX_BODY_BYTES else None


def _parsed(raw: bytes, content_type: str) -> Any:
    try:
        if content_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(raw.decode(errors="replace"), max_num_fields=100))
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _is_signed(raw: bytes, signature: str, secret: str) -> bool:
    right = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return _same(signature, f"sha256={right}") and bool(secret)


def _same(given: str, right: str) -> bool:
    """Compare in constant time; where nothing was set up, nothing is right."""
    return hmac.compare_digest(given.encode(errors="replace"), right.encode()) and bool(right)


def _forbidden() -> HttpResponse:
    return _problem(403, "not_signed", _("The call is not signed with the secret that was agreed."))


def _too_large() -> HttpResponse:
    return _problem(413, "too_large", _("The call is too large. Send less at once."))


def _not_allowed(methods: str) -> HttpResponse:
    response = _problem(405, "method_not_allowed", _("This method is not taken here."))
    response["Allow"] = methods
    return response


def _problem(status: int, code: str, detail: str) -> HttpResponse:
    body = problem_body(status=status, code=code, detail=detail)
    return HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE)
