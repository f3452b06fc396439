"""The outbox: messages are written in the transaction that causes them, any number in one statement."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from delivery import bulk
from delivery.messages.occasions import ANSWERS, OCCASION_OF, TOLD_WITHIN, Occasion
from delivery.messages.quiet_hours import next_allowed
from delivery.messages.ways import Way, channels, reached_sql, way_of
from delivery.models import Message
from delivery.status import State
from offices.models import Office

_ZONES = tuple(name for name, _label in Office._meta.get_field("time_zone").choices or ())

# Who has opted out gets nothing; who cannot be reached this way gets nothing this way. What was withdrawn, because its
# cause was undone, waits again when the cause is told again.
_QUEUE = """
INSERT INTO delivery_message AS m
  (card_id, occasion, sequence, channel, state, event_id, attempts, not_before, provider_id, recipient_index,
   failure, created_at)
SELECT c.id, %s, {sequence}, y.channel, 'QUEUED',
       (SELECT MAX(e.id) FROM delivery_trackingevent e WHERE e.card_id = c.id AND e.status = %s),
       0, CASE o.time_zone {mornings} END, '', '', '', %s
FROM shipments_card c
JOIN offices_office o ON o.id = c.office_id
LEFT JOIN delivery_contactchoice w ON w.card_id = c.id
JOIN ({channels}) y ON CASE y.channel {reachable} END
WHERE {among}
ON CONFLICT (card_id, occasion, sequence, channel) DO UPDATE
  SET state = 'QUEUED', attempts = 0, not_before = excluded.not_before, event_id = excluded.event_id
  WHERE m.state = 'WITHDRAWN'
"""
# One more than the last of this occasion, by whatever channel: for news that its own transaction tells only once.
_NEXT = """(SELECT COALESCE(MAX(n.sequence), 0) + 1 FROM delivery_message n
            WHERE n.card_id = c.id AND n.occasion = %s)"""
# Attempts begin anew with each item, reminders with each stay at a counter: those of the first are numbered from 1,
# of the second from 101, and so on. A number within is at most 99: nobody is told of a hundredth attempt.
ROUND = 100
_EARLIER_ITEMS = """(SELECT COUNT(*) FROM delivery_delivery d JOIN shipments_item i ON i.card_id = d.card_id
                     WHERE d.card_id = c.id AND i.id < d.item_id)"""
_EARLIER_STAYS = """(SELECT COUNT(*) FROM delivery_counterstay s JOIN delivery_counterstay b ON b.card_id = s.card_id
                     WHERE s.card_id = c.id AND s.live = TRUE AND b.id < s.id)"""
_ROUNDS_BEFORE = {
    Occasion.OUT_FOR_DELIVERY: _EARLIER_ITEMS,
    Occasion.ATTEMPT_FAILED: _EARLIER_ITEMS,
    Occasion.REMINDER: _EARLIER_STAYS,
}
_STATUS_OF = {occasion: status for status, occasion in OCCASION_OF.items()}


def queue(
    *,
    card_ids: Sequence[int],
    occasion: Occasion | str,
    at: datetime,
    sequence: int | None = 1,
    channel: str = "",
) -> int:
    """Write one message per card and way by which its holder is reached, or by one `channel`; give how many wait now.

    What was queued before, and not withdrawn, stays as it is. `sequence` tells apart a second reminder of a stay or a
    second attempt with an item; None takes the next one of each card.
    """
    if not card_ids:
        return 0
    told = Occasion(occasion)
    by = (channel,) if channel else channels()
    sql = _QUEUE.format(
        sequence=_NEXT if sequence is None else f"%s + {ROUND} * {_ROUNDS_BEFORE.get(told, '0')}",
        mornings=" ".join(f"WHEN '{zone}' THEN %s" for zone in _ZONES),
        channels=" UNION ALL ".join("SELECT CAST(%s AS varchar(12)) AS channel" for _each in by),
        reachable=" ".join(f"WHEN %s THEN {_reachable(told, each)}" for each in by),
        among=bulk.among("c.id", "bigint"),
    )
    which: object = told.value if sequence is None else min(sequence, ROUND - 1)
    mornings = [bulk.moment(next_allowed(at, zone=ZoneInfo(zone))) for zone in _ZONES]
    status = _STATUS_OF.get(told, "")
    parameters = [told.value, which, status, *mornings, bulk.moment(at), *by, *by, bulk.listed(card_ids)]
    return bulk.execute(sql, parameters)


def send_elsewhere(*, card_id: int, by: Collection[str], at: datetime) -> None:
    """Let what waits for a card go by these channels too: those by which its holder wants to be reached by now.

    What waits for another channel is withdrawn when it would be sent.
    """
    answers_to_one = [Occasion.CONTACT_CHANGED, *ANSWERS]
    waiting = Message.objects.filter(card_id=card_id, state=Message.State.QUEUED)
    Message.objects.bulk_create(
        [
            Message(
                card_id=card_id, occasion=told.occasion, sequence=told.sequence, channel=channel,
                event_id=told.event_id, not_before=told.not_before, created_at=at,
            )
            for told in waiting.exclude(occasion__in=answers_to_one)
            for channel in by
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _reachable(told: Occasion, channel: str) -> str:
    """Give the condition for a message to leave.

    A change of the contact is told to the former one, whether or not messages are wanted: a stranger who names a phone
    of their own must not be able to do it in silence.
    """
    if told is Occasion.CONTACT_CHANGED:
        return "w.former_email <> ''" if way_of(channel) is Way.EMAIL else "w.former_phone <> ''"
    return f"w.opted_out_at IS NULL AND {reached_sql(channel)}"


def queue_changes(*, changed: Mapping[int, tuple[State, State]], at: datetime) -> int:
    """Write the messages that new states call for (`Recorded.changed`); old news is not told."""
    wanted: dict[tuple[Occasion, int], list[int]] = defaultdict(list)
    for card_id, (_before, after) in changed.items():
        occasion = OCCASION_OF.get(after.status) if after.status is not None else None
        if occasion is None or after.since is None:
            continue
        if at - after.since > TOLD_WITHIN.get(occasion, timedelta.max):
            continue
        wanted[occasion, _sequence(occasion, after)].append(card_id)
    return sum(
        queue(card_ids=card_ids, occasion=occasion, at=at, sequence=sequence)
        for (occasion, sequence), card_ids in wanted.items()
    )


def _sequence(occasion: Occasion, state: State) -> int:
    """Number the attempts with an item, so that a file that tells them again tells nobody again."""
    if occasion is Occasion.ATTEMPT_FAILED:
        return max(state.attempts, 1)
    if occasion is Occasion.OUT_FOR_DELIVERY:
        return state.attempts + 1
    return 1


def withdraw(*, card_ids: Sequence[int], occasions: Sequence[Occasion]) -> int:
    """Take back messages that are not sent yet."""
    among = f"{bulk.among('card_id', 'bigint')} AND {bulk.among('occasion', 'text')}"
    return bulk.execute(
        f"UPDATE delivery_message SET state = 'WITHDRAWN' WHERE state = 'QUEUED' AND {among}",
        [bulk.listed(card_ids), bulk.listed([occasion.value for occasion in occasions])],
    )


def withdraw_about(*, event_ids: Sequence[int]) -> int:
    """Let messages about events that are void now not leave any more."""
    among = bulk.among("event_id", "bigint")
    return bulk.execute(
        f"UPDATE delivery_message SET state = 'WITHDRAWN' WHERE state = 'QUEUED' AND {among}",
        [bulk.listed(event_ids)],
    )


_REGISTERED = """
SELECT c.id FROM shipments_card c
WHERE c.created_at >= %s AND c.disposition = 'REGISTERED'
  AND NOT EXISTS (SELECT 1 FROM delivery_message n WHERE n.card_id = c.id AND n.occasion = 'REGISTERED')
  AND NOT EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.card_id = c.id)
ORDER BY c.id
"""


def queue_registered(*, at: datetime) -> int:
    """Tell residents of cards that were registered in the last days; give how many are new. Safe to repeat."""
    cards = [row[0] for row in bulk.select(_REGISTERED, [bulk.moment(at - TOLD_WITHIN[Occasion.REGISTERED])])]
    return queue(card_ids=cards, occasion=Occasion.REGISTERED, at=at)


def withdraw_all(*, card_ids: Sequence[int]) -> int:
    """Take back what is not sent yet, for people who want no messages; not that their contact was changed."""
    occasions = [occasion for occasion in Occasion if occasion is not Occasion.CONTACT_CHANGED]
    return withdraw(card_ids=card_ids, occasions=occasions)
