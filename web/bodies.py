"""How much of a request is read at all, decided before its first byte, and what no form of ours ever sends."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from accounts.models import User

API = "/api/"  # has its own bounds, and answers as machines want it
FORM_BYTES = 64 * 1024  # no form without a file is longer; of one with a file, what stands around it


class BoundedBodyMiddleware:
    """Refuse a body that is too long: strangers send short forms only, users a file of the permitted size."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = _length(request)
        if length <= FORM_BYTES or request.path_info.startswith(API):
            return self.get_response(request)
        limit: int = settings.UPLOAD_MAX_BYTES if isinstance(request.user, User) else 0
        if length <= limit + FORM_BYTES:
            return self.get_response(request)
        told = _("The file is too large: at most %(limit)s MB are taken. Split it into smaller files.")
        return HttpResponse(
            told % {"limit": limit // (1024 * 1024)}, status=413, content_type="text/plain; charset=utf-8"
        )


class PlainTextMiddleware:
    """Refuse the character NUL in an address and in fields: no browser sends it, and PostgreSQL keeps no such text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, kwargs: Mapping[str, Any]
    ) -> None:
        """Look at what was sent; the check against forgery has read it already. Raises BadRequest."""
        if not request.path_info.startswith(API) and any("\0" in text for text in _texts(request, kwargs)):
            raise BadRequest("The character NUL was sent.")


def _texts(request: HttpRequest, kwargs: Mapping[str, Any]) -> Iterator[str]:
    yield from (value for value in kwargs.values() if isinstance(value, str))
    for sent in (request.GET, request.POST):
        for name, values in sent.lists():
            yield from (name, *map(str, values))


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
