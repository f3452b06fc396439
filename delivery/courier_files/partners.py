"""Which offices' status files are applied without a person."""

from datetime import datetime

from django.db import transaction

from accounts.services import record
from delivery.refusals import Code, DeliveryRefused
from offices.models import Office
from offices.services import set_applies_status_files

SENDERS = (Office.Kind.REGISTRY, Office.Kind.POST_OFFICE)


def let_apply(*, office: Office, applies: bool, actor_id: int | None, at: datetime) -> bool:
    """Say whether an office's files are applied at once where the sender does not ask for a check first.

    Give whether this changed anything. Refuses an office that sends no status files.
    """
    if office.kind not in SENDERS:
        raise DeliveryRefused(Code.OFFICE_SENDS_NO_STATUS_FILES, office=office.code)
    with transaction.atomic():
        changed = set_applies_status_files(office_id=office.pk, applies=applies)
        if changed:
            record(
                actor_id=actor_id, office_id=office.pk, operation="SET_STATUS_FILES_APPLIED", object_kind="office",
                object_key=office.code, at=at, applies=applies,
            )  # fmt: skip
    return changed
