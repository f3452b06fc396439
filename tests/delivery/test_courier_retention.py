"""Which of the post's files are forgotten: uploads that wait in vain, and files that nothing names."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry
from delivery.courier_files import process, start, upload
from delivery.courier_files.retention import forget_courier_uploads, forget_unnamed_files
from delivery.courier_files.undoing import undo
from delivery.models import CourierFile
from delivery.refusals import Code, DeliveryRefused
from offices.models import Office
from tests.delivery.mailing import mail_cards

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "files"
    folder = tmp_path / "files" / "courier"
    folder.mkdir(parents=True)
    return folder


def uploaded(office: Office, path: Path, *rows: str) -> CourierFile:
    path.write_text("\n".join(("No Resi;Status;Tanggal", *rows)))
    return upload(
        path=path, name="s.csv", office_id=office.pk, actor_id=None, at=timezone.now(), enqueue=False
    )


def aged(path: Path, *, hours: float) -> Path:
    then = (timezone.now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (then, then))
    return path


def test_an_upload_that_a_killed_worker_left_is_deleted_and_named_and_young_files_stay(
    folder: Path, tmp_path: Path, registry: Office, post_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = mail_cards(office=registry, post_office=post_office, number=1).items[0].number

    class Killed(BaseException):
        pass

    def dies(*_args: object) -> None:
        raise Killed

    file = uploaded(post_office, tmp_path / "a.csv", f"{number};DELIVERED;06/05/2020")
    left = Path(file.file.path)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.files.storage.FileSystemStorage.delete", dies)
        with pytest.raises(Killed):
            process(courier_file_id=file.pk)
    file.refresh_from_db()
    assert (file.state, file.file.name, left.exists()) == ("APPLIED", "", True)
    waiting = uploaded(post_office, tmp_path / "b.csv", "x;y;z")
    named = [aged(Path(path), hours=100) for path in (file.result.path, waiting.file.path)]
    young = folder / "muda.xlsx"
    young.write_bytes(b"x")
    aged(young, hours=5)
    aged(left, hours=7)
    call_command("forget_uploads")
    assert [path.exists() for path in (left, young, *named)] == [False, True, True, True]
    entry = AuditEntry.objects.get(operation="FORGET_UPLOADS")
    assert (entry.object_key, entry.details) == ("", {"files": 1})
    assert forget_unnamed_files(at=timezone.now()) == 0
    assert AuditEntry.objects.filter(operation="FORGET_UPLOADS").count() == 1


def test_no_folder_yet_is_nothing_to_forget(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "none"
    assert forget_unnamed_files(at=timezone.now()) == 0


def test_the_upload_of_a_file_that_was_undone_halfway_is_forgotten_and_cannot_be_applied(
    folder: Path, tmp_path: Path, registry: Office, post_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = mail_cards(office=registry, post_office=post_office, number=1).items[0].number
    file = uploaded(post_office, tmp_path / "a.csv", f"{number};DELIVERED;06/05/2020")
    with monkeypatch.context() as broken:
        broken.setattr("delivery.courier_files.processing.write_result", _disk_full)
        with pytest.raises(OSError, match="full"):
            process(courier_file_id=file.pk)
    now = timezone.now()
    assert undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=now) == 1
    assert forget_courier_uploads(before=now + timedelta(hours=1), at=now) == 1
    file.refresh_from_db()
    assert (file.state, file.fault["code"], bool(file.file)) == ("REFUSED", "expired", False)


def test_a_file_of_which_nothing_is_kept_is_not_started(
    folder: Path, tmp_path: Path, post_office: Office
) -> None:
    file = uploaded(post_office, tmp_path / "a.csv", "x;y;z")
    CourierFile.objects.filter(pk=file.pk).update(file="", state=CourierFile.State.UNDONE)
    with pytest.raises(DeliveryRefused) as refused:
        start(courier_file=file, apply=True, actor_id=None, at=timezone.now())
    assert refused.value.code is Code.FILE_NOT_KEPT


def _disk_full(*_args: object, **_fields: object) -> None:
    raise OSError("disk full")
