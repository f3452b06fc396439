"""Status files applied by one worker and by two: Celery on RabbitMQ, PostgreSQL.

`python -m bench.courier_workers --database URL [--rows 60000] [--rounds 2] [--files 1 2]`. One file that two workers
share, and two that come at once. Works in a database and a queue of its own that it makes and drops. Every run applies
files of its own about cards of its own, so that all find the same to do; a run's time is from the moment at which the
first job is taken up until the last file is in its final state, as the jobs' rows say.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bench.courier import NOW, fill, make_file
from bench.own_database import database_url, measure_again_inside, own_database

AIM = 1.6
PATIENCE_SECONDS = 120


def main() -> None:
    """Measure in a process of its own, whose settings name database, engine and queue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000, help="rows of each file")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--files", type=int, nargs="+", default=[1, 2], help="how many files come at once")
    parser.add_argument(
        "--database", required=True, help="postgres://user@host:port/name whose server is used"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        os.environ |= {"TASK_ENGINE": "celery", "CELERY_QUEUE": f"bench-{uuid.uuid4().hex}"}
        measure_again_inside("bench.courier_workers", database=options.database)
        return
    with own_database() as kind, tempfile.TemporaryDirectory() as folder:
        print(f"{kind} and Celery: files of {options.rows:,} rows", flush=True)
        measure(Path(folder), rows=options.rows, rounds=options.rounds, at_once=options.files)


def measure(folder: Path, *, rows: int, rounds: int, at_once: Sequence[int]) -> None:
    """Let one worker and two take turns; print each round and the median of the rounds' ratios."""
    serial = count(1)
    for files in at_once:
        gains = []
        for number in range(rounds):
            seconds = {}
            # the second round begins with two, so that a table that grows favours nobody
            for workers in (1, 2) if number % 2 == 0 else (2, 1):
                made = [new_file(folder, rows, next(serial)) for _ in range(files)]
                seconds[workers] = timed(made, workers)
            gains.append(seconds[1] / seconds[2])
            rates = " and ".join(
                f"{files * rows / seconds[workers]:,.0f} rows/s by {workers}" for workers in (1, 2)
            )
            print(
                f"  {files} at once, round {number + 1}: {seconds[1]:.1f} s and {seconds[2]:.1f} s,"
                f" {rates}: {gains[-1]:.2f} x",
                flush=True,
            )
        print(
            f"two workers over one, files at once: {files}: {statistics.median(gains):.2f} x (aim: {AIM} x)"
        )


def new_file(folder: Path, rows: int, serial: int) -> tuple[Path, int]:
    """Make a file about cards that nobody has told of; give it and its post office."""
    office_id, numbers = fill(rows, 4, code=f"32.{serial}", serial=serial * 10**6)
    path = folder / f"{serial}.xlsx"
    make_file(path, numbers)
    return path, office_id


def timed(files: Sequence[tuple[Path, int]], workers: int) -> float:
    """Give the seconds that so many workers take for files that come at once."""
    from delivery.courier_files import upload
    from jobs.models import Job

    with celery_workers(workers):
        kept = [
            upload(path=path, name=path.name, office_id=office_id, actor_id=None, at=NOW)
            for path, office_id in files
        ]
        jobs = Job.objects.filter(pk__in=[file.job_id for file in kept])
        patience = time.monotonic() + PATIENCE_SECONDS
        while jobs.filter(finished_at=None).exists():
            if time.monotonic() > patience:
                raise SystemExit("the workers do not finish")
            time.sleep(0.05)
    if failed := [f"{job.state}: {job.error}" for job in jobs if job.state != "SUCCEEDED"]:
        raise SystemExit(f"not all jobs succeeded: {failed}")
    begun = min(job.started_at for job in jobs if job.started_at)
    return (max(job.finished_at for job in jobs if job.finished_at) - begun).total_seconds()


@contextmanager
def celery_workers(number: int) -> Iterator[None]:
    """Start workers of one process each and wait until all of them listen."""
    from django.conf import settings

    from jobs.celery_tasks import app

    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "--concurrency",
        "1",
        "--loglevel",
        "ERROR",
    ]
    processes = [
        subprocess.Popen(
            [*command, "--hostname", f"bench{place}-{uuid.uuid4().hex[:6]}@%h"],
            env={**os.environ, "DATABASE_URL": database_url()}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for place in range(number)
    ]  # fmt: skip
    try:
        patience = time.monotonic() + PATIENCE_SECONDS
        while consumers(queue) < number:
            if time.monotonic() > patience:
                raise SystemExit("Celery's workers do not start")
            time.sleep(0.2)
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        with app.connection_for_write() as broker:
            broker.default_channel.queue_delete(queue)


def consumers(queue: str) -> int:
    """Give how many workers the broker serves from the queue; they do not answer to remote control."""
    from jobs.celery_tasks import app

    with app.connection_for_write() as broker:
        try:
            return int(broker.default_channel.queue_declare(queue=queue, passive=True).consumer_count)
        except broker.channel_errors:  # none has made it yet
            return 0


if __name__ == "__main__":
    main()
