"""Items of which the post has said nothing for longer than their post office's service time.

A post office has so many open days to give news of an item; gaps of eight days between two scans happen, so that is the
policy's start. Days on which it is closed do not count, nor does the day of the last news, nor today.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet

from accounts.services import record
from delivery.models import Delivery
from delivery.refusals import Code, DeliveryRefused
from delivery.status import COMING_BACK, WITH_THE_POST
from offices.models import HandoverPolicy, Office, Service
from offices.open_days import OpenDays, load_open_days
from offices.services import local_day, set_service_days

AWAITED: Final = WITH_THE_POST | COMING_BACK
# How far back open days are counted; what has been silent for longer is said to be so for this long. Where that is too
# few of them, they are counted further back: so far that one open day in two weeks is enough.
SPAN: Final = timedelta(days=400)
SPAN_OF_AN_OPEN_DAY: Final = timedelta(days=14)
MOST_DAYS: Final = 250


@dataclass(frozen=True, slots=True)
class Patience:
    """For each post office its service time in open days, and the moment before which the last news is overdue."""

    offices: Mapping[int, Office]
    days: Mapping[int, int]
    overdue_before: Mapping[int, datetime]
    open_days: OpenDays
    at: datetime

    def silent_for(self, *, office_id: int, last_news: datetime) -> int:
        """How many open days a post office has been silent about an item."""
        office = self.offices[office_id]
        last, today = (local_day(office=office, at=moment) for moment in (last_news, self.at))
        return self.open_days.between(office_id=office_id, after=last, before=today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """How many items a post office is silent about, its service time, and the oldest last news of them."""

    office: Office
    service_days: int
    items: int
    oldest: datetime | None


def patience_with(*, offices: Collection[Office], at: datetime, days: int | None = None) -> Patience:
    """Work out when news is overdue at each of these post offices; `days` stands in for their own service times."""
    allowed = _allowed(offices, days)
    opened = _open_days(offices, allowed, at)
    overdue: dict[int, datetime] = {}
    for office in offices:
        today = local_day(office=office, at=at)
        begins = opened.back(office_id=office.pk, before=today, count=allowed[office.pk])
        if begins is not None:
            overdue[office.pk] = datetime.combine(begins, time(), tzinfo=ZoneInfo(office.time_zone))
    return Patience({office.pk: office for office in offices}, allowed, overdue, opened, at)


def _allowed(offices: Collection[Office], days: int | None) -> dict[int, int]:
    """Give each office's service time: what is asked for, its own, its registry's policy, or the policy's start."""
    if days is not None:
        return {office.pk: days for office in offices}
    usual = dict(HandoverPolicy.objects.values_list("office_id", "silent_after_days"))
    default = HandoverPolicy().silent_after_days
    return {
        office.pk: usual.get(office.registry_id, default)
        if office.service_days is None
        else office.service_days
        for office in offices
    }


def _open_days(offices: Collection[Office], allowed: Mapping[int, int], at: datetime) -> OpenDays:
    """Give the offices' open days as far back as their service time needs them."""
    today = {office.pk: local_day(office=office, at=at) for office in offices}
    last = max(today.values(), default=at.date())
    opened = load_open_days(offices=offices, service=Service.POSTING, first=last - SPAN, last=last)
    short = [
        office
        for office in offices
        if opened.back(office_id=office.pk, before=today[office.pk], count=allowed[office.pk]) is None
    ]
    if not short:
        return opened
    span = SPAN + SPAN_OF_AN_OPEN_DAY * max(allowed[office.pk] for office in short)
    further = load_open_days(offices=short, service=Service.POSTING, first=last - span, last=last)
    return OpenDays({**opened.days, **further.days})


def silent_items(*, patience: Patience) -> QuerySet[Delivery]:
    """The items that these post offices hold or bring back and of which there is no news in time."""
    late = Q(pk__in=[])
    by_moment: dict[datetime, list[int]] = {}
    for office_id, moment in patience.overdue_before.items():
        by_moment.setdefault(moment, []).append(office_id)
    for moment, office_ids in by_moment.items():
        # `since` is never after the last event: the index on status and since finds what may be silent
        late |= Q(item__shipment__post_office__in=office_ids, last_event_at__lt=moment, since__lt=moment)
    return Delivery.objects.filter(late, status__in=sorted(AWAITED))


def silence_of(*, patience: Patience) -> list[Silence]:
    """How silent each of the post offices is, those with the most silent items first."""
    counted = {
        row["item__shipment__post_office"]: row
        for row in silent_items(patience=patience)
        .values("item__shipment__post_office")
        .annotate(items=Count("pk"), oldest=Min("last_event_at"))
        .order_by()
    }
    found = [
        Silence(
            office=office,
            service_days=patience.days[office.pk],
            items=counted[office.pk]["items"] if office.pk in counted else 0,
            oldest=counted[office.pk]["oldest"] if office.pk in counted else None,
        )
        for office in patience.offices.values()
    ]
    return sorted(found, key=lambda silence: (-silence.items, silence.office.code))


def give_service_time(
    *, post_office_id: int, registry_id: int, days: int | None, actor_id: int | None, at: datetime
) -> None:
    """Give a post office of the registry its service time in open days, or (None) the policy's again."""
    with transaction.atomic():
        office = Office.objects.filter(
            pk=post_office_id, parent_id=registry_id, kind=Office.Kind.POST_OFFICE
        ).first()
        if office is None:
            raise DeliveryRefused(Code.OFFICE_UNKNOWN, office=post_office_id)
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise DeliveryRefused(Code.SERVICE_DAYS_INVALID, days=days, most=MOST_DAYS)
        set_service_days(office_id=office.pk, days=days)
        record(
            actor_id=actor_id, office_id=registry_id, operation="SET_SERVICE_DAYS", object_kind="office",
            object_key=office.code, at=at, days=days,
        )  # fmt: skip
