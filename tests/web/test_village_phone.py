"""The village officer's page: a link made at the desk opens on one phone, shows little, and reports card by card."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from accounts.models import AuditEntry, Role, User
from delivery.models import VillageList, VillageListLink
from delivery.village_lists import VillageResult, make_village_list
from delivery.village_lists import report as report_at_desk
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.delivery.shelving import SERVED_AT, shelve_cards
from tests.web.conftest import SignIn
from tests.web.desks import statements

LINK = re.compile(r'value="http://[^/]+(/desa/[A-Za-z0-9_-]{32}/)"')


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(SERVED_AT, tick=False) as clock, translation.override("en"):
        yield clock


@pytest.fixture
def cards(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    return shelve_cards(registry=registry, post_office=post_office, number=3)


@pytest.fixture
def bundle(cards: list[Card], counter: Office) -> VillageList:
    return make_village_list(
        office_id=counter.pk, village_code=factories.JATIMULYA, card_ids=None, officer="Kasi Contoh",
        return_by=date(2020, 6, 8), actor_id=None, at=SERVED_AT - timedelta(hours=1),
    )  # fmt: skip


@pytest.fixture
def clerk(sign_in: SignIn, counter_user: User) -> Client:
    client = sign_in(counter_user)
    client.cookies["django_language"] = "en"
    return client


def phone() -> Client:
    client = Client(enforce_csrf_checks=True)
    client.cookies["django_language"] = "en"
    return client


def link_of(clerk: Client, bundle: VillageList) -> str:
    made = clerk.post(f"/daftar-desa/{bundle.pk}/tautan/")
    assert (made.status_code, made["Cache-Control"]) == (200, "no-store")
    page = made.content.decode()
    assert page.count('src="data:image/svg+xml') == 2  # on the screen and on the paper
    found = LINK.search(page)
    assert found is not None
    return found[1]


def press(client: Client, path: str, **typed: str) -> Any:
    """Send a form as the browser does that has shown its page."""
    client.get(path)
    token = client.cookies["csrftoken"].value
    return client.post(path, {"csrfmiddlewaretoken": token, **typed})


def opened(clerk: Client, bundle: VillageList) -> tuple[Client, str]:
    client = phone()
    answer = press(client, link_of(clerk, bundle))
    assert answer.status_code == 302
    return client, answer["Location"]


def test_the_desk_makes_a_link_that_one_phone_opens(clerk: Client, bundle: VillageList) -> None:
    assert "A link opens the list once" in clerk.get(f"/daftar-desa/{bundle.pk}/").content.decode()
    path = link_of(clerk, bundle)
    assert "A link waits to be opened" in clerk.get(f"/daftar-desa/{bundle.pk}/").content.decode()
    officer, stranger = phone(), phone()
    assert officer.get(path).status_code == officer.head(path).status_code == 200  # a preview opens nothing
    answer = press(officer, path)
    link = VillageListLink.objects.get()
    assert answer["Location"] == f"/desa/{link.pk}/"
    cookie = answer.cookies[f"desa-{link.pk}"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/desa/")
    assert cookie.value not in (link.digest, link.browser_digest)
    assert officer.get(path)["Location"] == f"/desa/{link.pk}/"  # the paper's code leads back, on this phone
    assert [stranger.get(path).status_code, press(stranger, path).status_code] == [404, 404]
    assert "Open on one phone since" in clerk.get(f"/daftar-desa/{bundle.pk}/").content.decode()


def test_every_shut_door_looks_the_same(clerk: Client, bundle: VillageList, clock: Any) -> None:
    path = link_of(clerk, bundle)
    press(phone(), path)
    stranger = phone()
    link = VillageListLink.objects.get()

    def seen(path: str) -> tuple[int, str]:
        answer = stranger.get(path)
        page = re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]+"', r"\1", answer.content.decode())
        assert bundle.number not in page
        return answer.status_code, page

    used = seen(path)
    assert used[0] == 404
    assert "This link does not open here" in used[1]
    assert used == seen("/desa/" + "A" * 32 + "/") == seen(f"/desa/{link.pk}/") == seen("/desa/999999/")
    stranger.cookies[f"desa-{link.pk}"] = "x" * 32
    assert used == seen(f"/desa/{link.pk}/")
    clock.shift(timedelta(days=15))
    assert used == seen(path)


def test_the_page_shows_what_handing_out_needs_and_nothing_more(
    clerk: Client, bundle: VillageList, cards: list[Card]
) -> None:
    client, path = opened(clerk, bundle)
    answer = client.get(path)
    page = answer.content.decode()
    for card in cards:
        assert card.name in page
        assert card.reference in page
        for hidden in (card.nik, card.kk, card.phone, card.address.alamat, bundle.officer):
            assert not hidden or hidden not in page
    for text in ("001", "007", "8 June 2020", "Bring what is left back to", "Given to the holder"):
        assert text in page
    assert len(answer.content) <= 60_000
    assert "<script" not in page
    assert "style=" not in page
    headers = [answer[name] for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")]
    assert headers == ["no-store", "same-origin", "noindex, nofollow"]


def test_the_officer_reports_and_takes_back_until_the_list_is_complete(
    clerk: Client, bundle: VillageList, clock: Any
) -> None:
    client, path = opened(clerk, bundle)
    answer = press(client, path, card="1:GIVEN:FAMILY", day="2020-05-25")
    assert answer["Location"] == f"{path}?day=2020-05-25&told=1"
    page = client.get(answer["Location"]).content.decode()
    assert "Take back what was just reported" in page
    assert 'value="1:GIVEN:HOLDER"' not in page
    assert 'value="1:TAKE_BACK"' in client.get(f"{path}?all=1").content.decode()
    press(client, path, card="2:NOT_FOUND:")
    entries = bundle.entries.order_by("position").values_list("result", "relation", "reported_on")
    assert list(entries) == [
        ("GIVEN", "FAMILY", date(2020, 5, 25)), ("NOT_FOUND", "", date(2020, 5, 25)), ("OPEN", "", None),
    ]  # fmt: skip
    again = press(client, path, card="1:NOT_FOUND:")
    assert (again.status_code, "was already reported as given" in again.content.decode()) == (409, True)
    clock.shift(timedelta(minutes=1))
    press(client, path, card="1:TAKE_BACK")
    assert entries.all()[0] == ("OPEN", "", None)
    clock.shift(timedelta(minutes=1))
    for place in (1, 2, 3):
        press(client, path, card=f"{place}:GIVEN:HOLDER")
    done = client.get(path).content.decode()
    assert "The list is complete. Thank you." in done
    assert "<fieldset" not in done
    assert press(client, path, card="1:TAKE_BACK").status_code == 409
    audited = AuditEntry.objects.filter(operation="REPORT_VILLAGE_LIST", details__link__isnull=False)
    assert audited.count() == 5


@pytest.mark.parametrize(
    ("card", "day"),
    [("", ""), ("1", ""), ("1:RETURNED:", ""), ("1:GIVEN:NEIGHBOUR", ""), ("9:GIVEN:HOLDER", ""),
     ("x:GIVEN:HOLDER", ""), ("1:GIVEN:HOLDER", "2020-05-24"), ("1:GIVEN:HOLDER", "2020-05-26"),
     ("9" * 30 + ":GIVEN:HOLDER", "")],
)  # fmt: skip
def test_what_makes_no_report_is_refused(card: str, day: str, clerk: Client, bundle: VillageList) -> None:
    client, path = opened(clerk, bundle)
    assert press(client, path, card=card, day=day).status_code == 409
    assert set(bundle.entries.values_list("result", flat=True)) == {"OPEN"}


def test_a_report_without_the_forms_token_or_after_revoking_is_refused(
    clerk: Client, bundle: VillageList
) -> None:
    client, path = opened(clerk, bundle)
    client.get(path)
    assert client.post(path, {"card": "1:GIVEN:HOLDER"}).status_code == 403
    answer = clerk.post(f"/daftar-desa/{bundle.pk}/tautan/", {"revoke": "1"}, follow=True)
    assert "The link does not work any more." in answer.content.decode()
    assert press(client, path, card="1:GIVEN:HOLDER").status_code == 404
    assert set(bundle.entries.values_list("result", flat=True)) == {"OPEN"}


def test_the_desk_takes_a_result_back(clerk: Client, bundle: VillageList, clock: Any) -> None:
    entry = bundle.entries.get(position=1)
    report_at_desk(
        village_list_id=bundle.pk, actor_id=None, at=SERVED_AT,
        results=[VillageResult(card_id=entry.card_id, result="GIVEN", on=date(2020, 5, 25))],
    )  # fmt: skip
    path = f"/daftar-desa/{bundle.pk}/"
    assert f'name="take_back" value="{entry.card_id}"' in clerk.get(path).content.decode()
    clock.shift(timedelta(minutes=1))
    assert clerk.post(path, {"take_back": str(entry.card_id)}).status_code == 302
    entry.refresh_from_db()
    assert entry.result == "OPEN"
    assert clerk.post(path, {"take_back": "x"}).status_code == 409


def test_only_the_lists_own_office_makes_its_link(
    sign_in: SignIn, registry: Office, bundle: VillageList, printing_user: User
) -> None:
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    stranger = factories.make_user(role=Role.COUNTER, office=other)
    path = f"/daftar-desa/{bundle.pk}/tautan/"
    assert [sign_in(user).post(path).status_code for user in (stranger, printing_user)] == [404, 403]
    assert not VillageListLink.objects.exists()


def test_a_list_whose_day_has_passed_gets_no_link(clerk: Client, bundle: VillageList) -> None:
    VillageList.objects.update(return_by=date(2020, 5, 24))
    refused = clerk.post(f"/daftar-desa/{bundle.pk}/tautan/")
    assert refused.status_code == 409
    assert "its day of return has passed" in refused.content.decode()
    assert "Make a link" not in clerk.get(f"/daftar-desa/{bundle.pk}/").content.decode()


def test_a_long_list_is_read_in_pages_that_weigh_and_cost_the_same(
    clerk: Client, bundle: VillageList, registry: Office, post_office: Office, counter: Office
) -> None:
    client, path = opened(clerk, bundle)
    few = statements(client, path)
    shelve_cards(registry=registry, post_office=post_office, number=22)
    long = make_village_list(
        office_id=counter.pk, village_code=factories.JATIMULYA, card_ids=None, officer="Kasi Contoh",
        return_by=date(2020, 6, 8), actor_id=None, at=SERVED_AT,
    )  # fmt: skip
    client, path = opened(clerk, long)
    assert statements(client, path) == few
    first, last = client.get(path).content, client.get(f"{path}?page=2").content
    assert (first.count(b"<fieldset"), last.count(b"<fieldset")) == (20, 2)
    assert len(first) <= 60_000 - 10_000  # its style sheet weighs less than ten
