"""What a resident sees of a card: five steps, what happens next, and where; nothing else."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from delivery.status import Status
from offices.hours import hours_said
from privacy.masking import mask_name


class Stage(StrEnum):
    """Printed → sent → at the post office → being delivered → received or, as fifth too, ready at a counter."""

    PRINTED = "PRINTED"
    SENT = "SENT"
    AT_POST_OFFICE = "AT_POST_OFFICE"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    READY = "READY"
    RECEIVED = "RECEIVED"


class NextStep(StrEnum):
    """What happens next; the page says it in plain words."""

    WAIT_FOR_DISPATCH = "WAIT_FOR_DISPATCH"
    ADDRESS_BEING_CHECKED = "ADDRESS_BEING_CHECKED"
    AREA_ON_HOLD = "AREA_ON_HOLD"
    BEING_REPRINTED = "BEING_REPRINTED"
    ASK_THE_OFFICE = "ASK_THE_OFFICE"
    ON_ITS_WAY = "ON_ITS_WAY"
    DELIVERY_SOON = "DELIVERY_SOON"
    BE_AT_HOME = "BE_AT_HOME"
    ANOTHER_ATTEMPT = "ANOTHER_ATTEMPT"
    COLLECT_AT_POST_OFFICE = "COLLECT_AT_POST_OFFICE"
    COMING_BACK_TO_US = "COMING_BACK_TO_US"
    COUNTER_BEING_CHOSEN = "COUNTER_BEING_CHOSEN"
    ON_ITS_WAY_TO_COUNTER = "ON_ITS_WAY_TO_COUNTER"
    COLLECT_AT_COUNTER = "COLLECT_AT_COUNTER"
    COUNTER_CHOSEN = "COUNTER_CHOSEN"
    VILLAGE_CHOSEN = "VILLAGE_CHOSEN"
    VILLAGE_OFFICER_BRINGS = "VILLAGE_OFFICER_BRINGS"
    NOTHING = "NOTHING"


_S = Status
STAGE_AND_NEXT: dict[Status, tuple[Stage, NextStep]] = {
    _S.ANNOUNCED: (Stage.PRINTED, NextStep.WAIT_FOR_DISPATCH),
    _S.CANCELLED: (Stage.PRINTED, NextStep.WAIT_FOR_DISPATCH),
    _S.POSTED: (Stage.SENT, NextStep.ON_ITS_WAY),
    _S.IN_TRANSIT: (Stage.SENT, NextStep.ON_ITS_WAY),
    _S.EXCEPTION: (Stage.SENT, NextStep.ASK_THE_OFFICE),
    _S.AT_DELIVERY_OFFICE: (Stage.AT_POST_OFFICE, NextStep.DELIVERY_SOON),
    _S.OUT_FOR_DELIVERY: (Stage.OUT_FOR_DELIVERY, NextStep.BE_AT_HOME),
    _S.ATTEMPT_FAILED: (Stage.OUT_FOR_DELIVERY, NextStep.ANOTHER_ATTEMPT),
    _S.HELD_FOR_PICKUP: (Stage.AT_POST_OFFICE, NextStep.COLLECT_AT_POST_OFFICE),
    _S.RETURNING: (Stage.AT_POST_OFFICE, NextStep.COMING_BACK_TO_US),
    _S.RETURNED_TO_SENDER: (Stage.AT_POST_OFFICE, NextStep.COMING_BACK_TO_US),
    _S.RETURN_RECEIVED: (Stage.OUT_FOR_DELIVERY, NextStep.COUNTER_BEING_CHOSEN),
    _S.IN_TRANSFER: (Stage.OUT_FOR_DELIVERY, NextStep.ON_ITS_WAY_TO_COUNTER),
    _S.AT_VILLAGE: (Stage.OUT_FOR_DELIVERY, NextStep.VILLAGE_OFFICER_BRINGS),
    _S.READY_AT_COUNTER: (Stage.READY, NextStep.COLLECT_AT_COUNTER),
    _S.DELIVERED: (Stage.RECEIVED, NextStep.NOTHING),
    _S.COLLECTED: (Stage.RECEIVED, NextStep.NOTHING),
    _S.GIVEN_BY_VILLAGE: (Stage.RECEIVED, NextStep.NOTHING),
}
# Whatever its last news was, nobody gets this card any more.
_FOR_NOBODY = frozenset({"VOID", "DESTROYED"})
_OTHER_WAY: dict[str, NextStep] = {
    "COUNTER": NextStep.COUNTER_CHOSEN,
    "VILLAGE": NextStep.VILLAGE_CHOSEN,
}
_REACHED_BY: dict[Status, Stage] = {
    _S.POSTED: Stage.SENT,
    _S.AT_DELIVERY_OFFICE: Stage.AT_POST_OFFICE,
    _S.HELD_FOR_PICKUP: Stage.AT_POST_OFFICE,
    _S.OUT_FOR_DELIVERY: Stage.OUT_FOR_DELIVERY,
    _S.ATTEMPT_FAILED: Stage.OUT_FOR_DELIVERY,
}
_ORDER = (Stage.PRINTED, Stage.SENT, Stage.AT_POST_OFFICE, Stage.OUT_FOR_DELIVERY)
STEPS = len(_ORDER) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One of the five: reached or not, and on which day where an event says so."""

    stage: Stage
    reached: bool
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterView:
    """Where the card waits, when it is open and until when the card is kept there.

    `office_id` is for the door's next call and is never shown.
    """

    office_id: int
    name: str
    address: str
    opening_hours: str
    until: date
    appointment: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The appointment that stands: while a closure sends the card to another counter it is there already."""

    day: date
    starts_at: time | None
    counter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicView:
    """All that a resident may see. `card_id` is for the door's next call (book, ask) and is never shown."""

    card_id: int
    reference: str
    masked_name: str
    stage: Stage
    since: date
    next_step: NextStep
    steps: tuple[Step, ...]
    number: str
    reason: str
    receiver: str
    attempts: int
    counter: CounterView | None
    visit: Visit | None


class LookupRow(NamedTuple):
    """One row of the lookup's statement, in its order."""

    found: bool
    locks: int
    record_failures: int | None
    card_id: int
    reference: str
    access_version: int
    name: str
    disposition: str
    channel: str
    printed_on: Any
    time_zone: str
    verdict: str
    is_held: int
    status: str | None
    reason: str | None
    receiver: str | None
    since: Any
    attempts: int | None
    number: str | None
    counter_id: int | None
    counter_name: str | None
    counter_address: str | None
    counter_weekdays: Any
    counter_opens_at: Any
    counter_closes_at: Any
    counter_zone: str | None
    hold_until: Any
    appointment: Any
    appointment_at: Any
    appointment_counter: str | None
    event_status: str | None
    event_at: Any


def rows_of(tuples: Iterable[Sequence[Any]]) -> list[LookupRow]:
    """Name the columns."""
    return [LookupRow(*row)._replace(found=bool(row[0])) for row in tuples]


def view_of(rows: Sequence[LookupRow]) -> PublicView:
    """Make the view from one card's rows, one per event in the order of time."""
    row = rows[0]
    zone = _zone(row.time_zone)
    printed_on = _date(row.printed_on)
    stage, next_step = _stage_of(row)
    return PublicView(
        card_id=row.card_id,
        reference=row.reference,
        masked_name=mask_name(row.name),
        stage=stage,
        since=_local_day(row.since, zone) if row.status is not None else printed_on,
        next_step=next_step,
        steps=_steps(rows, stage, printed_on, zone),
        number=row.number or "",
        reason=row.reason or "",
        receiver=row.receiver or "",
        attempts=row.attempts or 0,
        counter=_counter_of(row),
        visit=_visit_of(row),
    )


def _stage_of(row: LookupRow) -> tuple[Stage, NextStep]:
    if row.disposition == "DAMAGED":
        return Stage.PRINTED, NextStep.BEING_REPRINTED
    if row.disposition in _FOR_NOBODY:
        return Stage.PRINTED, NextStep.ASK_THE_OFFICE
    if row.status is not None:
        return STAGE_AND_NEXT[Status(row.status)]
    if row.disposition != "REGISTERED":
        return Stage.PRINTED, NextStep.ASK_THE_OFFICE
    if row.channel != "POST":
        return Stage.PRINTED, _OTHER_WAY[row.channel]
    if row.is_held:
        return Stage.PRINTED, NextStep.AREA_ON_HOLD
    if row.verdict != "DELIVERABLE":
        return Stage.PRINTED, NextStep.ADDRESS_BEING_CHECKED
    return Stage.PRINTED, NextStep.WAIT_FOR_DISPATCH


def _steps(rows: Sequence[LookupRow], stage: Stage, printed_on: date, zone: ZoneInfo) -> tuple[Step, ...]:
    days = {Stage.PRINTED: printed_on, **_days(rows, zone)}
    last = stage if stage is Stage.READY else Stage.RECEIVED
    at = STEPS - 1 if stage in (Stage.READY, Stage.RECEIVED) else _ORDER.index(stage)
    if at == STEPS - 1:
        days[last] = _local_day(rows[0].since, zone)
    return tuple(
        Step(stage=step, reached=place <= at, day=days.get(step) if place <= at else None)
        for place, step in enumerate((*_ORDER, last))
    )


def _days(rows: Sequence[LookupRow], zone: ZoneInfo) -> dict[Stage, date]:
    """Give the first day of each stage since the card was last posted."""
    days: dict[Stage, date] = {}
    for row in rows:
        reached = _REACHED_BY.get(Status(row.event_status)) if row.event_status else None
        if reached is Stage.SENT:
            days.clear()
        if reached is not None:
            days.setdefault(reached, _local_day(row.event_at, zone))
    return days


def _counter_of(row: LookupRow) -> CounterView | None:
    if row.counter_id is None:
        return None
    weekdays = row.counter_weekdays
    return CounterView(
        office_id=row.counter_id,
        name=row.counter_name or "",
        address=row.counter_address or "",
        opening_hours=hours_said(
            weekdays=json.loads(weekdays) if isinstance(weekdays, str) else weekdays,
            opens_at=_time(row.counter_opens_at),
            closes_at=_time(row.counter_closes_at),
            time_zone=row.counter_zone or "",
        ),
        until=_date(row.hold_until),
        appointment=_date(row.appointment) if row.appointment is not None else None,
    )


def _visit_of(row: LookupRow) -> Visit | None:
    if row.appointment is None:
        return None
    return Visit(
        day=_date(row.appointment),
        starts_at=_time(row.appointment_at) if row.appointment_at is not None else None,
        counter=row.appointment_counter or "",
    )


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value)


def _local_day(value: Any, zone: ZoneInfo) -> date:
    """Give the office's calendar day; SQLite keeps times as text in UTC."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone).date()
