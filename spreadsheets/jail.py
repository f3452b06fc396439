"""A process of its own for one untrusted file: started, heard with limited patience, and always ended."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from spreadsheets import frames
from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.limits import Limits

_ROOT = Path(__file__).resolve().parent.parent
_PIPE_BYTES = 1024 * 1024
# No other work to do while the reading process is silent.
NOTHING_ELSE: Iterator[object] = iter(())
# It is not called silent before.
_SILENT_SECONDS = 0.005
# What the reading process needs of our environment. Database passwords and keys stay out of it.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "SYSTEMROOT", "VIRTUAL_ENV")
_FAULT_OF_SIGNAL: dict[int, SheetFault] = {
    # Rust aborts when memory is refused; the system kills when memory is gone.
    signal.SIGABRT: SheetFault.OUT_OF_MEMORY,
    signal.SIGKILL: SheetFault.OUT_OF_MEMORY,
    signal.SIGXCPU: SheetFault.TOO_SLOW,
}


def child_environment() -> dict[str, str]:
    """The few variables that the reading process gets."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


class ReaderUnavailable(RuntimeError):
    """The reading process could not start: a fault of the installation, not of the file."""


class Jail:
    """The reading process of one file, as a context manager; it is gone when the block ends.

    It is a fresh program, not a fork, so that it may be started from any thread of a web or task worker. While it is
    silent, steps of other work are done, as long as `meanwhile` has any.
    """

    def __init__(
        self, path: str | os.PathLike[str], limits: Limits, meanwhile: Iterator[object] = NOTHING_ELSE
    ) -> None:
        self._limits = limits
        self._meanwhile = meanwhile
        with open(path, "rb") as file:
            self._process = subprocess.Popen(  # noqa: S603 - our own program and numbers only
                [sys.executable, "-m", "spreadsheets.child", json.dumps(asdict(limits))],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env=child_environment(),
                bufsize=0,
            )
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        self._pipe = self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        self._waited = 0.0
        # A larger pipe lets the reader run ahead; systems without the option or the right keep theirs.
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    @property
    def process_id(self) -> int:
        """The reading process, for logs and tests."""
        return self._process.pid

    def __enter__(self) -> Self:
        try:
            if self._read(frames.HEAD.size)[:1] != frames.STARTED:
                raise ReaderUnavailable("python -m spreadsheets.child does not start; run it to see why")
            self._read(len(frames.frame(frames.STARTED)) - frames.HEAD.size)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it is doing, and collect it."""
        self._process.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()

    def receive(self) -> tuple[bytes, object]:
        """The next frame's kind and content; SheetError when the file is refused or the process has died."""
        head = self._read(frames.HEAD.size)
        if len(head) < frames.HEAD.size:
            raise self._died()
        kind, size = frames.HEAD.unpack(head)
        if size > frames.MAX_FRAME_BYTES:
            raise SheetError(SheetFault.UNREADABLE)
        body = self._read(size)
        if len(body) < size:
            raise self._died()
        content = frames.content_of(body)
        if kind == frames.REFUSED:
            code, params = cast("tuple[str, dict[str, int]]", content)
            raise SheetError(SheetFault(code), **params)
        return kind, content

    def _read(self, size: int) -> bytes:
        """So many bytes from the process, fewer when it ends before; TOO_SLOW when it is silent too long."""
        pieces = []
        while size:
            while not self._is_heard(_SILENT_SECONDS) and next(self._meanwhile, self) is not self:
                pass
            if not self._is_heard(self._limits.seconds):
                raise SheetError(SheetFault.TOO_SLOW, limit=self._limits.seconds)
            piece = os.read(self._pipe, size)
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _is_heard(self, seconds: float) -> bool:
        """Wait for the process so long, as far as patience lasts; what else is done meanwhile does not use it up."""
        begun = time.monotonic()
        patience = max(0, min(seconds, self._limits.seconds - self._waited))
        is_ready = bool(self._poll.poll(patience * 1000))
        self._waited += time.monotonic() - begun
        return is_ready and self._waited < self._limits.seconds

    def _died(self) -> SheetError:
        status = self._process.wait()
        fault = _FAULT_OF_SIGNAL.get(-status, SheetFault.UNREADABLE)
        if fault is SheetFault.TOO_SLOW:
            return SheetError(fault, limit=self._limits.seconds)
        return SheetError(fault)
