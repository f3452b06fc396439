"""Texts that somebody explains: each waiting row is applied once, also while other work is done on its file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import AuditEntry
from delivery.courier_files import (
    Mapped,
    map_text,
    process,
    start_undo,
    undo,
    unmapped_texts,
    upload,
    with_samples,
)
from delivery.courier_files.replaying import replay, start_replay
from delivery.models import CourierFile, Delivery, StatusText, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from jobs.models import Job
from jobs.services import run_job
from offices.models import Office
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
Make = Callable[..., CourierFile]


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=4)


@pytest.fixture
def waiting(mailed: Mailed, post_office: Office, tmp_path: Path) -> CourierFile:
    """An applied file: one card is delivered, three rows wait for a text."""
    rows = [
        f"{item.number};{'DELIVERED' if not i else 'TITIP'};06/05/2020" for i, item in enumerate(mailed.items)
    ]
    path = tmp_path / "status.csv"
    path.write_text("\n".join(("No Resi;Status;Tanggal", *rows)))
    file = upload(path=path, name="status.csv", office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
    process(courier_file_id=file.pk)
    return file


@pytest.mark.parametrize(
    ("status", "remark"),
    [
        ("A" * 119 + " BCDEFGH", ""), ("A" * 118 + "., BCDEFGH", "B" * 117 + " ; CDEFGH"),
        ("TITIP", "PINDAH " + "A" * 111 + " ;- B" * 9), ("\u1fd7 TITIP " + "\ufdfa" * 30, "\xdf" * 90 + " A" * 40),
    ],
)  # fmt: skip
def test_a_long_text_leaves_the_queue_when_it_is_explained(
    mailed: Mailed, post_office: Office, tmp_path: Path, status: str, remark: str
) -> None:
    path = tmp_path / "status.csv"
    row = f'{mailed.items[0].number};"{status}";"{remark}";06/05/2020'
    path.write_text(f"No Resi;Status;Keterangan;Tanggal\n{row}", encoding="utf-8")
    file = upload(path=path, name="status.csv", office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
    process(courier_file_id=file.pk)
    (text,) = unmapped_texts()
    mapped = map_text(
        courier="POS", status_text=text["status_text"], remark_text=text["remark_text"], status="DELIVERED",
        actor_id=None, at=AT,
    )  # fmt: skip
    assert (mapped.rows, mapped.waiting, unmapped_texts().count()) == (1, 0, 0)
    assert state_of(mailed.cards[0])[0] == "DELIVERED"


def said(office: Office, status: str = "DELIVERED", **extra: Any) -> Mapped:
    return map_text(
        courier="POS", status_text="TITIP", status=status, actor_id=None, at=AT, office_id=office.pk, **extra
    )


def counted(file: CourierFile) -> dict[str, int]:
    file.refresh_from_db()
    return {outcome: count for outcome, count in file.outcomes.items() if count}


def test_saying_the_same_twice_moves_each_row_once(
    waiting: CourierFile, registry: Office, mailed: Mailed
) -> None:
    assert (said(registry).rows, said(registry).rows) == (3, 0)
    assert counted(waiting) == {"applied": 4}
    assert TrackingEvent.objects.filter(source="FILE").count() == 4


def test_many_rows_are_left_to_a_worker_whose_job_says_what_became_of_them(
    waiting: CourierFile, registry: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.courier_files.unmapped.ROWS_AT_ONCE", 2)
    monkeypatch.setattr("delivery.courier_files.explaining.ROWS_PER_CHUNK", 2)
    mapped = said(registry)
    assert (mapped.rows, mapped.waiting, counted(waiting)) == (0, 3, {"applied": 1, "unmapped_text": 3})
    job = Job.objects.get()
    assert job.pk == mapped.job_id
    assert (job.kind, job.total, job.office_id) == ("courier.map", 3, registry.pk)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.result["outcomes"]) == ("SUCCEEDED", 3, {"applied": 3})
    assert counted(waiting) == {"applied": 4}
    run_job(Job.objects.get(kind="courier.result").pk)
    assert not waiting.kept_rows.exists()


def test_a_killed_worker_s_rows_are_finished_by_another_and_the_workbook_tells_all(
    waiting: CourierFile, registry: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.courier_files.unmapped.ROWS_AT_ONCE", 0)
    monkeypatch.setattr("delivery.courier_files.explaining.ROWS_PER_CHUNK", 1)
    job_id = said(registry).job_id
    assert job_id is not None

    class Killed(BaseException):
        pass

    def dies(_progress: object, done: int, _total: int | None = None) -> None:
        if done == 3:
            raise Killed

    with monkeypatch.context() as broken:
        broken.setattr("jobs.services.Progress.tell", dies)
        with pytest.raises(Killed):
            run_job(job_id)
    assert counted(waiting) == {"applied": 4}
    Job.objects.filter(pk=job_id).update(lease_until=AT)
    run_job(job_id)
    assert Job.objects.get(pk=job_id).state == "SUCCEEDED"
    assert Job.objects.get(kind="courier.result").input["files"] == [str(waiting.pk)]


def test_rows_of_a_file_that_is_being_undone_stay_as_they_are(
    waiting: CourierFile, registry: Office, mailed: Mailed
) -> None:
    start_undo(courier_file=waiting, reason="salah", actor_id=None, at=AT)
    mapped = said(registry)
    assert (mapped.rows, mapped.waiting) == (0, 3)
    waiting.refresh_from_db()
    assert waiting.job is not None
    run_job(waiting.job.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.kept_rows.count()) == ("UNDONE", 0)
    assert {state_of(card)[0] for card in mailed.cards} == {"POSTED"}


def test_what_was_explained_while_an_undo_without_a_job_ran_is_undone_too(
    waiting: CourierFile, registry: Office, mailed: Mailed
) -> None:
    moved: list[int] = []

    def explains(_done: int, _total: int) -> None:
        moved.append(said(registry).rows)

    assert undo(courier_file_id=waiting.pk, reason="salah", actor_id=None, at=AT, on_progress=explains) == 4
    assert moved == [3, 0]
    assert {state_of(card)[0] for card in mailed.cards} == {"POSTED"}


def test_what_was_explained_while_the_file_was_applied_is_applied_at_its_end(
    waiting: CourierFile, registry: Office, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    undo(courier_file_id=waiting.pk, reason="salah", actor_id=None, at=AT)

    def explains(_done: int, _total: int) -> None:
        assert said(registry).rows == 0

    process(courier_file_id=waiting.pk, on_progress=explains)
    assert counted(waiting) == {"applied": 4}
    assert not unmapped_texts(office_id=registry.pk)


def test_what_was_explained_while_the_file_was_read_anew_is_applied_at_its_end(
    waiting: CourierFile, registry: Office, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(registry, "EXCEPTION")
    StatusText.objects.all().delete()
    start_replay(courier_file=waiting, apply=True, actor_id=None, at=AT)
    waiting.refresh_from_db()
    late: list[Mapped] = []

    def explains(_done: int, _total: int) -> None:
        late.append(said(registry))

    replay(
        courier_file_id=waiting.pk,
        apply=True,
        actor_id=None,
        at=AT,
        job_id=waiting.job_id,
        on_progress=explains,
    )
    assert [mapped.rows for mapped in late] == [0, 0]
    assert counted(waiting) == {"applied": 4}
    assert set(Delivery.objects.values_list("status", flat=True)) == {"DELIVERED"}


def test_reading_anew_without_a_job_leaves_rows_alone_that_were_explained_meanwhile(
    waiting: CourierFile, registry: Office
) -> None:
    StatusText.objects.create(office=registry, status_text="TITIP", status="DELIVERED", mapped_at=AT)
    moved: list[int] = []

    def explains(_done: int, _total: int) -> None:
        moved.append(said(registry).rows)

    report = replay(courier_file_id=waiting.pk, apply=True, actor_id=None, at=AT, on_progress=explains)
    assert (report.changed, report.added, moved[0], sum(moved)) == (3, 0, 3, 3)
    assert counted(waiting) == {"applied": 4}


def test_who_received_it_is_said_with_the_meaning(
    waiting: CourierFile, registry: Office, mailed: Mailed
) -> None:
    said(registry, receiver="NEIGHBOUR")
    assert set(Delivery.objects.filter(receiver="NEIGHBOUR").values_list("card_id", flat=True)) == {
        card.pk for card in mailed.cards[1:]
    }
    assert AuditEntry.objects.get(operation="MAP_STATUS_TEXT").details["receiver"] == "NEIGHBOUR"
    undo(courier_file_id=waiting.pk, reason="salah", actor_id=None, at=AT)
    process(courier_file_id=waiting.pk)
    assert Delivery.objects.filter(receiver="NEIGHBOUR").count() == 3


@pytest.mark.parametrize(
    ("status", "receiver", "code"),
    [("ATTEMPT_FAILED", "HOLDER", Code.NOBODY_RECEIVED), ("DELIVERED", "TUKANG", Code.MEANING_UNKNOWN)],
)
def test_a_receiver_is_refused_who_cannot_be_and_nothing_is_said(
    waiting: CourierFile, registry: Office, status: str, receiver: str, code: Code
) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        said(registry, status, receiver=receiver)
    assert refused.value.code is code
    assert not StatusText.objects.exists()
    assert counted(waiting) == {"applied": 1, "unmapped_text": 3}


def test_each_text_that_waits_is_shown_with_a_few_of_its_own_rows(
    waiting: CourierFile, registry: Office
) -> None:
    first = waiting.kept_rows.order_by("row")[0]
    for row in range(10, 13):
        first.pk, first.row, first.status_text = None, row, "LAIN"
        first.save(force_insert=True)
    waiting.kept_rows.filter(row=12).update(status_text="TITIP")
    texts = with_samples(unmapped_texts(office_id=registry.pk), office_id=registry.pk)
    assert [(text.status_text, text.rows, [row.row for row in text.samples]) for text in texts] == [
        ("TITIP", 4, [3, 4, 5]),
        ("LAIN", 2, [10, 11]),
    ]
    assert not unmapped_texts(office_id=registry.pk + 1000)
