"""Route cards that came back: as their holders wish, else by the offices' rules."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.db import transaction

from accounts.services import record
from delivery import bulk
from delivery.deciding import (
    ADDRESS_REASONS,
    REGISTRY_REASONS,
    Decision,
    Waiting,
    decide,
    send_again,
    to_counter,
    to_counters,
    to_review_desk,
    waiting_returns,
)
from delivery.open_requests import open_requests
from offices.follow_ups import FollowUpRule, rules_of
from offices.models import Office, Service
from offices.services import is_closed, local_day, registry_of
from shipments.locks import lock_registry
from shipments.models import Channel


class Left(StrEnum):
    """Why routing leaves a return to a person."""

    NO_COUNTER = "NO_COUNTER"  # no counter of the registry serves its village
    ADDRESS = "ADDRESS"  # to be sent again, but its address is not good or a hold keeps it
    CORRECTION = "CORRECTION"  # its holder's correction of the address is not decided
    WISH = "WISH"  # what its holder wishes cannot be done today


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What routing decided: cards per counter, on the registry's list, on the other ways, and left, by reason."""

    by_counter: Mapping[int, int] = field(default_factory=dict)
    registry: int = 0
    shelved: int = 0
    sent_again: int = 0
    to_review: int = 0
    village: int = 0
    left: Mapping[Left, int] = field(default_factory=dict)

    @property
    def undecided(self) -> int:
        """Give how many are left to a person."""
        return sum(self.left.values())

    @property
    def decided(self) -> int:
        """Give how many were decided."""
        others = self.registry + self.sent_again + self.to_review + self.village
        return sum(self.by_counter.values()) + others

    def __add__(self, other: "Routed") -> "Routed":
        return Routed(
            by_counter=Counter(self.by_counter) + Counter(other.by_counter),
            registry=self.registry + other.registry,
            shelved=self.shelved + other.shelved,
            sent_again=self.sent_again + other.sent_again,
            to_review=self.to_review + other.to_review,
            village=self.village + other.village,
            left=Counter(self.left) + Counter(other.left),
        )


def route_returns(
    *, office_id: int, actor_id: int | None, at: datetime, card_ids: Sequence[int] | None = None
) -> Routed:
    """Decide the undecided returns of a registry (or of one counter), as their holders wish or by the offices' rules.

    A card whose address its holder corrects is left to the desk of corrections; a wish that cannot be done today, or of
    a card whose holder died or moved away, to a person. Without a wish, who died or moved away goes on the registry's
    own list. A card that came back too early, by the rule of its post office, is sent again; with an address that the
    post did not find it goes to the review desk first. The others go where the rule says, as a rule to the counter that
    serves their village that day, closures and delegates considered; one taken in at that very counter goes straight
    onto its shelf, the others wait for `send_transfers`. What no counter serves is left to a person.
    """
    with transaction.atomic():
        lock_registry(registry_of(office_id))
        waiting = waiting_returns(office_id=office_id, card_ids=card_ids)
        asked = open_requests([each.card_id for each in waiting])
        correcting = [each for each in waiting if each.card_id in asked.corrections]
        wishing = [each for each in waiting if each.card_id in asked.wishes.keys() - asked.corrections]
        others = [each for each in waiting if each.card_id not in asked.cards]
        routed = (
            Routed(left={Left.CORRECTION: len(correcting)})
            + _as_wished(office_id, wishing, asked.wishes, actor_id, at)
            + _as_ruled(office_id, others, actor_id, at)
        )
        if routed.decided:
            _record_routing(office_id, routed, actor_id, at)
    return routed


def _record_routing(office_id: int, routed: Routed, actor_id: int | None, at: datetime) -> None:
    record(
        actor_id=actor_id,
        office_id=office_id,
        operation="ROUTE_RETURNS",
        object_kind="office",
        object_key=str(office_id),
        at=at,
        counters=sum(routed.by_counter.values()),
        registry=routed.registry,
        sent_again=routed.sent_again,
        to_review=routed.to_review,
        village=routed.village,
    )


def _as_wished(
    office_id: int,
    cards: Sequence[Waiting],
    wishes: Mapping[int, int | None],
    actor_id: int | None,
    at: datetime,
) -> Routed:
    """Do what holders wish where it can be done today; what follows the wish settles it (`decide`)."""
    doable = [each for each in cards if each.reason not in REGISTRY_REASONS]
    resend = [each for each in doable if wishes[each.card_id] is None]
    to_review = [each for each in resend if each.reason in ADDRESS_REASONS]
    to_review_desk(office_id, to_review, actor_id, at)
    good = [each for each in resend if each.reason not in ADDRESS_REASONS]
    posted = send_again(office_id=office_id, cards=good, actor_id=actor_id, at=at)
    by_counter, shelved = {}, 0
    for counter_id in sorted({wished for each in doable if (wished := wishes[each.card_id]) is not None}):
        counter = Office.objects.get(pk=counter_id)
        if not is_closed(office=counter, service=Service.PICKUP, on=local_day(office=counter, at=at)):
            group = [each for each in doable if wishes[each.card_id] == counter_id]
            shelved += to_counter(counter=counter, cards=group, actor_id=actor_id, at=at)
            by_counter[counter_id] = len(group)
    done = Routed(by_counter=by_counter, shelved=shelved, sent_again=len(posted), to_review=len(to_review))
    return done + Routed(left={Left.WISH: len(cards) - done.decided})


def _as_ruled(office_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime) -> Routed:
    ways = _by_rule(office_id, cards, at)
    decide(ways[Decision.REGISTRY], Decision.REGISTRY, actor_id, at)
    decide(ways[Decision.VILLAGE], Decision.VILLAGE, actor_id, at)
    to_review = to_review_desk(office_id, ways[Decision.ADDRESS], actor_id, at)
    posted = send_again(office_id=office_id, cards=ways[Decision.SEND_AGAIN], actor_id=actor_id, at=at)
    by_counter, unserved, shelved = to_counters(office_id, ways[Decision.COUNTER], actor_id, at)
    return Routed(
        by_counter=by_counter,
        registry=len(ways[Decision.REGISTRY]),
        shelved=shelved,
        sent_again=len(posted),
        to_review=to_review,
        village=len(ways[Decision.VILLAGE]),
        left={Left.NO_COUNTER: unserved, Left.ADDRESS: len(ways[Decision.SEND_AGAIN]) - len(posted)},
    )


def _by_rule(office_id: int, waiting: Sequence[Waiting], at: datetime) -> dict[Decision, list[Waiting]]:
    ways: dict[Decision, list[Waiting]] = defaultdict(list)
    office = Office.objects.get(pk=office_id)
    mailings = _mailings([each.card_id for each in waiting])
    posts = Office.objects.filter(pk__in={mailing.post_office_id for mailing in mailings.values()})
    rules = rules_of(offices=[office, *posts])
    today = local_day(office=office, at=at)
    for each in waiting:
        mailing = mailings.get(each.card_id)
        rule = rules[mailing.post_office_id if mailing is not None else office.pk]
        ways[_way(each, rule, mailing, today, office)].append(each)
    return ways


@dataclass(frozen=True, slots=True)
class _Mailing:
    """How often a card was in the post and tried there, since when, and by which post office the last time."""

    post_office_id: int
    postings: int
    attempts: int
    first_at: datetime | None


_MAILINGS = """
SELECT i.card_id, s.post_office_id, n.postings, n.first_at,
  (SELECT COUNT(*) FROM delivery_trackingevent e
   WHERE e.card_id = i.card_id AND e.status = 'ATTEMPT_FAILED'
     AND NOT EXISTS (SELECT 1 FROM delivery_trackingevent v WHERE v.voids_id = e.id))
FROM shipments_item i
JOIN shipments_shipment s ON s.id = i.shipment_id
JOIN (
  SELECT p.card_id, COUNT(*) AS postings, MIN(h.handed_over_at) AS first_at, MAX(p.id) AS last_id
  FROM shipments_item p LEFT JOIN shipments_handover h ON h.shipment_id = p.shipment_id
  WHERE p.taken_out_at IS NULL AND {among} GROUP BY p.card_id
) n ON n.last_id = i.id
"""


def _mailings(card_ids: Collection[int]) -> dict[int, _Mailing]:
    rows = bulk.select(_MAILINGS.format(among=bulk.among("p.card_id", "bigint")), [bulk.listed(card_ids)])
    return {
        card_id: _Mailing(
            post_office_id,
            postings,
            # what came back was tried at least once each time, whatever the post has told
            max(attempts, postings),
            bulk.moment_of(first_at) if first_at is not None else None,
        )
        for card_id, post_office_id, postings, first_at, attempts in rows
    }


def _way(
    each: Waiting, rule: FollowUpRule, mailing: _Mailing | None, today: date, office: Office
) -> Decision:
    if each.reason in REGISTRY_REASONS:
        return Decision.REGISTRY
    postings, attempts, days = 0, 0, 0
    if mailing is not None:
        postings, attempts = mailing.postings, mailing.attempts
        if mailing.first_at is not None:
            days = (today - local_day(office=office, at=mailing.first_at)).days
    once_more = rule.follows == Decision.SEND_AGAIN and postings < 2
    by_post = each.channel == Channel.POST  # whoever chose a counter is not posted to by a rule
    if by_post and (once_more or rule.owes_another_attempt(attempts=attempts, days=days)):
        return Decision.ADDRESS if each.reason in ADDRESS_REASONS else Decision.SEND_AGAIN
    return Decision.COUNTER if rule.follows == Decision.SEND_AGAIN else Decision(rule.follows)
