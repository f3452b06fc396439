"""The client's address is what our own proxies saw, not what the client wrote."""

import pytest
from django.test import RequestFactory, override_settings

from accounts.client import client_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_trusted_proxies_are_believed(proxies: int, forwarded: str, address: str) -> None:
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded})
    with override_settings(TRUSTED_PROXIES=proxies):
        assert client_address(request) == address
