"""Decide what becomes of cards that came back; by the offices' rules in `return_routing`, here by hand."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.services import record
from addresses.models import Verdict
from addresses.services import reopen_addresses
from delivery import bulk, records
from delivery.models import ReturnReceipt
from delivery.open_requests import Outcome, open_requests, settle_wishes
from delivery.refusals import Code, DeliveryRefused
from delivery.shelves import Arriving, put_on_shelf
from delivery.status import Reason
from offices.models import Office, Service
from offices.services import local_day, registry_of, route_villages
from shipments.backlog import fill_backlog
from shipments.dispositions import set_aside
from shipments.holds import choose_channel
from shipments.locks import lock_cards, lock_registry
from shipments.models import Card, Channel, Disposition

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
_AT_ONCE = 2_000


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
    channel: str
    verdict: str


_WAITING = """
SELECT r.id, r.card_id, r.item_id, r.reason, r.office_id, a.village_code, a.id, c.reference, c.channel, a.verdict
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


def to_counters(
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
        counter = Office.objects.get(pk=counter_id)
        shelved += to_counter(counter=counter, cards=group, actor_id=actor_id, at=at)
    counted = {counter_id: len(group) for counter_id, group in by_counter.items()}
    return counted, len(cards) - sum(counted.values()), shelved


def to_counter(*, counter: Office, cards: Sequence[Waiting], actor_id: int | None, at: datetime) -> int:
    """Decide for one counter; give how many were taken in there and stand on its shelf now."""
    decide(cards, Decision.COUNTER, actor_id, at, counter_id=counter.pk)
    here = [Arriving(each.card_id, each.item_id) for each in cards if each.office_id == counter.pk]
    if here:
        put_on_shelf(counter=counter, cards=here, shelf="", actor_id=actor_id, at=at)
    return len(here)


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
    """Write the decision of returns whose cards `waiting_returns` has locked.

    Who wished just that is told that it is granted.
    """
    if not cards:
        return
    sql = _DECIDE.format(
        counter="NULL" if counter_id is None else int(counter_id),
        actor="NULL" if actor_id is None else int(actor_id),
        among=bulk.among("id", "bigint"),
    )
    bulk.execute(sql, [decision.value, bulk.moment(at), bulk.listed([each.receipt_id for each in cards])])
    if decision in _FULFILS:
        wishes = open_requests([each.card_id for each in cards]).wishes
        fulfilled = [card_id for card_id, wished in wishes.items() if wished == counter_id]
        settle_wishes(card_ids=fulfilled, outcome=Outcome.GRANTED, actor_id=actor_id, at=at)


_FULFILS = frozenset({Decision.COUNTER, Decision.SEND_AGAIN})
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
        by_counter, _unserved, _shelved = to_counters(office_id, waiting, actor_id, at)
        return sum(by_counter.values())
    if decision == Decision.SEND_AGAIN:
        return len(send_again(office_id=office_id, cards=waiting, actor_id=actor_id, at=at))
    if decision == Decision.ADDRESS:
        return to_review_desk(office_id, waiting, actor_id, at)
    if decision == Decision.REPRINT:
        set_aside_damaged(
            card_ids=[each.card_id for each in waiting],
            reason="to be printed again",
            actor_id=actor_id,
            at=at,
        )
    decide(waiting, decision, actor_id, at)
    return len(waiting)


def send_again(
    *, office_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime
) -> list[Waiting]:
    """Decide that cards are posted again; give those that are in the backlog now. The others go on waiting.

    A card that was to go another way goes by post from now on; when a hold keeps it, it follows once the hold ends.
    """
    entered = _back_in_line(office_id=office_id, cards=cards, actor_id=actor_id, at=at)
    decide(entered, Decision.SEND_AGAIN, actor_id, at)
    left = set(cards) - set(entered)
    held = [each for each in left if each.channel != Channel.POST and each.verdict == Verdict.DELIVERABLE]
    decide(held, Decision.ADDRESS, actor_id, at)
    return entered


def post_again(*, office_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime) -> int:
    """Decide that cards are posted again, now or later; give how many are in the backlog now.

    One that cannot be queued yet is queued when its address is good (`resending.resume_sending`); one with an address
    that nobody can make good goes on waiting for a decision.
    """
    entered = send_again(office_id=office_id, cards=cards, actor_id=actor_id, at=at)
    left = set(cards) - set(entered)
    parked = [each for each in left if each.verdict != Verdict.UNDELIVERABLE]
    decide(parked, Decision.ADDRESS, actor_id, at)
    return len(entered)


def _back_in_line(
    *, office_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime
) -> list[Waiting]:
    """Let cards into the backlog again, on the lane of those sent again; give those that got in."""
    if not cards:
        return []
    registry_id = registry_of(office_id)
    card_ids = [each.card_id for each in cards]
    _by_post(registry_id, cards, actor_id, at)
    fill_backlog(office_id=registry_id, at=at, card_ids=card_ids)
    sql = f"SELECT card_id FROM shipments_backlogentry WHERE {bulk.among('card_id', 'bigint')}"
    entered = {row[0] for row in bulk.select(sql, [bulk.listed(card_ids)])}
    return [each for each in cards if each.card_id in entered]


def _by_post(registry_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime) -> None:
    """Let those that were to go another way, and can be posted, go by post."""
    other_way = [each.card_id for each in cards if each.channel != Channel.POST]
    for start in range(0, len(other_way), _AT_ONCE):
        chunk = Card.objects.filter(pk__in=other_way[start : start + _AT_ONCE])
        good = chunk.filter(address__verdict=Verdict.DELIVERABLE).order_by("pk")
        if references := list(good.values_list("reference", flat=True)):
            choose_channel(
                office_id=registry_id, references=references, channel=Channel.POST, actor_id=actor_id, at=at
            )


def to_review_desk(office_id: int, cards: Sequence[Waiting], actor_id: int | None, at: datetime) -> int:
    reopen_addresses(office_id=registry_of(office_id), address_ids=[each.address_id for each in cards])
    decide(cards, Decision.ADDRESS, actor_id, at)
    return len(cards)


def set_aside_damaged(*, card_ids: list[int], reason: str, actor_id: int | None, at: datetime) -> None:
    """Set cards aside as damaged, so that they are printed again. Call under the registry's lock."""
    for start in range(0, len(card_ids), _AT_ONCE):
        cards = lock_cards(card_ids[start : start + _AT_ONCE])
        set_aside(cards=cards, after=Disposition.DAMAGED, reason=reason, actor_id=actor_id, at=at)
