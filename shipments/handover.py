"""The two-sided handover: we give and count, the post receives and counts, every difference is a case."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from accounts.services import record
from privacy.masking import mask_scan
from shipments.batching import require_state
from shipments.locks import lock_shipment
from shipments.models import Handover, HandoverDifference, Item, Shipment, ShipmentState
from shipments.packing import match_scans
from shipments.refusals import Code, ShipmentRefused, listed

_KIND: Final = HandoverDifference.Kind
SCANNED_CHARACTERS: Final = 40
SIGNATURE_CHARACTERS: Final = 120


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the post confirmed; `differences` are the keys of the cases that were opened."""

    handover_id: int
    differences: tuple[int, ...]


def hand_over(
    *, shipment_id: int, given: int, giver: str, taker: str, actor_id: int | None, at: datetime
) -> Handover:
    """Hand a closed shipment over: both officers sign (name, position), and what is given equals the manifest."""
    if not giver.strip() or not taker.strip():
        raise ShipmentRefused(Code.SIGNATURE_MISSING)
    with transaction.atomic():
        shipment = lock_shipment(shipment_id)
        require_state(shipment, ShipmentState.CLOSED)
        if given != shipment.item_count:
            raise ShipmentRefused(Code.COUNT_DIFFERS, items=shipment.item_count, given=given)
        handover = Handover.objects.create(
            shipment=shipment, given=given, giver=giver.strip()[:SIGNATURE_CHARACTERS],
            taker=taker.strip()[:SIGNATURE_CHARACTERS], handed_over_at=at, handed_over_by_id=actor_id,
        )  # fmt: skip
        Shipment.objects.filter(pk=shipment.pk).update(state=ShipmentState.HANDED_OVER)
        _record(shipment, "HAND_OVER", actor_id, at, given=given)
    return handover


def confirm_receipt(
    *,
    shipment_id: int,
    received: int,
    missing: Sequence[str] = (),
    extra: Sequence[str] = (),
    damaged: Sequence[str] = (),
    actor_id: int | None,
    at: datetime,
) -> Receipt:
    """The post confirms what it counted; every missing, extra or damaged item becomes a case of our officer.

    `missing` and `damaged` are references or item numbers of the shipment, `extra` what was scanned besides.
    The count must agree: given − missing + extra.
    """
    with transaction.atomic():
        shipment = lock_shipment(shipment_id)
        require_state(shipment, ShipmentState.HANDED_OVER)
        handover = Handover.objects.select_for_update().get(shipment=shipment)
        expected = handover.given - len(missing) + len(extra)
        if received != expected:
            raise ShipmentRefused(
                Code.RECEIPT_COUNT_WRONG, given=handover.given, missing=len(missing), extra=len(extra),
                expected=expected, received=received,
            )  # fmt: skip
        differences = _open_differences(handover, missing, extra, damaged, at)
        handover.received, handover.received_at, handover.received_by_id = received, at, actor_id
        handover.save(update_fields=["received", "received_at", "received_by"])
        Shipment.objects.filter(pk=shipment.pk).update(state=ShipmentState.RECEIVED)
        _record(
            shipment, "CONFIRM_RECEIPT", actor_id, at, received=received, missing=len(missing), extra=len(extra),
            damaged=len(damaged),
        )  # fmt: skip
    return Receipt(handover.pk, tuple(difference.pk for difference in differences))


def assign_difference(*, difference_id: int, owner_id: int, actor_id: int | None, at: datetime) -> None:
    """Give a case another owner."""
    with transaction.atomic():
        difference = _locked_difference(difference_id)
        difference.owner_id = owner_id
        difference.save(update_fields=["owner"])
        _record(difference.handover.shipment, "ASSIGN_DIFFERENCE", actor_id, at, difference=difference_id)


def close_difference(
    *, difference_id: int, resolution: str, actor_id: int | None, at: datetime
) -> HandoverDifference:
    """Close a case by saying how it was settled. Nothing is deleted."""
    if not resolution.strip():
        raise ShipmentRefused(Code.RESOLUTION_MISSING)
    with transaction.atomic():
        difference = _locked_difference(difference_id)
        difference.resolution, difference.closed_at = resolution.strip()[:200], at
        difference.closed_by_id = actor_id
        difference.save(update_fields=["resolution", "closed_at", "closed_by"])
        _record(difference.handover.shipment, "CLOSE_DIFFERENCE", actor_id, at, difference=difference_id)
    return difference


def _locked_difference(difference_id: int) -> HandoverDifference:
    difference = HandoverDifference.objects.select_for_update(of=("self",)).filter(pk=difference_id).first()
    if difference is None:
        raise ShipmentRefused(Code.DIFFERENCE_UNKNOWN)
    if difference.closed_at is not None:
        raise ShipmentRefused(Code.DIFFERENCE_CLOSED)
    return difference


def _open_differences(
    handover: Handover, missing: Sequence[str], extra: Sequence[str], damaged: Sequence[str], at: datetime
) -> list[HandoverDifference]:
    items = Item.objects.filter(shipment_id=handover.shipment_id, taken_out_at__isnull=True)
    differences: list[HandoverDifference] = []
    seen: set[int] = set()
    for kind, scans in ((_KIND.MISSING, missing), (_KIND.DAMAGED, damaged)):
        _refuse_twice(scans)
        found, foreign, misread = match_scans(items, scans)
        if foreign or misread:
            raise ShipmentRefused(Code.ITEM_UNKNOWN, scanned=listed([*foreign, *misread]))
        for scan, item in found.items():
            if item.pk in seen:
                raise ShipmentRefused(Code.DIFFERENCE_TWICE, scanned=scan)
            seen.add(item.pk)
            differences.append(_difference(handover, kind, at, item=item))
    _refuse_twice(extra)
    found, _foreign, _misread = match_scans(items, extra)
    if found:
        # It stands on the manifest: then it is not extra.
        raise ShipmentRefused(Code.DIFFERENCE_TWICE, scanned=listed(list(found)))
    differences += [
        _difference(handover, _KIND.EXTRA, at, scanned=mask_scan(scan.strip())[:SCANNED_CHARACTERS])
        for scan in extra
    ]
    return HandoverDifference.objects.bulk_create(differences)


def _difference(
    handover: Handover,
    kind: HandoverDifference.Kind,
    at: datetime,
    *,
    item: Item | None = None,
    scanned: str = "",
) -> HandoverDifference:
    return HandoverDifference(
        handover=handover,
        kind=kind,
        item=item,
        scanned=scanned,
        owner_id=handover.handed_over_by_id,
        opened_at=at,
    )


def _refuse_twice(scans: Sequence[str]) -> None:
    if twice := [scan for scan, times in Counter(scan.strip() for scan in scans).items() if times > 1]:
        raise ShipmentRefused(Code.DIFFERENCE_TWICE, scanned=listed(twice))


def _record(shipment: Shipment, operation: str, actor_id: int | None, at: datetime, **details: Any) -> None:
    record(
        actor_id=actor_id, office_id=shipment.office_id, operation=operation, object_kind="shipment",
        object_key=shipment.number, at=at, **details,
    )  # fmt: skip
