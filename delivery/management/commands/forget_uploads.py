"""manage.py forget_uploads: delete files that are kept for a time only: uploads, rejected rows, drawn labels."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from delivery.courier_files.retention import forget_courier_uploads, forget_unnamed_files
from shipments.label_runs import remove_old_label_files
from shipments.retention import forget_intake_sheets


class Command(BaseCommand):
    help = (
        "Delete uploads that wait for nobody any more, workbooks of rejected rows, and labels after the days of each"
        " office's policy; run it every hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--hours", type=int, default=settings.UPLOADS_KEPT_HOURS, help="how long they are kept"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        before = now - timedelta(hours=options["hours"])
        courier = forget_courier_uploads(before=before, at=now)
        unnamed = forget_unnamed_files(at=now)
        intake = forget_intake_sheets(before=before)
        labels = remove_old_label_files(at=now)
        self.stdout.write(
            f"forgotten: {courier} uploads of status files, {unnamed} files that nothing names,"
            f" {intake} sheets of printed cards and {labels} files of labels"
        )
