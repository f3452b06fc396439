"""Blocks of numbers and giving them out."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import transaction

from offices.models import Office
from shipments.batching import batch_backlog, close_shipment
from shipments.labelling import manifest_sha256, shipment_labels
from shipments.models import AllottedNumber, Card, Item, NumberBlock, Shipment
from shipments.numbering import (
    add_number_list,
    add_s10_block,
    number_stock,
    numbers_left,
    take_numbers,
    take_over_numbers,
)
from shipments.refusals import Code, ShipmentRefused
from tests import factories

pytestmark = pytest.mark.django_db
ON = date(2020, 5, 1)


def add(office: Office, first: int, last: int, indicator: str = "RR") -> NumberBlock:
    return add_s10_block(
        office_id=office.pk, service_indicator=indicator, first_serial=first, last_serial=last, on=ON
    )


def test_numbers_come_in_order_from_the_oldest_block_first(registry: Office) -> None:
    add(registry, 10, 11)
    add_number_list(office_id=registry.pk, numbers=["p2005040000002", "P2005040000001"], on=ON)
    add(registry, 20, 29)
    assert numbers_left(office_id=registry.pk) == 14
    with transaction.atomic():
        taken = take_numbers(office_id=registry.pk, count=5)
    assert taken == ["RR000000102ID", "RR000000116ID", "P2005040000002", "P2005040000001", "RR000000204ID"]
    assert numbers_left(office_id=registry.pk) == 9


def test_numbers_are_given_back_when_the_transaction_is_rolled_back(registry: Office) -> None:
    add(registry, 10, 19)
    with transaction.atomic():
        take_numbers(office_id=registry.pk, count=5)
        transaction.set_rollback(True)
    assert numbers_left(office_id=registry.pk) == 10


def test_office_without_blocks_leaves_numbering_to_the_post(registry: Office) -> None:
    assert take_numbers(office_id=registry.pk, count=2) == [None, None]
    assert not number_stock(office_id=registry.pk).is_low


def test_too_small_a_stock_is_refused_as_a_whole(registry: Office) -> None:
    add(registry, 10, 12)
    with pytest.raises(ShipmentRefused) as caught:
        take_numbers(office_id=registry.pk, count=4)
    assert caught.value.code is Code.NUMBERS_SHORT
    assert caught.value.params == {"needed": 4, "left": 3}
    assert numbers_left(office_id=registry.pk) == 3


def test_stock_is_low_when_the_queue_and_a_reserve_would_use_it_up(
    registry: Office, queue: Callable[..., list[Card]]
) -> None:
    add(registry, 0, 502)
    queue(3)
    assert not number_stock(office_id=registry.pk).is_low
    queue(1)
    stock = number_stock(office_id=registry.pk)
    assert (stock.left, stock.waiting, stock.is_low) == (503, 4, True)


@pytest.mark.parametrize(
    ("indicator", "first", "last", "code"),
    [
        ("rr", 1, 2, Code.INDICATOR_INVALID),
        ("R1", 1, 2, Code.INDICATOR_INVALID),
        ("RR", 2, 1, Code.BLOCK_INVALID),
        ("RR", -1, 1, Code.BLOCK_INVALID),
        ("RR", 1, 100_000_000, Code.BLOCK_INVALID),
    ],
)
def test_block_is_refused(registry: Office, indicator: str, first: int, last: int, code: Code) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        add(registry, first, last, indicator)
    assert caught.value.code is code
    assert not NumberBlock.objects.exists()


@pytest.mark.parametrize(("first", "last"), [(10, 19), (0, 10), (19, 30), (12, 13), (0, 99)])
def test_block_that_overlaps_another_offices_is_refused(registry: Office, first: int, last: int) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    add(other, 10, 19)
    with pytest.raises(ShipmentRefused) as caught:
        add(registry, first, last)
    assert caught.value.code is Code.BLOCK_OVERLAPS
    assert add(registry, 20, 30).first_serial == 20
    assert add(registry, 10, 19, "RA").first_serial == 10


def test_block_with_a_number_that_an_item_or_a_list_has_is_refused(
    registry: Office, shipment: Shipment
) -> None:
    add_number_list(office_id=registry.pk, numbers=["RR000005008ID"], on=ON)
    Item.objects.filter(position=1).update(number="RR000006008ID")
    for serial in (500, 600):
        with pytest.raises(ShipmentRefused) as caught:
            add(registry, serial - 5, serial + 5)
        assert caught.value.code is Code.BLOCK_OVERLAPS


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ([], Code.NUMBERS_MISSING),
        (["  "], Code.NUMBERS_MISSING),
        (["RR000000101ID"], Code.NUMBERS_INVALID),
        (["halo"], Code.NUMBERS_INVALID),
        (["P2005040000001", "p200504 0000001"], Code.NUMBERS_TWICE),
        (["RR000000102ID"], Code.NUMBERS_USED),
        (["P2005040000009"], Code.NUMBERS_USED),
        (["P2005040000007"], Code.NUMBERS_USED),
    ],
)
def test_list_is_refused_as_a_whole(
    registry: Office, shipment: Shipment, numbers: list[str], code: Code
) -> None:
    add(registry, 10, 10)
    add_number_list(office_id=registry.pk, numbers=["P2005040000009"], on=ON)
    Item.objects.filter(position=1).update(number="P2005040000007")
    good = ["P2005040000005"] if any(number.strip() for number in numbers) else []
    with pytest.raises(ShipmentRefused) as caught:
        add_number_list(office_id=registry.pk, numbers=[*good, *numbers], on=ON)
    assert caught.value.code is code
    assert str(caught.value)
    assert AllottedNumber.objects.count() == 1


def test_block_of_a_post_office_is_refused(post_office: Office, now: datetime) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        add(post_office, 1, 2)
    assert caught.value.code is Code.NOT_A_REGISTRY


def test_numbers_of_the_post_are_taken_over_and_the_frozen_manifest_stays(
    registry: Office, queue: Callable[..., list[Card]], now: datetime
) -> None:
    queue(3)
    (shipment_id,) = batch_backlog(office_id=registry.pk, on=now.date(), actor_id=None, at=now).shipment_ids
    frozen = close_shipment(shipment_id=shipment_id, actor_id=None, at=now).manifest_sha256
    first, second, third = Item.objects.order_by("position").values_list("pk", flat=True)
    assert take_over_numbers(numbers={first: "P2005040000001"}, at=now) == [first]
    given = {first: "P2005040000009", second: "P2005040000001", third: "bukan nomor"}
    assert take_over_numbers(numbers=given, at=now) == []
    assert take_over_numbers(numbers={second: "P2005040000002", third: "P2005040000002"}, at=now) == []
    numbers = list(Item.objects.order_by("position").values_list("number", "number_given_at"))
    assert numbers == [("P2005040000001", now), (None, None), (None, None)]
    assert manifest_sha256(shipment_id=shipment_id) == frozen
    assert next(iter(shipment_labels(shipment_id=shipment_id))).item_number == "P2005040000001"
