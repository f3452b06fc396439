"""How fast work is, worked out from its own progress."""

from datetime import timedelta

import pytest

from jobs.models import Job, JobState
from jobs.pace import Pace, pace_of
from tests.jobs.conftest import Clock


@pytest.mark.parametrize(
    ("state", "done", "total", "ended", "expected"),
    [
        (JobState.QUEUED, 0, 0, False, Pace(None, None, None, None)),
        (JobState.RUNNING, 0, 0, False, Pace(None, None, None, 20)),
        (JobState.RUNNING, 0, 400, False, Pace(0, None, None, 20)),
        (JobState.RUNNING, 100, 400, False, Pace(25, 5, 60, 20)),
        (JobState.RUNNING, 400, 400, False, Pace(100, 20, None, 20)),
        (JobState.RUNNING, 500, 400, False, Pace(100, 25, None, 20)),
        (JobState.SUCCEEDED, 400, 400, True, Pace(100, None, None, 15)),
        (JobState.FAILED, 100, 400, True, Pace(25, None, None, 15)),
        (JobState.QUEUED, 100, 400, False, Pace(25, None, None, None)),
    ],
)
def test_a_pace_is_that_of_the_running_try(
    clock: Clock, state: JobState, done: int, total: int, ended: bool, expected: Pace
) -> None:
    began = clock.now - timedelta(seconds=20)
    job = Job(state=state, done=done, total=total, started_at=began)
    job.finished_at = began + timedelta(seconds=15) if ended else None
    assert pace_of(job) == expected


def test_while_a_sheet_is_read_nothing_is_said_of_what_remains(clock: Clock) -> None:
    began = clock.now - timedelta(seconds=20)
    job = Job(state=JobState.RUNNING, done=100, total=400, reading=True, started_at=began)
    assert pace_of(job) == Pace(25, 5, None, 20)


def test_a_job_that_was_never_begun_has_no_pace() -> None:
    assert pace_of(Job(state=JobState.CANCELLED)) == Pace(None, None, None, None)
