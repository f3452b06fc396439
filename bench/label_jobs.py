"""One run of labels, drawn from the database by one worker process and by two: how much sooner is it done?

`python -m bench.label_jobs [--labels 130000] [--shipment 2000] [--rounds 3] [--database URL]`. Works in a database of
its own that it makes and drops: a SQLite file, or on the PostgreSQL server of URL. A run's time is from the moment at
which its first job is taken up until its last one has ended, as the jobs' rows say; the workers have started before.
On a busy machine look at the workers' own processor time: that of the one, over that of the busier of the two.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bench.own_database import database_url, measure_again_inside, own_database

AT = datetime(2020, 5, 4, 2, 0, tzinfo=UTC)
FORMAT = "roll-100x150"
AIM = 1.6
AT_ONCE = 5_000
GOES_ON = "go\n"
# A worker of the embedded engine that has set itself up and waits for the word.
WORKER = """
import sys, time, django
django.setup()
from django.core.management import call_command
from addresses.services import current_gazetteer
current_gazetteer()
print("ready", flush=True)
sys.stdin.readline()
began = time.process_time()
call_command("db_worker", batch=True, reload=False, startup_delay=False, interval=0, verbosity=0)
print(time.process_time() - began, flush=True)
"""


def main() -> None:
    """Measure in a process of its own, whose settings name the database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=130_000)
    parser.add_argument("--shipment", type=int, default=2_000, help="labels of a shipment")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", default="", help="postgres://user@host:port/name whose server is used")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        measure_again_inside("bench.label_jobs", database=options.database)
        return
    with own_database() as kind:
        shipment_ids = fill(options.labels, options.shipment)
        print(f"{kind}: {options.labels:,} labels of {len(shipment_ids)} shipments, {FORMAT}", flush=True)
        measure(shipment_ids, options.labels, options.rounds)


def measure(shipment_ids: list[int], labels: int, rounds: int) -> None:
    """Draw the same shipments by one worker and by two, in turn, and print the median of the rounds' ratios."""
    gains, worked = [], []
    for number in range(rounds):
        (one, busy_one), (two, busy_two) = (timed_run(shipment_ids, workers) for workers in (1, 2))
        gains.append(one / two)
        worked.append(busy_one / busy_two)
        rates = f"one worker {labels / one:,.0f} a second, two {labels / two:,.0f}"
        print(f"  round {number + 1}: {one:.1f} s and {two:.1f} s, {rates}: {one / two:.2f} ×", flush=True)
    by_processor = f"by their own processor time {statistics.median(worked):.2f} ×"
    print(
        f"two workers over one: {statistics.median(gains):.2f} × by the clock, {by_processor} (aim: {AIM} ×)"
    )


def timed_run(shipment_ids: list[int], workers: int) -> tuple[float, float]:
    """Give the seconds that so many workers take for a run of all shipments, and those that the busiest one worked."""
    from django.db.models import Max, Min

    from jobs.models import Job
    from offices.models import Office
    from shipments.label_runs import remove_old_label_files, start_label_run
    from shipments.models import LabelPrint

    office = Office.objects.get(kind=Office.Kind.REGISTRY)
    with waiting_workers(workers) as processes:
        run = start_label_run(
            shipment_ids=shipment_ids,
            office_id=office.pk,
            format=FORMAT,
            reason="bench",
            actor_id=None,
            at=AT,
        )
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(GOES_ON)
            process.stdin.flush()
        told = [process.communicate()[0] for process in processes]
        if any(process.returncode for process in processes):
            raise SystemExit("a worker died")
    ended = Job.objects.filter(pk__in=run.parts.values("job_id"), state="SUCCEEDED")
    if ended.count() != run.parts.count() or LabelPrint.objects.filter(run=run).count() != len(shipment_ids):
        raise SystemExit("labels are missing")
    span = ended.aggregate(first=Min("started_at"), last=Max("finished_at"))
    remove_old_label_files(at=datetime.now(UTC).replace(year=2100))
    busiest = max(float(lines.split()[-1]) for lines in told)
    return float((span["last"] - span["first"]).total_seconds()), busiest


@contextmanager
def waiting_workers(number: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Start worker processes on this process's database, ready to begin at the same moment."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER], env={**os.environ, "DATABASE_URL": database_url()}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )
        for _ in range(number)
    ]  # fmt: skip
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(0.5)
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def fill(number: int, of_shipment: int) -> list[int]:
    """Make closed shipments of numbered items whose addresses differ, and give their keys."""
    from jobs.bulk_rows import refresh_statistics
    from offices.models import Office
    from shipments.models import Card, Item, Shipment, ShipmentState
    from shipments.numbers import s10
    from tests import factories

    registry = factories.make_office(code="3216", kind=Office.Kind.REGISTRY, region_code="32.16")
    post = factories.make_office(
        code="17510", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16"
    )
    made: list[int] = []
    serial = 0
    for first in range(0, number, of_shipment):
        items = min(of_shipment, number - first)
        shipment = Shipment.objects.create(
            office=registry, post_office=post, number=f"KIRIM-{first // of_shipment + 1}", item_count=items,
            state=ShipmentState.CLOSED, manifest_sha256="0" * 64, opened_at=AT, closed_at=AT,
        )  # fmt: skip
        position = 0
        for start in range(0, items, AT_ONCE):
            rw = f"{start // AT_ONCE % 20 + 1:03}"
            cards = factories.make_cards(office=registry, number=min(AT_ONCE, items - start), rw=rw)
            rows = []
            for card in cards:
                position, serial = position + 1, serial + 1
                number_given = s10(service_indicator="RR", serial=serial)
                rows.append(Item(card=card, shipment=shipment, position=position, number=number_given))
            Item.objects.bulk_create(rows, batch_size=2_000)
        made.append(shipment.pk)
    refresh_statistics(models=[Card, Item])
    return made


if __name__ == "__main__":
    main()
