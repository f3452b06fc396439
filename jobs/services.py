"""Queue, claim, run, cancel and take up again long work.

A handler is registered once for a kind of job, and must be safe to repeat: a killed worker's job runs again from its
beginning and has to end with the same rows.
"""

import errno
import logging
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, close_old_connections, models, transaction
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django_tasks import task

from jobs.models import Job, JobState

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
# A job that waits longer is sent once more: should the engine have it twice, the second worker finds nothing to do.
SEND_AGAIN_AFTER = timedelta(minutes=5)
# Five tries outlast a database that is away for some three minutes; at most a quarter more keeps jobs from
# coming back all at once.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=5)
_JITTER = 0.25
# A job is given up when it ends at the same place again and again, not when it comes further each time.
_CAME_FURTHER = Q(done__gt=F("furthest"), reading=False)  # what was only read is read again
_MAY_BE_TRIED = Q(attempts__lt=F("max_attempts")) | _CAME_FURTHER


class JobCancelled(Exception):
    """Raised inside a handler at its next step after somebody cancelled the job."""


class LeaseLost(Exception):
    """Another worker has taken the job up; this one must stop writing."""


class JobRefused(Exception):
    """A handler ends the job with a message for people; no retry would help."""


# What hears how far a job is: rows done, rows in all where that is known, and whether they are only read.
Listener = Callable[[int, int | None, bool], None]


def _hear_nothing(_done: int, _total: int | None, _reading: bool) -> None:
    """Progress that nobody asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a handler holds while it works: its input, and the way to tell how far it is.

    `kept` is the result of an earlier try that had done its work, and was killed before its job ended. `here` is a job
    that no worker does: a person waits for it at a terminal, where `listener` shows how far it is.
    """

    job_id: uuid.UUID
    lease_token: uuid.UUID
    input: Mapping[str, Any]
    kept: Mapping[str, Any] = field(default_factory=dict)
    here: bool = False
    listener: Listener = _hear_nothing

    def advance(self, *, done: int, total: int | None = None, reading: bool = False) -> None:
        """Write progress and renew the lease. Raises JobCancelled or LeaseLost."""
        self.listener(done, total, reading)
        changes: dict[str, Any] = {"done": done, "reading": reading, "lease_until": timezone.now() + LEASE}
        if total is not None:
            changes["total"] = total
        mine = Job.objects.filter(pk=self.job_id, lease_token=self.lease_token, state=JobState.RUNNING)
        if mine.filter(cancel_requested=False).update(**changes) == 1:
            return
        raise JobCancelled if mine.exists() else LeaseLost

    def keep(self, result: Mapping[str, Any]) -> None:
        """Write the result in the transaction that ends the work, for whichever try ends the job. Raises LeaseLost."""
        mine = Job.objects.filter(pk=self.job_id, lease_token=self.lease_token, state=JobState.RUNNING)
        if not mine.update(result=dict(result)):
            raise LeaseLost

    def tell(self, done: int, total: int | None = None) -> None:
        """Do what `advance` does, for services that report how far they are."""
        self.advance(done=done, total=total)

    def tell_read(self, row: int, last_row: int | None) -> None:
        """Do the same while a sheet is read: the row that this has come to, and the last one, where it is known."""
        self.advance(done=row, total=last_row or 0, reading=True)


Handler = Callable[[Progress], Mapping[str, Any]]
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does a kind of job."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def enqueue(
    *, kind: str, input: Mapping[str, Any], owner_id: int | None, office_id: int | None, total: int = 0,
    here: bool = False,
) -> Job:  # fmt: skip
    """Write a job and hand it to the task engine when the transaction commits.

    With `here` the engine does not get it: the caller does it by `run_here`. Should the caller die before, the reaper
    sends it like any that the engine has lost.
    """
    if kind not in _handlers:
        raise LookupError(f"No handler does jobs of kind {kind!r}.")
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            input=dict(input),
            owner_id=owner_id,
            office_id=office_id,
            total=total,
            created_at=timezone.now(),
        )
        if not here:
            _send(job.pk)
    return job


def _send(job_id: uuid.UUID, *, run_after: datetime | None = None) -> None:
    task = run_job_task if run_after is None else run_job_task.using(run_after=run_after)
    transaction.on_commit(partial(task.enqueue, str(job_id)))


@task()
def run_job_task(job_id: str) -> None:
    """What the task engine calls."""
    run_job(uuid.UUID(job_id))


def run_job(job_id: uuid.UUID) -> None:
    """Claim the job by compare-and-set and do it; do nothing when another holds it, it has ended or is to wait."""
    token = uuid.uuid4()
    if not _claim(job_id, token):
        return
    job = Job.objects.get(pk=job_id)
    progress = Progress(job_id=job_id, lease_token=token, input=job.input, kept=job.result)
    try:
        result = _handlers[job.kind](progress)
    except LeaseLost:
        logger.warning("job %s was taken up by another worker", job_id)
    except JobCancelled:
        _end(job_id, token, state=JobState.CANCELLED)
    except JobRefused as refusal:
        _end(job_id, token, state=JobState.FAILED, error=str(refusal)[:400])
    except Exception as error:
        logger.exception("job %s failed", job_id)
        _retry_or_fail(job_id, token, error)
    else:
        _end(job_id, token, state=JobState.SUCCEEDED, result=dict(result))


def run_here(job_id: uuid.UUID, *, listener: Listener = _hear_nothing) -> Mapping[str, Any]:
    """Do a job in this process instead of a worker's and give its result; everybody sees it as running meanwhile.

    Raises LeaseLost when somebody else holds it, and what its handler raises, which ends it: whoever waits at the
    terminal says whether it is tried again. When this process is killed, a worker takes the job up.
    """
    token = uuid.uuid4()
    if not _claim(job_id, token):
        raise LeaseLost
    job = Job.objects.get(pk=job_id)
    progress = Progress(
        job_id=job_id, lease_token=token, input=job.input, kept=job.result, here=True, listener=listener
    )
    try:
        result = dict(_handlers[job.kind](progress))
    except LeaseLost:
        raise
    except (JobCancelled, KeyboardInterrupt):
        _end(job_id, token, state=JobState.CANCELLED)
        raise
    except JobRefused as refusal:
        _end(job_id, token, state=JobState.FAILED, error=str(refusal)[:400])
        raise
    except Exception as error:
        _end(job_id, token, state=JobState.FAILED, error=_reason_of(error))
        raise
    _end(job_id, token, state=JobState.SUCCEEDED, result=result)
    return result


def _claim(job_id: uuid.UUID, token: uuid.UUID) -> bool:
    now = timezone.now()
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    free = Q(state=JobState.QUEUED) & due | Q(state=JobState.RUNNING, lease_until__lt=now)
    claimed = Job.objects.filter(free, _MAY_BE_TRIED, pk=job_id).update(
        state=JobState.RUNNING,
        lease_token=token,
        lease_until=now + LEASE,
        attempts=Case(When(_CAME_FURTHER, then=1), default=F("attempts") + 1),
        furthest=Case(When(_CAME_FURTHER, then=F("done")), default=F("furthest")),
        not_before=None,
        started_at=now,
        done=0,
        reading=False,
        error="",
    )
    return claimed == 1


def is_held(job: Job) -> bool:
    """Say whether a process works on the job and has told of it within its lease."""
    now = timezone.now()
    return job.state == JobState.RUNNING and job.lease_until is not None and job.lease_until >= now


def _end(job_id: uuid.UUID, token: uuid.UUID, **changes: Any) -> None:
    Job.objects.filter(pk=job_id, lease_token=token, state=JobState.RUNNING).update(
        finished_at=timezone.now(), **changes
    )


def _retry_or_fail(job_id: uuid.UUID, token: uuid.UUID, error: Exception) -> None:
    held = Job.objects.filter(pk=job_id, lease_token=token, state=JobState.RUNNING)
    if isinstance(error, DatabaseError):
        close_old_connections()  # this one may be cut
    reason = _reason_of(error)
    with transaction.atomic():
        if held.filter(cancel_requested=True).exists():
            _end(job_id, token, state=JobState.CANCELLED)
            return
        job = held.filter(_MAY_BE_TRIED).first()
        if job is None:
            _end(job_id, token, state=JobState.FAILED, error=reason)
            return
        came_further = not job.reading and job.done > job.furthest
        again_at = timezone.now() + pause_after(tries=1 if came_further else job.attempts)
        if held.update(
            state=JobState.QUEUED, lease_token=None, lease_until=None, error=reason, not_before=again_at,
            sent_at=again_at,
        ):  # fmt: skip
            _send(job_id, run_after=again_at)


def pause_after(*, tries: int) -> timedelta:
    """Give how long a job waits that has failed so many times (1 at least) at the same place."""
    pause = min(FIRST_PAUSE * int(2 ** (tries - 1)), LONGEST_PAUSE)
    return pause * (1 + random.uniform(0, _JITTER))  # noqa: S311 - it spreads, it guards nothing


def try_now(*, job_id: uuid.UUID) -> bool:
    """Send a job that waits for its next try without waiting; say whether there was one."""
    now = timezone.now()
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job_id, state=JobState.QUEUED, not_before__gt=now)
        if not waiting.update(not_before=None, sent_at=now):
            return False
        _send(job_id)
    return True


def _reason_of(error: Exception) -> str:
    """Give a code that the doors have words for, or the fault's name for those who read the log."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "DISK_FULL"
    if isinstance(error, DatabaseError):
        return "DATABASE_FAULT"
    return type(error).__name__[:400]


def cancel(*, job_id: uuid.UUID) -> bool:
    """Cancel a waiting job at once and a running one at its next step; say whether there was one to cancel."""
    now = timezone.now()
    waiting = Job.objects.filter(pk=job_id, state=JobState.QUEUED)
    if waiting.update(state=JobState.CANCELLED, finished_at=now, cancel_requested=True):
        return True
    return Job.objects.filter(pk=job_id, state=JobState.RUNNING).update(cancel_requested=True) == 1


def reap() -> int:
    """Send again what dead workers held and what the engine may have lost, end what was tried too often; count them."""
    return _reap_dead() + _send_lost()


def _send_lost() -> int:
    now = timezone.now()
    lost = Job.objects.filter(state=JobState.QUEUED, sent_at__lt=now - SEND_AGAIN_AFTER)
    sent = 0
    with transaction.atomic():
        for job_id in list(lost.values_list("pk", flat=True)):
            if lost.filter(pk=job_id).update(sent_at=now):
                _send(job_id)
                sent += 1
    return sent


def _reap_dead() -> int:
    dead = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=timezone.now())
    with transaction.atomic():
        ended = dead.exclude(_MAY_BE_TRIED).update(
            state=JobState.FAILED, finished_at=timezone.now(), error="WORKER_DIED"
        )
        again: models.QuerySet[Job, uuid.UUID] = dead.filter(_MAY_BE_TRIED).values_list("pk", flat=True)
        job_ids = list(again)
        Job.objects.filter(pk__in=job_ids, state=JobState.RUNNING, lease_until__lt=timezone.now()).update(
            state=JobState.QUEUED, lease_token=None, lease_until=None, sent_at=timezone.now()
        )
        for job_id in job_ids:
            _send(job_id)
    return ended + len(job_ids)
