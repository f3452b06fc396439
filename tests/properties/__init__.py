"""Properties that hold whatever happens. HISTORIES=10000 plays so many histories of the ledger, instead of a few."""

import os


def histories(few: int) -> int:
    """Give how many histories a property is held against: a few with the other tests, many when asked."""
    return int(os.environ.get("HISTORIES", few))
