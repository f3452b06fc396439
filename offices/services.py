"""Read the routing tables and give out places of a day's quota."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from offices.models import AreaServed, Closure, Delegation, HandoverPolicy, Office, Quota, QuotaDay
from offices.opening import is_open_day
from offices.routing import ClosedDays, Route, Routing, StandIn

DEFAULT_PLACES = 20  # an office without its own quota: the most common figure of 2020
DEFAULT_COLLECTORS = ("HOLDER", "SAME_FAMILY_CARD")


class QuotaFull(Exception):
    """All places of that day are taken."""

    code = "QUOTA_FULL"


def load_routing(*, on: date, until: date | None = None) -> Routing:
    """Read all that is needed to route on one day, or on every day `until` another."""
    last = on if until is None else until
    return Routing(
        areas={
            (a.service, a.area_code): a.office_id for a in AreaServed.objects.filter(office__is_active=True)
        },
        office_regions=dict(Office.objects.values_list("pk", "region_code")),
        closures=[
            ClosedDays(
                office_id=c.office_id,
                area_code=c.area_code,
                service=c.service,
                first=c.starts_on,
                last=c.ends_on,
            )
            for c in Closure.objects.filter(starts_on__lte=last, ends_on__gte=on)
        ],
        delegations=[
            StandIn(
                office_id=d.office_id,
                delegate_id=d.delegate_id,
                service=d.service,
                first=d.starts_on,
                last=d.ends_on,
            )
            for d in Delegation.objects.filter(starts_on__lte=last, ends_on__gte=on).order_by("pk")
        ],
    )


def route_villages(*, village_codes: Collection[str], service: str, on: date) -> Mapping[str, Route]:
    """Give each village's office on that day; one reading of the tables for any number of villages."""
    routing = load_routing(on=on)
    return {code: routing.serving(village_code=code, service=service, on=on) for code in set(village_codes)}


def policy_of(*, office: Office) -> HandoverPolicy:
    """Give the rules of the registry office that `office` is or works for; defaults where none are written."""
    registry_id = office.pk if office.parent_id is None else office.parent_id
    policy = HandoverPolicy.objects.filter(office_id=registry_id).first()
    if policy is None:
        return HandoverPolicy(office_id=registry_id, collectors=list(DEFAULT_COLLECTORS))
    policy.collectors = policy.collectors or list(DEFAULT_COLLECTORS)  # a card must go to somebody
    return policy


def local_day(*, office: Office, at: datetime) -> date:
    """Give the office's calendar day (WIB, WITA or WIT)."""
    return at.astimezone(ZoneInfo(office.time_zone)).date()


def is_closed(*, office: Office, service: str, on: date) -> bool:
    """Say whether a closure of the office, or of a region around it, covers the day."""
    closures = Closure.objects.filter(starts_on__lte=on, ends_on__gte=on, service__in=["", service])
    regions = _regions_around(office.region_code)
    return closures.filter(Q(office_id=office.pk) | Q(area_code__in=regions)).exists()


def _regions_around(region_code: str) -> list[str]:
    parts = region_code.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def offices_of_area(*, area_code: str, kind: str) -> QuerySet[Office]:
    """Give the offices of a kind inside a region."""
    inside = Q(region_code=area_code) | Q(region_code__startswith=f"{area_code}.")
    return Office.objects.filter(inside, kind=kind)


def close_for(
    *, office_id: int | None, area_code: str, service: str, starts_on: date, ends_on: date, reason: str
) -> Closure:
    """Write a closure of one office, or of every office of a region. Appointments and cards are delivery's to move.

    The offices' rows are locked as bookings lock them, so that no booking slips in while a closure is written.
    """
    with transaction.atomic():
        if office_id is not None:
            lock_offices(office_ids=[office_id])
        else:
            counters = offices_of_area(area_code=area_code, kind=Office.Kind.COUNTER)
            lock_offices(office_ids=list(counters.values_list("pk", flat=True)))
        return Closure.objects.create(
            office_id=office_id,
            area_code=area_code,
            service=service,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason,
        )


def lock_offices(*, office_ids: Collection[int]) -> None:
    """Hold the offices' rows until the transaction ends, in the order of their keys."""
    rows = Office.objects.filter(pk__in=office_ids).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeDay:
    """A day on which an office takes people, and how many places are left."""

    day: date
    left: int


def free_days(*, office: Office, service: str, lane: str, first: date, last: date) -> list[FreeDay]:
    """Give the open days from `first` to `last` with a free place; three statements for any span."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    regions = _regions_around(office.region_code)
    closures = list(
        Closure.objects.filter(
            Q(office_id=office.pk) | Q(area_code__in=regions), starts_on__lte=last, ends_on__gte=first
        ).filter(service__in=["", service])
    )
    rows = {
        row.day: row for row in QuotaDay.objects.filter(office=office, lane=lane, day__range=(first, last))
    }
    quota = Quota.objects.filter(office=office, lane=lane).first()
    usual = quota.per_day if quota else DEFAULT_PLACES
    free = []
    for day in days:
        left = rows[day].places - rows[day].taken if day in rows else usual
        closed = any(closure.starts_on <= day <= closure.ends_on for closure in closures)
        if left > 0 and not closed and is_open_day(day, weekdays=office.open_weekdays):
            free.append(FreeDay(day=day, left=left))
    return free


def take_place(*, office_id: int, lane: str, day: date) -> None:
    """Take one place of a day. Raises QuotaFull; safe when many take at once: the row is compared and set."""
    with transaction.atomic():
        quota = Quota.objects.filter(office_id=office_id, lane=lane).first()
        QuotaDay.objects.bulk_create(
            [
                QuotaDay(
                    office_id=office_id, lane=lane, day=day, places=quota.per_day if quota else DEFAULT_PLACES
                )
            ],
            ignore_conflicts=True,
        )
        free = QuotaDay.objects.filter(office_id=office_id, lane=lane, day=day, taken__lt=F("places"))
        if free.update(taken=F("taken") + 1) != 1:
            raise QuotaFull


def give_back_place(*, office_id: int, lane: str, day: date) -> None:
    """Return a place that was taken."""
    QuotaDay.objects.filter(Q(office_id=office_id, lane=lane, day=day) & Q(taken__gt=0)).update(
        taken=F("taken") - 1
    )


def places_left(*, office_id: int, lane: str, day: date) -> int:
    """Say how many places of a day are free."""
    row = QuotaDay.objects.filter(office_id=office_id, lane=lane, day=day).first()
    if row is not None:
        return row.places - row.taken
    quota = Quota.objects.filter(office_id=office_id, lane=lane).first()
    return quota.per_day if quota else DEFAULT_PLACES


def add_places(*, office_id: int, lane: str, day: date, places: int) -> int:
    """Raise (or lower, never below what is taken) the places of one day; give how many there are now."""
    with transaction.atomic():
        quota = Quota.objects.filter(office_id=office_id, lane=lane).first()
        usual = quota.per_day if quota else DEFAULT_PLACES
        row, _new = QuotaDay.objects.select_for_update().get_or_create(
            office_id=office_id, lane=lane, day=day, defaults={"places": usual}
        )
        row.places = max(row.places + places, row.taken)
        row.save(update_fields=["places"])
        return row.places


def return_places(*, taken: Sequence[tuple[int, str, date, int]]) -> None:
    """Give back many places at once: (office, lane, day, how many)."""
    for office_id, lane, day, number in taken:
        QuotaDay.objects.filter(office_id=office_id, lane=lane, day=day).update(
            taken=Greatest(F("taken") - number, 0)
        )
