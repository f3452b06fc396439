"""How much one uploaded sheet may take, and how the reading process binds itself to it."""

from __future__ import annotations

import resource
from dataclasses import dataclass

MIB = 1024 * 1024
# What every spreadsheet program can hold; a row further down could not be given back in its place.
MAX_SHEET_ROWS = 1_048_576


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that reading one file may take; the defaults hold 400,000 rows of twelve columns."""

    file_bytes: int = 64 * MIB
    unpacked_bytes: int = 768 * MIB
    memory_bytes: int = 1024 * MIB
    # Processor time of the reading process; also how long the reader may keep its caller waiting.
    seconds: int = 40
    rows: int = 400_000
    columns: int = 256
    cell_characters: int = 32_767
    # Control characters are taken for text: for tables whose rows are judged one by one, whatever they hold.
    any_characters: bool = False


def confine(limits: Limits) -> None:
    """Bind this process to the limits for good; called before it touches the first byte of the file."""
    for what, amount in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        _, hard = resource.getrlimit(what)
        allowed = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        # A second more for the hard processor limit: the soft one ends the process by its own signal.
        resource.setrlimit(what, (allowed, allowed + 1 if what == resource.RLIMIT_CPU else allowed))
