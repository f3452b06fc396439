"""The register of breaches: what happened to which data, and who was told when (UU 27/2022 art. 46)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from privacy.models import Breach

TELL_WITHIN = timedelta(hours=72)  # art. 46 (1): three times 24 hours
_TIMES = ("occurred_at", "noticed_at", "authority_notified_at", "people_notified_at")


class BreachFault(StrEnum):
    """Stable: why an entry is refused."""

    TIME_AHEAD = "TIME_AHEAD"
    NOTICED_TOO_EARLY = "NOTICED_TOO_EARLY"
    TOLD_TOO_EARLY = "TOLD_TOO_EARLY"


class BreachRefused(Exception):
    """An entry was refused and nothing has changed. `fault` says why, `field` where."""

    def __init__(self, fault: BreachFault, field: str) -> None:
        super().__init__(fault, field)
        self.fault = fault
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachFacts:
    """What a notice says by art. 46 (2): which data, when and how it came out, what is being done; and who was told."""

    what: str
    data_kinds: str
    measures: str
    people: int
    occurred_at: datetime | None
    noticed_at: datetime
    authority_notified_at: datetime | None
    people_notified_at: datetime | None


def record_breach(*, office_id: int, facts: BreachFacts, actor_id: int, at: datetime) -> Breach:
    """Enter a breach; its clock runs from the moment at which it was noticed. Raises BreachRefused."""
    _refuse(facts, at)
    return Breach.objects.create(
        office_id=office_id,
        due_at=facts.noticed_at + TELL_WITHIN,
        recorded_at=at,
        recorded_by_id=actor_id,
        **asdict(facts),
    )


def correct_breach(*, breach_id: int, facts: BreachFacts, at: datetime) -> list[str]:
    """Write down what is known now; give the names of the fields that changed. Raises BreachRefused."""
    _refuse(facts, at)
    with transaction.atomic():
        breach = Breach.objects.select_for_update(no_key=True).get(pk=breach_id)
        changed = [name for name, value in asdict(facts).items() if getattr(breach, name) != value]
        for name in changed:
            setattr(breach, name, getattr(facts, name))
        breach.due_at = facts.noticed_at + TELL_WITHIN
        breach.save()
    return changed


def _refuse(facts: BreachFacts, at: datetime) -> None:
    for name in _TIMES:
        time: datetime | None = getattr(facts, name)
        if time is not None and time > at:
            raise BreachRefused(BreachFault.TIME_AHEAD, name)
        if name.endswith("notified_at") and time is not None and time < facts.noticed_at:
            raise BreachRefused(BreachFault.TOLD_TOO_EARLY, name)
    if facts.occurred_at is not None and facts.occurred_at > facts.noticed_at:
        raise BreachRefused(BreachFault.NOTICED_TOO_EARLY, "noticed_at")
