"""Intake on pages: upload, progress, result, rejected rows."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from jobs.models import Job
from jobs.services import run_job
from privacy.models import AccessRecord
from shipments.models import Card, IntakeFile
from tests.shipments.sheets import card_row, write_cards

SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


def upload(client: Client, path: Path) -> IntakeFile:
    file = SimpleUploadedFile(path.name, path.read_bytes())
    response = client.post(reverse("web:intake"), {"file": file})
    assert response.status_code == 302
    return IntakeFile.objects.latest("uploaded_at")


def test_upload_shows_progress_then_every_outcome_and_each_rejected_row(
    sign_in: SignIn, printing_user: User, tmp_path: Path
) -> None:
    client = sign_in(printing_user)
    rows = [card_row(1), card_row(2), card_row(3, number="123"), card_row(2)]
    intake = upload(client, write_cards(tmp_path / "kartu.xlsx", rows))
    address = reverse("web:intake-file", args=[intake.pk])
    waiting = client.get(address).content.decode()
    assert f'hx-get="{address}"' in waiting
    assert intake.job is not None
    run_job(intake.job.pk)
    polled = client.get(address, headers={"hx-request": "true"})
    assert polled["HX-Refresh"] == "true"
    page = client.get(address).content.decode()
    numbers = re.findall(r'tile-number">(\d+)<', page)
    assert numbers == ["2", "1", "0", "1", "4"]  # registered, printed twice, known already, rejected, rows
    assert '<td class="number">4</td><td>NIK tidak sah' in page  # the sheet's own row number
    assert Card.objects.count() == 3  # a card that was printed twice is a card too


def test_rejected_rows_come_back_as_a_workbook_and_that_is_recorded(
    sign_in: SignIn, printing_user: User, tmp_path: Path
) -> None:
    client = sign_in(printing_user)
    intake = upload(client, write_cards(tmp_path / "kartu.xlsx", [card_row(1), card_row(2, number="1")]))
    assert intake.job is not None
    run_job(intake.job.pk)
    response = client.get(reverse("web:intake-rejected", args=[intake.pk]))
    workbook = openpyxl.load_workbook(BytesIO(b"".join(response)))
    assert workbook.active is not None
    assert workbook.active.max_row == 2
    assert AccessRecord.objects.get().records == 1


def test_a_sheet_without_the_columns_is_refused_with_what_to_do(
    sign_in: SignIn, printing_user: User, tmp_path: Path
) -> None:
    client = sign_in(printing_user)
    path = tmp_path / "salah.csv"
    path.write_text("NIK,Nama Lengkap\n1,2\n")
    intake = upload(client, path)
    assert intake.job is not None
    run_job(intake.job.pk)
    page = client.get(reverse("web:intake-file", args=[intake.pk])).content.decode()
    assert "Lembar ditolak; tidak ada kartu yang didaftarkan." in page
    assert "Tanggal Cetak" in page or "printed_on" in page


def test_a_file_that_is_too_large_is_refused_at_the_door(
    sign_in: SignIn, printing_user: User, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    file = SimpleUploadedFile("besar.csv", b"x" * 11)
    response = sign_in(printing_user).post(reverse("web:intake"), {"file": file})
    assert "Berkas terlalu besar" in response.content.decode()
    assert not IntakeFile.objects.exists()


def test_the_template_has_the_columns_that_intake_reads(sign_in: SignIn, printing_user: User) -> None:
    response = sign_in(printing_user).get(reverse("web:intake-template"))
    workbook = openpyxl.load_workbook(BytesIO(b"".join(response)))
    titles = [cell.value for cell in workbook.worksheets[0][1]]
    assert titles[:2] == ["NIK", "Nama Lengkap"]


def test_a_job_is_stopped_by_its_owner_or_a_supervisor_only(
    sign_in: SignIn,
    printing_user: User,
    supervisor: User,
    make_user: Callable[..., User],
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    intake = upload(sign_in(printing_user), write_cards(tmp_path / "kartu.xlsx", [card_row(1)]))
    assert intake.job is not None
    address = reverse("web:job-cancel", args=[intake.job.pk])
    colleague = make_user(role=printing_user.role, office=printing_user.office)
    assert sign_in(colleague).post(address).status_code == 403
    assert sign_in(supervisor).post(address).status_code == 302
    intake.job.refresh_from_db()
    assert intake.job.state == "CANCELLED"
    page = sign_in(printing_user).get(reverse("web:intake-file", args=[intake.pk])).content.decode()
    assert "Unggah lagi lembarnya" in page


def test_the_uploaded_sheet_is_dropped_once_it_was_read(
    sign_in: SignIn, printing_user: User, tmp_path: Path, settings: Settings
) -> None:
    client = sign_in(printing_user)
    intake = upload(client, write_cards(tmp_path / "kartu.xlsx", [card_row(1), card_row(2, number="1")]))
    kept = Path(settings.MEDIA_ROOT) / "intake"
    assert [path.suffix for path in kept.iterdir()] == [".xlsx"]
    assert intake.job is not None
    run_job(intake.job.pk)
    assert [path.name for path in kept.iterdir()] == [f"{intake.pk}-ditolak.xlsx"]
    intake.refresh_from_db()
    assert not intake.file
    Job.objects.filter(pk=intake.job.pk).update(state="QUEUED", finished_at=None, lease_token=None)
    run_job(intake.job.pk)  # as after a worker that was killed before it could say that it had ended
    intake.job.refresh_from_db()
    assert (intake.job.state, intake.job.result["rows"]) == ("SUCCEEDED", 2)


def test_a_refused_sheet_is_dropped_and_says_why_again(
    sign_in: SignIn, printing_user: User, tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "kartu.csv"
    path.write_text("NIK;Catatan\n3216060101900001;Warga Contoh")
    intake = upload(sign_in(printing_user), path)
    assert intake.job is not None
    run_job(intake.job.pk)
    assert list((Path(settings.MEDIA_ROOT) / "intake").iterdir()) == []
    intake.job.refresh_from_db()
    first = intake.job.error
    assert first
    Job.objects.filter(pk=intake.job.pk).update(state="QUEUED", finished_at=None, lease_token=None)
    run_job(intake.job.pk)
    intake.job.refresh_from_db()
    assert (intake.job.state, intake.job.error) == ("FAILED", first)
