"""manage.py send_messages: tell of new cards, write due reminders, pass on places nobody took, send what waits."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext

from delivery.messages import queue_registered, send_queued
from delivery.messages.channels import UnknownChannel
from delivery.messages.reminders import queue_reminders
from delivery.waiting import pass_offers_on


class Command(BaseCommand):
    help = "Send waiting messages to residents; run it every minute. Several may run at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=5_000, help="send at most so many")
        parser.add_argument("--json", action="store_true", help="counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        pass_offers_on(at=at)
        registered, reminders = queue_registered(at=at), queue_reminders(at=at)
        try:
            sent = send_queued(at=at, limit=options["limit"])
        except UnknownChannel as unknown:
            raise CommandError(str(unknown)) from unknown
        if options["json"]:
            self.stdout.write(json.dumps({"registered": registered, "reminders": reminders, **asdict(sent)}))
            return
        text = gettext(
            "%(registered)s new cards and %(reminders)s reminders written. %(sent)s sent, %(retried)s to try again, "
            "%(failed)s failed, %(withdrawn)s no longer true or wanted, %(postponed)s wait for their time."
        )
        self.stdout.write(text % {"registered": registered, "reminders": reminders, **asdict(sent)})
