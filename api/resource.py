"""What all views share: who may, how much is read, and what is answered."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.models import User
from accounts.permissions import Operation
from api.permissions import OperationPermission, Public
from api.problems import TooLarge
from api.schema import ProblemSchema
from offices.models import Office

FORM_OVERHEAD = 64 * 1024  # boundaries and headers around an upload's file


class BoundedJsonParser(JSONParser):
    """JSON that is nested deeper than any of ours is the sender's mistake, not an error of the server."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error


class AnyAccept(BaseContentNegotiation):
    """Answer in the one form there is, whatever `Accept` says."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Request, parsers: Any) -> Any:
        sent = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)


class Resource(GenericViewSet[Any]):
    """A noun of the API. `operations` names what each action asks for; an action without one is closed."""

    operations: Mapping[str, Operation] = {}
    ordering: tuple[str, ...] = ("-pk",)
    permission_classes = [OperationPermission]
    parser_classes = [BoundedJsonParser]
    content_negotiation_class = AnyAccept
    schema = ProblemSchema()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_large_body(request)
        super().initial(request, *args, **kwargs)

    def page_of(
        self,
        rows: QuerySet[Any],
        shape: type[BaseSerializer[Any]],
        *,
        ordering: tuple[str, ...],
        shown: Callable[[Iterable[Any]], Iterable[Any]] = list,
    ) -> Response:
        """Give a page of what belongs to one thing, in an order of its own; `shown` adds to its rows what they lack."""
        self.ordering = ordering
        page = self.paginate_queryset(rows) or ()
        return self.get_paginated_response(shape(shown(page), many=True).data)

    @property
    def user(self) -> User:
        """The signed-in user; `OperationPermission` let nobody else in."""
        user = self.request.user
        if not isinstance(user, User):
            raise NotFound
        return user

    @property
    def office(self) -> Office:
        """The user's office; an administrator without one owns nothing here."""
        if self.user.office is None:
            raise NotFound
        return self.user.office

    @property
    def office_id(self) -> int:
        """The key of the user's office."""
        return self.office.pk

    @property
    def today(self) -> date:
        """The day on the wall of the user's office."""
        zone = self.user.office.time_zone if self.user.office is not None else settings.TIME_ZONE
        return timezone.localdate(timezone=ZoneInfo(zone))


class UploadResource(Resource):
    """A noun that takes files: streamed to disk by Django's upload handler, never held in memory."""

    parser_classes = [BoundedJsonParser, MultiPartParser]


class OpenView(APIView):
    """A view for everybody: no session is read, no key is taken."""

    authentication_classes = []
    permission_classes = [Public]
    parser_classes = [BoundedJsonParser]
    content_negotiation_class = AnyAccept
    schema = ProblemSchema()


class NoSuchAddress(OpenView):
    """What is asked for under an address that does not exist."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(_("There is nothing at this address. Every address of the API ends with a slash."))


def refuse_large_body(request: Request) -> None:
    """Refuse a body before any of it is read. Raises TooLarge."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    is_form = (request.content_type or "").startswith("multipart/")
    limit: int = settings.UPLOAD_MAX_BYTES if is_form else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if length > limit + (FORM_OVERHEAD if is_form else 0):
        raise TooLarge(limit_bytes=limit)
