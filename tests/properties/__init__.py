"""Properties that hold whatever happens. HISTORIES=10000 plays so many histories of the ledger, instead of a few."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def taken_back() -> Iterator[None]:
    """Take back what a history did, so that the next one finds the database as small as this one did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def histories(few: int) -> int:
    """Give how many histories a property is held against: a few with the other tests, many when asked."""
    return int(os.environ.get("HISTORIES", few))
