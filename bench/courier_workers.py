"""One status file applied by one worker and by two: Celery on RabbitMQ, PostgreSQL.

`python -m bench.courier_workers --database URL [--rows 60000] [--rounds 2]`. Works in a database and a queue of its own
that it makes and drops. Every run applies a file of its own about cards of its own, so that all find the same to do; a
run's time is from the moment at which its job is taken up until the file is in its final state, as the job's row says.
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
from collections.abc import Iterator
from contextlib import contextmanager
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
        measure(Path(folder), rows=options.rows, rounds=options.rounds)


def measure(folder: Path, *, rows: int, rounds: int) -> None:
    """Let one worker and two take turns; print each round and the median of the rounds' ratios."""
    gains = []
    for number in range(rounds):
        seconds = {}
        # the second round begins with two, so that a table that grows favours nobody
        for workers in (1, 2) if number % 2 == 0 else (2, 1):
            name = f"{number}-{workers}"
            office_id, numbers = fill(
                rows, 4, code=f"{3216 + number}.{workers}", serial=(2 * number + workers) * 10**7
            )
            path = folder / f"{name}.xlsx"
            make_file(path, numbers)
            seconds[workers] = timed(path, office_id, workers)
        gains.append(seconds[1] / seconds[2])
        rates = " and ".join(f"{rows / seconds[workers]:,.0f} rows/s by {workers}" for workers in (1, 2))
        print(
            f"  round {number + 1}: {seconds[1]:.1f} s and {seconds[2]:.1f} s, {rates}: {gains[-1]:.2f} x",
            flush=True,
        )
    print(f"two workers over one: {statistics.median(gains):.2f} x (aim: {AIM} x)")


def timed(path: Path, office_id: int, workers: int) -> float:
    """Give the seconds that so many workers take for the file."""
    from delivery.courier_files import upload
    from jobs.models import Job

    with celery_workers(workers):
        file = upload(path=path, name=path.name, office_id=office_id, actor_id=None, at=NOW)
        assert file.job_id is not None
        patience = time.monotonic() + PATIENCE_SECONDS
        while (job := Job.objects.get(pk=file.job_id)).finished_at is None:
            if time.monotonic() > patience:
                raise SystemExit("the workers do not finish")
            time.sleep(0.05)
    if job.state != "SUCCEEDED" or job.started_at is None:
        raise SystemExit(f"the job ended as {job.state}: {job.error}")
    return (job.finished_at - job.started_at).total_seconds()


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
