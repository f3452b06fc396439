"""Pages are in Indonesian until somebody chooses otherwise; machines get the language they ask for."""

from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from accounts.models import User

API = "/api/"


class ChosenLanguageMiddleware(LocaleMiddleware):
    """Activate the language of the cookie, else Indonesian; a browser's own language is not a choice."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(API):
            super().process_request(request)
            return
        asked = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        chosen = getattr(request, "language_to_keep", None)
        if chosen:
            keep_language(response, chosen)
        return super().process_response(request, response)


def keep_language(response: HttpResponseBase, language: str) -> None:
    """Remember the language in the browser for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@receiver(user_logged_in)
def _use_own_language(sender: type, *, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    request.language_to_keep = user.language  # type: ignore[attr-defined]
