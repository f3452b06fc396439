"""A village officer opens a list by its link on a small phone without script, and reports."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery.village_lists import make_village_list
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.browser.conftest import PHONE, SignInto
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_village_officer_reports_on_a_phone(
    page: Page, browser: Browser, live_server: LiveServer, settings: Settings, sign_in: SignInto,
    counter_user: User, counter: Office, cards: list[Card],
) -> None:  # fmt: skip
    settings.PUBLIC_URL = live_server.url
    now = timezone.now()
    bundle = make_village_list(
        office_id=counter.pk, village_code=factories.JATIMULYA, card_ids=None, officer="Kasi Contoh",
        return_by=timezone.localdate() + timedelta(days=9), actor_id=None, at=now,
    )  # fmt: skip
    sign_in(counter_user)
    page.goto(f"{live_server.url}/daftar-desa/{bundle.pk}/")
    page.locator("form[action$='/tautan/'] button").click()
    link = page.locator("#link").input_value()
    found = violations(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.context.clear_cookies()

    page.goto(link)
    found += violations(page)
    page.locator("button.primary").click()
    page.locator("button[value='1:GIVEN:FAMILY']").click()
    expect(page.get_by_role("status")).to_contain_text(cards[0].name)
    page.locator("button[value='2:NOT_FOUND:']").click()
    found += violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert found == []

    plain = browser.new_context(java_script_enabled=False, viewport=PHONE, locale="id-ID")  # type: ignore[arg-type]
    plain.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    without = plain.new_page()
    without.goto(link)  # the same phone follows its link again
    without.locator("button[value='3:GIVEN:HOLDER']").click()
    expect(without.get_by_role("status")).to_be_visible()
    plain.close()
    results = bundle.entries.order_by("position").values_list("result", flat=True)
    assert list(results) == ["GIVEN", "NOT_FOUND", "GIVEN"]
