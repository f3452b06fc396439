"""A clerk signs in and gives a card out with the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery.models import Collection
from shipments.models import Card
from tests.browser.conftest import SignInto

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCANNED_TWO_KEYS = 450  # milliseconds until an Enter is a person's and not the second key of a scanner


def scan(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def tab_to(page: Page, selector: str) -> None:
    for _stop in range(30):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {selector}.")


def test_signing_in_by_keyboard(page: Page, live_server: LiveServer, counter_user: User) -> None:
    page.goto(f"{live_server.url}/loket/")
    tab_to(page, "input[name=login]")
    page.keyboard.type(counter_user.username)
    page.keyboard.press("Tab")
    page.keyboard.type("rahasia-sekali-12")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/loket/")
    expect(page.locator("#scanned")).to_be_focused()


def test_a_pickup_by_keyboard(
    page: Page, live_server: LiveServer, sign_in: SignInto, counter_user: User, cards: list[Card]
) -> None:
    sign_in(counter_user)
    page.goto(f"{live_server.url}/loket/")
    expect(page.locator("#scanned")).to_be_focused()
    scan(page, cards[0].reference)
    expect(page.locator("#scan-answer")).to_contain_text("Rak A1")
    expect(page.get_by_role("heading", name=cards[0].name)).to_be_visible()
    expect(page.locator("#scanned")).to_be_focused()
    expect(page.locator("#scanned")).to_have_value("")

    page.wait_for_timeout(SCANNED_TWO_KEYS)
    page.keyboard.press("Enter")
    expect(page.locator("input[name=relation][value=HOLDER]")).to_be_focused()
    tab_to(page, "input[name=documents][value=OLD_CARD]")
    page.keyboard.press("Space")
    tab_to(page, "input[name=old_card_surrendered]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    collection = Collection.objects.filter(card=cards[0])
    expect(page.locator("#scan-answer")).to_contain_text("Diserahkan")
    assert collection.count() == 1
    expect(page.locator("#scanned")).to_be_focused()
    scan(page, cards[1].reference)
    expect(page.get_by_role("heading", name=cards[1].name)).to_be_visible()


def test_a_refused_confirmation_keeps_what_was_typed_and_the_field_ready(
    page: Page, live_server: LiveServer, sign_in: SignInto, counter_user: User, cards: list[Card]
) -> None:
    sign_in(counter_user)
    page.goto(f"{live_server.url}/loket/")
    scan(page, cards[0].reference)
    page.locator("input[name=relation][value=SAME_FAMILY_CARD]").check()
    page.locator("input[name=collector_name]").fill("Ibu Contoh")
    page.locator("input[name=collector_name]").press("Enter")
    expect(page.locator("#scan-answer")).to_contain_text("kartu keluarga")
    expect(page.locator("input[name=collector_name]")).to_have_value("Ibu Contoh")
    expect(page.locator("#scanned")).to_be_focused()
    assert not Collection.objects.exists()


def test_scans_in_a_row_are_answered_in_their_turn(
    page: Page, live_server: LiveServer, sign_in: SignInto, counter_user: User, cards: list[Card]
) -> None:
    sign_in(counter_user)
    page.goto(f"{live_server.url}/loket/")
    for card in cards:
        scan(page, card.reference)
    expect(page.get_by_role("heading", name=cards[2].name)).to_be_visible()
    scan(page, "X0000001")
    expect(page.locator("#scan-answer")).to_contain_text("X0000001")
    expect(page.locator("#work")).to_be_empty()
    expect(page.locator("#scanned")).to_be_focused()
