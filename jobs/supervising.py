"""Keep the task engine alive: start it again when it dies, and take up the jobs that it left behind."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from jobs.services import reap

logger = logging.getLogger(__name__)

STEADY_AFTER = 60.0  # seconds after which a new death starts at the shortest pause again
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
LOOKS_EVERY = 0.25
# Long work gives way to those who wait for a page on the same machine.
NICENESS = 5
PATIENCE = 20.0  # seconds that a process gets to finish its step before it is ended
# Workers need not know of each other: each starts a second sooner, and several may live on one machine.
CELERY: Final = ("-m", "celery", "-A", "config", "worker", "--without-gossip", "--without-mingle")


def engine_command(*, interval: float) -> list[str]:
    """Give the command line of the engine that is set; Celery needs no looking: it is told."""
    if settings.TASK_ENGINE == "celery":
        return [sys.executable, *CELERY, "--loglevel", "WARNING"]
    return [
        sys.executable, "-m", "django", "db_worker", "--no-reload", "--no-startup-delay", "--interval", str(interval),
    ]  # fmt: skip


@dataclass
class Supervisor:
    """Runs one engine process until `stop` is called; every `reap_every` seconds it looks for jobs of dead workers."""

    command: Sequence[str]
    reap_every: float = 15.0
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None
    _stopping: Event = field(default_factory=Event)

    def run(self) -> None:
        """Watch until stopped; then end the process."""
        pause = SHORTEST_PAUSE / 2
        reaped = -self.reap_every
        process, started = self._start(), time.monotonic()
        try:
            while not self._stopping.wait(LOOKS_EVERY):
                if process.poll() is not None:
                    steady = time.monotonic() - started > STEADY_AFTER
                    pause = SHORTEST_PAUSE if steady else min(2 * pause, LONGEST_PAUSE)
                    logger.warning("the task engine has ended; it is started again in %.0f s", pause)
                    if self._stopping.wait(pause):
                        break
                    process, started = self._start(), time.monotonic()
                if time.monotonic() - reaped >= self.reap_every:
                    reaped = time.monotonic()
                    _take_up_again()
        finally:
            _end(process)

    def stop(self, *_signal: object) -> None:
        """Ask `run` to come to its end; may be used as a signal handler."""
        self._stopping.set()

    def _start(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            self.command, cwd=settings.BASE_DIR, env=dict(self.environment)
        )
        self.starts += 1
        return self.process


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _take_up_again() -> None:
    """Look for jobs of dead workers; a busy database is asked again next time."""
    close_old_connections()
    try:
        if found := reap():
            logger.warning("%s jobs of dead workers were taken up again or ended", found)
    except DatabaseError:
        logger.warning("the database did not answer the search for dead workers' jobs")
