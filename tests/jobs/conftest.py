"""A clock that is moved by hand, and a task engine that only writes down what it was given."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone


@dataclass
class Clock:
    """The time that the product sees."""

    now: datetime

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stop the clock; only `move` lets it go on."""
    stopped = Clock(timezone.now())
    monkeypatch.setattr("django.utils.timezone.now", lambda: stopped.now)
    return stopped


@dataclass
class Engine:
    """Holds back what goes to the task engine: keys of jobs, and from when on each may run (None: at once)."""

    sent: list[tuple[str, datetime | None]] = field(default_factory=list)
    run_after: datetime | None = None

    def using(self, *, run_after: datetime | None) -> "Engine":
        return Engine(self.sent, run_after)

    def enqueue(self, job_id: str) -> Any:
        self.sent.append((job_id, self.run_after))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Stand in for the task engine."""
    holding = Engine()
    monkeypatch.setattr("jobs.services.run_job_task", holding)
    return holding
