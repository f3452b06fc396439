"""The pages about cards that reached nobody: axe finds nothing, and nothing sticks out of a small phone."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery.choices import wish
from delivery.destructions import open_destruction, sign_destruction
from delivery.models import CounterStay, StrayItem
from delivery.overdue import mark_overdue
from delivery.return_routing import route_returns
from offices.models import FollowUp, Office
from shipments.models import Card
from tests import factories
from tests.browser.conftest import PHONE, SignInto
from tests.browser.test_accessibility import violations
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import RETURNED_AT, SERVED_AT, bring_back

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def undelivered(registry: Office, post_office: Office, counter: Office, officer: User) -> list[str]:
    """Make some of everything that the pages show; give the pages' addresses."""
    FollowUp.objects.create(office=post_office, attempts=2, days=30)
    CounterStay.objects.update(hold_until="2020-06-01")
    mark_overdue(at=SERVED_AT.replace(month=7))
    for reason in ("DECEASED", "ADDRESS_NOT_FOUND"):
        bring_back(
            mail_cards(office=registry, post_office=post_office, number=2), office=registry, reason=reason
        )
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    waiting = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(waiting, office=registry)
    wish(card_id=waiting.cards[0].pk, wish="RESEND", at=RETURNED_AT)
    StrayItem.objects.create(office=counter, scanned="P2005040000001", outcome="UNKNOWN", found_at=SERVED_AT)
    factories.make_cards(office=registry, number=3, disposition="DAMAGED")
    made = open_destruction(office_id=registry.pk, kind="CARDS", card_ids=None, actor_id=None, at=SERVED_AT)
    sign_destruction(destruction_id=made.pk, counted=3, actor_id=officer.pk, at=SERVED_AT)
    factories.make_cards(office=registry, number=1, disposition="VOID")
    return [
        "/retur/keputusan/?decision=", f"/retur/alamat/{waiting.cards[0].reference}/", "/retur/dinas/",
        "/retur/disisihkan/", "/loket/rak/lewat-waktu/", "/loket/rak/umur/", "/pemusnahan/baru/kartu/",
        f"/pemusnahan/{made.pk}/", "/tindak-lanjut/", "/keinginan/",
        f"/keinginan/{waiting.cards[0].reference}/selesai/",
    ]  # fmt: skip


def test_pages_about_cards_that_reached_nobody_are_accessible_and_fit_a_phone(
    page: Page, live_server: LiveServer, sign_in: SignInto, supervisor: User, printing_user: User, cards: list[Card],
    registry: Office, post_office: Office, counter: Office,
) -> None:  # fmt: skip
    paths = undelivered(registry, post_office, counter, printing_user)
    sign_in(supervisor)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    found: list[str] = []
    for path in paths:
        answer = page.goto(f"{live_server.url}{path}")
        assert answer is not None
        assert answer.status == 200
        found += violations(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{path} is {wide} pixels too wide"] if wide > 0 else []
    assert found == []
