"""Record who did what."""

from datetime import datetime
from typing import Any

from accounts.models import AuditEntry


def record(
    *,
    actor_id: int | None,
    office_id: int | None,
    operation: str,
    object_kind: str,
    object_key: str,
    at: datetime,
    **details: Any,
) -> None:
    """Append one audit entry. `details` are counts, codes and numbers of things, never personal data."""
    AuditEntry.objects.create(
        actor_id=actor_id,
        office_id=office_id,
        operation=operation,
        object_kind=object_kind,
        object_key=object_key,
        details=details,
        at=at,
    )
