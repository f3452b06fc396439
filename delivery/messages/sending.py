"""Send what waits in the outbox: claimed by compare-and-set, sent outside any transaction, tried again later."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F

from delivery import bulk
from delivery.access import link_of, pin_of
from delivery.messages import gateways
from delivery.messages.channels import Answer, Channel, Delivered, Outgoing, channel_named
from delivery.messages.occasions import Occasion
from delivery.messages.quiet_hours import is_quiet, next_allowed
from delivery.messages.texts import Facts, text_of
from delivery.models import CounterStay, Message
from delivery.status import FINAL, Status

BATCH = 500
LEASE = timedelta(minutes=10)  # a sender that dies leaves its batch for the next one after this
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
MAX_ATTEMPTS = len(WAITS) + 1
CHANNELS = ("CONSOLE", *gateways.MAKERS)

_CLAIM = """
WITH due AS MATERIALIZED (
  SELECT id FROM delivery_message WHERE state = 'QUEUED' AND not_before <= %s
  ORDER BY not_before, id LIMIT %s {skip})
UPDATE delivery_message SET attempts = attempts + 1, not_before = %s
WHERE state = 'QUEUED' AND not_before <= %s AND id IN (SELECT id FROM due)
RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How one run ended: `withdrawn` was no longer true, `postponed` met a quiet hour."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    withdrawn: int = 0
    postponed: int = 0

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(
            sent=self.sent + other.sent,
            retried=self.retried + other.retried,
            failed=self.failed + other.failed,
            withdrawn=self.withdrawn + other.withdrawn,
            postponed=self.postponed + other.postponed,
        )


def send_queued(*, at: datetime, limit: int) -> Sent:
    """Send up to `limit` waiting messages, a batch at a time. Any number of senders may run at once."""
    total = Sent()
    left = limit
    while left > 0:
        claimed = _claim(at=at, number=min(BATCH, left))
        if not claimed:
            break
        left -= len(claimed)
        total += _send_batch(claimed, at)
    return total


def _claim(*, at: datetime, number: int) -> list[int]:
    """Take messages for ourselves until the lease ends: whoever comes second finds `not_before` in the future."""
    sql = _CLAIM.format(skip="FOR UPDATE SKIP LOCKED" if bulk.is_postgresql() else "")
    now = bulk.moment(at)
    return [row[0] for row in bulk.select(sql, [now, number, bulk.moment(at + LEASE), now])]


def _send_batch(claimed: Sequence[int], at: datetime) -> Sent:
    messages = list(
        Message.objects.filter(pk__in=claimed)
        .select_related("card__office", "card__contact_choice", "card__delivery__item")
        .order_by("pk")
    )
    quiet = [m for m in messages if is_quiet(at, zone=ZoneInfo(m.card.office.time_zone))]
    for message in quiet:
        morning = next_allowed(at, zone=ZoneInfo(message.card.office.time_zone))
        Message.objects.filter(pk=message.pk).update(not_before=morning, attempts=F("attempts") - 1)
    stays = _stays([m.card_id for m in messages])
    due = [m for m in messages if m not in quiet]
    stale = [m.pk for m in due if not _is_still_true(m, stays, at)]
    Message.objects.filter(pk__in=stale, state=Message.State.QUEUED).update(state=Message.State.WITHDRAWN)
    done = Sent(withdrawn=len(stale), postponed=len(quiet))
    by_channel: dict[str, list[Message]] = defaultdict(list)
    for message in due:
        if message.pk not in set(stale):
            by_channel[message.channel].append(message)
    for name, group in by_channel.items():
        done += _send_by(channel_named(name), group, stays, at)
    return done


def _stays(card_ids: Sequence[int]) -> dict[int, CounterStay]:
    stays = CounterStay.objects.filter(card_id__in=card_ids, live=True).select_related("counter")
    return {stay.card_id: stay for stay in stays}


def _is_still_true(message: Message, stays: Mapping[int, CounterStay], at: datetime) -> bool:
    """Say whether the news still is news: files come late, and nobody is sent to a counter in vain."""
    delivery = getattr(message.card, "delivery", None)
    status = Status(delivery.status) if delivery is not None else None
    match Occasion(message.occasion):
        case Occasion.READY_AT_COUNTER | Occasion.REMINDER | Occasion.MOVED:
            return message.card_id in stays
        case Occasion.OUT_FOR_DELIVERY:
            zone = ZoneInfo(message.card.office.time_zone)
            return (
                delivery is not None
                and status is Status.OUT_FOR_DELIVERY
                and delivery.since.astimezone(zone).date() == at.astimezone(zone).date()
            )
        case Occasion.ATTEMPT_FAILED:
            return status is Status.ATTEMPT_FAILED
        case Occasion.DISPATCHED | Occasion.REGISTERED:
            return status not in FINAL
        case Occasion.COLLECTED:
            return status is Status.COLLECTED


def _send_by(
    channel: Channel, messages: Sequence[Message], stays: Mapping[int, CounterStay], at: datetime
) -> Sent:
    outgoing = [_outgoing(message, stays.get(message.card_id)) for message in messages]
    return _write_down(channel.send(outgoing), {message.pk: message for message in messages}, at)


def _outgoing(message: Message, stay: CounterStay | None) -> Outgoing:
    card = message.card
    choice: Any = getattr(card, "contact_choice", None)
    language = choice.language if choice is not None else settings.LANGUAGE_CODE
    occasion = Occasion(message.occasion)
    delivery = getattr(card, "delivery", None)
    item = delivery.item if delivery is not None else None
    until: date | None = stay.hold_until if stay is not None else None
    facts = Facts(
        name=card.name,
        number=(item.number if item is not None else "") or "",
        reference=card.reference,
        link=link_of(card),
        pin=pin_of(card),
        counter=stay.counter.name if stay is not None else "",
        address=stay.counter.address if stay is not None else "",
        hours=stay.counter.opening_hours if stay is not None else "",
        until=until,
    )
    return Outgoing(
        message_id=message.pk,
        key=f"antarktp-{message.pk}",
        occasion=occasion,
        language=language,
        phone=(choice.phone if choice is not None else "") or card.phone,
        email=choice.email if choice is not None else "",
        text=text_of(occasion=occasion, language=language, facts=facts),
    )


def _write_down(answers: Sequence[Delivered], messages: Mapping[int, Message], at: datetime) -> Sent:
    by_answer: dict[Answer, list[Delivered]] = defaultdict(list)
    for answer in answers:
        by_answer[answer.answer].append(answer)
    _mark_sent(by_answer[Answer.SENT], at)
    failed = [answer.message_id for answer in by_answer[Answer.REFUSED]]
    retried = 0
    for answer in by_answer[Answer.TRY_AGAIN]:
        attempts = messages[answer.message_id].attempts
        if attempts >= MAX_ATTEMPTS:
            failed.append(answer.message_id)
            continue
        retried += 1
        waiting = Message.objects.filter(pk=answer.message_id, state=Message.State.QUEUED)
        waiting.update(not_before=at + WAITS[attempts - 1])
    Message.objects.filter(pk__in=failed, state=Message.State.QUEUED).update(state=Message.State.FAILED)
    return Sent(sent=len(by_answer[Answer.SENT]), retried=retried, failed=len(failed))


def _mark_sent(answers: Sequence[Delivered], at: datetime) -> None:
    without_number = [answer.message_id for answer in answers if not answer.provider_id]
    Message.objects.filter(pk__in=without_number).update(state=Message.State.SENT, sent_at=at)
    for answer in answers:
        if answer.provider_id:
            Message.objects.filter(pk=answer.message_id).update(
                state=Message.State.SENT, sent_at=at, provider_id=answer.provider_id
            )
