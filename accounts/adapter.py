"""Sign-in without sign-up: accounts are made by an administrator."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.client import client_address


class ClosedSignupAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody makes an account for themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count failed sign-ins by the sender's address, not by that of the proxy that all of them share."""
        return client_address(request)
