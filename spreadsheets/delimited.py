"""Read CSV and TSV as people's programs save them: any usual encoding, any usual separator."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.limits import Limits

DELIMITERS = ",;\t"
_SAMPLE_BYTES = 64 * 1024
_SAMPLE_ROWS = 50
_PIECE = 1024 * 1024
# A text holds tabs, line ends, form feeds and the old end-of-file mark; other control characters mean binary.
_BINARY = frozenset(map(chr, range(32))) - frozenset("\t\n\v\f\r\x1a")


def delimited_rows(file: BinaryIO, limits: Limits) -> Iterator[list[str]]:
    """The records of the file in order, an empty line as an empty record; the first is row 1."""
    encoding = _encoding_of(file, limits)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    sample = text.read(_SAMPLE_BYTES)
    if not limits.any_characters and not _BINARY.isdisjoint(sample):
        raise SheetError(SheetFault.NOT_A_SHEET)
    declared = _declared_delimiter(sample)
    delimiter = declared or _delimiter_of(sample)
    text.seek(0)
    csv.field_size_limit(limits.cell_characters)
    records = csv.reader(text, delimiter=delimiter)
    number = 0
    try:
        for number, record in enumerate(records, 1):
            yield [] if declared and number == 1 else record
    except csv.Error as fault:
        if "field limit" in str(fault):
            raise SheetError(
                SheetFault.CELL_TOO_LONG, row=number + 1, limit=limits.cell_characters
            ) from fault
        raise SheetError(SheetFault.UNREADABLE) from fault


def _encoding_of(file: BinaryIO, limits: Limits) -> str:
    """UTF-8 or UTF-16 by its mark or its shape, else cp1252; SheetError when none of them fits every byte."""
    file.seek(0)
    head = file.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        candidates: tuple[str, ...] = ("utf-8-sig",)
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ("utf-16",)
    elif head[1::2].count(0) > len(head) // 5:
        candidates = ("utf-16-le",)
    elif head[::2].count(0) > len(head) // 5:
        candidates = ("utf-16-be",)
    elif 0 in head and not limits.any_characters:
        raise SheetError(SheetFault.NOT_A_SHEET)
    else:
        candidates = ("utf-8", "cp1252")
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    raise SheetError(SheetFault.ENCODING_UNKNOWN)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _declared_delimiter(sample: str) -> str:
    """The separator that a first line `sep=;` declares, as Excel writes it; nothing without one."""
    first = sample.split("\n", 1)[0].strip().lower().strip('"')
    return first[4] if len(first) == 5 and first.startswith("sep=") and first[4] in DELIMITERS else ""


def _delimiter_of(sample: str) -> str:
    """The separator that gives most rows the same number of columns, and more than one."""
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for record in islice(csv.reader(io.StringIO(sample), delimiter=delimiter), _SAMPLE_ROWS):
                if len(record) > 1:
                    widths[len(record)] += 1
        except csv.Error:
            continue
        width, rows = max(widths.items(), key=lambda item: item[::-1], default=(0, 0))
        if (rows, width) > best_score:
            best, best_score = delimiter, (rows, width)
    return best
