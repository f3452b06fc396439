"""Read the routing tables and rules of offices, and close them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from offices.models import AreaServed, Closure, Delegation, ExtraDay, HandoverPolicy, Office, Service
from offices.opening import is_open_day
from offices.refusals import Code, OfficeRefused
from offices.routing import ClosedDays, Route, Routing, StandIn

DEFAULT_COLLECTORS = ("HOLDER", "SAME_FAMILY_CARD")


def load_routing(*, on: date, until: date | None = None, registry_id: int | None = None) -> Routing:
    """Read all that is needed to route on one day, or on every day `until` another.

    With `registry_id` nobody but that registry and its own offices serves or stands in.
    """
    last = on if until is None else until
    areas = AreaServed.objects.filter(office__is_active=True)
    delegations = Delegation.objects.filter(starts_on__lte=last, ends_on__gte=on)
    if registry_id is not None:
        own = Office.objects.filter(Q(pk=registry_id) | Q(parent_id=registry_id)).values("pk")
        areas, delegations = areas.filter(office__in=own), delegations.filter(delegate__in=own)
    return Routing(
        areas={(a.service, a.area_code): a.office_id for a in areas},
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
            for d in delegations.order_by("pk")
        ],
    )


def route_villages(
    *, village_codes: Collection[str], service: str, on: date, registry_id: int | None = None
) -> Mapping[str, Route]:
    """Give each village's office on that day; one reading of the tables for any number of villages.

    With `registry_id` only that registry's own offices count.
    """
    routing = load_routing(on=on, registry_id=registry_id)
    return {code: routing.serving(village_code=code, service=service, on=on) for code in set(village_codes)}


def registry_of(office_id: int) -> int:
    """Give the registry office that an office is or works for."""
    return Office.objects.only("parent_id").get(pk=office_id).registry_id


def policy_of(*, office: Office) -> HandoverPolicy:
    """Give the rules of the registry office that `office` is or works for; defaults where none are written."""
    policy = HandoverPolicy.objects.filter(office_id=office.registry_id).first()
    if policy is None:
        return HandoverPolicy(office_id=office.registry_id, collectors=list(DEFAULT_COLLECTORS))
    policy.collectors = policy.collectors or list(DEFAULT_COLLECTORS)  # a card must go to somebody
    return policy


def local_day(*, office: Office, at: datetime) -> date:
    """Give the office's calendar day (WIB, WITA or WIT)."""
    return at.astimezone(ZoneInfo(office.time_zone)).date()


def closure_of(*, office: Office, service: str, on: date) -> Closure | None:
    """Give the closure of the office, or of a region around it, that covers the day; of several the longest."""
    closures = Closure.objects.filter(starts_on__lte=on, ends_on__gte=on, service__in=["", service])
    regions = regions_around(office.region_code)
    around = closures.filter(Q(office_id=office.pk) | Q(area_code__in=regions))
    return around.order_by("-ends_on", "pk").first()


def is_closed(*, office: Office, service: str, on: date) -> bool:
    """Say whether a closure of the office, or of a region around it, covers the day."""
    return closure_of(office=office, service=service, on=on) is not None


def is_open(*, office: Office, service: str, on: date) -> bool:
    """Say whether the office does a service on the day: a working day of its own or an extra day, and not closed."""
    works = is_open_day(on, weekdays=office.open_weekdays) or _has_extra_day(office, on)
    return works and not is_closed(office=office, service=service, on=on)


def _has_extra_day(office: Office, day: date) -> bool:
    return ExtraDay.objects.filter(office_id=office.pk, day=day).exists()


def open_extra_day(*, office: Office, day: date, reason: str) -> ExtraDay:
    """Open a counter on a day on which it would not work. Twice is once.

    Raises HANDS_OUT_NO_CARDS for another kind of office, OPEN_ANYWAY, CLOSED_THEN.
    """
    if office.kind != Office.Kind.COUNTER:
        raise OfficeRefused(Code.HANDS_OUT_NO_CARDS, office=office.name)
    if is_open_day(day, weekdays=office.open_weekdays):
        raise OfficeRefused(Code.OPEN_ANYWAY, office=office.name, day=day)
    if is_closed(office=office, service=Service.PICKUP, on=day):
        raise OfficeRefused(Code.CLOSED_THEN, office=office.name, day=day)
    extra, _is_new = ExtraDay.objects.get_or_create(office=office, day=day, defaults={"reason": reason})
    return extra


def regions_around(region_code: str) -> list[str]:
    """Give the codes of a region and of all that lie around it."""
    parts = region_code.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def offices_of_area(*, area_code: str, kind: str) -> QuerySet[Office]:
    """Give the offices of a kind inside a region."""
    inside = Q(region_code=area_code) | Q(region_code__startswith=f"{area_code}.")
    return Office.objects.filter(inside, kind=kind)


def close_for(
    *,
    office_id: int | None,
    area_code: str,
    service: str,
    starts_on: date,
    ends_on: date,
    reason: str,
    moves_cards: bool = False,
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
            moves_cards=moves_cards,
        )


def reopen(*, closure_id: int, today: date) -> int:
    """Take a closure back from `today` on: days that have passed stay written. Give how many days are open again.

    The offices' rows are locked as in `close_for`. A closure that has ended already is left alone.
    """
    with transaction.atomic():
        closure = Closure.objects.get(pk=closure_id)
        lock_offices(office_ids=closed_offices(closure))
        days = (closure.ends_on - max(closure.starts_on, today)).days + 1
        if days < 1:
            return 0
        if closure.starts_on < today:
            Closure.objects.filter(pk=closure_id).update(ends_on=today - timedelta(days=1))
        else:
            closure.delete()
        return days


def closed_offices(closure: Closure) -> list[int]:
    """Give the office, or the counters of the region, that a closure is about."""
    if closure.office_id is not None:
        return [closure.office_id]
    counters = offices_of_area(area_code=closure.area_code, kind=Office.Kind.COUNTER)
    return list(counters.values_list("pk", flat=True))


def lock_offices(*, office_ids: Collection[int]) -> None:
    """Hold the offices' rows until the transaction ends, in the order of their keys."""
    rows = Office.objects.filter(pk__in=office_ids).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))


def set_applies_status_files(*, office_id: int, applies: bool) -> bool:
    """Say whether an office's status files are applied without a person; give whether this changed anything."""
    changed = Office.objects.filter(pk=office_id).exclude(applies_status_files=applies)
    return changed.update(applies_status_files=applies) == 1


def set_service_days(*, office_id: int, days: int | None) -> None:
    """Give a post office its own service time in open days, or (None) the registry's policy."""
    Office.objects.filter(pk=office_id).update(service_days=days)
