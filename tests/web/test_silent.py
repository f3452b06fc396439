"""Silent items on pages and over the API: signal, list, export, service time, and only one's own."""

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from offices.models import Office
from privacy.models import AccessRecord
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards

SignIn = Callable[[User], Client]


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    """Three items since years without news, and one of another post office."""
    other = factories.make_office(
        code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07"
    )
    mail_cards(office=registry, post_office=other, number=1)
    return mail_cards(office=registry, post_office=post_office, number=3)


def test_the_supervisor_is_told_by_post_office_with_the_list_behind_it(
    mailed: Mailed, sign_in: SignIn, supervisor: User
) -> None:
    client = sign_in(supervisor)
    home = client.get("/").content.decode()
    assert "Kantor 17510: 3 kiriman tanpa kabar 8 hari buka" in home
    assert 'href="/tanpa-kabar/?post_office=17510"' in home
    page = client.get("/tanpa-kabar/?post_office=17510").content.decode()
    for item in mailed.items:
        assert str(item.number) in page
    assert "1–3 dari 3" in page
    assert "1–4 dari 4" in client.get("/tanpa-kabar/?days=20").content.decode()
    assert "1–4 dari 4" in client.get("/tanpa-kabar/?days=zwei&post_office=nowhere").content.decode()


def test_a_partner_sees_its_own_and_no_personal_data(mailed: Mailed, sign_in: SignIn, partner: User) -> None:
    client = sign_in(partner)
    page = client.get("/tanpa-kabar/").content.decode()
    assert "1–3 dari 3" in page
    assert "17520" not in page
    assert mailed.cards[0].name not in page
    assert 'name="days"' in page
    assert "/masa/" not in page
    assert "/tanpa-kabar/" in client.get("/").content.decode()


@pytest.mark.parametrize("address", ["/tanpa-kabar/unduh.{}", "/api/v1/silent-items/export/?file_type={}"])
def test_the_list_is_taken_as_a_workbook_or_csv_and_recorded(
    address: str, mailed: Mailed, sign_in: SignIn, supervisor: User
) -> None:
    client = sign_in(supervisor)
    text = b"".join(client.get(address.format("csv"))).decode("utf-8-sig").splitlines()
    assert len(text) == 5
    assert text[0].startswith("Nomor kiriman,Acuan,Kiriman,Kantor pos")
    book = b"".join(client.get(address.format("xlsx")))
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    assert sheet is not None
    assert sheet.max_row == 5
    taken = AccessRecord.objects.values_list("action", "subject_key", "records")
    assert list(taken) == [("EXPORT", "silent", 4)] * 2


def test_the_service_time_is_set_by_the_supervisor_only(
    mailed: Mailed, sign_in: SignIn, supervisor: User, printing_user: User, post_office: Office
) -> None:
    address = f"/tanpa-kabar/{post_office.pk}/masa/"
    assert sign_in(printing_user).post(address, {"days": "3"}).status_code == 403
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    stranger = sign_in(factories.make_user(role=Role.SUPERVISOR, office=foreign))
    assert stranger.post(address, {"days": "3"}).status_code == 404
    chief = sign_in(supervisor)
    assert "Tulis masa layanan" in chief.post(address, {"days": "x"}, follow=True).content.decode()
    assert (
        "Masa layanan adalah 1 sampai 250"
        in chief.post(address, {"days": "900"}, follow=True).content.decode()
    )
    post_office.refresh_from_db()
    assert post_office.service_days is None
    chief.post(address, {"days": "3"})
    post_office.refresh_from_db()
    assert post_office.service_days == 3
    chief.post(address, {"days": ""})
    post_office.refresh_from_db()
    assert post_office.service_days is None


def test_the_api_gives_the_same_and_only_ones_own(
    mailed: Mailed, sign_in: SignIn, supervisor: User, partner: User
) -> None:
    client = sign_in(supervisor)
    items = client.get("/api/v1/silent-items/?post_office=17510").json()["results"]
    assert {item["reference"] for item in items} == {card.reference for card in mailed.cards}
    assert {item["status"] for item in items} == {"POSTED"}
    summary = client.get("/api/v1/silent-items/summary/").json()
    assert [(row["post_office"], row["service_days"], row["items"]) for row in summary] == [
        ("17510", 8, 3),
        ("17520", 8, 1),
    ]
    own = sign_in(partner).get("/api/v1/silent-items/").json()["results"]
    assert {item["post_office"] for item in own} == {"17510"}
    asked = {"post_office": "17520", "days": 4}
    answer = client.post("/api/v1/silent-items/service-time/", asked, content_type="application/json")
    assert (answer.status_code, answer.json()["service_days"]) == (200, 4)
    refused = sign_in(partner).post(
        "/api/v1/silent-items/service-time/", asked, content_type="application/json"
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("address", ["/tanpa-kabar/", "/api/v1/silent-items/"])
def test_two_silent_items_cost_what_twenty_cost(
    address: str, registry: Office, post_office: Office, sign_in: SignIn, supervisor: User
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    client = sign_in(supervisor)
    mail_cards(office=registry, post_office=post_office, number=2)
    client.get(address)
    few = statements()
    mail_cards(office=registry, post_office=post_office, number=18)
    assert statements() == few
