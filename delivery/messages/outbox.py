"""The outbox: messages are written in the transaction that causes them, any number in one statement."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from delivery import bulk
from delivery.messages.occasions import OCCASION_OF, TOLD_WITHIN, Occasion
from delivery.messages.quiet_hours import next_allowed
from delivery.status import State
from offices.models import Office

_ZONES = tuple(name for name, _label in Office._meta.get_field("time_zone").choices or ())

# Who has opted out gets nothing; who cannot be reached this way gets nothing this way. What was withdrawn, because its
# cause was undone, waits again when the cause is told again.
_QUEUE = """
INSERT INTO delivery_message AS m
  (card_id, occasion, sequence, channel, state, event_id, attempts, not_before, provider_id, recipient_index,
   failure, created_at)
SELECT c.id, %s, {sequence}, %s, 'QUEUED',
       (SELECT MAX(e.id) FROM delivery_trackingevent e WHERE e.card_id = c.id AND e.status = %s),
       0, CASE o.time_zone {mornings} END, '', '', '', %s
FROM shipments_card c
JOIN offices_office o ON o.id = c.office_id
LEFT JOIN delivery_contactchoice w ON w.card_id = c.id
WHERE {among} AND {reachable}
ON CONFLICT (card_id, occasion, sequence, channel) DO UPDATE
  SET state = 'QUEUED', attempts = 0, not_before = excluded.not_before, event_id = excluded.event_id
  WHERE m.state = 'WITHDRAWN'
"""
# One more than the last of this occasion: for news that its own transaction can tell only once.
_NEXT = """(SELECT COALESCE(MAX(n.sequence), 0) + 1 FROM delivery_message n
            WHERE n.card_id = c.id AND n.occasion = %s AND n.channel = %s)"""
_REACHABLE = {"CONSOLE": "TRUE", "EMAIL": "w.email <> ''"}
_BY_PHONE = "(c.phone <> '' OR w.phone <> '')"
_STATUS_OF = {occasion: status for status, occasion in OCCASION_OF.items()}


def default_channel() -> str:
    """Give the channel that the operator has set."""
    return str(settings.MESSAGE_CHANNEL)


def queue(
    *,
    card_ids: Sequence[int],
    occasion: Occasion | str,
    at: datetime,
    sequence: int | None = 1,
    channel: str = "",
) -> int:
    """Write one message per card; give how many wait now. What was queued before, and not withdrawn, stays as it is.

    `sequence` tells apart a second reminder or attempt; None takes the next one of each card.
    """
    if not card_ids:
        return 0
    told = Occasion(occasion)
    way = channel or default_channel()
    sql = _QUEUE.format(
        sequence=_NEXT if sequence is None else "%s",
        mornings=" ".join(f"WHEN '{zone}' THEN %s" for zone in _ZONES),
        among=bulk.among("c.id", "bigint"),
        reachable=_reachable(told, way),
    )
    which: list[object] = [told.value, way] if sequence is None else [sequence]
    mornings = [bulk.moment(next_allowed(at, zone=ZoneInfo(zone))) for zone in _ZONES]
    status = _STATUS_OF.get(told, "")
    return bulk.execute(
        sql, [told.value, *which, way, status, *mornings, bulk.moment(at), bulk.listed(card_ids)]
    )


def _reachable(told: Occasion, way: str) -> str:
    """Give the condition for a message to leave.

    A change of the contact is told to the former one, whether or not messages are wanted: a stranger who names a phone
    of their own must not be able to do it in silence.
    """
    if told is Occasion.CONTACT_CHANGED:
        return "w.former_email <> ''" if way == "EMAIL" else "w.former_phone <> ''"
    return f"w.opted_out_at IS NULL AND {_REACHABLE.get(way, _BY_PHONE)}"


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
    """Number the attempts, so that a file that tells them again tells nobody again."""
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
