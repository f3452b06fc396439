"""Properties that hold whatever happens. HISTORIES=10000 plays so many histories of each, instead of a few."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings

MOST_AT_ONCE = 250  # so that processes share them, and a run says how far it is
_ASKED = int(os.environ.get("HISTORIES", 0))

in_parts = pytest.mark.parametrize("part", range(max(1, -(-_ASKED // MOST_AT_ONCE))))


def settings_of_histories(few: int) -> Callable[[Any], Any]:
    """Play a few histories with the other tests, many when asked; these differ from part to part, anywhere."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    if not _ASKED:
        return settings(max_examples=few, deadline=None, suppress_health_check=checks)
    return settings(
        max_examples=min(_ASKED, MOST_AT_ONCE), deadline=None, suppress_health_check=checks, derandomize=False,
        database=None,
    )  # fmt: skip


def is_looked_at(step: int, steps: Sequence[object]) -> bool:
    """Say whether the ledger is asked after a step, counted from 1: every few, for it takes longer than they do."""
    return step % 6 == 0 or step == len(steps)


@contextmanager
def taken_back() -> Iterator[None]:
    """Take back what a history did, so that the next one finds the database as small as this one did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
