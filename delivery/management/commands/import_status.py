"""manage.py import_status FILE --office CODE: apply a courier's status file."""

import json
import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from delivery.courier_files import FileReport, preview
from delivery.courier_files.results import NAMES
from delivery.courier_files.rows import RowOutcome
from delivery.courier_files.uploading import start_here
from delivery.models import CourierFile
from delivery.refusals import MESSAGES, Code, DeliveryRefused
from jobs.services import JobCancelled, JobRefused, LeaseLost, Listener, run_here
from offices.models import Office
from spreadsheets.faults import MESSAGES as SHEET_MESSAGES
from spreadsheets.faults import SheetError, message

UNKNOWN_OFFICE = 1
REFUSED_FILE = 2
STOPPED = 3
_REPORTED = ("rows", "outcomes", "applied", "repeats", "newly_delivered", "newly_returned")


class Command(BaseCommand):
    help = "Apply a courier's status file; every row ends in one outcome."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--office", required=True, metavar="CODE", help="code of the registry or post office"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell the outcomes, write nothing")
        parser.add_argument("--json", action="store_true", help="what became of it, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            text = gettext("There is no office %(office)s.") % {"office": options["office"]}
            raise CommandError(text, returncode=UNKNOWN_OFFICE)
        if not path.is_file():
            raise CommandError(
                gettext("There is no file %(path)s.") % {"path": path}, returncode=REFUSED_FILE
            )
        try:
            report, result = self._run(path, office, dry_run=options["dry_run"])
        except SheetError as fault:
            templates = {code: gettext(text) for code, text in SHEET_MESSAGES.items()}
            text = message(templates, fault.code, fault.params)
            raise CommandError(text, returncode=REFUSED_FILE) from fault
        except JobRefused as refused:
            raise CommandError(str(refused), returncode=REFUSED_FILE) from refused
        except JobCancelled as stopped:
            raise CommandError(gettext("Somebody has stopped the work."), returncode=STOPPED) from stopped
        except DeliveryRefused as refused:
            text = gettext(MESSAGES[refused.code]) % refused.params
            raise CommandError(text, returncode=UNKNOWN_OFFICE) from refused
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(report, result)))
        else:
            self._tell(report, result)

    def _run(self, path: Path, office: Office, *, dry_run: bool) -> tuple[FileReport, str]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(gettext("Rows"), total=None)

            def tell(done: int, total: int | None, reading: bool = False) -> None:
                words = gettext("Rows read") if reading else gettext("Rows")
                bar.update(task, description=words, completed=done, total=total or None)

            if dry_run:
                report = preview(
                    path=path, office_id=office.pk, at=timezone.now(), on_progress=tell,
                    on_reading=partial(tell, reading=True),
                )  # fmt: skip
                return report, ""
            return self._apply(path, office, tell)

    def _apply(self, path: Path, office: Office, tell: Listener) -> tuple[FileReport, str]:
        """Do what a worker does, under a job of its own: pages show it as running, and nothing is done beside it."""
        courier_file = start_here(path=path, office_id=office.pk, at=timezone.now())
        assert courier_file.job_id is not None  # noqa: S101 - for the type checker: it was just started
        try:
            told = run_here(courier_file.job_id, listener=tell)
        except LeaseLost as error:
            raise DeliveryRefused(Code.FILE_IN_WORK, name=courier_file.name) from error
        report = FileReport(**{name: told[name] for name in _REPORTED})
        ended = CourierFile.objects.select_related("repeats").get(pk=courier_file.pk)
        return report, str((ended.repeats or ended).result.path)

    def _tell(self, report: FileReport, result: str) -> None:
        if not report.applied:
            self.stdout.write(gettext("Nothing was written; this is what would happen:"))
        elif report.repeats:
            self.stdout.write(
                gettext("The content is that of %(name)s, which was applied. Nothing has changed.")
                % {"name": report.repeats}
            )
        elif report.nothing_new:
            self.stdout.write(gettext("Every row was known before. Nothing has changed."))
        lines = {gettext("Rows"): report.rows}
        lines |= {gettext(NAMES[outcome]): report.outcomes[outcome] for outcome in RowOutcome}
        lines[gettext("Newly delivered")] = report.newly_delivered
        lines[gettext("Newly returned")] = report.newly_returned
        width = max(map(len, lines))
        for name, count in lines.items():
            self.stdout.write(f"{name:<{width}}  {count:>10,}".replace(",", "."))
        if result:
            self.stdout.write(gettext("How each row ended: %(path)s") % {"path": result})


def _as_json(report: FileReport, result: str) -> dict[str, Any]:
    return {
        "rows": report.rows, "outcomes": dict(report.outcomes), "applied": report.applied, "repeats": report.repeats,
        "nothing_new": report.nothing_new, "newly_delivered": report.newly_delivered,
        "newly_returned": report.newly_returned, "result": result or None,
    }  # fmt: skip
