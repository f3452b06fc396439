"""`manage.py make_sample_cards`: write a workbook of printed cards of synthetic people."""

from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo.bekasi import FEWEST_CARDS, PUBLISHED
from demo.samples import make_sample, notes_beside


class Command(BaseCommand):
    help = "Write a workbook of printed cards (synthetic people, real villages of Kabupaten Bekasi)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the workbook to write (.xlsx)")
        parser.add_argument("--cards", type=int, default=round(PUBLISHED.printed / 100))
        parser.add_argument("--seed", type=int, default=2020)

    def handle(self, *args: Any, file: Path, cards: int, seed: int, **options: Any) -> None:
        if cards < FEWEST_CARDS:
            raise CommandError(f"A sample needs at least {FEWEST_CARDS} cards: --cards {FEWEST_CARDS}")
        today = timezone.localdate()
        shares = make_sample(file, cards=cards, seed=seed, today=today, last_print=today - timedelta(days=1))
        self.stdout.write(f"{file}: {shares.printed} rows; what officers will find: {notes_beside(file)}")
