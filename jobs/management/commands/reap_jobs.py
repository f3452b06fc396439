"""manage.py reap_jobs: take up again the jobs of workers that died."""

from argparse import ArgumentParser
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from jobs.services import reap


class Command(BaseCommand):
    help = "Send the jobs of dead workers to the engine again; end those that were tried too often."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, default=0, help="go on, every so many seconds")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            self.stdout.write(f"{reap()} jobs of dead workers taken up again or ended")
            if not options["every"]:
                return
            close_old_connections()
            sleep(options["every"])
