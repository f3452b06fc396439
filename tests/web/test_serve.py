"""`manage.py serve`: web server and worker start together, work, and end together."""

import os
import signal
import sqlite3
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from offices.models import Office
from shipments.cards import upload_cards
from tests.conftest import NOW
from tests.web.serving import NEEDS_PROC, WAIT_SECONDS, Serve

pytestmark = [pytest.mark.django_db(transaction=True), NEEDS_PROC]
SHEET = (
    "NIK;Nama;Tanggal Cetak;Alamat;RT/RW;Desa/Kelurahan;Kecamatan;Kabupaten\n"
    "3216060101900001;Warga Satu;01/04/2020;Jl. Contoh 1;001/002;Jatimulya;Tambun Selatan;Kab. Bekasi\n"
)


def test_web_and_worker_work_together_and_end_together(
    serve: Serve, registry: Office, settings: Any, tmp_path: Path
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


def test_a_worker_that_is_killed_ends_the_rest_and_says_so(serve: Serve) -> None:
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
