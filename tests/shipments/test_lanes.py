"""Lanes as policy: an office's own ranks give the order of its queue."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from offices.models import Office
from shipments.backlog import backlog_by_lane
from shipments.lanes import lane_ranks, queue_of
from shipments.models import Card, Lane, LanePolicy
from shipments.planning import plan_batches
from tests import factories

pytestmark = pytest.mark.django_db


def order(office: Office) -> list[int]:
    return list(queue_of(office_id=office.pk).values_list("card_id", flat=True))


def test_without_a_policy_a_lane_has_its_number(registry: Office) -> None:
    assert lane_ranks(office_id=registry.pk) == {lane: lane.value for lane in Lane}


def test_office_puts_print_ready_records_first_and_shipments_follow(
    registry: Office, queue: Callable[..., list[Card]]
) -> None:
    (ordinary,) = queue(1)
    (urgent,) = queue(1, lane=Lane.URGENT)
    (ready,) = queue(1, lane=Lane.PRINT_READY_RECORD, printed_on=date(2020, 4, 9))
    assert order(registry) == [urgent.pk, ready.pk, ordinary.pk]
    LanePolicy.objects.create(office=registry, lane=Lane.PRINT_READY_RECORD, rank=1)
    assert order(registry) == [ready.pk, urgent.pk, ordinary.pk]
    assert list(backlog_by_lane(office_id=registry.pk)) == [
        Lane.PRINT_READY_RECORD,
        Lane.URGENT,
        Lane.ORDINARY,
    ]
    ((_post_office, cards),) = plan_batches(office=registry, on=date(2020, 5, 4)).shipments
    assert [card_id for card_id, _village, _rw in cards] == [ready.pk, urgent.pk, ordinary.pk]


def test_lanes_of_one_rank_and_unused_lanes_go_by_print_date(
    registry: Office, queue: Callable[..., list[Card]]
) -> None:
    (ordinary,) = queue(1, printed_on=date(2020, 4, 1))
    (urgent,) = queue(1, lane=Lane.URGENT, printed_on=date(2020, 4, 2))
    (first,) = queue(1, lane=Lane.FIRST_CARD, printed_on=date(2020, 4, 3))
    LanePolicy.objects.create(office=registry, lane=Lane.ORDINARY, rank=60)
    LanePolicy.objects.create(office=registry, lane=Lane.URGENT, rank=5, is_active=False)
    LanePolicy.objects.create(office=registry, lane=Lane.FIRST_CARD, rank=60)
    assert order(registry) == [ordinary.pk, urgent.pk, first.pk]


def test_policy_of_another_office_changes_nothing(registry: Office, queue: Callable[..., list[Card]]) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    LanePolicy.objects.create(office=other, lane=Lane.ORDINARY, rank=1)
    (ordinary,) = queue(1)
    (urgent,) = queue(1, lane=Lane.URGENT)
    assert order(registry) == [urgent.pk, ordinary.pk]


@pytest.mark.parametrize(
    ("lane", "active"), [(Lane.ORDINARY, False), (99, True), (Lane.RESEND, True)], ids=str
)
def test_database_refuses_a_policy_that_makes_no_sense(registry: Office, lane: int, active: bool) -> None:
    LanePolicy.objects.create(office=registry, lane=Lane.RESEND, rank=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        LanePolicy.objects.create(office=registry, lane=lane, rank=1, is_active=active)
    assert LanePolicy.objects.count() == 1


def test_administrator_sets_the_ranks(registry: Office, client: Client) -> None:
    boss = factories.make_user(role=Role.ADMINISTRATOR, office=None, is_staff=True, is_superuser=True)
    client.force_login(boss)
    asked = {"office": registry.pk, "lane": Lane.FIRST_CARD.value, "rank": 1, "is_active": "on"}
    answer = client.post(reverse("admin:shipments_lanepolicy_add"), asked)
    assert answer.status_code == 302
    assert lane_ranks(office_id=registry.pk)[Lane.FIRST_CARD] == 1
