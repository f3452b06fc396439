"""A worker killed in the middle of a file: taken up again, the file ends with the rows of an undisturbed run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.db import connection

from jobs.supervising import CELERY
from tests.jobs.crash_scene import ROWS

# Share of the file's events that are stored when the worker is killed.
POINTS = sorted(Random(2020).uniform(0.0, 0.95) for _ in range(10))
PATIENCE_SECONDS = 120


class Scene:
    """A database of its own, and programs that work on it."""

    def __init__(self, name: str, folder: Path, *, engine: str) -> None:
        self.url, self.folder, self.engine = _url(name, folder), folder, engine
        self.environment = {
            **os.environ,
            "DATABASE_URL": self.url,
            "ANTARKTP_VAR_DIR": str(folder),
            "LOG_LEVEL": "ERROR",
            "TASK_ENGINE": engine,
            "CELERY_QUEUE": f"crash-{name}",
            "COURIER_FILE_PORTION": "50",
        }

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, cwd=settings.BASE_DIR, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.strip()

    def step(self, name: str, *arguments: str) -> str:
        return self.run("-m", "tests.jobs.crash_scene", name, *arguments)

    def start_worker(self) -> subprocess.Popen[bytes]:
        command = ["-m", "tests.jobs.crash_scene", "work"]
        if self.engine == "celery":
            command = [*CELERY, "--concurrency", "2", "--loglevel", "ERROR"]
        return subprocess.Popen(
            [sys.executable, *command],
            env=self.environment,
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )

    def work(self) -> None:
        """Let a worker come to the end of the file."""
        worker = self.start_worker()
        patience = time.monotonic() + PATIENCE_SECONDS
        while worker.poll() is None and not (self.engine == "celery" and _ask(self.url, _ENDED)):
            assert time.monotonic() < patience, "the file does not come to its end"
            time.sleep(0.1)
        _kill(worker)


_STORED = "SELECT count(*) FROM delivery_trackingevent WHERE source = 'FILE'"
_ENDED = "SELECT count(*) FROM jobs_job WHERE kind = 'courier.file' AND finished_at IS NOT NULL"


def _kill(worker: subprocess.Popen[bytes]) -> int:
    """Kill the worker with all that it has started."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    return worker.wait()


def _ask(url: str, sql: str) -> int:
    """Ask the database for a number, from here: a program of its own would take too long."""
    if url.startswith("postgres"):
        import psycopg

        with psycopg.connect(url) as server:
            row = server.execute(sql).fetchone()
    else:
        import sqlite3

        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20) as file:
            row = file.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def names(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Names for two databases; what was made on a server is dropped again."""
    both = (f"antar_crash_{os.getpid()}_a", f"antar_crash_{os.getpid()}_b")
    yield both
    if connection.vendor == "postgresql":
        _on_server(*(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in both))


def _url(name: str, folder: Path) -> str:
    if connection.vendor != "postgresql":
        return f"sqlite:///{folder / 'db.sqlite3'}"
    server = settings.DATABASES["default"]
    return (
        f"postgres://{server['USER']}:{server['PASSWORD']}@{server['HOST']}:{server['PORT'] or 5432}/{name}"
    )


def _on_server(*statements: str) -> None:
    import psycopg

    with psycopg.connect(_url("postgres", Path()), autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


def _twins(names: tuple[str, str], tmp_path: Path, engine: str) -> tuple[Scene, Scene]:
    """Make the scene once and copy it: one database to disturb, one to leave in peace."""
    first, second = (Scene(name, tmp_path / name, engine=engine) for name in names)
    first.folder.mkdir()
    if connection.vendor == "postgresql":
        _on_server(f'CREATE DATABASE "{names[0]}"')
    first.run("-m", "django", "migrate", "--verbosity", "0", "--settings", "config.settings")
    first.step("make", str(first.folder))
    if connection.vendor == "postgresql":
        _on_server(f'CREATE DATABASE "{names[1]}" TEMPLATE "{names[0]}"')
    shutil.copytree(first.folder, second.folder)
    if engine == "celery":
        assert second.step("again") == "1"
    return first, second


@pytest.mark.parametrize(
    "engine",
    [
        "database",
        pytest.param(
            "celery",
            marks=[
                pytest.mark.rabbitmq,
                pytest.mark.postgres,
                pytest.mark.skipif(
                    "connection.vendor != 'postgresql'",
                    reason="Celery's workers need PostgreSQL: DATABASE_URL",
                ),
            ],
        ),
    ],
)
def test_a_file_whose_worker_is_killed_at_ten_points_ends_with_the_rows_of_an_undisturbed_run(
    names: tuple[str, str], tmp_path: Path, engine: str
) -> None:
    disturbed, calm = _twins(names, tmp_path, engine)
    calm.work()
    expected = json.loads(calm.step("tell"))
    assert (expected["job"], sum(expected["outcomes"].values())) == ("SUCCEEDED", ROWS)
    in_all = _ask(calm.url, _STORED)
    for point in POINTS:
        worker = disturbed.start_worker()
        patience = time.monotonic() + PATIENCE_SECONDS
        while worker.poll() is None and _ask(disturbed.url, _STORED) <= point * in_all:
            assert time.monotonic() < patience, "the worker does not get there"
            time.sleep(0.005)
        assert _kill(worker) == -signal.SIGKILL
        assert not _ask(disturbed.url, _ENDED)
        if engine == "celery":
            assert int(disturbed.step("again")) >= 1
    disturbed.work()
    assert json.loads(disturbed.step("tell")) == expected
    if engine == "celery":
        _forget_queues(f"crash-{name}" for name in names)


def _forget_queues(queues: Iterable[str]) -> None:
    from jobs.celery_tasks import app

    with app.connection_for_write() as broker:
        for queue in queues:
            broker.default_channel.queue_delete(queue)
