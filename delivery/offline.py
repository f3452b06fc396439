"""A counter without network: a signed list of what waits on its shelf, and confirmations that are sent in later.

The list is signed for one counter, one clerk and one day. A confirmation names its list; what was not on it, or is
not of that day, is refused. What happened at the counter has happened: a full quota or a closure does not undo it, but
whatever would make two collections of one becomes a conflict, which the clerk sees and a supervisor settles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.services import record
from delivery.counter import Collector, collect
from delivery.messages.texts import first_name
from delivery.models import Collection, CounterStay, OfflineConflict
from delivery.refusals import Code, DeliveryRefused
from offices.models import Office
from offices.services import local_day, policy_of
from privacy.masking import mask_name
from privacy.services import record_export
from shipments.models import Card, Disposition

SALT = "delivery.offline"
MOST_CARDS = 5_000
MOST_CONFIRMATIONS = 500
_TAG_LENGTH = 24


@dataclass(frozen=True, slots=True)
class ReadyCard:
    """A card on the shelf as the list shows it: no whole name, no number but our own. `tag` binds it to its list."""

    reference: str
    name: str
    shelf: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyList:
    """The list of one counter, clerk and day. `token` is its signed head; `documents` are lists of one of each."""

    token: str
    counter: str
    issued_at: datetime
    expires_at: datetime
    documents: list[list[str]]
    cards: tuple[ReadyCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What the counter's browser kept while there was no network."""

    token: str
    reference: str
    tag: str
    nonce: str
    documents: Sequence[str]
    old_card_surrendered: bool
    confirmed_at: datetime


class Result(StrEnum):
    """What became of a confirmation."""

    RECORDED = "RECORDED"
    CONFLICT = "CONFLICT"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to one confirmation, by its nonce; `code` says why it is a conflict or was refused."""

    nonce: str
    reference: str
    result: Result
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Head:
    counter_id: int
    actor_id: int | None
    issued_at: datetime
    expires_at: datetime


def ready_list(*, counter_id: int, actor_id: int | None, at: datetime) -> ReadyList:
    """Give the list of what can be handed out here without network until the end of the counter's day.

    Only the holder may collect from it (their face is on the card), so a registry whose policy does not give cards to
    holders gets an empty list. The export is recorded.
    """
    counter = Office.objects.get(pk=counter_id)
    policy = policy_of(office=counter)
    expires_at = _end_of_day(counter, at)
    token = signing.dumps(
        [counter_id, actor_id, at.timestamp(), expires_at.timestamp()], salt=SALT, compress=False
    )
    stays = CounterStay.objects.filter(
        counter_id=counter_id, live=True, card__disposition=Disposition.REGISTERED, card__held__isnull=True
    )
    rows = stays.order_by("shelf", "card__reference").values_list("card__reference", "card__name", "shelf")
    cards = tuple(
        ReadyCard(reference, mask_name(first_name(name)), shelf, _tag(token, reference))
        for reference, name, shelf in rows[:MOST_CARDS]
    ) if Collector.HOLDER in policy.collectors else ()  # fmt: skip
    record_export(
        actor_id=actor_id, subject_kind="counter", subject_key=counter.code, records=len(cards), at=at
    )
    return ReadyList(
        token=token, counter=counter.name, issued_at=at, expires_at=expires_at, cards=cards,
        documents=policy.documents.get(Collector.HOLDER.value, []),
    )  # fmt: skip


def _end_of_day(counter: Office, at: datetime) -> datetime:
    zone = ZoneInfo(counter.time_zone)
    return datetime.combine(local_day(office=counter, at=at) + timedelta(days=1), time(0), tzinfo=zone)


def _tag(token: str, reference: str) -> str:
    return salted_hmac(SALT, f"{token}\0{reference}", algorithm="sha256").hexdigest()[:_TAG_LENGTH]


def record_confirmations(
    *, counter_id: int, confirmations: Sequence[Confirmation], actor_id: int | None, at: datetime
) -> list[Outcome]:
    """Record what was handed out without network; give one outcome for each, in their order. Safe to repeat.

    Each is recorded in its own transaction under its nonce: a repeat gives the first answer. It counts as given by the
    clerk for whom the list was signed, at the time that the browser says, held between the list's begin and its end
    (a browser's clock may be wrong) and never in the future.
    """
    return [_record(counter_id, confirmation, actor_id, at) for confirmation in confirmations]


def _record(counter_id: int, told: Confirmation, actor_id: int | None, at: datetime) -> Outcome:
    head = _head(told)
    if head is None or head.counter_id != counter_id or head.issued_at > at:
        return _outcome(told, Result.REFUSED, Code.LIST_INVALID)
    card = Card.objects.defer("nik", "kk", "phone").get(reference=told.reference)
    earlier = OfflineConflict.objects.filter(nonce=told.nonce).first()
    if earlier is not None:
        return _outcome(told, Result.CONFLICT, Code(earlier.code))
    when = min(max(told.confirmed_at, head.issued_at), head.expires_at - timedelta(seconds=1), at)
    try:
        collection = collect(
            counter_id=counter_id, card_id=card.pk, relation=Collector.HOLDER, documents=told.documents,
            collector_name="", old_card_surrendered=told.old_card_surrendered, nonce=told.nonce,
            already_given=True, actor_id=head.actor_id, at=when,
        )  # fmt: skip
    except DeliveryRefused as refusal:
        if refusal.code is Code.NONCE_USED:
            return _outcome(told, Result.REFUSED, refusal.code)
        _keep_conflict(told, head, card, refusal.code, actor_id, at, when)
        return _outcome(told, Result.CONFLICT, refusal.code)
    if collection.undone_at is not None:
        return _outcome(told, Result.RECORDED, Code.ALREADY_UNDONE)
    return _outcome(told, Result.RECORDED)


def _head(told: Confirmation) -> _Head | None:
    """Read the list's signed head, and check that the card was on the list."""
    try:
        counter_id, actor_id, issued, expires = signing.loads(told.token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    if not constant_time_compare(told.tag, _tag(told.token, told.reference)):
        return None
    counter = Office.objects.get(pk=counter_id)
    zone = ZoneInfo(counter.time_zone)
    return _Head(
        counter_id,
        actor_id,
        datetime.fromtimestamp(issued, tz=zone),
        datetime.fromtimestamp(expires, tz=zone),
    )


def _outcome(told: Confirmation, result: Result, code: Code | None = None) -> Outcome:
    return Outcome(nonce=told.nonce, reference=told.reference, result=result, code=code or "")


def _keep_conflict(
    told: Confirmation,
    head: _Head,
    card: Card,
    code: Code,
    actor_id: int | None,
    at: datetime,
    when: datetime,
) -> None:
    """Keep what could not be recorded; the same one, sent twice at once, is kept once."""
    try:
        with transaction.atomic():
            OfflineConflict.objects.create(
                counter_id=head.counter_id, card=card, nonce=told.nonce, code=code.value,
                documents=sorted(set(told.documents)), old_card_surrendered=told.old_card_surrendered,
                confirmed_at=when, confirmed_by_id=head.actor_id, reported_at=at,
            )  # fmt: skip
            record(
                actor_id=actor_id, office_id=head.counter_id, operation="REPORT_OFFLINE_CONFLICT",
                object_kind="card", object_key=card.reference, at=at, code=code.value,
            )  # fmt: skip
    except IntegrityError:
        if not OfflineConflict.objects.filter(nonce=told.nonce).exists():
            raise


def settle_conflict(
    *, conflict_id: int, resolution: str, actor_id: int | None, at: datetime
) -> OfflineConflict:
    """Write how a conflict was settled; the card's own state is put right at the desk. Compared and set.

    Raises REASON_MISSING, CONFLICT_SETTLED.
    """
    if not resolution.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    with transaction.atomic():
        waiting = OfflineConflict.objects.filter(pk=conflict_id, settled_at__isnull=True)
        changes: dict[str, Any] = {
            "settled_at": at, "settled_by_id": actor_id, "resolution": resolution.strip()[:200],
        }  # fmt: skip
        if waiting.update(**changes) != 1:
            raise DeliveryRefused(Code.CONFLICT_SETTLED)
        conflict = OfflineConflict.objects.select_related("card", "counter").get(pk=conflict_id)
        record(
            actor_id=actor_id, office_id=conflict.counter_id, operation="SETTLE_OFFLINE_CONFLICT",
            object_kind="card", object_key=conflict.card.reference, at=at, code=conflict.code,
        )  # fmt: skip
    return conflict


def collected_as(conflict: OfflineConflict) -> Collection | None:
    """Give the standing collection that a conflict runs into, for the page that shows both."""
    return Collection.objects.filter(card=conflict.card, undone_at__isnull=True).first()
