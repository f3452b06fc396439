"""Decide what becomes of cards that came back: by the offices' rules, or by hand."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.services import record
from addresses.services import reopen_addresses
from delivery import bulk, records
from delivery.models import ReturnReceipt
from delivery.refusals import Code, DeliveryRefused
from delivery.shelves import Arriving, put_on_shelf
from delivery.status import Reason
from offices.follow_ups import FollowUpRule, rules_of
from offices.models import Office, Service
from offices.services import local_day, registry_of, route_villages
from shipments.backlog import fill_backlog
from shipments.dispositions import set_aside
from shipments.locks import lock_cards, lock_registry
from shipments.models import Disposition

Decision = ReturnReceipt.Decision
# People who are not there any more: the registry's own system must know before anything else happens.
REGISTRY_REASONS = frozenset({Reason.DECEASED.value, Reason.MOVED.value})
# The post says that the address is wrong: sending there again would bring it back again.
ADDRESS_REASONS = frozenset(
    {
        Reason.ADDRESS_INCOMPLETE.value,
        Reason.ADDRESS_NOT_FOUND.value,
        Reason.UNKNOWN_AT_ADDRESS.value,
        Reason.MOVED.value,
    }
)
_SET_ASIDE_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What routing decided: cards per counter, for the registry's list, and on the other ways.

    `undecided` are left to a person: no counter of the registry serves their village, or a hold keeps them from being
    sent again.
    """

    by_counter: Mapping[int, int]
    registry: int
    shelved: int
    undecided: int
    sent_again: int = 0
    to_review: int = 0
    village: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A return that waits for a decision."""

    receipt_id: int
    card_id: int
    item_id: int | None
    reason: str
    office_id: int
    village_code: str
    address_id: int
    reference: str


_WAITING = """
SELECT r.id, r.card_id, r.item_id, r.reason, r.office_id, a.village_code, a.id, c.reference
FROM delivery_returnreceipt r
JOIN offices_office o ON o.id = r.office_id
JOIN shipments_card c ON c.id = r.card_id
JOIN addresses_address a ON a.id = c.address_id
WHERE r.decision = %s AND r.signed_off_at IS NULL AND c.disposition = 'REGISTERED'
  AND (r.office_id = %s OR o.parent_id = %s)
"""


def waiting_returns(
    *, office_id: int, card_ids: Sequence[int] | None = None, decision: str = Decision.UNDECIDED.value
) -> list[Waiting]:
    """Give a registry's (or one counter's) returns that stand at a decision, their cards locked."""
    sql, params = _WAITING, [decision, office_id, office_id]
    if card_ids is not None:
        sql, params = f"{sql} AND {bulk.among('r.card_id', 'bigint')}", [*params, bulk.listed(card_ids)]
    rows = [Waiting(*row) for row in bulk.select(f"{sql} ORDER BY r.card_id", params)]
    records.lock_cards([row.card_id for row in rows])
    standing = {
        row[0]
        for row in bulk.select(
            f"SELECT id FROM delivery_returnreceipt WHERE decision = %s AND {bulk.among('id', 'bigint')}",
            [decision, bulk.listed([row.receipt_id for row in rows])],
        )
    }
    return [row for row in rows if row.receipt_id in standing]


def route_returns(
    *, office_id: int, actor_id: int | None, at: datetime, card_ids: Sequence[int] | None = None
) -> Routed:
    """Decide the undecided returns of a registry (or of one counter) by the offices' rules.

    Who died or moved away goes on the registry's own list. A card that came back too early, by the rule of its post
    office, is sent again; with an address that the post did not find it goes to the review desk first. The others go
    where the rule says, as a rule to the counter that serves their village that day, closures and delegates
    considered; one taken in at that very counter goes straight onto its shelf, the others wait for `send_transfers`.
    What no counter serves is left to a person.
    """
    with transaction.atomic():
        lock_registry(registry_of(office_id))
        waiting = waiting_returns(office_id=office_id, card_ids=card_ids)
        ways = _by_rule(office_id, waiting, at)
        decide(ways[Decision.REGISTRY], Decision.REGISTRY, actor_id, at)
        decide(ways[Decision.VILLAGE], Decision.VILLAGE, actor_id, at)
        to_review = _to_review_desk(office_id, ways[Decision.ADDRESS], actor_id, at)
        sent_again = _send_again(office_id, ways[Decision.SEND_AGAIN], actor_id, at)
        by_counter, unserved, shelved = _to_counters(office_id, ways[Decision.COUNTER], actor_id, at)
    return Routed(
        by_counter=by_counter,
        registry=len(ways[Decision.REGISTRY]),
        shelved=shelved,
        undecided=unserved + len(ways[Decision.SEND_AGAIN]) - sent_again,
        sent_again=sent_again,
        to_review=to_review,
        village=len(ways[Decision.VILLAGE]),
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
    if once_more or rule.owes_another_attempt(attempts=attempts, days=days):
        return Decision.ADDRESS if each.reason in ADDRESS_REASONS else Decision.SEND_AGAIN
    return Decision.COUNTER if rule.follows == Decision.SEND_AGAIN else Decision(rule.follows)


def _to_counters(
    office_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime
) -> tuple[dict[int, int], int, int]:
    """Decide for the registry's own counter that serves each village; give cards per counter, unserved and shelved.

    A card stays in its registry's hands: staff of another one may not even see it.
    """
    today = local_day(office=Office.objects.get(pk=office_id), at=at)
    villages = {card.village_code for card in cards}
    routes = route_villages(
        village_codes=villages, service=Service.PICKUP, on=today, registry_id=registry_of(office_id)
    )
    by_counter: dict[int, list[Waiting]] = defaultdict(list)
    for card in cards:
        counter_id = routes[card.village_code].office_id
        if counter_id is not None:
            by_counter[counter_id].append(card)
    shelved = 0
    for counter_id, group in sorted(by_counter.items()):
        decide(group, Decision.COUNTER, actor_id, at, counter_id=counter_id)
        here = [Arriving(each.card_id, each.item_id) for each in group if each.office_id == counter_id]
        if here:
            counter = Office.objects.get(pk=counter_id)
            put_on_shelf(counter=counter, cards=here, shelf="", actor_id=actor_id, at=at)
            shelved += len(here)
    counted = {counter_id: len(group) for counter_id, group in by_counter.items()}
    return counted, len(cards) - sum(counted.values()), shelved


_DECIDE = """
UPDATE delivery_returnreceipt SET decision = %s, counter_id = {counter}, decided_at = %s, decided_by_id = {actor}
WHERE {among}
"""


def decide(
    cards: Sequence[Waiting],
    decision: Decision,
    actor_id: int | None,
    at: datetime,
    *,
    counter_id: int | None = None,
) -> None:
    """Write the decision of returns whose cards `waiting_returns` has locked."""
    if not cards:
        return
    sql = _DECIDE.format(
        counter="NULL" if counter_id is None else int(counter_id),
        actor="NULL" if actor_id is None else int(actor_id),
        among=bulk.among("id", "bigint"),
    )
    bulk.execute(sql, [decision.value, bulk.moment(at), bulk.listed([each.receipt_id for each in cards])])


_BY_HAND = frozenset(
    {Decision.VILLAGE, Decision.REGISTRY, Decision.SEND_AGAIN, Decision.ADDRESS, Decision.REPRINT}
)


def decide_returns(
    *, office_id: int, card_ids: Sequence[int], decision: str, actor_id: int | None, at: datetime
) -> int:
    """Decide by hand what becomes of a registry's returns that wait; give how many were decided.

    COUNTER goes to the counter that serves the village. SEND_AGAIN puts cards with a deliverable address into the
    backlog; the others go on waiting. ADDRESS puts their addresses on the review desk, from where they are sent again
    once they are good. REPRINT sets the cards aside as damaged. Raises DECISION_NOT_POSSIBLE.
    """
    if decision != Decision.COUNTER and decision not in _BY_HAND:
        raise DeliveryRefused(Code.DECISION_NOT_POSSIBLE, decision=decision)
    with transaction.atomic():
        lock_registry(registry_of(office_id))
        waiting = waiting_returns(office_id=office_id, card_ids=card_ids)
        decided = _decide_alike(office_id, waiting, Decision(decision), actor_id, at)
        if decided:
            record(
                actor_id=actor_id,
                office_id=office_id,
                operation="DECIDE_RETURNS",
                object_kind="office",
                object_key=str(office_id),
                at=at,
                decision=decision,
                cards=decided,
            )
    return decided


def _decide_alike(
    office_id: int, waiting: Sequence[Waiting], decision: Decision, actor_id: int | None, at: datetime
) -> int:
    if decision == Decision.COUNTER:
        by_counter, _unserved, _shelved = _to_counters(office_id, waiting, actor_id, at)
        return sum(by_counter.values())
    if decision == Decision.SEND_AGAIN:
        return _send_again(office_id, waiting, actor_id, at)
    if decision == Decision.ADDRESS:
        return _to_review_desk(office_id, waiting, actor_id, at)
    if decision == Decision.REPRINT:
        set_aside_damaged(
            card_ids=[each.card_id for each in waiting],
            reason="to be printed again",
            actor_id=actor_id,
            at=at,
        )
    decide(waiting, decision, actor_id, at)
    return len(waiting)


def _send_again(office_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime) -> int:
    entered = back_in_line(office_id=office_id, cards=cards, at=at)
    decide(entered, Decision.SEND_AGAIN, actor_id, at)
    return len(entered)


def back_in_line(*, office_id: int, cards: Sequence[Waiting], at: datetime) -> list[Waiting]:
    """Let cards into the backlog again, on the lane of those sent again; give those that got in."""
    if not cards:
        return []
    card_ids = [each.card_id for each in cards]
    fill_backlog(office_id=registry_of(office_id), at=at, card_ids=card_ids)
    sql = f"SELECT card_id FROM shipments_backlogentry WHERE {bulk.among('card_id', 'bigint')}"
    entered = {row[0] for row in bulk.select(sql, [bulk.listed(card_ids)])}
    return [each for each in cards if each.card_id in entered]


def _to_review_desk(office_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime) -> int:
    reopen_addresses(office_id=registry_of(office_id), address_ids=[each.address_id for each in cards])
    decide(cards, Decision.ADDRESS, actor_id, at)
    return len(cards)


def set_aside_damaged(*, card_ids: list[int], reason: str, actor_id: int | None, at: datetime) -> None:
    """Set cards aside as damaged, so that they are printed again. Call under the registry's lock."""
    for start in range(0, len(card_ids), _SET_ASIDE_AT_ONCE):
        cards = lock_cards(card_ids[start : start + _SET_ASIDE_AT_ONCE])
        set_aside(cards=cards, after=Disposition.DAMAGED, reason=reason, actor_id=actor_id, at=at)
