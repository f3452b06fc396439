"""Take a status file in and let a worker check or apply it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from django.core.files import File
from django.db import transaction

from accounts.services import record
from delivery.courier_files.partners import SENDERS
from delivery.couriers import COURIERS
from delivery.models import CourierFile
from delivery.refusals import Code, DeliveryRefused
from jobs import services as jobs
from offices.models import Office

FILE_JOB = "courier.file"
_PIECE = 1024 * 1024


def upload(
    *,
    path: str | Path | None = None,
    file: IO[bytes] | None = None,
    name: str,
    office_id: int,
    actor_id: int | None,
    at: datetime,
    enqueue: bool = True,
    here: bool = False,
    apply: bool | None = True,
    courier: str = "POS",
) -> CourierFile:
    """Keep a status file of a registry or post office, given as a path or an open file; its rows are not read yet.

    With `enqueue` a worker applies it or, with `apply=False`, says what it would do; with None, as the office is set.
    With `here` its job is for the caller to run (`jobs.services.run_here`). Refuses other offices.
    """
    office = _sender(office_id)
    if courier not in COURIERS:
        raise DeliveryRefused(Code.MEANING_UNKNOWN, value=courier, what="courier")
    with _opened(path, file) as source, transaction.atomic():
        courier_file = CourierFile(
            office=office, courier=courier, name=Path(name).name[:200], sha256=_sha256(source),
            uploaded_by_id=actor_id, uploaded_at=at,
        )  # fmt: skip
        source.seek(0)
        # The name on disk tells nothing and cannot lead anywhere.
        courier_file.file.save(f"{courier_file.pk}{Path(name).suffix.lower()[:6]}", File(source), save=False)
        courier_file.save(force_insert=True)
        record(
            actor_id=actor_id, office_id=office_id, operation="UPLOAD_COURIER_FILE", object_kind="courier_file",
            object_key=str(courier_file.pk), at=at,
        )  # fmt: skip
        if enqueue:
            applies = office.applies_status_files if apply is None else apply
            start(courier_file=courier_file, apply=applies, actor_id=actor_id, at=at, here=here)
    return courier_file


def start_here(*, path: str | Path, office_id: int, at: datetime) -> CourierFile:
    """Write the job by which the caller's process applies a file, and give the file: `run_here` does its job.

    Of the same content that a command was interrupted over, the work is taken up. Refuses what is only checked at
    this moment; a job that somebody else does cannot be run.
    """
    courier_file = _unfinished(path=path, office_id=office_id)
    if courier_file is None:
        name = Path(path).name
        return upload(path=path, name=name, office_id=office_id, actor_id=None, at=at, here=True)
    if not is_in_work(courier_file):
        start(courier_file=courier_file, apply=True, actor_id=None, at=at, here=True)
    elif courier_file.job is None or not courier_file.job.input.get("apply"):
        raise DeliveryRefused(Code.FILE_IN_WORK, name=courier_file.name)
    return courier_file


def _sender(office_id: int) -> Office:
    office = Office.objects.filter(pk=office_id).first()
    if office is None:
        raise DeliveryRefused(Code.OFFICE_UNKNOWN, office=office_id)
    if office.kind not in SENDERS:
        raise DeliveryRefused(Code.OFFICE_SENDS_NO_STATUS_FILES, office=office.code)
    return office


def start(
    *, courier_file: CourierFile, apply: bool, actor_id: int | None, at: datetime, here: bool = False
) -> None:
    """Let a worker, or `here` the caller, check or apply the file.

    Refuses a file that is applied, refused, in work, or not kept.
    """
    with transaction.atomic():
        courier_file.refresh_from_db(from_queryset=CourierFile.objects.select_for_update(of=("self",)))
        if courier_file.state == CourierFile.State.APPLIED:
            raise DeliveryRefused(Code.FILE_ALREADY_APPLIED, name=courier_file.name)
        if courier_file.state == CourierFile.State.REFUSED:
            raise DeliveryRefused(Code.FILE_REFUSED, name=courier_file.name)
        if is_in_work(courier_file):
            raise DeliveryRefused(Code.FILE_IN_WORK, name=courier_file.name)
        if not courier_file.file and not courier_file.result:
            raise DeliveryRefused(Code.FILE_NOT_KEPT, name=courier_file.name)
        courier_file.job = jobs.enqueue(
            kind=FILE_JOB,
            input={"courier_file": str(courier_file.pk), "apply": apply, "at": at.isoformat()},
            owner_id=actor_id,
            office_id=courier_file.office_id,
            here=here,
        )
        courier_file.save(update_fields=["job"])


def _unfinished(*, path: str | Path, office_id: int) -> CourierFile | None:
    """Give the office's upload of the same content that has not come to its end; None when there is none."""
    with open(path, "rb") as source:
        sha256 = _sha256(source)
    waiting = CourierFile.objects.filter(office_id=office_id, sha256=sha256, state=CourierFile.State.WAITING)
    return waiting.exclude(file="").select_related("job").order_by("-uploaded_at").first()


def is_in_work(courier_file: CourierFile) -> bool:
    """Say whether a job of this file waits or runs."""
    return courier_file.job is not None and courier_file.job.finished_at is None


def _sha256(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


@contextmanager
def _opened(path: str | Path | None, file: IO[bytes] | None) -> Iterator[IO[bytes]]:
    if (path is None) == (file is None):
        raise TypeError("upload() takes either a path or a file.")
    if file is not None:
        file.seek(0)
        yield file
    elif path is not None:
        with open(path, "rb") as opened:
            yield opened
