"""Files that are worked on by programs of their own: whoever is killed or works beside, the rows end as they should."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.jobs.crash_scene import DAMAGED, NEWS, OVERLAP, PLACES, POST_OFFICE, REPEATED, ROWS, UNKNOWN_EVERY

# Share of the file's events that are stored when the worker is killed; between these come the places before and after.
SHARES = sorted(Random(2020).uniform(0.0, 0.95) for _ in range(4))
POINTS: tuple[float | str, ...] = (*PLACES[:2], *SHARES, *PLACES[2:])
PATIENCE_SECONDS = 120


class Scene:
    """A database of its own, and programs that work on it."""

    def __init__(self, name: str, folder: Path, *, engine: str) -> None:
        self.name, self.url, self.folder, self.engine = name, _url(name, folder), folder, engine
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

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=settings.BASE_DIR,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )

    def start_worker(self, *place: str) -> subprocess.Popen[bytes]:
        """Start a worker of the engine; it is killed at a place of its work where one is named."""
        engine = "celery" if self.engine == "celery" else "work"
        return self.start("-m", "tests.jobs.crash_scene", engine, *place)

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


def _kill_at(point: float | str, scene: Scene, in_all: int) -> None:
    """Let a worker be killed at a place of its work, or when a share of all events is stored."""
    worker = scene.start_worker(*[point] if isinstance(point, str) else [])
    patience = time.monotonic() + PATIENCE_SECONDS
    while worker.poll() is None and (isinstance(point, str) or _ask(scene.url, _STORED) <= point * in_all):
        assert time.monotonic() < patience, f"the worker does not get to {point}"
        time.sleep(0.005)
    assert _kill(worker) == -signal.SIGKILL, point


def _ask(url: str, sql: str) -> int:
    """Ask the database for a number, from here: a program of its own would take too long."""
    if url.startswith("postgres"):
        import psycopg

        with psycopg.connect(url) as server:
            row = server.execute(sql).fetchone()
    else:
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20) as file:
            row = file.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def names(transactional_db: None) -> Iterator[tuple[str, str]]:
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


def _make(scene: Scene) -> None:
    """Make the scene's database and what is in it."""
    scene.folder.mkdir()
    if connection.vendor == "postgresql":
        _on_server(f'CREATE DATABASE "{scene.name}"')
        scene.run("-m", "django", "migrate", "--verbosity", "0", "--settings", "config.settings")
    else:  # the test's own database is empty, and has every table already
        connection.ensure_connection()
        with sqlite3.connect(scene.folder / "db.sqlite3") as file:
            connection.connection.backup(file)
    scene.step("make", str(scene.folder))


def _twins(names: tuple[str, str], tmp_path: Path, engine: str) -> tuple[Scene, Scene]:
    """Make the scene once and copy it: one database to disturb, one to leave in peace."""
    first, second = (Scene(name, tmp_path / name, engine=engine) for name in names)
    _make(first)
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
    assert (expected["job"], sum(expected["outcomes"].values())) == ("SUCCEEDED", ROWS + REPEATED + DAMAGED)
    assert all(expected[what] for what in ("given", "messages", "rows"))
    assert all(expected["result"][what] for what in ("newly_delivered", "first_rows"))
    in_all = _ask(calm.url, _STORED)
    for point in POINTS:
        _kill_at(point, disturbed, in_all)
        assert not _ask(disturbed.url, _ENDED)
        if engine == "celery":
            assert int(disturbed.step("again")) >= 1
    disturbed.work()
    told = json.loads(disturbed.step("tell"))
    assert {what for what in expected if told[what] != expected[what]} == set()
    if engine == "celery":
        _forget_queues(f"crash-{name}" for name in names)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="of a database that is one file")
def test_a_file_that_is_imported_beside_a_running_worker_loses_no_row_and_doubles_no_event(
    names: tuple[str, str], tmp_path: Path
) -> None:
    scene = Scene(names[0], tmp_path / names[0], engine="database")
    _make(scene)
    overlap = str(scene.folder / OVERLAP)
    both = (scene.start_worker(), scene.start("manage.py", "import_status", overlap, "--office", POST_OFFICE))
    assert [process.wait(PATIENCE_SECONDS) for process in both] == [0, 0]
    told = json.loads(scene.step("tally"))
    unknown, unknown_twice = (len(range(0, rows // 2, UNKNOWN_EVERY)) for rows in (ROWS, ROWS // 2))
    assert (told["states"], told["wrong"]) == (["APPLIED", "APPLIED"], 0)
    assert sorted(sum(outcomes.values()) for outcomes in told["outcomes"]) == [
        ROWS // 2 + NEWS,
        ROWS + REPEATED + DAMAGED,
    ]
    assert told["stored"] == ROWS - unknown + NEWS
    assert _sum(told, "applied", "superseded", "contradiction") == told["stored"]
    assert _sum(told, "duplicate") == ROWS // 2 - unknown_twice + REPEATED
    assert _sum(told, "damaged_number") == DAMAGED
    assert _sum(told, "unmapped_text") == unknown + unknown_twice


def _sum(told: dict[str, Any], *outcomes: str) -> int:
    return sum(of_file[outcome] for of_file in told["outcomes"] for outcome in outcomes)


def _forget_queues(queues: Iterable[str]) -> None:
    from jobs.celery_tasks import app

    with app.connection_for_write() as broker:
        for queue in queues:
            broker.default_channel.queue_delete(queue)
