"""From which address a request came, as far as the proxies in front of us can be believed."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Give the address that the outermost of our `TRUSTED_PROXIES` saw; without proxies the peer's own.

    What stands further left in X-Forwarded-For was written by the sender and proves nothing.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES == 0:
        return peer
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    return hops[-settings.TRUSTED_PROXIES] if len(hops) >= settings.TRUSTED_PROXIES else peer
