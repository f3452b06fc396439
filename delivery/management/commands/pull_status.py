"""manage.py pull_status --office CODE: fetch the news of items that still move from the post's tracking API."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext

from delivery.courier_files import process
from delivery.courier_files.pulling import pull
from delivery.refusals import MESSAGES, DeliveryRefused
from offices.models import Office

REFUSED = 1
UNANSWERED = 2


class Command(BaseCommand):
    help = "Fetch the news of items that still move and apply it; off until COURIER_PULL_URL is set."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--office", required=True, metavar="CODE", help="code of the registry office")

    def handle(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            text = gettext("There is no office %(office)s.") % {"office": options["office"]}
            raise CommandError(text, returncode=REFUSED)
        try:
            report = pull(office=office, actor_id=None, at=timezone.now(), enqueue=False)
        except DeliveryRefused as refused:
            raise CommandError(
                gettext(MESSAGES[refused.code]) % refused.params, returncode=REFUSED
            ) from refused
        outcomes: dict[str, int] = {}
        if report.courier_file is not None:
            applied = process(courier_file_id=report.courier_file.pk)
            outcomes = {outcome: count for outcome, count in applied.outcomes.items() if count}
        told = {
            "asked": report.asked, "rows": report.rows, "unanswered": report.unanswered, "foreign": report.foreign,
            **outcomes,
        }  # fmt: skip
        self.stdout.write("\n".join(f"{name}: {count}" for name, count in told.items()))
        if report.unanswered:
            raise CommandError(
                gettext("The post's server gave no answer for %(unanswered)s items. Try again later.")
                % {"unanswered": report.unanswered},
                returncode=UNANSWERED,
            )
