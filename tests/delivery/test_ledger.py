"""Each bucket claims its cards on its own evidence; what no bucket or two claim is a gap."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from addresses.models import Verdict
from delivery.ledger import BUCKETS, cards_in_bucket, reconcile
from delivery.models import Delivery
from delivery.status import Status
from delivery.tracking import record_events
from offices.models import Office
from shipments.models import (
    AreaHold,
    BacklogEntry,
    Card,
    Handover,
    HandoverDifference,
    HeldCard,
    Item,
    ShipmentState,
)
from tests import factories
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=1)


def tell(mailed: Mailed, *statuses: Status, first: int = 1) -> None:
    events = [mailed.event(0, status, hours=first + place) for place, status in enumerate(statuses)]
    record_events(events=events, recorded_at=HANDED_OVER_AT, recorded_by_id=None)


def queue(card: Card) -> None:
    BacklogEntry.objects.create(
        card=card, office=card.office, lane=50, printed_on=card.printed_on, village_code="32.16.06.1001"
    )


def only(registry: Office) -> str:
    """Give the only bucket that has cards."""
    found = reconcile(office_id=registry.pk)
    assert found.holds, found
    (name,) = [name for name, count in found.buckets.items() if count]
    assert cards_in_bucket(office_id=registry.pk, bucket=name).count() == found.buckets[name]
    return name


def test_the_buckets_stand_in_the_order_in_which_people_read_them() -> None:
    assert list(BUCKETS) == [
        "damaged", "printed_twice", "withdrawn", "void", "destroyed", "address_review", "on_hold",
        "awaiting_channel", "backlog", "in_open_shipment", "in_closed_shipment", "with_post", "handover_difference",
        "delivered", "coming_back", "returned", "in_transfer", "at_counter", "collected", "at_village",
        "given_by_village",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("disposition", "bucket"),
    [
        ("DAMAGED", "damaged"),
        ("DUPLICATE", "printed_twice"),
        ("WITHDRAWN", "withdrawn"),
        ("VOID", "void"),
        ("DESTROYED", "destroyed"),
    ],
)
def test_a_card_set_aside_is_in_the_bucket_of_its_disposition(
    registry: Office, disposition: str, bucket: str
) -> None:
    factories.make_cards(office=registry, number=2, disposition=disposition)
    assert only(registry) == bucket


def test_doubtful_addresses_other_channels_and_holds_each_have_their_bucket(registry: Office) -> None:
    factories.make_cards(office=registry, number=3, verdict=Verdict.NEEDS_REVIEW, village_code="")
    factories.make_cards(office=registry, number=2, channel="VILLAGE")
    (held,) = factories.make_cards(office=registry, number=1, verdict=Verdict.NEEDS_REVIEW, village_code="")
    hold = AreaHold.objects.create(
        office=registry, village_code="32.16.06.1001", action="WAIT", reason="banjir",
        starts_on=held.printed_on, created_at=HANDED_OVER_AT,
    )  # fmt: skip
    HeldCard.objects.create(card=held, hold=hold)
    found = reconcile(office_id=registry.pk)
    assert found.holds
    assert [found.buckets[name] for name in ("address_review", "awaiting_channel", "on_hold")] == [3, 2, 1]


@pytest.mark.parametrize(
    ("state", "bucket"),
    [
        (ShipmentState.OPEN, "in_open_shipment"),
        (ShipmentState.CLOSED, "in_closed_shipment"),
        (ShipmentState.HANDED_OVER, "with_post"),
        (ShipmentState.RECEIVED, "with_post"),
    ],
)
def test_a_packed_card_is_where_its_shipment_is(
    registry: Office, post_office: Office, state: ShipmentState, bucket: str
) -> None:
    mail_cards(office=registry, post_office=post_office, number=2, state=state)
    assert only(registry) == bucket


@pytest.mark.parametrize(
    ("statuses", "bucket"),
    [
        ((Status.IN_TRANSIT,), "with_post"),
        ((Status.ATTEMPT_FAILED,), "with_post"),
        ((Status.DELIVERED,), "delivered"),
        ((Status.RETURNING,), "coming_back"),
        ((Status.RETURNING, Status.RETURNED_TO_SENDER), "coming_back"),
        ((Status.RETURN_RECEIVED,), "returned"),
        ((Status.RETURN_RECEIVED, Status.IN_TRANSFER), "in_transfer"),
        ((Status.RETURN_RECEIVED, Status.READY_AT_COUNTER), "at_counter"),
        ((Status.RETURN_RECEIVED, Status.READY_AT_COUNTER, Status.COLLECTED), "collected"),
        ((Status.RETURN_RECEIVED, Status.AT_VILLAGE), "at_village"),
        ((Status.RETURN_RECEIVED, Status.AT_VILLAGE, Status.GIVEN_BY_VILLAGE), "given_by_village"),
    ],
)
def test_a_card_is_where_its_last_event_says(
    registry: Office, mailed: Mailed, statuses: tuple[Status, ...], bucket: str
) -> None:
    tell(mailed, *statuses)
    assert only(registry) == bucket


def test_an_item_that_the_post_did_not_find_is_a_difference_until_it_is_closed(
    registry: Office, mailed: Mailed
) -> None:
    handover = Handover.objects.create(
        shipment=mailed.shipment, given=1, giver="A", taker="B", handed_over_at=HANDED_OVER_AT
    )
    difference = HandoverDifference.objects.create(
        handover=handover, kind="MISSING", item=mailed.items[0], opened_at=HANDED_OVER_AT
    )
    assert only(registry) == "handover_difference"
    difference.closed_at, difference.resolution = HANDED_OVER_AT, "ditemukan"
    difference.save()
    assert only(registry) == "with_post"


def test_a_returned_card_that_is_sent_again_is_counted_where_it_lies_now(
    registry: Office, post_office: Office, mailed: Mailed
) -> None:
    tell(mailed, Status.RETURN_RECEIVED)
    Item.objects.update(live=None)
    queue(mailed.cards[0])
    assert only(registry) == "backlog"
    BacklogEntry.objects.all().delete()
    again = mail_cards(
        office=registry, post_office=post_office, number=1, cards=mailed.cards, state=ShipmentState.CLOSED
    )
    assert only(registry) == "in_closed_shipment"
    again.shipment.state = ShipmentState.HANDED_OVER
    again.shipment.save()
    assert reconcile(office_id=registry.pk).gap_count == 1  # handed over, and nobody recorded the posting
    tell(again, Status.POSTED, first=9)
    assert only(registry) == "with_post"


def test_an_item_that_the_post_scanned_before_the_handover_was_recorded_is_with_the_post(
    registry: Office, post_office: Office
) -> None:
    closed = mail_cards(office=registry, post_office=post_office, number=1, state=ShipmentState.CLOSED)
    tell(closed, Status.ANNOUNCED)
    assert only(registry) == "in_closed_shipment"
    tell(closed, Status.IN_TRANSIT, first=3)
    assert only(registry) == "with_post"


@pytest.mark.parametrize(
    "flaw", ["nowhere", "damaged in the backlog", "delivered in the backlog", "no posting"]
)
def test_a_card_that_falls_between_two_services_is_a_gap(
    registry: Office, post_office: Office, flaw: str
) -> None:
    claimed: tuple[str, ...] = ()
    if flaw == "no posting":
        (card,) = mail_cards(office=registry, post_office=post_office, number=1, posted=False).cards
    elif flaw == "delivered in the backlog":
        mailed = mail_cards(office=registry, post_office=post_office, number=1)
        tell(mailed, Status.DELIVERED)
        (card,), claimed = mailed.cards, ("backlog", "delivered")
        queue(card)
    else:
        (card,) = factories.make_cards(office=registry, number=1)
        if flaw == "damaged in the backlog":
            Card.objects.update(disposition="DAMAGED")
            claimed = ("damaged", "backlog")
            queue(card)
    found = reconcile(office_id=registry.pk)
    assert not found.holds
    assert [(gap.reference, gap.buckets) for gap in found.gaps] == [(card.reference, claimed)]


def test_each_office_has_its_own_sum(registry: Office, mailed: Mailed) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    factories.make_cards(office=other, number=4, disposition="VOID")
    assert reconcile(office_id=registry.pk).printed == 1
    assert reconcile(office_id=other.pk).buckets["void"] == 4
    assert reconcile().printed == 5


def test_the_funnel_counts_as_the_press_did(registry: Office, post_office: Office) -> None:
    factories.make_cards(office=registry, number=2, disposition="DAMAGED")
    factories.make_cards(office=registry, number=1, disposition="DUPLICATE")
    factories.make_cards(office=registry, number=3, disposition="WITHDRAWN", channel="VILLAGE")
    factories.make_cards(office=registry, number=4, verdict=Verdict.NEEDS_REVIEW, village_code="")
    mailed = mail_cards(office=registry, post_office=post_office, number=5)
    events = [mailed.event(index, Status.DELIVERED, hours=9) for index in range(3)]
    events += [mailed.event(3, Status.RETURNING, hours=9)]
    record_events(events=events, recorded_at=HANDED_OVER_AT + timedelta(days=1), recorded_by_id=None)
    assert reconcile(office_id=registry.pk).funnel == {
        "printed": 15, "damaged": 2, "printed_twice": 1, "withdrawn": 3, "held_for_address_review": 4,
        "handed_over": 5, "delivered": 3, "not_delivered": 1,
    }  # fmt: skip


def test_the_sum_takes_as_many_queries_for_many_cards_as_for_one(registry: Office, mailed: Mailed) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            reconcile(office_id=registry.pk)
        counts.append(len(queries))
        factories.make_cards(office=registry, number=50, disposition="VOID")
    assert counts == [4, 4]


def test_the_command_prints_json_and_ends_with_1_when_the_sum_fails(registry: Office, mailed: Mailed) -> None:
    printed = io.StringIO()
    call_command("reconcile", office=registry.code, json=True, stdout=printed)
    told = json.loads(printed.getvalue())
    assert (told["printed"], told["buckets"]["with_post"], told["gaps"]) == (1, 1, [])
    Delivery.objects.all().delete()
    printed = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", json=True, stdout=printed)
    assert ended.value.code == 1
    assert json.loads(printed.getvalue())["gaps"] == [{"reference": mailed.cards[0].reference, "buckets": []}]


def test_the_command_shows_a_table_for_people(registry: Office, mailed: Mailed) -> None:
    printed = io.StringIO()
    call_command("reconcile", stdout=printed)
    assert "100,00" in printed.getvalue()


def test_refold_checks_and_repairs_by_command(mailed: Mailed) -> None:
    Delivery.objects.update(status="RETURNING")
    with pytest.raises(Exception, match="refold"):
        call_command("refold", check=True, stdout=io.StringIO())
    assert Delivery.objects.get().status == "RETURNING"
    call_command("refold", stdout=io.StringIO())
    assert Delivery.objects.get().status == "POSTED"
