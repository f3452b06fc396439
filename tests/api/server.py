"""The product behind its real web server on a loopback port, on a copy of the test's database."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection

START_WITHIN_S = 60


@contextmanager
def running_server(folder: Path, **environment: str) -> Iterator[str]:
    """Start granian, wait until it answers, give its base address, stop it."""
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "8", "config.wsgi:application",
    ]  # fmt: skip
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, **_environment(folder), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(base, process, folder)
            yield base
        finally:
            process.terminate()
            process.wait(timeout=20)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "ANTARKTP_VAR_DIR": str(folder),
        "DATABASE_URL": _database(folder),
        "HTTPS_ONLY": "false",
        "DEBUG": "true",  # static files straight from the packages
        "LOG_FORMAT": "text",
    }


def _database(folder: Path) -> str:
    """Copy the in-memory SQLite database into a file; PostgreSQL's is shared as it is."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        path = folder / "server.sqlite3"
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=WAL")  # several that change it at once find the file locked
        return f"sqlite:///{path}"
    parts = connection.settings_dict
    secret = f":{parts['PASSWORD']}" if parts["PASSWORD"] else ""
    return f"postgres://{parts['USER']}{secret}@{parts['HOST']}:{parts['PORT'] or 5432}/{parts['NAME']}"


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(base: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{base}/api/v1/nothing/", timeout=5).status_code == 404:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError((folder / "server.log").read_text()[-2_000:])
