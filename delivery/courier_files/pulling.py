"""Fetch the news of items that still move from the courier's tracking API; its rows go the way of a file's rows."""

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts.services import record
from delivery import bulk
from delivery.courier_files.progress import OnProgress, tell_nobody
from delivery.courier_files.rows import COLUMNS
from delivery.courier_files.tracking_api import (
    FIELDS,
    Pulled,
    Puller,
    PullMisconfigured,
    TrackedRow,
    TrackingApi,
    check,
)
from delivery.courier_files.uploading import upload
from delivery.models import CourierFile
from delivery.refusals import Code, DeliveryRefused
from delivery.status import COMING_BACK, WITH_THE_POST
from jobs import services as jobs
from jobs.models import Job
from offices.models import Office
from spreadsheets.writing import Column, write_csv

PULL_JOB = "courier.pull"
# An API that is down is not asked for all of its numbers.
FAILURES_IN_A_ROW = 3
# Those first of which nothing was heard for longest.
_MOVING = """
SELECT i.number FROM delivery_delivery d
JOIN shipments_item i ON i.id = d.item_id AND i.live = TRUE JOIN shipments_shipment s ON s.id = i.shipment_id
WHERE s.office_id = %s AND i.number IS NOT NULL AND i.number <> '' AND {among}
ORDER BY d.last_event_at, i.id LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullReport:
    """What one round did. `courier_file` is where the rows went; None when nothing was answered."""

    asked: int
    rows: int
    unanswered: int
    foreign: int
    courier_file: CourierFile | None


def is_set_up() -> bool:
    """Say whether the operator has set a tracking API up."""
    return bool(settings.COURIER_PULL_URL)


def start_pull(*, office: Office, actor_id: int | None, here: bool = False) -> Job:
    """Let a worker, or `here` the caller, fetch the news of a registry's moving items.

    Refuses when it is off, and a second one meanwhile; the caller gets the one that waits, or whose worker has died.
    """
    _api()
    _check(office)
    with transaction.atomic():
        # two people at once: the office's row lets one after the other look
        Office.objects.select_for_update(no_key=True).get(pk=office.pk)
        open_jobs = Job.objects.filter(kind=PULL_JOB, office_id=office.pk, finished_at__isnull=True)
        if (already := open_jobs.first()) is not None:
            if here and not jobs.is_held(already):
                return already
            raise DeliveryRefused(Code.PULL_IN_WORK)
        return jobs.enqueue(
            kind=PULL_JOB,
            input={"office": office.pk, "actor": actor_id},
            owner_id=actor_id,
            office_id=office.pk,
            here=here,
        )


def pull(
    *, office: Office, actor_id: int | None, at: datetime, api: TrackingApi | None = None, enqueue: bool = True,
    here: bool = False, on_progress: OnProgress | None = None,
) -> PullReport:  # fmt: skip
    """Ask about a registry's items that still move, and give the answers to a worker as a status file to apply.

    With `here` the file's job is for the caller to run. So every row ends in one outcome, unknown texts wait for their
    meaning, and the whole can be undone. It is applied whatever the office is set to: that is about files that somebody
    sends. A round that is killed is simply done again. Refuses when it is off, wrongly set up, or not for a registry.
    """
    asked_of = api or _api()
    _check(office)
    numbers = moving_numbers(office_id=office.pk, most=settings.COURIER_PULL_MOST)
    pulled = _ask(asked_of, numbers, on_progress or tell_nobody)
    courier_file = None
    with transaction.atomic():
        if pulled.rows:
            courier_file = _as_file(
                pulled.rows, office=office, actor_id=actor_id, at=at, enqueue=enqueue, here=here
            )
        record(
            actor_id=actor_id, office_id=office.pk, operation="PULL_STATUS", object_kind="courier_file",
            object_key=str(courier_file.pk) if courier_file else "", at=at, asked=len(numbers),
            rows=len(pulled.rows), unanswered=pulled.unanswered, foreign=pulled.foreign,
        )  # fmt: skip
    return PullReport(
        asked=len(numbers), rows=len(pulled.rows), unanswered=pulled.unanswered, foreign=pulled.foreign,
        courier_file=courier_file,
    )  # fmt: skip


def _ask(api: TrackingApi, numbers: Sequence[str], tell: OnProgress) -> Pulled:
    """Ask batch by batch, and tell all the while how far this is: a server may let us wait longer than a lease."""
    pulled, failures, done = Pulled(), 0, 0
    with Puller(api, on_wait=lambda: tell(done, len(numbers))) as puller:
        while done < len(numbers):
            if failures >= FAILURES_IN_A_ROW:
                pulled.unanswered += len(numbers) - done
                break
            batch = numbers[done : done + api.batch]
            failures = 0 if puller.ask(batch, pulled) else failures + 1
            done += len(batch)
    tell(done, len(numbers))  # what was overtaken must not upload what its successor fetches
    return pulled


def moving_numbers(*, office_id: int, most: int) -> list[str]:
    """Give the post's numbers of a registry's items that the post has not ended, the longest silent first."""
    moving = [status.value for status in WITH_THE_POST | COMING_BACK]
    query = _MOVING.format(among=bulk.among("d.status", "text"))
    return [number for (number,) in bulk.select(query, [office_id, bulk.listed(moving), most])]


def _api() -> TrackingApi:
    if not is_set_up():
        raise DeliveryRefused(Code.PULL_OFF)
    api = TrackingApi(
        url=settings.COURIER_PULL_URL,
        token=settings.COURIER_PULL_TOKEN,
        asked=settings.COURIER_PULL_ASKED,
        rows=settings.COURIER_PULL_ROWS,
        fields=settings.COURIER_PULL_FIELDS,
        batch=max(1, settings.COURIER_PULL_BATCH),
        per_second=settings.COURIER_PULL_PER_SECOND,
    )
    try:
        check(api)
    except PullMisconfigured as error:
        raise DeliveryRefused(Code.PULL_MISCONFIGURED) from error
    return api


def _check(office: Office) -> None:
    if office.kind != Office.Kind.REGISTRY:
        raise DeliveryRefused(Code.OFFICE_SENDS_NO_STATUS_FILES, office=office.code)


def _as_file(
    rows: list[TrackedRow], *, office: Office, actor_id: int | None, at: datetime, enqueue: bool, here: bool
) -> CourierFile:
    local = at.astimezone(ZoneInfo(office.time_zone))
    columns = [Column(COLUMNS[name][0]) for name in FIELDS]
    with tempfile.TemporaryFile() as output:
        write_csv(
            cast(BinaryIO, output),
            columns=columns,
            rows=((r.number, r.status, r.remark, r.date, r.place) for r in rows),
        )
        output.seek(0, io.SEEK_SET)
        return upload(
            file=output, name=f"pull-{local:%Y%m%d-%H%M}.csv", office_id=office.pk, actor_id=actor_id, at=at,
            enqueue=enqueue, here=here, apply=True,
        )  # fmt: skip
