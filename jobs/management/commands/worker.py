"""manage.py worker: do the long work, on the task engine that is set."""

import os
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from jobs.supervising import NICENESS, Supervisor, engine_command


class Command(BaseCommand):
    help = (
        "Run a worker of the task engine, started again when it dies, and the reaper of dead workers' jobs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=0.5, help="seconds between looks for new work")
        parser.add_argument(
            "--reap-every", type=float, default=15.0, help="seconds between looks for dead workers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        os.nice(NICENESS)
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
        supervisor = Supervisor(
            command=engine_command(interval=options["interval"]),
            reap_every=options["reap_every"],
            environment=environment,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, supervisor.stop)
        supervisor.run()
