"""Who enters the queue, in which order, and what the review desk does to it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from addresses.models import Address, Verdict
from offices.models import Office
from shipments.backlog import (
    backlog_by_lane,
    backlog_by_village,
    decide_addresses,
    fill_backlog,
    leave_backlog,
    recheck_addresses,
)
from shipments.dispositions import void_cards
from shipments.models import BacklogEntry, Card, Channel, Disposition, Item, Lane, Shipment
from shipments.planning import plan_batches
from shipments.refusals import Code, ShipmentRefused
from tests import factories

pytestmark = pytest.mark.django_db


def test_only_registered_deliverable_cards_by_post_enter(registry: Office, now: datetime) -> None:
    (good,) = factories.make_cards(office=registry, number=1)
    factories.make_cards(office=registry, number=1, disposition=Disposition.DAMAGED)
    factories.make_cards(office=registry, number=1, channel=Channel.COUNTER)
    factories.make_cards(office=registry, number=1, verdict=Verdict.NEEDS_REVIEW)
    assert fill_backlog(office_id=registry.pk, at=now) == 1
    assert BacklogEntry.objects.get().card_id == good.pk
    assert fill_backlog(office_id=registry.pk, at=now) == 0


def test_queue_goes_by_lane_then_print_date_then_intake(
    registry: Office, post_office: Office, now: datetime
) -> None:
    def make(**fields: Any) -> int:
        return factories.make_cards(office=registry, number=1, **fields)[0].pk

    late = make(printed_on=date(2020, 4, 2))
    early = make(printed_on=date(2020, 4, 1))
    same_day = make(printed_on=date(2020, 4, 1))
    ready = make(printed_on=date(2020, 4, 30), lane=Lane.PRINT_READY_RECORD)
    urgent = make(printed_on=date(2020, 4, 30), lane=Lane.URGENT)
    fill_backlog(office_id=registry.pk, at=now)
    order = BacklogEntry.objects.order_by("lane", "printed_on", "card_id").values_list("pk", flat=True)
    assert list(order) == [urgent, ready, early, same_day, late]
    assert backlog_by_lane(office_id=registry.pk) == {
        Lane.URGENT: 1,
        Lane.PRINT_READY_RECORD: 1,
        Lane.ORDINARY: 3,
    }
    assert plan_batches(office=registry, on=now.date()).items == 5


def test_posted_card_enters_again_only_when_it_is_named_and_then_as_a_resend(
    shipment: Shipment, registry: Office, now: datetime
) -> None:
    card_ids = list(Item.objects.values_list("card_id", flat=True))
    assert fill_backlog(office_id=registry.pk, at=now, card_ids=card_ids) == 0
    Item.objects.update(live=None)
    assert fill_backlog(office_id=registry.pk, at=now) == 0
    assert fill_backlog(office_id=registry.pk, at=now, card_ids=card_ids[:2]) == 2
    assert set(BacklogEntry.objects.values_list("lane", flat=True)) == {Lane.RESEND}


def test_queue_by_village_names_them(queue: Callable[..., list[Card]], registry: Office) -> None:
    queue(2)
    (village,) = backlog_by_village(office_id=registry.pk)
    assert (village.village_code, village.village, village.district, village.cards) == (
        factories.JATIMULYA, "Jatimulya", "Tambun Selatan", 2,
    )  # fmt: skip
    assert village.oldest == date(2020, 4, 1)


def test_leaving_the_queue_counts_who_was_in_it(queue: Callable[..., list[Card]]) -> None:
    cards = queue(2)
    assert leave_backlog(card_ids=[cards[0].pk, 10**9]) == 1


def test_accepted_address_lets_its_card_enter(registry: Office, now: datetime) -> None:
    (card,) = factories.make_cards(office=registry, number=1, verdict=Verdict.NEEDS_REVIEW)
    decided = decide_addresses(
        office_id=registry.pk, address_ids=[card.address_id], decision="ACCEPTED", actor_id=None, at=now
    )
    assert decided.deliverable_ids == (card.address_id,)
    assert BacklogEntry.objects.get().card_id == card.pk


def test_address_marked_undeliverable_takes_its_card_out(
    queue: Callable[..., list[Card]], registry: Office, now: datetime
) -> None:
    first, second = queue(2)
    decide_addresses(
        office_id=registry.pk, address_ids=[first.address_id], decision="UNDELIVERABLE", actor_id=None, at=now
    )
    assert BacklogEntry.objects.get().card_id == second.pk


def test_new_village_of_a_queued_card_moves_it_in_the_queue(
    queue: Callable[..., list[Card]], registry: Office, now: datetime
) -> None:
    (card,) = queue(1)
    decide_addresses(
        office_id=registry.pk, address_ids=[card.address_id], decision="ACCEPTED", village_code="32.16.06.2003",
        actor_id=None, at=now,
    )  # fmt: skip
    assert BacklogEntry.objects.get().village_code == "32.16.06.2003"


def test_decision_is_refused_while_the_address_stands_on_a_label(
    shipment: Shipment, registry: Office, now: datetime
) -> None:
    address = Address.objects.all()[0]
    with pytest.raises(ShipmentRefused) as caught:
        decide_addresses(
            office_id=registry.pk, address_ids=[address.pk], decision="UNDELIVERABLE", actor_id=None, at=now
        )
    assert caught.value.code is Code.ADDRESS_IN_POST
    address.refresh_from_db()
    assert address.verdict == Verdict.DELIVERABLE


def test_returned_card_is_not_posted_again_by_correcting_its_address(
    shipment: Shipment, registry: Office, now: datetime
) -> None:
    Item.objects.update(live=None)
    ids = list(Address.objects.values_list("pk", flat=True))
    decided = decide_addresses(
        office_id=registry.pk, address_ids=ids, decision="CORRECTED", corrections={"alamat": "Jl. Baru 2"},
        actor_id=None, at=now,
    )  # fmt: skip
    assert len(decided.deliverable_ids) == 5
    assert not BacklogEntry.objects.exists()


def test_recheck_queues_what_is_good_now(registry: Office, now: datetime) -> None:
    (card,) = factories.make_cards(office=registry, number=1, verdict=Verdict.UNDELIVERABLE)
    assert recheck_addresses(office_id=registry.pk, actor_id=None, at=now).deliverable_ids == (
        card.address_id,
    )
    assert BacklogEntry.objects.count() == 1


def test_voided_card_leaves_everything(
    queue: Callable[..., list[Card]], registry: Office, now: datetime
) -> None:
    (card,) = queue(1)
    options = {"office_id": registry.pk, "references": [card.reference], "actor_id": None, "at": now}
    assert void_cards(reason="meninggal", **options) == 1  # type: ignore[arg-type]
    assert not BacklogEntry.objects.exists()
    assert Card.objects.get().disposition == Disposition.VOID
    assert void_cards(reason="meninggal", **options) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reference", "reason", "code"), [("T1", "x", Code.CARD_UNKNOWN), ("", " ", Code.REASON_MISSING)]
)
def test_voiding_is_refused(registry: Office, now: datetime, reference: str, reason: str, code: Code) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        void_cards(office_id=registry.pk, references=[reference], reason=reason, actor_id=None, at=now)
    assert caught.value.code is code


def test_voiding_is_refused_for_a_closed_item(shipment: Shipment, registry: Office, now: datetime) -> None:
    Shipment.objects.update(state="CLOSED", item_count=5, manifest_sha256="x")
    card = Card.objects.all()[0]
    with pytest.raises(ShipmentRefused) as caught:
        void_cards(office_id=registry.pk, references=[card.reference], reason="x", actor_id=None, at=now)
    assert caught.value.code is Code.ALREADY_POSTED
