"""Pack check and receipt by scanner: what was scanned beside what should be there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.services import record
from shipments.locks import lock_shipment
from shipments.models import Bag, Item, Shipment, ShipmentState
from shipments.numbers import NumberKind, normalise
from shipments.refusals import Code, ShipmentRefused
from spreadsheets.cells import shown
from spreadsheets.reading import open_sheet

CHUNK: Final = 2_000
# A number with a wrong check character was meant to be one.
_OF_ITEMS: Final = frozenset({NumberKind.REFERENCE, NumberKind.S10, NumberKind.POS, NumberKind.WRONG_CHECK})


@dataclass(frozen=True, slots=True)
class PackCheck:
    """What packing amounts to so far; `foreign` and `misread` are of the last scans, as they were scanned."""

    packed: int
    missing: tuple[str, ...]
    foreign: tuple[str, ...] = ()
    misread: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScannedReceipt:
    """What the partner's scans say about a shipment, ready for `confirm_receipt`."""

    received: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    misread: tuple[str, ...]


def pack_items(
    *,
    shipment_id: int,
    scans: Sequence[str],
    bag_sequence: int | None = None,
    actor_id: int | None,
    at: datetime,
) -> PackCheck:
    """Scan items into their bags (or into one bag) of an open shipment and show what is missing and foreign."""
    with transaction.atomic():
        shipment = lock_shipment(shipment_id)
        if shipment.state != ShipmentState.OPEN:
            raise ShipmentRefused(
                Code.WRONG_STATE,
                shipment=shipment.number,
                state=shipment.state,
                wanted=ShipmentState.OPEN.value,
            )
        bag = _bag(shipment, bag_sequence)
        items = Item.objects.filter(shipment=shipment, live=True)
        found, foreign, misread = match_scans(items, scans)
        fresh = items.filter(pk__in=[item.pk for item in found.values() if item.packed_at is None])
        changes: dict[str, Any] = {"packed_at": at} if bag is None else {"packed_at": at, "bag": bag}
        fresh.update(**changes)
        record(
            actor_id=actor_id, office_id=shipment.office_id, operation="PACK_ITEMS", object_kind="shipment",
            object_key=shipment.number, at=at, scans=len(scans), foreign=len(foreign),
        )  # fmt: skip
    repeated = tuple(scan for scan, item in found.items() if item.packed_at is not None)
    state = pack_state(shipment_id=shipment_id)
    return PackCheck(state.packed, state.missing, tuple(foreign), tuple(misread), repeated)


def pack_state(*, shipment_id: int) -> PackCheck:
    """How far packing is: the count, and the references that were not scanned yet."""
    items = Item.objects.filter(shipment_id=shipment_id, live=True).order_by("position")
    missing = items.filter(packed_at__isnull=True).values_list("card__reference", flat=True)
    return PackCheck(items.filter(packed_at__isnull=False).count(), tuple(missing))


def receipt_from_scans(*, shipment_id: int, scans: Iterable[str]) -> ScannedReceipt:
    """Compare what the post scanned at the handover, or sent as a file, with the shipment."""
    items = Item.objects.filter(shipment_id=shipment_id, taken_out_at__isnull=True)
    found, foreign, misread = match_scans(items, list(scans))
    there = {item.pk for item in found.values()}
    rows = items.order_by("position").values_list("pk", "card__reference")
    missing = tuple(reference for pk, reference in rows if pk not in there)
    return ScannedReceipt(len(there) + len(foreign), missing, tuple(foreign), tuple(misread))


def scans_of_sheet(*, path: str | PathLike[str]) -> list[str]:
    """The numbers that the post sent as a sheet: of every row the first that is an item number or a reference.

    Raises SheetError for a file that cannot be read.
    """
    scans: list[str] = []
    with open_sheet(path) as sheet:
        for row in sheet.rows():
            cells = (shown(cell) for cell in row.cells)
            number = next((cell for cell in cells if normalise(cell).kind in _OF_ITEMS), None)
            if number is not None:
                scans.append(number)
    return scans


def match_scans(items: QuerySet[Item], scans: Sequence[str]) -> tuple[dict[str, Item], list[str], list[str]]:
    """The items that were scanned, by what was scanned; then what belongs to none; then what was misread."""
    values = {scan: normalise(scan) for scan in dict.fromkeys(scan.strip() for scan in scans) if scan}
    by_value: dict[str, Item] = {}
    wanted = [scanned.value for scanned in values.values()]
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        matching = items.filter(Q(card__reference__in=chunk) | Q(number__in=chunk)).select_related("card")
        for item in matching.only("number", "packed_at", "shipment_id", "card__reference"):
            by_value[item.card.reference] = item
            if item.number:
                by_value[item.number] = item
    found: dict[str, Item] = {}
    foreign: list[str] = []
    misread: list[str] = []
    for scan, scanned in values.items():
        if scanned.value in by_value:
            found[scan] = by_value[scanned.value]
        elif scanned.kind is NumberKind.WRONG_CHECK:
            misread.append(scan)
        else:
            foreign.append(scan)
    return found, foreign, misread


def _bag(shipment: Shipment, sequence: int | None) -> Bag | None:
    if sequence is None:
        return None
    bag = Bag.objects.filter(shipment=shipment, sequence=sequence).first()
    if bag is None:
        raise ShipmentRefused(Code.BAG_UNKNOWN, shipment=shipment.number, bag=sequence)
    return bag
