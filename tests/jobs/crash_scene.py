"""Steps of the crash test, each run as a program of its own: set the scene, work, take up again, tell what is left."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ROWS = 1_500
NEWS, OVERLAP, POST_OFFICE = 100, "overlap.xlsx", "17510"
UNKNOWN_EVERY = 9  # second row of an item
AT = datetime(2020, 6, 1, tzinfo=UTC)
HEADER = ("No Resi", "Status", "Keterangan", "Tanggal Update")


def _state_fields(model: Any) -> list[str]:
    """All but the version, which tells how often something was tried and not what came of it."""
    return [field.attname for field in model._meta.concrete_fields if field.name != "version"]


def make(folder: str) -> None:
    """Make cards in the mail, a status file about them, and the job that applies it."""
    from delivery.courier_files import upload
    from offices.models import Office
    from spreadsheets.writing import Column, write_xlsx
    from tests import factories
    from tests.delivery.mailing import mail_cards

    registry = factories.make_office(code="3216", kind=Office.Kind.REGISTRY, region_code="32.16")
    post = factories.make_office(
        code=POST_OFFICE,
        kind=Office.Kind.POST_OFFICE,
        parent=registry,
        region_code="32.16.06",
        serves=["32.16"],
    )
    mailed = mail_cards(office=registry, post_office=post, number=ROWS // 2)
    rows: list[tuple[str, ...]] = []
    for place, item in enumerate(mailed.items):
        at = f"{5 + place % 20:02}/05/2020 10:{place % 60:02}"
        rows.append((item.number or "", "DELIVERED", "ORANG SERUMAH", at))
        rows.append(
            (
                item.number or "",
                "KATA ASING" if place % UNKNOWN_EVERY == 0 else "ANTARAN",
                "",
                at.replace(" 10:", " 08:"),
            )
        )
    # half of the same rows, and news of its own
    news = [
        (item.number or "", "ANTARAN", "", f"25/05/2020 07:{place % 60:02}")
        for place, item in enumerate(mailed.items[-NEWS:])
    ]
    for name, told in (("status.xlsx", rows), (OVERLAP, rows[: ROWS // 2] + news)):
        with (Path(folder) / name).open("wb") as file:
            write_xlsx(file, sheet="S", columns=[Column(title) for title in HEADER], rows=told)
    path = Path(folder) / "status.xlsx"
    kept = upload(path=path, name="status.xlsx", office_id=post.pk, actor_id=None, at=AT)
    sys.stdout.write(f"{kept.pk}\n")


def work() -> None:
    """Take up what dead workers have left, then be the embedded engine until there is nothing to do."""
    from django.core.management import call_command

    take_up_again()
    call_command("db_worker", batch=True, reload=False, startup_delay=False, interval=0, verbosity=0)


def take_up_again() -> None:
    """Let the leases of dead workers run out, and what the engine holds be lost; then reap."""
    from django.utils import timezone

    from delivery.models import FilePortion
    from jobs.models import Job
    from jobs.services import reap

    past = timezone.now() - timedelta(hours=1)
    FilePortion.objects.filter(lease_until__isnull=False).update(lease_until=past)
    Job.objects.filter(state="RUNNING").update(lease_until=past)
    Job.objects.filter(state="QUEUED").update(sent_at=past)
    sys.stdout.write(f"{reap()}\n")


def tell() -> None:
    """Print all that the file has left behind."""
    from delivery.models import CourierFile, CourierRow, Delivery, TrackingEvent
    from jobs.models import Job

    file = CourierFile.objects.get()
    told: dict[str, Any] = {
        "state": file.state,
        "outcomes": file.outcomes,
        "events": sorted(
            map(
                str,
                TrackingEvent.objects.values_list(
                    "card_id", "status", "occurred_at", "source_row", "fingerprint"
                ),
            )
        ),
        "states": sorted(map(str, Delivery.objects.values_list(*_state_fields(Delivery)))),
        "rows": sorted(map(str, CourierRow.objects.values_list("row", "outcome", "number"))),
        "job": Job.objects.get(kind="courier.file").state,
    }
    sys.stdout.write(json.dumps(told, default=str))


def tally() -> None:
    """Print how the rows of all files have ended, how many events are stored, and how many cards are wrong."""
    from delivery.models import CourierFile, TrackingEvent
    from delivery.tracking import refold

    told = {
        "states": sorted(CourierFile.objects.values_list("state", flat=True)),
        "outcomes": list(CourierFile.objects.order_by("uploaded_at").values_list("outcomes", flat=True)),
        "stored": TrackingEvent.objects.filter(source="FILE").count(),
        "wrong": len(refold(repair=False).wrong),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    django.setup()
    steps: dict[str, Callable[[], None]] = {
        "work": work,
        "again": take_up_again,
        "tell": tell,
        "tally": tally,
    }
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        steps[sys.argv[1]]()
