"""Record access to personal data and take requests about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from privacy.models import AccessRecord, DataRequest

ANSWER_WITHIN = timedelta(hours=72)  # UU 27/2022 art. 30 and 32: three times 24 hours


def record_access(
    *, actor_id: int | None, action: str, subject_kind: str, subject_keys: Sequence[str], at: datetime
) -> None:
    """Write one record per subject that was seen."""
    AccessRecord.objects.bulk_create(
        [
            AccessRecord(actor_id=actor_id, action=action, subject_kind=subject_kind, subject_key=key, at=at)
            for key in subject_keys
        ],
        batch_size=2_000,
    )


def record_export(
    *, actor_id: int | None, subject_kind: str, subject_key: str, records: int, at: datetime
) -> None:
    """Write one record for a file that left with `records` persons' data."""
    AccessRecord.objects.create(
        actor_id=actor_id,
        action=AccessRecord.Action.EXPORT,
        subject_kind=subject_kind,
        subject_key=subject_key,
        records=records,
        at=at,
    )


def receive_data_request(
    *, kind: DataRequest.Kind, office_id: int, subject_key: str, text: str, at: datetime
) -> DataRequest:
    """Take a person's request; its clock starts now."""
    return DataRequest.objects.create(
        kind=kind,
        office_id=office_id,
        subject_key=subject_key,
        text=text,
        received_at=at,
        due_at=at + ANSWER_WITHIN,
    )


def answer_data_request(*, request_id: int, answer: str, actor_id: int, at: datetime) -> bool:
    """Write the answer to a request down; False when somebody has answered it already."""
    request = DataRequest.objects.filter(pk=request_id, answered_at__isnull=True)
    return request.update(answered_at=at, answered_by_id=actor_id, answer=answer) == 1
