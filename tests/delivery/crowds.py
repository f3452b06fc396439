"""Many callers at once, each with a connection of its own, on PostgreSQL and on SQLite."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

from django.db import connection, connections

from delivery.refusals import DeliveryRefused

# Real connections at once on PostgreSQL, which takes 100 by default; SQLite lets one writer in at a time.
MANY, FEW = 50, 8


def as_many_as_can() -> int:
    """Give how many callers may come at once, each with a connection of its own."""
    return MANY if connection.vendor == "postgresql" else FEW


@contextmanager
def crowd(folder: Path) -> Iterator[None]:
    """Let threads open connections of their own, not of a pool; on SQLite to a copy in a file, made on entering."""
    if connection.vendor == "postgresql":
        options = connections.settings["default"]["OPTIONS"]
        pool = options.pop("pool", None)
        try:
            yield
        finally:
            if pool is not None:
                options["pool"] = pool
        return
    connection.ensure_connection()
    path = folder / "crowd.sqlite3"
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=WAL")  # several that change it at once find the file locked
    database = connections.settings["default"]
    in_memory = database["NAME"]
    database["NAME"] = str(path)
    try:
        yield
    finally:
        database["NAME"] = in_memory


def at_once(calls: Sequence[Callable[[], Any]], *, workers: int) -> list[str]:
    """Run the calls in threads with connections of their own; give 'ok' or the code of each refusal."""
    barrier = Barrier(workers)

    def run(number: int) -> str:
        if number < workers:
            barrier.wait()
        try:
            calls[number]()
        except DeliveryRefused as refused:
            return refused.code.value
        finally:
            connections["default"].close()
        return "ok"

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(run, range(len(calls))))


def told(count: Callable[[], object]) -> object:
    """Ask over a connection of its own, which is the crowd's."""

    def ask() -> object:
        try:
            return count()
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(ask).result()
