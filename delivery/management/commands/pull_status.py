"""manage.py pull_status --office CODE: fetch the news of items that still move from the post's tracking API."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from delivery.courier_files.pulling import start_pull
from delivery.models import CourierFile
from delivery.refusals import MESSAGES, Code, DeliveryRefused
from jobs.services import JobCancelled, JobRefused, LeaseLost, run_here
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
            told = self._pull(office)
        except DeliveryRefused as refused:
            text = gettext(MESSAGES[refused.code]) % refused.params
            raise CommandError(text, returncode=REFUSED) from refused
        except JobRefused as unanswered:
            raise CommandError(str(unanswered), returncode=UNANSWERED) from unanswered
        except JobCancelled as stopped:
            raise CommandError(gettext("Somebody has stopped the work."), returncode=REFUSED) from stopped
        self.stdout.write("\n".join(f"{name}: {count}" for name, count in told.items()))
        if told["unanswered"]:
            raise CommandError(
                gettext("The post's server gave no answer for %(unanswered)s items. Try again later.")
                % {"unanswered": told["unanswered"]},
                returncode=UNANSWERED,
            )

    def _pull(self, office: Office) -> dict[str, int]:
        """Fetch, then apply, each under a job of its own: pages show them as running, and nothing is done beside."""
        job = start_pull(office=office, actor_id=None, here=True)
        try:
            pulled = run_here(job.pk)
        except LeaseLost as error:
            raise DeliveryRefused(Code.PULL_IN_WORK) from error
        told = {name: pulled[name] for name in ("asked", "rows", "unanswered", "foreign")}
        if not pulled["courier_file"]:
            return told
        file = CourierFile.objects.get(pk=pulled["courier_file"])
        assert file.job_id is not None  # noqa: S101 - for the type checker: the round has written it
        try:
            outcomes = run_here(file.job_id)["outcomes"]
        except LeaseLost as error:
            raise DeliveryRefused(Code.FILE_IN_WORK, name=file.name) from error
        return told | {outcome: count for outcome, count in outcomes.items() if count}
