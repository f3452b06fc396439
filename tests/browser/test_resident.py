"""A resident looks a card up on a small phone, with and without script."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from delivery.access import link_token_of, pin_of
from shipments.models import Card
from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look_up(page: Page, server: LiveServer, *, number: str, pin: str) -> None:
    page.goto(f"{server.url}/lacak/")
    page.locator("input[name=number]").fill(number)
    page.locator("input[name=pin]").fill(pin)
    page.locator("input[name=pin]").press("Enter")


def test_number_and_pin_open_the_page_on_a_phone(
    phone: Page, live_server: LiveServer, cards: list[Card]
) -> None:
    look_up(phone, live_server, number=cards[0].reference.lower(), pin=pin_of(cards[0]))
    expect(phone).to_have_url(f"{live_server.url}/lacak/kartu/")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Kartu Anda siap diambil")
    expect(phone.locator(".steps li")).to_have_count(5)
    expect(phone.locator(".steps [aria-current=step]")).to_contain_text("Siap diambil")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_wrong_pin_gets_one_message_and_keeps_what_was_typed(
    phone: Page, live_server: LiveServer, cards: list[Card]
) -> None:
    look_up(phone, live_server, number=cards[0].reference, pin="AAAAAA")
    expect(phone.get_by_role("alert")).to_have_count(1)
    expect(phone.get_by_role("alert")).to_contain_text("Belum ditemukan")
    expect(phone.locator("input[name=number]")).to_have_value(cards[0].reference)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_everything_works_without_script(
    browser: Browser, live_server: LiveServer, cards: list[Card]
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE, locale="id-ID")  # type: ignore[arg-type]
    page = context.new_page()
    look_up(page, live_server, number=cards[0].reference, pin=pin_of(cards[0]))
    page.locator("section.ready button.primary").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert cards[0].appointments.filter(cancelled_at__isnull=True).count() == 1
    page.locator("button[name=cancel]").click()
    expect(page.locator("button[name=cancel]")).to_have_count(0)
    assert cards[0].appointments.filter(cancelled_at__isnull=True).count() == 0
    asking = page.locator("details", has=page.locator("textarea"))
    asking.locator("summary").click()
    page.locator("textarea").fill("Bolehkah diambil kakak saya?")
    asking.locator("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    coming = page.locator("details", has=page.locator("input[name=relation]"))
    coming.locator("summary").click()
    coming.locator("input[value=SAME_FAMILY_CARD]").check()
    coming.locator("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert cards[0].resident_choice.coming == "SAME_FAMILY_CARD"
    assert cards[0].enquiries.get().text == "Bolehkah diambil kakak saya?"
    context.close()


def test_the_sent_link_opens_the_page_and_can_be_forgotten(
    phone: Page, live_server: LiveServer, cards: list[Card]
) -> None:
    phone.goto(f"{live_server.url}/t/{link_token_of(cards[0])}")
    expect(phone).to_have_url(f"{live_server.url}/lacak/kartu/")
    phone.locator("form[action$='/tutup/'] button").click()
    expect(phone).to_have_url(f"{live_server.url}/lacak/")
    phone.goto(f"{live_server.url}/lacak/kartu/")
    expect(phone).to_have_url(f"{live_server.url}/lacak/")
