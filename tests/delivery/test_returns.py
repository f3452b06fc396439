"""What comes back is taken in once, goes to the right counter, and is counted on both sides."""

from datetime import date, timedelta

import pytest

from addresses.models import Verdict
from delivery.messages.occasions import Occasion
from delivery.models import (
    CounterStay,
    Message,
    ReturnReceipt,
    StrayItem,
    TrackingEvent,
    Transfer,
    TransferCard,
)
from delivery.refusals import Code, DeliveryRefused
from delivery.returns import (
    ReturnResult,
    ReturnScan,
    decide_returns,
    receive_returns,
    receive_transfer,
    route_returns,
    send_transfers,
    settle_stray_item,
)
from delivery.status import Status
from delivery.tracking import record_events, void_events
from offices.models import AreaServed, Closure, Delegation, Office, Service
from shipments.models import BacklogEntry, CirculatingCard, Disposition, ShipmentState
from tests import factories
from tests.delivery.mailing import mail_cards, state_of
from tests.delivery.shelving import ARRIVED_AT, RETURNED_AT, bring_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def second_counter(registry: Office) -> Office:
    return factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07", serves=["32.16.07"]
    )


def receive(office: Office, *scans: ReturnScan) -> list[str]:
    outcomes = receive_returns(office_id=office.pk, scans=scans, actor_id=None, at=RETURNED_AT)
    return [outcome.result.value for outcome in outcomes]


def test_a_return_takes_the_couriers_reason_unless_the_officer_gives_another(
    registry: Office, post_office: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    record_events(
        events=[mailed.event(index, Status.RETURNING, hours=48, reason="ABSENT") for index in (0, 1)],
        recorded_at=RETURNED_AT,
        recorded_by_id=None,
    )

    results = receive(
        registry,
        ReturnScan(scanned=mailed.items[0].number or ""),
        ReturnScan(scanned=mailed.cards[1].reference.lower(), reason="MOVED"),
    )

    assert results == ["RECEIVED", "RECEIVED"]
    assert state_of(mailed.cards[0]) == ("RETURN_RECEIVED", "ABSENT")
    assert state_of(mailed.cards[1]) == ("RETURN_RECEIVED", "MOVED")
    assert list(ReturnReceipt.objects.order_by("card_id").values_list("reason", "decision")) == [
        ("ABSENT", "UNDECIDED"), ("MOVED", "UNDECIDED"),
    ]  # fmt: skip
    for item in mailed.items:
        item.refresh_from_db()
        assert item.live is None


def test_each_scan_that_takes_nothing_in_says_why(registry: Office, post_office: Office) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    unposted = mail_cards(office=registry, post_office=post_office, number=1, state=ShipmentState.CLOSED)
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    foreign = mail_cards(office=other, post_office=post_office, number=1)
    record_events(
        events=[mailed.event(1, Status.DELIVERED, hours=30)], recorded_at=RETURNED_AT, recorded_by_id=None
    )
    number = mailed.items[0].number or ""
    bare = factories.make_cards(office=registry, number=1)[0]
    set_aside = factories.make_cards(office=registry, number=1, disposition=Disposition.WITHDRAWN)[0]

    results = receive(
        registry,
        ReturnScan(scanned=number),
        ReturnScan(scanned=mailed.cards[0].reference),
        ReturnScan(scanned="RR999999993ID"),
        ReturnScan(scanned="RR473124820GB"),
        ReturnScan(scanned=foreign.cards[0].reference),
        ReturnScan(scanned=unposted.cards[0].reference),
        ReturnScan(scanned=bare.reference),
        ReturnScan(scanned=mailed.cards[1].reference),
        ReturnScan(scanned=set_aside.reference),
    )

    assert results == [
        "RECEIVED", "SCANNED_TWICE", "MISREAD", "MISREAD", "FOREIGN", "NOT_POSTED", "NOT_POSTED",
        "SAYS_DELIVERED", "SET_ASIDE",
    ]  # fmt: skip
    assert ReturnReceipt.objects.count() == 1
    assert state_of(mailed.cards[1]) == ("DELIVERED", "")
    assert state_of(foreign.cards[0]) == ("POSTED", "")
    assert receive(registry, ReturnScan(scanned=number)) == ["ALREADY_RECEIVED"]


def test_an_unknown_item_is_kept_as_a_case_until_somebody_settles_it(
    registry: Office, post_office: Office
) -> None:
    assert receive(registry, ReturnScan(scanned="P2005040000001")) == ["UNKNOWN"]
    assert receive(registry, ReturnScan(scanned="P2005040000001")) == ["UNKNOWN"]
    assert receive(registry, ReturnScan(scanned="\ud800\x00")) == ["UNKNOWN"]
    assert StrayItem.objects.filter(scanned="??").delete()[0] == 1
    stray = StrayItem.objects.get()
    with pytest.raises(DeliveryRefused) as refused:
        settle_stray_item(stray_item_id=stray.pk, resolution=" ", actor_id=None, at=RETURNED_AT)
    assert refused.value.code is Code.REASON_MISSING
    settle_stray_item(
        stray_item_id=stray.pk, resolution="given to Kota Bekasi", actor_id=None, at=RETURNED_AT
    )
    stray.refresh_from_db()
    assert stray.resolution == "given to Kota Bekasi"


def test_a_damaged_return_is_set_aside_so_that_it_can_be_printed_again(
    registry: Office, post_office: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    card = mailed.cards[0]
    CirculatingCard.objects.create(nik_index=card.nik_index, card=card)
    assert receive(registry, ReturnScan(scanned=card.reference, condition="DAMAGED")) == ["RECEIVED_DAMAGED"]
    card.refresh_from_db()
    assert card.disposition == "DAMAGED"
    assert not CirculatingCard.objects.filter(card=card).exists()
    assert ReturnReceipt.objects.get().decision == "REPRINT"
    assert route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT).by_counter == {}


def test_a_post_office_takes_in_no_returns(registry: Office, post_office: Office) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        receive(post_office, ReturnScan(scanned="x"))
    assert refused.value.code is Code.OFFICE_CANNOT_RECEIVE


def test_routing_sends_the_deceased_and_the_moved_to_the_registrys_list_and_the_rest_to_counters(
    registry: Office, post_office: Office, counter: Office
) -> None:
    for reason, number in (("ABSENT", 3), ("DECEASED", 1), ("MOVED", 2)):
        bring_back(
            mail_cards(office=registry, post_office=post_office, number=number),
            office=registry,
            reason=reason,
        )
    stranger = factories.make_cards(office=registry, number=1, village_code="31.71.01.1001")
    bring_back(
        mail_cards(office=registry, post_office=post_office, number=1, cards=stranger), office=registry
    )

    routed = route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)

    assert routed.by_counter == {counter.pk: 3}
    assert (routed.registry, routed.shelved, routed.undecided) == (3, 0, 1)
    again = route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    assert (again.by_counter, again.registry, again.undecided) == ({}, 0, 1)


def test_a_card_taken_in_at_its_own_counter_goes_straight_onto_the_shelf(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(mailed, office=counter)
    routed = route_returns(office_id=counter.pk, actor_id=None, at=RETURNED_AT)
    assert routed.shelved == 1
    assert state_of(mailed.cards[0])[0] == "READY_AT_COUNTER"
    assert CounterStay.objects.get().counter == counter
    assert Message.objects.get().occasion == Occasion.READY_AT_COUNTER
    assert send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT) == []


def test_routing_passes_over_a_closed_counter_to_its_delegates_delegate(
    registry: Office, post_office: Office, counter: Office, second_counter: Office
) -> None:
    third = factories.make_office(
        code="3216-08", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.08"
    )
    for closed, delegate in ((counter, second_counter), (second_counter, third)):
        Closure.objects.create(
            office=closed, starts_on=date(2020, 5, 1), ends_on=date(2020, 5, 31), reason="isolasi mandiri"
        )
        Delegation.objects.create(
            office=closed, delegate=delegate, service=Service.PICKUP, starts_on=date(2020, 5, 1),
            ends_on=date(2020, 5, 31),
        )  # fmt: skip
    bring_back(mail_cards(office=registry, post_office=post_office, number=2), office=registry)
    assert route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT).by_counter == {third.pk: 2}


def test_no_card_is_sent_to_a_counter_of_another_registry(
    registry: Office, post_office: Office, counter: Office
) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    foreign = factories.make_office(
        code="3275-01", kind=Office.Kind.COUNTER, parent=other, region_code="32.75.01", serves=["32.16.06"]
    )
    first, second = (mail_cards(office=registry, post_office=post_office, number=1) for _ in range(2))
    bring_back(first, office=registry)
    # the other registry's counter serves the village by the longer code; it is not asked
    assert route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT).by_counter == {counter.pk: 1}
    closed = {"starts_on": date(2020, 5, 1), "ends_on": date(2020, 5, 31)}
    Closure.objects.create(office=counter, reason="x", **closed)
    Delegation.objects.create(office=counter, delegate=foreign, service=Service.PICKUP, **closed)
    assert send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT) == []
    bring_back(second, office=registry)
    routed = route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    assert (routed.by_counter, routed.undecided) == ({}, 1)


def test_a_counter_that_closes_after_routing_is_passed_over_when_its_cards_are_sent(
    registry: Office, post_office: Office, counter: Office, second_counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    bring_back(mailed, office=registry)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    closure = Closure.objects.create(
        office=counter, starts_on=date(2020, 5, 20), ends_on=date(2020, 5, 31), reason="lockdown"
    )
    assert send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT) == []
    Delegation.objects.create(
        office=counter, delegate=second_counter, service=Service.PICKUP, starts_on=closure.starts_on,
        ends_on=closure.ends_on,
    )  # fmt: skip
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    assert transfer.to_office == second_counter
    assert set(ReturnReceipt.objects.values_list("counter_id", flat=True)) == {second_counter.pk}


def test_a_transfer_keeps_both_sides_counts_and_what_is_missing_stays_on_its_way(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=3)
    bring_back(mailed, office=registry)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    assert (transfer.number, transfer.sent, transfer.to_office) == ("TR-3216-20200520-001", 3, counter)
    assert [state_of(card)[0] for card in mailed.cards] == ["IN_TRANSFER"] * 3
    first, second, third = (card.reference for card in mailed.cards)

    receipt = receive_transfer(
        transfer_id=transfer.pk,
        references=[first, second, "K000000000X"],
        shelf="B2",
        actor_id=None,
        at=ARRIVED_AT,
    )

    assert (receipt.sent, receipt.arrived, receipt.missing) == (3, 2, (third,))
    assert (receipt.extra, receipt.misread) == ((), ("K000000000X",))
    assert [state_of(card)[0] for card in mailed.cards] == [
        "READY_AT_COUNTER",
        "READY_AT_COUNTER",
        "IN_TRANSFER",
    ]
    stay = CounterStay.objects.get(card=mailed.cards[0])
    assert (stay.shelf, stay.hold_until) == ("B2", date(2020, 6, 19))
    late = receive_transfer(
        transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=ARRIVED_AT + timedelta(hours=1)
    )
    assert (late.arrived, late.missing) == (1, ())
    assert Transfer.objects.get().received == 3
    assert not TransferCard.objects.filter(live=True).exists()
    with pytest.raises(DeliveryRefused) as refused:
        receive_transfer(transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=ARRIVED_AT)
    assert refused.value.code is Code.TRANSFER_ALREADY_RECEIVED
    assert Message.objects.filter(occasion=Occasion.READY_AT_COUNTER).count() == 3


def test_an_unknown_transfer_is_refused() -> None:
    with pytest.raises(DeliveryRefused) as refused:
        receive_transfer(transfer_id=4711, references=None, shelf="", actor_id=None, at=ARRIVED_AT)
    assert refused.value.code is Code.TRANSFER_NOT_FOUND


def test_a_clock_that_was_set_back_does_not_undo_the_arrival(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(mailed, office=registry)
    earlier = RETURNED_AT - timedelta(hours=2)
    route_returns(office_id=registry.pk, actor_id=None, at=earlier)
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=None, at=earlier)
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=earlier)
    assert state_of(mailed.cards[0])[0] == "READY_AT_COUNTER"


def test_a_return_decided_by_hand_for_the_village_list_is_not_routed(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    bring_back(mailed, office=registry)
    decided = decide_returns(
        office_id=registry.pk,
        card_ids=[mailed.cards[0].pk],
        decision="VILLAGE",
        actor_id=None,
        at=RETURNED_AT,
    )
    assert decided == 1
    assert route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT).by_counter == {counter.pk: 1}


def test_a_return_is_sent_again_when_its_address_is_good_and_posted_as_a_new_item(
    registry: Office, post_office: Office
) -> None:
    good = mail_cards(office=registry, post_office=post_office, number=1)
    unclear = factories.make_cards(office=registry, number=1, verdict=Verdict.NEEDS_REVIEW)
    bad = mail_cards(office=registry, post_office=post_office, number=1, cards=unclear)
    for mailed in (good, bad):
        bring_back(mailed, office=registry)
    decided = decide_returns(
        office_id=registry.pk, card_ids=[good.cards[0].pk, bad.cards[0].pk], decision="SEND_AGAIN", actor_id=None,
        at=RETURNED_AT,
    )  # fmt: skip
    assert decided == 1
    assert BacklogEntry.objects.get().card == good.cards[0]
    assert ReturnReceipt.objects.get(decision="SEND_AGAIN").card == good.cards[0]
    BacklogEntry.objects.all().delete()
    again = mail_cards(office=registry, post_office=post_office, number=1, cards=good.cards, posted=False)
    record_events(
        events=[again.event(0, Status.POSTED, hours=500)], recorded_at=ARRIVED_AT, recorded_by_id=None
    )
    assert state_of(good.cards[0]) == ("POSTED", "")


def test_a_return_that_is_to_be_reprinted_is_set_aside(registry: Office, post_office: Office) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(mailed, office=registry)
    decided = decide_returns(
        office_id=registry.pk,
        card_ids=[mailed.cards[0].pk],
        decision="REPRINT",
        actor_id=None,
        at=RETURNED_AT,
    )
    assert decided == 1
    mailed.cards[0].refresh_from_db()
    assert mailed.cards[0].disposition == "DAMAGED"


def test_no_decision_is_not_a_decision(registry: Office) -> None:
    for decision in ("UNDECIDED", "BURN"):
        with pytest.raises(DeliveryRefused) as refused:
            decide_returns(
                office_id=registry.pk, card_ids=[], decision=decision, actor_id=None, at=RETURNED_AT
            )
        assert refused.value.code is Code.DECISION_NOT_POSSIBLE


def test_a_delivered_card_in_hand_is_taken_in_after_the_false_delivery_is_voided(
    registry: Office, post_office: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    record_events(
        events=[mailed.event(0, Status.DELIVERED, hours=9)], recorded_at=RETURNED_AT, recorded_by_id=None
    )
    scan = ReturnScan(scanned=mailed.cards[0].reference, reason="ABSENT")
    assert receive(registry, scan) == [ReturnResult.SAYS_DELIVERED]
    void_events(
        event_ids=[TrackingEvent.objects.get(status="DELIVERED").pk], reason="in our hands",
        recorded_at=RETURNED_AT, recorded_by_id=None,
    )  # fmt: skip
    assert receive(registry, scan) == [ReturnResult.RECEIVED]


def test_areas_decide_which_counter_serves_a_village(registry: Office, second_counter: Office) -> None:
    assert AreaServed.objects.get(area_code="32.16.07").office == second_counter
