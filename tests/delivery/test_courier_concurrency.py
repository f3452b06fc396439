"""Two overlapping files at once: no lost row, no doubled event, no deadlock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from delivery.courier_files import process, upload
from delivery.models import Delivery, TrackingEvent
from delivery.tracking import refold
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
