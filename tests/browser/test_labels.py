"""Labels of chosen shipments: the page follows the work and offers the file; and the pages of silent items."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from jobs.models import Job
from jobs.services import run_job
from offices.models import HandoverPolicy, Office
from shipments.backlog import fill_backlog
from shipments.batching import batch_backlog
from tests import factories
from tests.browser.conftest import SignInto
from tests.browser.test_accessibility import violations
from tests.delivery.mailing import mail_cards

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_labels_of_chosen_shipments_are_followed_and_offered(
    page: Page, live_server: LiveServer, sign_in: SignInto, supervisor: User, registry: Office, post_office: Office,
    settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    settings.MEDIA_ROOT = tmp_path / "files"
    HandoverPolicy.objects.create(office=registry, items_per_shipment=2, items_per_bag=2)
    factories.make_cards(office=registry, number=4)
    now = timezone.now()
    fill_backlog(office_id=registry.pk, at=now)
    batch_backlog(office_id=registry.pk, on=now.date(), actor_id=None, at=now)
    sign_in(supervisor)
    page.goto(f"{live_server.url}/kiriman/")
    page.locator("[data-all=shipment]").check()
    page.locator("details.panel summary").click()
    expect(page.locator("[data-chosen=shipment]")).to_have_text("2")
    found = violations(page)
    page.locator("details.panel button").click()
    expect(page.locator("progress")).to_be_visible()
    found += violations(page)
    for job in Job.objects.all():
        run_job(job.pk)
    take = page.locator(".page-actions a")
    expect(take).to_be_focused()
    found += violations(page)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".zip")
    mail_cards(office=registry, post_office=post_office, number=2)
    for path in ("/", "/tanpa-kabar/"):
        page.goto(f"{live_server.url}{path}")
        found += violations(page)
    assert found == []
