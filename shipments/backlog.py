"""The queue of cards that are ready to be posted: who enters it, in which order it is worked, what leaves it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Count, Min

from accounts.services import record
from addresses import services as addresses
from addresses.services import Decided, ReviewGroup
from jobs.bulk_rows import refresh_statistics
from offices.models import Office
from shipments.holds import apply_holds
from shipments.lanes import lane_ranks
from shipments.locks import lock_registry
from shipments.models import BacklogEntry, Card, HeldCard, Item, Lane
from shipments.refusals import Code, ShipmentRefused

CHUNK: Final = 4_000
MANY: Final = 10_000

# A card enters when it is registered, goes by post, its address is good, nobody holds it, and the post has never
# had it. Cards that the post gave back enter only when they are named, and then at least on the re-send lane.
_ENTER: Final = """
INSERT INTO shipments_backlogentry (card_id, office_id, lane, printed_on, village_code, rw)
SELECT c.id, c.office_id, {lane}, c.printed_on, a.village_code, a.rw
FROM shipments_card c JOIN addresses_address a ON a.id = c.address_id
WHERE c.office_id = %s AND c.disposition = 'REGISTERED' AND c.channel = 'POST' AND a.verdict = 'DELIVERABLE'
  AND NOT EXISTS (SELECT 1 FROM shipments_heldcard h WHERE h.card_id = c.id)
  AND NOT EXISTS (SELECT 1 FROM shipments_backlogentry b WHERE b.card_id = c.id)
  AND NOT EXISTS (SELECT 1 FROM shipments_item i WHERE i.card_id = c.id AND {barred})
"""
_POSTED_BEFORE: Final = (
    "EXISTS (SELECT 1 FROM shipments_item p WHERE p.card_id = c.id AND p.taken_out_at IS NULL)"
)
_RESEND_LANE: Final = (
    f"CASE WHEN c.lane > {Lane.RESEND.value} AND {_POSTED_BEFORE} THEN {Lane.RESEND.value} ELSE c.lane END"
)


_IN_THE_MAIL: Final = "i.live = TRUE"
_EVER_POSTED: Final = "i.taken_out_at IS NULL"


@dataclass(frozen=True, slots=True)
class VillageQueue:
    """How many cards for one village wait to be posted, and since when the oldest was printed."""

    village_code: str
    village: str
    district: str
    cards: int
    oldest: object


def fill_backlog(*, office_id: int, at: datetime, card_ids: Sequence[int] | None = None) -> int:
    """Let every card enter that may be posted, and give how many; holds of today are applied first.

    With `card_ids`, only those, and among them also cards that the post gave back (they are sent again).
    """
    with transaction.atomic():
        office = lock_registry(office_id)
        if card_ids is not None:
            return _enter_some(office, card_ids, at, lane=_RESEND_LANE, barred=_IN_THE_MAIL)
        apply_holds(office=office, at=at)
        entered = _enter(office_id, None, lane="c.lane", barred=_EVER_POSTED)
    if entered >= MANY:
        refresh_statistics(models=[BacklogEntry])
    return entered


def enter_again(*, office_id: int, card_ids: Sequence[int], at: datetime) -> int:
    """Let these cards enter if they may and the post never had them; holds of today are applied first."""
    with transaction.atomic():
        return _enter_some(lock_registry(office_id), card_ids, at, lane="c.lane", barred=_EVER_POSTED)


def _enter_some(office: Office, card_ids: Sequence[int], at: datetime, *, lane: str, barred: str) -> int:
    entered = 0
    for chunk in _chunks(card_ids):
        apply_holds(office=office, at=at, card_ids=chunk)
        entered += _enter(office.pk, chunk, lane=lane, barred=barred)
    return entered


def _enter(office_id: int, card_ids: Sequence[int] | None, *, lane: str, barred: str) -> int:
    statement, parameters = _ENTER.format(lane=lane, barred=barred), [office_id]
    if card_ids is not None:
        statement += f" AND c.id IN ({', '.join(['%s'] * len(card_ids))})"
        parameters += card_ids
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def backlog_by_village(*, office_id: int) -> list[VillageQueue]:
    """The queue by village, in the order of the codes."""
    known = addresses.current_gazetteer()
    rows = (
        BacklogEntry.objects.filter(office_id=office_id)
        .values("village_code")
        .annotate(cards=Count("pk"), oldest=Min("printed_on"))
        .order_by("village_code")
    )
    return [
        VillageQueue(
            village_code=row["village_code"],
            village=known.name(row["village_code"]) if row["village_code"] in known else row["village_code"],
            district=known.name(row["village_code"][:8]) if row["village_code"] in known else "",
            cards=row["cards"],
            oldest=row["oldest"],
        )
        for row in rows
    ]


def backlog_by_lane(*, office_id: int) -> Mapping[Lane, int]:
    """The queue by lane, the first to go first."""
    rows = BacklogEntry.objects.filter(office_id=office_id).values_list("lane").annotate(cards=Count("pk"))
    ranks = lane_ranks(office_id=office_id)
    counted = [(Lane(lane), cards) for lane, cards in rows.order_by("lane")]
    return dict(sorted(counted, key=lambda pair: ranks[pair[0]]))


def leave_backlog(*, card_ids: Sequence[int]) -> int:
    """Take cards out of the queue and give how many were in it."""
    left = 0
    for start in range(0, len(card_ids), CHUNK):
        left += BacklogEntry.objects.filter(card_id__in=card_ids[start : start + CHUNK]).delete()[0]
    return left


def decide_addresses(
    *,
    office_id: int,
    address_ids: Sequence[int],
    decision: str,
    actor_id: int | None,
    at: datetime,
    village_code: str = "",
    corrections: Mapping[str, str] | None = None,
    note: str = "",
) -> Decided:
    """Decide about addresses (addresses.reviews.decide) and let their cards enter the queue or leave it.

    An address of an item in a shipment stands on its label already: it is refused.
    """
    with transaction.atomic():
        lock_registry(office_id)
        in_shipments = sum(
            Item.objects.filter(live=True, card__address_id__in=chunk).count()
            for chunk in _chunks(address_ids)
        )
        if in_shipments:
            raise ShipmentRefused(Code.ADDRESS_IN_POST, count=in_shipments)
        decided = addresses.decide(
            office_id=office_id, address_ids=address_ids, decision=decision, actor_id=actor_id, at=at,
            village_code=village_code, corrections=corrections, note=note,
        )  # fmt: skip
        _requeue(office_id, decided, at)
        record(
            actor_id=actor_id, office_id=office_id, operation="DECIDE_ADDRESSES", object_kind="address",
            object_key=str(address_ids[0]) if address_ids else "", at=at, decision=decision,
            addresses=len(address_ids), deliverable=len(decided.deliverable_ids),
        )  # fmt: skip
    return decided


def review_queue(*, office_id: int, limit: int, offset: int = 0) -> list[ReviewGroup]:
    """The review desk's groups, the one with the oldest print first."""
    return addresses.review_groups(office_id=office_id, limit=limit, offset=offset, since="card__printed_on")


def learn_name(
    *, office_id: int, alias_id: int, accept: bool, actor_id: int | None, at: datetime
) -> Decided | None:
    """Let the gazetteer learn a suggested name, and check what waits with it; or never suggest it again."""
    addresses.decide_alias(alias_id=alias_id, accept=accept, actor_id=actor_id)
    record(
        actor_id=actor_id, office_id=office_id, operation="DECIDE_NAME", object_kind="name", object_key=str(alias_id),
        at=at, accepted=accept,
    )  # fmt: skip
    return recheck_addresses(office_id=office_id, actor_id=actor_id, at=at) if accept else None


def recheck_addresses(*, office_id: int, actor_id: int | None, at: datetime) -> Decided:
    """Check the waiting addresses again with the names that the gazetteer has learnt; queue what is good now."""
    with transaction.atomic():
        lock_registry(office_id)
        decided = addresses.recheck_waiting(office_id=office_id, at=at)
        _requeue(office_id, decided, at)
        record(
            actor_id=actor_id, office_id=office_id, operation="RECHECK_ADDRESSES", object_kind="office",
            object_key=str(office_id), at=at, deliverable=len(decided.deliverable_ids),
        )  # fmt: skip
    return decided


def _requeue(office_id: int, decided: Decided, at: datetime) -> None:
    """Bring the queue up to the decision: out what waits, in what is good, anew what lies in another village."""
    queued: list[int] = []
    for chunk in _chunks((*decided.still_waiting_ids, *decided.deliverable_ids)):
        entries = BacklogEntry.objects.filter(card__address_id__in=chunk)
        queued += entries.values_list("card_id", flat=True)
    leave_backlog(card_ids=queued)
    fresh: list[int] = []
    for chunk in _chunks(decided.deliverable_ids):
        fresh += Card.objects.filter(address_id__in=chunk).values_list("pk", flat=True)
    enter_again(office_id=office_id, card_ids=fresh, at=at)
    fill_backlog(office_id=office_id, at=at, card_ids=queued)


def held_cards(*, office_id: int) -> int:
    """How many cards wait because of area holds."""
    return HeldCard.objects.filter(card__office_id=office_id).count()


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
