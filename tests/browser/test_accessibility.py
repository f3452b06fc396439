"""axe finds no violation of WCAG 2.2 AA on the resident's, the counter's and the home pages."""

import hashlib
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery.access import link_token_of
from shipments.models import Card
from tests.browser.conftest import SignInto

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VENDOR = Path(__file__).parent / "vendor"
AXE = (VENDOR / "axe.min.js").read_text(encoding="utf-8")
RULES = """async () => {
  const found = await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join("; ")}`);
}"""


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: list[str] = page.evaluate(RULES)
    return [f"{page.url} {rule}" for rule in found]


def test_the_vendored_axe_is_the_one_that_is_listed() -> None:
    (listed,) = json.loads((VENDOR / "vendor.json").read_text())
    assert hashlib.sha256((VENDOR / listed["file"]).read_bytes()).hexdigest() == listed["sha256"]
    assert all((VENDOR / name).is_file() for name in listed["licence_files"])


def test_residents_pages_are_accessible_on_a_phone(
    phone: Page, live_server: LiveServer, cards: list[Card]
) -> None:
    phone.goto(f"{live_server.url}/lacak/")
    found = violations(phone)
    phone.locator("input[name=number]").fill(cards[0].reference)
    phone.locator("input[name=pin]").fill("AAAAAA")
    phone.locator("input[name=pin]").press("Enter")
    expect(phone.get_by_role("alert")).to_be_visible()
    found += violations(phone)
    phone.goto(f"{live_server.url}/t/{link_token_of(cards[0])}")
    for part in phone.locator("details summary").all():
        part.click()
    found += violations(phone)
    assert found == []


def test_the_counter_is_accessible(
    page: Page, live_server: LiveServer, sign_in: SignInto, counter_user: User, cards: list[Card]
) -> None:
    sign_in(counter_user)
    page.goto(f"{live_server.url}/loket/")
    found = violations(page)
    page.keyboard.type(cards[0].reference)
    page.keyboard.press("Enter")
    expect(page.locator("#work form")).to_be_visible()
    found += violations(page)
    page.locator("input[name=documents][value=OLD_CARD]").check()
    page.locator("input[name=old_card_surrendered]").check()
    page.locator("#work form button").click()
    expect(page.locator(".receipt")).to_be_visible()
    found += violations(page)
    assert found == []


def test_the_lists_of_the_counter_are_accessible(
    page: Page, live_server: LiveServer, sign_in: SignInto, supervisor: User, cards: list[Card]
) -> None:
    sign_in(supervisor)
    found: list[str] = []
    for path in ("/loket/rak/", "/loket/pengambilan/", "/retur/", "/pemindahan/", "/daftar-desa/"):
        page.goto(f"{live_server.url}{path}")
        found += violations(page)
    assert found == []


def test_home_is_accessible_to_everybody(
    page: Page,
    live_server: LiveServer,
    sign_in: SignInto,
    cards: list[Card],
    printing_user: User,
    supervisor: User,
    partner: User,
    counter_user: User,
) -> None:
    found: list[str] = []
    for user in (printing_user, supervisor, partner, counter_user):
        sign_in(user)
        page.goto(f"{live_server.url}/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        found += violations(page)
    assert found == []


def test_signing_in_is_accessible_on_a_phone(phone: Page, live_server: LiveServer) -> None:
    phone.goto(f"{live_server.url}/akun/login/")
    assert violations(phone) == []
