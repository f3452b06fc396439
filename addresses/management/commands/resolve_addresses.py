"""manage.py resolve_addresses IN.csv OUT.csv: check a table of addresses with the resolver of this installation."""

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from addresses.batch import INPUT_COLUMNS, OUTPUT_COLUMNS, check_rows
from addresses.services import current_resolver
from spreadsheets.cells import Cell, text
from spreadsheets.faults import MESSAGES, SheetError, message
from spreadsheets.limits import Limits
from spreadsheets.reading import Sheet, open_sheet

REFUSED = 2
ID_COLUMN = "id"
# No row stops the table: what a cell holds is the resolver's to judge.
LIMITS = Limits(cell_characters=5_000_000, any_characters=True)


class Command(BaseCommand):
    help = "Check the addresses of a CSV file or workbook and write verdict, village code, point and reasons."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "input", type=Path, help=f"columns: {ID_COLUMN}, {', '.join(INPUT_COLUMNS)}; any of them"
        )
        parser.add_argument("output", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        source: Path = options["input"]
        if not source.is_file():
            raise CommandError(gettext("There is no file %(path)s.") % {"path": source}, returncode=REFUSED)
        try:
            with open_sheet(source, limits=LIMITS) as sheet:
                written = self._check(sheet, options["output"])
        except SheetError as error:
            templates = {code: gettext(template) for code, template in MESSAGES.items()}
            raise CommandError(message(templates, error.code, error.params), returncode=REFUSED) from error
        self.stdout.write(
            gettext("%(count)s addresses: %(path)s") % {"count": written, "path": options["output"]}
        )

    def _check(self, sheet: Sheet, target: Path) -> int:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        partial = target.with_name(f".{target.name}.part")
        written = 0
        bar = Progress(
            *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        )
        try:
            with partial.open("w", encoding="utf-8", newline="") as output, bar:
                task = bar.add_task(gettext("Addresses"), total=sheet.last_row)
                writer = csv.DictWriter(output, OUTPUT_COLUMNS)
                writer.writeheader()
                for result in check_rows(current_resolver(), _records(sheet)):
                    writer.writerow(result)
                    written += 1
                    if written % 1_000 == 0:
                        bar.update(task, completed=written)
            partial.replace(target)
        except OSError as error:
            shown = {"path": target, "reason": error.strerror}
            raise CommandError(
                gettext("%(path)s cannot be written: %(reason)s") % shown, returncode=REFUSED
            ) from error
        finally:
            partial.unlink(missing_ok=True)
        return written


def _records(sheet: Sheet) -> Iterator[dict[str, str]]:
    """The rows as dictionaries by the titles of the first row."""
    rows = sheet.rows()
    header = next(rows, None)
    titles = [text(cell).strip().lower() for cell in header.cells] if header else []
    known = {ID_COLUMN, *INPUT_COLUMNS}
    if not known.intersection(titles):
        shown = {"known": ", ".join((ID_COLUMN, *INPUT_COLUMNS))}
        raise CommandError(
            gettext("The first row names none of the columns: %(known)s.") % shown, returncode=REFUSED
        )
    for row in rows:
        yield {
            title: _shown(cell)
            for title, cell in zip(titles, chain(row.cells), strict=False)
            if title in known
        }


def _shown(cell: Cell) -> str:
    return text(cell)
