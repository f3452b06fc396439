"""Log formatters that mask the finished line, so that no `extra` and no traceback can carry personal data."""

import json
import logging
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from privacy.masking import mask_line


def masked_event(event: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any]:
    """Mask a report of an error before it leaves the machine: addresses, messages and statements in it."""
    masked: dict[str, Any] = json.loads(mask_line(json.dumps(event, default=str)))
    return masked


class MaskedFormatter(logging.Formatter):
    """Plain text, masked."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_line(super().format(record))


class MaskedJsonFormatter(JsonFormatter):
    """One JSON object a line, masked."""

    def __init__(self) -> None:
        super().__init__("{levelname}{name}{message}", style="{", timestamp=True)

    def format(self, record: logging.LogRecord) -> str:
        return mask_line(super().format(record))
