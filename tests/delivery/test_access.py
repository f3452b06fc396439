"""A resident sees their own card and nobody learns anything about anybody else's."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from addresses.models import Verdict
from delivery import lookup_limits
from delivery.access import (
    PIN_ALPHABET,
    LinkToken,
    NikAndFamilyCard,
    NumberAndPin,
    link_of,
    link_token_of,
    pin_matches,
    pin_of,
    public_lookup,
)
from delivery.appointments import book
from delivery.models import LookupLimit, TrackingEvent
from delivery.public_view import STAGE_AND_NEXT, NextStep, PublicView, Stage
from delivery.status import Status
from delivery.tracking import record_events, void_events
from offices.models import Office
from privacy.crypto import blind_index
from shipments.circulation import renew_access
from shipments.models import Card
from tests import factories
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards
from tests.delivery.shelving import SERVED_AT, shelve_cards

pytestmark = pytest.mark.django_db
AT = datetime.fromisoformat("2020-05-10T09:00:00+07:00")
KK = "3216060101010001"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    cards = factories.make_cards(
        office=registry, number=2, kk=KK, kk_index=blind_index(KK, purpose="card.kk")
    )
    return mail_cards(office=registry, post_office=post_office, number=2, cards=cards)


def look(credentials: Any, *, client: str = "203.0.113.7", at: datetime = AT) -> PublicView | None:
    return public_lookup(credentials=credentials, client=client, at=at)


def by_pin(card: Card, pin: str | None = None, **fields: Any) -> PublicView | None:
    return look(NumberAndPin(number=card.reference, pin=pin if pin is not None else pin_of(card)), **fields)


def record(mailed: Mailed, *statuses: tuple[Status, float]) -> None:
    record_events(
        events=[mailed.event(0, status, hours=hours) for status, hours in statuses],
        recorded_at=AT,
        recorded_by_id=None,
    )


def test_a_pin_has_six_unambiguous_characters_and_a_link_144_bits(registry: Office) -> None:
    cards = factories.make_cards(office=registry, number=300)
    pins = {pin_of(card) for card in cards}
    assert len(pins) == 300
    assert {len(pin) for pin in pins} == {6}
    assert set("".join(pins)) == set(PIN_ALPHABET)
    assert not set(PIN_ALPHABET) & set("01ILO5S")
    reference, secret = link_token_of(cards[0]).split(".")
    assert (reference, len(secret)) == (cards[0].reference, 24)
    assert link_of(cards[0]).endswith(f"/t/{cards[0].reference}.{secret}")


def test_renewing_the_access_voids_pin_and_link(mailed: Mailed) -> None:
    card = mailed.cards[0]
    old_pin, old_token = pin_of(card), link_token_of(card)
    renew_access(card_id=card.pk)
    assert by_pin(card, old_pin) is None
    assert look(LinkToken(token=old_token)) is None
    card.refresh_from_db()
    assert by_pin(card) is not None
    assert look(LinkToken(token=link_token_of(card))) is not None


def test_a_pin_is_typed_in_small_letters_and_with_spaces(mailed: Mailed) -> None:
    card = mailed.cards[0]
    pin = pin_of(card).lower()
    assert pin_matches(card, f" {pin[:3]} {pin[3:]} ")
    reference = f"{card.reference[:4]}-{card.reference[4:]}".lower()
    assert look(NumberAndPin(number=reference, pin=pin)) is not None


def test_every_kind_of_credential_opens_the_same_view(mailed: Mailed) -> None:
    card, item = mailed.cards[0], mailed.items[0]
    views = [
        by_pin(card),
        look(NumberAndPin(number=item.number or "", pin=pin_of(card))),
        look(NikAndFamilyCard(nik=card.nik, kk=KK)),
        look(LinkToken(token=link_token_of(card))),
    ]
    assert views[0] is not None
    assert views[0].card_id == card.pk
    assert views.count(views[0]) == 4
    assert views[0].number == item.number


def test_a_view_carries_nothing_that_is_not_the_residents_to_see(mailed: Mailed) -> None:
    card = mailed.cards[0]
    view = by_pin(card)
    assert view is not None
    words = " ".join(str(view).split())
    assert view.masked_name == "W*** C*** " + card.name.split()[2][0] + "***"
    for secret in (card.nik, card.name, KK, card.address.alamat, pin_of(card), link_token_of(card)):
        assert secret not in words


@pytest.mark.parametrize(
    ("statuses", "stage", "next_step", "since"),
    [
        ([], Stage.SENT, NextStep.ON_ITS_WAY, date(2020, 5, 4)),
        ([(Status.AT_DELIVERY_OFFICE, 24)], Stage.AT_POST_OFFICE, NextStep.DELIVERY_SOON, date(2020, 5, 5)),
        ([(Status.OUT_FOR_DELIVERY, 47)], Stage.OUT_FOR_DELIVERY, NextStep.BE_AT_HOME, date(2020, 5, 6)),
        ([(Status.ATTEMPT_FAILED, 49)], Stage.OUT_FOR_DELIVERY, NextStep.ANOTHER_ATTEMPT, date(2020, 5, 6)),
        ([(Status.HELD_FOR_PICKUP, 50)], Stage.AT_POST_OFFICE, NextStep.COLLECT_AT_POST_OFFICE, date(2020, 5, 6)),
        ([(Status.RETURNING, 72)], Stage.AT_POST_OFFICE, NextStep.COMING_BACK_TO_US, date(2020, 5, 7)),
        ([(Status.DELIVERED, 72)], Stage.RECEIVED, NextStep.NOTHING, date(2020, 5, 7)),
    ],
)  # fmt: skip
def test_a_status_is_told_as_a_stage_with_what_comes_next(
    mailed: Mailed, statuses: list[tuple[Status, float]], stage: Stage, next_step: NextStep, since: date
) -> None:
    record(mailed, *statuses)
    view = by_pin(mailed.cards[0])
    assert view is not None
    assert (view.stage, view.next_step, view.since) == (stage, next_step, since)


def test_every_status_has_a_stage() -> None:
    assert set(STAGE_AND_NEXT) == set(Status)


def test_five_steps_carry_the_days_of_the_last_posting_and_no_voided_event(mailed: Mailed) -> None:
    record(
        mailed, (Status.IN_TRANSIT, 3), (Status.AT_DELIVERY_OFFICE, 24), (Status.AT_DELIVERY_OFFICE, 40),
        (Status.OUT_FOR_DELIVERY, 48), (Status.DELIVERED, 52),
    )  # fmt: skip
    wrong = TrackingEvent.objects.get(status="OUT_FOR_DELIVERY")
    void_events(event_ids=[wrong.pk], reason="another item", recorded_at=AT, recorded_by_id=None)
    view = by_pin(mailed.cards[0])
    assert view is not None
    assert [(step.stage.value, step.day) for step in view.steps] == [
        ("PRINTED", date(2020, 4, 1)), ("SENT", date(2020, 5, 4)), ("AT_POST_OFFICE", date(2020, 5, 5)),
        ("OUT_FOR_DELIVERY", None), ("RECEIVED", date(2020, 5, 6)),
    ]  # fmt: skip
    assert all(step.reached for step in view.steps)


def test_a_card_that_is_not_posted_yet_says_what_it_waits_for(registry: Office) -> None:
    ready, unclear = (
        factories.make_cards(office=registry, number=1)[0],
        factories.make_cards(office=registry, number=1, verdict=Verdict.NEEDS_REVIEW)[0],
    )
    damaged = factories.make_cards(office=registry, number=1, disposition="DAMAGED")[0]
    steps = [view.next_step for card in (ready, unclear, damaged) if (view := by_pin(card)) is not None]
    assert steps == [NextStep.WAIT_FOR_DISPATCH, NextStep.ADDRESS_BEING_CHECKED, NextStep.BEING_REPRINTED]


def test_a_second_print_is_not_found(registry: Office) -> None:
    double = factories.make_cards(office=registry, number=1, disposition="DUPLICATE")[0]
    assert by_pin(double) is None


def test_a_card_at_a_counter_says_where_and_until_when(
    registry: Office, post_office: Office, counter: Office
) -> None:
    Office.objects.filter(pk=counter.pk).update(open_weekdays=[0, 1, 2, 3, 5])
    card = shelve_cards(registry=registry, post_office=post_office, number=1)[0]
    book(card_id=card.pk, day=date(2020, 5, 27), lane="ORDINARY", at=SERVED_AT)
    view = by_pin(card, at=SERVED_AT)
    assert view is not None
    assert view.counter is not None
    assert (view.stage, view.next_step, view.reason) == (Stage.READY, NextStep.COLLECT_AT_COUNTER, "ABSENT")
    assert (view.counter.name, view.counter.opening_hours) == (
        counter.name, "Senin–Kamis, Sabtu 08.00–15.00 WIB",
    )  # fmt: skip
    assert (view.counter.until, view.counter.appointment) == (date(2020, 6, 19), date(2020, 5, 27))
    assert (view.steps[-1].stage, view.steps[-1].day) == (Stage.READY, date(2020, 5, 20))


# --- nobody else -------------------------------------------------------------------------------


def test_wrong_number_wrong_pin_absent_and_locked_cost_the_same_and_answer_the_same(mailed: Mailed) -> None:
    card, other = mailed.cards
    for _ in range(5):
        by_pin(other, "AAAAAA")
    attempts = [
        NumberAndPin(number="K387420489J", pin="AAAAAA"),
        NumberAndPin(number="", pin=""),
        NumberAndPin(number=card.reference, pin="AAAAAA"),
        NumberAndPin(number=other.reference, pin=pin_of(other)),
        NikAndFamilyCard(nik="3216060101900001", kk=KK),
        NikAndFamilyCard(nik=card.nik, kk=""),
    ]
    costs = []
    for attempt in attempts:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert look(attempt, client="198.51.100.9") is None
        costs.append(len(queries))
    assert len(set(costs)) == 1


def test_a_right_lookup_is_one_statement(mailed: Mailed) -> None:
    record(mailed, (Status.IN_TRANSIT, 3), (Status.AT_DELIVERY_OFFICE, 24), (Status.OUT_FOR_DELIVERY, 48))
    with CaptureQueriesContext(connection) as queries:
        assert by_pin(mailed.cards[0]) is not None
        assert look(LinkToken(token=link_token_of(mailed.cards[1]))) is not None
    assert len(queries) == 2


def test_five_wrong_pins_lock_the_record_for_a_quarter_of_an_hour_and_then_longer(mailed: Mailed) -> None:
    card = mailed.cards[0]
    clients = iter(f"192.0.2.{number}" for number in range(250))

    def fail_five_times(at: datetime) -> None:
        for _ in range(5):
            assert by_pin(card, "AAAAAA", client=next(clients), at=at) is None

    def opens(at: datetime) -> bool:
        return by_pin(card, client=next(clients), at=at) is not None

    fail_five_times(AT)
    assert not opens(AT + timedelta(minutes=14, seconds=59))
    assert opens(AT + timedelta(minutes=15, seconds=1))
    second = AT + timedelta(minutes=16)
    fail_five_times(second)
    assert not opens(second + timedelta(minutes=29))
    assert opens(second + timedelta(minutes=31))
    third = second + timedelta(minutes=40)
    fail_five_times(third)
    assert not opens(third + timedelta(minutes=59))
    assert opens(third + timedelta(minutes=61))
    tomorrow = third + timedelta(hours=30)
    fail_five_times(tomorrow)
    assert not opens(tomorrow + timedelta(minutes=14))
    assert opens(tomorrow + timedelta(minutes=16))


def test_four_wrong_pins_lock_nothing_and_a_right_one_forgives_them(mailed: Mailed) -> None:
    card = mailed.cards[0]
    for _ in range(3):
        for _ in range(4):
            assert by_pin(card, "AAAAAA") is None
        assert by_pin(card) is not None


def test_asking_on_while_locked_does_not_lock_for_longer(mailed: Mailed) -> None:
    card = mailed.cards[0]
    for minutes in range(14):
        for _ in range(6):
            by_pin(card, "AAAAAA", at=AT + timedelta(minutes=minutes), client=f"192.0.2.{minutes}")
    assert by_pin(card, at=AT + timedelta(minutes=16), client="192.0.2.99") is not None


def test_a_locked_record_still_opens_by_its_link(mailed: Mailed) -> None:
    card = mailed.cards[0]
    for _ in range(5):
        by_pin(card, "AAAAAA")
    assert by_pin(card) is None
    assert look(LinkToken(token=link_token_of(card))) is not None


def test_a_client_that_guesses_many_records_is_locked_out_whatever_it_asks(mailed: Mailed) -> None:
    for number in range(30):
        look(NumberAndPin(number=f"P20050400000{number:02}", pin="AAAAAA"), client="2001:db8::1")
    assert by_pin(mailed.cards[0], client="2001:db8:0:0:ffff::2") is None
    assert by_pin(mailed.cards[0], client="2001:db8:0:1::1") is not None


def test_too_many_failures_altogether_stop_all_guessing_for_a_minute(
    mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = lookup_limits.Limit(
        failures=10, window=timedelta(minutes=1), lock=timedelta(minutes=1), grows=False
    )
    monkeypatch.setattr(lookup_limits, "EVERYBODY", few)
    for number in range(10):
        look(NumberAndPin(number=f"P20050400000{number:02}", pin="A"), client=f"192.0.2.{number}")
    assert by_pin(mailed.cards[0], client="203.0.113.99") is None
    assert by_pin(mailed.cards[0], client="203.0.113.99", at=AT + timedelta(seconds=61)) is not None


def test_the_table_of_failures_names_nobody(mailed: Mailed) -> None:
    by_pin(mailed.cards[0], "AAAAAA", client="203.0.113.7")
    kept = " ".join(LookupLimit.objects.values_list("key", flat=True))
    assert LookupLimit.objects.count() == 3
    assert mailed.cards[0].reference not in kept
    assert "203.0.113" not in kept


def test_a_token_of_another_card_opens_nothing(mailed: Mailed) -> None:
    first, second = mailed.cards
    secret = link_token_of(second).partition(".")[2]
    assert look(LinkToken(token=f"{first.reference}.{secret}")) is None
    assert look(LinkToken(token=first.reference)) is None
    assert look(LinkToken(token="ü" * 500)) is None


def test_odd_input_is_answered_like_any_wrong_one(mailed: Mailed) -> None:
    odd = ["\x00", "'; DROP TABLE x; --", "𝕂" * 300, "\ud800"]
    for text in odd:
        assert look(NumberAndPin(number=text, pin=text)) is None


def test_since_is_a_day_of_the_offices_zone(registry: Office, post_office: Office) -> None:
    Office.objects.filter(pk=registry.pk).update(time_zone="Asia/Jayapura")
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    record(mailed, (Status.DELIVERED, 13.5))  # 15:30 UTC, past midnight in Jayapura
    view = by_pin(mailed.cards[0])
    assert view is not None
    assert view.since == (HANDED_OVER_AT + timedelta(days=1)).date()
