"""Who may open a page: every view names the operation it needs; a view without a name is a fault of ours."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.permissions import Operation, may
from offices.models import Office


class StaffRequest(HttpRequest):
    """A request whose sender has signed in."""

    user: User
    htmx: HtmxDetails


class PublicRequest(HttpRequest):
    """A request from anybody."""

    htmx: HtmxDetails


StaffView = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=StaffView)


def requires(operation: Operation) -> Callable[[V], V]:
    """Open the view to signed-in users whose role allows the operation; times are their office's own."""

    def decorate(view: V) -> V:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return _to_sign_in(cast(PublicRequest, request))
            if not may(request.user, operation):
                raise PermissionDenied
            with timezone.override(zone_of(request.user)):
                return view(request, *args, **kwargs)

        guarded.operation = operation  # type: ignore[attr-defined]
        return cast(V, guarded)

    return decorate


def signed_in(view: V) -> V:
    """Open the view to everybody who has signed in, whatever their role."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return _to_sign_in(cast(PublicRequest, request))
        with timezone.override(zone_of(request.user)):
            return view(request, *args, **kwargs)

    guarded.operation = None  # type: ignore[attr-defined]
    return cast(V, guarded)


def public(view: V) -> V:
    """Open the view to everybody, without signing in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def zone_of(user: User) -> ZoneInfo:
    """Give the time zone of the user's office."""
    return ZoneInfo(user.office.time_zone if user.office is not None else settings.TIME_ZONE)


def office_of(user: User) -> Office:
    """Give the user's office. Refuses an administrator, who belongs to none."""
    if user.office is None:
        raise PermissionDenied
    return user.office


def registry_of(user: User) -> int:
    """Give the id of the registry office that the user's office is or works for."""
    return office_of(user).registry_id


def _to_sign_in(request: PublicRequest) -> HttpResponse:
    if request.htmx:
        back = redirect_to_login(request.htmx.current_url_abs_path or "/")
        return HttpResponseClientRedirect(back.url)
    return redirect_to_login(request.get_full_path())
