"""Portions of a status file that several workers take: each is recorded once, whoever takes it and whoever dies."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from delivery.courier_files import process, sharing, upload
from delivery.courier_files.applying import Applied, Portion
from delivery.courier_files.sharing import SHARE_JOB, apply_shared, help_with, take_portion
from delivery.models import CourierFile, Delivery, FilePortion, TrackingEvent
from delivery.tracking import refold
from jobs.models import Job
from jobs.services import JobCancelled, LeaseLost
from offices.models import Office
from spreadsheets.writing import Column, write_xlsx
from tests.delivery.mailing import mail_cards

pytestmark = pytest.mark.django_db
AT = datetime(2020, 6, 1, tzinfo=UTC)
HEADER = ("No Resi", "Status", "Keterangan", "Tanggal Update")
CARDS, PER_PORTION = 30, 6


@pytest.fixture(autouse=True)
def small_portions(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.COURIER_FILE_HELPERS = 2
    settings.COURIER_FILE_PORTION = PER_PORTION


@pytest.fixture
def courier_file(registry: Office, post_office: Office, tmp_path: Path) -> CourierFile:
    mailed = mail_cards(office=registry, post_office=post_office, number=CARDS)
    numbers = [str(item.number) for item in mailed.items]
    rows = [(number, "DELIVERED", "", f"06/05/2020 10:{place:02}") for place, number in enumerate(numbers)]
    rows += [(number, "ANTARAN", "", f"06/05/2020 08:{place:02}") for place, number in enumerate(numbers)]
    rows.append(("RR000000005ID", "DELIVERED", "", "06/05/2020 10:00"))
    path = tmp_path / "status.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, sheet="S", columns=[Column(title) for title in HEADER], rows=rows)
    return upload(path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)


def _whole(courier_file: CourierFile) -> None:
    courier_file.refresh_from_db()
    assert courier_file.state == CourierFile.State.APPLIED
    assert courier_file.rows == 2 * CARDS + 1
    assert {name: count for name, count in courier_file.outcomes.items() if count} == {
        "applied": 2 * CARDS,
        "unknown_item": 1,
    }
    assert TrackingEvent.objects.filter(courier_file=courier_file).count() == 2 * CARDS
    assert Delivery.objects.filter(status="DELIVERED").count() == CARDS
    assert refold(repair=False).wrong == ()
    assert not FilePortion.objects.exists()


def _during(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[CourierFile], None], courier_file: CourierFile
) -> None:
    """Act once, when the file's portions are laid out."""
    lay_out = sharing._lay_out

    def laid_out(*arguments: Any) -> list[int]:
        monkeypatch.setattr(sharing, "_lay_out", lay_out)
        portions = lay_out(*arguments)
        act(courier_file)
        return portions

    monkeypatch.setattr(sharing, "_lay_out", laid_out)


def test_a_file_that_nobody_helps_with_is_applied_whole_and_reports_the_same(
    courier_file: CourierFile,
) -> None:
    report = process(courier_file_id=courier_file.pk)
    assert (report.newly_delivered, report.newly_returned) == (CARDS, 0)
    assert Job.objects.filter(kind=SHARE_JOB).count() == 2
    _whole(courier_file)


def test_what_helpers_took_is_counted_and_recorded_once(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    def help_twice(file: CourierFile) -> None:
        assert take_portion(courier_file_id=file.pk, at=AT)
        assert take_portion(courier_file_id=file.pk, at=AT)

    _during(monkeypatch, help_twice, courier_file)
    report = process(courier_file_id=courier_file.pk, on_progress=lambda done, _total: told.append(done))
    assert report.newly_delivered == CARDS
    assert told[:2] == [1, 1]  # the row whose item is unknown; the portions are laid out
    assert told[2] == 1 + 3 * PER_PORTION  # two by the helper, one by itself
    assert told[-1] == 2 * CARDS + 1
    _whole(courier_file)
    assert help_with(courier_file_id=courier_file.pk, at=AT, on_progress=told.append) == 0


def test_a_portion_whose_worker_died_is_taken_up_when_its_lease_has_run_out(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(file: CourierFile) -> None:
        portion = FilePortion.objects.get(courier_file=file, number=1)
        portion.lease_until = timezone.now() + timedelta(seconds=0.3)
        portion.save()

    _during(monkeypatch, die, courier_file)
    process(courier_file_id=courier_file.pk)
    _whole(courier_file)


def test_a_worker_whose_lease_has_run_out_writes_nothing(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = sharing._settle
    seen: list[int] = []

    def overtaken(portion_id: int, token: Any, applied: Applied) -> None:
        if not seen:  # another worker takes the portion up while this one has not committed
            FilePortion.objects.filter(pk=portion_id).update(lease_token=None, lease_until=None)
            with pytest.raises(sharing._PortionLost):
                settle(portion_id, token, applied)
            seen.append(portion_id)
        settle(portion_id, token, applied)

    monkeypatch.setattr(sharing, "_settle", overtaken)
    monkeypatch.setattr(sharing, "LEASE", timedelta(seconds=0.2))
    _during(
        monkeypatch, lambda file: seen.append(-take_portion(courier_file_id=file.pk, at=AT)), courier_file
    )
    process(courier_file_id=courier_file.pk)
    assert len(seen) == 2
    _whole(courier_file)


@pytest.mark.parametrize("had_laid_out", [True, False])
def test_a_worker_that_was_overtaken_leaves_its_successors_portions_alone(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch, had_laid_out: bool
) -> None:
    def overtaken(_done: int) -> None:
        raise LeaseLost

    portions = [Portion([], {})]
    keys = sharing._lay_out(courier_file, portions, AT, lambda _done: None) if had_laid_out else []
    gave_up: list[int] = []

    def first_comes_to_life_again(done: int, _total: int) -> None:
        if done > 1 and not gave_up:
            gave_up.append(done)
            if had_laid_out:
                monkeypatch.setattr(sharing, "_lay_out", lambda *_arguments: keys)
            with pytest.raises(LeaseLost):
                apply_shared(courier_file=courier_file, portions=portions, at=AT, on_progress=overtaken)

    process(courier_file_id=courier_file.pk, on_progress=first_comes_to_life_again)
    assert gave_up == [1 + PER_PORTION]
    _whole(courier_file)


def test_a_cancelled_file_leaves_no_portion_to_take(courier_file: CourierFile) -> None:
    def cancelled(done: int, _total: int) -> None:
        if done > 1:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        process(courier_file_id=courier_file.pk, on_progress=cancelled)
    assert not take_portion(courier_file_id=courier_file.pk, at=AT)
    assert TrackingEvent.objects.filter(courier_file=courier_file).count() == PER_PORTION
    process(courier_file_id=courier_file.pk)
    _whole(courier_file)


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_end_as_one_alone(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work() -> None:
        help_with(courier_file_id=courier_file.pk, at=AT, on_progress=lambda _done: None)
        connection.close()

    helpers = [threading.Thread(target=work) for _ in range(2)]

    def start(_file: CourierFile) -> None:
        for helper in helpers:
            helper.start()

    _during(monkeypatch, start, courier_file)
    process(courier_file_id=courier_file.pk)
    for helper in helpers:
        helper.join()
    _whole(courier_file)
