"""Chromium over the real pages: no error in its console, no broken policy, no request to another host."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery.models import CounterStay
from offices.models import ExtraDay, Office
from shipments.models import Card
from tests.delivery.shelving import shelve_cards

# Playwright keeps an event loop in the thread of the tests; the tests use the database between its calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = {"width": 360, "height": 740}
PATIENCE = 10_000  # milliseconds for one step, on a busy machine
DESKTOP = {"width": 1280, "height": 900}

SignInto = Callable[[User], None]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the system's Chromium; skip where there is none."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian, Ubuntu: apt-get install chromium)")
    return {"executable_path": CHROMIUM, "args": ARGUMENTS, "headless": True}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """Open every page as somebody in Indonesia does."""
    return {"viewport": DESKTOP, "locale": "id-ID", "timezone_id": "Asia/Jakarta"}


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _quiet_pages(context: BrowserContext, live_server: LiveServer) -> Iterator[None]:
    """Fail the test when a page says an error, breaks the content policy or asks another host for something."""
    faults: list[str] = []
    context.set_default_timeout(PATIENCE)
    host = urlsplit(live_server.url).netloc

    def heard(message: ConsoleMessage) -> None:
        # a refusal is a page with status 404, 409 or 422, which Chromium notes for the page itself
        refused = message.text.startswith("Failed to load resource") and message.page is not None
        unplugged = "ERR_INTERNET_DISCONNECTED" in message.text  # by a test that takes the network away
        if message.type == "error" and not unplugged and not (refused and _is_page(message)):
            faults.append(f"{message.type}: {message.text} ({message.location['url']})")

    def asked(request: Request) -> None:
        asked_of = urlsplit(request.url)
        if asked_of.scheme in ("http", "https") and asked_of.netloc != host:
            faults.append(f"asked another host: {request.url}")

    context.on("console", heard)
    context.on("weberror", lambda error: faults.append(f"script: {error.error}"))
    context.on("request", asked)
    yield
    assert faults == []


def _is_page(message: ConsoleMessage) -> bool:
    return message.page is not None and message.location["url"] == message.page.url.partition("#")[0]


@pytest.fixture
def cards(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    """Three cards on the shelf of a counter that is open today, kept for some weeks from now on."""
    cards = shelve_cards(registry=registry, post_office=post_office, number=3)
    CounterStay.objects.update(hold_until=timezone.localdate() + timedelta(days=28))
    ExtraDay.objects.create(office=counter, day=timezone.localdate(), reason="tests run on Sundays too")
    return cards


@pytest.fixture
def sign_in(context: BrowserContext, live_server: LiveServer) -> SignInto:
    """Sign a user in without the form."""

    def sign(user: User) -> None:
        client = Client()
        client.force_login(user)
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )

    return sign


@pytest.fixture
def phone(page: Page) -> Page:
    """Give a page as wide as a small phone."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return page
