"""The registry's policy is checked as a whole, changed by one person at a time, and every change is in the audit."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuditEntry, User
from delivery.policies import PolicyTerms, set_policy, terms_of
from delivery.refusals import Code, DeliveryRefused
from offices.models import HandoverPolicy, Office
from offices.services import policy_of
from tests.delivery.crowds import at_once, crowd, told
from tests.delivery.shelving import SERVED_AT

pytestmark = pytest.mark.django_db


def write(registry: Office, terms: PolicyTerms, *, seen: str, actor: User | None = None) -> list[str]:
    actor_id = actor.pk if actor is not None else None
    return set_policy(registry_id=registry.pk, terms=terms, seen=seen, actor_id=actor_id, at=SERVED_AT)


def change(registry: Office, actor: User | None = None, **changes: Any) -> list[str]:
    terms = terms_of(registry=registry)
    return write(registry, replace(terms, **changes), seen=terms.version, actor=actor)


def test_a_change_holds_at_the_registrys_counters_and_stands_in_the_audit(
    registry: Office, counter: Office, supervisor: User
) -> None:
    assert change(registry, supervisor, hold_days=21, reminder_days=(5, 10)) == ["hold_days", "reminder_days"]
    policy = policy_of(office=counter)
    assert (policy.hold_days, policy.reminder_days) == (21, [5, 10])
    entry = AuditEntry.objects.get(operation="SET_POLICY")
    assert (entry.actor, entry.object_key) == (supervisor, registry.code)
    assert entry.details == {
        "hold_days": {"before": 30, "after": 21},
        "reminder_days": {"before": [7, 14], "after": [5, 10]},
    }


def test_a_change_that_changes_nothing_writes_nothing(registry: Office) -> None:
    assert change(registry) == []
    assert not HandoverPolicy.objects.exists()
    assert not AuditEntry.objects.exists()


def test_who_saw_other_terms_changes_nothing(registry: Office) -> None:
    terms = terms_of(registry=registry)
    change(registry, old_card_required=False)
    with pytest.raises(DeliveryRefused) as refused:
        write(registry, replace(terms, hold_days=20), seen=terms.version)
    assert refused.value.code is Code.POLICY_CHANGED
    assert HandoverPolicy.objects.get().hold_days == 30


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hold_days": 0}, Code.POLICY_OUT_OF_RANGE),
        ({"slot_minutes": 481}, Code.POLICY_OUT_OF_RANGE),
        ({"items_per_day": 0}, Code.POLICY_OUT_OF_RANGE),
        ({"items_per_bag": 2_001}, Code.POLICY_BAG_TOO_LARGE),
        ({"reminder_days": (14, 7)}, Code.POLICY_REMINDERS),
        ({"reminder_days": (7, 7)}, Code.POLICY_REMINDERS),
        ({"reminder_days": (30,)}, Code.POLICY_REMINDERS),
        ({"reminder_days": (1, 2, 3, 4, 5, 6)}, Code.POLICY_REMINDERS),
        ({"collectors": ("SAME_FAMILY_CARD",)}, Code.POLICY_WITHOUT_HOLDER),
        ({"collectors": ("HOLDER", "NEIGHBOUR")}, Code.POLICY_CODE_UNKNOWN),
        ({"documents": {"HOLDER": (("SELFIE",),)}}, Code.POLICY_CODE_UNKNOWN),
        ({"documents": {"HOLDER": ()}}, Code.POLICY_PAPERS_MISSING),
        ({"documents": {"HOLDER": (("OLD_CARD",), ())}}, Code.POLICY_PAPERS_MISSING),
    ],
)
def test_terms_that_make_no_sense_are_refused(registry: Office, changes: dict[str, Any], code: Code) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        change(registry, **{"collectors": ("HOLDER",), **changes})
    assert refused.value.code is code
    assert not HandoverPolicy.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_changes_at_once_from_the_same_terms_one_is_written(registry: Office, tmp_path: Path) -> None:
    terms = terms_of(registry=registry)
    calls = [
        partial(write, registry, replace(terms, hold_days=days), seen=terms.version) for days in range(20, 24)
    ]
    with crowd(tmp_path):
        assert sorted(at_once(calls, workers=4)) == ["POLICY_CHANGED"] * 3 + ["ok"]
        assert told(AuditEntry.objects.filter(operation="SET_POLICY").count) == 1
