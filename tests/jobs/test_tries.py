"""A job that fails waits longer each time, and is given up only when it ends at the same place again and again."""

import errno
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker

from jobs import services
from jobs.models import Job, JobState
from jobs.services import (
    FIRST_PAUSE,
    LEASE,
    LONGEST_PAUSE,
    SEND_AGAIN_AFTER,
    Progress,
    cancel,
    enqueue,
    handles,
    pause_after,
    reap,
    run_job,
    try_now,
)
from tests.jobs.conftest import Clock, Engine

KIND = "test.tries"
A_SECOND = timedelta(seconds=1)
Commit = Callable[..., Any]
Act = Callable[[Progress], None]


class Work:
    """What the handler does next; each try takes one, the last stays."""

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self.tries = 0

    def __call__(self, progress: Progress) -> Mapping[str, Any]:
        self.tries += 1
        if self.acts:
            (self.acts.pop(0) if len(self.acts) > 1 else self.acts[0])(progress)
        return {"tries": self.tries}


def failing_at(done: int) -> Act:
    def act(progress: Progress) -> None:
        progress.tell(done, 100)
        raise OSError(errno.ENOSPC, "no space")

    return act


def dying_at(done: int) -> Act:
    """Leave the job as a killed worker does: held, with a lease that nobody renews."""

    def act(progress: Progress) -> None:
        progress.tell(done, 100)
        raise _Killed

    return act


class _Killed(BaseException):
    """Nothing is written any more."""


@pytest.fixture
def work() -> Iterator[Work]:
    doing = Work()
    handles(KIND)(doing)
    yield doing
    services._handlers.pop(KIND)


@pytest.fixture
def job(
    db: None, work: Work, engine: Engine, clock: Clock, django_capture_on_commit_callbacks: Commit
) -> Job:
    with django_capture_on_commit_callbacks(execute=True):
        return enqueue(kind=KIND, input={}, owner_id=None, office_id=None)


def test_a_pause_doubles_and_has_an_end() -> None:
    shortest = [min(FIRST_PAUSE * 2**before, LONGEST_PAUSE) for before in range(12)]
    for _time in range(20):
        pauses = [pause_after(tries=tries) for tries in range(1, 13)]
        assert all(least <= pause <= least * 1.25 for least, pause in zip(shortest, pauses, strict=True))
    assert shortest[-1] == LONGEST_PAUSE
    assert len({pause_after(tries=1) for _time in range(20)}) > 1  # jobs do not come back all at once


def test_a_job_that_failed_is_sent_for_later_and_not_taken_before(
    job: Job, work: Work, engine: Engine, clock: Clock, django_capture_on_commit_callbacks: Commit
) -> None:
    work.acts = [failing_at(0), lambda _progress: None]
    with django_capture_on_commit_callbacks(execute=True):
        run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error, job.attempts) == (JobState.QUEUED, "DISK_FULL", 1)
    assert job.not_before is not None
    assert FIRST_PAUSE <= job.not_before - clock.now <= FIRST_PAUSE * 1.25
    assert engine.sent == [(str(job.pk), None), (str(job.pk), job.not_before)]
    clock.move(job.not_before - clock.now - A_SECOND)
    run_job(job.pk)
    assert work.tries == 1
    clock.move(A_SECOND)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    assert Job.objects.filter(not_before=None).exists()
    assert work.tries == 2


def test_five_tries_at_one_place_outlast_a_fault_of_three_minutes(job: Job, work: Work, clock: Clock) -> None:
    work.acts = [failing_at(0)]
    began, waits = clock.now, []
    while job.state == JobState.QUEUED:
        waits.append(clock.now)
        run_job(job.pk)
        job.refresh_from_db()
        clock.move((job.not_before or clock.now) - clock.now)
    assert (job.state, job.attempts, work.tries) == (JobState.FAILED, 5, 5)
    assert all(2 * (b - a) * 0.8 <= c - b for (a, b), (_b, c) in pairwise(pairwise(waits)))
    assert timedelta(minutes=3) < waits[-1] - began < timedelta(minutes=6)


def test_the_search_for_lost_jobs_leaves_a_pause_alone(
    job: Job, work: Work, engine: Engine, clock: Clock, django_capture_on_commit_callbacks: Commit
) -> None:
    work.acts = [failing_at(0)]
    run_job(job.pk)
    job.refresh_from_db()
    assert job.not_before is not None
    for moment, found in (
        (job.not_before, 0),
        (job.not_before + SEND_AGAIN_AFTER - A_SECOND, 0),
        (job.not_before + SEND_AGAIN_AFTER + A_SECOND, 1),
    ):
        clock.now = moment
        with django_capture_on_commit_callbacks(execute=True):
            assert reap() == found
    assert engine.sent == [(str(job.pk), None)] * 2


def test_a_person_may_have_it_tried_at_once(
    job: Job, work: Work, engine: Engine, django_capture_on_commit_callbacks: Commit
) -> None:
    assert not try_now(job_id=job.pk)  # it waits for no try
    work.acts = [failing_at(0), lambda _progress: None]
    run_job(job.pk)
    with django_capture_on_commit_callbacks(execute=True):
        assert try_now(job_id=job.pk)
        assert not try_now(job_id=job.pk)
    assert engine.sent == [(str(job.pk), None)] * 2
    run_job(job.pk)
    assert Job.objects.get(pk=job.pk).state == JobState.SUCCEEDED
    assert not try_now(job_id=job.pk)


def test_a_job_that_is_cancelled_while_it_fails_is_not_tried_again(job: Job, work: Work) -> None:
    def cancelled(progress: Progress) -> None:
        assert cancel(job_id=progress.job_id)
        raise OSError

    work.acts = [cancelled]
    run_job(job.pk)
    assert Job.objects.get(pk=job.pk).state == JobState.CANCELLED


@pytest.mark.parametrize("ending", [dying_at, failing_at])
def test_a_job_that_comes_further_each_time_is_never_given_up(
    job: Job, work: Work, clock: Clock, ending: Callable[[int], Act]
) -> None:
    work.acts = [*(ending(done) for done in range(10, 100, 10)), lambda progress: progress.tell(100)]
    for _try in range(len(work.acts)):
        _run_and_wait(job, clock)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.furthest, job.done) == (JobState.SUCCEEDED, 1, 90, 100)


def test_a_job_that_is_told_of_reading_keeps_its_lease_and_has_not_come_further(
    job: Job, work: Work, clock: Clock
) -> None:
    def fails_while_reading(rows: int) -> Act:
        def act(progress: Progress) -> None:
            progress.tell_read(rows, 100)
            held = Job.objects.get(pk=job.pk)
            assert (held.done, held.total, held.reading) == (rows, 100, True)
            assert held.lease_until == clock.now + LEASE
            raise OSError

        return act

    work.acts = [fails_while_reading(rows) for rows in (10, 20, 30, 40, 50)]
    for _try in range(5):
        _run_and_wait(job, clock)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.furthest) == (JobState.FAILED, 5, 0)


def test_rows_are_no_longer_read_once_they_are_worked_on(job: Job, work: Work) -> None:
    def act(progress: Progress) -> None:
        progress.tell_read(30, None)
        assert Job.objects.get(pk=job.pk).total == 0
        progress.tell(10, 30)

    work.acts = [act]
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.done, job.total, job.reading) == (10, 30, False)


@pytest.mark.parametrize(("ending", "error"), [(dying_at, "WORKER_DIED"), (failing_at, "DISK_FULL")])
def test_a_job_that_ends_at_one_place_is_given_up_after_five_tries_there(
    job: Job, work: Work, clock: Clock, ending: Callable[[int], Act], error: str
) -> None:
    work.acts = [ending(40), ending(10), ending(40)]
    tries = 0
    while job.state != JobState.FAILED:
        _run_and_wait(job, clock)
        job.refresh_from_db()
        tries += 1
        assert tries < 10
    assert (job.error, job.attempts, work.tries) == (error, 5, 6)  # the first came further than nothing


def _run_and_wait(job: Job, clock: Clock) -> None:
    try:
        run_job(job.pk)
    except _Killed:
        assert reap() == 0  # its lease still runs
    clock.move(LONGEST_PAUSE * 2)
    reap()


def test_a_job_that_is_begun_by_its_own_worker_again_is_left_alone(job: Job, work: Work) -> None:
    work.acts = [lambda progress: run_job(progress.job_id)]
    run_job(job.pk)
    assert (work.tries, Job.objects.get(pk=job.pk).attempts) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_embedded_worker_leaves_a_job_alone_until_its_time(work: Work, clock: Clock) -> None:
    def let_it_work() -> None:
        Worker(
            queue_names=["default"], excluded_queue_names=[], interval=0, batch=True, backend_name="default",
            startup_delay=False, max_tasks=None, worker_id=uuid.uuid4().hex,
        ).run()  # fmt: skip

    job = enqueue(kind=KIND, input={}, owner_id=None, office_id=None)
    work.acts = [failing_at(0), lambda _progress: None]
    let_it_work()
    let_it_work()
    job.refresh_from_db()
    assert (job.state, work.tries) == (JobState.QUEUED, 1)
    assert job.not_before is not None
    clock.now = job.not_before
    let_it_work()
    assert (Job.objects.get(pk=job.pk).state, work.tries) == (JobState.SUCCEEDED, 2)


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_begin_a_job_at_once_do_it_once(work: Work, engine: Engine) -> None:
    def at_once(job_id: uuid.UUID) -> None:
        together.wait()
        run_job(job_id)
        connection.close()

    for _time in range(5):
        job = enqueue(kind=KIND, input={}, owner_id=None, office_id=None)
        together = Barrier(4)
        workers = [Thread(target=at_once, args=[job.pk]) for _worker in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        job.refresh_from_db()
        assert (job.state, job.attempts) == (JobState.SUCCEEDED, 1)
    assert work.tries == 5


def test_a_worker_that_was_overtaken_changes_nothing_more(job: Job, work: Work, clock: Clock) -> None:
    def overtaken(progress: Progress) -> None:
        clock.move(LEASE + A_SECOND)
        run_job(progress.job_id)
        progress.tell(50)

    work.acts = [overtaken, lambda progress: progress.tell(100)]
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.attempts, job.result) == (JobState.SUCCEEDED, 100, 2, {"tries": 2})
    assert job.finished_at == timezone.now()
