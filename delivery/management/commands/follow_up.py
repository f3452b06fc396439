"""manage.py follow_up: the daily work on cards that did not reach anybody."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext

from delivery.overdue import mark_overdue
from delivery.resending import resume_everywhere


class Command(BaseCommand):
    help = "Mark cards that a counter has kept too long, and send on those whose addresses were corrected. Run daily."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        overdue = mark_overdue(at=at)
        resumed = resume_everywhere(at=at)
        if options["json"]:
            self.stdout.write(json.dumps({"overdue": overdue, **asdict(resumed)}))
            return
        text = gettext(
            "%(overdue)s cards were kept too long, %(sent_again)s are sent again, %(given_up)s wait for a decision."
        )
        self.stdout.write(text % {"overdue": overdue, **asdict(resumed)})
