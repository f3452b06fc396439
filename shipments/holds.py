"""Holds: cards for an area or of a list wait, or are withdrawn from the post; and the way that a card is to go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q

from accounts.services import record
from addresses.services import current_gazetteer
from jobs.bulk_rows import insert_rows
from offices.models import Office
from shipments.dispositions import set_aside
from shipments.items import frozen_cards, take_out
from shipments.locks import lock_cards, lock_registry
from shipments.models import AreaHold, BacklogEntry, Card, Channel, Disposition, HeldCard, ListedCard
from shipments.refusals import Code, ShipmentRefused, listed

CHUNK: Final = 2_000
_RW: Final = re.compile(r"\d{1,3}")
# Cards that a hold catches: of its area or list, by post, and never posted, or queued or in an open shipment again.
_CAUGHT: Final = """
SELECT c.id FROM shipments_card c JOIN addresses_address a ON a.id = c.address_id
WHERE c.office_id = %s AND c.disposition = 'REGISTERED' AND c.channel = 'POST' AND {inside}
  AND NOT EXISTS (SELECT 1 FROM shipments_heldcard h WHERE h.card_id = c.id)
  AND (NOT EXISTS (SELECT 1 FROM shipments_item p WHERE p.card_id = c.id AND p.taken_out_at IS NULL)
       OR EXISTS (SELECT 1 FROM shipments_backlogentry b WHERE b.card_id = c.id)
       OR EXISTS (SELECT 1 FROM shipments_item i JOIN shipments_shipment s ON s.id = i.shipment_id
                  WHERE i.card_id = c.id AND i.live = TRUE AND s.state = 'OPEN'))
"""
_IN_AREA: Final = "a.village_code = %s"
_IN_LIST: Final = "EXISTS (SELECT 1 FROM shipments_listedcard l WHERE l.hold_id = %s AND l.card_id = c.id)"


@dataclass(frozen=True, slots=True)
class HoldResult:
    """What a hold caught at once; later cards are caught when they would enter the queue."""

    hold_id: int
    held: int
    withdrawn: int
    taken_from_shipments: int


def hold_area(
    *,
    office_id: int,
    village_code: str,
    rws: Sequence[str],
    action: str,
    channel: str,
    reason: str,
    starts_on: date,
    ends_on: date | None,
    actor_id: int | None,
    at: datetime,
) -> HoldResult:
    """Hold an area (RW numbers; none: the whole village) and apply it at once when it has begun."""
    if len(village_code) != 13 or village_code not in current_gazetteer():
        raise ShipmentRefused(Code.VILLAGE_UNKNOWN, village=village_code)
    numbers = _numbers(rws)
    _check(action, channel, reason, starts_on, ends_on)
    with transaction.atomic():
        office = lock_registry(office_id)
        hold = AreaHold.objects.create(
            office=office, village_code=village_code, rws=numbers, action=action,
            channel=channel if action == AreaHold.Action.WITHDRAW else "", reason=reason.strip(),
            starts_on=starts_on, ends_on=ends_on, created_by_id=actor_id, created_at=at,
        )  # fmt: skip
        return _begin(hold, actor_id, at, operation="HOLD_AREA", village=village_code, rws=numbers)


def hold_cards(
    *,
    office_id: int,
    references: Sequence[str],
    action: str,
    channel: str,
    reason: str,
    starts_on: date,
    ends_on: date | None,
    actor_id: int | None,
    at: datetime,
) -> HoldResult:
    """Hold the cards of a list and apply it at once when it has begun. Refused as a whole for an unknown card."""
    wanted = list(dict.fromkeys(references))
    if not wanted:
        raise ShipmentRefused(Code.LIST_EMPTY)
    _check(action, channel, reason, starts_on, ends_on)
    with transaction.atomic():
        office = lock_registry(office_id)
        found = _cards_named(office_id, wanted)
        hold = AreaHold.objects.create(
            office=office, action=action, channel=channel if action == AreaHold.Action.WITHDRAW else "",
            reason=reason.strip(), starts_on=starts_on, ends_on=ends_on, created_by_id=actor_id, created_at=at,
        )  # fmt: skip
        rows = [(hold.pk, card_id) for card_id in found.values()]
        insert_rows(model=ListedCard, fields=("hold_id", "card_id"), rows=rows)
        return _begin(hold, actor_id, at, operation="HOLD_CARDS", listed=len(rows))


def apply_holds(*, office: Office, at: datetime, card_ids: Sequence[int] | None = None) -> int:
    """Apply the holds of today to cards that came later, let those of ended holds go; give how many were caught.

    With `card_ids` (some thousand at most) only those are looked at. Call it inside a transaction that holds the
    registry's lock.
    """
    today = _today(office, at)
    HeldCard.objects.filter(hold__office=office, hold__ends_on__lt=today).delete()
    active = AreaHold.objects.filter(office=office, released_at__isnull=True, starts_on__lte=today)
    caught = 0
    for hold in active.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today)).order_by("pk"):
        result = _apply(hold, actor_id=hold.created_by_id, at=at, card_ids=card_ids)
        caught += result.held + result.withdrawn
    return caught


def release_hold(*, hold_id: int, actor_id: int | None, at: datetime) -> int:
    """End a hold and give how many cards wait no longer; what was withdrawn stays withdrawn.

    The cards enter the queue again by `backlog.fill_backlog`.
    """
    with transaction.atomic():
        hold = AreaHold.objects.filter(pk=hold_id).first()
        if hold is None:
            raise ShipmentRefused(Code.HOLD_UNKNOWN)
        lock_registry(hold.office_id)
        if not AreaHold.objects.filter(pk=hold_id, released_at__isnull=True).update(released_at=at):
            raise ShipmentRefused(Code.HOLD_RELEASED)
        freed = HeldCard.objects.filter(hold_id=hold_id).delete()[0]
        record(
            actor_id=actor_id, office_id=hold.office_id, operation="RELEASE_HOLD", object_kind="area_hold",
            object_key=str(hold_id), at=at, freed=freed,
        )  # fmt: skip
    return freed


def choose_channel(
    *, office_id: int, references: Sequence[str], channel: str, actor_id: int | None, at: datetime
) -> int:
    """Let cards go by post, counter or village office, as residents or the office choose; possible until closing.

    Cards that are to go by post enter the queue by `backlog.fill_backlog`. Gives how many changed.
    """
    if channel not in Channel.values:
        raise ShipmentRefused(Code.CHANNEL_UNKNOWN, channel=channel)
    wanted = list(dict.fromkeys(references))
    with transaction.atomic():
        lock_registry(office_id)
        found = _cards_named(office_id, wanted)
        cards = lock_cards(list(found.values()))
        frozen = frozen_cards(card_ids=list(found.values()))
        if posted := [card.reference for card in cards if card.pk in frozen]:
            raise ShipmentRefused(Code.ALREADY_POSTED, scanned=listed(posted))
        for card in cards:
            if card.disposition != Disposition.REGISTERED:
                raise ShipmentRefused(Code.SET_ASIDE, scanned=card.reference, disposition=card.disposition)
        changed = [card.pk for card in cards if card.channel != channel]
        Card.objects.filter(pk__in=changed).update(channel=channel)
        if channel != Channel.POST:
            BacklogEntry.objects.filter(card_id__in=changed).delete()
            take_out(card_ids=changed, at=at)
        record(
            actor_id=actor_id, office_id=office_id, operation="CHOOSE_CHANNEL", object_kind="card",
            object_key=wanted[0] if wanted else "", at=at, channel=channel, cards=len(changed),
        )  # fmt: skip
    return len(changed)


def _cards_named(office_id: int, references: Sequence[str]) -> dict[str, int]:
    """The keys of an office's cards by reference, or the refusal of those that are not there."""
    found: dict[str, int] = {}
    for start in range(0, len(references), CHUNK):
        cards = Card.objects.filter(
            office_id=office_id, reference__in=references[start : start + CHUNK]
        ).values_list("reference", "pk")
        found.update(cards)
    if missing := [reference for reference in references if reference not in found]:
        raise ShipmentRefused(Code.CARD_UNKNOWN, scanned=listed(missing))
    return found


def _numbers(rws: Sequence[str]) -> list[str]:
    """The RW numbers in three digits, or the refusal of one that is none."""
    for rw in rws:
        if not _RW.fullmatch(rw.strip()) or not rw.isascii():
            raise ShipmentRefused(Code.RW_INVALID, rw=rw)
    return sorted({f"{int(rw):03}" for rw in rws})


def _check(action: str, channel: str, reason: str, starts_on: date, ends_on: date | None) -> None:
    if action not in AreaHold.Action.values:
        raise ShipmentRefused(Code.ACTION_UNKNOWN, action=action, known=", ".join(AreaHold.Action.values))
    if action == AreaHold.Action.WITHDRAW and channel not in {Channel.COUNTER, Channel.VILLAGE}:
        raise ShipmentRefused(Code.CHANNEL_MISSING)
    if not reason.strip():
        raise ShipmentRefused(Code.REASON_MISSING)
    if ends_on is not None and ends_on < starts_on:
        raise ShipmentRefused(Code.ENDS_BEFORE_START)


def _begin(
    hold: AreaHold, actor_id: int | None, at: datetime, *, operation: str, **details: Any
) -> HoldResult:
    """Apply a new hold when it has begun, and record it."""
    result = HoldResult(hold.pk, 0, 0, 0)
    if _is_active(hold, _today(hold.office, at)):
        result = _apply(hold, actor_id=actor_id, at=at)
    record(
        actor_id=actor_id, office_id=hold.office_id, operation=operation, object_kind="area_hold",
        object_key=str(hold.pk), at=at, held=result.held, withdrawn=result.withdrawn,
        taken_from_shipments=result.taken_from_shipments, **details,
    )  # fmt: skip
    return result


def _apply(
    hold: AreaHold, *, actor_id: int | None, at: datetime, card_ids: Sequence[int] | None = None
) -> HoldResult:
    caught = _caught(hold, card_ids)
    if hold.action == AreaHold.Action.WAIT:
        taken = 0
        for start in range(0, len(caught), CHUNK):
            chunk = caught[start : start + CHUNK]
            BacklogEntry.objects.filter(card_id__in=chunk).delete()
            taken += take_out(card_ids=chunk, at=at)
        insert_rows(model=HeldCard, fields=("card_id", "hold_id"), rows=[(pk, hold.pk) for pk in caught])
        return HoldResult(hold.pk, len(caught), 0, taken)
    taken = 0
    for start in range(0, len(caught), CHUNK):
        cards = lock_cards(caught[start : start + CHUNK])
        taken += set_aside(
            cards=cards, after=Disposition.WITHDRAWN, reason=hold.reason, actor_id=actor_id, at=at
        )
        Card.objects.filter(pk__in=[card.pk for card in cards]).update(channel=hold.channel)
    return HoldResult(hold.pk, 0, len(caught), taken)


def _caught(hold: AreaHold, card_ids: Sequence[int] | None) -> list[int]:
    statement = _CAUGHT.format(inside=_IN_AREA if hold.village_code else _IN_LIST)
    parameters: list[int | str] = [hold.office_id, hold.village_code or hold.pk]
    for column, values in (("a.rw", hold.rws or None), ("c.id", card_ids)):
        if values is not None:
            statement += f" AND {column} IN ({', '.join(['%s'] * len(values))})"
            parameters += values
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY c.id", parameters)
        return [row[0] for row in cursor.fetchall()]


def _is_active(hold: AreaHold, today: date) -> bool:
    return hold.starts_on <= today and (hold.ends_on is None or today <= hold.ends_on)


def _today(office: Office, at: datetime) -> date:
    return at.astimezone(ZoneInfo(office.time_zone)).date()
