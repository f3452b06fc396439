"""The network goes down at the counter: two cards are handed out, a third was collected elsewhere meanwhile."""

import json

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery.counter import collect
from delivery.models import Collection, OfflineConflict
from shipments.models import Card
from tests.browser.conftest import SignInto
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def kept(page: Page, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        page.evaluate("name => localStorage.getItem(name)", name) or "[]"
    )
    return found


def hand_out(page: Page, card: Card) -> None:
    page.locator("#scanned").fill(card.reference)
    page.keyboard.press("Enter")
    expect(page.locator("#scan-answer")).to_contain_text("Rak A1")
    page.locator("#paper-OLD_CARD").check()
    page.locator("#old-card").check()
    page.locator("[data-confirm] button").click()
    expect(page.locator("#scan-answer")).to_contain_text(card.reference)


def test_cards_are_handed_out_without_network_and_none_twice(
    context: BrowserContext, page: Page, live_server: LiveServer, sign_in: SignInto, counter_user: User,
    cards: list[Card],
) -> None:  # fmt: skip
    sign_in(counter_user)
    page.goto(f"{live_server.url}/loket/")
    expect(page.locator("[data-offline-keep]")).to_have_attribute("data-ready", "yes")
    assert cards[0].name not in page.evaluate("localStorage.getItem('antarktp-list')")

    context.set_offline(True)
    expect(page.locator("[data-when=down]")).to_be_visible()
    page.goto(f"{live_server.url}/loket/rak/")  # the worker answers with the page that it keeps
    expect(page.locator("[data-about]")).to_contain_text("3 kartu")
    assert counter_user.username not in page.content()
    assert violations(page) == []
    hand_out(page, cards[0])
    page.locator("#scanned").fill(cards[0].reference)
    page.keyboard.press("Enter")
    expect(page.locator("#scan-answer")).to_contain_text("Jangan diserahkan")
    hand_out(page, cards[1])
    page.reload()
    expect(page.locator("[data-kept] li")).to_have_count(2)
    hand_out(page, cards[2])
    assert [one["state"] for one in kept(page, "antarktp-queue")] == ["WAITING"] * 3
    assert not Collection.objects.exists()
    collect(
        counter_id=cards[2].counter_stays.get().counter_id, card_id=cards[2].pk, relation="HOLDER",
        documents=["OLD_CARD"], collector_name="", old_card_surrendered=True, nonce="elsewhere", actor_id=None,
        at=timezone.now(),
    )  # fmt: skip

    context.set_offline(False)
    expect(page.locator("[data-kept] li[data-state=RECORDED]")).to_have_count(2)
    expect(page.locator("[data-kept] li[data-state=CONFLICT]")).to_contain_text(cards[2].reference)
    assert Collection.objects.filter(card__in=cards[:2], collected_by=counter_user).count() == 2
    assert Collection.objects.get(card=cards[2]).nonce == "elsewhere"
    assert OfflineConflict.objects.get().card == cards[2]
    page.goto(f"{live_server.url}/loket/luring/selisih/")
    expect(page.locator("tbody tr")).to_contain_text(cards[2].reference)

    context.clear_cookies()
    page.goto(f"{live_server.url}/akun/login/")
    assert page.evaluate("localStorage.getItem('antarktp-list')") is None
    assert len(kept(page, "antarktp-queue")) == 3
