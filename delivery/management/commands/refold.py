"""manage.py refold: prove every kept state by folding its events anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext

from delivery.tracking import refold
from shipments.models import Card

SHOWN = 20


class Command(BaseCommand):
    help = "Fold every card's events anew and rewrite kept states that differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="rewrite nothing; exit 1 when a state differs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = refold(repair=not options["check"])
        said = {"checked": report.checked, "wrong": len(report.wrong)}
        self.stdout.write(gettext("%(checked)s cards folded, %(wrong)s kept states differed.") % said)
        for reference in Card.objects.filter(pk__in=report.wrong[:SHOWN]).values_list("reference", flat=True):
            self.stdout.write(f"  {reference}")
        if report.wrong and options["check"]:
            raise CommandError(gettext("Run `manage.py refold` to rewrite them."))
