"""What follows when a card could not be delivered or was not collected: each office's own word, or its registry's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from offices.models import FollowUp, Office
from offices.services import policy_of

DEFAULT_FOLLOWS = FollowUp.Follows.COUNTER.value
DEFAULT_AFTER_HOLD = FollowUp.AfterHold.VILLAGE.value


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRule:
    """The rule of one office, complete. Without `attempts` and `days` nothing is sent again before `follows`."""

    attempts: int | None
    days: int | None
    follows: str
    hold_days: int
    after_hold: str

    def owes_another_attempt(self, *, attempts: int, days: int) -> bool:
        """Say whether a card that came back after so many attempts and days is to be sent again first."""
        if self.attempts is None and self.days is None:
            return False
        too_often = self.attempts is not None and attempts >= self.attempts
        too_late = self.days is not None and days >= self.days
        return not too_often and not too_late


def rules_of(*, offices: Iterable[Office]) -> Mapping[int, FollowUpRule]:
    """Give the rule of each office by its key; two statements for any number of offices of one registry."""
    wanted = list(offices)
    registries = {office.registry_id for office in wanted}
    rows = {
        row.office_id: row
        for row in FollowUp.objects.filter(office_id__in={office.pk for office in wanted} | registries)
    }
    holds = {
        registry_id: policy_of(office=next(o for o in wanted if o.registry_id == registry_id)).hold_days
        for registry_id in registries
    }
    nothing = FollowUp()
    return {
        office.pk: _rule(
            rows.get(office.pk, nothing),
            rows.get(office.registry_id, nothing),
            holds[office.registry_id],
        )
        for office in wanted
    }


def rule_of(*, office: Office) -> FollowUpRule:
    """Give the rule of one office."""
    return rules_of(offices=[office])[office.pk]


def _rule(own: FollowUp, registry: FollowUp, hold_days: int) -> FollowUpRule:
    # the two limits belong together: an office that writes one of them means both
    limits = own if own.attempts is not None or own.days is not None else registry
    return FollowUpRule(
        attempts=limits.attempts,
        days=limits.days,
        follows=own.follows or registry.follows or DEFAULT_FOLLOWS,
        hold_days=own.hold_days or registry.hold_days or hold_days,
        after_hold=own.after_hold or registry.after_hold or DEFAULT_AFTER_HOLD,
    )


def write_follow_up(
    *,
    office_id: int,
    attempts: int | None,
    days: int | None,
    follows: str,
    hold_days: int | None,
    after_hold: str,
) -> FollowUp:
    """Write an office's rule; what is left empty the registry office says."""
    row, _is_new = FollowUp.objects.update_or_create(
        office_id=office_id,
        defaults={
            "attempts": attempts,
            "days": days,
            "follows": follows,
            "hold_days": hold_days,
            "after_hold": after_hold,
        },
    )
    return row
