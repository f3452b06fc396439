"""Who is told how far long work on a status file is: of so many rows so many are done, or read."""

from collections.abc import Callable

OnProgress = Callable[[int, int], None]
# the row that was read last, and the last one of the sheet where that is known
OnReading = Callable[[int, int | None], None]


def tell_nobody(done: int, total: int | None) -> None:
    """Progress that nobody asked for."""
