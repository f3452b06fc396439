"""Residents' lookups over HTTP while a status file is imported: how much slower is the slowest hundredth?

`python -m bench.lookups [--rows 130000] [--database URL]`. The product's own web server answers right lookups by number
and PIN, one after the other, first while nothing else happens, then while a worker imports a file. The load is light on
purpose: what is measured is whether a lookup waits for the import, not how many the machine can answer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from bench.courier import NOW, fill, make_file
from bench.own_database import database_url, measure_again_inside, own_database

AIM = 3.0
ASKED = 2_000
PAUSE_SECONDS = 0.01
IDLE_SECONDS = 15.0
# Reads the file in a process of its own, as a worker does, and leaves when it is in its final state.
IMPORTER = """
import os, sys, uuid, django
django.setup()
from delivery.courier_files import process
from jobs.supervising import NICENESS
os.nice(NICENESS)
print("ready", flush=True)
sys.stdin.readline()
process(courier_file_id=uuid.UUID(sys.argv[1]))
"""


def main() -> None:
    """Measure in a process of its own, whose settings name the database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=130_000)
    parser.add_argument("--database", default="", help="postgres://user@host:port/name whose server is used")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        measure_again_inside("bench.lookups", database=options.database)
        return
    with own_database() as kind, tempfile.TemporaryDirectory() as folder:
        office_id, numbers = fill(options.rows, 4)
        path = Path(folder) / "status.xlsx"
        make_file(path, numbers)
        print(f"{kind}: lookups by number and PIN over HTTP, a file of {options.rows:,} rows", flush=True)
        measure(path, office_id)


def measure(path: Path, office_id: int) -> None:
    """Ask while nothing happens, then while the file is imported; print both and their ratio."""
    questions = questions_of(ASKED)
    with web_server() as port:
        until = time.monotonic() + IDLE_SECONDS
        idle = asked(port, questions, lambda: time.monotonic() < until)
        with importer(path, office_id) as process:
            busy = asked(port, questions, lambda: process.poll() is None)
    for what, seconds in (("idle", idle), ("during the import", busy)):
        print(
            f"  {what:<20} {len(seconds):>6} lookups   median {statistics.median(seconds) * 1000:6.1f} ms"
            f"   p99 {p99(seconds) * 1000:7.1f} ms"
        )
    print(f"  p99 during the import over idle: {p99(busy) / p99(idle):.1f} x (aim: {AIM:.0f} x)")


def p99(seconds: Sequence[float]) -> float:
    """Give the time within which 99 of 100 answers came."""
    return sorted(seconds)[int(len(seconds) * 0.99)]


def questions_of(number: int) -> list[bytes]:
    """Give the bodies of right lookups of some cards."""
    from delivery.access import pin_of
    from shipments.models import Card

    cards = random.Random(1).sample(list(Card.objects.only("reference", "access_version")), number)
    return [json.dumps({"number": card.reference, "pin": pin_of(card)}).encode() for card in cards]


def asked(port: int, questions: Sequence[bytes], goes_on: Callable[[], bool]) -> list[float]:
    """Ask one after the other and give how long each answer took, in seconds."""
    seconds: list[float] = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as server:
        while goes_on():
            body = questions[len(seconds) % len(questions)]
            begun = time.perf_counter()
            server.request("POST", "/api/v1/tracking/", body, {"Content-Type": "application/json"})
            answer = server.getresponse()
            answer.read()
            seconds.append(time.perf_counter() - begun)
            if answer.status != 200:
                raise SystemExit(f"a right lookup was answered with {answer.status}")
            time.sleep(PAUSE_SECONDS)
    return seconds


@contextmanager
def web_server() -> Iterator[int]:
    """Start the product's web server on this process's database; give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1",
        "--blocking-threads", "8", "--no-ws", "--log-level", "error", "config.wsgi:application",
    ]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": database_url()})
    try:
        patience = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > patience:
                    raise
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def importer(path: Path, office_id: int) -> Iterator[subprocess.Popen[str]]:
    """Upload the file and let a process of its own import it."""
    from delivery.courier_files import upload

    file = upload(path=path, name=path.name, office_id=office_id, actor_id=None, at=NOW, enqueue=False)
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORTER, str(file.pk)], env={**os.environ, "DATABASE_URL": database_url()},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    process.stdin.write("go\n")
    process.stdin.flush()
    yield process
    if process.wait() != 0:
        raise SystemExit("the import died")


if __name__ == "__main__":
    main()
