"""An office that takes nothing in refuses with a way out; what an office hands out itself stands on its own shelf."""

from datetime import date, timedelta

import pytest

from accounts.models import AuditEntry
from delivery.choices import choose_way
from delivery.closures import WaitingCards, close_counters
from delivery.ledger import reconcile
from delivery.models import CounterStay, Message, ReturnReceipt, Transfer
from delivery.overdue import send_back
from delivery.refusals import Code, DeliveryRefused
from delivery.return_routing import route_returns
from delivery.returns import ReturnScan, receive_returns
from delivery.transfers import receive_transfer, send_transfers
from offices.models import AreaServed, Closure, Delegation, Office, Service
from tests import factories
from tests.delivery.mailing import mail_cards, state_of
from tests.delivery.shelving import ARRIVED_AT, RETURNED_AT, bring_back, shelve_cards

DAYS = {"starts_on": date(2020, 5, 20), "ends_on": date(2020, 5, 31)}
AFTERWARDS = RETURNED_AT + timedelta(days=12)


@pytest.fixture
def second_counter(registry: Office) -> Office:
    return factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )


def close(office: Office, *, service: str = Service.RECEIVING, delegate: Office | None = None) -> None:
    Closure.objects.create(office=office, service=service, reason="banjir", **DAYS)
    if delegate is not None:
        Delegation.objects.create(office=office, delegate=delegate, service=service or Service.PICKUP, **DAYS)


def refusal_of(office: Office, scanned: str) -> DeliveryRefused:
    with pytest.raises(DeliveryRefused) as refused:
        receive_returns(
            office_id=office.pk, scans=[ReturnScan(scanned=scanned)], actor_id=None, at=RETURNED_AT
        )
    assert not ReturnReceipt.objects.exists()
    return refused.value


@pytest.mark.parametrize("service", [Service.RECEIVING, ""])
def test_an_office_that_takes_nothing_in_says_until_when_and_why(
    service: str, registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    close(counter, service=service)
    refused = refusal_of(counter, mailed.cards[0].reference)
    assert refused.code is Code.RECEIVING_CLOSED
    assert refused.params == {"office": counter.name, "until": date(2020, 5, 31), "reason": "banjir"}
    bring_back(mailed, office=registry)  # where it is open
    assert state_of(mailed.cards[0])[0] == "RETURN_RECEIVED"


def test_an_office_that_takes_nothing_in_names_its_delegate(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    close(registry, delegate=counter)
    refused = refusal_of(registry, mailed.cards[0].reference)
    assert (refused.code, refused.params["delegate"]) == (Code.RECEIVING_DELEGATED, counter.name)
    bring_back(mailed, office=counter)


def test_an_office_that_only_hands_out_nothing_takes_returns_in(
    registry: Office, post_office: Office, counter: Office
) -> None:
    close(counter, service=Service.PICKUP)
    bring_back(mail_cards(office=registry, post_office=post_office, number=1), office=counter)
    assert ReturnReceipt.objects.get().office == counter


def test_cards_wait_for_a_counter_that_takes_nothing_in(
    registry: Office, post_office: Office, counter: Office
) -> None:
    bring_back(mail_cards(office=registry, post_office=post_office, number=1), office=registry)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    close(counter)
    assert send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT) == []
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=None, at=AFTERWARDS)
    assert transfer.to_office == counter


def test_a_transfer_is_not_taken_in_by_an_office_that_takes_nothing_in(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(mailed, office=registry)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    close(counter)
    with pytest.raises(DeliveryRefused) as refused:
        receive_transfer(transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=ARRIVED_AT)
    assert refused.value.code is Code.RECEIVING_CLOSED
    assert state_of(mailed.cards[0])[0] == "IN_TRANSFER"
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=AFTERWARDS)
    assert state_of(mailed.cards[0])[0] == "READY_AT_COUNTER"


def test_nothing_is_sent_back_to_a_registry_that_takes_nothing_in(
    registry: Office, post_office: Office, counter: Office
) -> None:
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    close(registry)
    with pytest.raises(DeliveryRefused) as refused:
        send_back(counter_id=counter.pk, card_ids=[card.pk], actor_id=None, at=ARRIVED_AT)
    assert refused.value.code is Code.RECEIVING_CLOSED
    assert CounterStay.objects.filter(card=card, live=True).exists()


def test_a_shelf_stays_where_it_is_while_its_delegate_takes_nothing_in(
    registry: Office, post_office: Office, counter: Office, second_counter: Office
) -> None:
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    Delegation.objects.create(office=counter, delegate=second_counter, service=Service.PICKUP, **DAYS)
    close(second_counter)
    closed = close_counters(
        office_id=counter.pk,
        reason="banjir",
        cards=WaitingCards.MOVE,
        actor_id=None,
        at=ARRIVED_AT,
        starts_on=DAYS["starts_on"],
        ends_on=DAYS["ends_on"],
    )
    assert closed.moved == 0
    assert CounterStay.objects.get(card=card, live=True).counter == counter


def test_a_return_lies_at_the_delegate_of_its_counter_and_goes_onto_the_shelf_there(
    registry: Office, post_office: Office, counter: Office, second_counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(mailed, office=second_counter)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    assert ReturnReceipt.objects.get().counter == counter
    close(counter, service=Service.PICKUP, delegate=second_counter)
    assert send_transfers(office_id=second_counter.pk, actor_id=None, at=RETURNED_AT) == []
    assert CounterStay.objects.get(live=True).counter == second_counter
    assert ReturnReceipt.objects.get().counter == second_counter
    assert Message.objects.get().occasion == "READY_AT_COUNTER"
    assert AuditEntry.objects.get(operation="SHELVE_CARDS").details == {"cards": 1}
    send_transfers(office_id=second_counter.pk, actor_id=None, at=AFTERWARDS)  # once only
    assert not Transfer.objects.exists()


def test_a_registry_that_hands_out_itself_shelves_the_cards_that_chose_the_counter(registry: Office) -> None:
    AreaServed.objects.create(office=registry, service=Service.PICKUP, area_code="32.16")
    (card,) = factories.make_cards(office=registry, number=1)
    choose_way(card_id=card.pk, channel="COUNTER", at=RETURNED_AT)
    for _twice in range(2):
        assert send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT) == []
    assert CounterStay.objects.get().counter == registry
    assert reconcile(office_id=registry.pk).buckets["at_counter"] == 1


def test_cards_that_a_registry_hands_out_itself_arrive_there_to_be_collected(
    registry: Office, post_office: Office, second_counter: Office
) -> None:
    AreaServed.objects.create(office=registry, service=Service.PICKUP, area_code="32.16")
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(mailed, office=second_counter)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    (transfer,) = send_transfers(office_id=second_counter.pk, actor_id=None, at=RETURNED_AT)
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="D1", actor_id=None, at=ARRIVED_AT)
    assert state_of(mailed.cards[0])[0] == "READY_AT_COUNTER"
    assert CounterStay.objects.get().counter == registry
