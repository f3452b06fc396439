"""The cycle collector is paused for bulk work, and only for that."""

import gc

import pytest

from jobs.collector import collector_paused


def test_collector_pauses_inside_and_goes_on_after_a_fault() -> None:
    assert gc.isenabled()
    seen: list[bool] = []
    with pytest.raises(LookupError), collector_paused():
        _fail(seen)
    assert seen == [False]
    assert gc.isenabled()


def test_collector_stays_off_after_an_inner_pause_until_the_outer_one_ends() -> None:
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def _fail(seen: list[bool]) -> None:
    seen.append(gc.isenabled())
    raise LookupError
