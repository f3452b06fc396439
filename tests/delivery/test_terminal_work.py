"""Work that a person starts at the terminal is seen as work: nothing is done beside it, and it is taken up again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from delivery.courier_files import process, start_undo, undo, upload, with_stops
from delivery.courier_files.pulling import start_pull
from delivery.courier_files.repeats import earlier_twin
from delivery.courier_files.replaying import start_replay
from delivery.courier_files.results import write_result
from delivery.models import CourierFile, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from jobs.models import Job, JobState
from jobs.services import LeaseLost, cancel, run_here, run_job
from offices.models import Office
from spreadsheets.faults import SheetError, SheetFault
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 6, 1, tzinfo=UTC)
CARDS = 6
Beside = Callable[[Callable[[], object]], None]


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=CARDS)


@pytest.fixture
def path(mailed: Mailed, tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.COURIER_FILE_PORTION = 2
    path = tmp_path / "status.csv"
    rows = [f"{item.number};DELIVERED;06/05/2020" for item in mailed.items]
    path.write_text("\n".join(("No Resi;Status;Tanggal", *rows)))
    return path


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Beside:
    """Give a way to do something once, when the rows of a file are recorded and its result is not written."""

    def arrange(act: Callable[[], object]) -> None:
        acts = [act]

        def writing(*arguments: Any, **named: Any) -> None:
            if acts:
                acts.pop()()
            write_result(*arguments, **named)

        monkeypatch.setattr("delivery.courier_files.processing.write_result", writing)

    return arrange


def imported(path: Path, office: Office) -> None:
    call_command("import_status", path, office=office.code, json=True)


def delivered(mailed: Mailed) -> int:
    return [state_of(card)[0] for card in mailed.cards].count("DELIVERED")


def test_a_file_that_the_terminal_works_on_is_in_work_for_everybody(
    path: Path, mailed: Mailed, post_office: Office, beside: Beside
) -> None:
    def look() -> None:
        file = with_stops(CourierFile.objects.all()).get()
        assert (file.job and file.job.state, file.stopped_after) == (JobState.RUNNING, None)  # type: ignore[attr-defined]
        with pytest.raises(DeliveryRefused) as refused:
            start_undo(courier_file=file, reason="salah", actor_id=None, at=AT)
        assert refused.value.code is Code.FILE_IN_WORK
        with pytest.raises(DeliveryRefused) as refused:
            undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=AT)
        assert refused.value.code is Code.FILE_IN_WORK
        with pytest.raises(CommandError, match=r"status\.csv") as second:
            imported(path, post_office)
        assert second.value.returncode == 1
        assert CourierFile.objects.count() == 1

    beside(look)
    imported(path, post_office)
    file = CourierFile.objects.select_related("job").get()
    assert file.job is not None
    assert (file.state, file.outcomes["applied"], delivered(mailed)) == ("APPLIED", CARDS, CARDS)
    assert (file.job.state, file.job.result["newly_delivered"]) == (JobState.SUCCEEDED, CARDS)


def test_what_an_undo_beside_the_work_said_stands(
    path: Path, mailed: Mailed, post_office: Office, beside: Beside
) -> None:
    file = upload(path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
    beside(lambda: undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=AT))
    with pytest.raises(LeaseLost):
        process(courier_file_id=file.pk)
    file.refresh_from_db()
    assert (file.state, file.undone_at is not None, file.outcomes) == ("UNDONE", True, {})
    assert (delivered(mailed), bool(file.file), bool(file.result)) == (0, True, False)
    assert [found.name for found in Path(file.file.path).parent.iterdir()] == [Path(file.file.name).name]
    again = upload(path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
    assert earlier_twin(again) is None
    assert process(courier_file_id=again.pk).outcomes["applied"] == CARDS


def test_a_refusal_writes_nothing_over_what_others_said_meanwhile(
    path: Path, post_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload(path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)

    def unreadable(*_arguments: Any, **_named: Any) -> None:
        CourierFile.objects.update(state=CourierFile.State.UNDONE)
        raise SheetError(SheetFault.UNREADABLE)

    monkeypatch.setattr("delivery.courier_files.processing.read_and_understand", unreadable)
    with pytest.raises(LeaseLost):
        process(courier_file_id=file.pk)
    file.refresh_from_db()
    assert (file.state, file.fault, bool(file.file)) == ("UNDONE", {}, True)


def test_work_that_is_cut_off_is_taken_up_by_the_next_command(
    path: Path, mailed: Mailed, post_office: Office, beside: Beside
) -> None:
    def cut_off() -> None:
        raise KeyboardInterrupt

    beside(cut_off)
    with pytest.raises(KeyboardInterrupt):
        imported(path, post_office)
    assert (Job.objects.get().state, delivered(mailed)) == (JobState.CANCELLED, CARDS)
    imported(path, post_office)
    file = CourierFile.objects.get()
    assert (file.state, file.outcomes["applied"]) == ("APPLIED", CARDS)
    assert TrackingEvent.objects.filter(source="FILE").count() == CARDS


def test_work_whose_process_was_killed_is_taken_up_when_its_lease_has_run_out(
    path: Path, post_office: Office, beside: Beside
) -> None:
    class Killed(BaseException):
        """Nothing is written any more."""

    def die() -> None:
        raise Killed

    beside(die)
    with pytest.raises(Killed):
        imported(path, post_office)
    with pytest.raises(CommandError):  # it may be alive
        imported(path, post_office)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    imported(path, post_office)
    file, job = CourierFile.objects.get(), Job.objects.get()
    assert (file.state, file.outcomes["applied"], job.state) == ("APPLIED", CARDS, JobState.SUCCEEDED)


def test_a_file_that_is_only_checked_meanwhile_is_not_applied_in_its_place(
    path: Path, post_office: Office
) -> None:
    file = upload(path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT, apply=False)
    with pytest.raises(CommandError):
        imported(path, post_office)
    file.refresh_from_db()
    assert (file.state, Job.objects.get().state) == ("WAITING", JobState.QUEUED)


def test_somebody_may_stop_it_on_its_page(path: Path, post_office: Office, beside: Beside) -> None:
    beside(lambda: cancel(job_id=Job.objects.get().pk))
    with pytest.raises(CommandError) as stopped:
        imported(path, post_office)
    assert (stopped.value.returncode, Job.objects.get().state) == (3, JobState.CANCELLED)
    assert with_stops(CourierFile.objects.all()).get().stopped_after == CARDS  # type: ignore[attr-defined]


def test_a_fault_ends_the_job_with_its_reason(path: Path, post_office: Office, beside: Beside) -> None:
    def break_off() -> None:
        raise ZeroDivisionError

    beside(break_off)
    with pytest.raises(ZeroDivisionError):
        imported(path, post_office)
    assert (Job.objects.get().state, Job.objects.get().error) == (JobState.FAILED, "ZeroDivisionError")


def test_a_refused_file_ends_its_job_and_the_command_alike(path: Path, post_office: Office) -> None:
    path.write_text("Nama;Alamat\nA;B")
    with pytest.raises(CommandError) as refused:
        imported(path, post_office)
    job = Job.objects.get()
    assert (refused.value.returncode, job.state, job.error) == (2, JobState.FAILED, str(refused.value))


def test_reading_anew_is_work_too(path: Path, post_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(path, post_office)
    file = CourierFile.objects.get()

    def look(**_named: Any) -> int:
        with pytest.raises(DeliveryRefused) as refused:
            start_undo(courier_file=file, reason="salah", actor_id=None, at=AT)
        assert refused.value.code is Code.FILE_IN_WORK
        return 0

    monkeypatch.setattr("delivery.courier_files.replaying.apply_known", look)
    call_command("replay_status", str(file.pk), apply=True)
    assert Job.objects.get(kind="courier.replay").state == JobState.SUCCEEDED
    start_replay(courier_file=file, apply=True, actor_id=None, at=AT)
    with pytest.raises(CommandError):
        call_command("replay_status", str(file.pk), apply=True)


def test_news_is_fetched_by_one_at_a_time_wherever_they_sit(
    registry: Office, mailed: Mailed, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.COURIER_PULL_URL = "https://pos.example/lacak"
    asked: list[int] = []

    def numbers(*, office_id: int, most: int) -> list[str]:
        asked.append(office_id)
        with pytest.raises(DeliveryRefused) as refused:
            start_pull(office=registry, actor_id=None)
        assert refused.value.code is Code.PULL_IN_WORK
        if len(asked) == 1:
            with pytest.raises(CommandError) as second:
                call_command("pull_status", office=registry.code)
            assert second.value.returncode == 1
        return []

    monkeypatch.setattr("delivery.courier_files.pulling.moving_numbers", numbers)
    call_command("pull_status", office=registry.code)
    assert (asked, Job.objects.get().state) == ([registry.pk], JobState.SUCCEEDED)
    dead = start_pull(office=registry, actor_id=None)
    Job.objects.filter(pk=dead.pk).update(
        state=JobState.RUNNING, lease_token=dead.pk, lease_until=timezone.now() - timedelta(seconds=1)
    )
    call_command("pull_status", office=registry.code)
    dead.refresh_from_db()
    assert (asked, dead.state) == ([registry.pk] * 2, JobState.SUCCEEDED)


def test_a_job_that_was_done_at_the_terminal_is_nothing_for_a_worker(path: Path, post_office: Office) -> None:
    imported(path, post_office)
    job = Job.objects.get()
    run_job(job.pk)
    with pytest.raises(LeaseLost):
        run_here(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.SUCCEEDED, 1)
