"""`manage.py serve`: the web server and the worker of long jobs, started and ended together."""

import os
import signal
import subprocess
import sys
import threading
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand

END_WITHIN_SECONDS = 25  # a worker gets 20 to finish its step
THREADS = 8  # for each web process; no more database connections than these are held


class Command(BaseCommand):
    help = "Start the web server and the worker of long jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2)

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        commands = {
            "web": [
                sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
                "--workers", str(workers), "--blocking-threads", str(THREADS), "--backpressure", str(8 * THREADS),
                "--no-ws", "--log-level", "warning", "config.wsgi:application",
            ],
            "worker": [sys.executable, sys.argv[0], "worker"],
        }  # fmt: skip
        self.stdout.write(f"AntarKTP: http://{host}:{port}/  (Ctrl+C ends it)")
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_signal: ended.set())
        running = {
            # a group of its own each: what one that was killed leaves behind is found by it
            name: subprocess.Popen(command, process_group=0)  # noqa: S603 - our own commands
            for name, command in commands.items()
        }
        failed = self._wait(running, ended)
        for process in running.values():
            process.terminate()
        for process in running.values():
            _wait_for_end(process)
        if failed:
            self.stderr.write(f"{failed} has ended; the rest was stopped.")
            os._exit(1)

    def _wait(self, running: dict[str, "subprocess.Popen[bytes]"], ended: threading.Event) -> str:
        while not ended.wait(0.5):
            for name, process in running.items():
                if process.poll() is not None:
                    return name
        return ""


def _wait_for_end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(END_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):  # nobody is left, as it should be
        os.killpg(process.pid, signal.SIGTERM)
