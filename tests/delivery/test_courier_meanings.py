"""What people add to the shipped tables: layouts, meanings, results written anew; and which uploads are forgotten."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry
from delivery.courier_files import (
    map_columns,
    map_text,
    process,
    rows_to_look_at,
    unmapped_texts,
    upload,
    with_samples,
)
from delivery.courier_files.partners import let_apply
from delivery.courier_files.undoing import start_undo, undo
from delivery.models import ColumnProfile, CourierFile, CourierRow, StatusText
from delivery.refusals import Code, DeliveryRefused
from jobs.models import Job, JobState
from jobs.services import run_job
from offices.models import Office
from shipments.models import IntakeFile
from spreadsheets.faults import SheetError
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
KNOWN = "No Resi;Status;Keterangan;Tanggal"
FOREIGN = "Petugas;Status;Kode;Hari"
Make = Callable[..., CourierFile]


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=3)


@pytest.fixture
def taken(tmp_path: Path, post_office: Office) -> Make:
    def make(
        rows: Sequence[str], titles: str = KNOWN, *, office: Office = post_office, **extra: Any
    ) -> CourierFile:
        path = tmp_path / "status.csv"
        path.write_text("\n".join((titles, *rows)))
        fields: dict[str, Any] = {"actor_id": None, "at": AT, "enqueue": False, **extra}
        return upload(path=path, name="status.csv", office_id=office.pk, **fields)

    return make


def applied(file: CourierFile) -> dict[str, int]:
    outcomes = process(courier_file_id=file.pk).outcomes
    file.refresh_from_db()
    return {outcome: count for outcome, count in outcomes.items() if count}


def said(office: Office | None, status: str = "DELIVERED", **extra: Any) -> int:
    office_id = office.pk if office else None
    return map_text(
        courier="POS", status_text="TITIP", status=status, actor_id=None, at=AT, office_id=office_id, **extra
    ).rows


def test_a_title_that_means_something_else_here_is_read_as_was_said_also_from_the_result(
    mailed: Mailed, taken: Make
) -> None:
    """The sheet's Status is the courier's mood; what happened stands in another column."""
    rows = [f"{mailed.items[0].number};baik;DELIVERED;06/05/2020"]
    file = taken(rows, "Kode;Status;Hasil (akhir);Hari")
    with pytest.raises(SheetError):
        process(courier_file_id=file.pk)
    file.refresh_from_db()
    columns = {"number": 0, "status": 2, "date": 3}
    map_columns(courier_file=file, header_row=1, columns=columns, apply=False, actor_id=None, at=AT)
    file.refresh_from_db()
    assert (file.state, file.job is not None) == ("WAITING", True)
    Job.objects.all().delete()
    assert process(courier_file_id=file.pk, apply=False).outcomes["applied"] == 1
    file.refresh_from_db()
    book = openpyxl.load_workbook(file.result.path).worksheets[0]
    titles = [cell.value for cell in book[1]][:3]
    assert titles == ["Nomor Resi (Kode)", "Status Akhir (Hasil akhir)", "Tgl Status (Hari)"]
    assert applied(file) == {"applied": 1}
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")


@pytest.mark.parametrize(
    ("row", "columns", "code"),
    [
        (9, {"number": 0, "status": 1, "date": 3}, Code.HEADER_ROW_UNKNOWN),
        (1, {"number": 0, "status": 1}, Code.COLUMN_MISSING),
        (1, {"remark": 0, "status": 1, "date": 3}, Code.COLUMN_MISSING),
        (1, {"number": 0, "status": 0, "date": 3}, Code.COLUMN_TWICE),
        (1, {"number": 0, "status": 1, "date": 4}, Code.COLUMN_UNKNOWN),
        (1, {"phone": 0, "number": 2, "status": 1, "date": 3}, Code.COLUMN_UNKNOWN),
    ],
)
def test_columns_that_cannot_be_are_refused_and_nothing_is_kept(
    mailed: Mailed, taken: Make, row: int, columns: dict[str, int], code: Code
) -> None:
    file = taken(["X;DELIVERED;1;06/05/2020"], FOREIGN)
    with pytest.raises(DeliveryRefused) as refused:
        map_columns(courier_file=file, header_row=row, columns=columns, apply=True, actor_id=None, at=AT)
    assert refused.value.code is code
    assert (ColumnProfile.objects.count(), Job.objects.count(), AuditEntry.objects.count()) == (0, 0, 1)


def test_a_layout_of_one_office_is_not_another_s(mailed: Mailed, taken: Make, registry: Office) -> None:
    rows = [f"X;DELIVERED;{mailed.items[0].number};06/05/2020"]
    file = taken(rows, FOREIGN)
    columns = {"number": 2, "status": 1, "date": 3}
    map_columns(courier_file=file, header_row=1, columns=columns, apply=True, actor_id=None, at=AT)
    with pytest.raises(SheetError):
        process(courier_file_id=taken(rows, FOREIGN, office=registry).pk)
    assert applied(taken(rows, FOREIGN.upper())) == {"applied": 1}


def test_what_a_registry_says_goes_before_what_is_said_for_all(
    mailed: Mailed, taken: Make, registry: Office
) -> None:
    number = [item.number for item in mailed.items]
    first = taken([f"{number[0]};TITIP;;06/05/2020"])
    assert applied(first) == {"unmapped_text": 1}
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    assert said(other, "ATTEMPT_FAILED") == 0
    assert said(registry, "HELD_FOR_PICKUP") == 1
    assert state_of(mailed.cards[0]) == ("HELD_FOR_PICKUP", "")
    assert said(None, "EXCEPTION") == 0
    assert applied(taken([f"{number[1]};TITIP;;06/05/2020"])) == {"applied": 1}
    assert state_of(mailed.cards[1]) == ("HELD_FOR_PICKUP", "")
    StatusText.objects.filter(office=registry).delete()
    assert applied(taken([f"{number[2]};TITIP;;06/05/2020"])) == {"applied": 1}
    assert state_of(mailed.cards[2]) == ("EXCEPTION", "")


def test_a_word_for_all_leaves_rows_to_a_registry_that_has_said_something_else(
    mailed: Mailed, taken: Make, registry: Office
) -> None:
    said(registry, "HELD_FOR_PICKUP")
    CourierRow.objects.create(
        courier_file=taken(["1;x;;06/05/2020"]), row=2, outcome="UNMAPPED_TEXT", status_text="TITIP"
    )
    assert said(None) == 0
    assert CourierRow.objects.get().outcome == "UNMAPPED_TEXT"


def test_a_text_has_one_meaning_per_registry_and_one_for_all(registry: Office) -> None:
    for office in (registry, None):
        said(office)
        said(office, "EXCEPTION")
        with pytest.raises(IntegrityError), transaction.atomic():
            StatusText.objects.create(office=office, status_text="TITIP", status="DELIVERED", mapped_at=AT)
    assert list(StatusText.objects.values_list("status", flat=True)) == ["EXCEPTION"] * 2


def test_the_result_workbook_tells_how_rows_ended_that_waited_for_a_meaning(
    mailed: Mailed, taken: Make, registry: Office
) -> None:
    number = [item.number for item in mailed.items]
    file = taken([
        f"{number[0]};DELIVERED;;06/05/2020", f"{number[0]};TITIP;=1+1;07/05/2020", "",
        f"{number[1]};TITIP;=1+1;06/05/2020", f"{number[2]};LAIN;;06/05/2020",
    ])  # fmt: skip
    assert applied(file) == {"applied": 1, "unmapped_text": 3}
    # the remark is part of the text, and a formula is none
    (waiting, _other) = with_samples(unmapped_texts(office_id=registry.pk))
    assert said(registry, "HELD_FOR_PICKUP", remark_text=waiting.remark_text) == 2
    assert [row.row for row in rows_to_look_at(file)] == [3, 6]
    old = file.result.path
    run_job(Job.objects.get(kind="courier.result").pk)
    file.refresh_from_db()
    book = openpyxl.load_workbook(file.result.path).worksheets[0]
    lines = [tuple(cell or "" for cell in row) for row in book.iter_rows(values_only=True)]
    assert [line[4] for line in lines[1:]] == [
        "diterapkan",
        "pertentangan",
        "",
        "diterapkan",
        "teks tidak dikenal",
    ]
    assert [line[2] for line in lines[1:]] == ["", "'=1+1", "", "'=1+1", ""]
    assert not Path(old).exists()
    assert sorted(file.kept_rows.values_list("row", "outcome")) == [
        (3, "CONTRADICTION"),
        (6, "UNMAPPED_TEXT"),
    ]
    assert sum(file.outcomes.values()) == 4


def test_undo_as_a_job_is_finished_by_another_worker_after_the_first_was_killed(
    mailed: Mailed, taken: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.courier_files.undoing.EVENTS_PER_CHUNK", 1)
    file = taken([f"{item.number};DELIVERED;;06/05/2020" for item in mailed.items])
    applied(file)
    start_undo(courier_file=file, reason="salah", actor_id=None, at=AT)
    file.refresh_from_db()
    assert file.job is not None

    class Killed(BaseException):
        pass

    def dies(done: int, _total: int) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(DeliveryRefused) as refused:
        undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=AT)
    assert refused.value.code is Code.FILE_IN_WORK
    with pytest.raises(Killed):
        undo(
            courier_file_id=file.pk,
            reason="salah",
            actor_id=None,
            at=AT,
            job_id=file.job.pk,
            on_progress=dies,
        )
    assert sorted(state_of(card)[0] for card in mailed.cards) == ["DELIVERED", "POSTED", "POSTED"]
    run_job(file.job.pk)
    file.refresh_from_db()
    assert (file.state, Job.objects.get(kind="courier.undo").result["voided"]) == ("UNDONE", 1)
    assert {state_of(card)[0] for card in mailed.cards} == {"POSTED"}


def test_an_office_s_files_are_applied_without_a_person_only_when_it_is_set_so(
    mailed: Mailed, taken: Make, post_office: Office, counter: Office
) -> None:
    assert let_apply(office=post_office, applies=True, actor_id=None, at=AT) is True
    assert let_apply(office=post_office, applies=True, actor_id=None, at=AT) is False
    entry = AuditEntry.objects.get(operation="SET_STATUS_FILES_APPLIED")
    assert (entry.object_key, entry.details) == ("17510", {"applies": True})
    file = taken(["x;y;;z"], enqueue=True, apply=None)
    assert file.job is not None
    assert file.job.input["apply"] is True
    with pytest.raises(DeliveryRefused) as refused:
        let_apply(office=counter, applies=True, actor_id=None, at=AT)
    assert refused.value.code is Code.OFFICE_SENDS_NO_STATUS_FILES


def test_uploads_that_waited_in_vain_are_forgotten_and_those_in_work_are_not(
    mailed: Mailed, taken: Make, registry: Office, django_capture_on_commit_callbacks: Any
) -> None:
    now = timezone.now()
    old, young = now - timedelta(hours=49), now - timedelta(hours=47)
    refused = taken(["x;DELIVERED"], "Nama;Status", at=old)
    with pytest.raises(SheetError):
        process(courier_file_id=refused.pk)
    never_read, in_work = taken(["x;y;;z"], at=old), taken(["x;y;;z"], at=old, enqueue=True)
    waiting = taken(["x;y;;z"], at=young)
    cancelled = Job.objects.create(
        kind="cards.import", state=JobState.CANCELLED, created_at=old, finished_at=old
    )
    for name in ("rejected", "file"):
        IntakeFile.objects.create(
            office=registry,
            name="a.xlsx",
            sha256="0" * 64,
            uploaded_at=old,
            job=cancelled,
            **{name: "intake/a.xlsx"},
        )
    with django_capture_on_commit_callbacks(execute=True):
        call_command("forget_uploads")
    files = [CourierFile.objects.get(pk=file.pk) for file in (refused, never_read, in_work, waiting)]
    assert [bool(file.file) for file in files] == [False, False, True, True]
    assert [file.fault.get("code") for file in files] == ["missing_columns", "expired", None, None]
    assert not Path(refused.file.path).exists()
    assert not IntakeFile.objects.exclude(rejected="", file="").exists()
    assert AuditEntry.objects.filter(operation="FORGET_UPLOADS").count() == 2
    with pytest.raises(SheetError):
        process(courier_file_id=never_read.pk)


def test_the_command_goes_on_with_a_file_that_it_was_interrupted_over(
    mailed: Mailed,
    taken: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = taken([f"{item.number};DELIVERED;;06/05/2020" for item in mailed.items])
    with monkeypatch.context() as broken:
        broken.setattr("delivery.courier_files.processing.write_result", _disk_full)
        with pytest.raises(OSError, match="full"):
            process(courier_file_id=first.pk)
    assert {state_of(card)[0] for card in mailed.cards} == {"DELIVERED"}
    call_command("import_status", tmp_path / "status.csv", office="17510", json=True)
    told = json.loads(capsys.readouterr().out)["outcomes"]
    assert ({name: count for name, count in told.items() if count}, CourierFile.objects.count()) == (
        {"applied": 3},
        1,
    )


def _disk_full(*_args: object, **_fields: object) -> None:
    raise OSError("disk full")
