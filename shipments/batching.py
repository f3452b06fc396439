"""Open, fill, pack, close and cancel shipments; and batch a whole queue in one call."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max

from accounts.services import record
from jobs.bulk_rows import insert_rows, refresh_statistics
from offices.models import Office
from offices.services import policy_of
from shipments.backlog import fill_backlog
from shipments.cards import registry_office
from shipments.items import take_out
from shipments.labelling import manifest_sha256
from shipments.locks import lock_registry, lock_shipment
from shipments.models import BacklogEntry, Bag, Item, Shipment, ShipmentState
from shipments.numbering import take_numbers
from shipments.planning import BatchPlan, PlannedShipment, Queued, in_label_order, plan_batches
from shipments.refusals import Code, ShipmentRefused, listed

CHUNK: Final = 2_000
MANY: Final = 10_000
_ITEM_FIELDS: Final = (
    "card_id",
    "shipment_id",
    "bag_id",
    "position",
    "number",
    "live",
    "packed_at",
    "taken_out_at",
)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What was batched; cards without a route (village code → how many, → why) and beyond the day's limits stay."""

    shipment_ids: tuple[int, ...]
    items: int
    unrouted: dict[str, int] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    beyond_limits: int = 0


def preview_batches(*, office_id: int, on: date) -> list[PlannedShipment]:
    """The shipments that `batch_backlog` would make on that day; nothing is written."""
    return preview_plan(office_id=office_id, on=on).planned()


def preview_plan(*, office_id: int, on: date) -> BatchPlan:
    """The whole plan of `batch_backlog`, with what would stay in the queue and why; nothing is written."""
    return plan_batches(office=registry_office(office_id), on=on)


def batch_backlog(*, office_id: int, on: date, actor_id: int | None, at: datetime) -> BatchResult:
    """Put the queue into shipments of one post office each, bagged and numbered, in one transaction."""
    with transaction.atomic():
        office = lock_registry(office_id)
        plan = plan_batches(office=office, on=on)
        shipments = _make_shipments(
            office, [post_office for post_office, _ in plan.shipments], on, actor_id, at
        )
        numbers = iter(take_numbers(office_id=office_id, count=plan.items))
        insert_rows(model=Item, fields=_ITEM_FIELDS, rows=_item_rows(plan, shipments, numbers))
        _leave_queue([shipment.pk for shipment in shipments])
        result = BatchResult(
            shipment_ids=tuple(shipment.pk for shipment in shipments),
            items=plan.items,
            unrouted=plan.unrouted,
            faults=plan.faults,
            beyond_limits=plan.beyond_limits,
        )
        record(
            actor_id=actor_id, office_id=office_id, operation="BATCH_BACKLOG", object_kind="office",
            object_key=office.code, at=at, shipments=len(shipments), items=plan.items,
            unrouted=sum(plan.unrouted.values()), beyond_limits=plan.beyond_limits,
        )  # fmt: skip
    if result.items >= MANY:
        refresh_statistics(models=[Item])
    return result


def open_shipment(*, office_id: int, post_office_id: int, actor_id: int | None, at: datetime) -> Shipment:
    """Open an empty shipment to a post office of this registry office."""
    with transaction.atomic():
        office = lock_registry(office_id)
        post_office = Office.objects.filter(pk=post_office_id).first()
        if post_office is None:
            raise ShipmentRefused(Code.OFFICE_UNKNOWN, office=post_office_id)
        if post_office.kind != Office.Kind.POST_OFFICE or post_office.parent_id != office_id:
            raise ShipmentRefused(Code.NOT_A_POST_OFFICE, office=post_office.code)
        on = at.astimezone(ZoneInfo(office.time_zone)).date()
        (shipment,) = _make_shipments(office, [post_office_id], on, actor_id, at)
        _record(shipment, "OPEN_SHIPMENT", actor_id, at)
    return shipment


def fill_shipment(*, shipment_id: int, references: Sequence[str], actor_id: int | None, at: datetime) -> int:
    """Add cards of the queue to an open shipment, numbered and bagged; all of them or none."""
    wanted = _once(references)
    with transaction.atomic():
        shipment, office = _locked(shipment_id)
        require_state(shipment, ShipmentState.OPEN)
        policy = policy_of(office=office)
        queued = _queued_cards(office, wanted)
        present = Item.objects.filter(shipment=shipment, taken_out_at__isnull=True).count()
        if present + len(queued) > policy.items_per_shipment:
            raise ShipmentRefused(Code.SHIPMENT_FULL, limit=policy.items_per_shipment)
        last = Item.objects.filter(shipment=shipment).aggregate(last=Max("position"))["last"] or 0
        bags = _bags_for(shipment, len(queued), policy.items_per_bag)
        numbers = take_numbers(office_id=office.pk, count=len(queued))
        rows = [
            (card_id, shipment.pk, bag_id, last + place, number, True, None, None)
            for place, ((card_id, _, _), bag_id, number) in enumerate(
                zip(queued, bags, numbers, strict=True), 1
            )
        ]
        insert_rows(model=Item, fields=_ITEM_FIELDS, rows=rows)
        _leave_queue([shipment.pk])
        _record(shipment, "FILL_SHIPMENT", actor_id, at, items=len(queued))
    return len(queued)


def remove_items(*, shipment_id: int, references: Sequence[str], actor_id: int | None, at: datetime) -> int:
    """Take cards out of an open shipment, back into the queue where they may; all of them or none."""
    wanted = _once(references)
    with transaction.atomic():
        shipment, office = _locked(shipment_id)
        require_state(shipment, ShipmentState.OPEN)
        items = Item.objects.filter(shipment=shipment, live=True, card__reference__in=wanted)
        found = dict(items.values_list("card__reference", "card_id"))
        if missing := [reference for reference in wanted if reference not in found]:
            raise ShipmentRefused(Code.NOT_IN_SHIPMENT, scanned=listed(missing))
        taken = take_out(card_ids=list(found.values()), at=at, shipment_id=shipment.pk)
        fill_backlog(office_id=office.pk, at=at, card_ids=list(found.values()))
        _record(shipment, "REMOVE_ITEMS", actor_id, at, items=taken)
    return taken


def close_shipment(
    *, shipment_id: int, actor_id: int | None, at: datetime, despite_unpacked: bool = False
) -> Shipment:
    """Close an open shipment: from now on its items and its manifest, frozen by a hash, never change.

    Where packing was checked by scanning, every item must have been scanned; `despite_unpacked` closes all the same.
    """
    with transaction.atomic():
        shipment, office = _locked(shipment_id)
        require_state(shipment, ShipmentState.OPEN)
        items = Item.objects.filter(shipment=shipment, live=True)
        count = items.count()
        if not count:
            raise ShipmentRefused(Code.SHIPMENT_EMPTY, shipment=shipment.number)
        unpacked = list(
            items.filter(packed_at__isnull=True).values_list("card__reference", flat=True)[: count + 1]
        )
        if unpacked and len(unpacked) < count and not despite_unpacked:
            raise ShipmentRefused(Code.NOT_ALL_PACKED, missing=len(unpacked), examples=listed(unpacked))
        _number_the_rest(shipment, office)
        shipment.item_count = count
        shipment.manifest_sha256 = manifest_sha256(shipment_id=shipment.pk)
        shipment.state, shipment.closed_at, shipment.closed_by_id = ShipmentState.CLOSED, at, actor_id
        shipment.save(update_fields=["item_count", "manifest_sha256", "state", "closed_at", "closed_by"])
        _record(shipment, "CLOSE_SHIPMENT", actor_id, at, items=count)
    return shipment


def cancel_shipment(*, shipment_id: int, reason: str, actor_id: int | None, at: datetime) -> Shipment:
    """Cancel a shipment before its handover: its numbers are void, its cards go back into the queue."""
    if not reason.strip():
        raise ShipmentRefused(Code.REASON_MISSING)
    with transaction.atomic():
        shipment, office = _locked(shipment_id)
        require_state(shipment, ShipmentState.OPEN, ShipmentState.CLOSED)
        cards = list(Item.objects.filter(shipment=shipment, live=True).values_list("card_id", flat=True))
        taken = take_out(card_ids=cards, at=at, shipment_id=shipment.pk)
        shipment.state, shipment.cancelled_at = ShipmentState.CANCELLED, at
        shipment.save(update_fields=["state", "cancelled_at"])
        fill_backlog(office_id=office.pk, at=at, card_ids=cards)
        _record(shipment, "CANCEL_SHIPMENT", actor_id, at, items=taken, reason=reason.strip()[:200])
    return shipment


def require_state(shipment: Shipment, *wanted: ShipmentState) -> None:
    """Refuse when the shipment is in none of these states."""
    if shipment.state not in wanted:
        raise ShipmentRefused(
            Code.WRONG_STATE,
            shipment=shipment.number,
            state=shipment.state,
            wanted=listed([s.value for s in wanted]),
        )


def _locked(shipment_id: int) -> tuple[Shipment, Office]:
    """The shipment and its registry office, locked in the order that `locks` asks for."""
    office_id = Shipment.objects.filter(pk=shipment_id).values_list("office_id", flat=True).first()
    if office_id is None:
        raise ShipmentRefused(Code.SHIPMENT_UNKNOWN, shipment=shipment_id)
    office = lock_registry(office_id)
    return lock_shipment(shipment_id), office


def _make_shipments(
    office: Office, post_office_ids: Sequence[int], on: date, actor_id: int | None, at: datetime
) -> list[Shipment]:
    """Number shipments by office and day: 3216-200504-001. The registry's lock keeps the count right."""
    prefix = f"{office.code}-{on:%y%m%d}-"
    numbers = Shipment.objects.filter(office=office, number__startswith=prefix).values_list(
        "number", flat=True
    )
    last = max((int(number.removeprefix(prefix)) for number in numbers), default=0)
    return Shipment.objects.bulk_create(
        [
            Shipment(
                office=office, post_office_id=post_office_id, number=f"{prefix}{sequence:03}", opened_at=at,
                opened_by_id=actor_id,
            )
            for sequence, post_office_id in enumerate(post_office_ids, last + 1)
        ]
    )  # fmt: skip


def _item_rows(
    plan: BatchPlan, shipments: Sequence[Shipment], numbers: Iterator[str | None]
) -> Iterator[tuple[Any, ...]]:
    size = plan.items_per_bag
    bags = Bag.objects.bulk_create(
        _bag(shipment, sequence)
        for shipment, (_, cards) in zip(shipments, plan.shipments, strict=True)
        for sequence in range(1, -(-len(cards) // size) + 1)
    )
    bag_ids = {(bag.shipment_id, bag.sequence): bag.pk for bag in bags}
    return (
        (
            card_id,
            shipment.pk,
            bag_ids[shipment.pk, place // size + 1],
            place + 1,
            next(numbers),
            True,
            None,
            None,
        )
        for shipment, (_, cards) in zip(shipments, plan.shipments, strict=True)
        for place, (card_id, _, _) in enumerate(cards)
    )


def _bag(shipment: Shipment, sequence: int) -> Bag:
    return Bag(shipment=shipment, sequence=sequence, code=f"{shipment.number}/{sequence}")


def _bags_for(shipment: Shipment, count: int, size: int) -> list[int]:
    """A bag for each of `count` more items: bags with room are filled up first."""
    bags = {bag.sequence: bag for bag in Bag.objects.filter(shipment=shipment)}
    packed = Counter(
        Item.objects.filter(shipment=shipment, live=True, bag__isnull=False).values_list("bag_id", flat=True)
    )
    places: list[int] = []
    sequence = 0
    while len(places) < count:
        sequence += 1
        bag = bags.get(sequence)
        if bag is None:
            bag = _bag(shipment, sequence)
            bag.save(force_insert=True)
        places += [bag.pk] * max(0, size - packed[bag.pk])
    return places[:count]


def _queued_cards(office: Office, references: Sequence[str]) -> list[Queued]:
    found: dict[str, Queued] = {}
    for start in range(0, len(references), CHUNK):
        entries = BacklogEntry.objects.filter(
            office=office, card__reference__in=references[start : start + CHUNK]
        )
        for reference, card_id, village_code, rw in entries.values_list(
            "card__reference", "card_id", "village_code", "rw"
        ):
            found[reference] = (card_id, village_code, rw)
    if missing := [reference for reference in references if reference not in found]:
        raise ShipmentRefused(Code.NOT_IN_BACKLOG, scanned=listed(missing))
    return in_label_order([found[reference] for reference in references])


def _leave_queue(shipment_ids: Sequence[int]) -> None:
    if not shipment_ids:
        return
    marks = ", ".join(["%s"] * len(shipment_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM shipments_backlogentry WHERE card_id IN "
            f"(SELECT card_id FROM shipments_item WHERE shipment_id IN ({marks}) AND live = TRUE)",
            list(shipment_ids),
        )


def _number_the_rest(shipment: Shipment, office: Office) -> None:
    """Number items that were added before the office had a block; without blocks the post numbers them."""
    items = list(Item.objects.filter(shipment=shipment, live=True, number__isnull=True).order_by("position"))
    for item, number in zip(items, take_numbers(office_id=office.pk, count=len(items)), strict=True):
        item.number = number
    Item.objects.bulk_update([item for item in items if item.number], ["number"], batch_size=500)


def _once(references: Sequence[str]) -> list[str]:
    counted = Counter(references)
    if twice := [reference for reference, times in counted.items() if times > 1]:
        raise ShipmentRefused(Code.SCANNED_TWICE, scanned=listed(twice))
    return list(counted)


def _record(shipment: Shipment, operation: str, actor_id: int | None, at: datetime, **details: Any) -> None:
    record(
        actor_id=actor_id, office_id=shipment.office_id, operation=operation, object_kind="shipment",
        object_key=shipment.number, at=at, **details,
    )  # fmt: skip
