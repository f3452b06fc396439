"""A closure keeps cards longer, gives appointments back, tells people once, and cards can be moved to a delegate."""

from datetime import date, datetime, timedelta

import pytest

from delivery.appointments import book, bookable_days
from delivery.closures import close_counters, waiting_at_closed_counters
from delivery.counter import collect
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay, Message
from delivery.refusals import Code, DeliveryRefused
from delivery.returns import receive_transfer
from delivery.transfers import move_shelf
from offices.models import Closure, Office, QuotaDay
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


def test_a_province_that_closes_keeps_cards_longer_and_tells_everybody_once(
    registry: Office, post_office: Office, counter: Office
) -> None:
    cards = shelve_cards(registry=registry, post_office=post_office, number=3)
    CounterStay.objects.filter(card=cards[2]).update(hold_until=date(2020, 7, 3))
    book(card_id=cards[0].pk, day=date(2020, 5, 27), lane="ORDINARY", at=SERVED_AT)
    book(card_id=cards[1].pk, day=date(2020, 6, 9), lane="ORDINARY", at=SERVED_AT)

    result = close_counters(
        area_code="32", starts_on=FIRST, ends_on=LAST, reason="PSBB", actor_id=None, at=SERVED_AT
    )

    assert (result.counters, result.waiting, result.appointments, result.told) == (1, 3, 1, 3)
    assert sorted(CounterStay.objects.values_list("hold_until", flat=True)) == [
        date(2020, 7, 3), date(2020, 7, 3), date(2020, 7, 17),
    ]  # fmt: skip
    assert Appointment.objects.get(cancelled_at__isnull=True).card == cards[1]
    assert QuotaDay.objects.get(day=date(2020, 5, 27)).taken == 0
    assert Message.objects.filter(occasion=Occasion.MOVED).count() == 3
    assert waiting_at_closed_counters(on=FIRST) == {counter.pk: 3}
    assert waiting_at_closed_counters(on=LAST + timedelta(days=1)) == {}
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
    assert not Appointment.objects.filter(cancelled_at__isnull=True).exists()
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
