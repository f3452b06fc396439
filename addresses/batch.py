"""Check a table of addresses row by row: dictionaries in, dictionaries out, and no row stops the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from addresses.outcome import AddressCheck, AddressInput
from addresses.resolver import Resolver

INPUT_COLUMNS: Final = (
    "alamat", "rt_rw", "dusun", "desa_kelurahan", "kecamatan", "kabupaten", "provinsi", "kode_pos",
)  # fmt: skip
OUTPUT_COLUMNS: Final = (
    "id", "verdict", "next_action", "village_code", "match_level", "confidence", "lat", "lon", "radius_m",
    "reasons", "alternatives",
)  # fmt: skip


def text_of(value: object) -> str:
    """A cell as text: numbers of workbooks lose their ".0", an empty cell is ""."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else str(value)


def input_of(row: Mapping[str, object]) -> AddressInput:
    """The address in a row that has any subset of the columns; other columns are ignored."""
    return AddressInput(**{column: text_of(row.get(column)) for column in INPUT_COLUMNS})


def output_of(identifier: str, check: AddressCheck) -> dict[str, str]:
    """One row of the result; several reasons or alternatives are separated by a blank."""
    point = check.geocode
    return {
        "id": identifier,
        "verdict": check.verdict.value,
        "next_action": check.next_action.value,
        "village_code": check.village_code,
        "match_level": check.match_level.value,
        "confidence": f"{check.confidence:.4f}",
        "lat": f"{point.lat:.6f}" if point else "",
        "lon": f"{point.lon:.6f}" if point else "",
        "radius_m": str(point.radius_m) if point else "",
        "reasons": " ".join(reason.value for reason in check.reasons),
        "alternatives": " ".join(f"{option.code}:{option.score}" for option in check.alternatives),
    }


def check_rows(resolver: Resolver, rows: Iterable[Mapping[str, object]]) -> Iterator[dict[str, str]]:
    """One result per row, in order; a row without `id` is known by its place, counted from 1."""
    for place, row in enumerate(rows, start=1):
        identifier = text_of(row.get("id")) or str(place)
        yield output_of(identifier, resolver.check(input_of(row)))
