"""`manage.py serve`, started for a test: the real web server and worker, on a database of their own."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as configured
from django.db import connection

WAIT_SECONDS = 60
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")
Serve = Callable[[], "Served"]


class Served:
    """The product, started on a free port beside a database of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = folder / "serve.log"
        environment = {
            **os.environ, "DATABASE_URL": url, "ANTARKTP_VAR_DIR": str(folder), "TASK_ENGINE": "database",
            "HTTPS_ONLY": "false", "ALLOWED_HOSTS": "127.0.0.1",
        }  # fmt: skip
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port), "--workers", "1"],
                cwd=configured.BASE_DIR, env=environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def processes(self) -> dict[int, str]:
        """Give the command lines of all that was started and lives, by their numbers."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                _name, _, rest = stat.read_text().rpartition(")")
                state, _parent, _group, session = rest.split()[:4]
                if int(session) == self.process.pid and state != "Z":
                    found[int(stat.parent.name)] = (stat.parent / "cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found

    def number_of(self, word: str) -> int:
        return next((number for number, line in self.processes().items() if word in line), 0)

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/api/v1/jobs/", timeout=5):
                return False
        except HTTPError as refused:
            return refused.code in (401, 403) and "code" in json.load(refused)
        except OSError:  # not there yet, or a machine so busy that it takes its time
            return False

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < end, self.log.read_text()[-2000:]
            time.sleep(0.05)

    def ask(self, path: str, *, headers: dict[str, str], body: bytes | None = None) -> Any:
        """Give what the product answers: the JSON, or the bytes of a file or page."""
        asked = Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers=headers)
        with urlopen(asked, timeout=WAIT_SECONDS) as answer:
            content = answer.read()
            is_json = answer.headers.get_content_type() == "application/json"
        return json.loads(content) if is_json else content


def database_beside(folder: Path) -> str:
    """Give the address of a database with what the test has made: a copy on SQLite, the test's own on PostgreSQL."""
    if connection.vendor == "sqlite":
        with sqlite3.connect(folder / "db.sqlite3") as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=WAL")  # several that change it at once find the file locked
        return f"sqlite:///{folder / 'db.sqlite3'}"
    at = connection.settings_dict
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"
