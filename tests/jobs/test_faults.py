"""What is around a job fails: the disk is full, the database's connection is cut, the broker does not answer."""

import errno
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.db import connection
from django.utils import timezone

from delivery import messages
from delivery.courier_files import process, upload
from delivery.models import CourierFile, Delivery, TrackingEvent
from delivery.tracking import refold
from jobs.models import Job, JobState
from jobs.services import SEND_AGAIN_AFTER, LeaseLost, Progress, reap, run_job, try_now
from offices.models import Office
from spreadsheets.writing import Column, write_xlsx
from tests.delivery.mailing import mail_cards
from tests.jobs.conftest import Engine

AT = datetime(2020, 6, 1, tzinfo=UTC)
HEADER = ("No Resi", "Status", "Keterangan", "Tanggal Update")
CARDS = 20


@pytest.fixture
def job(
    registry: Office, post_office: Office, tmp_path: Path, settings: Any, engine: Engine,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> Job:  # fmt: skip
    """Upload a file about cards in the mail; its job waits."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.COURIER_FILE_PORTION, settings.COURIER_FILE_CONNECTIONS = 5, 1  # one portion after the other
    mailed = mail_cards(office=registry, post_office=post_office, number=CARDS)
    rows = [(str(item.number), "DELIVERED", "", "06/05/2020 10:00") for item in mailed.items]
    path = tmp_path / "status.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, sheet="S", columns=[Column(title) for title in HEADER], rows=rows)
    with django_capture_on_commit_callbacks(execute=True):
        kept = upload(path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT)
    assert kept.job is not None
    return kept.job


def _is_whole(job: Job) -> None:
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.SUCCEEDED, "")
    assert CourierFile.objects.get().outcomes["applied"] == CARDS
    assert TrackingEvent.objects.filter(source="FILE").count() == CARDS
    assert Delivery.objects.filter(status="DELIVERED").count() == CARDS
    assert refold(repair=False).wrong == ()


@pytest.mark.django_db
def test_a_full_disk_under_the_result_keeps_the_rows_and_the_job_ends_whole_when_there_is_room(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any, **_named: Any) -> Any:
        # what is written here meets the system's own "no space left on device"
        return open("/dev/full", "r+b", buffering=0)

    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "TemporaryFile", full)
        run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.QUEUED, "DISK_FULL")
    kept = CourierFile.objects.get()
    assert (kept.state, bool(kept.file), bool(kept.result)) == (CourierFile.State.WAITING, True, False)
    assert try_now(job_id=job.pk)
    run_job(job.pk)
    _is_whole(job)


@pytest.mark.django_db
def test_a_storage_that_is_full_when_the_result_is_kept_leaves_no_half_of_it(
    job: Job, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def half(file: File[bytes], chunk_size: int | None = None) -> Iterator[bytes]:
        yield file.read(100)
        raise OSError(errno.ENOSPC, "No space left on device")

    before = sorted(settings.MEDIA_ROOT.rglob("*.xlsx"))
    with monkeypatch.context() as patched:
        patched.setattr(File, "chunks", half)
        run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.QUEUED, "DISK_FULL")
    kept = CourierFile.objects.get()
    assert (kept.state, bool(kept.file), bool(kept.result)) == (CourierFile.State.WAITING, True, False)
    assert sorted(settings.MEDIA_ROOT.rglob("*.xlsx")) == before
    assert try_now(job_id=job.pk)
    run_job(job.pk)
    _is_whole(job)
    (result,) = settings.MEDIA_ROOT.rglob("*.xlsx")
    assert str(result) == CourierFile.objects.get().result.path


@pytest.mark.django_db
def test_a_worker_that_was_overtaken_while_it_wrote_the_result_leaves_the_end_to_its_successor(
    job: Job, settings: Any
) -> None:
    """The lease is told of while a file is read and written, not only while rows are recorded."""
    told: list[tuple[int, int]] = []
    read: list[int] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        if told.count((CARDS, CARDS)) == 3:  # recorded, written, about to be kept
            raise LeaseLost

    file = CourierFile.objects.get()
    with pytest.raises(LeaseLost):
        process(courier_file_id=file.pk, on_progress=tell, on_reading=lambda row, _last_row: read.append(row))
    assert len(read) > 1
    file.refresh_from_db()
    assert (file.state, bool(file.file), bool(file.result)) == (CourierFile.State.WAITING, True, False)
    run_job(job.pk)
    _is_whole(job)


@pytest.mark.django_db
def test_a_disk_that_stays_full_ends_the_job_with_its_reason(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_arguments: Any, **_named: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("delivery.courier_files.processing.write_result", no_room)
    for _try in range(job.max_attempts + 1):  # the first came further than nothing
        job.refresh_from_db()
        assert job.state == JobState.QUEUED
        run_job(job.pk)
        try_now(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "DISK_FULL")


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no connection that could be cut")
@pytest.mark.django_db(transaction=True)
def test_a_cut_connection_to_the_database_queues_the_job_again_and_loses_no_row(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Progress.advance

    def cut(self: Progress, *, done: int, total: int | None = None, reading: bool = False) -> None:
        advance(self, done=done, total=total, reading=reading)
        if done == 10 and not reading:
            _cut_connection()

    _is_taken_up_after(job, monkeypatch, (Progress, "advance", cut), stored=10)


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no connection that could be cut")
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_cut_in_the_middle_of_a_transaction_leaves_nothing_of_it(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = messages.queue_changes
    calls: list[int] = []

    def cut(**named: Any) -> Any:
        calls.append(TrackingEvent.objects.filter(source="FILE").count())
        if len(calls) == 2:  # the second portion's events are written, and not committed
            _cut_connection()
        return queue(**named)

    _is_taken_up_after(job, monkeypatch, (messages, "queue_changes", cut), stored=5)
    assert calls[:2] == [5, 10]


def _cut_connection() -> None:
    """End the database's side of this process's connection, as a server that is restarted does."""
    import psycopg

    at = connection.settings_dict
    server = f"host={at['HOST']} port={at['PORT'] or 5432} user={at['USER']} dbname={at['NAME']}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with psycopg.connect(server, password=at["PASSWORD"] or None, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


def _is_taken_up_after(
    job: Job, monkeypatch: pytest.MonkeyPatch, fault: tuple[Any, str, Any], *, stored: int
) -> None:
    """See that the job waits after the fault, that what was committed is stored, and that its next try ends whole."""
    with monkeypatch.context() as patched:
        patched.setattr(*fault)
        run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.QUEUED, "DATABASE_FAULT")
    assert TrackingEvent.objects.filter(source="FILE").count() == stored
    assert Delivery.objects.filter(status="DELIVERED").count() == stored
    assert refold(repair=False).wrong == ()
    kept = CourierFile.objects.get()
    assert (kept.state, bool(kept.file), bool(kept.result)) == (CourierFile.State.WAITING, True, False)
    assert try_now(job_id=job.pk)
    run_job(job.pk)
    _is_whole(job)


@pytest.mark.django_db
def test_a_job_that_the_engine_has_lost_is_sent_once_more(
    job: Job, engine: Engine, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    assert engine.sent == [(str(job.pk), None)]
    with django_capture_on_commit_callbacks(execute=True):
        assert reap() == 0
    Job.objects.filter(pk=job.pk).update(sent_at=timezone.now() - SEND_AGAIN_AFTER - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert reap() == 1
        assert reap() == 0
    assert engine.sent == [(str(job.pk), None)] * 2
    run_job(job.pk)
    run_job(job.pk)  # what the engine had not lost after all
    _is_whole(job)


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_keeps_the_job_waiting(
    settings: Any,
    registry: Office,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    from jobs import celery_tasks, services

    settings.TASKS = {
        "default": {
            "BACKEND": "jobs.celery_backend.CeleryBackend",
            "QUEUES": ["default"],
            "ENQUEUE_ON_COMMIT": True,
        }
    }
    send = celery_tasks.run.apply_async

    def to_a_closed_port(**named: Any) -> Any:
        nobody = celery_tasks.app.connection_for_write(
            "amqp://guest:guest@127.0.0.1:1//", transport_options={"max_retries": 1, "interval_start": 0}
        )
        return send(**named, connection=nobody, retry=False)

    monkeypatch.setattr(celery_tasks.run, "apply_async", to_a_closed_port)
    with django_capture_on_commit_callbacks(execute=True):
        job = services.enqueue(kind="courier.share", input={}, owner_id=None, office_id=registry.pk)
    assert Job.objects.get(pk=job.pk).state == JobState.QUEUED
    assert "the broker did not take a job" in caplog.text
