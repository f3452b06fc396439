"""Blocks of item numbers that the post allots, and giving them out: without gaps, never twice."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Sum

from jobs.bulk_rows import insert_rows
from shipments.locks import lock_number_blocks, lock_registry
from shipments.models import AllottedNumber, BacklogEntry, Item, NumberBlock
from shipments.numbers import MAX_S10_SERIAL, is_item_number, is_s10, normalise, s10
from shipments.refusals import Code, ShipmentRefused, listed

CHUNK: Final = 4_000
# Ask the post for a new block before the last one ends: letters take days.
LOW_STOCK: Final = 500


@dataclass(frozen=True, slots=True)
class NumberStock:
    """What is left of an office's numbers. `has_blocks` is False where the post gives numbers at acceptance."""

    has_blocks: bool
    left: int
    waiting: int

    @property
    def is_low(self) -> bool:
        """Whether the cards that wait, and some more, would use the numbers up."""
        return self.has_blocks and self.left < self.waiting + LOW_STOCK


def add_s10_block(
    *,
    office_id: int,
    service_indicator: str,
    first_serial: int,
    last_serial: int,
    on: date,
    country: str = "ID",
) -> NumberBlock:
    """Enter a range of serials (both included) that the post allotted. Refused when any of it was entered before."""
    try:
        s10(service_indicator=service_indicator, serial=0, country=country)
    except ValueError as error:
        raise ShipmentRefused(Code.INDICATOR_INVALID, indicator=service_indicator) from error
    if not 0 <= first_serial <= last_serial <= MAX_S10_SERIAL:
        raise ShipmentRefused(Code.BLOCK_INVALID, first=first_serial, last=last_serial)
    with transaction.atomic():
        lock_registry(office_id)
        _refuse_overlap(service_indicator, first_serial, last_serial, country)
        return NumberBlock.objects.create(
            office_id=office_id, kind=NumberBlock.Kind.S10, service_indicator=service_indicator, country=country,
            first_serial=first_serial, last_serial=last_serial, next_serial=first_serial, allotted_on=on,
        )  # fmt: skip


def add_number_list(*, office_id: int, numbers: Sequence[str], on: date) -> NumberBlock:
    """Enter a list of numbers that the post allotted, in its order. All of it or nothing."""
    values = [normalise(number).value for number in numbers if number.strip()]
    if not values:
        raise ShipmentRefused(Code.NUMBERS_MISSING)
    _refuse_some(Code.NUMBERS_INVALID, [value for value in values if not is_item_number(value)])
    _refuse_some(Code.NUMBERS_TWICE, [value for value, times in Counter(values).items() if times > 1])
    with transaction.atomic():
        lock_registry(office_id)
        _refuse_some(Code.NUMBERS_USED, _entered_before(values))
        block = NumberBlock.objects.create(
            office_id=office_id, kind=NumberBlock.Kind.LIST, first_serial=1, last_serial=len(values), next_serial=1,
            allotted_on=on,
        )  # fmt: skip
        insert_rows(
            model=AllottedNumber,
            fields=("block_id", "position", "number"),
            rows=[(block.pk, position, value) for position, value in enumerate(values, 1)],
        )
    return block


def numbers_left(*, office_id: int) -> int:
    """How many numbers the office can still give out."""
    active = NumberBlock.objects.filter(office_id=office_id, is_active=True)
    return active.aggregate(left=Sum(F("last_serial") + 1 - F("next_serial")))["left"] or 0


def number_stock(*, office_id: int) -> NumberStock:
    """The office's numbers beside the cards that wait for one."""
    return NumberStock(
        has_blocks=_has_blocks(office_id),
        left=numbers_left(office_id=office_id),
        waiting=BacklogEntry.objects.filter(office_id=office_id).count(),
    )


def take_numbers(*, office_id: int, count: int) -> list[str] | list[None]:
    """Give the next numbers of the office's blocks, the oldest block first; Nones where it has no blocks.

    Call it inside the transaction that writes the items: should that fail, the numbers are as if never taken.
    Refused as a whole when too few are left.
    """
    if not _has_blocks(office_id):
        return [None] * count
    blocks = lock_number_blocks(office_id)
    left = sum(block.last_serial + 1 - block.next_serial for block in blocks)
    if left < count:
        raise ShipmentRefused(Code.NUMBERS_SHORT, needed=count, left=left)
    taken: list[str] = []
    for block in blocks:
        share = min(count - len(taken), block.last_serial + 1 - block.next_serial)
        if share:
            taken += _take(block, share)
    return taken


def take_over_numbers(*, numbers: Mapping[int, str], at: datetime) -> list[int]:
    """Write down the numbers that the post gave at its acceptance, by item; give the items that have one by this.

    Items that have a number keep it. Left out is what is no item number, is given twice, or was entered before.
    """
    taken: list[int] = []
    with transaction.atomic():
        fresh = _fresh(numbers)
        keys = sorted(fresh)
        for start in range(0, len(keys), CHUNK):
            items = Item.objects.select_for_update(no_key=True).order_by("pk")
            found = list(items.filter(pk__in=keys[start : start + CHUNK], number__isnull=True).only("pk"))
            for item in found:
                item.number, item.number_given_at = fresh[item.pk], at
            Item.objects.bulk_update(found, ["number", "number_given_at"], batch_size=500)
            taken += [item.pk for item in found]
    return taken


def can_be_taken_over(*, numbers: Mapping[int, str]) -> dict[int, str]:
    """Give those of the numbers, by item, that `take_over_numbers` would write down now."""
    fresh = _fresh(numbers)
    keys = sorted(fresh)
    free: dict[int, str] = {}
    for start in range(0, len(keys), CHUNK):
        without = Item.objects.filter(pk__in=keys[start : start + CHUNK], number__isnull=True)
        free.update((pk, fresh[pk]) for pk in without.values_list("pk", flat=True))
    return free


def give_back_numbers(*, item_ids: Collection[int]) -> int:
    """Let items have no number again that the post gave by mistake; give how many. Those of our blocks stay."""
    given = Item.objects.filter(pk__in=item_ids, number_given_at__isnull=False)
    return given.update(number=None, number_given_at=None)


def _fresh(numbers: Mapping[int, str]) -> dict[int, str]:
    """Give the item numbers that stand for one item only and that nobody has entered."""
    counted = Counter(numbers.values())
    once = {pk: value for pk, value in numbers.items() if counted[value] == 1 and is_item_number(value)}
    used = set(_entered_before(list(once.values())))
    return {pk: value for pk, value in once.items() if value not in used}


def _take(block: NumberBlock, count: int) -> list[str]:
    first, end = block.next_serial, block.next_serial + count
    # Compared and set: were the lock ever lost, nobody would get the same numbers.
    if not NumberBlock.objects.filter(pk=block.pk, next_serial=first).update(next_serial=end):
        raise RuntimeError("A block of numbers was used without its lock.")
    if block.kind == NumberBlock.Kind.S10:
        indicator, country = block.service_indicator, block.country
        return [
            s10(service_indicator=indicator, serial=serial, country=country) for serial in range(first, end)
        ]
    listed_numbers = AllottedNumber.objects.filter(block=block, position__gte=first, position__lt=end)
    return list(listed_numbers.order_by("position").values_list("number", flat=True))


def _has_blocks(office_id: int) -> bool:
    return NumberBlock.objects.filter(office_id=office_id).exists()


def _refuse_overlap(indicator: str, first: int, last: int, country: str) -> None:
    """Numbers are national: no office may enter what another has."""
    blocks = NumberBlock.objects.filter(
        kind=NumberBlock.Kind.S10, service_indicator=indicator, country=country
    )
    # From here to there as text: RR00000100… to RR00000199…, whatever the check digit.
    between = {
        "number__gte": f"{indicator}{first:08}",
        "number__lte": f"{indicator}{last:08}Z",
        "number__endswith": country,
    }
    if (
        blocks.filter(first_serial__lte=last, last_serial__gte=first).exists()
        or AllottedNumber.objects.filter(**between).exists()
        or Item.objects.filter(**between).exists()
    ):
        raise ShipmentRefused(Code.BLOCK_OVERLAPS, first=first, last=last)


def _entered_before(values: Sequence[str]) -> list[str]:
    used: list[str] = []
    for start in range(0, len(values), CHUNK):
        chunk = values[start : start + CHUNK]
        used += AllottedNumber.objects.filter(number__in=chunk).values_list("number", flat=True)
        used += Item.objects.filter(number__in=chunk).values_list("number", flat=True)  # type: ignore[arg-type]
    ranges = NumberBlock.objects.filter(kind=NumberBlock.Kind.S10).values_list(
        "service_indicator", "country", "first_serial", "last_serial"
    )
    known = list(ranges)
    used += (value for value in values if is_s10(value) and _is_inside(value, known))
    return sorted(set(used))


def _is_inside(value: str, ranges: Sequence[tuple[str, str, int, int]]) -> bool:
    serial = int(value[2:10])
    return any(
        value[:2] == indicator and value[11:] == country and first <= serial <= last
        for indicator, country, first, last in ranges
    )


def _refuse_some(code: Code, values: Sequence[str]) -> None:
    if values:
        raise ShipmentRefused(code, count=len(values), examples=listed(list(values), most=3))
