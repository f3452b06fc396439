"""What follows a failed delivery is the offices' own word, and a card is sent again only to an address that is good."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from addresses.models import Address, AddressReview, Verdict
from addresses.reviews import recheck_waiting
from delivery.deciding import decide_returns
from delivery.ledger import reconcile
from delivery.models import ReturnReceipt
from delivery.overdue import set_follow_up
from delivery.refusals import Code, DeliveryRefused
from delivery.resending import Resumed, resume_everywhere, resume_sending, send_to_other_address
from delivery.return_routing import Routed, route_returns
from delivery.status import Status
from delivery.tracking import record_events
from offices.follow_ups import FollowUpRule, rule_of
from offices.models import FollowUp, HandoverPolicy, Office
from shipments.backlog import decide_addresses
from shipments.batching import batch_backlog
from shipments.models import BacklogEntry, Card, Handover, Item, Lane
from shipments.numbering import add_s10_block
from tests import factories
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards
from tests.delivery.shelving import ARRIVED_AT, RETURNED_AT, bring_back

pytestmark = pytest.mark.django_db
ELSEWHERE = {
    "alamat": "Jl. Melati No. 5", "rt_rw": "002/003", "desa_kelurahan": "Lambangsari", "kecamatan": "Tambun Selatan",
    "kabupaten": "Kabupaten Bekasi", "kode_pos": "17510",
}  # fmt: skip


@pytest.fixture
def mailed(registry: Office, post_office: Office, counter: Office) -> Mailed:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    Handover.objects.create(
        shipment=mailed.shipment, given=1, giver="a", taker="b", handed_over_at=HANDED_OVER_AT
    )
    return mailed


def rule(office: Office, **fields: object) -> None:
    FollowUp.objects.create(office=office, **fields)


def routed(registry: Office) -> Routed:
    return route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)


def decision_of(card: Card) -> str:
    return ReturnReceipt.objects.filter(card=card).latest("pk").decision


def test_a_rule_is_the_offices_own_then_its_registrys_then_the_default(
    registry: Office, post_office: Office, counter: Office
) -> None:
    assert rule_of(office=counter) == FollowUpRule(
        attempts=None, days=None, follows="COUNTER", hold_days=30, after_hold="VILLAGE"
    )
    HandoverPolicy.objects.create(office=registry, hold_days=21)
    rule(registry, attempts=2, days=20, follows="VILLAGE", after_hold="REGISTRY")
    rule(post_office, attempts=3)
    rule(counter, hold_days=10)
    assert rule_of(office=post_office) == FollowUpRule(
        attempts=3, days=None, follows="VILLAGE", hold_days=21, after_hold="REGISTRY"
    )
    assert (rule_of(office=counter).attempts, rule_of(office=counter).hold_days) == (2, 10)


def test_setting_a_rule_is_recorded_and_replaces_the_earlier_one(post_office: Office) -> None:
    for attempts in (2, 3):
        set_follow_up(
            office_id=post_office.pk, attempts=attempts, days=None, follows="", hold_days=None, after_hold="",
            actor_id=None, at=RETURNED_AT,
        )  # fmt: skip
    assert FollowUp.objects.get().attempts == 3
    assert AuditEntry.objects.filter(operation="SET_FOLLOW_UP").count() == 2


@pytest.mark.parametrize(
    ("fields", "failed", "wanted"),
    [
        ({}, 1, "COUNTER"),
        ({"attempts": 2}, 1, "SEND_AGAIN"),
        ({"attempts": 2}, 2, "COUNTER"),
        ({"attempts": 2, "days": 16}, 1, "COUNTER"),  # 16 days have passed
        ({"attempts": 2, "days": 17}, 1, "SEND_AGAIN"),
        ({"days": 17}, 9, "SEND_AGAIN"),
        ({"follows": "VILLAGE"}, 1, "VILLAGE"),
        ({"follows": "REGISTRY"}, 1, "REGISTRY"),
        ({"follows": "SEND_AGAIN"}, 1, "SEND_AGAIN"),
    ],
)
def test_attempts_and_days_decide_what_follows(
    registry: Office, post_office: Office, mailed: Mailed, fields: dict[str, object], failed: int, wanted: str
) -> None:
    rule(post_office, **fields)
    events = [
        mailed.event(0, Status.ATTEMPT_FAILED, hours=24 * n, reason="ABSENT") for n in range(1, failed + 1)
    ]
    record_events(events=events, recorded_at=RETURNED_AT, recorded_by_id=None)
    bring_back(mailed, office=registry)
    routed(registry)
    assert decision_of(mailed.cards[0]) == wanted
    assert reconcile(office_id=registry.pk).holds


def test_a_card_that_is_sent_again_once_goes_to_the_counter_the_second_time(
    registry: Office, post_office: Office, mailed: Mailed
) -> None:
    rule(registry, follows="SEND_AGAIN")
    bring_back(mailed, office=registry)
    assert routed(registry) == Routed(sent_again=1)
    entry = BacklogEntry.objects.get()
    assert (entry.card_id, entry.lane) == (mailed.cards[0].pk, Lane.RESEND)
    add_s10_block(
        office_id=registry.pk, service_indicator="RR", first_serial=1, last_serial=9, on=entry.printed_on
    )
    batch_backlog(office_id=registry.pk, on=entry.printed_on, actor_id=None, at=RETURNED_AT)
    assert Item.objects.filter(card=mailed.cards[0]).count() == 2  # a new item, with a number of its own
    assert reconcile(office_id=registry.pk).buckets["in_open_shipment"] == 1
    again = Item.objects.get(card=mailed.cards[0], live=True)
    type(again.shipment).objects.filter(pk=again.shipment_id).update(
        state="HANDED_OVER", item_count=1, manifest_sha256="0"
    )
    second = Mailed(shipment=again.shipment, cards=mailed.cards, items=[again])
    record_events(
        events=[second.event(0, Status.POSTED, hours=500)], recorded_at=RETURNED_AT, recorded_by_id=None
    )
    bring_back(second, office=registry)
    assert sum(routed(registry).by_counter.values()) == 1
    assert decision_of(mailed.cards[0]) == "COUNTER"


def test_a_wrong_address_goes_to_the_review_desk_and_from_there_into_the_backlog(
    registry: Office, post_office: Office, mailed: Mailed
) -> None:
    (card,) = mailed.cards
    rule(registry, attempts=2)
    bring_back(mailed, office=registry, reason="ADDRESS_NOT_FOUND")
    assert (routed(registry).to_review, decision_of(card)) == (1, "ADDRESS")
    address = Address.objects.get(card=card)
    assert (address.verdict, address.next_action, address.reasons) == ("NEEDS_REVIEW", "FIX", "CAME_BACK")
    # the check alone finds nothing wrong with it, so it does not let it out
    assert recheck_waiting(office_id=registry.pk, at=ARRIVED_AT).deliverable_ids == ()
    assert resume_sending(office_id=registry.pk, actor_id=None, at=ARRIVED_AT) == Resumed(
        sent_again=0, given_up=0
    )
    assert reconcile(office_id=registry.pk).buckets["returned"] == 1

    decide_addresses(
        office_id=registry.pk, address_ids=[address.pk], decision="CORRECTED", corrections={"alamat": "Jl. Mawar 7"},
        village_code=factories.JATIMULYA, actor_id=None, at=ARRIVED_AT,
    )  # fmt: skip
    assert resume_everywhere(at=ARRIVED_AT) == Resumed(sent_again=1, given_up=0)
    assert (BacklogEntry.objects.get().card, decision_of(card)) == (card, "SEND_AGAIN")
    assert reconcile(office_id=registry.pk).buckets["backlog"] == 1
    assert resume_everywhere(at=ARRIVED_AT) == Resumed(sent_again=0, given_up=0)


def test_an_address_that_the_desk_gives_up_leaves_the_card_to_a_person(
    registry: Office, mailed: Mailed
) -> None:
    (card,) = mailed.cards
    bring_back(mailed, office=registry)
    decide_returns(
        office_id=registry.pk, card_ids=[card.pk], decision="ADDRESS", actor_id=None, at=RETURNED_AT
    )
    decide_addresses(
        office_id=registry.pk, address_ids=[card.address_id], decision="UNDELIVERABLE", actor_id=None, at=ARRIVED_AT
    )  # fmt: skip
    assert resume_sending(office_id=registry.pk, actor_id=None, at=ARRIVED_AT) == Resumed(
        sent_again=0, given_up=1
    )
    assert (decision_of(card), BacklogEntry.objects.count()) == ("UNDECIDED", 0)
    assert AuditEntry.objects.get(operation="DECIDE_RETURNS").details == {"decision": "ADDRESS", "cards": 1}


def test_a_holders_other_address_is_checked_and_the_card_is_queued_for_it(
    registry: Office, mailed: Mailed
) -> None:
    (card,) = mailed.cards
    bring_back(mailed, office=registry)
    queued = send_to_other_address(
        office_id=registry.pk, card_id=card.pk, address=ELSEWHERE, actor_id=None, at=RETURNED_AT
    )
    address = Address.objects.get(card=card)
    assert (queued, decision_of(card)) == (True, "SEND_AGAIN")
    assert (address.verdict, address.village_code[:8]) == ("DELIVERABLE", "32.16.06")
    assert BacklogEntry.objects.get().village_code == address.village_code
    assert AddressReview.objects.get().corrections == ELSEWHERE


def test_a_doubtful_other_address_waits_at_the_review_desk(registry: Office, mailed: Mailed) -> None:
    (card,) = mailed.cards
    bring_back(mailed, office=registry)
    doubtful = {**ELSEWHERE, "desa_kelurahan": "Lambangsarii", "kode_pos": ""}
    doubtful["kecamatan"] = "Tidak Ada"
    queued = send_to_other_address(
        office_id=registry.pk, card_id=card.pk, address=doubtful, actor_id=None, at=RETURNED_AT
    )
    assert (queued, decision_of(card), BacklogEntry.objects.count()) == (False, "ADDRESS", 0)
    assert Address.objects.get(card=card).verdict != Verdict.DELIVERABLE


def test_an_address_of_another_regency_is_refused_and_nothing_changes(
    registry: Office, mailed: Mailed
) -> None:
    (card,) = mailed.cards
    bring_back(mailed, office=registry)
    before = Address.objects.filter(card=card).values().get()
    other = {
        **ELSEWHERE, "desa_kelurahan": "Margahayu", "kecamatan": "Bekasi Timur", "kabupaten": "Kota Bekasi",
        "kode_pos": "17113",
    }  # fmt: skip
    with pytest.raises(DeliveryRefused) as refused:
        send_to_other_address(
            office_id=registry.pk, card_id=card.pk, address=other, actor_id=None, at=RETURNED_AT
        )
    assert refused.value.code is Code.OTHER_REGENCY
    assert Address.objects.filter(card=card).values().get() == before
    assert (decision_of(card), AddressReview.objects.count()) == ("UNDECIDED", 0)


def test_a_card_that_does_not_wait_is_not_sent_elsewhere(registry: Office, mailed: Mailed) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        send_to_other_address(
            office_id=registry.pk, card_id=mailed.cards[0].pk, address=ELSEWHERE, actor_id=None,
            at=RETURNED_AT + timedelta(days=1),
        )  # fmt: skip
    assert refused.value.code is Code.RETURN_NOT_WAITING
