"""Every role sees what its office handles, and nothing of anybody else's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet

from accounts.models import Role, User
from delivery import scope
from delivery.appointments import book
from delivery.counter import collect
from delivery.enquiries import ask
from delivery.models import CourierFile
from delivery.village_lists import make_village_list
from offices.models import Office
from shipments.models import Card
from tests import factories
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import SERVED_AT, shelve_cards

pytestmark = pytest.mark.django_db
SCOPES: list[Callable[[User], QuerySet[Any]]] = [
    scope.cards_in_scope, scope.courier_files_visible_to, scope.returns_visible_to, scope.transfers_visible_to,
    scope.village_lists_visible_to, scope.appointments_visible_to, scope.collections_visible_to,
    scope.enquiries_visible_to,
]  # fmt: skip


@pytest.fixture
def world(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    """Four cards that came to the counter (one collected, one at its village, one booked), one in the mail."""
    cards = shelve_cards(registry=registry, post_office=post_office, number=4)
    mail_cards(office=registry, post_office=post_office, number=1)
    collect(
        counter_id=counter.pk, card_id=cards[0].pk, relation="HOLDER", documents=["OLD_CARD"], collector_name="",
        old_card_surrendered=True, nonce="n", actor_id=None, at=SERVED_AT,
    )  # fmt: skip
    make_village_list(
        office_id=counter.pk, village_code=factories.JATIMULYA, card_ids=[cards[1].pk], officer="x",
        return_by=SERVED_AT.date() + timedelta(days=3), actor_id=None, at=SERVED_AT,
    )  # fmt: skip
    book(card_id=cards[2].pk, day=SERVED_AT.date() + timedelta(days=1), lane="ORDINARY", at=SERVED_AT)
    ask(card_id=cards[3].pk, text="?", at=SERVED_AT)
    CourierFile.objects.create(office=post_office, name="x.xlsx", sha256="0" * 64, uploaded_at=SERVED_AT)
    return cards


def seen(user: User) -> list[int]:
    return [visible(user).count() for visible in SCOPES]


@pytest.mark.parametrize(
    ("role", "at", "counts"),
    [
        # cards, files, returns, transfers, lists, appointments, collections, enquiries
        (Role.PRINTING, "registry", [5, 1, 4, 1, 1, 0, 0, 1]),
        (Role.SUPERVISOR, "registry", [5, 1, 4, 1, 1, 2, 1, 1]),
        (Role.COUNTER, "counter", [4, 0, 0, 1, 1, 2, 1, 1]),
        (Role.PARTNER, "post_office", [5, 1, 0, 0, 0, 0, 0, 0]),
        (Role.DATA_PROTECTION, "registry", [0] * 8),
        (Role.ADMINISTRATOR, None, [0] * 8),
    ],
)
def test_a_role_sees_what_its_office_handles(
    world: list[Card], request: pytest.FixtureRequest, role: Role, at: str | None, counts: list[int]
) -> None:
    office = request.getfixturevalue(at) if at else None
    assert seen(factories.make_user(role=role, office=office)) == counts
    assert seen(factories.make_user(role=role, office=office, is_active=False)) == [0] * 8


@pytest.mark.parametrize("role", list(Role))
def test_nobody_sees_anything_of_a_foreign_office(world: list[Card], role: Role) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    kinds = {Role.PARTNER: Office.Kind.POST_OFFICE, Role.COUNTER: Office.Kind.COUNTER}
    office = foreign
    if role in kinds:
        office = factories.make_office(
            code="3275-x", kind=kinds[role], parent=foreign, region_code="32.75.01"
        )
    assert seen(factories.make_user(role=role, office=office)) == [0] * 8
