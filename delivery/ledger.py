"""One bucket for every printed card, and the proof that the buckets add up to what was printed.

Each bucket is a condition of its own on positive evidence, not what is left when the others fail. A card that no bucket
or more than one claims is a gap, listed with what claimed it: a card that falls between two services is seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

from django.db.models import Case, Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from delivery.status import COMING_BACK, WITH_THE_POST, Status
from shipments.models import (
    Card,
    Channel,
    Disposition,
    DispositionChange,
    HandoverDifference,
    Item,
    ShipmentState,
)

GAPS_LISTED = 1_000
_HANDED_OVER = [ShipmentState.HANDED_OVER, ShipmentState.RECEIVED]
_WITH_THE_POST = sorted(WITH_THE_POST)
# What the post can only say of an item that it holds or has held.
_POST_SAW_IT = sorted(
    (WITH_THE_POST | COMING_BACK | {Status.DELIVERED}) - {Status.ANNOUNCED, Status.CANCELLED}
)

_ours = Q(disposition=Disposition.REGISTERED)
_no_news = Q(delivery__card__isnull=True)
_no_hold = Q(held__card__isnull=True)
_not_packed = Q(live_item__isnull=True)
_packed = Q(live_item__isnull=False)
_news_is_of_this_item = Q(delivery__item_id=F("live_item__id"))
_post_saw_it = _news_is_of_this_item & Q(delivery__status__in=_POST_SAW_IT)
_post_did_not_see_it = (
    _no_news
    | Q(delivery__item_id__isnull=True)
    | ~_news_is_of_this_item
    | ~Q(delivery__status__in=_POST_SAW_IT)
)
_with_post = (
    _ours
    & Q(delivery__status__in=_WITH_THE_POST)
    & _packed
    & (Q(live_item__shipment__state__in=_HANDED_OVER) | _post_saw_it)
)
# A card that was in our hands and is queued or packed once more is counted where it lies now.
_not_sent_again = Q(backlog__card__isnull=True) & (_not_packed | _news_is_of_this_item)
_unsent = _ours & _no_news & _no_hold & _not_packed


def _lies(status: Status) -> Q:
    return _ours & Q(delivery__status=status) & _not_sent_again


BUCKETS: Mapping[str, Q] = {
    "damaged": Q(disposition=Disposition.DAMAGED),
    "printed_twice": Q(disposition=Disposition.DUPLICATE),
    "withdrawn": Q(disposition=Disposition.WITHDRAWN),
    "void": Q(disposition=Disposition.VOID),
    "destroyed": Q(disposition=Disposition.DESTROYED),
    "address_review": _unsent & Q(channel=Channel.POST) & ~Q(address__verdict="DELIVERABLE"),
    "on_hold": _ours & Q(held__card__isnull=False) & _no_news,
    "awaiting_channel": _unsent & ~Q(channel=Channel.POST),
    "backlog": Q(backlog__card__isnull=False),
    "in_open_shipment": Q(live_item__shipment__state=ShipmentState.OPEN) & _post_did_not_see_it,
    "in_closed_shipment": Q(live_item__shipment__state=ShipmentState.CLOSED) & _post_did_not_see_it,
    "with_post": _with_post & Q(has_open_difference=False),
    "handover_difference": _with_post & Q(has_open_difference=True),
    "delivered": _ours & Q(delivery__status=Status.DELIVERED),
    "coming_back": _ours & Q(delivery__status__in=sorted(COMING_BACK)) & _not_sent_again,
    "returned": _lies(Status.RETURN_RECEIVED),
    "in_transfer": _lies(Status.IN_TRANSFER),
    "at_counter": _lies(Status.READY_AT_COUNTER),
    "collected": _ours & Q(delivery__status=Status.COLLECTED),
    "at_village": _lies(Status.AT_VILLAGE),
    "given_by_village": _ours & Q(delivery__status=Status.GIVEN_BY_VILLAGE),
}
_BITS = {name: 1 << place for place, name in enumerate(BUCKETS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A card that is not in exactly one bucket, and the buckets that claim it."""

    card_id: int
    reference: str
    buckets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The daily sum. `gaps` lists at most GAPS_LISTED of `gap_count` cards; `holds` says that there is none."""

    printed: int
    buckets: Mapping[str, int]
    gaps: tuple[Gap, ...]
    gap_count: int
    funnel: Mapping[str, int]

    @property
    def holds(self) -> bool:
        """Say whether every card is in exactly one bucket and the buckets add up."""
        return not self.gap_count and sum(self.buckets.values()) == self.printed


def reconcile(*, office_id: int | None = None) -> Reconciliation:
    """Count every card of an office (of all when None) in the buckets that claim it, in one pass."""
    cards = _of(office_id)
    counts = {
        row["claims"]: row["number"]
        for row in _with_evidence(cards)
        .annotate(claims=_claims())
        .order_by()
        .values("claims")
        .annotate(number=Count("pk"))
    }
    buckets = {
        name: sum(number for mask, number in counts.items() if mask & bit) for name, bit in _BITS.items()
    }
    wrong = sorted(mask for mask in counts if mask.bit_count() != 1)
    return Reconciliation(
        printed=cards.count(),
        buckets=buckets,
        gaps=_gaps(cards, wrong),
        gap_count=sum(counts[mask] for mask in wrong),
        funnel=_funnel(cards, buckets),
    )


def cards_in_bucket(*, office_id: int | None, bucket: str) -> QuerySet[Card]:
    """Give the cards that a bucket claims. Raises KeyError for a bucket that does not exist."""
    return _with_evidence(_of(office_id)).filter(BUCKETS[bucket])


def _of(office_id: int | None) -> QuerySet[Card]:
    return Card.objects.all() if office_id is None else Card.objects.filter(office_id=office_id)


def _with_evidence(cards: QuerySet[Card]) -> QuerySet[Card]:
    open_differences = HandoverDifference.objects.filter(item__card_id=OuterRef("pk"), closed_at__isnull=True)
    return cards.alias(
        live_item=FilteredRelation("items", condition=Q(items__live=True)),
        has_open_difference=Exists(open_differences.filter(item__live=True)),
    )


def _claims() -> Combinable:
    claims: list[Combinable] = [
        Case(When(condition, then=Value(_BITS[name])), default=Value(0))
        for name, condition in BUCKETS.items()
    ]
    return reduce(add, claims)


def _gaps(cards: QuerySet[Card], masks: list[int]) -> tuple[Gap, ...]:
    if not masks:
        return ()
    found = _with_evidence(cards).annotate(claims=_claims()).filter(claims__in=masks).order_by("pk")
    return tuple(
        Gap(
            card_id=pk,
            reference=reference,
            buckets=tuple(name for name, bit in _BITS.items() if claims & bit),
        )
        for pk, reference, claims in found.values_list("pk", "reference", "claims")[:GAPS_LISTED]
    )


def _funnel(cards: QuerySet[Card], buckets: Mapping[str, int]) -> dict[str, int]:
    """Count as the press did: what was printed, what was set aside, what the post got and what it delivered."""
    handed_over = Item.objects.filter(card_id=OuterRef("pk"), shipment__state__in=_HANDED_OVER)
    delivered = Q(delivery__status=Status.DELIVERED)
    came_back = Q(delivery__isnull=False) & ~Q(delivery__status__in=[*_WITH_THE_POST, Status.DELIVERED])
    counts = cards.alias(handed_over=Exists(handed_over)).aggregate(
        printed=Count("pk"),
        handed_over_=Count("pk", filter=Q(handed_over=True)),
        delivered=Count("pk", filter=delivered),
        not_delivered=Count("pk", filter=Q(handed_over=True) & came_back),
    )
    # what was found damaged stays a damaged print, also when it lies no more among the damaged cards
    destroyed = DispositionChange.objects.filter(card__in=cards, after=Disposition.DESTROYED)
    was = dict(destroyed.order_by().values_list("before").annotate(number=Count("pk")))
    return {
        "printed": counts["printed"],
        "damaged": buckets["damaged"] + was.get(Disposition.DAMAGED, 0),
        "printed_twice": buckets["printed_twice"] + was.get(Disposition.DUPLICATE, 0),
        "withdrawn": buckets["withdrawn"],
        "held_for_address_review": buckets["address_review"],
        "handed_over": counts["handed_over_"],
        "delivered": counts["delivered"],
        "not_delivered": counts["not_delivered"],
    }
