"""Every row of a status file ends in one outcome, and only news changes a card."""

import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command

from accounts.models import User
from delivery.courier_files import (
    RowOutcome,
    map_text,
    preview,
    process,
    undo,
    unmapped_texts,
    upload,
    with_samples,
)
from delivery.courier_files.replaying import replay
from delivery.courier_files.rows import COLUMNS, KEPT
from delivery.models import CourierFile, CourierRow, Delivery, Message, StatusText, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from jobs.models import Job, JobState
from jobs.services import run_job
from offices.models import Office
from shipments.models import Item
from shipments.numbers import make_reference
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.headers import folded
from spreadsheets.writing import Column, write_xlsx
from tests import factories
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
COMPACT = ("No Kiriman", "Status", "Keterangan", "Tanggal Update", "Kantor")
Make = Callable[..., Path]


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=6)


@pytest.fixture
def sheet(tmp_path: Path) -> Make:
    def make(
        rows: Sequence[Sequence[Any]], header: Sequence[str] = COMPACT, name: str = "status.xlsx"
    ) -> Path:
        path = tmp_path / name
        with path.open("wb") as file:
            columns = [Column(title, kind="date" if "Tanggal" in title else "number") for title in header]
            write_xlsx(file, sheet="Status", columns=columns, rows=rows, title_rows=["LAPORAN STATUS"])
        return path

    return make


def taken(path: Path, office: Office, **extra: Any) -> CourierFile:
    return upload(
        path=path, name=path.name, office_id=office.pk, actor_id=None, at=AT, enqueue=False, **extra
    )


def applied(path: Path, office: Office) -> tuple[CourierFile, dict[str, int]]:
    courier_file = taken(path, office)
    report = process(courier_file_id=courier_file.pk)
    courier_file.refresh_from_db()
    return courier_file, {outcome: count for outcome, count in report.outcomes.items() if count}


def every_outcome(mailed: Mailed, foreign: str) -> list[tuple[Any, ...]]:
    number = [item.number or "" for item in mailed.items]
    return [
        (number[0], "DELIVERED", "ORANG SERUMAH", "06/05/2020 10:15", ""),
        (number[0], "DELIVERED", "ORANG SERUMAH", datetime(2020, 5, 6, 10, 15), ""),  # noqa: DTZ001
        (number[0], "INVEHICLE", "", "2020-05-05 08:00:00", "SPP BEKASI"),
        (number[1], "ON PROCESS", "RUMAH KOSONG", "6 Mei 2020 13.00", ""),
        ("RZ000000005ID", "DELIVERED", "", "06/05/2020 10:15", ""),
        (foreign, "DELIVERED", "", "06/05/2020 10:15", ""),
        (number[2], "DITITIP POS RONDA", "", "06/05/2020 10:15", ""),
        (number[2], "DELIVERED", "", "31/02/2020", ""),
        (number[2], "DELIVERED", "", "06/05/2021 10:15", ""),
        ("1.23457E+13", "DELIVERED", "", "06/05/2020 10:15", ""),
        (number[3], "RETUR", "PINDAH ALAMAT", "06/05/2020 10:15", ""),
        (number[3], "DELIVERED", "", "07/05/2020 10:15", ""),
        (mailed.cards[4].reference, "SELESAI ANTAR", "Antar Ulang", "06/05/2020 10:15", ""),
        (f" {number[5][:2]}-{number[5][2:]} ".lower(), "INLOCATION", "", "06/05/2020 10:15", "Kantor 17510"),
    ]


@pytest.fixture
def foreign(registry: Office) -> str:
    other = factories.make_office(
        code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07"
    )
    return str(mail_cards(office=registry, post_office=other, number=1).items[0].number)


def test_every_row_ends_in_exactly_one_outcome(
    mailed: Mailed, foreign: str, post_office: Office, sheet: Make
) -> None:
    for card in mailed.cards:
        card.reference = make_reference(card.pk)
        card.save()
    courier_file, outcomes = applied(sheet(every_outcome(mailed, foreign)), post_office)
    assert outcomes == {
        "applied": 6, "duplicate": 1, "unknown_item": 1, "other_office": 1, "unmapped_text": 1, "bad_date": 1,
        "future_date": 1, "damaged_number": 1, "contradiction": 1,
    }  # fmt: skip
    assert (courier_file.state, courier_file.rows, sum(courier_file.outcomes.values())) == ("APPLIED", 14, 14)
    assert [state_of(card) for card in mailed.cards] == [
        ("DELIVERED", ""), ("ATTEMPT_FAILED", "ABSENT"), ("POSTED", ""), ("RETURNING", "MOVED"),
        ("ATTEMPT_FAILED", ""), ("AT_DELIVERY_OFFICE", ""),
    ]  # fmt: skip
    kept = {row.row: (row.outcome, row.number) for row in courier_file.kept_rows.all()}
    assert kept[9] == ("UNMAPPED_TEXT", mailed.items[2].number)
    assert sorted(kept) == [7, 8, 9, 10, 11, 12, 14]


def test_a_late_row_is_superseded(mailed: Mailed, post_office: Office, sheet: Make) -> None:
    number = mailed.items[0].number
    applied(sheet([(number, "DELIVERED", "", "06/05/2020 10:15", "")]), post_office)
    _file, outcomes = applied(
        sheet([(number, "RUNSHEET", "", "06/05/2020 08:00", "")], name="2.xlsx"), post_office
    )
    assert outcomes == {"superseded": 1}
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")


def test_the_same_file_and_the_same_rows_in_another_file_change_nothing(
    mailed: Mailed, post_office: Office, registry: Office, sheet: Make
) -> None:
    rows = [(item.number, "DELIVERED", "", "06/05/2020 10:15", "") for item in mailed.items]
    path = sheet(rows)
    applied(path, post_office)
    before = (list(TrackingEvent.objects.values()), list(Delivery.objects.values()))
    assert applied(path, post_office)[1] == {"duplicate": 6}
    assert applied(sheet(rows[::-1], name="other.xlsx"), registry)[1] == {"duplicate": 6}
    assert (list(TrackingEvent.objects.values()), list(Delivery.objects.values())) == before


def test_a_file_that_is_applied_is_left_as_it_is_when_worked_through_again(
    mailed: Mailed, post_office: Office, sheet: Make
) -> None:
    courier_file, _outcomes = applied(
        sheet([(mailed.items[0].number, "DELIVERED", "", "06/05/2020 10:15", "")]), post_office
    )
    report = process(courier_file_id=courier_file.pk)
    assert (report.rows, report.outcomes["applied"]) == (1, 1)
    assert TrackingEvent.objects.filter(courier_file=courier_file).count() == 1


def test_a_preview_says_what_would_happen_and_writes_no_event(
    mailed: Mailed, foreign: str, post_office: Office, sheet: Make
) -> None:
    path = sheet(every_outcome(mailed, foreign))
    events = TrackingEvent.objects.count()
    said = preview(path=path, office_id=post_office.pk, at=AT)
    assert CourierFile.objects.count() == 0
    courier_file = taken(path, post_office)
    report = process(courier_file_id=courier_file.pk, apply=False)
    assert TrackingEvent.objects.count() == events
    assert (report.outcomes, report.applied) == (said.outcomes, False)
    assert (report.newly_delivered, report.newly_returned) == (1, 1)
    assert [row.row for row in report.first_rows["unmapped_text"]] == [9]
    courier_file.refresh_from_db()
    assert courier_file.state == "PREVIEWED"
    assert process(courier_file_id=courier_file.pk).outcomes == said.outcomes
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")


def test_a_registry_file_matches_all_that_the_registry_sent(
    mailed: Mailed, foreign: str, registry: Office, sheet: Make
) -> None:
    assert applied(sheet([(foreign, "DELIVERED", "", "06/05/2020 10:15", "")]), registry)[1] == {"applied": 1}


def test_a_misread_number_is_suggested_and_never_applied(
    mailed: Mailed, post_office: Office, sheet: Make
) -> None:
    number = mailed.items[0].number or ""
    wrong = number[:4] + str((int(number[4]) + 1) % 10) + number[5:]
    courier_file, outcomes = applied(sheet([(wrong, "DELIVERED", "", "06/05/2020", "")]), post_office)
    assert outcomes == {"unknown_item": 1}
    assert number in courier_file.kept_rows.get().detail["near"]
    assert state_of(mailed.cards[0]) == ("POSTED", "")


def test_no_personal_column_is_kept_anywhere(
    mailed: Mailed, post_office: Office, sheet: Make, tmp_path: Path
) -> None:
    header = (
        "No", "Nomor Resi", "Nama Penerima", "Alamat Penerima", "Telp Penerima", "Status Akhir", "Keterangan",
        "Tanggal Status", "Diterima Oleh", "Petugas", "Foto", "Koordinat",
    )  # fmt: skip
    rows = [
        (1, mailed.items[0].number, "SITI CONTOH", "JL RAHASIA 9", "081234567890", "DELIVERED", "",
         "06/05/2020 10:15", "Orang Serumah", "KURIR CONTOH", "https://foto.invalid/1.jpg", "-6.2,107.0"),
        (2, mailed.items[1].number, "BUDI CONTOH", "JL RAHASIA 8", "081234567891", "GAGAL ANTAR", "hub 081234567891",
         "06/05/2020 10:15", "BUDI CONTOH", "KURIR CONTOH", "", ""),
    ]  # fmt: skip
    courier_file, outcomes = applied(sheet(rows, header=header), post_office)
    assert outcomes == {"applied": 1, "unmapped_text": 1}
    assert TrackingEvent.objects.get(status="DELIVERED").receiver == "HOUSEHOLD"
    assert not courier_file.file
    stored = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert [path.name for path in stored] == [Path(courier_file.result.name).name]
    book = openpyxl.load_workbook(stored[0]).worksheets[0]
    told = " ".join(str(cell) for row in book.iter_rows(values_only=True) for cell in row)
    told += " ".join(str(row) for row in CourierRow.objects.values_list())
    for secret in ("CONTOH", "RAHASIA", "0812", "foto", "107.0"):
        assert secret not in told


def test_the_result_workbook_has_the_partners_rows_in_place_with_outcome_and_explanation(
    mailed: Mailed, post_office: Office, sheet: Make
) -> None:
    rows = [
        (mailed.items[0].number, "DELIVERED", "=1+1", "06/05/2020 10:15", ""),
        (),
        ("RZ000000005ID", "DELIVERED", "", "06/05/2020 10:15", ""),
    ]
    courier_file, _outcomes = applied(sheet(rows), post_office)
    book = openpyxl.load_workbook(courier_file.result.path).worksheets[0]
    lines = list(book.iter_rows(values_only=True))
    assert lines[1][:5] == COMPACT
    assert lines[2][2] == "'=1+1"
    assert lines[3] == (None,) * 7
    assert lines[4][0] == "RZ000000005ID"
    assert "RZ000000005ID" in str(lines[4][6])


def test_the_result_workbook_is_the_partners_sheet_without_what_may_be_about_people(
    mailed: Mailed, post_office: Office, sheet: Make, tmp_path: Path
) -> None:
    header = (
        "No.", "Kantong", "Tanggal Status", "Nama Penerima", "Nomor Resi", "Layanan", "Petugas", "Status Akhir",
        "SLA", "Kode Rahasia", "R7", "Tgl Kirim", "Keterangan",
    )  # fmt: skip
    number = mailed.items[0].number
    rows = [
        (1, "PID0000000012", "06/05/2020", "SITI CONTOH", number, "KIRIMAN KHUSUS", "KURIR", "LAIN", "H+5", "X9",
         "=R7/12", "04/05/2020", "RUMAH KOSONG"),
        (3216060505900001.0, "3216060505900001", "06/05/2020", "", mailed.items[1].number, "0812-3456-7890", "", "LAIN",
         81234567890, "", "https://x.invalid", "budi@x.invalid", ""),
    ]  # fmt: skip
    courier_file, _outcomes = applied(sheet(rows, header=header), post_office)
    expected = [
        ("No.", "Kantong", "Tanggal Status", "Nomor Resi", "Layanan", "Status Akhir", "SLA", "R7", "Tgl Kirim",
         "Keterangan"),
        (1, "PID0000000012", "06/05/2020", number, "KIRIMAN KHUSUS", "LAIN", "H+5", "'=R7/12", "04/05/2020",
         "RUMAH KOSONG"),
        (None, None, "06/05/2020", mailed.items[1].number, None, "LAIN", None, None, None, None),
    ]  # fmt: skip

    def told() -> list[tuple[Any, ...]]:
        courier_file.refresh_from_db()
        book = openpyxl.load_workbook(courier_file.result.path).worksheets[0]
        lines = list(book.iter_rows(values_only=True))
        assert (len(lines), any(lines[0])) == (4, False)
        return lines[1:]

    assert [line[:-2] for line in told()] == expected
    assert [line[-2] for line in told()][1:] == ["teks tidak dikenal"] * 2
    map_text(
        courier="POS",
        status_text="LAIN",
        remark_text="RUMAH KOSONG",
        status="DELIVERED",
        actor_id=None,
        at=AT,
    )
    for job in Job.objects.filter(state=JobState.QUEUED):
        run_job(job.pk)
    assert [line[:-2] for line in told()] == expected
    assert told()[1][-2] == "diterapkan"
    read_anew = replay(courier_file_id=courier_file.pk, apply=False, actor_id=None, at=AT)
    assert (read_anew.rows, read_anew.changed) == (2, 0)


def test_no_kept_column_is_one_that_is_read() -> None:
    read = {folded(title) for titles in COLUMNS.values() for title in titles}
    assert read.isdisjoint(map(folded, KEPT))


def test_undo_voids_the_files_events_and_the_file_can_be_applied_again(
    mailed: Mailed, post_office: Office, supervisor: User, sheet: Make
) -> None:
    rows = [(item.number, "GAGAL ANTAR", "RUMAH KOSONG", "20/05/2020 08:00", "") for item in mailed.items]
    courier_file, _outcomes = applied(sheet(rows), post_office)
    states = list(
        Delivery.objects.order_by("card_id").values("card_id", "status", "reason", "since", "attempts")
    )
    assert undo(courier_file_id=courier_file.pk, reason="salah berkas", actor_id=supervisor.pk, at=AT) == 6
    assert {state_of(card) for card in mailed.cards} == {("POSTED", "")}
    assert set(Message.objects.filter(occasion="ATTEMPT_FAILED").values_list("state", flat=True)) <= {
        "WITHDRAWN"
    }
    courier_file.refresh_from_db()
    assert courier_file.state == "UNDONE"
    with pytest.raises(DeliveryRefused) as refused:
        undo(courier_file_id=courier_file.pk, reason="lagi", actor_id=None, at=AT)
    assert refused.value.code is Code.FILE_NOT_APPLIED
    assert process(courier_file_id=courier_file.pk).outcomes["applied"] == 6
    assert states == list(
        Delivery.objects.order_by("card_id").values("card_id", "status", "reason", "since", "attempts")
    )


def test_undo_refuses_an_empty_reason(mailed: Mailed, post_office: Office, sheet: Make) -> None:
    courier_file, _outcomes = applied(
        sheet([(mailed.items[0].number, "DELIVERED", "", "06/05/2020 10:15", "")]), post_office
    )
    with pytest.raises(DeliveryRefused) as refused:
        undo(courier_file_id=courier_file.pk, reason=" ", actor_id=None, at=AT)
    assert refused.value.code is Code.REASON_MISSING
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")


def test_a_mapped_text_is_applied_to_the_rows_that_waited_and_to_the_next_file(
    mailed: Mailed, post_office: Office, registry: Office, supervisor: User, sheet: Make
) -> None:
    rows = [(item.number, "Dititip  Pos Ronda", "", "06/05/2020 10:15", "") for item in mailed.items[:3]]
    courier_file, _outcomes = applied(sheet(rows), post_office)
    (waiting,) = with_samples(unmapped_texts(office_id=registry.pk), office_id=registry.pk)
    assert (waiting.status_text, waiting.rows, waiting.files, len(waiting.samples)) == (
        "DITITIP POS RONDA",
        3,
        1,
        3,
    )
    mapped = map_text(
        courier="POS", status_text="dititip pos ronda", status="ATTEMPT_FAILED", reason="ABSENT",
        actor_id=supervisor.pk, at=AT,
    )  # fmt: skip
    assert (mapped.rows, mapped.outcomes) == (3, {"applied": 3})
    assert state_of(mailed.cards[2]) == ("ATTEMPT_FAILED", "ABSENT")
    assert not unmapped_texts(office_id=registry.pk)
    courier_file.refresh_from_db()
    assert {name: count for name, count in courier_file.outcomes.items() if count} == {"applied": 3}
    later = [(mailed.items[3].number, "DITITIP POS RONDA", "", "06/05/2020 10:15", "")]
    assert applied(sheet(later, name="2.xlsx"), post_office)[1] == {"applied": 1}


@pytest.mark.parametrize(
    ("status", "reason"), [("NOWHERE", ""), ("COLLECTED", ""), ("DELIVERED", "BAD_MOOD")]
)
def test_mapping_refuses_what_is_no_meaning_of_a_courier(
    mailed: Mailed, supervisor: User, status: str, reason: str
) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        map_text(courier="POS", status_text="X", status=status, reason=reason, actor_id=supervisor.pk, at=AT)
    assert refused.value.code is Code.MEANING_UNKNOWN
    assert StatusText.objects.count() == 0


def test_a_file_without_the_needed_columns_is_refused_and_nothing_is_half_imported(
    mailed: Mailed, post_office: Office, sheet: Make
) -> None:
    path = sheet([(mailed.items[0].number, "DELIVERED")], header=("No Resi", "Status"))
    courier_file = taken(path, post_office)
    with pytest.raises(SheetError) as fault:
        process(courier_file_id=courier_file.pk)
    assert fault.value.code is SheetFault.MISSING_COLUMNS
    courier_file.refresh_from_db()
    assert (courier_file.state, courier_file.fault["code"]) == ("REFUSED", "missing_columns")
    assert TrackingEvent.objects.filter(courier_file=courier_file).count() == 0


def test_a_counter_sends_no_status_files(counter: Office, sheet: Make) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        taken(sheet([("X", "Y", "", "", "")]), counter)
    assert refused.value.code is Code.OFFICE_SENDS_NO_STATUS_FILES
    assert CourierFile.objects.count() == 0


def test_an_upload_waits_for_a_worker_and_a_file_in_work_is_not_undone(
    mailed: Mailed, post_office: Office, sheet: Make
) -> None:
    path = sheet([(mailed.items[0].number, "DELIVERED", "", "06/05/2020 10:15", "")])
    with path.open("rb") as file:
        courier_file = upload(file=file, name="../a.xlsx", office_id=post_office.pk, actor_id=None, at=AT)
    assert courier_file.name == "a.xlsx"
    assert Job.objects.get().kind == "courier.file"
    with pytest.raises(DeliveryRefused) as refused:
        undo(courier_file_id=courier_file.pk, reason="uji", actor_id=None, at=AT)
    assert refused.value.code is Code.FILE_IN_WORK


def test_rows_are_taken_in_chunks_and_each_chunk_is_told(
    mailed: Mailed, post_office: Office, sheet: Make, settings: Any
) -> None:
    settings.COURIER_FILE_PORTION = 2
    rows = [(item.number, "DELIVERED", "", "06/05/2020 10:15", "") for item in mailed.items[:5]]
    rows += [(mailed.items[1].number, "ANTARAN", "", "06/05/2020 08:15", "")]
    told: list[tuple[int, int]] = []
    read: list[tuple[int, int | None]] = []
    courier_file = taken(sheet(rows), post_office)
    process(
        courier_file_id=courier_file.pk,
        on_progress=lambda done, total: told.append((done, total)),
        on_reading=lambda row, last_row: read.append((row, last_row)),
    )
    written, kept = (6, 6), (6, 6)
    assert told == [(0, 6), (3, 6), (5, 6), (6, 6), written, kept]
    assert read == [(0, None), (8, 8)]


def test_work_that_was_cut_off_ends_with_the_same_rows(
    mailed: Mailed, foreign: str, post_office: Office, sheet: Make, settings: Any
) -> None:
    settings.COURIER_FILE_PORTION = 2
    path = sheet(every_outcome(mailed, foreign))
    expected = preview(path=path, office_id=post_office.pk, at=AT).outcomes
    courier_file = taken(path, post_office)

    def cut_off(done: int, total: int) -> None:
        if done > 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process(courier_file_id=courier_file.pk, on_progress=cut_off)
    stored = TrackingEvent.objects.filter(courier_file=courier_file).count()
    assert 0 < stored < expected["applied"] + expected["contradiction"]
    assert process(courier_file_id=courier_file.pk).outcomes == expected
    assert TrackingEvent.objects.filter(courier_file=courier_file).count() == (
        expected["applied"] + expected["contradiction"]
    )


def test_import_status_prints_rows_and_outcomes_and_a_dry_run_writes_nothing(
    mailed: Mailed, post_office: Office, sheet: Make
) -> None:
    path = sheet([(mailed.items[0].number, "DELIVERED", "", "06/05/2020 10:15", "")])
    printed = io.StringIO()
    call_command("import_status", str(path), office=post_office.code, dry_run=True, json=True, stdout=printed)
    assert CourierFile.objects.count() == 0
    assert state_of(mailed.cards[0]) == ("POSTED", "")
    call_command("import_status", str(path), office=post_office.code, json=True, stdout=printed)
    zero = {outcome.value: 0 for outcome in RowOutcome}
    would, did = (json.loads(line) for line in printed.getvalue().split("\n") if line)
    assert would == {
        "rows": 1, "outcomes": zero | {"applied": 1}, "applied": False, "repeats": "", "nothing_new": False,
        "newly_delivered": 1, "newly_returned": 0, "result": None,
    }  # fmt: skip
    assert did == would | {"applied": True, "result": CourierFile.objects.get().result.path}
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")
    again = io.StringIO()
    call_command("import_status", str(path), office=post_office.code, json=True, stdout=again)
    # the result workbook is that of the file whose content it repeats
    assert json.loads(again.getvalue()) == did | {
        "outcomes": zero | {"duplicate": 1}, "repeats": path.name, "nothing_new": True, "newly_delivered": 0,
    }  # fmt: skip


def test_post_gives_numbers_to_items_that_had_none_by_our_reference(
    mailed: Mailed, post_office: Office, sheet: Make
) -> None:
    for card in mailed.cards:
        card.reference = make_reference(card.pk)
        card.save()
    Item.objects.filter(pk__in=[mailed.items[0].pk, mailed.items[1].pk]).update(number=None)
    header = ("No Kiriman", "No Referensi", "Status", "Tanggal Update")
    rows = [
        ("P2005060000001", mailed.cards[0].reference, "INLOCATION", "06/05/2020 08:00"),
        ("P2005060000001", mailed.cards[0].reference, "DELIVERED", "06/05/2020 10:15"),
        ("P2005060000003", mailed.cards[2].reference, "INLOCATION", "06/05/2020 08:00"),
    ]
    path = sheet(rows, header)
    preview(path=path, office_id=post_office.pk, at=AT)
    assert Item.objects.get(pk=mailed.items[0].pk).number is None
    applied(path, post_office)
    item = Item.objects.get(pk=mailed.items[0].pk)
    assert (item.number, item.number_given_at is not None) == ("P2005060000001", True)
    assert Item.objects.get(pk=mailed.items[1].pk).number is None
    assert Item.objects.get(pk=mailed.items[2].pk).number == mailed.items[2].number
