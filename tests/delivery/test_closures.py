"""A closure keeps cards longer, gives appointments back, tells people once, and cards can be moved to a delegate."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from delivery.appointments import book, bookable_days
from delivery.closures import (
    ClosureResult,
    WaitingCards,
    close_counters,
    counters_of_closure,
    move_due_shelves,
)
from delivery.counter import collect
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay, Message, Transfer, WaitingEntry
from delivery.overdue import keep_longer, mark_overdue, send_back
from delivery.refusals import Code, DeliveryRefused
from delivery.reopening import Reopened, take_back_closure
from delivery.returns import receive_transfer
from delivery.transfers import move_shelf
from delivery.waiting import join_waiting_list
from offices.models import Closure, Delegation, Office, Quota, QuotaDay
from shipments.models import Card
from tests import factories
from tests.delivery.mailing import state_of
from tests.delivery.shelving import SERVED_AT, shelve_cards

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2020, 5, 26), date(2020, 6, 8)


@pytest.fixture
def delegate(registry: Office) -> Office:
    return factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )


def morning_of(day: date) -> datetime:
    return datetime.fromisoformat(f"{day}T06:00:00+07:00")


def stand_in(office: Office, delegate: Office, last: date = date(2020, 12, 31)) -> None:
    Delegation.objects.create(
        office=office, delegate=delegate, service="PICKUP", starts_on=date(2020, 1, 1), ends_on=last
    )


def close(
    office: Office,
    first: date,
    last: date,
    *,
    move: bool = False,
    at: datetime = SERVED_AT,
    service: str = "",
) -> ClosureResult:
    return close_counters(
        office_id=office.pk, service=service, starts_on=first, ends_on=last, reason="x", actor_id=None, at=at,
        cards=WaitingCards.MOVE if move else WaitingCards.HOLD,
    )  # fmt: skip


def take_back(closed: ClosureResult, at: datetime = SERVED_AT) -> Reopened:
    return take_back_closure(closure_id=closed.closure_id, actor_id=None, at=at, today=at.date())


def days_kept() -> set[date]:
    return set(CounterStay.objects.filter(live=True).values_list("hold_until", flat=True))


def booked_days() -> dict[int, tuple[str, date]]:
    standing = Appointment.objects.filter(cancelled_at__isnull=True)
    return {card: (code, day) for card, code, day in standing.values_list("card_id", "counter__code", "day")}


def keep_until(card: Card, day: date) -> None:
    CounterStay.objects.filter(card=card, live=True).update(hold_base=day, hold_until=day)


def test_a_province_that_closes_keeps_cards_longer_and_tells_everybody_once(
    registry: Office, post_office: Office, counter: Office
) -> None:
    cards = shelve_cards(registry=registry, post_office=post_office, number=3)
    keep_until(cards[2], date(2020, 7, 3))
    book(card_id=cards[0].pk, day=date(2020, 5, 27), lane="ORDINARY", at=SERVED_AT)
    book(card_id=cards[1].pk, day=date(2020, 6, 9), lane="ORDINARY", at=SERVED_AT)

    result = close_counters(
        area_code="32", starts_on=FIRST, ends_on=LAST, reason="PSBB", actor_id=None, at=SERVED_AT
    )

    assert (result.counters, result.waiting, result.appointments, result.told) == (1, 3, 1, 3)
    assert (result.moved, result.appointments_moved) == (0, 1)
    assert sorted(CounterStay.objects.values_list("hold_until", flat=True)) == [
        date(2020, 7, 3), date(2020, 7, 3), date(2020, 7, 17),
    ]  # fmt: skip
    standing = dict(Appointment.objects.filter(cancelled_at__isnull=True).values_list("card_id", "day"))
    assert standing == {cards[0].pk: LAST + timedelta(days=1), cards[1].pk: date(2020, 6, 9)}
    assert QuotaDay.objects.get(day=date(2020, 5, 27)).taken == 0
    assert Message.objects.filter(occasion=Occasion.MOVED).count() == 3
    (listed,) = counters_of_closure(closure_id=result.closure_id)
    assert (listed.office, listed.waiting, listed.kept_longer, listed.appointments) == (counter, 3, 3, 1)
    open_days = {free.day for free in bookable_days(card_id=cards[0].pk, at=SERVED_AT).days}
    assert not any(FIRST <= day <= LAST for day in open_days)


def test_a_closure_for_receiving_only_leaves_the_shelf_alone(
    registry: Office, post_office: Office, counter: Office
) -> None:
    shelve_cards(registry=registry, post_office=post_office, number=1)
    result = close_counters(
        office_id=counter.pk, service="RECEIVING", starts_on=FIRST, ends_on=LAST, reason="x", actor_id=None,
        at=SERVED_AT,
    )  # fmt: skip
    assert (result.counters, result.waiting, result.told) == (0, 0, 0)


def test_a_closure_needs_a_reason_and_days_in_order(counter: Office) -> None:
    for fields, code in (
        ({"reason": " ", "ends_on": LAST}, Code.REASON_MISSING),
        ({"reason": "x", "ends_on": FIRST - timedelta(days=1)}, Code.CLOSURE_ENDS_BEFORE_START),
        ({"reason": "x", "ends_on": date(9999, 12, 31)}, Code.CLOSURE_TOO_LONG),
    ):
        with pytest.raises(DeliveryRefused) as refused:
            close_counters(office_id=counter.pk, starts_on=FIRST, actor_id=None, at=SERVED_AT, **fields)  # type: ignore[arg-type]
        assert refused.value.code is code
    assert not Closure.objects.exists()


def test_a_shelf_moves_to_a_delegate_which_announces_and_gives_out(
    registry: Office, post_office: Office, counter: Office, delegate: Office
) -> None:
    first, second = shelve_cards(registry=registry, post_office=post_office, number=2)
    book(card_id=first.pk, day=FIRST, lane="ORDINARY", at=SERVED_AT)
    transfer = move_shelf(from_office_id=counter.pk, to_office_id=delegate.pk, actor_id=None, at=SERVED_AT)
    assert (transfer.sent, transfer.to_office) == (2, delegate)
    assert {state_of(card)[0] for card in (first, second)} == {"IN_TRANSFER"}
    booked = Appointment.objects.get(cancelled_at__isnull=True)
    assert (booked.card, booked.counter, booked.day) == (first, delegate, FIRST)
    assert [message.card for message in Message.objects.filter(occasion=Occasion.MOVED)] == [first]
    arrived = datetime.fromisoformat("2020-05-26T09:00:00+07:00")
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=arrived)
    assert Message.objects.filter(card=first, occasion=Occasion.READY_AT_COUNTER).count() == 2
    collect(
        counter_id=delegate.pk, card_id=first.pk, relation="HOLDER", documents=["OLD_CARD"], collector_name="",
        old_card_surrendered=True, nonce="n", actor_id=None, at=arrived,
    )  # fmt: skip
    assert state_of(first)[0] == "COLLECTED"


def test_a_shelf_moves_only_to_another_counter_of_its_registry_and_not_when_empty(
    registry: Office, counter: Office, delegate: Office
) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    there = factories.make_office(
        code="3275-01", kind=Office.Kind.COUNTER, parent=foreign, region_code="32.75.01"
    )
    for office, code in (
        (there, Code.TRANSFER_NOT_POSSIBLE),
        (registry, Code.TRANSFER_NOT_POSSIBLE),
        (counter, Code.TRANSFER_NOT_POSSIBLE),
        (delegate, Code.NO_CARDS),
    ):
        with pytest.raises(DeliveryRefused) as refused:
            move_shelf(from_office_id=counter.pk, to_office_id=office.pk, actor_id=None, at=SERVED_AT)
        assert refused.value.code is code


def test_shelves_go_to_the_open_end_of_the_chain_of_delegates_and_the_rest_is_held(
    registry: Office, post_office: Office, counter: Office, delegate: Office
) -> None:
    third = factories.make_office(
        code="3216-08", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.08"
    )
    cards = shelve_cards(registry=registry, post_office=post_office, number=2)
    days = {"service": "PICKUP", "starts_on": FIRST, "ends_on": LAST}
    Delegation.objects.create(office=counter, delegate=delegate, **days)
    close: dict[str, Any] = {
        "starts_on": FIRST,
        "ends_on": LAST,
        "reason": "x",
        "actor_id": None,
        "at": SERVED_AT,
    }
    close_counters(office_id=delegate.pk, **close)
    without = close_counters(office_id=counter.pk, cards=WaitingCards.MOVE, **close)
    assert (without.moved, without.waiting, without.told) == (0, 2, 2)
    Delegation.objects.create(office=delegate, delegate=third, **days)
    result = close_counters(office_id=counter.pk, cards=WaitingCards.MOVE, **close)
    assert (result.moved, result.to_move, result.waiting, result.told) == (0, 2, 0, 0)
    assert move_due_shelves(at=morning_of(FIRST)) == 2
    transfer = Transfer.objects.get(from_office=counter)
    assert (transfer.to_office, transfer.sent) == (third, 2)
    assert {state_of(card)[0] for card in cards} == {"IN_TRANSFER"}
    assert [each.delegate for each in counters_of_closure(closure_id=result.closure_id)] == [third]


def test_a_closure_taken_back_at_once_changes_nothing_and_tells_nobody(
    registry: Office, post_office: Office, counter: Office
) -> None:
    first, second = shelve_cards(registry=registry, post_office=post_office, number=2)
    kept = CounterStay.objects.values_list("hold_until", flat=True)[0]
    book(card_id=first.pk, day=FIRST, lane="ORDINARY", starts_at=time(9), at=SERVED_AT)
    result = close_counters(
        area_code="32", starts_on=FIRST, ends_on=LAST, reason="PSBB", actor_id=None, at=SERVED_AT
    )
    back = take_back_closure(
        closure_id=result.closure_id, actor_id=None, at=SERVED_AT, today=SERVED_AT.date()
    )
    assert (back.days, back.cards, back.appointments, back.told) == (14, 2, 1, 0)
    assert set(CounterStay.objects.values_list("hold_until", flat=True)) == {kept}
    standing = Appointment.objects.get(cancelled_at__isnull=True)
    assert (standing.card, standing.day, standing.starts_at) == (first, FIRST, time(9))
    assert dict(QuotaDay.objects.filter(taken__gt=0).values_list("day", "taken")) == {FIRST: 1}
    assert set(Message.objects.filter(occasion=Occasion.MOVED).values_list("state", flat=True)) == {
        "WITHDRAWN"
    }
    assert not Closure.objects.exists()
    assert not Message.objects.filter(card=second, occasion=Occasion.REOPENED).exists()


def test_a_closure_taken_back_late_keeps_its_days_that_passed_and_what_people_chose_since(
    registry: Office, post_office: Office, counter: Office
) -> None:
    first, second, third = shelve_cards(registry=registry, post_office=post_office, number=3)
    kept = CounterStay.objects.values_list("hold_until", flat=True)[0]
    passed, coming = FIRST, date(2020, 6, 3)
    for card, day in ((first, passed), (second, coming), (third, coming)):
        book(card_id=card.pk, day=day, lane="ORDINARY", at=SERVED_AT)
    result = close_counters(
        office_id=counter.pk, starts_on=FIRST, ends_on=LAST, reason="x", actor_id=None, at=SERVED_AT
    )
    Closure.objects.update(created_at=SERVED_AT)
    Message.objects.filter(occasion=Occasion.MOVED).update(state="SENT", sent_at=SERVED_AT)
    chosen = date(2020, 6, 11)
    book(card_id=third.pk, day=chosen, lane="ORDINARY", at=SERVED_AT)
    today = date(2020, 6, 2)
    at = datetime.fromisoformat("2020-06-02T09:00:00+07:00")
    back = take_back_closure(closure_id=result.closure_id, actor_id=None, at=at, today=today)
    assert (back.days, back.cards, back.appointments, back.told) == (7, 3, 1, 3)
    assert Closure.objects.get().ends_on == date(2020, 6, 1)
    assert set(CounterStay.objects.values_list("hold_until", flat=True)) == {kept + timedelta(days=7)}
    standing = dict(Appointment.objects.filter(cancelled_at__isnull=True).values_list("card_id", "day"))
    assert standing == {first.pk: date(2020, 6, 9), second.pk: coming, third.pk: chosen}
    assert Message.objects.filter(occasion=Occasion.REOPENED, state="QUEUED").count() == 3
    with pytest.raises(DeliveryRefused) as refused:
        take_back_closure(closure_id=result.closure_id, actor_id=None, at=at, today=today)
    assert refused.value.code is Code.CLOSURE_ENDED


def test_appointments_that_find_no_day_in_time_are_given_back(
    registry: Office, post_office: Office, counter: Office
) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=2)
    cards = shelve_cards(registry=registry, post_office=post_office, number=2)
    for card in cards:
        book(card_id=card.pk, day=FIRST, lane="ORDINARY", at=SERVED_AT)
    after = LAST + timedelta(days=1)
    QuotaDay.objects.create(office=counter, lane="ORDINARY", day=after, places=2, taken=1)
    for number in range(1, 15):
        full = after + timedelta(days=number)
        QuotaDay.objects.create(office=counter, lane="ORDINARY", day=full, places=2, taken=2)
    result = close_counters(
        office_id=counter.pk, starts_on=FIRST, ends_on=LAST, reason="x", actor_id=None, at=SERVED_AT
    )
    assert (result.appointments, result.appointments_moved) == (2, 1)
    assert Appointment.objects.get(cancelled_at__isnull=True).card == cards[0]


# --- closures that send the shelf away ---------------------------------------------------------

JUNE_2, JUNE_3, JUNE_8 = date(2020, 6, 2), date(2020, 6, 3), date(2020, 6, 8)


def test_a_closure_that_begins_later_sends_the_shelf_on_its_first_day_and_leaves_the_days_before_alone(
    registry: Office, post_office: Office, counter: Office, delegate: Office
) -> None:
    stand_in(counter, delegate)
    before, during, after, fourth = shelve_cards(registry=registry, post_office=post_office, number=4)
    book(card_id=before.pk, day=FIRST, lane="ORDINARY", at=SERVED_AT)
    book(card_id=during.pk, day=JUNE_3, lane="ORDINARY", at=SERVED_AT)
    book(card_id=after.pk, day=date(2020, 6, 10), lane="ORDINARY", at=SERVED_AT)
    result = close(counter, JUNE_2, JUNE_8, move=True)
    assert (result.moved, result.to_move, result.waiting) == (0, 4, 0)
    assert (result.appointments, result.appointments_moved, result.told) == (2, 2, 2)
    told = Message.objects.filter(occasion=Occasion.MOVED).values_list("card_id", flat=True)
    assert sorted(told) == [during.pk, after.pk]
    assert booked_days() == {
        before.pk: (counter.code, FIRST),
        during.pk: (delegate.code, JUNE_3),
        after.pk: (delegate.code, date(2020, 6, 10)),
    }
    assert move_due_shelves(at=morning_of(date(2020, 6, 1))) == 0
    collect(
        counter_id=counter.pk, card_id=before.pk, relation="HOLDER", documents=["OLD_CARD"], collector_name="",
        old_card_surrendered=True, nonce="n", actor_id=None, at=morning_of(FIRST),
    )  # fmt: skip
    assert move_due_shelves(at=morning_of(JUNE_2)) == 3
    assert move_due_shelves(at=morning_of(JUNE_2)) == 0
    assert {state_of(card)[0] for card in (during, after, fourth)} == {"IN_TRANSFER"}
    assert Transfer.objects.get(from_office=counter).to_office == delegate
    assert booked_days()[during.pk] == (delegate.code, JUNE_3)


def test_a_closure_that_begins_today_sends_the_shelf_at_once_and_tells_those_with_appointments(
    registry: Office, post_office: Office, counter: Office, delegate: Office
) -> None:
    stand_in(counter, delegate)
    Quota.objects.create(office=delegate, lane="ORDINARY", per_day=0)
    first, _second = shelve_cards(registry=registry, post_office=post_office, number=2)
    book(card_id=first.pk, day=FIRST, lane="ORDINARY", at=SERVED_AT)
    result = close(counter, SERVED_AT.date(), LAST, move=True)
    assert (result.moved, result.to_move, result.waiting) == (2, 0, 0)
    assert (result.appointments, result.appointments_moved, result.told) == (1, 0, 1)
    assert booked_days() == {}


def test_a_closure_taken_back_before_it_begins_sends_nothing_and_puts_appointments_back(
    registry: Office, post_office: Office, counter: Office, delegate: Office
) -> None:
    stand_in(counter, delegate)
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    kept = days_kept()
    book(card_id=card.pk, day=JUNE_3, lane="ORDINARY", at=SERVED_AT)
    back = take_back(close(counter, JUNE_2, JUNE_8, move=True))
    assert (back.appointments, back.told, days_kept()) == (1, 0, kept)
    assert booked_days() == {card.pk: (counter.code, JUNE_3)}
    assert not QuotaDay.objects.filter(office=delegate, taken__gt=0).exists()
    assert move_due_shelves(at=morning_of(JUNE_2)) == 0


def test_a_shelf_without_delegate_waits_and_goes_once_somebody_stands_in(
    registry: Office, post_office: Office, counter: Office, delegate: Office
) -> None:
    shelve_cards(registry=registry, post_office=post_office, number=1)
    result = close(counter, JUNE_2, JUNE_8, move=True)
    assert (result.waiting, result.to_move, result.told) == (1, 0, 1)
    assert move_due_shelves(at=morning_of(JUNE_2)) == 0
    stand_in(counter, delegate)
    assert move_due_shelves(at=morning_of(JUNE_3)) == 1
    assert move_due_shelves(at=morning_of(date(2020, 6, 9))) == 0


def test_an_appointment_at_the_delegate_is_moved_to_a_day_before_and_its_place_is_offered(
    registry: Office, post_office: Office, counter: Office, delegate: Office
) -> None:
    stand_in(counter, delegate)
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    book(card_id=card.pk, day=JUNE_3, lane="ORDINARY", at=SERVED_AT)
    close(counter, JUNE_2, JUNE_8, move=True)
    book(card_id=card.pk, day=FIRST, lane="ORDINARY", at=SERVED_AT)
    assert booked_days() == {card.pk: (counter.code, FIRST)}
    assert QuotaDay.objects.get(office=delegate, day=JUNE_3).taken == 0


@pytest.mark.parametrize("way", ["send_back", "move_shelf"])
def test_places_of_cards_that_leave_a_shelf_are_offered_to_those_who_wait(
    way: str, registry: Office, post_office: Office, counter: Office, delegate: Office
) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=1)
    leaves, stays = shelve_cards(registry=registry, post_office=post_office, number=2)
    book(card_id=leaves.pk, day=FIRST, lane="ORDINARY", at=SERVED_AT)
    join_waiting_list(card_id=stays.pk, day=FIRST, lane="ORDINARY", at=SERVED_AT)
    if way == "send_back":
        send_back(counter_id=counter.pk, card_ids=[leaves.pk], actor_id=None, at=SERVED_AT)
        assert WaitingEntry.objects.get().state == "OFFERED"
    else:
        move_shelf(from_office_id=counter.pk, to_office_id=delegate.pk, actor_id=None, at=SERVED_AT)
        assert WaitingEntry.objects.get().state == "LEFT"


# --- the last day ------------------------------------------------------------------------------


def test_a_card_that_arrives_while_its_counter_is_closed_is_kept_as_many_days_after_it_opens(
    registry: Office, post_office: Office, counter: Office
) -> None:
    closed = close(
        counter, date(2020, 5, 20), date(2020, 7, 18), at=morning_of(date(2020, 5, 20)), service="PICKUP"
    )
    stand_in_for_routing = factories.make_office(
        code="3216-09", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.09"
    )
    stand_in(counter, stand_in_for_routing)
    shelve_cards(registry=registry, post_office=post_office, number=1)
    transfer = move_shelf(
        from_office_id=stand_in_for_routing.pk, to_office_id=counter.pk, actor_id=None, at=SERVED_AT
    )
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=SERVED_AT)
    # 25 May and 30 days, and the 55 days from 25 May to 18 July on which it is closed
    assert days_kept() == {date(2020, 6, 24) + timedelta(days=55)}
    assert mark_overdue(at=morning_of(date(2020, 7, 1))) == 0
    back = take_back(closed, at=morning_of(date(2020, 6, 1)))
    assert (back.days, back.cards, days_kept()) == (48, 1, {date(2020, 6, 24) + timedelta(days=7)})


def test_a_closure_that_lies_in_the_hold_of_a_card_that_arrives_counts_too(
    registry: Office, post_office: Office, counter: Office
) -> None:
    close(counter, JUNE_2, JUNE_8, at=morning_of(date(2020, 5, 20)))
    shelve_cards(registry=registry, post_office=post_office, number=1)
    assert days_kept() == {date(2020, 6, 19) + timedelta(days=7)}


@pytest.mark.parametrize("first_back", [0, 1])
def test_overlapping_closures_count_each_day_once_and_either_may_be_taken_back(
    first_back: int, registry: Office, post_office: Office, counter: Office
) -> None:
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    (kept,) = days_kept()
    one = close(counter, JUNE_2, JUNE_8)
    other = close_counters(
        area_code="32", starts_on=date(2020, 6, 5), ends_on=date(2020, 6, 12), reason="x", actor_id=None, at=SERVED_AT
    )  # fmt: skip
    assert days_kept() == {kept + timedelta(days=11)}
    inside = close(counter, JUNE_3, date(2020, 6, 4))
    assert (inside.waiting, inside.told, days_kept()) == (0, 0, {kept + timedelta(days=11)})
    take_back(inside)
    assert days_kept() == {kept + timedelta(days=11)}
    take_back((one, other)[first_back])
    assert days_kept() == {kept + timedelta(days=(8, 7)[first_back])}
    assert not Message.objects.filter(card=card, occasion=Occasion.MOVED, state="WITHDRAWN").exists()
    take_back((other, one)[first_back])
    assert days_kept() == {kept}
    assert not Message.objects.filter(occasion=Occasion.MOVED).exclude(state="WITHDRAWN").exists()


def test_a_day_that_an_officer_has_set_stands_when_closures_come_and_go(
    registry: Office, post_office: Office, counter: Office
) -> None:
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    closed = close(counter, JUNE_2, JUNE_8)
    for until, last in ((date(2020, 7, 10), date(2020, 7, 10)), (JUNE_3, date(2020, 6, 9))):
        keep_longer(
            counter_id=counter.pk, card_ids=[card.pk], until=until, reason="x", actor_id=None, at=SERVED_AT
        )
        assert days_kept() == {last}
    take_back(closed)
    assert days_kept() == {JUNE_3}
