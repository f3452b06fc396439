"""The same job code on Celery with RabbitMQ and PostgreSQL: it runs, and survives a worker that is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django import Settings

from jobs.celery_tasks import app
from jobs.models import Job, JobState
from jobs.services import LEASE
from offices.models import Office
from shipments.cards import upload_cards
from shipments.models import Card
from tests.conftest import NOW
from tests.services.flaky_broker import FlakyBroker

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 60
HEADER = "NIK;Nama;Tanggal Cetak;Alamat;RT/RW;Desa/Kelurahan;Kecamatan;Kabupaten\n"


def _broker() -> tuple[str, int]:
    broker = urlsplit(django_settings.CELERY_BROKER_URL)
    return broker.hostname or "127.0.0.1", broker.port or 5672


def _broker_answers() -> bool:
    try:
        with socket.create_connection(_broker(), timeout=1):
            return True
    except OSError:
        return False


pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="Celery's workers need PostgreSQL: DATABASE_URL"
    ),
    pytest.mark.skipif(not _broker_answers(), reason="RabbitMQ does not answer at CELERY_BROKER_URL"),
]


@pytest.fixture
def queue(settings: Settings) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex}"
    settings.TASKS = {
        "default": {
            "BACKEND": "jobs.celery_backend.CeleryBackend",
            "QUEUES": ["default"],
            "ENQUEUE_ON_COMMIT": True,
        }
    }
    before = app.conf.task_default_queue
    app.conf.task_default_queue = name
    app.amqp.queues.clear()
    app.amqp.__dict__.pop("queues", None)
    yield name
    with app.connection_for_write() as broker:
        broker.default_channel.queue_delete(name)
    app.conf.task_default_queue = before
    app.amqp.__dict__.pop("queues", None)


@pytest.fixture
def start_worker(queue: str, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(**more: str) -> "subprocess.Popen[bytes]":
        at = connection.settings_dict
        url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"
        environment = {
            **os.environ, "DATABASE_URL": url, "TASK_ENGINE": "celery", "CELERY_QUEUE": queue,
            "ANTARKTP_VAR_DIR": str(django_settings.VAR_DIR), **more,
        }  # fmt: skip
        command = [sys.executable, "manage.py", "worker", "--reap-every", "1"]
        with (tmp_path / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        started.append(worker)
        return worker

    yield start
    for worker in started:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(10)


def sheet(rows: int) -> bytes:
    lines = [
        f"32160601019{row // 10_000:01}{row % 10_000:04};Warga {row};01/04/2020;Jl. Contoh {row};001/002;"
        "Jatimulya;Tambun Selatan;Kab. Bekasi\n"
        for row in range(1, rows + 1)
    ]
    return (HEADER + "".join(lines)).encode()


def upload(registry: Office, rows: int) -> Job:
    file = upload_cards(
        file=BytesIO(sheet(rows)), name="kartu.csv", office_id=registry.pk, actor_id=None, at=NOW
    )
    assert file.job_id is not None
    return Job.objects.get(pk=file.job_id)


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, "the job did not get there in time"
        time.sleep(0.1)


def state_of(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def test_a_worker_of_celery_does_the_job(
    registry: Office, start_worker: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    start_worker()
    job = upload(registry, rows=40)
    wait_until(lambda: state_of(job) == JobState.SUCCEEDED)
    assert Card.objects.count() == 40


def test_a_killed_worker_loses_no_row_and_doubles_none(
    registry: Office, start_worker: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    worker = start_worker()
    job = upload(registry, rows=6_000)
    wait_until(lambda: state_of(job) == JobState.RUNNING)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    assert state_of(job) == JobState.RUNNING
    Job.objects.filter(pk=job.pk).update(lease_until=NOW - LEASE)  # its lease has run out
    start_worker()
    wait_until(lambda: state_of(job) == JobState.SUCCEEDED)
    assert Card.objects.count() == 6_000
    assert Job.objects.get(pk=job.pk).attempts == 2


def test_a_broker_that_restarts_loses_no_job_and_doubles_none(
    registry: Office, start_worker: Callable[..., "subprocess.Popen[bytes]"]
) -> None:
    broker = FlakyBroker(_broker())
    way = urlsplit(django_settings.CELERY_BROKER_URL)
    credentials = f"{way.username or 'guest'}:{way.password or 'guest'}"
    worker = start_worker(
        CELERY_BROKER_URL=f"amqp://{credentials}@127.0.0.1:{broker.port}/{way.path.removeprefix('/')}"
    )
    first = upload(registry, rows=6_000)
    wait_until(lambda: state_of(first) == JobState.RUNNING)
    served = broker.served
    broker.stop()
    wait_until(lambda: state_of(first) == JobState.SUCCEEDED)  # it needs no broker
    meanwhile = upload(registry, rows=6_040)
    time.sleep(1)
    assert state_of(meanwhile) == JobState.QUEUED
    broker.start()
    wait_until(lambda: state_of(meanwhile) == JobState.SUCCEEDED)
    assert broker.served > served
    assert worker.poll() is None
    assert Card.objects.count() == 6_040
    assert set(Job.objects.values_list("state", "attempts")) == {(JobState.SUCCEEDED, 1)}
    broker.stop()
