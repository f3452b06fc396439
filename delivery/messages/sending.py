"""Send what waits in the outbox: claimed by compare-and-set, sent outside any transaction, tried again later."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F
from django.utils.translation import override

from delivery import bulk
from delivery.messages import gateways
from delivery.messages.channels import Answer, Channel, Delivered, Outgoing, channel_named, international
from delivery.messages.facts import Known, facts_of, known_of
from delivery.messages.occasions import ANSWERS, Occasion
from delivery.messages.pace import take_places
from delivery.messages.quiet_hours import is_quiet, next_allowed
from delivery.messages.texts import parameters_of, spoken_language, text_of
from delivery.messages.ways import Way, is_reached, way_of
from delivery.models import ContactChoice, Message
from delivery.status import FINAL, WITH_THE_POST, Status
from privacy.crypto import blind_index

BATCH = 500
LEASE = timedelta(minutes=10)  # a sender that dies leaves its batch for the next one after this
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
MAX_ATTEMPTS = len(WAITS) + 1
GIVE_UP_AFTER = 5  # failures in a row: a provider that is down is left alone for a minute
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
    """How one run ended: `withdrawn` was no longer true or wanted, `postponed` waits for its time."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    withdrawn: int = 0
    postponed: int = 0
    paced: int = 0  # of the postponed, those that met a full minute or a provider that is down

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(
            sent=self.sent + other.sent,
            retried=self.retried + other.retried,
            failed=self.failed + other.failed,
            withdrawn=self.withdrawn + other.withdrawn,
            postponed=self.postponed + other.postponed,
            paced=self.paced + other.paced,
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
        done = _send_batch(claimed, at)
        total += done
        if done.paced:
            break  # the provider takes no more this minute
    return total


def _claim(*, at: datetime, number: int) -> list[int]:
    """Take messages for ourselves until the lease ends: whoever comes second finds `not_before` in the future."""
    sql = _CLAIM.format(skip="FOR UPDATE SKIP LOCKED" if bulk.is_postgresql() else "")
    now = bulk.moment(at)
    return [row[0] for row in bulk.select(sql, [now, number, bulk.moment(at + LEASE), now])]


def _send_batch(claimed: Sequence[int], at: datetime) -> Sent:
    messages = list(
        Message.objects.filter(pk__in=claimed)
        .select_related(
            "card__office", "card__contact_choice", "card__resident_choice", "card__delivery__item"
        )
        .order_by("pk")
    )
    quiet = [m for m in messages if is_quiet(at, zone=ZoneInfo(m.card.office.time_zone))]
    for message in quiet:
        morning = next_allowed(at, zone=ZoneInfo(message.card.office.time_zone))
        Message.objects.filter(pk=message.pk).update(not_before=morning, attempts=F("attempts") - 1)
    known = known_of(messages=messages, at=at)
    due = [m for m in messages if m not in quiet]
    stale = [m.pk for m in due if not _is_still_true(m, known, at)]
    Message.objects.filter(pk__in=stale, state=Message.State.QUEUED).update(state=Message.State.WITHDRAWN)
    done = Sent(withdrawn=len(stale), postponed=len(quiet))
    by_channel: dict[str, list[Message]] = defaultdict(list)
    for message in due:
        if message.pk not in set(stale):
            by_channel[message.channel].append(message)
    for name, group in by_channel.items():
        channel = channel_named(name)
        places = take_places(channel=name, wanted=len(group), at=at)
        done += _send_by(channel, group[:places], known, at) + _postpone(group[places:], at)
    return done


def _postpone(messages: Sequence[Message], at: datetime) -> Sent:
    """Let messages for which there was no place or no provider wait for the next minute; it was no attempt."""
    if not messages:
        return Sent()
    next_minute = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    waiting = Message.objects.filter(pk__in=[m.pk for m in messages], state=Message.State.QUEUED)
    waiting.update(not_before=next_minute, attempts=F("attempts") - 1)
    return Sent(postponed=len(messages), paced=len(messages))


def _is_still_true(message: Message, known: Known, at: datetime) -> bool:
    """Say whether the news is still news and still wanted: files come late, nobody is sent to a counter in vain."""
    choice = getattr(message.card, "contact_choice", None)
    if message.occasion == Occasion.CONTACT_CHANGED:
        return True
    if choice is not None and choice.opted_out_at is not None:
        return False
    if not is_reached(channel=message.channel, card_phone=message.card.phone, choice=choice):
        return False  # another way was chosen meanwhile
    delivery = getattr(message.card, "delivery", None)
    status = Status(delivery.status) if delivery is not None else None
    match Occasion(message.occasion):
        case Occasion.READY_AT_COUNTER | Occasion.REMINDER | Occasion.REOPENED:
            return message.card_id in known.stays
        case Occasion.MOVED:
            return any(message.card_id in each for each in (known.stays, known.visits, known.on_the_way))
        case Occasion.PLACE_OFFERED:
            return message.card_id in known.offers and message.card_id in known.stays
        case Occasion.OUT_FOR_DELIVERY:
            zone = ZoneInfo(message.card.office.time_zone)
            return (
                delivery is not None
                and status is Status.OUT_FOR_DELIVERY
                and delivery.since.astimezone(zone).date() == at.astimezone(zone).date()
            )
        case Occasion.ATTEMPT_FAILED:
            return status is Status.ATTEMPT_FAILED
        case Occasion.REGISTERED:
            return status not in FINAL
        case Occasion.DISPATCHED:
            return status is None or status in WITH_THE_POST
        case Occasion.COLLECTED:
            return status is Status.COLLECTED
        case _:
            return True  # an answer to the resident


def _send_by(channel: Channel, messages: Sequence[Message], known: Known, at: datetime) -> Sent:
    """Send and write each answer down at once: a provider's call-back may come within a second."""
    outgoing = {message.pk: _outgoing(message, known) for message in messages}
    left = {message.pk: message for message in messages}
    done, logged, failures, began = Sent(), [], 0, monotonic()
    for answer in channel.send(list(outgoing.values())) if outgoing else ():
        message = left.pop(answer.message_id)
        if answer.answer is Answer.SENT and message.channel == "CONSOLE":
            logged.append(message.pk)
        else:
            done += _write_down(answer, outgoing[message.pk], message.attempts, at)
        failures = failures + 1 if answer.answer is Answer.TRY_AGAIN else 0
        if failures >= GIVE_UP_AFTER or monotonic() - began > LEASE.total_seconds() / 2:
            break  # the provider is down or slow: the rest waits, before another sender takes it for abandoned
    Message.objects.filter(pk__in=logged).update(state=Message.State.SENT, sent_at=at)
    return done + Sent(sent=len(logged)) + _postpone(list(left.values()), at)


def _outgoing(message: Message, known: Known) -> Outgoing:
    choice: Any = getattr(message.card, "contact_choice", None)
    language = choice.language if choice is not None else settings.LANGUAGE_CODE
    occasion = Occasion(message.occasion)
    phone, email = _contact(occasion, message.card.phone, choice)
    with override(spoken_language(language)):
        facts = facts_of(message, known)
    return Outgoing(
        message_id=message.pk,
        channel=message.channel,
        key=f"antarktp-{message.pk}",
        occasion=occasion,
        language=language,
        phone=phone,
        email=email,
        text=text_of(
            occasion=occasion,
            language=language,
            facts=facts,
            replies=gateways.takes_replies(message.channel),
        ),
        parameters=parameters_of(occasion=occasion, language=language, facts=facts),
        is_answer=occasion in ANSWERS,
    )


def _contact(occasion: Occasion, card_phone: str, choice: ContactChoice | None) -> tuple[str, str]:
    """Give where to: the phone and the e-mail that were chosen last; for their change, those before."""
    if choice is None:
        return card_phone, ""
    if occasion is Occasion.CONTACT_CHANGED:
        return choice.former_phone, choice.former_email
    return choice.phone or card_phone, choice.email


def _write_down(answer: Delivered, outgoing: Outgoing, attempts: int, at: datetime) -> Sent:
    waiting = Message.objects.filter(pk=answer.message_id, state=Message.State.QUEUED)
    by_mail = way_of(outgoing.channel) is Way.EMAIL
    if answer.answer is Answer.SENT:
        Message.objects.filter(pk=answer.message_id).update(
            state=Message.State.SENT,
            sent_at=at,
            provider_id=answer.provider_id,
            recipient_index="" if by_mail else recipient_index(outgoing.phone),
            failure="",
        )
        if outgoing.occasion is Occasion.CONTACT_CHANGED:
            told = ContactChoice.objects.filter(card__messages=answer.message_id)
            told.update(**{"former_email" if by_mail else "former_phone": ""})
        return Sent(sent=1)
    if answer.answer is Answer.TRY_AGAIN and attempts < MAX_ATTEMPTS:
        waiting.update(not_before=at + WAITS[attempts - 1], failure=answer.failure)
        return Sent(retried=1)
    waiting.update(state=Message.State.FAILED, failure=answer.failure)
    return Sent(failed=1)


def recipient_index(phone: str) -> str:
    """Give the blind index by which a reply from this number is matched; the number itself is not kept."""
    return blind_index(international(phone), purpose="message.recipient")
