"""Steps of the crash test, each run as a program of its own: set the scene, work, take up again, tell what is left."""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ROWS = 1_500  # two of an item
REPEATED, DAMAGED = 60, 20  # rows more that the file tells twice, and whose number a spreadsheet has damaged
NEWS, OVERLAP, POST_OFFICE = 100, "overlap.xlsx", "17510"
UNKNOWN_EVERY = 9  # second row of an item
UNNUMBERED_EVERY = 7  # items to which the file gives their numbers
FAILED_EVERY = 13  # items that were not delivered; their residents are told
AT = datetime(2020, 6, 1, tzinfo=UTC)
HEADER = ("No Resi", "No Referensi", "Status", "Keterangan", "Tanggal Update")
# Places in the work on a file where a worker can be told to die.
PLACES = ("reading", "read", "written", "kept", "settled", "ended")


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
    names = _named(mailed.items)
    rows = _rows(names)
    # half of the same rows, and news of its own
    news = [
        (*name, "ANTARAN", "", f"25/05/2020 07:{place % 60:02}") for place, name in enumerate(names[-NEWS:])
    ]
    damaged = [("1.23457E+13", "", "DELIVERED", "", "06/05/2020 10:00")] * DAMAGED
    told_twice = rows[: 2 * REPEATED : 2]
    for file_name, told in (
        ("status.xlsx", rows + told_twice + damaged),
        (OVERLAP, rows[: ROWS // 2] + news),
    ):
        with (Path(folder) / file_name).open("wb") as file:
            write_xlsx(file, sheet="S", columns=[Column(title) for title in HEADER], rows=told)
    path = Path(folder) / "status.xlsx"
    kept = upload(path=path, name="status.xlsx", office_id=post.pk, actor_id=None, at=AT)
    sys.stdout.write(f"{kept.pk}\n")


def _rows(names: list[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Give two rows of each item: how it ended, and that it was on its way."""
    rows: list[tuple[str, ...]] = []
    for place, name in enumerate(names):
        day, minute = 5 + place % 20, place % 60
        ended = ("DELIVERED", "ORANG SERUMAH", f"{day:02}/05/2020 10:{minute:02}")
        if place % FAILED_EVERY == 5:
            ended = ("GAGAL ANTAR", "RUMAH KOSONG", f"31/05/2020 10:{minute:02}")
        text = "KATA ASING" if place % UNKNOWN_EVERY == 0 else "ANTARAN"
        rows += [(*name, *ended), (*name, text, "", f"{day:02}/05/2020 08:{minute:02}")]
    return rows


def _named(items: list[Any]) -> list[tuple[str, str]]:
    """Give the number and our reference of each item as the file has them; some items get theirs from it."""
    from shipments.models import Card, Item
    from shipments.numbers import make_reference

    names = []
    for place, item in enumerate(items):
        if place % UNNUMBERED_EVERY:
            names.append((item.number, ""))
        else:
            names.append((f"P200506{place:07}", make_reference(item.card_id)))
            Card.objects.filter(pk=item.card_id).update(reference=names[-1][1])
            Item.objects.filter(pk=item.pk).update(number=None)
    return names


def die_at(place: str) -> None:
    """Let this program, and all that it has started, be killed when the work on a file comes to a place."""
    from django.core.files.storage import FileSystemStorage

    from delivery.courier_files import processing, understanding
    from jobs import services

    def dies(*_arguments: Any, **_named: Any) -> NoReturn:
        os.killpg(os.getpgid(0), signal.SIGKILL)
        raise AssertionError("still alive")

    def then_dies(work: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments, **named: dies(work(*arguments, **named))

    read = understanding.read_and_understand
    patched: dict[str, tuple[object, str, Callable[..., Any]]] = {
        "reading": (
            processing,
            read.__name__,
            lambda path, **named: read(path, **named | {"on_reading": dies}),
        ),
        "read": (processing, read.__name__, then_dies(read)),
        "written": (processing, "_settle", dies),
        "kept": (processing, "_kept", then_dies(processing._kept)),
        "settled": (FileSystemStorage, "delete", dies),
        "ended": (services, "_end", dies),
    }
    setattr(*patched[place])


def work() -> None:
    """Take up what dead workers have left, then be the embedded engine until there is nothing to do."""
    from django.core.management import call_command

    take_up_again()
    call_command("db_worker", batch=True, reload=False, startup_delay=False, interval=0, verbosity=0)


def celery() -> None:
    """Be a worker of the other engine, as `manage.py worker` starts it."""
    from jobs.celery_tasks import app
    from jobs.supervising import CELERY

    app.worker_main([*CELERY[4:], "--concurrency", "2", "--loglevel", "ERROR"])


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
    import openpyxl
    from django.db.models import QuerySet

    from delivery.models import CourierFile, CourierRow, Delivery, GivenNumber, Message, TrackingEvent
    from jobs.models import Job
    from shipments.models import Item

    def listed(rows: QuerySet[Any, Any]) -> list[str]:
        return sorted(map(str, rows))

    file, job = CourierFile.objects.get(), Job.objects.get(kind="courier.file")
    events = TrackingEvent.objects.values_list(
        "card_id", "item_id", "status", "reason", "occurred_at", "source_row", "fingerprint", "voids"
    )
    messages = Message.objects.values_list(
        "card_id", "occasion", "sequence", "channel", "state", "not_before", "event__fingerprint"
    )
    sheet = openpyxl.load_workbook(file.result.path, read_only=True).worksheets[0]
    told: dict[str, Any] = {
        "state": file.state,
        "outcomes": file.outcomes,
        "events": listed(events),
        "states": listed(Delivery.objects.values_list(*_state_fields(Delivery))),
        "rows": listed(CourierRow.objects.values_list("row", "outcome", "number")),
        "numbers": listed(Item.objects.values_list("pk", "number", "number_given_at")),
        "given": listed(GivenNumber.objects.values_list("item_id", "courier_file_id")),
        "messages": listed(messages),
        "workbook": [list(row) for row in sheet.iter_rows(values_only=True)],
        "job": job.state,
        "result": job.result,
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
        "celery": celery,
        "again": take_up_again,
        "tell": tell,
        "tally": tally,
    }
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        if sys.argv[2:]:
            die_at(sys.argv[2])
        steps[sys.argv[1]]()
