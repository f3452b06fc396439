"""Apply portions of a status file over connections of their own, while this thread foresees what the next ones do.

A portion waits for the database most of the time. With SQLite one connection writes, and what Python has to do for the
next portion is done meanwhile; with PostgreSQL several portions are under way at once.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

from django.conf import settings
from django.db import connection

from delivery.courier_files.applying import Applied

# Calls that apply a portion each.
Task = Callable[[], Applied]


def connections_for(portions: int) -> int:
    """Say over how many connections so many portions are applied; none where this thread's own must do.

    That is where others would not see what it sees: inside its transaction, and with a database in memory.
    """
    in_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()  # type: ignore[attr-defined]
    if portions < 2 or connection.in_atomic_block or in_memory:
        return 0
    return int(settings.COURIER_FILE_CONNECTIONS)


def apply_side_by_side(tasks: Iterable[Task], *, connections: int) -> Iterator[Applied]:
    """Do tasks, so many at once; give how each ended, in their order.

    When one raises, or the caller goes away, those under way are ended and no other is begun.
    """
    waiting: SimpleQueue[tuple[Task, Future[Applied]] | None] = SimpleQueue()
    threads = [Thread(target=_work, args=(waiting,), daemon=True) for _ in range(connections)]
    under_way: deque[Future[Applied]] = deque()
    for thread in threads:
        thread.start()
    try:
        with _giving_way():
            for task in tasks:
                under_way.append(Future())
                waiting.put((task, under_way[-1]))
                if len(under_way) > connections:  # one that waits, so that no connection does
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()
        for _thread in threads:
            waiting.put(None)
        for thread in threads:
            thread.join()


@contextmanager
def _giving_way() -> Iterator[None]:
    """Let threads take Python's lock from each other a hundred times as often as they otherwise may.

    A driver gives the lock away for each statement. Whoever reckons then keeps it for 5 ms, while the database has
    nothing to do: with SQLite that is half of the time.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 100)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _work(waiting: "SimpleQueue[tuple[Task, Future[Applied]] | None]") -> None:
    """Do what waits until there is no more, or one fails, over this thread's own connection."""
    try:
        while (work := waiting.get()) is not None:
            task, future = work
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(task())
            except Exception as fault:  # noqa: BLE001 - it is raised where the result is taken
                future.set_exception(fault)
                return
    finally:
        connection.close()
