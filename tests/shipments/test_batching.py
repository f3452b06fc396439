"""Shipments: batched, filled, packed, closed, cancelled."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from accounts.models import AuditEntry, Role, User
from offices.models import Closure, Delegation, HandoverPolicy, Office, Service
from shipments.backlog import fill_backlog
from shipments.batching import (
    batch_backlog,
    cancel_shipment,
    close_shipment,
    fill_shipment,
    open_shipment,
    preview_batches,
    remove_items,
)
from shipments.labelling import manifest_sha256
from shipments.models import BacklogEntry, Bag, Card, Item, NumberBlock, Shipment, ShipmentState
from shipments.numbering import add_s10_block
from shipments.packing import pack_items, pack_state
from shipments.planning import PlannedShipment
from shipments.refusals import Code, ShipmentRefused
from shipments.scope import cards_visible_to, intake_files_visible_to, shipments_visible_to
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2020, 5, 4)
CIBITUNG = "32.16.07.2001"


@pytest.fixture
def batch(registry: Office, policy: HandoverPolicy, now: datetime) -> Callable[[], list[Shipment]]:
    def run() -> list[Shipment]:
        result = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=now)
        return list(Shipment.objects.filter(pk__in=result.shipment_ids).order_by("pk"))

    return run


def numbers_of(shipment: Shipment) -> list[str | None]:
    return list(Item.objects.filter(shipment=shipment).order_by("position").values_list("number", flat=True))


def test_batch_divides_by_post_office_and_limits_and_numbers_without_gaps(
    registry: Office,
    post_office: Office,
    queue: Callable[..., list[Card]],
    batch: Callable[[], list[Shipment]],
) -> None:
    second = factories.make_office(
        code="17520",
        kind=Office.Kind.POST_OFFICE,
        parent=registry,
        region_code="32.16.07",
        serves=["32.16.07"],
    )
    add_s10_block(office_id=registry.pk, service_indicator="RR", first_serial=0, last_serial=99, on=TODAY)
    queue(12)
    queue(3, village_code=CIBITUNG)
    planned = [
        PlannedShipment(post_office.pk, 10, 3),
        PlannedShipment(post_office.pk, 2, 1),
        PlannedShipment(second.pk, 3, 1),
    ]
    assert preview_batches(office_id=registry.pk, on=TODAY) == planned
    assert not Shipment.objects.exists()
    shipments = batch()
    assert [shipment.number for shipment in shipments] == [
        "3216-200504-001",
        "3216-200504-002",
        "3216-200504-003",
    ]
    assert [shipment.post_office_id for shipment in shipments] == [post_office.pk, post_office.pk, second.pk]
    numbers = [number for shipment in shipments for number in numbers_of(shipment)]
    assert [int(str(number)[2:10]) for number in numbers] == list(range(15))
    bags = Bag.objects.filter(shipment=shipments[0]).order_by("sequence")
    assert [bag.items.count() for bag in bags] == [4, 4, 2]
    assert bags[2].code == "3216-200504-001/3"
    assert not BacklogEntry.objects.exists()
    assert NumberBlock.objects.get().next_serial == 15


def test_first_printed_are_batched_first_and_labels_go_by_village_and_rw(
    registry: Office,
    post_office: Office,
    policy: HandoverPolicy,
    queue: Callable[..., list[Card]],
    now: datetime,
) -> None:
    policy.items_per_shipment = 3
    policy.items_per_day = 3
    policy.save()
    (late,) = queue(1, printed_on=date(2020, 4, 9))
    (far,) = queue(1, rw="009")
    (near,) = queue(1, rw="002")
    (other,) = queue(1, village_code=CIBITUNG)
    result = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=now)
    cards = (
        Item.objects.filter(shipment_id=result.shipment_ids[0])
        .order_by("position")
        .values_list("card", flat=True)
    )
    assert list(cards) == [near.pk, far.pk, other.pk]
    assert (result.items, result.beyond_limits) == (3, 1)
    assert BacklogEntry.objects.get().card_id == late.pk


def test_daily_limits_count_what_was_batched_before_on_that_day(
    registry: Office,
    post_office: Office,
    policy: HandoverPolicy,
    queue: Callable[..., list[Card]],
    now: datetime,
) -> None:
    post_office.items_per_day = 4
    post_office.save()
    queue(6)
    first = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=now)
    again = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=now)
    tomorrow = batch_backlog(
        office_id=registry.pk, on=TODAY + timedelta(days=1), actor_id=None, at=now + timedelta(days=1)
    )
    assert [first.items, again.items, tomorrow.items] == [4, 0, 2]
    assert again.beyond_limits == 2


def test_villages_without_a_post_office_stay_in_the_queue_with_the_reason(
    registry: Office,
    post_office: Office,
    policy: HandoverPolicy,
    queue: Callable[..., list[Card]],
    now: datetime,
) -> None:
    queue(1)
    queue(2, village_code="32.75.01.1001")
    result = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=now)
    assert result.unrouted == {"32.75.01.1001": 2}
    assert result.faults == {"32.75.01.1001": "NOBODY_SERVES"}
    assert BacklogEntry.objects.count() == 2


def test_closed_post_office_is_replaced_by_its_delegate(
    registry: Office,
    post_office: Office,
    policy: HandoverPolicy,
    queue: Callable[..., list[Card]],
    now: datetime,
) -> None:
    delegate = factories.make_office(
        code="17999", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.01"
    )
    Closure.objects.create(office=post_office, starts_on=TODAY, ends_on=TODAY, reason="banjir")
    queue(1)
    result = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=now)
    assert result.faults == {factories.JATIMULYA: "CLOSED_WITHOUT_DELEGATE"}
    Delegation.objects.create(
        office=post_office, delegate=delegate, service=Service.POSTING, starts_on=TODAY, ends_on=TODAY
    )
    assert preview_batches(office_id=registry.pk, on=TODAY) == [PlannedShipment(delegate.pk, 1, 1)]


def test_batch_with_too_few_numbers_is_refused_and_nothing_happens(
    registry: Office,
    post_office: Office,
    policy: HandoverPolicy,
    queue: Callable[..., list[Card]],
    now: datetime,
) -> None:
    add_s10_block(office_id=registry.pk, service_indicator="RR", first_serial=0, last_serial=1, on=TODAY)
    queue(3)
    with pytest.raises(ShipmentRefused) as caught:
        batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=now)
    assert caught.value.code is Code.NUMBERS_SHORT
    assert not Shipment.objects.exists()
    assert not Item.objects.exists()
    assert BacklogEntry.objects.count() == 3
    assert NumberBlock.objects.get().next_serial == 0


def test_shipment_is_opened_filled_and_emptied_by_hand(
    registry: Office,
    post_office: Office,
    policy: HandoverPolicy,
    queue: Callable[..., list[Card]],
    now: datetime,
) -> None:
    add_s10_block(office_id=registry.pk, service_indicator="RR", first_serial=0, last_serial=99, on=TODAY)
    references = [card.reference for card in queue(6)]
    options = {"actor_id": None, "at": now}
    shipment = open_shipment(office_id=registry.pk, post_office_id=post_office.pk, **options)  # type: ignore[arg-type]
    assert fill_shipment(shipment_id=shipment.pk, references=references[:3], **options) == 3  # type: ignore[arg-type]
    assert remove_items(shipment_id=shipment.pk, references=references[:1], **options) == 1  # type: ignore[arg-type]
    assert fill_shipment(shipment_id=shipment.pk, references=references[3:], **options) == 3  # type: ignore[arg-type]
    live = Item.objects.filter(shipment=shipment, live=True).order_by("position")
    assert [item.position for item in live] == [2, 3, 4, 5, 6]
    assert [int(str(item.number)[2:10]) for item in live] == [1, 2, 3, 4, 5]
    assert [bag.items.filter(live=True).count() for bag in Bag.objects.order_by("sequence")] == [4, 1]
    assert BacklogEntry.objects.get().card.reference == references[0]
    assert AuditEntry.objects.filter(object_kind="shipment", object_key=shipment.number).count() == 4


@pytest.mark.parametrize(
    ("references", "code"),
    [
        (["T0"], Code.NOT_IN_BACKLOG),
        (["QUEUED", "QUEUED"], Code.SCANNED_TWICE),
        (["OTHER_OFFICE"], Code.NOT_IN_BACKLOG),
        (["ALL"], Code.SHIPMENT_FULL),
    ],
)
def test_filling_is_refused_and_nothing_happens(
    registry: Office,
    shipment: Shipment,
    queue: Callable[..., list[Card]],
    now: datetime,
    references: list[str],
    code: Code,
) -> None:
    queued = [card.reference for card in queue(6)]
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    (foreign,) = factories.make_cards(office=other, number=1)
    fill_backlog(office_id=other.pk, at=now)
    named = {"QUEUED": queued[:1], "OTHER_OFFICE": [foreign.reference], "ALL": queued}
    wanted = [reference for name in references for reference in named.get(name, [name])]
    with pytest.raises(ShipmentRefused) as caught:
        fill_shipment(shipment_id=shipment.pk, references=wanted, actor_id=None, at=now)
    assert caught.value.code is code
    assert str(caught.value)
    assert Item.objects.count() == 5


def test_opening_is_refused_for_what_is_no_post_office_of_ours(
    registry: Office, counter: Office, now: datetime
) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    theirs = factories.make_office(
        code="17100", kind=Office.Kind.POST_OFFICE, parent=other, region_code="32.75.01"
    )
    for office_id, code in (
        (counter.pk, Code.NOT_A_POST_OFFICE),
        (theirs.pk, Code.NOT_A_POST_OFFICE),
        (0, Code.OFFICE_UNKNOWN),
    ):
        with pytest.raises(ShipmentRefused) as caught:
            open_shipment(office_id=registry.pk, post_office_id=office_id, actor_id=None, at=now)
        assert caught.value.code is code
    assert not Shipment.objects.exists()


def test_closing_freezes_count_and_hash(shipment: Shipment, printing_user: User, now: datetime) -> None:
    closed = close_shipment(shipment_id=shipment.pk, actor_id=printing_user.pk, at=now)
    assert (closed.state, closed.item_count, closed.closed_by_id) == (
        ShipmentState.CLOSED,
        5,
        printing_user.pk,
    )
    assert closed.manifest_sha256 == manifest_sha256(shipment_id=shipment.pk)
    assert len(closed.manifest_sha256) == 64


def test_closed_shipment_refuses_every_change(
    shipment: Shipment, queue: Callable[..., list[Card]], now: datetime
) -> None:
    close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    (card,) = queue(1)
    inside = Item.objects.select_related("card").filter(shipment=shipment)[0].card.reference
    changes: list[Callable[[], object]] = [
        lambda: fill_shipment(shipment_id=shipment.pk, references=[card.reference], actor_id=None, at=now),
        lambda: remove_items(shipment_id=shipment.pk, references=[inside], actor_id=None, at=now),
        lambda: pack_items(shipment_id=shipment.pk, scans=[inside], actor_id=None, at=now),
        lambda: close_shipment(shipment_id=shipment.pk, actor_id=None, at=now),
    ]
    for change in changes:
        with pytest.raises(ShipmentRefused) as caught:
            change()
        assert caught.value.code is Code.WRONG_STATE
    assert Item.objects.filter(shipment=shipment, live=True).count() == 5


def test_closing_is_refused_for_an_empty_and_an_unknown_shipment(
    registry: Office, post_office: Office, now: datetime
) -> None:
    empty = open_shipment(office_id=registry.pk, post_office_id=post_office.pk, actor_id=None, at=now)
    for shipment_id, code in ((empty.pk, Code.SHIPMENT_EMPTY), (0, Code.SHIPMENT_UNKNOWN)):
        with pytest.raises(ShipmentRefused) as caught:
            close_shipment(shipment_id=shipment_id, actor_id=None, at=now)
        assert caught.value.code is code


def test_items_without_numbers_are_numbered_at_closing_when_a_block_has_come(
    registry: Office,
    post_office: Office,
    queue: Callable[..., list[Card]],
    batch: Callable[[], list[Shipment]],
    now: datetime,
) -> None:
    queue(2)
    (shipment,) = batch()
    assert numbers_of(shipment) == [None, None]
    add_s10_block(office_id=registry.pk, service_indicator="RR", first_serial=7, last_serial=9, on=TODAY)
    close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    assert [str(number)[:10] for number in numbers_of(shipment)] == ["RR00000007", "RR00000008"]


def test_packing_shows_what_is_missing_and_foreign_and_guards_the_closing(
    shipment: Shipment, now: datetime
) -> None:
    items = list(Item.objects.select_related("card").filter(shipment=shipment).order_by("position"))
    scans = [items[0].card.reference.lower(), str(items[1].number), "P2005040000001", "RR000000100ID"]
    check = pack_items(shipment_id=shipment.pk, scans=scans, bag_sequence=1, actor_id=None, at=now)
    assert (check.packed, len(check.missing)) == (2, 3)
    assert check.foreign == ("P2005040000001",)
    assert check.misread == ("RR000000100ID",)
    again = pack_items(shipment_id=shipment.pk, scans=scans[:1], actor_id=None, at=now)
    assert again.repeated == (scans[0],)
    with pytest.raises(ShipmentRefused) as caught:
        close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    assert (caught.value.code, caught.value.params["missing"]) == (Code.NOT_ALL_PACKED, 3)
    with pytest.raises(ShipmentRefused) as caught:
        pack_items(shipment_id=shipment.pk, scans=[], bag_sequence=9, actor_id=None, at=now)
    assert caught.value.code is Code.BAG_UNKNOWN
    pack_items(
        shipment_id=shipment.pk, scans=[item.card.reference for item in items[2:]], actor_id=None, at=now
    )
    assert pack_state(shipment_id=shipment.pk).missing == ()
    assert close_shipment(shipment_id=shipment.pk, actor_id=None, at=now).state == ShipmentState.CLOSED


def test_half_packed_shipment_may_be_closed_all_the_same(shipment: Shipment, now: datetime) -> None:
    item = Item.objects.select_related("card").filter(shipment=shipment)[0]
    pack_items(shipment_id=shipment.pk, scans=[item.card.reference], actor_id=None, at=now)
    closed = close_shipment(shipment_id=shipment.pk, actor_id=None, at=now, despite_unpacked=True)
    assert closed.item_count == 5


@pytest.mark.parametrize("closed_first", [False, True])
def test_cancelled_shipment_gives_its_cards_back_and_keeps_its_numbers(
    registry: Office, shipment: Shipment, now: datetime, closed_first: bool
) -> None:
    if closed_first:
        close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    cancelled = cancel_shipment(shipment_id=shipment.pk, reason="salah kantor", actor_id=None, at=now)
    assert (cancelled.state, cancelled.cancelled_at) == (ShipmentState.CANCELLED, now)
    assert BacklogEntry.objects.count() == 5
    assert set(BacklogEntry.objects.values_list("lane", flat=True)) == {50}
    assert Item.objects.filter(number__isnull=False, taken_out_at=now).count() == 5
    again = batch_backlog(office_id=registry.pk, on=TODAY, actor_id=None, at=now)
    fresh = Item.objects.filter(shipment_id__in=again.shipment_ids).order_by("position")
    assert [int(str(item.number)[2:10]) for item in fresh] == [105, 106, 107, 108, 109]


def test_cancelling_is_refused_without_a_reason_and_after_the_handover(
    shipment: Shipment, now: datetime
) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        cancel_shipment(shipment_id=shipment.pk, reason=" ", actor_id=None, at=now)
    assert caught.value.code is Code.REASON_MISSING
    close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    Shipment.objects.update(state=ShipmentState.HANDED_OVER)
    with pytest.raises(ShipmentRefused) as caught:
        cancel_shipment(shipment_id=shipment.pk, reason="x", actor_id=None, at=now)
    assert caught.value.code is Code.WRONG_STATE
    assert Item.objects.filter(live=True).count() == 5


def test_removing_what_is_not_in_the_shipment_is_refused(shipment: Shipment, now: datetime) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        remove_items(shipment_id=shipment.pk, references=["T0"], actor_id=None, at=now)
    assert caught.value.code is Code.NOT_IN_SHIPMENT


def test_users_see_what_their_office_handles(
    registry: Office,
    shipment: Shipment,
    printing_user: User,
    partner: User,
    counter_user: User,
    now: datetime,
) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    stranger = factories.make_user(role=Role.SUPERVISOR, office=other)
    protection = factories.make_user(role=Role.DATA_PROTECTION, office=registry)
    assert [shipments_visible_to(user).count() for user in (printing_user, partner, counter_user)] == [
        1,
        0,
        0,
    ]
    close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    assert shipments_visible_to(partner).get() == shipment
    assert cards_visible_to(printing_user).count() == 5
    for user in (partner, counter_user, stranger, protection):
        assert not cards_visible_to(user).exists()
        assert not intake_files_visible_to(user).exists()
    assert not shipments_visible_to(stranger).exists()
