"""A day has slots; who finds it full waits, and is offered the first place that becomes free."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, User
from delivery.appointments import book, bookable_days, cancel_booking
from delivery.closures import close_counters
from delivery.counter import collect
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay, Message, WaitingEntry
from delivery.refusals import Code, DeliveryRefused
from delivery.waiting import (
    join_waiting_list,
    leave_waiting_list,
    override_places,
    pass_offers_on,
    take_offer,
)
from offices.models import HandoverPolicy, Office, Quota, QuotaDay, QuotaSlot
from offices.opening import slots_between
from offices.quotas import places_left
from shipments.models import Card
from tests.delivery.shelving import SERVED_AT, shelve_cards

pytestmark = pytest.mark.django_db
TOMORROW = date(2020, 5, 26)
HOUR = timedelta(hours=1)


@pytest.fixture
def cards(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    """Four cards at a counter that takes one urgent and four ordinary people a day."""
    Quota.objects.create(office=counter, lane="URGENT", per_day=1)
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=4, per_slot=2)
    return shelve_cards(registry=registry, post_office=post_office, number=4)


def refusal(call: Callable[..., Any], **fields: Any) -> Code:
    with pytest.raises(DeliveryRefused) as refused:
        call(**fields)
    assert str(refused.value)
    return refused.value.code


def urgent(card: Card, at: datetime = SERVED_AT) -> Appointment:
    return book(card_id=card.pk, day=TOMORROW, lane="URGENT", at=at)


def wait(card: Card, at: datetime = SERVED_AT) -> WaitingEntry:
    return join_waiting_list(card_id=card.pk, day=TOMORROW, at=at)


def states(*cards: Card) -> list[str]:
    return [WaitingEntry.objects.filter(card=card).latest("pk").state for card in cards]


# --- slots -------------------------------------------------------------------------------------


def test_opening_hours_are_cut_into_slots_and_the_last_may_be_shorter() -> None:
    assert slots_between(opens_at=time(8), closes_at=time(11), minutes=60) == (time(8), time(9), time(10))
    assert slots_between(opens_at=time(8), closes_at=time(9, 30), minutes=60) == (time(8), time(9))
    assert slots_between(opens_at=time(8), closes_at=time(8, 10), minutes=30) == (time(8),)


def test_book_takes_a_place_of_the_slot_and_moving_within_the_day_gives_it_back(
    cards: list[Card], counter: Office
) -> None:
    first = book(card_id=cards[0].pk, day=TOMORROW, lane="ORDINARY", starts_at=time(9), at=SERVED_AT)
    assert (first.day, first.starts_at) == (TOMORROW, time(9))
    book(card_id=cards[0].pk, day=TOMORROW, lane="ORDINARY", starts_at=time(10), at=SERVED_AT)
    taken = dict(QuotaSlot.objects.filter(taken__gt=0).values_list("starts_at", "taken"))
    assert (taken, QuotaDay.objects.get().taken) == ({time(10): 1}, 1)
    again = {"card_id": cards[0].pk, "day": TOMORROW, "lane": "ORDINARY", "at": SERVED_AT}
    assert refusal(book, **again, starts_at=time(10)) is Code.ALREADY_BOOKED


def test_book_refuses_a_full_an_unknown_and_a_passed_slot_and_changes_nothing(cards: list[Card]) -> None:
    for card in cards[:2]:
        book(card_id=card.pk, day=TOMORROW, lane="ORDINARY", starts_at=time(9), at=SERVED_AT)
    third: dict[str, Any] = {"card_id": cards[2].pk, "lane": "ORDINARY"}
    assert refusal(book, **third, day=TOMORROW, starts_at=time(9), at=SERVED_AT) is Code.SLOT_FULL
    assert refusal(book, **third, day=TOMORROW, starts_at=time(9, 5), at=SERVED_AT) is Code.SLOT_UNKNOWN
    today = SERVED_AT.date()  # 10:00 WIB
    assert refusal(book, **third, day=today, starts_at=time(9), at=SERVED_AT) is Code.SLOT_PASSED
    assert refusal(book, **third, day=today, at=SERVED_AT + 6 * HOUR) is Code.SLOT_PASSED
    assert (QuotaDay.objects.get().taken, Appointment.objects.count()) == (2, 2)
    assert book(**third, day=today, starts_at=time(10), at=SERVED_AT).starts_at == time(10)


def test_only_slots_with_a_place_that_are_still_to_come_can_be_chosen(cards: list[Card]) -> None:
    for card in cards[:2]:
        book(card_id=card.pk, day=TOMORROW, lane="ORDINARY", starts_at=time(8), at=SERVED_AT)
    days = {free.day: free for free in bookable_days(card_id=cards[2].pk, at=SERVED_AT).days}
    assert [slot.starts_at.hour for slot in days[SERVED_AT.date()].slots] == [10, 11, 12, 13, 14]
    assert next((slot.starts_at.hour, slot.left) for slot in days[TOMORROW].slots) == (9, 2)
    assert days[TOMORROW].left == 2
    assert SERVED_AT.date() not in {
        free.day for free in bookable_days(card_id=cards[2].pk, at=SERVED_AT + 6 * HOUR).days
    }


def test_slots_pass_by_the_clock_on_the_counters_own_wall(cards: list[Card], counter: Office) -> None:
    """10:00 in Jakarta is noon in Jayapura; no Indonesian zone changes its clocks."""
    Office.objects.filter(pk=counter.pk).update(time_zone="Asia/Jayapura")
    (today, *_later) = bookable_days(card_id=cards[0].pk, at=SERVED_AT).days
    assert [slot.starts_at.hour for slot in today.slots] == [12, 13, 14]


def test_the_database_refuses_a_place_more_than_a_slot_has(counter: Office) -> None:
    with pytest.raises(IntegrityError, match="quota_slot_not_exceeded"), transaction.atomic():
        QuotaSlot.objects.create(
            office=counter, lane="URGENT", day=TOMORROW, starts_at=time(8), places=1, taken=2
        )


# --- waiting -----------------------------------------------------------------------------------


def test_a_place_that_is_given_back_is_offered_in_order_and_kept_for_whom_it_is_offered(
    cards: list[Card], counter: Office
) -> None:
    urgent(cards[0])
    wait(cards[1])
    wait(cards[2])
    cancel_booking(card_id=cards[0].pk, at=SERVED_AT)
    assert states(cards[1], cards[2]) == ["OFFERED", "WAITING"]
    assert refusal(urgent, card=cards[3]) is Code.QUOTA_FULL
    assert Message.objects.get(occasion=Occasion.PLACE_OFFERED).card == cards[1]
    taken = take_offer(card_id=cards[1].pk, at=SERVED_AT)
    assert (taken.day, taken.lane, taken.starts_at) == (TOMORROW, "URGENT", None)
    assert states(cards[1]) == ["TAKEN"]
    assert QuotaDay.objects.get(lane="URGENT").taken == 1


def test_an_offer_that_nobody_takes_in_time_goes_to_the_next(registry: Office, cards: list[Card]) -> None:
    HandoverPolicy.objects.create(office=registry, offer_minutes=30)
    urgent(cards[0])
    wait(cards[1])
    wait(cards[2])
    cancel_booking(card_id=cards[0].pk, at=SERVED_AT)
    late = SERVED_AT + timedelta(minutes=30)
    assert pass_offers_on(at=late - timedelta(seconds=1)) == 0
    assert refusal(take_offer, card_id=cards[1].pk, at=late) is Code.OFFER_EXPIRED
    assert pass_offers_on(at=late) == 1
    assert states(cards[1], cards[2]) == ["EXPIRED", "OFFERED"]
    assert pass_offers_on(at=late) == 0
    assert refusal(take_offer, card_id=cards[1].pk, at=late) is Code.NOT_OFFERED
    assert QuotaDay.objects.get(lane="URGENT").taken == 1


def test_an_appointment_that_moves_frees_its_place_for_who_waits(cards: list[Card]) -> None:
    urgent(cards[0])
    wait(cards[1])
    book(card_id=cards[0].pk, day=TOMORROW + timedelta(days=1), lane="URGENT", at=SERVED_AT)
    assert states(cards[1]) == ["OFFERED"]


def test_leaving_the_list_and_collecting_give_an_offered_place_to_the_next(
    cards: list[Card], counter: Office
) -> None:
    urgent(cards[0])
    for card in cards[1:]:
        wait(card)
    cancel_booking(card_id=cards[0].pk, at=SERVED_AT)
    leave_waiting_list(card_id=cards[1].pk, at=SERVED_AT)
    assert states(*cards[1:]) == ["LEFT", "OFFERED", "WAITING"]
    collect(
        counter_id=counter.pk, card_id=cards[2].pk, relation="HOLDER", documents=["OLD_CARD"], collector_name="",
        old_card_surrendered=True, nonce="n", actor_id=None, at=SERVED_AT,
    )  # fmt: skip
    assert states(*cards[1:]) == ["LEFT", "LEFT", "OFFERED"]
    assert refusal(leave_waiting_list, card_id=cards[1].pk, at=SERVED_AT) is Code.NOT_WAITING


def test_nobody_waits_for_a_day_with_places_a_passed_a_closed_or_a_booked_day_or_twice(
    cards: list[Card], counter: Office
) -> None:
    assert refusal(wait, card=cards[0]) is Code.PLACES_LEFT
    urgent(cards[0])
    assert refusal(wait, card=cards[0]) is Code.ALREADY_BOOKED
    wait(cards[1])
    assert refusal(wait, card=cards[1]) is Code.ALREADY_WAITING
    join = {"card_id": cards[2].pk, "at": SERVED_AT}
    assert refusal(join_waiting_list, **join, day=date(2020, 5, 24)) is Code.DAY_PASSED
    assert refusal(join_waiting_list, **join, day=date(2020, 5, 30)) is Code.OFFICE_CLOSED
    assert refusal(join_waiting_list, **join, day=date(2020, 7, 30)) is Code.DAY_TOO_LATE
    assert WaitingEntry.objects.count() == 1


def test_a_closure_ends_the_waiting_for_its_days_and_gives_kept_places_back(cards: list[Card]) -> None:
    urgent(cards[0])
    wait(cards[1])
    wait(cards[2])
    cancel_booking(card_id=cards[0].pk, at=SERVED_AT)
    close_counters(
        area_code="32", starts_on=TOMORROW, ends_on=TOMORROW, reason="PSBB", actor_id=None, at=SERVED_AT
    )
    assert states(cards[1], cards[2]) == ["EXPIRED", "EXPIRED"]
    assert QuotaDay.objects.get(lane="URGENT", day=TOMORROW).taken == 0


def test_a_supervisor_adds_places_with_a_reason_and_who_waits_is_offered_them(
    cards: list[Card], counter: Office, supervisor: User
) -> None:
    urgent(cards[0])
    wait(cards[1])
    override: dict[str, Any] = {
        "office_id": counter.pk, "lane": "URGENT", "day": TOMORROW, "actor_id": supervisor.pk, "at": SERVED_AT,
    }  # fmt: skip
    assert refusal(override_places, **override, places=2, reason=" ") is Code.REASON_MISSING
    assert refusal(override_places, **override, places=0, reason="x") is Code.PLACES_INVALID
    passed = {**override, "day": date(2020, 5, 24)}
    assert refusal(override_places, **passed, places=2, reason="x") is Code.DAY_PASSED
    assert override_places(**override, places=2, reason="antrean rumah sakit") == 3
    assert states(cards[1]) == ["OFFERED"]
    assert places_left(office_id=counter.pk, lane="URGENT", day=TOMORROW) == 1
    assert urgent(cards[2]).starts_at is not None
    entry = AuditEntry.objects.get(operation="OVERRIDE_QUOTA")
    assert (entry.actor, entry.details["places"], entry.details["offered"]) == (supervisor, 2, 1)
    assert entry.details["reason"] == "antrean rumah sakit"


def test_a_card_that_left_the_shelf_waits_no_longer_and_takes_no_place(
    cards: list[Card], counter: Office
) -> None:
    urgent(cards[0])
    for card in cards[1:3]:
        wait(card)
    CounterStay.objects.filter(card=cards[1]).update(live=None)
    cancel_booking(card_id=cards[0].pk, at=SERVED_AT)
    assert states(cards[1], cards[2]) == ["LEFT", "OFFERED"]
    CounterStay.objects.filter(card=cards[2]).update(live=None)
    assert refusal(take_offer, card_id=cards[2].pk, at=SERVED_AT) is Code.NOT_RECEIVED
    assert not Appointment.objects.filter(cancelled_at__isnull=True).exists()


def test_waiting_ends_with_its_day(cards: list[Card]) -> None:
    urgent(cards[0])
    wait(cards[1])
    midnight = datetime.fromisoformat("2020-05-27T00:00:00+07:00")
    pass_offers_on(at=midnight - timedelta(seconds=1))
    assert states(cards[1]) == ["WAITING"]
    pass_offers_on(at=midnight)
    assert states(cards[1]) == ["EXPIRED"]
