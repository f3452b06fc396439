"""How many people an office takes: places of a day and of its slots, given out and given back."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from offices.models import Closure, ExtraDay, HandoverPolicy, Office, Quota, QuotaDay, QuotaSlot
from offices.opening import is_open_day, slots_between
from offices.services import policy_of, regions_around

DEFAULT_PLACES = 20  # an office without its own quota: the most common figure of 2020


class QuotaFull(Exception):
    """All places of that day, or of that slot, are taken."""

    code = "QUOTA_FULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSlot:
    """A slot of a day, by the hour at which it begins, and how many places are left in it."""

    starts_at: time
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeDay:
    """A day on which an office takes people, how many places are left, and its slots with a free one."""

    day: date
    left: int
    slots: tuple[FreeSlot, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """Places of one day, or of one slot of it, that are taken or given back together."""

    office_id: int
    lane: str
    day: date
    starts_at: time | None
    number: int


def slots_of(office: Office) -> tuple[time, ...]:
    """Give the hours at which the office's slots begin, by its registry's policy."""
    minutes = policy_of(office=office).slot_minutes
    return slots_between(opens_at=office.opens_at, closes_at=office.closes_at, minutes=minutes)


def set_hours(
    *,
    office: Office,
    opens_at: time,
    closes_at: time,
    slot_minutes: int,
    offer_minutes: int,
    weekdays: Collection[int] | None = None,
) -> None:
    """Set an office's hours and weekdays (0 = Monday; None: as they are), and how its registry's days are cut.

    Residents read what is set here. How long a slot and an offer are is for all offices of the registry. Appointments
    that stand keep their day and hour; slots that no longer begin within the hours are not offered.
    """
    hours: dict[str, Any] = {"opens_at": opens_at, "closes_at": closes_at}
    if weekdays is not None:
        hours["open_weekdays"] = sorted(set(weekdays))
    with transaction.atomic():
        Office.objects.filter(pk=office.pk).update(**hours)
        minutes = {"slot_minutes": slot_minutes, "offer_minutes": offer_minutes}
        HandoverPolicy.objects.update_or_create(office_id=office.registry_id, defaults=minutes)


def free_days(*, office: Office, service: str, lane: str, first: date, last: date) -> list[FreeDay]:
    """Give the open days from `first` to `last` with a free place in a slot; six statements for any span."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    closures = list(
        Closure.objects.filter(
            Q(office_id=office.pk) | Q(area_code__in=regions_around(office.region_code)),
            starts_on__lte=last, ends_on__gte=first, service__in=["", service],
        )
    )  # fmt: skip
    mine = {"office": office, "lane": lane, "day__range": (first, last)}
    rows = {row.day: row for row in QuotaDay.objects.filter(**mine)}
    kept: dict[date, dict[time, QuotaSlot]] = defaultdict(dict)
    for row in QuotaSlot.objects.filter(**mine):
        kept[row.day][row.starts_at] = row
    quota, hours = _quota(office.pk, lane), slots_of(office)
    extra = set(
        ExtraDay.objects.filter(office=office, day__range=(first, last)).values_list("day", flat=True)
    )
    free = []
    for day in days:
        places = rows[day].places if day in rows else quota.per_day
        left = places - (rows[day].taken if day in rows else 0)
        closed = any(closure.starts_on <= day <= closure.ends_on for closure in closures)
        works = day in extra or is_open_day(day, weekdays=office.open_weekdays)
        if left < 1 or closed or not works:
            continue
        slots = _free_slots(hours, kept[day], _places_of_slot(quota, places, len(hours)))
        if slots:
            left = min(left, sum(slot.left for slot in slots))
            free.append(FreeDay(day=day, left=left, slots=slots))
    return free


def _free_slots(hours: Sequence[time], kept: Mapping[time, QuotaSlot], usual: int) -> tuple[FreeSlot, ...]:
    lefts = ((hour, kept[hour].places - kept[hour].taken if hour in kept else usual) for hour in hours)
    return tuple(FreeSlot(starts_at=hour, left=left) for hour, left in lefts if left > 0)


def _quota(office_id: int, lane: str) -> Quota:
    found = Quota.objects.filter(office_id=office_id, lane=lane).first()
    return found or Quota(office_id=office_id, lane=lane, per_day=DEFAULT_PLACES)


def _places_of_slot(quota: Quota, of_day: int, slots: int) -> int:
    return -(-of_day // slots) if quota.per_slot is None else quota.per_slot


def take_place(*, office_id: int, lane: str, day: date) -> None:
    """Take one place of a day. Raises QuotaFull; safe when many take at once: the row is compared and set."""
    with transaction.atomic():
        quota = _quota(office_id, lane)
        QuotaDay.objects.bulk_create(
            [QuotaDay(office_id=office_id, lane=lane, day=day, places=quota.per_day)], ignore_conflicts=True
        )
        free = QuotaDay.objects.filter(office_id=office_id, lane=lane, day=day, taken__lt=F("places"))
        if free.update(taken=F("taken") + 1) != 1:
            raise QuotaFull


def take_slot(*, office: Office, lane: str, day: date, starts_at: time) -> None:
    """Take one place of a slot whose day has given one already. Raises QuotaFull; compared and set like a day's."""
    with transaction.atomic():
        _keep_slots(office, lane, day)
        free = QuotaSlot.objects.filter(
            office=office, lane=lane, day=day, starts_at=starts_at, taken__lt=F("places")
        )
        if free.update(taken=F("taken") + 1) != 1:
            raise QuotaFull


def _keep_slots(office: Office, lane: str, day: date) -> int:
    """Write the day's slots that are not written yet; give how many slots it has."""
    quota, hours = _quota(office.pk, lane), slots_of(office)
    places = QuotaDay.objects.filter(office=office, lane=lane, day=day).values_list("places", flat=True)
    each = _places_of_slot(quota, next(iter(places), quota.per_day), len(hours))
    QuotaSlot.objects.bulk_create(
        [
            QuotaSlot(office=office, lane=lane, day=day, starts_at=hour, places=each)
            for hour in hours
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return len(hours)


def give_back_place(*, office_id: int, lane: str, day: date, starts_at: time | None = None) -> None:
    """Return a place that was taken, of the day and of the slot if there was one."""
    return_places(taken=[Taken(office_id, lane, day, starts_at, 1)])


def places_left(*, office_id: int, lane: str, day: date) -> int:
    """Say how many places of a day are free."""
    row = QuotaDay.objects.filter(office_id=office_id, lane=lane, day=day).first()
    return row.places - row.taken if row is not None else _quota(office_id, lane).per_day


def add_places(*, office_id: int, lane: str, day: date, places: int) -> int:
    """Raise (or lower, never below what is taken) the places of one day, and of its slots in equal parts.

    Give how many places the day has now.
    """
    with transaction.atomic():
        office = Office.objects.get(pk=office_id)
        row, _new = QuotaDay.objects.select_for_update().get_or_create(
            office_id=office_id, lane=lane, day=day, defaults={"places": _quota(office_id, lane).per_day}
        )
        more_a_slot = -(-places // _keep_slots(office, lane, day))
        QuotaSlot.objects.filter(office=office, lane=lane, day=day).update(
            places=Greatest(F("places") + more_a_slot, F("taken"))
        )
        row.places = max(row.places + places, row.taken)
        row.save(update_fields=["places"])
        return row.places


def take_places(*, taken: Sequence[Taken]) -> None:
    """Take places that were seen to be free under the offices' locks; the database refuses more than there are."""
    for place in taken:
        office = Office.objects.get(pk=place.office_id)
        mine = {"office": office, "lane": place.lane, "day": place.day}
        QuotaDay.objects.get_or_create(**mine, defaults={"places": _quota(office.pk, place.lane).per_day})
        QuotaDay.objects.filter(**mine).update(taken=F("taken") + place.number)
        if place.starts_at is not None:
            _keep_slots(office, place.lane, place.day)
            slot = QuotaSlot.objects.filter(**mine, starts_at=place.starts_at)
            slot.update(taken=F("taken") + place.number)


def return_places(*, taken: Sequence[Taken]) -> None:
    """Give back many places at once, of days and of slots."""
    for place in taken:
        fewer = Greatest(F("taken") - place.number, 0)
        mine = {"office_id": place.office_id, "lane": place.lane, "day": place.day}
        QuotaDay.objects.filter(**mine).update(taken=fewer)
        if place.starts_at is not None:
            QuotaSlot.objects.filter(**mine, starts_at=place.starts_at).update(taken=fewer)
