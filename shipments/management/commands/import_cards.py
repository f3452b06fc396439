"""manage.py import_cards FILE --office CODE: register a sheet of printed cards."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from offices.models import Office
from shipments.backlog import fill_backlog
from shipments.cards import ImportReport, import_cards
from shipments.intake import MESSAGES as ROW_MESSAGES
from shipments.intake import RowFault
from shipments.models import IntakeFile
from shipments.refusals import MESSAGES, ShipmentRefused
from spreadsheets.faults import MESSAGES as SHEET_MESSAGES
from spreadsheets.faults import SheetError, message

REFUSED_FILE = 2
UNKNOWN_OFFICE = 1
FAULTS_SHOWN = 10


class Command(BaseCommand):
    help = "Register the printed cards of a workbook or CSV file; bad rows come back as a workbook."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--office", required=True, metavar="CODE", help="the registry office's code")
        parser.add_argument("--dry-run", action="store_true", help="tell the outcomes, write nothing")
        parser.add_argument("--json", action="store_true", help="rows and outcomes as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            known = ", ".join(Office.objects.filter(kind=Office.Kind.REGISTRY).values_list("code", flat=True))
            text = gettext("There is no office %(office)s. Registry offices: %(known)s.")
            raise CommandError(
                text % {"office": options["office"], "known": known or "–"}, returncode=UNKNOWN_OFFICE
            )
        if not path.is_file():
            text = gettext("There is no file %(path)s.")
            raise CommandError(text % {"path": path}, returncode=REFUSED_FILE)
        try:
            report = self._run(path, office, dry_run=options["dry_run"])
        except SheetError as error:
            templates = {code: gettext(text) for code, text in SHEET_MESSAGES.items()}
            raise CommandError(
                message(templates, error.code, error.params), returncode=REFUSED_FILE
            ) from error
        except ShipmentRefused as refused:
            text = gettext(MESSAGES[refused.code]) % refused.params
            raise CommandError(text, returncode=UNKNOWN_OFFICE) from refused
        if options["json"]:
            self.stdout.write(json.dumps({"rows": report.rows, "outcomes": dict(report.outcomes)}))
        else:
            self._tell(report, dry_run=options["dry_run"])

    def _run(self, path: Path, office: Office, *, dry_run: bool) -> ImportReport:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task(gettext("Cards"), total=None)
            report = import_cards(
                path=path,
                name=path.name,
                office_id=office.pk,
                actor_id=None,
                at=timezone.now(),
                dry_run=dry_run,
                on_progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        if not dry_run:
            fill_backlog(office_id=office.pk, at=timezone.now())
        return report

    def _tell(self, report: ImportReport, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write(gettext("Nothing was written; this is what would happen:"))
        lines = {
            gettext("Rows"): report.rows,
            gettext("Registered"): report.outcomes["registered"],
            gettext("Printed twice"): report.outcomes["printed_twice"],
            gettext("Known already"): report.outcomes["already_known"],
            gettext("Rejected"): report.outcomes["rejected"],
        }
        width = max(map(len, lines))
        for name, count in lines.items():
            self.stdout.write(f"{name:<{width}}  {count:>10,}".replace(",", "."))
        for fault in report.faults[:FAULTS_SHOWN]:
            reason = gettext(ROW_MESSAGES[RowFault(fault.code)]).partition(". ")[0]
            self.stdout.write(
                f"  {gettext('Row')} {fault.row_number}: {fault.code} ({fault.field}) {_plain(reason)}"
            )
        if report.rejected > FAULTS_SHOWN:
            self.stdout.write("  …")
        if report.rejected and report.intake_file_id is not None:
            intake = IntakeFile.objects.get(pk=report.intake_file_id)
            self.stdout.write(gettext("Rejected rows to correct: %(path)s") % {"path": intake.rejected.path})


def _plain(reason: str) -> str:
    return "" if "%(" in reason else f"– {reason}"
