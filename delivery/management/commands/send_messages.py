"""manage.py send_messages: write the reminders that are due and send what waits in the outbox."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext

from delivery.messages import send_queued
from delivery.messages.channels import UnknownChannel
from delivery.messages.reminders import queue_reminders


class Command(BaseCommand):
    help = "Send waiting messages to residents; run it every few minutes. Several may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=5_000, help="send at most so many")
        parser.add_argument("--json", action="store_true", help="counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        reminders = queue_reminders(at=at)
        try:
            sent = send_queued(at=at, limit=options["limit"])
        except UnknownChannel as unknown:
            raise CommandError(str(unknown)) from unknown
        if options["json"]:
            self.stdout.write(json.dumps({"reminders": reminders, **asdict(sent)}))
            return
        text = gettext(
            "%(reminders)s reminders written. %(sent)s sent, %(retried)s to try again, %(failed)s failed, "
            "%(withdrawn)s no longer true, %(postponed)s wait for the morning."
        )
        self.stdout.write(text % {"reminders": reminders, **asdict(sent)})
