"""`manage.py serve`: web server and worker start together, work, and end together."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from django.conf import settings as configured
from django.db import connection

from offices.models import Office
from shipments.cards import upload_cards
from tests.conftest import NOW

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc"),
]
WAIT_SECONDS = 60
SHEET = (
    "NIK;Nama;Tanggal Cetak;Alamat;RT/RW;Desa/Kelurahan;Kecamatan;Kabupaten\n"
    "3216060101900001;Warga Satu;01/04/2020;Jl. Contoh 1;001/002;Jatimulya;Tambun Selatan;Kab. Bekasi\n"
)


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
        except (URLError, ConnectionError):
            return False

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < end, self.log.read_text()[-2000:]
            time.sleep(0.05)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[], Served]]:
    started: list[Served] = []

    def start() -> Served:
        if connection.vendor == "sqlite":
            with sqlite3.connect(tmp_path / "db.sqlite3") as copy:
                connection.ensure_connection()
                connection.connection.backup(copy)
            url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
        else:
            at = connection.settings_dict
            url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"
        started.append(Served(tmp_path, url))
        return started[-1]

    yield start
    for served in started:
        for number in served.processes():
            os.kill(number, signal.SIGKILL)
        served.process.wait()


def test_web_and_worker_work_together_and_end_together(
    serve: Callable[[], Served], registry: Office, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    sheet = BytesIO(SHEET.encode())
    upload_cards(file=sheet, name="kartu.csv", office_id=registry.pk, actor_id=None, at=NOW)
    served = serve()
    served.until(served.answers)
    served.until(lambda: _asked(tmp_path, "SELECT count(*) FROM jobs_job WHERE state = 'SUCCEEDED'"))
    assert _asked(tmp_path, "SELECT count(*) FROM shipments_card") == 1
    os.kill(served.process.pid, signal.SIGTERM)
    assert served.process.wait(WAIT_SECONDS) == 0
    assert served.processes() == {}


def test_a_worker_that_is_killed_ends_the_rest_and_says_so(serve: Callable[[], Served]) -> None:
    served = serve()
    served.until(lambda: served.number_of("db_worker") and served.number_of("granian"))
    os.kill(served.number_of("manage.py worker"), signal.SIGKILL)
    assert served.process.wait(WAIT_SECONDS) == 1
    assert "worker has ended; the rest was stopped." in served.log.read_text()
    served.until(lambda: not served.processes())  # its engine as well


def _asked(folder: Path, question: str) -> int:
    if connection.vendor == "sqlite":
        with sqlite3.connect(folder / "db.sqlite3", timeout=20) as file:
            row = file.execute(question).fetchone()
    else:
        with connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
    assert row is not None
    return int(row[0])
