"""Write a file whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when all of it is on the disk; a failure leaves nothing behind.

    Raises OSError when it cannot be written. Only its owner may read it.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as output:
            yield cast(BinaryIO, output)
            output.flush()
            os.fsync(handle)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
