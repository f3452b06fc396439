"""Know a machine by its API key: `Authorization: Api-Key <prefix>.<secret>`."""

import re

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiKey, User

SCHEME = "Api-Key"
_KEY = re.compile(r"([A-Za-z0-9]{8})\.[A-Za-z0-9]{1,64}")


class ApiKeyAuthentication(BaseAuthentication):
    """The key acts for its user; what it may do is limited in `api.permissions`."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, sent = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        api_key = self._find(sent.strip())
        # one answer for unknown, wrong, revoked and expired keys
        if api_key is None or api_key.has_expired or not api_key.user.is_active:
            raise AuthenticationFailed(
                _("The API key is not valid. Ask an administrator for a new one."), code="bad_key"
            )
        return api_key.user, api_key

    def _find(self, sent: str) -> ApiKey | None:
        shape = _KEY.fullmatch(sent)
        if shape is None:
            return None
        usable = ApiKey.objects.get_usable_keys().select_related("user__office")
        api_key: ApiKey | None = usable.filter(prefix=shape[1]).first()
        return api_key if api_key is not None and api_key.is_valid(sent) else None

    def authenticate_header(self, request: Request) -> str:
        return SCHEME
