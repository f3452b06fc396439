"""manage.py forget_uploads: delete uploads and rejected rows that are kept for some hours only."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from delivery.courier_files.retention import forget_courier_uploads
from shipments.retention import forget_intake_sheets


class Command(BaseCommand):
    help = "Delete uploads that wait for nobody any more and workbooks of rejected rows; run it every hour."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--hours", type=int, default=settings.UPLOADS_KEPT_HOURS, help="how long they are kept"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        before = now - timedelta(hours=options["hours"])
        courier = forget_courier_uploads(before=before, at=now)
        intake = forget_intake_sheets(before=before)
        self.stdout.write(f"{courier} uploads of status files and {intake} sheets of printed cards forgotten")
