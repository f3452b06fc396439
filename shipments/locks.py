"""The locks of this room, each spelled once. Take them in this order: office, shipment, number blocks, cards."""

from collections.abc import Collection

from offices.models import Office
from shipments.models import Card, NumberBlock, Shipment
from shipments.refusals import Code, ShipmentRefused


def lock_registry(office_id: int) -> Office:
    """Let one transaction at a time register, batch and number for a registry office, until it ends.

    Rows that point to the office may still be written: the lock is that of a change that keeps its key.
    """
    office = Office.objects.select_for_update(no_key=True).filter(pk=office_id).first()
    if office is None:
        raise ShipmentRefused(Code.OFFICE_UNKNOWN, office=office_id)
    if office.kind != Office.Kind.REGISTRY:
        raise ShipmentRefused(Code.NOT_A_REGISTRY, office=office.code)
    return office


def lock_shipment(shipment_id: int) -> Shipment:
    """Let one transaction at a time change a shipment and its items."""
    shipment = Shipment.objects.select_for_update(no_key=True).filter(pk=shipment_id).first()
    if shipment is None:
        raise ShipmentRefused(Code.SHIPMENT_UNKNOWN, shipment=shipment_id)
    return shipment


def lock_shipments(*, shipment_ids: Collection[int], office_id: int) -> list[Shipment]:
    """Some of an office's shipments, in the order of their keys. Refuses when one is not there."""
    rows = Shipment.objects.select_for_update(no_key=True).filter(pk__in=shipment_ids, office_id=office_id)
    found = list(rows.order_by("pk"))
    if missing := sorted(set(shipment_ids) - {shipment.pk for shipment in found}):
        raise ShipmentRefused(Code.SHIPMENT_UNKNOWN, shipment=missing[0])
    return found


def lock_number_blocks(office_id: int) -> list[NumberBlock]:
    """The office's blocks that still give numbers, the oldest first."""
    return list(
        NumberBlock.objects.select_for_update().filter(office_id=office_id, is_active=True).order_by("pk")
    )


def lock_cards(card_ids: list[int]) -> list[Card]:
    """Some thousand cards at most, in the order of their keys; the sealed fields stay closed."""
    cards = Card.objects.select_for_update(no_key=True).filter(pk__in=card_ids).order_by("pk")
    return list(cards.defer("nik", "kk", "phone"))
