"""manage.py follow_up: the daily work on cards that did not reach anybody."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext

from delivery.closures import move_due_shelves
from delivery.overdue import mark_overdue
from delivery.resending import resume_everywhere


class Command(BaseCommand):
    help = (
        "Send the shelves of counters that close today to those that stand in, mark cards that a counter has kept too "
        "long, and send on those whose addresses were corrected. Run it early every day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        moved = move_due_shelves(at=at)
        overdue = mark_overdue(at=at)
        resumed = resume_everywhere(at=at)
        if options["json"]:
            self.stdout.write(json.dumps({"moved": moved, "overdue": overdue, **asdict(resumed)}))
            return
        text = gettext(
            "%(moved)s cards went to a counter that stands in, %(overdue)s were kept too long, %(sent_again)s are sent "
            "again, %(given_up)s wait for a decision."
        )
        self.stdout.write(text % {"moved": moved, "overdue": overdue, **asdict(resumed)})
