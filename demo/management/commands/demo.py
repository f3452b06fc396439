"""`manage.py demo`: play the story of Kabupaten Bekasi 2020 and prove that the sums hold."""

import logging
import resource
import shutil
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from delivery.ledger import reconcile
from demo.bekasi import FEWEST_CARDS, PUBLISHED
from demo.story import Story

MARK = ".demo"  # a database beside this file was made by the demo and may be made anew


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a step took."""

    name: str
    rows: int
    seconds: float


class Command(BaseCommand):
    help = "Play the whole story with synthetic people, into an empty database or over an earlier demo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cards", type=int, default=round(PUBLISHED.printed / 100))
        parser.add_argument("--seed", type=int, default=2020)

    def handle(self, *args: Any, cards: int, seed: int, **options: Any) -> None:
        if cards < FEWEST_CARDS:
            raise CommandError(f"The story needs at least {FEWEST_CARDS} cards: CARDS={FEWEST_CARDS}")
        folder = Path(settings.VAR_DIR) / "demo"
        logging.getLogger("delivery").setLevel(logging.WARNING)  # the console channel prints every message
        self._empty_database(folder)
        console = Console(soft_wrap=True)
        story = Story(folder=folder, cards=cards, seed=seed, today=timezone.localdate())
        timed = self._play(story, console)
        console.print(_times(timed))
        console.print(f"Puncak memori proses ini: {_count_of(round(_peak_megabytes()))} MB")
        call_command("reconcile")
        console.print(_logins(story))
        console.print(f"Label, daftar pengantar, dan berkas: {folder}")
        if not reconcile().holds:
            raise CommandError("The sums do not hold.")

    def _empty_database(self, folder: Path) -> None:
        """Make the tables; an earlier demo in SQLite is replaced, anything else with cards in it is left alone."""
        mark = Path(settings.VAR_DIR) / MARK
        database = Path(settings.DATABASES["default"]["NAME"]) if connection.vendor == "sqlite" else None
        if database and mark.exists():
            connection.close()
            for path in (
                database,
                database.with_name(f"{database.name}-wal"),
                database.with_name(f"{database.name}-shm"),
            ):
                path.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        if _has_offices():
            raise CommandError(
                "The database already holds an office's work; the demo does not touch it. "
                "Name an empty folder: ANTARKTP_VAR_DIR=/path make demo"
            )
        if database:
            mark.touch()

    def _play(self, story: Story, console: Console) -> list[Timed]:
        timed: list[Timed] = []
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
            for name, step in story.steps():
                task = progress.add_task(name, total=None)
                started = time.perf_counter()
                rows = step(partial(_tell, progress, task))
                timed.append(Timed(name, rows, time.perf_counter() - started))
                progress.remove_task(task)
                console.print(f"{name}: {_count_of(rows)} ({timed[-1].seconds:.1f} s)")
        return timed


def _tell(progress: Progress, task: TaskID, done: int, total: int) -> None:
    progress.update(task, completed=done, total=total or None)


def _has_offices() -> bool:
    return bool(connection.introspection.table_names()) and _count("offices_office") > 0


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
        return int(cursor.fetchone()[0])


def _peak_megabytes() -> float:
    """Peak resident memory of this process; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1_048_576 if sys.platform == "darwin" else 1_024)


def _count_of(number: int) -> str:
    """Write a number the Indonesian way: 1.250."""
    return f"{number:,}".replace(",", ".")


def _times(timed: list[Timed]) -> Table:
    table = Table("Langkah", title="Waktu")
    for title in ("Baris", "Detik", "Baris/detik"):
        table.add_column(title, justify="right")
    for step in timed:
        rate = step.rows / step.seconds if step.seconds else 0
        table.add_row(step.name, _count_of(step.rows), f"{step.seconds:.1f}", _count_of(round(rate)))
    table.add_row("Seluruhnya", "", f"{sum(step.seconds for step in timed):.1f}", "")
    return table


def _logins(story: Story) -> Table:
    table = Table(
        "Peran", "Nama pengguna", "Kata sandi", title="Masuk (`make serve`); kata sandi dibuat baru tiap kali"
    )
    for login in story.logins:
        table.add_row(login.role, login.username, login.password)
    return table
