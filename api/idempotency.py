"""Do a POST once, however often it is sent: the `Idempotency-Key` header.

The key's row is written in the transaction of the work itself. A second request with the key, even at the
same time, meets the unique row: it waits for the first to end and is given its answer again. A refused
request leaves no row, so that it may be corrected and sent again under the same key.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from api.models import IdempotencyKey
from api.problems import REFUSALS

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT_FOR = timedelta(hours=24)
MAX_LENGTH = 255
_REFUSED: tuple[type[Exception], ...] = (APIException, *REFUSALS)

ViewT = TypeVar("ViewT", bound=APIView)
P = ParamSpec("P")
Handler = Callable[Concatenate[ViewT, Request, P], Response]


class KeyUsedForAnotherRequest(APIException):
    """The key came before, with another body or to another address."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = _(
        "This Idempotency-Key was sent with another request. Make a new key for each new request."
    )


def idempotent(handler: Handler[ViewT, P]) -> Handler[ViewT, P]:
    """Let the handler's request be repeated without its work being done twice."""

    @wraps(handler)
    def once(view: ViewT, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not (0 < len(key) <= MAX_LENGTH and key.isascii() and key.isprintable()):
            raise ValidationError({HEADER: [_("Write 1 to 255 printable ASCII characters.")]})
        return _once(lambda: handler(view, request, *args, **kwargs), request, key)

    once.idempotent = True  # type: ignore[attr-defined]
    return once


def _once(work: Callable[[], Response], request: Request, key: str) -> Response:
    digest = request_digest(request)
    user_id = cast(User, request.user).pk  # `OperationPermission` let nobody else in
    now = timezone.now()
    refusal: Exception | None = None
    with transaction.atomic():
        row = _claim(user_id=user_id, key=key, digest=digest, now=now)
        if row is None:
            return _replay(user_id=user_id, key=key, digest=digest)
        try:
            response = work()
        except _REFUSED as error:
            # what the refused work has written on purpose (a wrong PIN was counted) stays
            refusal = error
        if refusal is not None or not 200 <= response.status_code < 300:
            row.delete()
        else:
            _keep(row, response)
    if refusal is not None:
        raise refusal
    return response


def _claim(*, user_id: int, key: str, digest: str, now: datetime) -> IdempotencyKey | None:
    """Write the key's row, or say that there is one; waits for a request that is using the key just now."""
    IdempotencyKey.objects.filter(user_id=user_id, created_at__lt=now - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(
                user_id=user_id, key=key, request_sha256=digest, created_at=now
            )
    except IntegrityError:
        return None


def _keep(row: IdempotencyKey, response: Response) -> None:
    row.status = response.status_code
    row.location = response.headers.get("Location", "")
    row.answer = JSONRenderer().render(response.data).decode()
    row.save(update_fields=["status", "location", "answer"])


def _replay(*, user_id: int, key: str, digest: str) -> Response:
    row = IdempotencyKey.objects.get(user_id=user_id, key=key)
    if row.request_sha256 != digest:
        raise KeyUsedForAnotherRequest
    headers = {REPLAYED: "true"}
    if row.location:
        headers["Location"] = row.location
    return Response(json.loads(row.answer) if row.answer else None, status=row.status, headers=headers)


def request_digest(request: Request) -> str:
    """Give the SHA-256 of what is asked: method, address and content; a form's boundary does not count."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    files: dict[str, UploadedFile] = dict(request.FILES.items())
    fields: Any = request.data
    if files:
        fields = {name: value for name, value in request.data.items() if name not in files}
    digest.update(json.dumps(fields, sort_keys=True, default=str).encode())
    for name, file in sorted(files.items()):
        digest.update(f"\n{name}\n{file.name}\n".encode())
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
    return digest.hexdigest()
