"""What a later file told as known already stands when the file that told it first is undone."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.models import AuditEntry
from delivery.courier_files import process, start_undo, undo, upload
from delivery.courier_files.replaying import replay
from delivery.courier_files.rewriting import RESULT_JOB
from delivery.models import CourierFile, Delivery, GivenNumber, Message, TrackingEvent
from delivery.tracking import refold, void_events
from jobs.models import Job, JobState
from jobs.services import JobCancelled, run_job
from offices.models import Office
from shipments.models import Item
from shipments.numbers import make_reference
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 7, tzinfo=UTC)
Apply = Callable[..., CourierFile]


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=4)


@pytest.fixture
def applied(tmp_path: Path, settings: Any, post_office: Office) -> Apply:
    """Give a function that applies a file of rows, a day after the one before."""
    settings.MEDIA_ROOT = tmp_path / "files"
    days = iter(range(100))

    def apply(rows: Sequence[str], office: Office = post_office, at: datetime | None = None) -> CourierFile:
        day = next(days)
        path = tmp_path / f"{day}.csv"
        path.write_text("\n".join(("No Resi;No Referensi;Status;Tanggal", *rows)))
        moment = at or AT + timedelta(days=day)
        file = upload(path=path, name=path.name, office_id=office.pk, actor_id=None, at=moment, enqueue=False)
        process(courier_file_id=file.pk)
        file.refresh_from_db()
        return file

    return apply


def delivered(mailed: Mailed, *places: int) -> list[str]:
    return [f"{mailed.items[place].number};;DELIVERED;06/05/2020 10:00" for place in places]


def undone(file: CourierFile) -> None:
    undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=AT + timedelta(days=1))


def work() -> list[str]:
    """Run the jobs that wait, and give their kinds."""
    done = []
    while job := Job.objects.filter(state=JobState.QUEUED).order_by("created_at").first():
        run_job(job.pk)
        job.refresh_from_db()
        assert job.state == JobState.SUCCEEDED, job.error
        done.append(job.kind)
    return done


def counted(file: CourierFile) -> dict[str, int]:
    file.refresh_from_db()
    assert sum(file.outcomes.values()) == file.rows
    return {outcome: count for outcome, count in file.outcomes.items() if count}


def statuses(mailed: Mailed) -> list[str]:
    return [state_of(card)[0] for card in mailed.cards]


def test_what_a_later_file_tells_too_stands_when_the_first_is_undone(applied: Apply, mailed: Mailed) -> None:
    first = applied(delivered(mailed, 0, 1))
    second = applied(delivered(mailed, 0, 2))
    third = applied(delivered(mailed, 0, 2, 3))
    assert counted(third) == {"duplicate": 2, "applied": 1}
    undone(first)
    assert statuses(mailed) == ["POSTED", "POSTED", "DELIVERED", "DELIVERED"]
    assert work() == ["courier.replay", "courier.replay", RESULT_JOB]
    assert statuses(mailed) == ["DELIVERED", "POSTED", "DELIVERED", "DELIVERED"]
    assert (counted(second), counted(third)) == ({"applied": 2}, {"duplicate": 2, "applied": 1})
    book = openpyxl.load_workbook(second.result.path).worksheets[0]
    assert [book.cell(row, 5).value for row in (2, 3)] == ["diterapkan", "diterapkan"]
    assert AuditEntry.objects.get(operation="REPLAY_COURIER_FILE", object_key=str(second.pk)).details == {
        "voided": 0, "added": 0, "retold": 1,
    }  # fmt: skip
    # and goes on to the next
    undone(second)
    assert work() == ["courier.replay", RESULT_JOB]
    assert (statuses(mailed), counted(third)) == (
        ["DELIVERED", "POSTED", "DELIVERED", "DELIVERED"],
        {"applied": 3},
    )
    undone(third)
    assert work() == []
    assert (set(statuses(mailed)), refold(repair=False).wrong) == ({"POSTED"}, ())


def test_residents_are_told_what_stands(applied: Apply, mailed: Mailed) -> None:
    failed = [f"{item.number};;GAGAL ANTAR;06/05/2020 10:00" for item in mailed.items[:2]]
    first = applied(failed)
    applied([*failed[:1], *delivered(mailed, 3)])
    undone(first)
    work()
    told = Message.objects.filter(occasion="ATTEMPT_FAILED").order_by("card_id")
    assert list(told.values_list("card_id", "state")) == [
        (mailed.cards[0].pk, "QUEUED"), (mailed.cards[1].pk, "WITHDRAWN"),
    ]  # fmt: skip


def test_a_number_that_the_undone_file_gave_is_given_by_the_later_one(applied: Apply, mailed: Mailed) -> None:
    card, item = mailed.cards[0], mailed.items[0]
    card.reference = make_reference(card.pk)
    card.save()
    Item.objects.filter(pk=item.pk).update(number=None)
    row = f"P2005060000001;{card.reference};DELIVERED;06/05/2020 10:00"
    first = applied([row])
    second = applied([row, *delivered(mailed, 1)])
    undone(first)
    assert (Item.objects.get(pk=item.pk).number, state_of(card)[0]) == (None, "POSTED")
    work()
    assert (Item.objects.get(pk=item.pk).number, state_of(card)[0]) == ("P2005060000001", "DELIVERED")
    assert GivenNumber.objects.get(item=item).courier_file == second


def test_only_files_of_the_registry_that_were_applied_later_are_read_anew(
    applied: Apply, mailed: Mailed, registry: Office
) -> None:
    row = delivered(mailed, 0)
    earlier = applied([*delivered(mailed, 1), *delivered(mailed, 1)])
    first = applied(row)
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    foreign = applied([*row, *row, ";;DELIVERED;06/05/2020"], other)
    CourierFile.objects.filter(pk=foreign.pk).update(outcomes={"duplicate": 1})
    stopped, news = applied([*row, *delivered(mailed, 2)]), applied(delivered(mailed, 3))
    of_registry = applied([*row, *delivered(mailed, 3)], registry)

    def stop(_done: int, _total: int) -> None:
        raise JobCancelled

    start_undo(courier_file=stopped, reason="salah", actor_id=None, at=AT)
    stopped.refresh_from_db()
    with pytest.raises(JobCancelled):
        undo(
            courier_file_id=stopped.pk, reason="salah", actor_id=None, at=AT, job_id=stopped.job_id, on_progress=stop
        )  # fmt: skip
    Job.objects.update(state=JobState.CANCELLED, finished_at=AT)
    undone(first)
    asked = [job.input["courier_file"] for job in Job.objects.filter(kind="courier.replay")]
    assert asked == [str(of_registry.pk)]
    assert str(earlier.pk) not in asked
    assert str(news.pk) not in asked


def test_a_file_that_repeats_the_undone_one_is_undone_with_it(applied: Apply, mailed: Mailed) -> None:
    first = applied(delivered(mailed, 0))
    second = applied(delivered(mailed, 0))
    assert second.repeats == first
    undone(first)
    second.refresh_from_db()
    assert (second.state, second.applied_at, second.undone_at is not None) == ("UNDONE", None, True)
    assert (work(), state_of(mailed.cards[0])[0]) == ([], "POSTED")
    process(courier_file_id=second.pk)
    assert (counted(second), second.repeats_id) == ({"applied": 1}, None)
    assert state_of(mailed.cards[0])[0] == "DELIVERED"


def test_an_undo_that_was_killed_after_its_last_step_still_has_the_others_read_anew(
    applied: Apply, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = applied(delivered(mailed, 0))
    applied(delivered(mailed, 0, 1))
    start_undo(courier_file=first, reason="salah", actor_id=None, at=AT)
    first.refresh_from_db()
    assert first.job_id is not None

    def die(**_named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("delivery.courier_files.undoing.retell_after_undo", die)
        with pytest.raises(KeyboardInterrupt):
            run_job(first.job_id)
    Job.objects.update(lease_until=AT)
    run_job(first.job_id)
    work()
    assert statuses(mailed)[:2] == ["DELIVERED", "DELIVERED"]


def test_what_a_person_took_back_and_what_a_file_says_twice_is_not_retold(
    applied: Apply, mailed: Mailed
) -> None:
    first = applied(delivered(mailed, 0, 1))
    second = applied(delivered(mailed, 0, 0, 1))
    taken = TrackingEvent.objects.get(courier_file=first, card=mailed.cards[1])
    void_events(event_ids=[taken.pk], reason="keliru", recorded_at=AT, recorded_by_id=None)
    undone(first)
    job = Job.objects.get()
    report = replay(courier_file_id=second.pk, apply=False, actor_id=None, at=AT, job_id=job.pk)
    assert (report.retold, report.changed) == (1, 0)
    work()
    assert statuses(mailed)[:2] == ["DELIVERED", "POSTED"]
    assert counted(second) == {"applied": 1, "duplicate": 2}


@pytest.mark.parametrize("when", ["applied", "read anew", "killed before"])
def test_a_file_that_is_in_work_while_another_is_undone_catches_up_at_its_end(
    applied: Apply, mailed: Mailed, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    first = applied(delivered(mailed, 0))

    def beside(name: str) -> None:
        from importlib import import_module

        module, function = name.rsplit(".", 1)
        real, acts = getattr(import_module(module), function), [first]

        def acting(*arguments: Any, **named: Any) -> Any:
            if acts:
                undone(acts.pop())
            return real(*arguments, **named)

        monkeypatch.setattr(name, acting)

    if when == "applied":
        beside("delivery.courier_files.processing.write_result")
        second = applied(delivered(mailed, 0, 1))
    elif when == "killed before":
        with monkeypatch.context() as patched:
            patched.setattr("delivery.courier_files.processing._catch_up", lambda *_arguments: None)
            second = applied(delivered(mailed, 0, 1))
        CourierFile.objects.filter(pk=second.pk).update(applied_at=AT - timedelta(days=1))
        undone(first)
        process(courier_file_id=second.pk)
    else:
        second = applied(delivered(mailed, 0, 1))
        beside("delivery.courier_files.replaying.retell")
        replay(courier_file_id=second.pk, apply=True, actor_id=None, at=AT)
    assert (counted(second), statuses(mailed)[:2]) == ({"applied": 2}, ["DELIVERED"] * 2)
    assert Delivery.objects.filter(contradictions__gt=0).count() == 0
