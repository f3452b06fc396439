"""Registering printed cards, from sheets and from other systems."""

import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import AuditEntry, User
from addresses.models import Address
from jobs.models import Job, JobState
from jobs.services import run_job
from offices.models import Office
from privacy.crypto import blind_index
from shipments import registering
from shipments.card_columns import CardLane
from shipments.cards import ImportReport, create_cards, import_cards, release_cards, upload_cards
from shipments.intake import PrintedCardRow
from shipments.models import (
    BacklogEntry,
    Card,
    CirculatingCard,
    Disposition,
    DispositionChange,
    IntakeFile,
    Lane,
)
from shipments.numbers import is_reference
from shipments.refusals import Code, ShipmentRefused
from spreadsheets.faults import SheetError, SheetFault
from tests.shipments.sheets import TITLES, card_row, nik, write_cards
from tests.spreadsheets.workbooks import book

pytestmark = pytest.mark.django_db


@pytest.fixture
def take_in(
    registry: Office, printing_user: User, now: dt.datetime, tmp_path: Path
) -> Callable[..., ImportReport]:
    def run(rows: list[list[object]], **options: object) -> ImportReport:
        path = write_cards(tmp_path / "kartu.xlsx", rows)  # type: ignore[arg-type]
        return import_cards(
            path=path,
            name="kartu.xlsx",
            office_id=registry.pk,
            actor_id=printing_user.pk,
            at=now,
            **options,  # type: ignore[arg-type]
        )

    return run


def printed(serial: int, **fields: object) -> PrintedCardRow:
    values: dict[str, object] = {
        "row_number": serial, "nik": nik(serial), "kk": "", "phone": "", "name": f"Warga {serial}",
        "printed_on": dt.date(2020, 4, 1), "alamat": "Jl. Contoh 1", "rt_rw": "001/007", "dusun": "",
        "desa_kelurahan": "Jatimulya", "kecamatan": "Tambun Selatan", "kabupaten": "Kab. Bekasi", "provinsi": "",
        "kode_pos": "", "rt": "", "rw": "", "lane": CardLane.ORDINARY, "blank_serial": "",
    }  # fmt: skip
    return PrintedCardRow(**(values | fields))  # type: ignore[arg-type]


def test_import_registers_every_good_row_with_a_checked_address(take_in: Callable[..., ImportReport]) -> None:
    report = take_in(
        [card_row(1), card_row(2, village="Jati Mulia"), card_row(3, lane="PRR", blank="AB12345678")]
    )
    assert report.rows == 3
    assert report.outcomes == {"registered": 3, "printed_twice": 0, "already_known": 0, "rejected": 0}
    first, second, third = Card.objects.order_by("intake_row").select_related("address")
    assert (first.nik, first.kk, first.phone) == (nik(1), nik(5_001), "+6281234567890")
    assert (first.intake_row, second.intake_row, third.intake_row) == (2, 3, 4)
    assert first.address.village_code == "32.16.06.1001"
    assert (first.address.verdict, first.address.rt, first.address.rw) == ("DELIVERABLE", "001", "007")
    assert second.address.desa_kelurahan == "Jati Mulia"
    assert (third.lane, third.blank_serial) == (Lane.PRINT_READY_RECORD, "AB12345678")
    assert all(is_reference(card.reference) for card in (first, second, third))
    assert CirculatingCard.objects.count() == 3


def test_import_seals_nik_family_card_and_phone_in_the_database(take_in: Callable[..., ImportReport]) -> None:
    take_in([card_row(1)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT nik, kk, phone, nik_index FROM shipments_card")
        sealed = cursor.fetchone()
    assert not any(number in " ".join(sealed) for number in (nik(1), nik(5_001), "81234567890"))
    assert sealed[3] == blind_index(nik(1), purpose="card.nik")


def test_import_of_the_same_file_twice_changes_nothing(take_in: Callable[..., ImportReport]) -> None:
    rows = [card_row(1), card_row(2), card_row(2), card_row(3, blank="AB1")]
    first = take_in(rows)
    before = list(Card.objects.order_by("pk").values())
    again = take_in(rows)
    assert first.outcomes == {"registered": 3, "printed_twice": 1, "already_known": 0, "rejected": 0}
    assert again.outcomes == {"registered": 0, "printed_twice": 0, "already_known": 4, "rejected": 0}
    assert list(Card.objects.order_by("pk").values()) == before
    assert Address.objects.count() == 4


def test_import_keeps_the_earliest_print_of_a_person(take_in: Callable[..., ImportReport]) -> None:
    take_in([card_row(1, printed_on=dt.date(2020, 4, 3)), card_row(1, printed_on=dt.date(2020, 4, 1))])
    later, earlier = Card.objects.order_by("intake_row")
    assert (later.disposition, earlier.disposition) == (Disposition.DUPLICATE, Disposition.REGISTERED)
    assert CirculatingCard.objects.get().card_id == earlier.pk
    change = DispositionChange.objects.get()
    assert (change.card_id, change.after, change.reason) == (later.pk, Disposition.DUPLICATE, "PRINTED_TWICE")


def test_import_finds_a_second_print_across_files_and_chunks(
    take_in: Callable[..., ImportReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in([card_row(1)])
    monkeypatch.setattr(registering, "CHUNK", 2)
    report = take_in(
        [card_row(2), card_row(3), card_row(2, printed_on=dt.date(2020, 4, 2)), card_row(1, blank="X9")]
    )
    assert report.outcomes == {"registered": 2, "printed_twice": 2, "already_known": 0, "rejected": 0}


def test_import_takes_a_card_whose_blank_serial_is_listed_twice_once(
    take_in: Callable[..., ImportReport],
) -> None:
    report = take_in([card_row(1, blank="AB1"), card_row(1, blank="AB1"), card_row(1, blank="AB2")])
    assert report.outcomes == {"registered": 1, "printed_twice": 1, "already_known": 1, "rejected": 0}


def test_import_registers_a_new_print_after_the_first_card_was_released(
    take_in: Callable[..., ImportReport],
) -> None:
    take_in([card_row(1)])
    assert release_cards(card_ids=list(Card.objects.values_list("pk", flat=True))) == 1
    report = take_in([card_row(1), card_row(1, printed_on=dt.date(2020, 5, 1))])
    assert report.outcomes == {"registered": 1, "printed_twice": 0, "already_known": 1, "rejected": 0}


def test_import_fills_the_offices_regency_where_the_sheet_has_none(
    take_in: Callable[..., ImportReport],
) -> None:
    take_in([card_row(1, regency="")])
    assert Card.objects.get().address.village_code == "32.16.06.1001"


def test_import_keeps_good_rows_and_gives_bad_ones_back(take_in: Callable[..., ImportReport]) -> None:
    rows = [card_row(1), card_row(2, number=3.2160601019e15), card_row(3), card_row(4, number="123")]
    report = take_in(rows)
    assert report.outcomes == {"registered": 2, "printed_twice": 0, "already_known": 0, "rejected": 2}
    assert [(f.row_number, f.code) for f in report.faults] == [(3, "nik_damaged"), (5, "nik_invalid")]
    intake = IntakeFile.objects.get()
    assert (intake.state, intake.rows, intake.outcomes["rejected"]) == (IntakeFile.State.DONE, 4, 2)
    sheet = openpyxl.load_workbook(intake.rejected.path).active
    assert sheet is not None
    assert [row[-2].value for row in sheet.iter_rows(min_row=2)] == [3, 5]


def test_corrected_rejected_rows_can_be_uploaded_as_they_are(
    take_in: Callable[..., ImportReport], registry: Office, now: dt.datetime, tmp_path: Path
) -> None:
    take_in([card_row(1), card_row(2, number="123")])
    workbook = openpyxl.load_workbook(IntakeFile.objects.get().rejected.path)
    assert workbook.active is not None
    workbook.active["A2"] = nik(2)
    workbook.save(tmp_path / "benar.xlsx")
    report = import_cards(
        path=tmp_path / "benar.xlsx", name="benar.xlsx", office_id=registry.pk, actor_id=None, at=now
    )
    assert report.outcomes == {"registered": 1, "printed_twice": 0, "already_known": 0, "rejected": 0}


def test_dry_run_tells_the_outcomes_and_writes_nothing(take_in: Callable[..., ImportReport]) -> None:
    report = take_in([card_row(1), card_row(1, blank="B2"), card_row(2, number="9")], dry_run=True)
    assert report.outcomes == {"registered": 1, "printed_twice": 1, "already_known": 0, "rejected": 1}
    assert report.intake_file_id is None
    assert not Card.objects.exists()
    assert not Address.objects.exists()
    assert not IntakeFile.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.csv", b"NIK;Nama\n1;2\n", SheetFault.MISSING_COLUMNS),
        ("a.csv", b"", SheetFault.EMPTY),
        ("a.pdf", b"%PDF-1.7 not a sheet", SheetFault.NOT_A_SHEET),
        ("a.xlsx", b"PK\x03\x04 broken", SheetFault.UNREADABLE),
        ("a.csv", b"satu,dua\ntiga,empat\n", SheetFault.NO_HEADER),
    ],
)
def test_import_refuses_a_wrong_file_and_writes_nothing(
    registry: Office, now: dt.datetime, tmp_path: Path, name: str, content: bytes, fault: SheetFault
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SheetError) as caught:
        import_cards(path=tmp_path / name, name=name, office_id=registry.pk, actor_id=None, at=now)
    assert caught.value.code is fault
    assert not IntakeFile.objects.exists()
    assert not Card.objects.exists()


def test_import_refuses_an_empty_sheet_below_its_titles(take_in: Callable[..., ImportReport]) -> None:
    with pytest.raises(SheetError) as caught:
        take_in([])
    assert caught.value.code is SheetFault.EMPTY


def test_import_refuses_an_office_that_prints_no_cards(
    post_office: Office, now: dt.datetime, tmp_path: Path
) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        import_cards(path=tmp_path / "x", name="x", office_id=post_office.pk, actor_id=None, at=now)
    assert caught.value.code is Code.NOT_A_REGISTRY
    with pytest.raises(ShipmentRefused) as caught:
        import_cards(path=tmp_path / "x", name="x", office_id=0, actor_id=None, at=now)
    assert caught.value.code is Code.OFFICE_UNKNOWN


def test_interrupted_import_ends_with_the_same_rows_when_it_is_repeated(
    registry: Office, printing_user: User, now: dt.datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "CHUNK", 2)
    rows = [card_row(1), card_row(2), card_row(2, blank="B"), card_row(4), card_row(5)]
    path = write_cards(tmp_path / "k.xlsx", rows)
    intake = IntakeFile.objects.create(office=registry, name="k.xlsx", sha256="0" * 64, uploaded_at=now)

    class Killed(Exception):
        pass

    def die(done: int, _total: int) -> None:
        if done >= 4:
            raise Killed

    options = {"path": path, "name": "k.xlsx", "office_id": registry.pk, "actor_id": None, "at": now}
    with pytest.raises(Killed):
        import_cards(**options, intake_file_id=intake.pk, on_progress=die)  # type: ignore[arg-type]
    assert Card.objects.count() == 4
    report = import_cards(**options, intake_file_id=intake.pk)  # type: ignore[arg-type]
    assert report.outcomes == {"registered": 4, "printed_twice": 1, "already_known": 0, "rejected": 0}
    assert Card.objects.count() == 5


def test_progress_is_told_chunk_by_chunk(
    take_in: Callable[..., ImportReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registering, "CHUNK", 2)
    told: list[tuple[int, int]] = []
    take_in([card_row(s) for s in range(1, 4)], on_progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 3), (3, 3)]


def test_create_cards_gives_an_outcome_per_row_in_order(registry: Office, now: dt.datetime) -> None:
    rows = [
        printed(1),
        printed(2, blank_serial="A1"),
        printed(1, blank_serial="Z9"),
        printed(2, blank_serial="A1"),
    ]
    outcomes = create_cards(rows=rows, office_id=registry.pk, actor_id=None, at=now)
    assert [each.outcome.value for each in outcomes] == [
        "registered",
        "registered",
        "printed_twice",
        "already_known",
    ]
    assert outcomes[0].reference == Card.objects.get(pk=outcomes[0].card_id).reference
    assert outcomes[0].verdict == "DELIVERABLE"
    assert AuditEntry.objects.get().details == {"registered": 2, "printed_twice": 1, "already_known": 1}


def test_create_cards_writes_none_when_one_fails(registry: Office, now: dt.datetime) -> None:
    with mock.patch("shipments.cards.record", side_effect=RuntimeError), pytest.raises(RuntimeError):
        create_cards(rows=[printed(1)], office_id=registry.pk, actor_id=None, at=now)
    assert not Card.objects.exists()


def test_uploaded_sheet_is_imported_by_its_job_and_queued(
    registry: Office, post_office: Office, printing_user: User, now: dt.datetime, tmp_path: Path
) -> None:
    path = write_cards(tmp_path / "kartu.xlsx", [card_row(1), card_row(2)])
    with path.open("rb") as file:
        intake = upload_cards(
            file=file, name="../../kartu April.xlsx", office_id=registry.pk, actor_id=printing_user.pk, at=now
        )
    assert (intake.name, intake.state) == ("kartu April.xlsx", IntakeFile.State.WAITING)
    assert intake.job is not None
    run_job(intake.job.pk)
    intake.refresh_from_db()
    job = Job.objects.get()
    assert (job.state, job.done, job.total) == (JobState.SUCCEEDED, 2, 2)
    assert (intake.state, intake.rows) == (IntakeFile.State.DONE, 2)
    assert BacklogEntry.objects.count() == 2


def test_upload_of_a_wrong_file_ends_refused_with_its_reason(registry: Office, now: dt.datetime) -> None:
    intake = upload_cards(
        file=io.BytesIO(b"%PDF-1.4"), name="a.pdf", office_id=registry.pk, actor_id=None, at=now
    )
    assert intake.job is not None
    run_job(intake.job.pk)
    intake.refresh_from_db()
    job = Job.objects.get()
    assert (intake.state, intake.fault["code"]) == (IntakeFile.State.REFUSED, "not_a_sheet")
    assert job.state == JobState.FAILED
    assert job.error != ""


def test_command_prints_rows_and_outcomes_as_json(
    registry: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_cards(tmp_path / "k.xlsx", [card_row(1), card_row(2, number="1")])
    call_command("import_cards", str(path), "--office", "3216", "--json", "--dry-run")
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "rows": 2,
        "outcomes": {"registered": 1, "printed_twice": 0, "already_known": 0, "rejected": 1},
    }
    assert not Card.objects.exists()
    call_command("import_cards", str(path), "--office", "3216")
    assert Card.objects.count() == 1


def test_command_refuses_an_unknown_office_and_a_wrong_file(registry: Office, tmp_path: Path) -> None:
    (tmp_path / "k.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(CommandError) as caught:
        call_command("import_cards", str(tmp_path / "k.pdf"), "--office", "9999")
    assert caught.value.returncode == 1
    assert "3216" in str(caught.value)
    for name in ("k.pdf", "missing.xlsx"):
        with pytest.raises(CommandError) as caught:
            call_command("import_cards", str(tmp_path / name), "--office", "3216")
        assert caught.value.returncode == 2


@pytest.fixture
def take_in_book(
    registry: Office, now: dt.datetime, tmp_path: Path
) -> Callable[[str, dict[str, list[list[str | float]]]], ImportReport]:
    def run(kind: str, sheets: dict[str, list[list[str | float]]]) -> ImportReport:
        path = tmp_path / f"kartu.{kind}"
        path.write_bytes(book(kind, sheets))
        return import_cards(path=path, name=path.name, office_id=registry.pk, actor_id=None, at=now)

    return run


def as_texts(*serials: int) -> list[list[str | float]]:
    return [[str(cell or "") for cell in card_row(serial)] for serial in serials]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_cards_stand_on_one_sheet_beside_a_cover_and_our_own_guide(
    take_in_book: Callable[..., ImportReport], kind: str
) -> None:
    cards = [list(TITLES), *as_texts(1, 2)]
    sheets = {"Sampul": [["DAFTAR KARTU"]], "Kartu": cards, "Petunjuk": [["Kolom", "Wajib"], ["NIK", "ya"]]}
    assert take_in_book(kind, sheets).outcomes["registered"] == 2


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
@pytest.mark.parametrize("titled", [True, False])
def test_cards_on_a_further_sheet_are_refused_by_its_name_and_none_is_registered(
    take_in_book: Callable[..., ImportReport], kind: str, titled: bool
) -> None:
    titles = [list(TITLES)]
    with pytest.raises(SheetError) as refused:
        take_in_book(
            kind,
            {"Kartu": [*titles, *as_texts(1)], "Sambungan": [*(titles if titled else []), *as_texts(2)]},
        )
    assert refused.value.code is SheetFault.MORE_SHEETS
    assert refused.value.params == {"sheet": "Kartu", "sheets": ("Sambungan",)}
    assert Card.objects.count() == 0


def test_cards_before_the_sheet_with_titles_are_refused_by_its_name(
    take_in_book: Callable[..., ImportReport],
) -> None:
    with pytest.raises(SheetError) as refused:
        take_in_book("xlsx", {"Lama": as_texts(2), "Kartu": [list(TITLES), *as_texts(1)]})
    assert refused.value.params == {"sheet": "Kartu", "sheets": ("Lama",)}
