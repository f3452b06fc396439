"""Close counters for some days, one or all of a region, and look after the cards and people that wait there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.services import record
from delivery import bulk, messages
from delivery.appointments import give_back_all
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, CounterStay
from delivery.refusals import Code, DeliveryRefused
from offices.models import Closure, Office, Service
from offices.services import close_for, offices_of_area


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureResult:
    """What a closure did: counters closed, cards kept there longer, appointments given back, people told."""

    closure_id: int
    counters: int
    waiting: int
    appointments: int
    told: int


def close_counters(
    *,
    office_id: int | None = None,
    area_code: str = "",
    service: str = "",
    starts_on: date,
    ends_on: date,
    reason: str,
    actor_id: int | None,
    at: datetime,
) -> ClosureResult:
    """Write a closure of one office or of a region, and tell once everybody whose card waits at a closed counter.

    Cards are kept as many days longer as the counter is closed; appointments on these days are given back. No booking
    slips in meanwhile: bookings take the same locks. New returns go to delegates by routing; `transfers.move_shelf`
    brings what waits to one. Raises REASON_MISSING, CLOSURE_ENDS_BEFORE_START.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    if ends_on < starts_on:
        raise DeliveryRefused(Code.CLOSURE_ENDS_BEFORE_START)
    with transaction.atomic():
        closure = close_for(
            office_id=office_id,
            area_code=area_code,
            service=service,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason.strip()[:200],
        )
        counters = _closed_counters(closure) if service in ("", Service.PICKUP) else []
        waiting = _keep_longer(counters, closure)
        appointments = _give_back(counters, closure, at)
        told = messages.queue(card_ids=waiting, occasion=Occasion.MOVED, at=at, sequence=None)
        record(
            actor_id=actor_id,
            office_id=office_id,
            operation="CLOSE_COUNTERS",
            object_kind="closure",
            object_key=str(closure.pk),
            at=at,
            counters=len(counters),
            waiting=len(waiting),
            appointments=appointments,
        )
    return ClosureResult(
        closure_id=closure.pk,
        counters=len(counters),
        waiting=len(waiting),
        appointments=appointments,
        told=told,
    )


def _closed_counters(closure: Closure) -> list[int]:
    if closure.office_id is not None:
        return [closure.office_id]
    counters = offices_of_area(area_code=closure.area_code, kind=Office.Kind.COUNTER)
    return list(counters.values_list("pk", flat=True))


def _keep_longer(counters: Sequence[int], closure: Closure) -> list[int]:
    """Move the last days of cards that would have to leave during or after the closure; give these cards."""
    stays = CounterStay.objects.filter(counter_id__in=counters, live=True, hold_until__gte=closure.starts_on)
    card_ids = list(stays.order_by("card_id").values_list("card_id", flat=True))
    days = closure.ends_on - closure.starts_on + timedelta(days=1)
    # the latest day first, so that no stay is moved twice
    for until in stays.order_by("-hold_until").values_list("hold_until", flat=True).distinct():
        stays.filter(hold_until=until).update(hold_until=until + days)
    return card_ids


def _give_back(counters: Sequence[int], closure: Closure, at: datetime) -> int:
    standing = Appointment.objects.filter(
        counter_id__in=counters, day__range=(closure.starts_on, closure.ends_on), cancelled_at__isnull=True
    )
    return give_back_all(standing, at=at)


def waiting_at_closed_counters(*, on: date) -> dict[int, int]:
    """Say how many cards wait at each counter that is closed on the day, for the list of what to move."""
    sql = """
        SELECT s.counter_id, COUNT(*) FROM delivery_counterstay s JOIN offices_office o ON o.id = s.counter_id
        WHERE s.live = TRUE AND EXISTS (
          SELECT 1 FROM offices_closure c
          WHERE c.starts_on <= %s AND c.ends_on >= %s AND c.service IN ('', 'PICKUP')
            AND (c.office_id = o.id OR c.office_id IS NULL
                 AND (o.region_code = c.area_code OR o.region_code LIKE c.area_code || '.%%')))
        GROUP BY s.counter_id
    """
    day = on if bulk.is_postgresql() else on.isoformat()
    return dict(bulk.select(sql, [day, day]))
