"""Read the routing tables and give out places of a day's quota."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db import transaction
from django.db.models import F, Q

from offices.models import AreaServed, Closure, Delegation, HandoverPolicy, Office, Quota, QuotaDay
from offices.routing import ClosedDays, Route, Routing, StandIn

DEFAULT_PLACES = 20  # an office without its own quota: the most common figure of 2020


class QuotaFull(Exception):
    """All places of that day are taken."""

    code = "QUOTA_FULL"


def load_routing(*, on: date) -> Routing:
    """Read all that is needed to route on one day."""
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
            for c in Closure.objects.filter(starts_on__lte=on, ends_on__gte=on)
        ],
        delegations=[
            StandIn(
                office_id=d.office_id,
                delegate_id=d.delegate_id,
                service=d.service,
                first=d.starts_on,
                last=d.ends_on,
            )
            for d in Delegation.objects.filter(starts_on__lte=on, ends_on__gte=on).order_by("pk")
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
    return policy or HandoverPolicy(office_id=registry_id, collectors=["HOLDER", "SAME_FAMILY_CARD"])


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
