"""What the commands that take over a list of regions have in common."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from addresses.refusals import MESSAGES, AddressRefused
from addresses.regions import Imported
from spreadsheets.faults import MESSAGES as SHEET_MESSAGES
from spreadsheets.faults import SheetError, message

REFUSED = 2


class ListCommand(BaseCommand):
    """Reads one file; a refusal changes nothing."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def take_over(self, path: Path, take: Callable[[], Imported]) -> None:
        """Run the import and tell its counts, or end with the reason."""
        if not path.is_file():
            raise CommandError(gettext("There is no file %(path)s.") % {"path": path}, returncode=REFUSED)
        try:
            done = take()
        except SheetError as error:
            templates = {code: gettext(template) for code, template in SHEET_MESSAGES.items()}
            raise CommandError(message(templates, error.code, error.params), returncode=REFUSED) from error
        except AddressRefused as refused:
            raise CommandError(
                gettext(MESSAGES[refused.code]) % refused.params, returncode=REFUSED
            ) from refused
        told = gettext("added %(added)s, changed %(changed)s, unchanged %(unchanged)s")
        self.stdout.write(told % {"added": done.added, "changed": done.changed, "unchanged": done.unchanged})
