"""manage.py worker: do the long work, with no server but the database."""

import os
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from jobs.supervising import Supervisor, engine_command


class Command(BaseCommand):
    help = "Run the embedded task engine: a worker that is started again when it dies, and its reaper."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=0.5, help="seconds between looks for new work")
        parser.add_argument(
            "--reap-every", type=float, default=15.0, help="seconds between looks for dead workers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.TASK_ENGINE != "database":
            raise CommandError(
                "TASK_ENGINE is celery: run `celery -A config worker` for the work and `manage.py reap_jobs` from cron."
            )
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
        supervisor = Supervisor(
            command=engine_command(interval=options["interval"]),
            reap_every=options["reap_every"],
            environment=environment,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, supervisor.stop)
        supervisor.run()
