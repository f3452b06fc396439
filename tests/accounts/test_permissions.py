"""The whole table, once: who may do what. Whatever is not written here is allowed to nobody."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from accounts.permissions import ALLOWED, Operation, may
from offices.models import Office

O = Operation  # noqa: E741 - one letter keeps the table readable
P, M, C, S, D, A = (
    Role.PRINTING, Role.PARTNER, Role.COUNTER, Role.SUPERVISOR, Role.DATA_PROTECTION, Role.ADMINISTRATOR,
)  # fmt: skip
WHO_MAY: dict[Operation, set[Role]] = {
    O.SEE_CARDS: {P, C, S},
    O.SEE_PERSONAL_DATA: {P, C, S},
    O.IMPORT_CARDS: {P, S},
    O.CHECK_PRINT: {P, S},
    O.REVIEW_ADDRESSES: {P, S},
    O.CHECK_ADDRESSES: {P, M, C, S, A},
    O.HOLD_AREAS: {S},
    O.SEE_SHIPMENTS: {P, M, S},
    O.MANAGE_SHIPMENTS: {P, S},
    O.PLAN_CAPACITY: {S},
    O.PRINT_LABELS: {P, S},
    O.PRINT_MANIFEST: {P, M, S},
    O.HAND_OVER: {P, S},
    O.CONFIRM_RECEIPT: {M},
    O.SEE_COURIER_FILES: {P, M, S},
    O.IMPORT_COURIER_FILES: {P, M, S},
    O.UNDO_COURIER_FILES: {S},
    O.MAP_STATUS_TEXTS: {S, A},
    O.LEARN_NAMES: {S},
    O.RECORD_EVENTS: {P, S},
    O.RECEIVE_RETURNS: {P, C, S},
    O.ROUTE_RETURNS: {P, S},
    O.DESTROY_CARDS: {P, C, S},
    O.SERVE_COUNTER: {C, S},
    O.UNDO_COLLECTION: {S},
    O.OVERRIDE_QUOTA: {S},
    O.MANAGE_VILLAGE_LISTS: {C, S},
    O.ANSWER_ENQUIRIES: {P, C, S},
    O.SEE_MESSAGES: {P, C, S},
    O.RETRY_MESSAGES: {P, S},
    O.SEE_LEDGER: {S, D},
    O.SEE_OFFICES: {P, M, C, S, D, A},
    O.MANAGE_OFFICES: {S, A},
    O.SEE_JOBS: {P, M, C, S, A},
    O.SEE_AUDIT: {S, D, A},
    O.SEE_ACCESS_LOG: {D},
    O.ANSWER_DATA_REQUESTS: {D},
    O.SEE_BREACHES: {S, D},
    O.RECORD_BREACHES: {D},
}


def test_the_table_names_every_operation() -> None:
    assert set(WHO_MAY) == set(Operation)
    assert set(ALLOWED) == set(Role)


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("operation", list(Operation))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: Role, operation: Operation) -> None:
    user = User(username="x", role=role, is_active=True)
    assert may(user, operation) is (role in WHO_MAY[operation])


@pytest.mark.parametrize("operation", list(Operation))
def test_a_user_who_is_not_active_may_do_nothing(operation: Operation) -> None:
    assert not any(may(User(role=role, is_active=False), operation) for role in Role)


def test_a_partner_and_an_administrator_see_no_residents_data() -> None:
    for role in (Role.PARTNER, Role.ADMINISTRATOR, Role.DATA_PROTECTION):
        assert not ALLOWED[role] & {O.SEE_CARDS, O.SEE_PERSONAL_DATA, O.SERVE_COUNTER}


def test_only_a_supervisor_undoes() -> None:
    undoing = {O.UNDO_COURIER_FILES, O.UNDO_COLLECTION}
    assert [role for role, allowed in ALLOWED.items() if allowed & undoing] == [Role.SUPERVISOR]


@pytest.mark.django_db
def test_a_user_belongs_to_an_office_unless_an_administrator(registry: Office) -> None:
    for role in Role:
        if role is Role.ADMINISTRATOR:
            assert User.objects.create_user(username="admin", password=None, role=role).pk
            continue
        with pytest.raises(IntegrityError, match="user_belongs_to_an_office"), transaction.atomic():
            User.objects.create_user(username=role, password=None, role=role)
