"""Offices: what each sees, who serves today, which are near."""

from datetime import date

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from offices.models import Closure, Delegation, Office
from tests import factories
from tests.api.conftest import Client
from tests.factories import JATIMULYA

OFFICES = "/api/v1/offices/"


@pytest.fixture
def bekasi(client_of: Client, printing_user: User, counter: Office, post_office: Office) -> APIClient:
    return client_of(printing_user)


def codes(client: APIClient, query: str = "") -> list[str]:
    return [office["code"] for office in client.get(OFFICES + query).json()["results"]]


def test_a_user_sees_the_offices_of_the_registry(bekasi: APIClient, foreign_registry: Office) -> None:
    assert codes(bekasi) == ["17510", "3216", "3216-06"]
    assert bekasi.get(f"{OFFICES}3275/").status_code == 404


def test_an_administrator_sees_all_offices(
    client_of: Client, administrator: User, counter: Office, foreign_registry: Office
) -> None:
    assert codes(client_of(administrator)) == ["3216", "3216-06", "3275"]


def test_offices_are_filtered(bekasi: APIClient) -> None:
    assert codes(bekasi, "?kind=COUNTER") == ["3216-06"]
    assert codes(bekasi, "?region_code=32.16.06") == ["17510", "3216-06"]


def test_a_filter_with_an_unknown_value_is_pointed_at(bekasi: APIClient) -> None:
    answer = bekasi.get(OFFICES + "?kind=BANK")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/kind"


def test_one_office_is_shown(bekasi: APIClient) -> None:
    office = bekasi.get(f"{OFFICES}3216-06/").json()
    assert office["parent"] == "3216"
    assert office["kind"] == "COUNTER"


def serving(client: APIClient, on: str = "2020-05-04") -> dict[str, object]:
    answer = client.get(f"{OFFICES}serving/", {"village_code": JATIMULYA, "service": "PICKUP", "on": on})
    assert answer.status_code == 200, answer.content
    found: dict[str, object] = answer.json()
    return found


def test_the_usual_counter_serves(bekasi: APIClient) -> None:
    found = serving(bekasi)
    assert found["office"]["code"] == "3216-06"  # type: ignore[index]
    assert found["instead_of"] == []
    assert found["fault"] == ""


def test_a_delegate_serves_while_the_counter_is_closed(
    bekasi: APIClient, counter: Office, registry: Office
) -> None:
    day = date(2020, 5, 4)
    Closure.objects.create(office=counter, starts_on=day, ends_on=day, reason="penutupan")
    assert serving(bekasi)["fault"] == "CLOSED_WITHOUT_DELEGATE"
    Delegation.objects.create(office=counter, delegate=registry, service="PICKUP", starts_on=day, ends_on=day)
    found = serving(bekasi)
    assert found["office"]["code"] == "3216"  # type: ignore[index]
    assert [office["code"] for office in found["instead_of"]] == ["3216-06"]  # type: ignore[attr-defined]


def test_serving_wants_a_village(bekasi: APIClient) -> None:
    answer = bekasi.get(f"{OFFICES}serving/", {"village_code": "32.16", "service": "PICKUP"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/village_code"


def test_the_nearest_office_comes_first(bekasi: APIClient, counter: Office, post_office: Office) -> None:
    Office.objects.filter(pk=counter.pk).update(latitude="-6.2600", longitude="107.0200")
    Office.objects.filter(pk=post_office.pk).update(latitude="-6.2600", longitude="107.1200")
    near = bekasi.get(f"{OFFICES}nearest/", {"latitude": -6.26, "longitude": 107.02}).json()
    assert [(each["office"]["code"], each["distance_km"]) for each in near] == [
        ("3216-06", 0.0),
        ("17510", 11.066),
    ]


def test_a_point_off_the_earth_is_refused(bekasi: APIClient) -> None:
    answer = bekasi.get(f"{OFFICES}nearest/", {"latitude": "91", "longitude": "x"})
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/latitude", "/longitude"}


def test_pages_run_by_cursor(client_of: Client, administrator: User, registry: Office) -> None:
    for number in range(5):
        factories.make_office(
            code=f"P{number}", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16"
        )
    client = client_of(administrator)
    seen: list[str] = []
    address: str | None = f"{OFFICES}?page_size=2"
    pages = 0
    while address:
        page = client.get(address).json()
        seen += [office["code"] for office in page["results"]]
        address = page["next"]
        pages += 1
    assert seen == ["3216", "P0", "P1", "P2", "P3", "P4"]
    assert pages == 3


@pytest.mark.parametrize("cursor", ["x", "cD14", "bz05OTk5OTk5OTk5", "é"])
def test_a_made_up_cursor_is_not_an_error_of_the_server(bekasi: APIClient, cursor: str) -> None:
    for path in (OFFICES, "/api/v1/jobs/"):
        answer = bekasi.get(path, {"cursor": cursor})
        assert answer.status_code in {200, 404}
