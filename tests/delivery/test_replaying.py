"""Old rows read by newer tables: previewed, then changed by voiding and adding only."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext
from pytest_django import Settings

from accounts.models import AuditEntry, User
from delivery.courier_files import map_text, process, undo, upload
from delivery.courier_files.replaying import replay, start_replay
from delivery.courier_files.results import NAMES, PREVIEW_NAMES, UNDONE_NAME, WORDS_TOLD
from delivery.courier_files.rows import RowOutcome
from delivery.couriers import Meaning, pos
from delivery.models import CourierFile, Delivery, Message, StatusText, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Receiver, Status
from delivery.tracking import refold
from jobs.models import Job
from jobs.services import Progress, cancel, run_job
from offices.models import Office
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
Make = Callable[[Sequence[str]], CourierFile]


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=4)


@pytest.fixture
def applied(tmp_path: Path, post_office: Office) -> Make:
    def make(rows: Sequence[str]) -> CourierFile:
        path = tmp_path / "status.csv"
        path.write_text("\n".join(("No Resi;Status;Keterangan;Tanggal", *rows)))
        file = upload(path=path, name="s.csv", office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
        process(courier_file_id=file.pk)
        file.refresh_from_db()
        return file

    return make


@pytest.fixture
def file(mailed: Mailed, applied: Make, registry: Office) -> CourierFile:
    """Two rows of a text that counts as a failed attempt, one that is delivered, and one that nobody knows."""
    said(registry, "TITIP TETANGGA", "ATTEMPT_FAILED", "ABSENT")
    number = [item.number for item in mailed.items]
    return applied([
        f"{number[0]};TITIP TETANGGA;;06/05/2020", f"{number[1]};TITIP TETANGGA;;06/05/2020",
        f"{number[2]};DELIVERED;ORANG SERUMAH;06/05/2020", f"{number[3]};LAIN;;06/05/2020",
    ])  # fmt: skip


def said(office: Office | None, text: str, status: str, reason: str = "") -> None:
    StatusText.objects.update_or_create(
        office=office, status_text=text, defaults={"status": status, "reason": reason, "mapped_at": AT}
    )


def read(file: CourierFile, *, apply: bool = True) -> Any:
    report = replay(courier_file_id=file.pk, apply=apply, actor_id=None, at=AT)
    file.refresh_from_db()
    return report


def counted(file: CourierFile) -> dict[str, int]:
    assert sum(file.outcomes.values()) == file.rows
    return {outcome: count for outcome, count in file.outcomes.items() if count}


def test_a_preview_says_what_would_change_and_writes_nothing(
    file: CourierFile, mailed: Mailed, registry: Office
) -> None:
    assert read(file, apply=False).changes == []
    said(registry, "TITIP TETANGGA", "DELIVERED")
    said(registry, "LAIN", "EXCEPTION")
    before = (list(TrackingEvent.objects.values()), list(Delivery.objects.values()), file.outcomes)
    report = read(file, apply=False)
    assert (report.rows, report.changed, report.voided, report.added, report.applied) == (4, 3, 0, 0, False)
    assert [tuple(asdict(change).values()) for change in report.changes] == [
        ("TITIP TETANGGA", "", "ATTEMPT_FAILED", "ABSENT", "DELIVERED", "", 2),
        ("LAIN", "", None, "", "EXCEPTION", "", 1),
    ]
    assert before == (list(TrackingEvent.objects.values()), list(Delivery.objects.values()), file.outcomes)


def test_states_change_by_voiding_and_adding_and_a_second_time_changes_nothing(
    file: CourierFile, mailed: Mailed, registry: Office, applied: Make
) -> None:
    said(registry, "TITIP TETANGGA", "DELIVERED")
    said(registry, "LAIN", "EXCEPTION")
    stored = TrackingEvent.objects.filter(courier_file=file).count()
    report = read(file)
    assert (report.changed, report.voided, report.added) == (3, 2, 3)
    assert TrackingEvent.objects.filter(courier_file=file).count() == stored + 5
    assert [state_of(card)[0] for card in mailed.cards] == [
        "DELIVERED",
        "DELIVERED",
        "DELIVERED",
        "EXCEPTION",
    ]
    assert (counted(file), file.table_version) == ({"applied": 4}, "pos-2+2")
    assert not Message.objects.filter(occasion="ATTEMPT_FAILED", state="QUEUED").exists()
    assert AuditEntry.objects.get(operation="REPLAY_COURIER_FILE").details == {"voided": 2, "added": 3}
    assert (read(file).changed, refold(repair=False).wrong) == (0, ())
    again = [f"{mailed.items[0].number};TITIP TETANGGA;;06/05/2020"]
    assert counted(applied(again)) == {"duplicate": 1}


def test_a_text_that_is_known_no_more_goes_back_to_its_queue(
    file: CourierFile, mailed: Mailed, registry: Office
) -> None:
    StatusText.objects.all().delete()
    report = read(file)
    assert (report.changed, report.voided, report.added) == (2, 2, 0)
    assert [state_of(card)[0] for card in mailed.cards] == ["POSTED", "POSTED", "DELIVERED", "POSTED"]
    assert counted(file) == {"applied": 1, "unmapped_text": 3}
    mapped = map_text(
        courier="POS",
        status_text="TITIP TETANGGA",
        status="DELIVERED",
        actor_id=None,
        at=AT,
        office_id=registry.pk,
    )
    file.refresh_from_db()
    assert (mapped.rows, counted(file)) == (2, {"applied": 3, "unmapped_text": 1})


def test_a_newer_shipped_table_may_change_who_received_it_alone(
    file: CourierFile, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(status: str, remark: str = "", at_destination: bool = False) -> Meaning | None:
        found = old(status, remark, at_destination)
        return Meaning(Status.DELIVERED, receiver=Receiver.NEIGHBOUR) if remark == "ORANG SERUMAH" else found

    old = pos.meaning
    monkeypatch.setattr(pos, "meaning", newer)
    report = read(file)
    assert (report.changed, report.voided, report.added) == (1, 1, 1)
    assert Delivery.objects.get(card=mailed.cards[2]).receiver == "NEIGHBOUR"
    assert undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=AT) == 3
    assert {state_of(card)[0] for card in mailed.cards} == {"POSTED"}


def test_a_file_that_is_not_applied_cannot_be_read_anew(file: CourierFile) -> None:
    undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=AT)
    with pytest.raises(DeliveryRefused) as refused:
        read(file)
    assert refused.value.code is Code.FILE_NOT_APPLIED


def test_the_command_tells_and_changes_only_when_asked(
    file: CourierFile, mailed: Mailed, registry: Office
) -> None:
    said(registry, "TITIP TETANGGA", "DELIVERED")
    for options, states in (({}, "ATTEMPT_FAILED"), ({"apply": True}, "DELIVERED")):
        out = StringIO()
        call_command("replay_status", office="17510", stdout=out, **options)
        assert "2  TITIP TETANGGA: ATTEMPT_FAILED ABSENT -> DELIVERED" in out.getvalue()
        assert state_of(mailed.cards[0])[0] == states


def test_a_supervisor_sees_the_changes_on_the_file_s_page_and_makes_them(
    file: CourierFile, mailed: Mailed, registry: Office, supervisor: User, settings: Settings
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    said(registry, "TITIP TETANGGA", "DELIVERED")
    client = Client()
    client.force_login(supervisor)
    page = f"/berkas-kurir/{file.pk}/"
    for what, state in (("preview", "ATTEMPT_FAILED"), ("apply", "DELIVERED")):
        client.post(f"{page}baca-ulang/", {"what": what})
        run_job(Job.objects.filter(kind="courier.replay").latest("created_at").pk)
        assert state_of(mailed.cards[0])[0] == state
        shown = client.get(page).content.decode()
        assert "TITIP TETANGGA" in shown
        assert ('value="apply"' in shown) is (what == "preview")


def test_a_result_workbook_is_understood_in_both_languages_and_by_words_of_long_ago(
    file: CourierFile, registry: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(registry, "TITIP TETANGGA", "HELD_FOR_PICKUP")
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            assert [WORDS_TOLD[gettext(name)] for name in NAMES.values()] == list(NAMES)
            assert [WORDS_TOLD[gettext(name)] for name in PREVIEW_NAMES.values()] == list(NAMES)
            assert WORDS_TOLD[gettext(UNDONE_NAME)] is RowOutcome.APPLIED
    with monkeypatch.context() as changed:
        changed.setattr("delivery.courier_files.rewriting.NAMES", dict.fromkeys(NAMES, "a new word"))
        assert read(file).voided == 2
    assert counted(file) == {"applied": 3, "unmapped_text": 1}


def test_a_result_workbook_that_tells_no_outcome_is_refused_and_nothing_changes(
    file: CourierFile, mailed: Mailed, registry: Office
) -> None:
    said(registry, "TITIP TETANGGA", "HELD_FOR_PICKUP")
    book = openpyxl.load_workbook(file.result.path)
    book.worksheets[0]["E3"] = "beres"
    book.save(file.result.path)
    with pytest.raises(DeliveryRefused) as refused:
        read(file)
    assert (refused.value.code, refused.value.params["row"]) == (Code.RESULT_UNREADABLE, 3)
    assert state_of(mailed.cards[0]) == ("ATTEMPT_FAILED", "ABSENT")
    assert counted(file) == {"applied": 3, "unmapped_text": 1}


def test_a_look_at_what_would_change_tells_how_far_it_is_and_is_cancelled(
    file: CourierFile, registry: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.courier_files.reading._AT_ONCE", 1)
    told: list[tuple[int, int | None]] = []
    replay(
        courier_file_id=file.pk, apply=False, actor_id=None, at=AT,
        on_progress=lambda done, total: told.append((done, total)),
        on_reading=lambda row, last_row: told.append((row, last_row)),
    )  # fmt: skip
    assert told == [(0, None), (2, 5), (3, 5), (4, 5), (5, 5), (4, 4)]
    start_replay(courier_file=file, apply=False, actor_id=None, at=AT)
    file.refresh_from_db()
    assert file.job_id is not None
    tell_read = Progress.tell_read

    def cancelled(progress: Progress, row: int, last_row: int | None) -> None:
        if row == 3:
            cancel(job_id=progress.job_id)
        tell_read(progress, row, last_row)

    monkeypatch.setattr(Progress, "tell_read", cancelled)
    run_job(file.job_id)
    job = Job.objects.get(pk=file.job_id)
    assert (job.state, job.done, job.total, job.result) == ("CANCELLED", 2, 5, {})
