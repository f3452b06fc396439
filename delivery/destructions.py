"""Destroy cards: a list, two officers' signatures; with the second one the cards lie in no other bucket any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.services import record
from delivery import bulk, records
from delivery.models import Destruction, DestructionCard
from delivery.refusals import Code, DeliveryRefused
from delivery.shelves import take_off_shelf
from offices.models import Office
from offices.services import local_day, lock_offices, registry_of
from shipments.dispositions import set_aside
from shipments.locks import lock_cards, lock_registry
from shipments.models import Card, Disposition

Kind = Destruction.Kind
CHUNK = 2_000

# In our hands and for nobody any more: set aside and not in the mail, or on the registry's list and still lying there.
# A card on another standing list is that list's.
_CARDS = """
SELECT c.id, c.reference, NULL, c.disposition, COALESCE(r.reason, '')
FROM shipments_card c
LEFT JOIN delivery_returnreceipt r
  ON r.id = (SELECT MAX(n.id) FROM delivery_returnreceipt n WHERE n.card_id = c.id)
LEFT JOIN delivery_delivery d ON d.card_id = c.id
WHERE c.office_id = %s
  AND NOT EXISTS (SELECT 1 FROM shipments_item i WHERE i.card_id = c.id AND i.live = TRUE)
  AND (c.disposition IN ('DAMAGED', 'DUPLICATE', 'VOID')
       AND (d.status IS NULL OR d.status IN ('RETURN_RECEIVED', 'READY_AT_COUNTER'))
       OR c.disposition = 'REGISTERED' AND d.status = 'RETURN_RECEIVED'
          AND r.decision = 'REGISTRY' AND r.reason = 'UNCLAIMED'
          AND NOT EXISTS (SELECT 1 FROM shipments_backlogentry b WHERE b.card_id = c.id))
"""
_NOT_LISTED = """
  AND NOT EXISTS (SELECT 1 FROM delivery_destructioncard l
                  WHERE l.card_id = c.id AND l.collection_id IS NULL AND l.live = TRUE)
"""
# Old cards that were handed in at this office, and whose collection stands.
_OLD_CARDS = """
SELECT c.id, c.reference, g.id, c.disposition, ''
FROM delivery_collection g JOIN shipments_card c ON c.id = g.card_id
WHERE g.counter_id = %s AND g.old_card_surrendered = TRUE AND g.undone_at IS NULL
"""
_OLD_NOT_LISTED = """
  AND NOT EXISTS (SELECT 1 FROM delivery_destructioncard l WHERE l.collection_id = g.id AND l.live = TRUE)
"""


@dataclass(frozen=True, slots=True)
class ToDestroy:
    """A card that may be put on a list; `collection_id` for an old card: where it was handed in."""

    card_id: int
    reference: str
    collection_id: int | None
    disposition: str
    reason: str


def cards_to_destroy(*, office_id: int, kind: str) -> list[ToDestroy]:
    """Give what may be put on a list of this office: a registry's cards, or the old cards handed in at an office.

    Printed cards lie at the registry office; a counter sends them back first, so that it has none.
    """
    sql = f"{_CARDS}{_NOT_LISTED}" if kind == Kind.CARDS else f"{_OLD_CARDS}{_OLD_NOT_LISTED}"
    return [ToDestroy(*row) for row in bulk.select(f"{sql} ORDER BY c.id", [office_id])]


def open_destruction(
    *, office_id: int, kind: str, card_ids: Sequence[int] | None, actor_id: int | None, at: datetime
) -> Destruction:
    """Put cards on a list to destroy; None: all that may be. Raises NOTHING_TO_DESTROY, NOT_TO_DESTROY."""
    office = Office.objects.get(pk=office_id)
    with transaction.atomic():
        lock_offices(office_ids=[office_id])
        chosen = _chosen(office_id, kind, card_ids)
        records.lock_cards([each.card_id for each in chosen])
        destruction = Destruction.objects.create(
            number=_next_number(office, kind, at),
            office=office,
            kind=kind,
            cards=len(chosen),
            opened_at=at,
            opened_by_id=actor_id,
        )
        DestructionCard.objects.bulk_create(
            [
                DestructionCard(
                    destruction=destruction, card_id=each.card_id, collection_id=each.collection_id
                )
                for each in chosen
            ],
            batch_size=CHUNK,
        )
        _record("OPEN_DESTRUCTION", destruction, actor_id, at)
    return destruction


def _chosen(office_id: int, kind: str, card_ids: Sequence[int] | None) -> list[ToDestroy]:
    possible = cards_to_destroy(office_id=office_id, kind=kind)
    if card_ids is not None:
        wanted = set(card_ids)
        absent = wanted - {each.card_id for each in possible}
        if absent:
            # another registry's card is not even named
            own = Card.objects.filter(pk__in=absent, office_id=registry_of(office_id)).order_by("pk")
            named = own.values_list("reference", flat=True).first()
            raise DeliveryRefused(Code.NOT_TO_DESTROY, reference=named or "?")
        possible = [each for each in possible if each.card_id in wanted]
    if not possible:
        raise DeliveryRefused(Code.NOTHING_TO_DESTROY)
    return possible


def _next_number(office: Office, kind: str, at: datetime) -> str:
    """Number the day's lists of an office, whose row is locked."""
    letters = "PK" if kind == Kind.CARDS else "PL"
    prefix = f"{letters}-{office.code}-{local_day(office=office, at=at):%Y%m%d}"
    number = Destruction.objects.filter(office=office, number__startswith=f"{prefix}-").count() + 1
    return f"{prefix}-{number:03}"


def sign_destruction(*, destruction_id: int, counted: int, actor_id: int | None, at: datetime) -> Destruction:
    """Sign that the list's cards were counted and, as the second officer, seen destroyed: then they are destroyed.

    Raises OFFICER_MISSING, COUNT_DIFFERS, SAME_OFFICER, ALREADY_DESTROYED, DESTRUCTION_CANCELLED, and NOT_TO_DESTROY
    when a card of the list is no longer to be destroyed; then nothing is signed.
    """
    if actor_id is None:
        raise DeliveryRefused(Code.OFFICER_MISSING)
    office_id = Destruction.objects.values_list("office_id", flat=True).get(pk=destruction_id)
    with transaction.atomic():
        lock_registry(registry_of(office_id))
        destruction = _open(destruction_id)
        if counted != destruction.cards:
            raise DeliveryRefused(Code.COUNT_DIFFERS, cards=destruction.cards, counted=counted)
        if destruction.first_signed_by_id is None:
            destruction.first_signed_at, destruction.first_signed_by_id = at, actor_id
            destruction.save(update_fields=["first_signed_at", "first_signed_by"])
            _record("SIGN_DESTRUCTION", destruction, actor_id, at)
            return destruction
        if destruction.first_signed_by_id == actor_id:
            raise DeliveryRefused(Code.SAME_OFFICER)
        destruction.second_signed_at, destruction.second_signed_by_id = at, actor_id
        destruction.save(update_fields=["second_signed_at", "second_signed_by"])
        _destroy(destruction, actor_id, at)
        _record("DESTROY_CARDS", destruction, actor_id, at)
    return destruction


def _destroy(destruction: Destruction, actor_id: int, at: datetime) -> None:
    """Let printed cards leave their buckets. An old card was never one of them: its collection is its record."""
    entries = list(
        destruction.entries.filter(live=True)
        .order_by("card_id")
        .values_list("card_id", "card__reference", "collection_id")
    )
    records.lock_cards([card_id for card_id, _reference, _collection in entries])
    sql = _CARDS if destruction.kind == Kind.CARDS else _OLD_CARDS
    possible = {(row[0], row[2]) for row in bulk.select(sql, [destruction.office_id])}
    for card_id, reference, collection_id in entries:
        if (card_id, collection_id) not in possible:
            raise DeliveryRefused(Code.NOT_TO_DESTROY, reference=reference)
    if destruction.kind != Kind.CARDS:
        return
    take_off_shelf(card_ids=[card_id for card_id, _reference, _collection in entries])
    for start in range(0, len(entries), CHUNK):
        cards = lock_cards([entry[0] for entry in entries[start : start + CHUNK]])
        set_aside(
            cards=cards, after=Disposition.DESTROYED, reason=destruction.number, actor_id=actor_id, at=at
        )


def take_signature_back(*, destruction_id: int, actor_id: int | None, at: datetime) -> Destruction:
    """Take the first signature back, as long as there is no second. Raises NOT_SIGNED, ALREADY_DESTROYED."""
    with transaction.atomic():
        destruction = _open(destruction_id)
        if destruction.first_signed_by_id is None:
            raise DeliveryRefused(Code.NOT_SIGNED, number=destruction.number)
        destruction.first_signed_at = destruction.first_signed_by = None
        destruction.save(update_fields=["first_signed_at", "first_signed_by"])
        _record("TAKE_SIGNATURE_BACK", destruction, actor_id, at)
    return destruction


def cancel_destruction(
    *, destruction_id: int, reason: str, actor_id: int | None, at: datetime
) -> Destruction:
    """Cancel a list before its second signature; its cards may be put on another one.

    Raises REASON_MISSING, ALREADY_DESTROYED, DESTRUCTION_CANCELLED.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    with transaction.atomic():
        destruction = _open(destruction_id)
        destruction.cancelled_at, destruction.cancel_reason = at, reason.strip()[:200]
        destruction.save(update_fields=["cancelled_at", "cancel_reason"])
        destruction.entries.filter(live=True).update(live=None)
        _record("CANCEL_DESTRUCTION", destruction, actor_id, at)
    return destruction


def _open(destruction_id: int) -> Destruction:
    """Give the list, locked, that may still be signed or taken back."""
    destruction = (
        Destruction.objects.select_for_update(of=("self",), no_key=True)
        .select_related("office")
        .get(pk=destruction_id)
    )
    if destruction.second_signed_at is not None:
        raise DeliveryRefused(Code.ALREADY_DESTROYED, number=destruction.number)
    if destruction.cancelled_at is not None:
        raise DeliveryRefused(Code.DESTRUCTION_CANCELLED, number=destruction.number)
    return destruction


def _record(operation: str, destruction: Destruction, actor_id: int | None, at: datetime) -> None:
    record(
        actor_id=actor_id,
        office_id=destruction.office_id,
        operation=operation,
        object_kind="destruction",
        object_key=destruction.number,
        at=at,
        cards=destruction.cards,
    )
