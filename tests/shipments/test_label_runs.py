"""Labels drawn by workers: shared, resumed, cancelled, kept for a time, and written down once."""

import errno
import io
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry, User
from jobs.models import Job, JobState
from jobs.services import cancel, reap, run_job
from labels.sheets import FORMATS
from offices.models import HandoverPolicy, Office
from privacy.models import AccessRecord
from shipments import label_runs, labelling
from shipments.label_runs import (
    cancel_label_run,
    open_label_file,
    remove_old_label_files,
    start_label_run,
    zip_label_files,
)
from shipments.models import Card, Item, LabelPart, LabelPrint, LabelRun, Shipment
from shipments.refusals import Code, ShipmentRefused
from tests import factories
from tests.conftest import NOW
from tests.labels.samples import cells, codes, pages

Queue = Callable[..., list[Card]]
FORMAT = "roll-100x150"


def ask(*shipments: Shipment, actor: User | None = None, **options: Any) -> LabelRun:
    options = {"format": FORMAT, **options}
    return start_label_run(
        shipment_ids=[shipment.pk for shipment in shipments], office_id=shipments[0].office_id,
        actor_id=actor.pk if actor else None, at=NOW, **options,
    )  # fmt: skip


def work(run: LabelRun) -> list[str]:
    """Do the run's jobs one after the other and give how they ended."""
    for part in run.parts.all():
        assert part.job_id is not None
        run_job(part.job_id)
    return [str(part.job.state) for part in run.parts.select_related("job") if part.job]


def folder() -> list[str]:
    place = Path(settings.MEDIA_ROOT) / "labels"
    return sorted(path.name for path in place.iterdir()) if place.is_dir() else []


def numbers_on(pdf: bytes) -> list[str]:
    drawn = (cell for page in pages(pdf, 203) for cell in cells(page, FORMATS[FORMAT], 203))
    return [number for cell in drawn for number in codes(cell)[0]]


def content(part: LabelPart) -> bytes:
    with open_label_file(part=part, actor_id=None, at=NOW) as file:
        return file.read()


def more(shipment: Shipment, queue: Queue, number: int) -> None:
    """Add items after the shipment's last one."""
    last = Item.objects.filter(shipment=shipment).count()
    for position, card in enumerate(queue(number), last + 1):
        Item.objects.create(card=card, shipment=shipment, position=position, number=f"P200504{position:07}")


def test_a_job_draws_the_labels_in_the_manifests_order_and_writes_it_down_once(
    shipment: Shipment, printing_user: User
) -> None:
    run = ask(shipment, actor=printing_user)
    assert not LabelPrint.objects.exists()
    assert work(run) == ["SUCCEEDED"]
    part = run.parts.get()
    numbers = list(
        Item.objects.filter(shipment=shipment).order_by("position").values_list("number", flat=True)
    )
    assert numbers_on(content(part)) == numbers
    printed = LabelPrint.objects.get()
    assert (printed.run, printed.labels, printed.format, printed.printed_by) == (
        run,
        5,
        FORMAT,
        printing_user,
    )
    assert AuditEntry.objects.filter(operation="PRINT_LABELS").count() == 1
    assert folder() == [f"{part.pk}.pdf"]
    assert (Path(settings.MEDIA_ROOT) / "labels" / folder()[0]).stat().st_mode & 0o777 == 0o600


def test_many_shipments_are_one_run_and_one_printing_each(
    shipment: Shipment, queue: Queue, registry: Office, post_office: Office
) -> None:
    second = Shipment.objects.create(office=registry, post_office=post_office, number="S-2", opened_at=NOW)
    more(second, queue, 2)
    run = ask(shipment, second, format="a4-3x8", start=5)
    assert work(run) == ["SUCCEEDED", "SUCCEEDED"]
    assert sorted(LabelPrint.objects.values_list("shipment__number", "labels")) == sorted(
        [(shipment.number, 5), ("S-2", 2)]
    )
    together = io.BytesIO()
    zip_label_files(run=run, output=together, actor_id=None, at=NOW)
    names = zipfile.ZipFile(together).namelist()
    assert names == [f"label-{shipment.number}.pdf", "label-S-2.pdf"]
    exports = AccessRecord.objects.filter(action="EXPORT", subject_kind="shipment")
    assert sorted(exports.values_list("subject_key", "records")) == sorted([(shipment.number, 5), ("S-2", 2)])


def test_a_large_shipment_is_cut_where_sheets_end(
    shipment: Shipment, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_runs, "LABELS_PER_PART", 25)
    more(shipment, queue, 35)  # 40 in all
    run = ask(shipment, format="a4-2x5", start=4)
    parts = list(run.parts.values_list("number", "first_position", "last_position", "start", "job__total"))
    assert parts == [(1, 1, 17, 4, 17), (2, 18, 37, 1, 20), (3, 38, 40, 1, 3)]
    first, *others = run.parts.all()
    for part in others:
        assert part.job_id is not None
        run_job(part.job_id)
    assert not LabelPrint.objects.exists()  # one part is missing
    assert first.job_id is not None
    run_job(first.job_id)
    assert LabelPrint.objects.get().labels == 40


def test_labels_are_drawn_again_for_a_reason_only(shipment: Shipment) -> None:
    work(ask(shipment))
    with pytest.raises(ShipmentRefused) as refused:
        ask(shipment, reason="  ")
    assert refused.value.code is Code.REPRINT_NEEDS_REASON
    assert LabelRun.objects.count() == 1
    assert work(ask(shipment, reason="macet")) == ["SUCCEEDED"]
    assert sorted(LabelPrint.objects.values_list("reason", flat=True)) == ["", "macet"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"format": "a0"}, Code.LABEL_FORMAT_UNKNOWN),
        ({"format": "a4-2x5", "start": 11}, Code.LABEL_START_INVALID),
        ({"offset_mm": (99.0, 0.0)}, Code.LABEL_NOT_PRINTABLE),
    ],
)
def test_a_run_that_cannot_be_printed_is_refused_at_once(
    shipment: Shipment, options: dict[str, Any], code: Code
) -> None:
    with pytest.raises(ShipmentRefused) as refused:
        ask(shipment, **options)
    assert refused.value.code is code
    assert not Job.objects.exists()


def test_a_shipment_in_work_empty_or_of_another_office_is_refused_with_all_others(
    shipment: Shipment, registry: Office, post_office: Office
) -> None:
    empty = Shipment.objects.create(office=registry, post_office=post_office, number="S-0", opened_at=NOW)
    with pytest.raises(ShipmentRefused) as refused:
        ask(shipment, empty)
    assert refused.value.code is Code.SHIPMENT_EMPTY
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    with pytest.raises(ShipmentRefused) as refused:
        start_label_run(
            shipment_ids=[shipment.pk], office_id=foreign.pk, format=FORMAT, actor_id=None, at=NOW
        )
    assert refused.value.code is Code.SHIPMENT_UNKNOWN
    assert not LabelRun.objects.exists()
    ask(shipment)
    with pytest.raises(ShipmentRefused) as refused:
        ask(shipment)
    assert refused.value.code is Code.LABELS_IN_WORK
    assert LabelRun.objects.count() == 1


def at_label(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object], place: int = 2) -> None:
    """Let something happen once while a label is drawn."""
    original, done = labelling.shipment_labels, list[int]()

    def labels(**asked: Any) -> Iterator[Any]:
        for number, label in enumerate(original(**asked)):
            if number == place and not done:
                done.append(number)
                what()
            yield label

    monkeypatch.setattr(label_runs, "shipment_labels", labels)


def test_a_cancelled_run_leaves_no_file_and_counts_as_not_printed(
    shipment: Shipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = ask(shipment)
    assert cancel_label_run(run_id=waiting.pk) == 1
    assert work(waiting) == ["CANCELLED"]
    running = ask(shipment)
    job_id = running.parts.get().job_id
    assert job_id is not None
    at_label(monkeypatch, lambda: cancel(job_id=job_id))
    assert work(running) == ["CANCELLED"]
    assert (folder(), LabelPrint.objects.count(), cancel_label_run(run_id=running.pk)) == ([], 0, 0)
    assert work(ask(shipment)) == ["SUCCEEDED"]  # no reason is asked for


def test_a_full_disk_ends_the_job_with_what_to_do_and_no_half_file(
    shipment: Shipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    at_label(monkeypatch, full)
    run = ask(shipment)
    assert work(run) == ["FAILED"]
    job = Job.objects.get()
    assert (job.attempts, job.finished_at is not None) == (1, True)
    assert "No space left on device" in job.error
    assert (folder(), LabelPrint.objects.count()) == ([], 0)
    assert run.parts.get().drawn_at is None
    assert work(ask(shipment)) == ["SUCCEEDED"]


def test_a_shipment_cancelled_meanwhile_is_not_drawn(shipment: Shipment) -> None:
    run = ask(shipment)
    Shipment.objects.update(state="CANCELLED", cancelled_at=NOW)
    assert work(run) == ["FAILED"]
    assert folder() == []


def test_a_worker_that_lost_its_lease_writes_nothing_down_and_spoils_no_file(
    shipment: Shipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(shipment)
    job_id = run.parts.get().job_id
    assert job_id is not None

    def another_takes_it_up() -> None:
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        run_job(job_id)

    at_label(monkeypatch, another_takes_it_up)
    run_job(job_id)
    assert Job.objects.get().state == JobState.SUCCEEDED
    assert (LabelPrint.objects.count(), len(folder())) == (1, 1)
    assert len(numbers_on(content(run.parts.get()))) == 5


def test_a_second_worker_leaves_a_job_alone_that_is_being_done(
    shipment: Shipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(shipment)
    job_id = run.parts.get().job_id
    assert job_id is not None
    at_label(monkeypatch, lambda: run_job(job_id))
    run_job(job_id)
    assert (Job.objects.get().attempts, Job.objects.get().state) == (1, JobState.SUCCEEDED)
    assert (LabelPrint.objects.count(), len(folder())) == (1, 1)


def test_a_job_that_died_before_saying_that_it_was_done_is_not_done_twice(shipment: Shipment) -> None:
    run = ask(shipment)
    work(run)
    before = run.parts.get().drawn_at
    Job.objects.update(state="RUNNING", lease_token=UUID(int=1), lease_until=NOW, finished_at=None, result={})
    assert work(run) == ["SUCCEEDED"]
    assert (LabelPrint.objects.count(), run.parts.get().drawn_at) == (1, before)


def test_files_go_after_the_days_of_the_policy_and_so_do_strays(
    shipment: Shipment, policy: HandoverPolicy, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ask(shipment)
    work(run)
    drawn_at = run.parts.get().drawn_at
    assert drawn_at is not None
    stray = Path(settings.MEDIA_ROOT) / "labels" / f".{UUID(int=7)}.pdf.dead"
    stray.write_bytes(b"%PDF")
    HandoverPolicy.objects.update(label_file_days=3)
    assert remove_old_label_files(at=drawn_at + timedelta(hours=12)) == 0
    assert len(folder()) == 2
    assert remove_old_label_files(at=drawn_at + timedelta(days=2)) == 1  # the stray
    LabelPart.objects.update(drawn_at=drawn_at - timedelta(days=3, seconds=1))
    call_command("forget_uploads")
    assert "and 1 files of labels" in capsys.readouterr().out
    assert folder() == []
    with pytest.raises(ShipmentRefused) as refused:
        open_label_file(part=run.parts.get(), actor_id=None, at=now)
    assert refused.value.code is Code.LABEL_FILE_MISSING
    assert not AccessRecord.objects.exists()
    assert LabelPrint.objects.count() == 1


KILLED = """
import sys, time, django
from uuid import UUID
django.setup()
from jobs.services import run_job
from shipments import label_runs, labelling
original = label_runs.shipment_labels
def slow(**asked):
    for number, label in enumerate(original(**asked)):
        if number == 3:
            print("drawing", flush=True)
            time.sleep(60)
        yield label
label_runs.shipment_labels = slow
run_job(UUID(sys.argv[1]))
"""


@contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """An address under which another process finds this test's database; at the end, we see what it did there."""
    original = settings.DATABASES["default"]
    if connection.vendor == "postgresql":
        host = f"{original['HOST']}:{original['PORT'] or 5432}"
        user = f"{original['USER']}:{original['PASSWORD']}"
        yield f"postgres://{user}@{host}/{connection.settings_dict['NAME']}"
        return
    connection.ensure_connection()
    with closing(sqlite3.connect(folder / "db.sqlite3")) as file:
        connection.connection.backup(file)
        yield f"sqlite:///{folder / 'db.sqlite3'}"
        file.backup(connection.connection)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_draws_is_resumed_with_one_whole_file(
    shipment: Shipment, tmp_path: Path
) -> None:
    run = ask(shipment)
    job_id = run.parts.get().job_id
    assert job_id is not None
    with reachable(tmp_path) as url:
        worker = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(job_id)],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DATABASE_URL": url,
                "ANTARKTP_VAR_DIR": str(tmp_path),
            },
            stdout=subprocess.PIPE,
        )
        assert worker.stdout is not None
        with worker.stdout:
            assert worker.stdout.readline() == b"drawing\n"
        os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
    assert (Job.objects.get().state, LabelPrint.objects.count()) == (JobState.RUNNING, 0)
    (left,) = folder()
    assert left.startswith(f".{run.parts.get().pk}.pdf.")
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reap() == 1
    run_job(job_id)
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 2)
    assert folder() == [f"{run.parts.get().pk}.pdf"]
    assert LabelPrint.objects.get().labels == 5
    assert len(numbers_on(content(run.parts.get()))) == 5
