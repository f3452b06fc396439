"""Let work on very many rows go on without Python's cycle collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the cycle collector, for this whole process, while hundreds of thousands of rows are held.

    Rows hold no cycles: reference counting frees them. The collector would walk through all of them again and again,
    which takes a third of an import's time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
