"""Let an office do a service while another one is closed; what routing could not follow is refused."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Q

from offices.models import Delegation, Office, Service
from offices.refusals import Code, OfficeRefused
from offices.services import lock_offices

# A village office hands out by list, and has neither shelf, places nor staff of ours: who stands in there is a counter.
_MAY: dict[str, tuple[frozenset[str], Code]] = {
    Service.POSTING.value: (frozenset({Office.Kind.POST_OFFICE}), Code.DELIVERS_NO_POST),
    Service.RECEIVING.value: (
        frozenset({Office.Kind.REGISTRY, Office.Kind.COUNTER}),
        Code.TAKES_IN_NO_RETURNS,
    ),
    Service.PICKUP.value: (frozenset({Office.Kind.COUNTER}), Code.HANDS_OUT_NO_CARDS),
}


def delegate(*, office: Office, delegate: Office, service: str, starts_on: date, ends_on: date) -> Delegation:
    """Let `delegate` do a service whenever `office` is closed on these days, both included.

    Both work for one registry office, whose row is locked: two delegations written at once see each other. Raises
    STANDS_IN_FOR_ITSELF, DELEGATION_ENDS_BEFORE_START, OF_ANOTHER_REGISTRY, DELIVERS_NO_POST, TAKES_IN_NO_RETURNS,
    HANDS_OUT_NO_CARDS, VILLAGE_HAS_LISTS, HAS_A_DELEGATE on one of these days, DELEGATION_CIRCLE.
    """
    if office == delegate:
        raise OfficeRefused(Code.STANDS_IN_FOR_ITSELF)
    if ends_on < starts_on:
        raise OfficeRefused(Code.DELEGATION_ENDS_BEFORE_START)
    if office.registry_id != delegate.registry_id:
        raise OfficeRefused(Code.OF_ANOTHER_REGISTRY, office=delegate.name)
    for each in (office, delegate):
        _refuse_kind(each, service)
    with transaction.atomic():
        lock_offices(office_ids=[office.registry_id])
        theirs = Q(office=office.registry_id) | Q(office__parent=office.registry_id)
        known = Delegation.objects.filter(
            theirs, service=service, starts_on__lte=ends_on, ends_on__gte=starts_on
        )
        written = list(known.select_related("office", "delegate").order_by("pk"))
        _refuse_second(office, written)
        circle = _way_back(delegate, office, written, starts_on, ends_on)
        if circle:
            chain = " → ".join([office.name, *circle])
            raise OfficeRefused(Code.DELEGATION_CIRCLE, chain=chain)
        return Delegation.objects.create(
            office=office, delegate=delegate, service=service, starts_on=starts_on, ends_on=ends_on
        )


def _refuse_kind(office: Office, service: str) -> None:
    kinds, code = _MAY[service]
    if office.kind in kinds:
        return
    if office.kind == Office.Kind.VILLAGE:
        raise OfficeRefused(Code.VILLAGE_HAS_LISTS, office=office.name)
    raise OfficeRefused(code, office=office.name)


def _refuse_second(office: Office, written: Sequence[Delegation]) -> None:
    for row in written:
        if row.office_id == office.pk:
            raise OfficeRefused(
                Code.HAS_A_DELEGATE, office=office.name, delegate=row.delegate.name, first=row.starts_on,
                last=row.ends_on,
            )  # fmt: skip


def _way_back(
    start: Office, home: Office, written: Sequence[Delegation], first: date, last: date
) -> list[str]:
    """Give the offices from `start` to `home`, when delegations lead there that all hold on one day of the span."""
    if start == home:
        return [home.name]
    for row in written:
        if row.office_id == start.pk and row.starts_on <= last and row.ends_on >= first:
            days = max(first, row.starts_on), min(last, row.ends_on)
            rest = _way_back(row.delegate, home, [each for each in written if each != row], *days)
            if rest:
                return [start.name, *rest]
    return []
