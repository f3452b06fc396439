"""The registry's handover policy: read, checked, changed by one person at a time, and every change in the audit."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.services import record
from delivery.counter import Collector
from delivery.models import Collection
from delivery.refusals import Code, DeliveryRefused
from offices.models import HandoverPolicy, Office
from offices.services import lock_offices, policy_of

# From a number of the policy to its smallest and largest value.
LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "hold_days": (1, 365),
    "slot_minutes": (5, 480),
    "offer_minutes": (1, 10_080),
    "silent_after_days": (1, 250),
    "label_file_days": (1, 90),
    "items_per_shipment": (1, 100_000),
    "items_per_bag": (1, 10_000),
    "items_per_day": (1, 1_000_000),
}
MOST_REMINDERS: Final = 5
_VERSION_LENGTH: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerms:
    """A registry's policy as a whole.

    `documents` gives each collector's lists of papers: of every list one must be shown. `items_per_day` None: as many
    as there are.
    """

    collectors: tuple[str, ...]
    documents: Mapping[str, tuple[tuple[str, ...], ...]]
    old_card_required: bool
    hold_days: int
    reminder_days: tuple[int, ...]
    slot_minutes: int
    offer_minutes: int
    silent_after_days: int
    label_file_days: int
    items_per_shipment: int
    items_per_bag: int
    items_per_day: int | None

    @property
    def version(self) -> str:
        """Name these very terms, so that whoever changes them can say which terms they saw."""
        written = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:_VERSION_LENGTH]


def terms_of(*, registry: Office) -> PolicyTerms:
    """Give the policy of a registry office; the product's own where none is written."""
    policy = policy_of(office=registry)
    return PolicyTerms(
        collectors=tuple(policy.collectors),
        documents={
            each.value: tuple(tuple(one_of) for one_of in policy.documents.get(each, ())) for each in Collector
        },
        reminder_days=tuple(policy.reminder_days),
        **{
            name: getattr(policy, name)
            for name in PolicyTerms.__dataclass_fields__
            if name not in ("collectors", "documents", "reminder_days")
        },
    )  # fmt: skip


def set_policy(
    *, registry_id: int, terms: PolicyTerms, seen: str, actor_id: int | None, at: datetime
) -> list[str]:
    """Write a registry's policy; give the names of what has changed, which the audit holds with before and after.

    `seen` is the version of the terms that were changed. Raises POLICY_CHANGED when they are no longer the terms,
    POLICY_OUT_OF_RANGE, POLICY_WITHOUT_HOLDER, POLICY_CODE_UNKNOWN, POLICY_PAPERS_MISSING, POLICY_REMINDERS,
    POLICY_BAG_TOO_LARGE; then nothing is written.
    """
    _check(terms)
    with transaction.atomic():
        lock_offices(office_ids=[registry_id])
        registry = Office.objects.get(pk=registry_id, kind=Office.Kind.REGISTRY)
        before = terms_of(registry=registry)
        if before.version != seen:
            raise DeliveryRefused(Code.POLICY_CHANGED)
        old, new = asdict(before), asdict(terms)
        changed = [name for name in new if old[name] != new[name]]
        if not changed:
            return []
        HandoverPolicy.objects.update_or_create(office_id=registry_id, defaults=new)
        record(
            actor_id=actor_id,
            office_id=registry_id,
            operation="SET_POLICY",
            object_kind="policy",
            object_key=registry.code,
            at=at,
            **{name: {"before": old[name], "after": new[name]} for name in changed},
        )
    return changed


def _check(terms: PolicyTerms) -> None:
    for name, (least, most) in LIMITS.items():
        value = getattr(terms, name)
        if value is not None and not least <= value <= most:
            raise DeliveryRefused(Code.POLICY_OUT_OF_RANGE, value=value, least=least, most=most)
    if terms.items_per_bag > terms.items_per_shipment:
        raise DeliveryRefused(Code.POLICY_BAG_TOO_LARGE)
    days = terms.reminder_days
    in_order = list(days) == sorted(set(days)) and len(days) <= MOST_REMINDERS
    if not in_order or not all(0 < day < terms.hold_days for day in days):
        raise DeliveryRefused(Code.POLICY_REMINDERS, most=MOST_REMINDERS, days=terms.hold_days)
    _check_papers(terms)


def _check_papers(terms: PolicyTerms) -> None:
    if Collector.HOLDER not in terms.collectors:
        raise DeliveryRefused(Code.POLICY_WITHOUT_HOLDER)
    named: set[str] = {*terms.collectors, *terms.documents}
    papers = {paper for lists in terms.documents.values() for one_of in lists for paper in one_of}
    for code in sorted(named - set(Collector)) + sorted(papers - set(Collection.Document.values)):
        raise DeliveryRefused(Code.POLICY_CODE_UNKNOWN, value=code)
    for collector in terms.collectors:
        lists = terms.documents.get(collector, ())
        if not lists or not all(lists):
            raise DeliveryRefused(Code.POLICY_PAPERS_MISSING, relation=collector)
