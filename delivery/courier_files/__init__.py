"""The courier's status files: taken in, read, matched, previewed, applied, explained row by row, and undone."""

from delivery.courier_files.mapping import can_be_mapped, forget_columns, look_at_columns, map_columns
from delivery.courier_files.processing import preview, process
from delivery.courier_files.rows import FileReport, RowOutcome, ShownRow
from delivery.courier_files.stopping import with_stops
from delivery.courier_files.undoing import start_undo, undo
from delivery.courier_files.unmapped import (
    Mapped,
    UnmappedText,
    map_text,
    rows_to_look_at,
    unmapped_texts,
    with_samples,
)
from delivery.courier_files.uploading import FILE_JOB, start, upload

__all__ = [
    "FILE_JOB",
    "FileReport",
    "Mapped",
    "RowOutcome",
    "ShownRow",
    "UnmappedText",
    "can_be_mapped",
    "forget_columns",
    "look_at_columns",
    "map_columns",
    "map_text",
    "preview",
    "process",
    "rows_to_look_at",
    "start",
    "start_undo",
    "undo",
    "unmapped_texts",
    "upload",
    "with_samples",
    "with_stops",
]
