"""Who goes first: the ranks of an office's lanes, and the queue in their order."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from shipments.models import BacklogEntry, Lane, LanePolicy

# The order of the queue: rank of the lane, print date, intake.
QUEUE_ORDER = ("rank", "printed_on", "card_id")


def lane_ranks(*, office_id: int) -> Mapping[Lane, int]:
    """Give each lane's rank (a smaller one goes first): the office's policy, or the lane's own number.

    A lane that the office does not use goes with the ordinary cards.
    """
    policies = {policy.lane: policy for policy in LanePolicy.objects.filter(office_id=office_id)}
    ordinary = policies[Lane.ORDINARY].rank if Lane.ORDINARY in policies else Lane.ORDINARY.value
    ranks: dict[Lane, int] = {}
    for lane in Lane:
        policy = policies.get(lane)
        if policy is None:
            ranks[lane] = lane.value
        else:
            ranks[lane] = policy.rank if policy.is_active else ordinary
    return ranks


def queue_of(*, office_id: int) -> QuerySet[Any]:
    """The office's queue in its order: backlog entries, each with its `rank`."""
    ranks = lane_ranks(office_id=office_id)
    changed = [When(lane=lane, then=Value(rank)) for lane, rank in ranks.items() if rank != lane]
    # Where every lane has its own number, the index gives the order.
    rank = Case(*changed, default=F("lane"), output_field=IntegerField()) if changed else F("lane")
    return BacklogEntry.objects.filter(office_id=office_id).annotate(rank=rank).order_by(*QUEUE_ORDER)
