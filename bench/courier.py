"""A status file from its upload to final states, beside calamine reading it and django-import-export applying it.

`python -m bench.courier [--rows 130000] [--rounds 3] [--database URL]`. Works in a database of its own that it makes
and drops: a SQLite file, or on the PostgreSQL server of URL. django-import-export is measured on a sample, and said so:
on the whole file it takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.memory import peak_of_all
from bench.own_database import copied_database, measure_again_inside, own_database

POSTED_AT = datetime(2020, 5, 4, 2, 0, tzinfo=UTC)
NOW = datetime(2020, 6, 4, 2, 0, tzinfo=UTC)
HEADER = (
    "No", "Nomor Resi", "Kantong", "Layanan", "Nama Penerima", "Telp Penerima", "Status Akhir", "Keterangan",
    "Tgl Status", "Posisi Akhir", "Petugas", "SLA",
)  # fmt: skip
SAMPLE_OF_PEER = 2_000
AT_ONCE = 5_000


def main() -> None:
    """Measure in a process of its own, whose settings name the database; print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=130_000)
    parser.add_argument(
        "--events", type=int, default=4, help="events that each card has before the file comes"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", default="", help="postgres://user@host:port/name whose server is used")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--apply", nargs=2, metavar=("FILE", "OFFICE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.apply:
        apply_here(Path(options.apply[0]), int(options.apply[1]))
        return
    if options.inside:
        measure(rows=options.rows, events=options.events, rounds=options.rounds)
        return
    measure_again_inside("bench.courier", database=options.database)


def measure(*, rows: int, events: int, rounds: int) -> None:
    """Fill a test database, make the file, and time every contestant on it."""
    with own_database() as kind, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "status.xlsx"
        office_id, numbers = fill(rows, events)
        make_file(path, numbers)
        print(f"{kind}: {rows} cards, {rows * events} events; a file of {rows} rows, 12 columns")
        contest(path, office_id, rows, rounds)


def contest(path: Path, office_id: int, rows: int, rounds: int) -> None:
    """Time calamine and ourselves in turn, each run of ours on a copy of the database; then the peer on a sample."""
    runs: list[tuple[float, Applied]] = []
    for number in range(1, rounds + 1):
        with copied_database() as url:
            calamine, run = seconds_of(partial(read_by_calamine, path)), apply_twice(path, office_id, url)
        runs.append((calamine, run))
        print(
            f"  round {number}: calamine {calamine:.2f} s, ours {run.to_final_states:.2f} s to final states,"
            f" {run.to_result:.2f} s to the result workbook",
            flush=True,
        )
    calamine = median(calamine for calamine, _run in runs)
    told("calamine alone reads the file", calamine, rows, 1.0)
    for what, of in (
        ("ours: from the upload to final states", attrgetter("to_final_states")),
        ("ours: to the result workbook", attrgetter("to_result")),
        ("ours: the same file again", attrgetter("again")),
    ):
        ratio = median(of(run) / calamine for calamine, run in runs)
        told(what, median(of(run) for _calamine, run in runs), rows, ratio)
    peer = apply_by_peer(path, SAMPLE_OF_PEER)
    told(f"django-import-export, bulk ({SAMPLE_OF_PEER} rows)", peer, SAMPLE_OF_PEER, peer / calamine)
    scaled = peer / SAMPLE_OF_PEER * rows
    told("django-import-export, for all rows at that rate", scaled, rows, scaled / calamine)
    slowest = max(run.to_result for _calamine, run in runs)
    print(f"  ours, the slowest run with its result workbook, is {scaled / slowest:.0f} times as fast")
    peak = max(run.megabytes for _calamine, run in runs)
    print(f"  peak memory {peak:.0f} MB with the reading process; outcomes {json.dumps(runs[0][1].outcomes)}")


def told(what: str, seconds: float, rows: int, ratio: float) -> None:
    """Print one line of the table: medians, also of the rounds' ratios."""
    print(f"  {what:<52} {seconds:8.2f} s {rows / seconds:12,.0f} rows/s {ratio:8.1f} x calamine")


def seconds_of(work: Callable[[], object]) -> float:
    """Give how long some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def read_by_calamine(path: Path) -> None:
    """Read all rows in a process of their own, and nothing else."""
    script = (
        "import sys; from python_calamine import CalamineWorkbook as W;"
        "sum(1 for _ in W.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows())"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)


class Applied(NamedTuple):
    """A run: seconds until each row had ended and its state was written, until all was done, and for the same again."""

    to_final_states: float
    to_result: float
    again: float
    megabytes: float
    outcomes: dict[str, int]


def apply_twice(path: Path, office_id: int, url: str) -> Applied:
    """Apply the file as a worker would, in a process that has not filled a database before; and the same again."""
    command = [sys.executable, "-m", "bench.courier", "--apply", str(path), str(office_id)]
    environment = {**os.environ, "DATABASE_URL": url}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        # from here: a process that looks at itself has less time for its work
        with peak_of_all(process.pid) as peak:
            told, _ = process.communicate()
        if process.returncode:
            raise SystemExit("the file could not be applied")
    return Applied(**json.loads(told), megabytes=peak.megabytes)


def apply_here(path: Path, office_id: int) -> None:
    """Apply the file in this process and print what it took."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    to_final_states, to_result, outcomes = ours(path, office_id)
    _same_states, again, _same = ours(path, office_id)
    told = {"to_final_states": to_final_states, "to_result": to_result, "again": again, "outcomes": outcomes}
    print(json.dumps(told))


def ours(path: Path, office_id: int) -> tuple[float, float, dict[str, int]]:
    """Upload and apply the file; give the seconds to final states and to the end, and the outcomes."""
    from delivery.courier_files import process, upload

    ended_at = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal ended_at
        if done == total:
            ended_at = ended_at or time.perf_counter()

    begun = time.perf_counter()
    file = upload(path=path, name=path.name, office_id=office_id, actor_id=None, at=NOW, enqueue=False)
    report = process(courier_file_id=file.pk, on_progress=tell)
    seconds = time.perf_counter() - begun
    # a file that repeats another is not gone through row by row
    to_final_states = ended_at - begun if ended_at else seconds
    return to_final_states, seconds, {outcome: count for outcome, count in report.outcomes.items() if count}


def fill(cards: int, events: int, *, code: str = "3216", serial: int = 0) -> tuple[int, list[str]]:
    """Make synthetic cards in the mail and what the post told of them; give the post office and the items' numbers.

    The registry office gets `code`, the items the numbers from `serial` on.
    """
    from delivery.models import Delivery, TrackingEvent
    from jobs.bulk_rows import refresh_statistics
    from offices.models import Office
    from shipments.models import Item, Shipment
    from shipments.numbers import s10
    from tests import factories

    registry = factories.make_office(code=code, kind=Office.Kind.REGISTRY, region_code="32.16")
    post = factories.make_office(
        code=f"POS-{code}", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.06",
        serves=["32.16"] if code == "3216" else (),
    )  # fmt: skip
    numbers: list[str] = []
    for start in range(0, cards, AT_ONCE):
        made = factories.make_cards(
            office=registry, number=min(AT_ONCE, cards - start), printed_on=date(2020, 4, 1)
        )
        shipment = Shipment.objects.create(
            office=registry, post_office=post, number=f"KIRIM-{code}-{start}", state="HANDED_OVER",
            item_count=len(made), manifest_sha256="0" * 64, opened_at=POSTED_AT,
        )  # fmt: skip
        items = Item.objects.bulk_create(
            Item(
                card=card, shipment=shipment, position=place, live=True,
                number=s10(service_indicator="RR", serial=serial + start + place),
            )
            for place, card in enumerate(made)
        )  # fmt: skip
        numbers += [item.number or "" for item in items]
        tell_before(items, events)
    # as the server's own housekeeping keeps them in a database that is in use
    refresh_statistics(models=[Item, Delivery, TrackingEvent])
    return post.pk, numbers


def tell_before(items: Sequence[Any], events: int) -> None:
    """Record what was known of the items before the file comes: posted, then on their way."""
    from delivery.status import Status
    from delivery.tracking import NewEvent, record_events

    way = [Status.POSTED, *[Status.IN_TRANSIT] * (events - 2), Status.AT_DELIVERY_OFFICE][:events]
    for step, status in enumerate(way):
        record_events(
            events=[
                NewEvent(
                    card_id=item.card_id,
                    item_id=item.pk,
                    status=status,
                    occurred_at=POSTED_AT + timedelta(hours=9 * step),
                )
                for item in items
            ],
            recorded_at=NOW,
            recorded_by_id=None,
        )


def make_file(path: Path, numbers: Sequence[str]) -> None:
    """Write a file of mixed outcomes: mostly news, some of it late, doubled, unknown, contradicting or unreadable."""
    from spreadsheets.writing import Column, write_xlsx

    with path.open("wb") as file:
        write_xlsx(
            file, sheet="Status", columns=[Column(title) for title in HEADER], rows=status_rows(numbers)
        )


def status_rows(numbers: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Give as many rows as numbers, in no order, from a fixed seed."""
    chance = random.Random(20_200_501)
    order = list(numbers)
    chance.shuffle(order)
    for line, number in enumerate(order, 1):
        draw = chance.random()
        at = POSTED_AT + timedelta(days=chance.randrange(3, 20), minutes=chance.randrange(600))
        status, remark = chance.choice(
            (("DELIVERED", "ORANG SERUMAH"), ("SELESAI ANTAR", "YANG BERSANGKUTAN"))
        )
        if draw < 0.10:
            status, remark = "ON PROCESS", "RUMAH KOSONG"
        elif draw < 0.13:
            status, remark = "RETUR", "PINDAH ALAMAT"
        elif draw < 0.18:
            status, remark, at = "INVEHICLE", "", POSTED_AT + timedelta(hours=5)
        elif draw < 0.19:
            number = f"RZ{line:08}0ID"
        elif draw < 0.20:
            status, remark = "TERTAHAN DI AGEN", ""
        elif draw < 0.21:
            status, remark = "DITERIMA PENGIRIM", ""
        date_text = "31/02/2020" if draw > 0.995 else f"{at:%d/%m/%Y %H:%M}"
        yield (
            line, number, f"PID{line:08}", "KIRIMAN KHUSUS", f"Warga Contoh {line}", f"08{line:010}", status, remark,
            date_text, "KANTOR POS TAMBUN", f"Petugas {line % 30}", "H+5",
        )  # fmt: skip


def apply_by_peer(path: Path, sample: int) -> float:
    """Let django-import-export create events and update states of the first rows, in its bulk mode; give seconds."""
    import tablib
    from django.db import transaction
    from import_export import resources
    from python_calamine import CalamineWorkbook

    from delivery.models import Delivery, TrackingEvent
    from shipments.models import Item

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[1 : sample + 1]
    known = {
        "DELIVERED": "DELIVERED",
        "SELESAI ANTAR": "DELIVERED",
        "ON PROCESS": "ATTEMPT_FAILED",
        "RETUR": "RETURNING",
    }
    data = tablib.Dataset(headers=["number", "item", "card", "status", "occurred_at", "fingerprint"])
    for line, row in enumerate(rows):
        number, status = str(row[1]), str(row[6])
        if status in known and number.startswith("RR"):
            data.append((number, "", "", known[status], "2020-05-20 10:00:00", f"peer-{line}"))

    class OfItems(resources.ModelResource):  # type: ignore[misc]
        def before_import_row(self, row: Any, **kwargs: Any) -> None:
            row["item"], row["card"] = Item.objects.values_list("pk", "card_id").get(number=row["number"])

    class EventResource(OfItems):
        class Meta:
            model = TrackingEvent
            fields = ("item", "card", "status", "occurred_at", "fingerprint")
            import_id_fields = ("fingerprint",)
            use_bulk, batch_size, skip_diff = True, 1_000, True

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            instance.recorded_at, instance.source = NOW, "FILE"

    class StateResource(OfItems):
        class Meta:
            model = Delivery
            fields = ("card", "status")
            import_id_fields = ("card",)
            use_bulk, batch_size, skip_diff = True, 1_000, True

    begun = time.perf_counter()
    with transaction.atomic():
        EventResource().import_data(data, raise_errors=True, use_transactions=False)
        StateResource().import_data(data, raise_errors=True, use_transactions=False)
        transaction.set_rollback(True)
    return (time.perf_counter() - begun) * sample / len(data)


if __name__ == "__main__":
    main()
