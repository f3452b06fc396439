"""The courier's status files: taken in, read, matched, previewed, applied, explained row by row, and undone."""

from delivery.courier_files.processing import preview, process
from delivery.courier_files.rows import FileReport, RowOutcome, ShownRow
from delivery.courier_files.undoing import undo
from delivery.courier_files.unmapped import Mapped, UnmappedText, map_text, unmapped_texts
from delivery.courier_files.uploading import FILE_JOB, start, upload

__all__ = [
    "FILE_JOB",
    "FileReport",
    "Mapped",
    "RowOutcome",
    "ShownRow",
    "UnmappedText",
    "map_text",
    "preview",
    "process",
    "start",
    "undo",
    "unmapped_texts",
    "upload",
]
