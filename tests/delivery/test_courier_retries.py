"""Work on a file that was cut off is done again, and tells all that both tries have brought."""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from delivery.courier_files import process, processing, upload
from delivery.models import CourierFile, Message, TrackingEvent
from jobs.models import Job
from jobs.services import run_job
from offices.models import Office
from tests.delivery.mailing import Mailed, mail_cards

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 7, tzinfo=UTC)
Upload = Callable[..., CourierFile]


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=6)


@pytest.fixture
def uploaded(post_office: Office, tmp_path: Path, settings: Any) -> Upload:
    settings.MEDIA_ROOT = tmp_path / "files"

    def make(rows: Sequence[str], *, enqueue: bool = False) -> CourierFile:
        path = tmp_path / "status.csv"
        path.write_text("\n".join(("No Resi;Status;Tanggal", *rows)))
        return upload(
            path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT, enqueue=enqueue
        )

    return make


@pytest.mark.parametrize("helpers", [0, 1])
@pytest.mark.parametrize("last", ["recorded", "some"])
def test_work_that_was_cut_off_tells_all_that_it_has_brought(
    mailed: Mailed, uploaded: Upload, settings: Any, helpers: int, last: str
) -> None:
    settings.COURIER_FILE_PORTION, settings.COURIER_FILE_HELPERS = 1, helpers
    number = [item.number for item in mailed.items]
    process(courier_file_id=uploaded([f"{number[5]};DELIVERED;05/05/2020 10:15"]).pk)
    rows = [f"{one};DELIVERED;06/05/2020 10:15" for one in number[:3]]
    rows += [f"{number[3]};RETUR;06/05/2020 10:15", f"{number[4]};GAGAL ANTAR;06/05/2020 10:15"]
    rows += [f"{number[4]};ANTARAN;06/05/2020 08:15", f"{number[5]};DELIVERED;05/05/2020 10:15"]  # known
    file = uploaded(rows)

    def cut_off(done: int, total: int) -> None:
        if done and done >= (total if last == "recorded" else 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process(courier_file_id=file.pk, on_progress=cut_off)
    assert 0 < TrackingEvent.objects.filter(courier_file=file).count() <= 6
    assert list(Message.objects.filter(occasion="ATTEMPT_FAILED").values_list("state", flat=True)) in (
        [],
        ["QUEUED"],
    )
    report = process(courier_file_id=file.pk)
    assert (report.outcomes["applied"], report.outcomes["duplicate"]) == (6, 1)
    assert (report.newly_delivered, report.newly_returned) == (3, 1)
    assert Message.objects.get(occasion="ATTEMPT_FAILED").state == "QUEUED"


def test_a_job_that_was_killed_after_its_last_step_ends_with_the_result_of_its_work(
    mailed: Mailed, uploaded: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{mailed.items[0].number};DELIVERED;06/05/2020 10:15", "RR000000005ID;DELIVERED;06/05/2020"]
    file = uploaded(rows, enqueue=True)
    assert file.job is not None

    def die(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("delivery.courier_files.processing._catch_up", die)
        with pytest.raises(KeyboardInterrupt):
            run_job(file.job.pk)
    Job.objects.update(lease_until=AT)
    run_job(file.job.pk)
    job = Job.objects.get()
    assert job.state == "SUCCEEDED"
    assert (job.result["newly_delivered"], sorted(job.result["first_rows"])) == (
        1,
        ["applied", "unknown_item"],
    )


def test_an_overtaken_worker_ends_no_file_and_leaves_nothing_behind(
    mailed: Mailed, uploaded: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = uploaded([f"{mailed.items[0].number};DELIVERED;06/05/2020 10:15"], enqueue=True)
    assert file.job is not None
    kept = processing._kept

    def overtaken(*arguments: Any, **named: Any) -> str:
        Job.objects.update(lease_token=uuid.uuid4())
        return kept(*arguments, **named)

    monkeypatch.setattr(processing, "_kept", overtaken)
    run_job(file.job.pk)
    file.refresh_from_db()
    assert (file.state, bool(file.file), bool(file.result)) == ("WAITING", True, False)
    assert [found.name for found in Path(file.file.path).parent.iterdir()] == [Path(file.file.name).name]
