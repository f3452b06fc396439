"""A worker killed in the middle of a file: taken up again, the file ends with the rows of an undisturbed run."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.jobs.crash_scene import ROWS

POINTS = (0.1, 0.45, 0.8)  # share of the file's events that are stored when the worker is killed


class Scene:
    """A database of its own, and programs that work on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "ANTARKTP_VAR_DIR": str(folder),
            "LOG_LEVEL": "ERROR",
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
        return subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.crash_scene", "work"],
            env=self.environment,
            cwd=settings.BASE_DIR,
        )


def _count(url: str) -> int:
    """Ask the database how far the file is, from here: a program of its own would take too long."""
    sql = "SELECT count(*) FROM delivery_trackingevent WHERE source = 'FILE'"
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


def _twins(names: tuple[str, str], tmp_path: Path) -> tuple[Scene, Scene]:
    """Make the scene once and copy it: one database to disturb, one to leave in peace."""
    first, second = (Scene(_url(name, tmp_path / name), tmp_path / name) for name in names)
    first.folder.mkdir()
    if connection.vendor == "postgresql":
        _on_server(f'CREATE DATABASE "{names[0]}"')
    first.run("-m", "django", "migrate", "--verbosity", "0", "--settings", "config.settings")
    first.step("make", str(first.folder))
    if connection.vendor == "postgresql":
        _on_server(f'CREATE DATABASE "{names[1]}" TEMPLATE "{names[0]}"')
    shutil.copytree(first.folder, second.folder)
    return first, second


def test_a_file_whose_worker_was_killed_ends_with_the_rows_of_an_undisturbed_run(
    names: tuple[str, str], tmp_path: Path
) -> None:
    disturbed, calm = _twins(names, tmp_path)
    calm.step("work")
    expected = json.loads(calm.step("tell"))
    assert (expected["job"], sum(expected["outcomes"].values())) == ("SUCCEEDED", ROWS)
    killed = 0
    for point in POINTS:
        worker = disturbed.start_worker()
        while worker.poll() is None and _count(disturbed.url) < point * len(expected["states"]) * 2:
            time.sleep(0.01)
        os.kill(worker.pid, signal.SIGKILL)
        if worker.wait() == -signal.SIGKILL:
            killed += 1
            assert disturbed.step("again") == "1"
    assert killed == len(POINTS)
    disturbed.step("work")
    assert json.loads(disturbed.step("tell")) == expected
