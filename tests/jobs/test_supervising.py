"""The embedded engine is started again when it dies, and jobs of dead workers are taken up."""

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
from django.core.management import call_command
from django.utils import timezone

from jobs import services, supervising
from jobs.models import Job, JobState
from jobs.supervising import Supervisor, engine_command

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def test_a_killed_engine_is_started_again_and_stopping_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "_take_up_again", lambda: None)
    monkeypatch.setattr(supervising, "SHORTEST_PAUSE", 0.1)
    supervisor = Supervisor(command=SLEEPER)
    watch = Thread(target=supervisor.run, daemon=True)
    watch.start()
    until(lambda: supervisor.process is not None)
    first = supervisor.process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: supervisor.starts == 2)
    second = supervisor.process
    assert second is not None
    assert second.pid != first.pid
    supervisor.stop()
    watch.join(10)
    assert second.poll() == -signal.SIGTERM


def test_an_engine_that_ignores_the_polite_word_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "_take_up_again", lambda: None)
    monkeypatch.setattr(supervising, "PATIENCE", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    supervisor = Supervisor(command=[sys.executable, "-c", deaf])
    watch = Thread(target=supervisor.run, daemon=True)
    watch.start()
    until(lambda: supervisor.process is not None)
    time.sleep(0.5)
    supervisor.stop()
    watch.join(10)
    assert supervisor.process is not None
    assert supervisor.process.poll() == -signal.SIGKILL


def test_the_engine_is_the_embedded_one() -> None:
    assert engine_command(interval=0.5)[1:4] == ["-m", "django", "db_worker"]


def test_the_worker_runs_the_engine_that_is_set(settings: object) -> None:
    settings.TASK_ENGINE = "celery"  # type: ignore[attr-defined]
    assert engine_command(interval=0.5)[1:5] == ["-m", "celery", "-A", "config"]
    settings.TASK_ENGINE = "database"  # type: ignore[attr-defined]
    assert "db_worker" in engine_command(interval=0.5)


@pytest.mark.django_db
@pytest.mark.parametrize(("attempts", "state"), [(1, JobState.QUEUED), (5, JobState.FAILED)])
def test_a_dead_workers_job_is_queued_again_or_ended(
    attempts: int, state: JobState, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(services, "_send", sent.append)
    past = timezone.now() - timedelta(seconds=1)
    job = Job.objects.create(
        kind="x", state=JobState.RUNNING, attempts=attempts, max_attempts=5, lease_until=past, created_at=past,
        lease_token="0b5f8c9e-7b5c-4c62-9a0e-5f2d7a6c1b11",
    )  # fmt: skip
    call_command("reap_jobs")
    job.refresh_from_db()
    assert job.state == state
    assert sent == ([job.pk] if state == JobState.QUEUED else [])
    assert capsys.readouterr().out.startswith("1 jobs")


@pytest.mark.django_db
def test_a_living_workers_job_is_left_alone() -> None:
    now = timezone.now()
    Job.objects.create(
        kind="x", state=JobState.RUNNING, attempts=1, lease_until=now + timedelta(seconds=30), created_at=now,
        lease_token="0b5f8c9e-7b5c-4c62-9a0e-5f2d7a6c1b11",
    )  # fmt: skip
    assert services.reap() == 0


def test_a_worker_gives_way_to_the_web_server(monkeypatch: pytest.MonkeyPatch) -> None:
    nice: list[int] = []
    monkeypatch.setattr(os, "nice", nice.append)
    monkeypatch.setattr(Supervisor, "run", lambda self: nice.append(0))
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        call_command("worker")
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
    assert nice == [supervising.NICENESS, 0]
