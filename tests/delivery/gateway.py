"""A provider on the loopback interface that accepts, fails, delays, cuts the line and refuses as it is told."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class Provider:
    """What the provider was sent, and the status codes that it will answer with, in order; then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    requests: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    answer: str = '{"id": "p-1"}'
    answers: list[str] = field(default_factory=list)  # one after the other, then `answer`
    drop: int = 0  # so many requests are taken, and the line is cut before the answer
    delay: float = 0  # seconds before the answer


@contextmanager
def provider() -> Iterator[Provider]:
    """Run a provider until the block ends."""
    told = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append((dict(self.headers), self._read(body)))
            time.sleep(told.delay)
            if told.drop:
                told.drop -= 1
                self.close_connection = True
                return
            status = told.statuses.pop(0) if told.statuses else 200
            self.send_response(status)
            self.send_header("Location", "http://192.0.2.1/elsewhere")
            self.end_headers()
            self.wfile.write((told.answers.pop(0) if told.answers else told.answer).encode())

        def _read(self, body: bytes) -> Any:
            if self.headers["Content-Type"] == "application/x-www-form-urlencoded":
                return dict(parse_qsl(body.decode()))
            return json.loads(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
