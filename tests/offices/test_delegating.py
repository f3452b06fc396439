"""Who may stand in for whom: offices of one registry and of the right kind, one at a time, and in no circle."""

from datetime import date
from typing import Any

import pytest

from offices.delegating import delegate
from offices.models import Delegation, Office
from offices.refusals import Code, OfficeRefused
from tests import factories

pytestmark = pytest.mark.django_db
JUNE = {"starts_on": date(2020, 6, 1), "ends_on": date(2020, 6, 30)}


@pytest.fixture
def counters(registry: Office) -> list[Office]:
    return [
        factories.make_office(
            code=f"L{n}", kind=Office.Kind.COUNTER, parent=registry, region_code=f"32.16.0{n}"
        )
        for n in range(1, 4)
    ]


def refused(code: Code, **asked: Any) -> dict[str, Any]:
    before = Delegation.objects.count()
    with pytest.raises(OfficeRefused) as refusal:
        delegate(**{**JUNE, "service": "PICKUP", **asked})
    assert refusal.value.code is code
    assert str(refusal.value)
    assert Delegation.objects.count() == before
    return refusal.value.params


def test_counters_stand_in_for_each_other_in_a_chain_but_in_no_circle(counters: list[Office]) -> None:
    one, two, three = counters
    delegate(office=one, delegate=two, service="PICKUP", **JUNE)
    refused(Code.DELEGATION_CIRCLE, office=two, delegate=one)
    delegate(office=two, delegate=three, service="PICKUP", **JUNE)
    params = refused(Code.DELEGATION_CIRCLE, office=three, delegate=one)
    assert params["chain"] == " → ".join(office.name for office in (three, one, two, three))
    # the same offices on other days, and for another service, are no circle
    delegate(
        office=three, delegate=one, service="PICKUP", starts_on=date(2020, 7, 1), ends_on=date(2020, 7, 1)
    )
    delegate(office=three, delegate=one, service="RECEIVING", **JUNE)


def test_delegations_whose_days_never_meet_are_no_circle(counters: list[Office]) -> None:
    one, two, three = counters
    first, last = {"starts_on": date(2020, 6, 1), "ends_on": date(2020, 6, 9)}, date(2020, 6, 30)
    delegate(office=one, delegate=two, service="PICKUP", **first)
    delegate(office=two, delegate=three, service="PICKUP", starts_on=date(2020, 6, 10), ends_on=last)
    assert delegate(office=three, delegate=one, service="PICKUP", **JUNE).pk


def test_an_office_has_one_delegate_a_day_for_each_service(counters: list[Office]) -> None:
    one, two, three = counters
    delegate(office=one, delegate=two, service="PICKUP", **JUNE)
    params = refused(Code.HAS_A_DELEGATE, office=one, delegate=three, starts_on=date(2020, 6, 30))
    assert (params["delegate"], params["first"]) == (two.name, date(2020, 6, 1))


def test_who_could_not_do_the_service_does_not_stand_in(
    registry: Office, post_office: Office, counters: list[Office]
) -> None:
    one, two, _three = counters
    village = factories.make_office(
        code="D1", kind=Office.Kind.VILLAGE, parent=registry, region_code="32.16.01.2001"
    )
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    there = factories.make_office(code="X1", kind=Office.Kind.COUNTER, parent=foreign, region_code="32.75.01")
    refused(Code.STANDS_IN_FOR_ITSELF, office=one, delegate=one)
    refused(Code.DELEGATION_ENDS_BEFORE_START, office=one, delegate=two, ends_on=date(2020, 5, 1))
    refused(Code.OF_ANOTHER_REGISTRY, office=one, delegate=there)
    refused(Code.VILLAGE_HAS_LISTS, office=one, delegate=village)
    refused(Code.HANDS_OUT_NO_CARDS, office=one, delegate=registry)
    refused(Code.DELIVERS_NO_POST, office=post_office, delegate=two, service="POSTING")
    refused(Code.TAKES_IN_NO_RETURNS, office=registry, delegate=post_office, service="RECEIVING")
