"""Forget uploads that waited in vain for a person, and files that nothing names: they may hold personal columns."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import PurePosixPath
from typing import Final

from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Q

from accounts.services import record
from delivery.courier_files.uploading import is_in_work
from delivery.models import CourierFile
from spreadsheets.faults import SheetFault

# A file in the making is named by its row within seconds, and within minutes where the disk is slow.
UNNAMED_AFTER: Final = timedelta(hours=6)
_FOLDER: Final = str(CourierFile._meta.get_field("file").upload_to)
_NAMES_AT_ONCE: Final = 500
_WAITS = (CourierFile.State.WAITING, CourierFile.State.REFUSED, CourierFile.State.UNDONE)


def forget_courier_uploads(*, before: datetime, at: datetime) -> int:
    """Delete uploads that came before a time and that no job works on; give how many.

    They waited for somebody to say what their columns hold, or their job was cancelled. A file that was never read to
    its end is refused from then on; a refused one keeps its reason.
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
        if courier_file.state != CourierFile.State.REFUSED:
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


def forget_unnamed_files(*, at: datetime) -> int:
    """Delete files of the uploads' folder that no status file names since `UNNAMED_AFTER`; give how many.

    A worker that is killed after its last step, and before it deletes the upload, leaves one.
    """
    storage = CourierFile._meta.get_field("file").storage
    forgotten = 0
    for names in _old_names(storage, before=at - UNNAMED_AFTER):
        named = CourierFile.objects.filter(Q(file__in=names) | Q(result__in=names)).values_list(
            "file", "result"
        )
        for name in names.difference(*named):
            storage.delete(name)
            forgotten += 1
    if forgotten:
        record(
            actor_id=None, office_id=None, operation="FORGET_UPLOADS", object_kind="courier_file", object_key="",
            at=at, files=forgotten,
        )  # fmt: skip
    return forgotten


def _old_names(storage: Storage, *, before: datetime) -> Iterator[set[str]]:
    """Give the names of files that were last written before a time, some at once."""
    if not storage.exists(_FOLDER):
        return
    _folders, files = storage.listdir(_FOLDER)
    names = (str(PurePosixPath(_FOLDER) / file) for file in sorted(files))
    old = (name for name in names if _is_older(storage, name, before))
    while some := set(islice(old, _NAMES_AT_ONCE)):
        yield some


def _is_older(storage: Storage, name: str, before: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < before
    except FileNotFoundError:  # somebody else has deleted it meanwhile
        return False
