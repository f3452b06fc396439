"""The gazetteer's two files, packed in memory: 91,000 areas in about ten megabytes."""

from __future__ import annotations

import csv
import gzip
import io
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_SPANS = {2: 10**8, 5: 10**6, 8: 10**4, 13: 1}
"""Length of a dotted code → how many code numbers lie at and below the area."""


@dataclass(frozen=True, slots=True)
class RegionAlias:
    """Another name of a region. With `parent`, the district the village belonged to under that name."""

    code: str
    value: str
    parent: str = ""


def number_of(code: str) -> int:
    """32.16.06.2003 → 3216062003, 32.16 → 3216000000: sorts as the codes do, parents first."""
    return int((code.replace(".", "") + "00000000")[:10])


def code_of(number: int) -> str:
    """3216062003 → 32.16.06.2003."""
    digits = f"{number:010d}"
    if number % 10**4:
        return f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}.{digits[6:]}"
    if number % 10**6:
        return f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}"
    return f"{digits[:2]}.{digits[2:4]}" if number % 10**8 else digits[:2]


@dataclass(frozen=True, slots=True)
class Tables:
    """villages.csv.gz by columns, sorted by code: every parent stands right before its children.

    Codes are whole numbers and all names one text, since strings would take five times the memory.
    """

    numbers: array[int]
    text: str
    name_ends: array[int]
    lat: array[float]
    lon: array[float]
    postcodes: array[int]
    radii: array[int]
    sources: str
    former_postcodes: array[int]

    def __len__(self) -> int:
        return len(self.numbers)

    def find(self, code: str) -> int:
        """The row of a code; -1 when no area has it."""
        if len(code) not in _SPANS or not code.replace(".", "").isdecimal() or not code.isascii():
            return -1
        number = number_of(code)
        row = bisect_left(self.numbers, number)
        found = row < len(self.numbers) and self.numbers[row] == number and self.code(row) == code
        return row if found else -1

    def row(self, code: str) -> int:
        """The row of a code that exists."""
        return bisect_left(self.numbers, number_of(code))

    def code(self, row: int) -> str:
        """The dotted code of a row."""
        return code_of(self.numbers[row])

    def name(self, row: int) -> str:
        """The official name of a row."""
        return self.text[self.name_ends[row - 1] if row else 0 : self.name_ends[row]]

    def postcode(self, row: int) -> str:
        """Five digits, or "" where none is known."""
        value = self.postcodes[row]
        return str(value) if value else ""

    def below(self, code: str) -> range:
        """The rows of everything inside an area, at every depth; all rows for ""."""
        if not code:
            return range(len(self.numbers))
        row = self.find(code)
        if row < 0:
            return range(0)
        return range(row + 1, bisect_left(self.numbers, self.numbers[row] + _SPANS[len(code)], lo=row + 1))

    def level_rows(self, rows: range, length: int) -> Iterator[int]:
        """The rows among `rows` whose codes have this length."""
        span, above = _SPANS[length], 100 * _SPANS[length] if length < 13 else 10**4
        numbers = self.numbers
        return (row for row in rows if not numbers[row] % span and numbers[row] % above)

    def was_postcode_of(self, postcode: int, row: int) -> bool:
        """Whether an older table gives the village this postcode."""
        wanted = self.numbers[row] * 100_000 + postcode
        at = bisect_left(self.former_postcodes, wanted)
        return at < len(self.former_postcodes) and self.former_postcodes[at] == wanted


def _rows(packed: bytes) -> Iterator[list[str]]:
    rows = csv.reader(io.TextIOWrapper(gzip.GzipFile(fileobj=io.BytesIO(packed)), "utf-8", newline=""))
    next(rows)
    return rows


def read_tables(villages: bytes, former_postcodes: array[int]) -> Tables:
    """Reads villages.csv.gz."""
    numbers, lat, lon = array("q"), array("d"), array("d")
    name_ends, postcodes, radii = array("L"), array("L"), array("L")
    text = io.StringIO()
    sources: list[str] = []
    end = 0
    rows = _rows(villages)
    # In slices of a few thousand rows: as fast as whole columns, without holding seven strings for each row.
    while chunk := list(islice(rows, 4096)):
        code, name, north, east, postcode, radius, source = zip(*chunk, strict=True)
        numbers.extend(map(number_of, code))
        text.writelines(name)
        for one in name:
            end += len(one)
            name_ends.append(end)
        lat.extend(map(float, north))
        lon.extend(map(float, east))
        postcodes.extend(int(value or 0) for value in postcode)
        radii.extend(map(int, radius))
        sources.append("".join(source))
    return Tables(
        numbers, text.getvalue(), name_ends, lat, lon, postcodes, radii, "".join(sources), former_postcodes
    )


def read_aliases(aliases: bytes) -> tuple[tuple[RegionAlias, ...], array[int]]:
    """(other names, former postcodes as code number × 100,000 + postcode, sorted)."""
    named: dict[RegionAlias, None] = {}
    former: list[int] = []
    for code, kind, value, parent, _year in _rows(aliases):
        if kind == "postcode":
            former.append(number_of(code) * 100_000 + int(value))
        else:
            named[RegionAlias(code, value, parent)] = None
    return tuple(named), array("q", sorted(former))
