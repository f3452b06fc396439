"""Forget uploads that waited in vain for a person: their personal columns are nobody's to keep."""

import uuid
from datetime import datetime

from django.db import transaction

from accounts.services import record
from delivery.courier_files.uploading import is_in_work
from delivery.models import CourierFile
from spreadsheets.faults import SheetFault

_WAITS = (CourierFile.State.WAITING, CourierFile.State.REFUSED)


def forget_courier_uploads(*, before: datetime, at: datetime) -> int:
    """Delete uploads that came before a time and that no job works on; give how many.

    They waited for somebody to say what their columns hold, or their job was cancelled. A file that was never read is
    refused from then on; a refused one keeps its reason.
    """
    found = CourierFile.objects.filter(state__in=_WAITS, uploaded_at__lt=before).exclude(file="")
    forgotten = 0
    for file_id in list(found.order_by("pk").values_list("pk", flat=True)):
        forgotten += _forget(file_id, at)
    return forgotten


def _forget(file_id: uuid.UUID, at: datetime) -> bool:
    with transaction.atomic():
        courier_file = CourierFile.objects.select_for_update().get(pk=file_id)
        if courier_file.state not in _WAITS or not courier_file.file or is_in_work(courier_file):
            return False
        storage, name = courier_file.file.storage, courier_file.file.name
        if courier_file.state == CourierFile.State.WAITING:
            courier_file.state = CourierFile.State.REFUSED
            courier_file.fault = {"code": SheetFault.EXPIRED.value, "params": {}}
        courier_file.file = ""
        courier_file.save(update_fields=["state", "fault", "file"])
        record(
            actor_id=None, office_id=courier_file.office_id, operation="FORGET_UPLOADS", object_kind="courier_file",
            object_key=str(courier_file.pk), at=at,
        )  # fmt: skip
        transaction.on_commit(lambda: storage.delete(name))
    return True
