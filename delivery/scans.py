"""Find cards by what was scanned: own reference or the post's number, any number of scans in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass

from delivery import bulk, records
from delivery.status import Status
from privacy.masking import mask_scan
from shipments.numbers import NumberKind, normalise

_KEPT_LENGTH = 40


@dataclass(frozen=True, slots=True)
class FoundCard:
    """A card as a desk needs it. `item_id` and `shipment_state` are of its live item, None when it has none."""

    card_id: int
    reference: str
    office_id: int
    disposition: str
    item_id: int | None
    shipment_state: str | None
    status: Status | None
    reason: str
    misread: bool = False


_MISREAD = FoundCard(0, "", 0, "", None, None, None, "", misread=True)
_KEYS = """
SELECT reference, id FROM shipments_card WHERE {reference}
UNION SELECT number, card_id FROM shipments_item WHERE {number}
"""
_CARDS = """
SELECT c.id, c.reference, c.office_id, c.disposition, i.id, s.state, d.status, d.reason
FROM shipments_card c
LEFT JOIN shipments_item i ON i.card_id = c.id AND i.live = TRUE
LEFT JOIN shipments_shipment s ON s.id = i.shipment_id
LEFT JOIN delivery_delivery d ON d.card_id = c.id
WHERE {among}
"""


def find_cards(scans: Sequence[str], *, lock: bool = False) -> dict[str, FoundCard]:
    """Give the card of each scan that names one; a misread one is marked. With `lock`, until the transaction ends."""
    read = {scan: normalise(scan) for scan in scans}
    values = [scanned.value for scanned in read.values() if scanned.value.isascii()]
    keys: dict[str, int] = dict(
        bulk.select(
            _KEYS.format(reference=bulk.among("reference", "text"), number=bulk.among("number", "text")),
            [bulk.listed(values), bulk.listed(values)],
        )
    )
    cards = cards_by_id(list(keys.values()), lock=lock)
    found: dict[str, FoundCard] = {}
    for scan, scanned in read.items():
        card_id = keys.get(scanned.value)
        if card_id is not None:
            found[scan] = cards[card_id]
        elif scanned.kind is NumberKind.WRONG_CHECK:
            found[scan] = _MISREAD
    return found


def cards_by_id(card_ids: Sequence[int], *, lock: bool = False) -> dict[int, FoundCard]:
    """Give the cards as they are now; with `lock`, nobody changes their way until the transaction ends."""
    if lock:
        records.lock_cards(card_ids)
    rows = bulk.select(_CARDS.format(among=bulk.among("c.id", "bigint")), [bulk.listed(card_ids)])
    return {
        row[0]: FoundCard(
            card_id=row[0],
            reference=row[1],
            office_id=row[2],
            disposition=row[3],
            item_id=row[4],
            shipment_state=row[5],
            status=Status(row[6]) if row[6] is not None else None,
            reason=row[7] or "",
        )
        for row in rows
    }


def keepable(scanned: str) -> str:
    """Give a scan that nobody knows as a case keeps it: personal data masked, at most 40 characters, each printable.

    What no database keeps (control characters, halves of characters) becomes a question mark.
    """
    masked = mask_scan(scanned.strip())
    return "".join(letter if letter.isprintable() else "?" for letter in masked)[:_KEPT_LENGTH]
