"""What staff see and do about messages: how many are in which state, and another try for those that failed."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, QuerySet

from accounts.services import record
from delivery.messages.quiet_hours import next_allowed
from delivery.models import Message


def totals(rows: QuerySet[Message]) -> Mapping[str, int]:
    """Count messages by state; every state is named."""
    counted = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return {state.value: counted.get(state.value, 0) for state in Message.State}


def retry_failed(
    *, rows: QuerySet[Message], office_id: int, zone: str, actor_id: int | None, at: datetime
) -> int:
    """Let the failed ones among these messages wait to be sent again, with all tries anew; give how many there are.

    Who wants no messages any more, and what is no longer true, is left out when it would be sent.
    """
    with transaction.atomic():
        failed = Message.objects.filter(pk__in=rows.order_by().values("pk"), state=Message.State.FAILED)
        waiting = failed.update(
            state=Message.State.QUEUED,
            attempts=0,
            failure="",
            not_before=next_allowed(at, zone=ZoneInfo(zone)),
        )
        if waiting:
            record(
                actor_id=actor_id, office_id=office_id, operation="RETRY_MESSAGES", object_kind="messages",
                object_key=str(waiting), at=at, messages=waiting,
            )  # fmt: skip
    return waiting
