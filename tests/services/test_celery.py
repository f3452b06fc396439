"""The same job code on Celery with RabbitMQ and PostgreSQL: it runs, and survives a worker that is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from delivery.courier_files import upload as upload_status
from delivery.models import CourierFile, Delivery, FilePortion, TrackingEvent
from jobs import services
from jobs.celery_tasks import app
from jobs.models import Job, JobState
from jobs.services import LEASE
from offices.models import Office
from shipments.cards import upload_cards
from shipments.models import Card
from tests.conftest import NOW
from tests.delivery.mailing import Mailed, mail_cards
from tests.services.flaky_broker import FlakyBroker

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 60
MAILED = 60
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


def status_file(mailed: Mailed, path: Path) -> Job:
    """Upload a file that says that all these cards were delivered."""
    rows = [f"{item.number};DELIVERED;ORANG SERUMAH;06/05/2020 10:15" for item in mailed.items]
    path.write_text("\n".join(["No Kiriman;Status;Keterangan;Tanggal Update", *rows]))
    kept = upload_status(
        path=path, name=path.name, office_id=mailed.shipment.post_office_id, actor_id=None, at=timezone.now()
    )
    assert kept.job is not None
    return kept.job


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, "the job did not get there in time"
        time.sleep(0.1)


def state_of(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def test_a_worker_of_celery_does_a_job_and_leaves_another_alone_until_its_time(
    registry: Office,
    start_worker: Callable[[], "subprocess.Popen[bytes]"],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start_worker()
    first = upload(registry, rows=40)
    wait_until(lambda: state_of(first) == JobState.SUCCEEDED)
    assert Card.objects.count() == 40
    with monkeypatch.context() as patched:
        patched.setattr(services, "_send", lambda job_id: None)
        job = upload(registry, rows=41)
    again_at = timezone.now() + timedelta(seconds=1.5)
    Job.objects.filter(pk=job.pk).update(not_before=again_at, sent_at=again_at, attempts=1, error="DISK_FULL")
    services._send(job.pk, run_after=again_at)
    wait_until(lambda: state_of(job) == JobState.SUCCEEDED)
    job.refresh_from_db()
    assert job.started_at is not None
    assert job.started_at >= again_at
    assert (job.attempts, job.error) == (2, "")


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


def test_what_waits_at_the_broker_outlives_it_and_says_when_it_may_begin(
    registry: Office, queue: str
) -> None:
    """RabbitMQ keeps messages over its own restart when they and their queue are declared so."""
    again_at = timezone.now() + timedelta(minutes=1)
    job = upload(registry, rows=1)
    services._send(job.pk, run_after=again_at)
    with app.connection_for_write() as broker:
        channel = broker.default_channel
        at_once, later = channel.basic_get(queue), channel.basic_get(queue)
        for message in (at_once, later):
            assert message.properties["delivery_mode"] == 2
            assert str(job.pk) in message.body
        assert at_once.headers["eta"] is None
        assert datetime.fromisoformat(later.headers["eta"]) == again_at
        channel.queue_declare(queue, durable=True, auto_delete=False)
        with pytest.raises(broker.channel_errors, match="PRECONDITION"):  # the broker compares
            channel.queue_declare(queue, durable=False, auto_delete=False)


def test_a_broker_that_restarts_loses_no_job_and_doubles_none(
    registry: Office,
    post_office: Office,
    start_worker: Callable[..., "subprocess.Popen[bytes]"],
    tmp_path: Path,
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=MAILED)
    broker = FlakyBroker(_broker())
    way = urlsplit(django_settings.CELERY_BROKER_URL)
    credentials = f"{way.username or 'guest'}:{way.password or 'guest'}"
    worker = start_worker(
        CELERY_BROKER_URL=f"amqp://{credentials}@127.0.0.1:{broker.port}/{way.path.removeprefix('/')}",
        COURIER_FILE_PORTION="10",
    )
    first = upload(registry, rows=6_000)
    wait_until(lambda: state_of(first) == JobState.RUNNING)
    served = broker.served
    broker.stop()
    wait_until(lambda: state_of(first) == JobState.SUCCEEDED)  # it needs no broker
    meanwhile = upload(registry, rows=6_040)
    news = status_file(mailed, tmp_path / "status.csv")
    time.sleep(1)
    assert state_of(meanwhile) == JobState.QUEUED
    broker.start()
    wait_until(lambda: {state_of(job) for job in (meanwhile, news)} == {JobState.SUCCEEDED})
    wait_until(lambda: not Job.objects.exclude(state=JobState.SUCCEEDED).exists())  # those that helped
    assert broker.served > served
    assert worker.poll() is None
    assert Card.objects.count() == 6_040 + MAILED
    assert CourierFile.objects.get().outcomes["applied"] == MAILED
    assert Delivery.objects.filter(status="DELIVERED").count() == MAILED
    assert TrackingEvent.objects.filter(source="FILE").count() == MAILED
    assert not FilePortion.objects.exists()
    assert set(Job.objects.values_list("state", "attempts")) == {(JobState.SUCCEEDED, 1)}
    broker.stop()
