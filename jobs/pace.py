"""How fast long work is: worked out from its own progress, for pages and machines alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils import timezone

from jobs.models import JobState


class Advancing(Protocol):
    """What is known of work that goes on: one job, or several seen as one."""

    @property
    def state(self) -> str: ...
    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def reading(self) -> bool: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def finished_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How far and how fast work is; None where it cannot be known yet.

    `percent` is from 0 to 100, `a_second` are rows of the running try, `seconds` is how long the last try has taken so
    far or took in all. While a sheet is read, both are of the reading, and what then remains is not known.
    """

    percent: int | None
    a_second: int | None
    seconds_left: int | None
    seconds: int | None


def pace_of(work: Advancing) -> Pace:
    """Work out the pace from the try that runs, or that was the last."""
    percent = min(100, work.done * 100 // work.total) if work.total else None
    if work.started_at is None or work.state == JobState.QUEUED:
        return Pace(percent, None, None, None)
    taken = max(((work.finished_at or timezone.now()) - work.started_at).total_seconds(), 0.0)
    if work.state != JobState.RUNNING or not work.done:
        return Pace(percent, None, None, round(taken))
    rate = work.done / max(taken, 0.1)
    left = round((work.total - work.done) / rate) if work.total > work.done and not work.reading else None
    return Pace(percent, round(rate), left, round(taken))
