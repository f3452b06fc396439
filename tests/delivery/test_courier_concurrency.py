"""Two overlapping files at once: no lost row, no doubled event, no deadlock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from delivery.by_hand import record_by_hand, undo_last_by_hand
from delivery.courier_files import map_text, process, start_undo, undo, upload
from delivery.courier_files.pulling import start_pull
from delivery.courier_files.replaying import start_replay
from delivery.models import CourierFile, Delivery, StatusText, TrackingEvent
from delivery.refusals import DeliveryRefused
from delivery.tracking import refold
from jobs.models import Job
from jobs.services import run_job
from offices.models import Office
from spreadsheets.writing import Column, write_xlsx
from tests.delivery.mailing import mail_cards

AT = datetime(2020, 6, 1, tzinfo=UTC)
HEADER = ("No Resi", "Status", "Keterangan", "Tanggal Update")


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_two_overlapping_files_at_once_end_as_one_after_the_other(
    registry: Office, post_office: Office, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.COURIER_FILE_PORTION = 40
    mailed = mail_cards(office=registry, post_office=post_office, number=300)
    rows = [
        (item.number or "", "DELIVERED", "", f"06/05/2020 10:{place % 60:02}")
        for place, item in enumerate(mailed.items)
    ]
    rows += [(number, "ANTARAN", "", at.replace(" 10:", " 08:")) for number, _status, _remark, at in rows]
    files = []
    for name, part in (("a.xlsx", rows[:450]), ("b.xlsx", rows[150:][::-1])):
        path = tmp_path / name
        with path.open("wb") as file:
            write_xlsx(file, sheet="S", columns=[Column(title) for title in HEADER], rows=part)
        kept = upload(path=path, name=name, office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
        files.append(kept.pk)

    def work(file_id: Any) -> dict[str, int]:
        try:
            return dict(process(courier_file_id=file_id).outcomes)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(work, files))
    assert [sum(counts.values()) for counts in outcomes] == [450, 450]
    assert TrackingEvent.objects.filter(source="FILE").count() == 600
    assert Delivery.objects.filter(status="DELIVERED", contradictions=0).count() == 300
    assert refold(repair=False).wrong == ()


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_several_people_at_once_make_one_job(
    registry: Office, post_office: Office, tmp_path: Path, settings: Any
) -> None:
    """They undo a file, read it anew, fetch from the post, and record and undo by hand, all at the same moment."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.COURIER_PULL_URL = "https://pos.example/lacak"
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    number = str(mailed.items[0].number)
    path = tmp_path / "a.csv"
    path.write_text(f"No Resi;Status;Tanggal\n{number};GAGAL ANTAR;06/05/2020")
    file = upload(path=path, name="a.csv", office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
    process(courier_file_id=file.pk)
    person: dict[str, Any] = {"actor_id": None, "at": AT}
    record_by_hand(office_id=registry.pk, scans=[number], status="HELD_FOR_PICKUP", **person)

    def at_once(*tries: Callable[[], object]) -> list[str]:
        def one(work: Callable[[], object]) -> str:
            try:
                work()
            except DeliveryRefused as refused:
                return refused.code.value
            finally:
                connection.close()
            return "done"

        with ThreadPoolExecutor(len(tries)) as pool:
            return sorted(pool.map(one, tries))

    undone = at_once(
        lambda: start_undo(courier_file=file, reason="salah", **person),
        lambda: start_undo(courier_file=file, reason="salah", **person),
        lambda: start_replay(courier_file=file, apply=True, **person),
    )
    assert undone == ["FILE_IN_WORK", "FILE_IN_WORK", "done"]
    fetch = partial(start_pull, office=registry, actor_id=None)
    assert at_once(fetch, fetch, fetch) == ["PULL_IN_WORK", "PULL_IN_WORK", "done"]
    take_back = partial(undo_last_by_hand, office_id=registry.pk, **person)
    assert at_once(take_back, take_back) == ["NOTHING_TO_UNDO", "done"]
    assert (Job.objects.count(), TrackingEvent.objects.filter(voids__isnull=False).count()) == (2, 1)


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_a_text_that_several_explain_while_its_file_is_undone_ends_as_one_or_the_other(
    registry: Office, post_office: Office, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr("delivery.courier_files.explaining.ROWS_PER_CHUNK", 3)
    mailed = mail_cards(office=registry, post_office=post_office, number=12)
    path = tmp_path / "a.csv"
    rows = [f"{item.number};TITIP;06/05/2020" for item in mailed.items]
    path.write_text("\n".join(("No Resi;Status;Tanggal", *rows)))

    def explained() -> int:
        try:
            return map_text(
                courier="POS",
                status_text="TITIP",
                status="DELIVERED",
                actor_id=None,
                at=AT,
                office_id=registry.pk,
            ).rows
        finally:
            connection.close()

    def undone(file: CourierFile) -> int:
        try:
            start_undo(courier_file=file, reason="salah", actor_id=None, at=AT)
            file.refresh_from_db()
            assert file.job_id is not None
            run_job(file.job_id)
        finally:
            connection.close()
        return 0

    for works in ((explained,) * 4, (explained, explained, None)):
        StatusText.objects.all().delete()
        file = upload(path=path, name="a.csv", office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
        process(courier_file_id=file.pk)
        with ThreadPoolExecutor(4) as pool:
            moved = sum(pool.map(lambda work, its=file: work() if work else undone(its), works))
        file.refresh_from_db()
        if None in works:
            assert (file.state, 0 <= moved <= 12) == ("UNDONE", True)
            assert (
                not TrackingEvent.objects.filter(courier_file=file, voided_by=None)
                .exclude(status="")
                .exists()
            )
        else:
            assert (moved, file.outcomes["applied"], file.outcomes["unmapped_text"]) == (12, 12, 0)
            undo(courier_file_id=file.pk, reason="salah", actor_id=None, at=AT)
        assert set(Delivery.objects.values_list("status", flat=True)) == {"POSTED"}
    assert refold(repair=False).wrong == ()
