"""The most memory that a process and those it has started held at one moment."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_SECONDS = 0.02
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Peak:
    """What was seen so far, in megabytes."""

    megabytes: float = 0.0


@contextmanager
def peak_of_all(process_id: int | None = None) -> Iterator[Peak]:
    """Look at the memory of a process (None: this one) and its children many times a second (Linux)."""
    watched = process_id or os.getpid()
    peak, ended = Peak(), threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY_SECONDS):
            peak.megabytes = max(peak.megabytes, _now(watched))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _now(process_id: int) -> float:
    pids = {str(process_id)}
    for children in Path(f"/proc/{process_id}/task").glob("*/children"):
        pids.update(_read(children).split())
    pages = sum(int(fields[1]) for pid in pids if (fields := _read(Path(f"/proc/{pid}/statm")).split()))
    return pages * _PAGE / 1024 / 1024


def _read(path: Path) -> str:
    """Give what the system says of a process; nothing when it has ended meanwhile."""
    try:
        return path.read_text()
    except OSError:
        return ""
