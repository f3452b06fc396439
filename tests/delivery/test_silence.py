"""Items of which the post says nothing: open days of each post office, its service time, and who sees them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, Role, User
from delivery.refusals import Code, DeliveryRefused
from delivery.scope import post_offices_visible_to
from delivery.silence import give_service_time, patience_with, silence_of, silent_items
from delivery.status import Status
from delivery.tracking import record_events
from offices.models import Closure, HandoverPolicy, Office
from offices.open_days import load_open_days
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards

# Posted on Monday 4 May 2020; weekends are closed.
MONDAY = date(2020, 5, 4)


def morning(day: date) -> datetime:
    """08:00 WIB."""
    return datetime.combine(day, time(1), tzinfo=UTC)


def silent(*offices: Office, on: date, days: int | None = None) -> int:
    return silent_items(patience=patience_with(offices=offices, at=morning(on), days=days)).count()


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=3)


@pytest.mark.parametrize(
    ("days", "last_day_of_patience"),
    [
        (1, date(2020, 5, 29)),
        (2, date(2020, 6, 2)),  # a weekend and Monday 1 June, Pancasila Day, lie between
        (3, date(2020, 6, 3)),
    ],
)
def test_items_are_silent_after_the_open_days_of_their_post_office(
    mailed: Mailed, post_office: Office, days: int, last_day_of_patience: date
) -> None:
    transit = [mailed.event(index, Status.IN_TRANSIT, hours=24 * 24) for index in range(3)]  # Thursday 28 May
    record_events(events=transit, recorded_at=morning(date(2020, 5, 29)), recorded_by_id=None)
    Office.objects.filter(pk=post_office.pk).update(service_days=days)
    post_office.refresh_from_db()
    assert silent(post_office, on=last_day_of_patience) == 0
    assert silent(post_office, on=last_day_of_patience + timedelta(days=1)) == 3


@pytest.mark.parametrize("service", ["", "POSTING"])
@pytest.mark.parametrize("area", ["", "32.16"])
def test_days_on_which_the_post_office_is_closed_do_not_count(
    mailed: Mailed, post_office: Office, service: str, area: str
) -> None:
    assert silent(post_office, on=date(2020, 5, 7), days=2) == 3
    Closure.objects.create(
        office=None if area else post_office, area_code=area, service=service, starts_on=date(2020, 5, 6),
        ends_on=date(2020, 5, 8), reason="PSBB",
    )  # fmt: skip
    assert silent(post_office, on=date(2020, 5, 11), days=2) == 0
    assert silent(post_office, on=date(2020, 5, 12), days=2) == 3


@pytest.mark.parametrize("closed_days", [0, 90])
def test_an_office_that_opens_on_few_days_becomes_late_all_the_same(
    mailed: Mailed, post_office: Office, closed_days: int
) -> None:
    # Monday, Wednesday and Friday: 400 days hold some 165 of them
    Office.objects.filter(pk=post_office.pk).update(service_days=200, open_weekdays=[0, 2, 4])
    post_office.refresh_from_db()
    if closed_days:
        Closure.objects.create(
            office=post_office, starts_on=MONDAY + timedelta(days=1), reason="PSBB",
            ends_on=MONDAY + timedelta(days=closed_days),
        )  # fmt: skip
    first = MONDAY + timedelta(days=1)
    (office_days,) = load_open_days(
        offices=[post_office], service="POSTING", first=first, last=first + timedelta(days=800)
    ).days.values()
    last_day_of_patience = office_days[199]  # today does not count
    assert (last_day_of_patience - MONDAY).days > 400
    assert silent(post_office, on=last_day_of_patience) == 0
    day_after = last_day_of_patience + timedelta(days=1)
    assert silent(post_office, on=day_after) == 3
    patience = patience_with(offices=[post_office], at=morning(day_after))
    assert patience.silent_for(office_id=post_office.pk, last_news=morning(MONDAY)) == 200


def test_an_office_that_was_closed_for_long_is_as_late_as_before(mailed: Mailed, post_office: Office) -> None:
    closed = date(2020, 5, 21)
    Closure.objects.create(
        office=post_office, starts_on=closed, ends_on=closed + timedelta(days=500), reason="gempa"
    )
    assert silent(post_office, on=closed, days=8) == 3
    assert silent(post_office, on=closed + timedelta(days=450), days=8) == 3


def test_an_office_that_never_opens_is_never_late(mailed: Mailed, post_office: Office) -> None:
    Office.objects.filter(pk=post_office.pk).update(open_weekdays=[])
    post_office.refresh_from_db()
    assert silent(post_office, on=date(2022, 5, 4), days=250) == 0


def test_a_closure_of_another_service_is_no_excuse(mailed: Mailed, post_office: Office) -> None:
    Closure.objects.create(
        office=post_office, service="PICKUP", starts_on=MONDAY, ends_on=date(2020, 5, 30), reason="x"
    )
    assert silent(post_office, on=date(2020, 5, 7), days=2) == 3


def test_news_and_an_end_break_the_silence(mailed: Mailed, post_office: Office) -> None:
    record_events(
        events=[
            mailed.event(0, Status.DELIVERED, hours=24),
            mailed.event(1, Status.IN_TRANSIT, hours=24 * 10),
            mailed.event(2, Status.RETURNING, hours=24),
        ],
        recorded_at=morning(date(2020, 5, 14)),
        recorded_by_id=None,
    )
    patience = patience_with(offices=[post_office], at=morning(date(2020, 5, 18)), days=5)
    (left,) = silent_items(patience=patience)
    assert (left.card_id, left.status) == (mailed.cards[2].pk, "RETURNING")
    # 6, 7, 8, 11, 12, 13, 14 and 15 May: today and the day of the news do not count
    assert patience.silent_for(office_id=post_office.pk, last_news=left.last_event_at) == 8


def test_each_post_office_has_its_own_time_or_the_policys(
    mailed: Mailed, registry: Office, post_office: Office
) -> None:
    other = factories.make_office(
        code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07"
    )
    mail_cards(office=registry, post_office=other, number=2)
    HandoverPolicy.objects.create(office=registry, silent_after_days=5)
    give_service_time(
        post_office_id=other.pk, registry_id=registry.pk, days=2, actor_id=None, at=morning(MONDAY)
    )
    offices = list(Office.objects.filter(kind=Office.Kind.POST_OFFICE))
    told = [
        (silence.office.code, silence.service_days, silence.items)
        for silence in silence_of(patience=patience_with(offices=offices, at=morning(date(2020, 5, 8))))
    ]
    assert told == [("17520", 2, 2), ("17510", 5, 0)]
    assert AuditEntry.objects.get(operation="SET_SERVICE_DAYS").object_key == "17520"


def test_a_service_time_of_another_registry_or_of_no_days_is_refused(
    registry: Office, post_office: Office
) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    for registry_id, days, code in (
        (foreign.pk, 3, Code.OFFICE_UNKNOWN),
        (registry.pk, 0, Code.SERVICE_DAYS_INVALID),
    ):
        with pytest.raises(DeliveryRefused) as refused:
            give_service_time(
                post_office_id=post_office.pk, registry_id=registry_id, days=days, actor_id=None,
                at=morning(MONDAY),
            )  # fmt: skip
        assert refused.value.code is code
    post_office.refresh_from_db()
    assert post_office.service_days is None
    assert not AuditEntry.objects.exists()


def test_the_years_decree_of_holidays_counts(post_office: Office) -> None:
    first, last = date(2026, 3, 16), date(2026, 3, 27)
    opened = load_open_days(offices=[post_office], service="POSTING", first=first, last=last)
    # Nyepi, Idul Fitri and collective leave are from the 18th to the 24th
    assert [day.day for day in opened.days[post_office.pk]] == [16, 17, 25, 26, 27]
    assert opened.between(office_id=post_office.pk, after=first, before=last) == 3
    assert opened.back(office_id=post_office.pk, before=last, count=3) == date(2026, 3, 17)
    assert opened.back(office_id=post_office.pk, before=last, count=5) is None


def test_an_office_that_is_never_open_is_never_late(mailed: Mailed, post_office: Office) -> None:
    Office.objects.filter(pk=post_office.pk).update(open_weekdays=[])
    post_office.refresh_from_db()
    assert silent(post_office, on=date(2021, 5, 4)) == 0


def test_the_same_statements_serve_one_post_office_and_many(mailed: Mailed, registry: Office) -> None:
    def statements() -> int:
        offices = list(Office.objects.filter(kind=Office.Kind.POST_OFFICE))
        with CaptureQueriesContext(connection) as captured:
            silence_of(patience=patience_with(offices=offices, at=morning(date(2020, 6, 8))))
        return len(captured)

    few = statements()
    for serial in range(5):
        other = factories.make_office(
            code=f"175{serial}1", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07"
        )
        mail_cards(office=registry, post_office=other, number=2)
    assert statements() == few


def test_who_sees_which_post_offices(
    registry: Office, post_office: Office, printing_user: User, partner: User, counter_user: User
) -> None:
    second = factories.make_office(
        code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07"
    )
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    stranger = factories.make_user(role=Role.SUPERVISOR, office=foreign)
    assert list(post_offices_visible_to(printing_user)) == [post_office, second]
    assert list(post_offices_visible_to(partner)) == [post_office]
    assert not post_offices_visible_to(counter_user).exists()
    assert not post_offices_visible_to(stranger).exists()
