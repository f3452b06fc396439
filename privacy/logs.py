"""Log formatters that mask the finished line, so that no `extra` and no traceback can carry personal data."""

import logging

from pythonjsonlogger.json import JsonFormatter

from privacy.masking import mask_line


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
