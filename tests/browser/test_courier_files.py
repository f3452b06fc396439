"""The pages of the post's news: columns named by keyboard, events recorded by scan, accessible on a phone."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from delivery.courier_files import upload
from offices.models import Office
from tests.browser.conftest import SignInto
from tests.browser.test_accessibility import violations
from tests.delivery.mailing import mail_cards, state_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_columns_are_named_and_events_recorded_on_a_phone(
    phone: Page, live_server: LiveServer, sign_in: SignInto, supervisor: User, registry: Office,
    post_office: Office, settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    settings.MEDIA_ROOT = tmp_path / "files"
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    number = str(mailed.items[0].number)
    path = tmp_path / "asing.csv"
    path.write_text(f"Nama;Kode;Hasil;Hari\nSITI CONTOH;{number};DELIVERED;06/05/2020")
    file = upload(
        path=path, name="asing.csv", office_id=post_office.pk, actor_id=None, at=timezone.now(), enqueue=False
    )
    sign_in(supervisor)
    phone.goto(f"{live_server.url}/berkas-kurir/{file.pk}/kolom/")
    found = violations(phone)
    for field, column in {"number": "1", "status": "2", "date": "3"}.items():
        phone.locator(f"select[name={field}]").select_option(column)
    phone.locator("button[name=what][value=preview]").click()
    expect(phone).to_have_url(f"{live_server.url}/berkas-kurir/{file.pk}/")
    phone.goto(f"{live_server.url}/tata-letak/")
    expect(phone.get_by_text("Kode →")).to_be_visible()
    found += violations(phone)
    phone.goto(f"{live_server.url}/kejadian/")
    phone.locator("select[name=status]").select_option("ATTEMPT_FAILED")
    phone.locator("#scanned").fill(number)
    phone.keyboard.press("Enter")
    expect(phone.locator("#scan-answer.scan-good")).to_be_visible()
    expect(phone.locator("#recent tbody tr")).to_have_count(1)
    found += violations(phone)
    assert found == []
    assert state_of(mailed.cards[0]) == ("ATTEMPT_FAILED", "")
