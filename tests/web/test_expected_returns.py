"""What the post says is coming back is expected until somebody takes it in; overdue by the days of its post office."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Role, User
from delivery.expected_returns import expected_returns
from delivery.returns import ReturnScan, receive_returns
from delivery.status import Status
from delivery.tracking import record_events
from offices.models import Closure, Office
from privacy.models import AccessRecord
from tests import factories
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards

pytestmark = pytest.mark.django_db
PAGE, API = "/retur/akan-datang/", "/api/v1/expected-returns/"
# Said on Monday 11 May 2020; two open days are over on Thursday.
WEDNESDAY = datetime(2020, 5, 13, 3, tzinfo=UTC)
THURSDAY = WEDNESDAY + timedelta(days=1)


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    """Three cards: one is coming back, one was brought back, one is out for delivery."""
    Office.objects.filter(pk=post_office.pk).update(service_days=2)
    mailed = mail_cards(office=registry, post_office=post_office, number=3)
    said = [Status.RETURNING, Status.RETURNED_TO_SENDER, Status.OUT_FOR_DELIVERY]
    record_events(
        events=[
            mailed.event(index, status, hours=24 * 7, reason="ABSENT" if index == 0 else "")
            for index, status in enumerate(said)
        ],
        recorded_at=HANDED_OVER_AT + timedelta(days=7),
        recorded_by_id=None,
    )
    return mailed


def expected(at: datetime) -> tuple[list[int], list[int]]:
    found = expected_returns(offices=list(Office.objects.filter(kind="POST_OFFICE")), at=at)
    every, late = (rows.order_by("pk").values_list("pk", flat=True) for rows in (found.rows, found.overdue))
    return list(every), list(late)


def test_what_the_post_brings_back_is_expected_until_it_is_taken_in(mailed: Mailed, registry: Office) -> None:
    first, second, _third = (card.pk for card in mailed.cards)
    assert expected(WEDNESDAY)[0] == [first, second]
    scan = ReturnScan(scanned=mailed.items[0].number or "")
    receive_returns(office_id=registry.pk, scans=[scan], actor_id=None, at=WEDNESDAY)
    assert expected(WEDNESDAY)[0] == [second]


def test_a_return_is_overdue_after_the_open_days_of_its_post_office(
    mailed: Mailed, post_office: Office
) -> None:
    both = [card.pk for card in mailed.cards[:2]]
    assert expected(THURSDAY - timedelta(days=1))[1] == []
    assert expected(THURSDAY)[1] == both
    Closure.objects.create(office=post_office, starts_on="2020-05-12", ends_on="2020-05-13", reason="x")
    assert expected(THURSDAY)[1] == []


def test_a_card_that_was_set_aside_is_not_expected(mailed: Mailed) -> None:
    card = mailed.cards[0]
    card.disposition = "VOID"
    card.save(update_fields=["disposition"])
    assert card.pk not in expected(WEDNESDAY)[0]


@pytest.fixture
def printing(client: Client, printing_user: User) -> Client:
    client.force_login(printing_user)
    client.cookies["django_language"] = "en"
    return client


@time_machine.travel(THURSDAY, tick=False)
def test_the_page_lists_and_filters_and_marks_what_is_overdue(
    mailed: Mailed, printing: Client, registry: Office
) -> None:
    other = factories.make_office(
        code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07"
    )
    numbers = [str(item.number) for item in mailed.items]
    page = printing.get(PAGE).content.decode()
    assert [number in page for number in numbers] == [True, True, False]
    assert "2 items are overdue" in page
    assert "2 · overdue" in page
    for asked, shown in [
        ("?status=RETURNING", [True, False, False]),
        ("?overdue=on&post_office=17510", [True, True, False]),
        (f"?post_office={other.code}", [False, False, False]),
        ("?post_office=nowhere&status=x", [True, True, False]),
    ]:
        page = printing.get(f"{PAGE}{asked}").content.decode()
        assert [number in page for number in numbers] == shown
    assert "items coming back" in printing.get("/").content.decode()
    assert "some are overdue" in printing.get("/").content.decode()


@time_machine.travel(THURSDAY, tick=False)
@pytest.mark.parametrize("address", [f"{PAGE}unduh.xlsx", f"{API}export/?overdue=true"])
def test_the_list_leaves_as_a_workbook_and_that_is_recorded(
    address: str, mailed: Mailed, printing: Client
) -> None:
    book = load_workbook(BytesIO(b"".join(printing.get(address))))
    sheet = book.active
    assert sheet is not None
    rows = list(sheet.values)
    assert {row[0] for row in rows[1:]} == {item.number for item in mailed.items[:2]}
    assert {row[8] for row in rows[1:]} == {2}
    record = AccessRecord.objects.get()
    assert (record.action, record.subject_key, record.records) == ("EXPORT", "expected", 2)


@time_machine.travel(THURSDAY, tick=False)
def test_the_api_gives_days_and_overdue(mailed: Mailed, printing: Client) -> None:
    found = printing.get(f"{API}?overdue=true&status=RETURNING").json()["results"]
    assert [(each["reference"], each["reason"], each["days"], each["overdue"]) for each in found] == [
        (mailed.cards[0].reference, "ABSENT", 2, True)
    ]
    assert printing.get(f"{API}?post_office=17599").json()["results"] == []
    assert printing.get(f"{API}?status=DELIVERED").status_code == 400


def test_another_registry_and_a_counter_see_nothing_of_it(
    mailed: Mailed, client: Client, counter_user: User
) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    client.force_login(factories.make_user(role=Role.PRINTING, office=foreign))
    assert str(mailed.items[0].number) not in client.get(PAGE).content.decode()
    assert client.get(API).json()["results"] == []
    client.force_login(counter_user)
    assert (client.get(PAGE).status_code, client.get(API).status_code) == (403, 403)
