"""The areas of Indonesia by code, name, former name, postcode and place: immutable, shared by all threads."""

from __future__ import annotations

import math
import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from addresses.names import CITY_WORDS, FILLER_WORDS, LEVEL_WORDS, key_of, plain
from addresses.outcome import Level
from addresses.tables import RegionAlias, Tables, read_aliases, read_tables

__all__ = ["Gazetteer", "NameIndex", "Region", "RegionAlias", "load"]

DATA: Final = Path(__file__).parent / "data"
LEVELS: Final = (Level.PROVINCE, Level.REGENCY, Level.DISTRICT, Level.VILLAGE)

CODE_LENGTHS: Final = {Level.PROVINCE: 2, Level.REGENCY: 5, Level.DISTRICT: 8, Level.VILLAGE: 13}
_LEVEL_BY_LENGTH: Final = {length: level for level, length in CODE_LENGTHS.items()}


def level_of(code: str) -> Level:
    """The level a dotted Kemendagri code belongs to."""
    return _LEVEL_BY_LENGTH[len(code)]


def is_city(code: str) -> bool:
    """Kota have regency numbers from 71 on; kabupaten have those below."""
    return code[3:5] >= "71"


@dataclass(frozen=True, slots=True)
class Region:
    """An area with its point in degrees. `point_source` says whose point it is.

    B, N, G: the village's own, from both or one of the sources in data/README.md; D: only its district's;
    M: the middle of the area's villages.
    """

    code: str
    name: str
    level: Level
    lat: float
    lon: float
    postcode: str
    radius_m: int
    point_source: str


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The names below one parent: today's and former keys → codes, and the list the fuzzy search walks."""

    today: dict[str, tuple[str, ...]]
    former: dict[str, tuple[str, ...]]
    keys: list[str]
    codes: list[str]


def name_variants(name: str) -> Iterator[str]:
    """The ways a name is read: "Cemaga Selatan (Setengar)", "Mantehage/Buhias" are two names each."""
    yield name
    if "(" in name:
        before, _, rest = name.partition("(")
        inside, _, after = rest.partition(")")
        yield f"{before} {after}"
        if len(inside) > 3:
            yield inside
    elif "/" in name:
        parts = [part.strip() for part in name.split("/")]
        if all(len(part) > 3 for part in parts):
            yield from parts


class Gazetteer:
    """Looks areas up. Build it with `load()`; indexes of each parent are made when first asked for."""

    def __init__(
        self,
        tables: Tables,
        aliases: tuple[RegionAlias, ...],
        version: str,
    ) -> None:
        self._tables = tables
        self._aliases = aliases
        self.version = version
        self._own_postcodes: dict[str, str] = {}
        self._indexes: dict[tuple[str, Level], NameIndex] = {}
        self._parent_names: dict[str, str] = {}
        self._district_postcodes: dict[str, frozenset[str]] = {}

    def with_overrides(
        self, *, postcodes: Mapping[str, str] | None = None, aliases: Iterable[RegionAlias] = ()
    ) -> Gazetteer:
        """A gazetteer that also knows the operators' postcodes (village code → postcode) and aliases.

        Rows of unknown codes are ignored. The big tables are shared, only the small indexes are made anew.
        """
        added = tuple(alias for alias in aliases if alias.code in self)
        own = {**self._own_postcodes, **{c: p for c, p in (postcodes or {}).items() if c in self}}
        if not added and own == self._own_postcodes:
            return self
        told = repr((sorted(own.items()), added)).encode()
        version = f"{self.version.partition('+')[0]}+{zlib.crc32(told):08x}"
        other = Gazetteer(self._tables, self._aliases + added, version)
        other._own_postcodes = own
        return other

    def prepare(self) -> None:
        """Makes what nearly every check needs, so that the first one does not wait for it."""
        self.index("", Level.PROVINCE)
        self.index("", Level.REGENCY)
        _ = self._aliases_by_parent, self._moved, self._known_postcodes

    # --- by code ------------------------------------------------------------------------------------------

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and self._tables.find(code) >= 0

    def region(self, code: str) -> Region | None:
        """The area of a code, or None."""
        row = self._tables.find(code)
        return None if row < 0 else self._region(row)

    def _region(self, row: int) -> Region:
        tables = self._tables
        code = tables.code(row)
        return Region(
            code=code,
            name=tables.name(row),
            level=level_of(code),
            lat=tables.lat[row],
            lon=tables.lon[row],
            postcode=self._own_postcodes.get(code) or tables.postcode(row),
            radius_m=tables.radii[row],
            point_source=tables.sources[row],
        )

    def name(self, code: str) -> str:
        """The official name of an area that exists."""
        name = self._parent_names.get(code)
        if name is None:
            name = self._tables.name(self._tables.row(code))
            if len(code) < CODE_LENGTHS[Level.VILLAGE]:
                self._parent_names[code] = name
        return name

    def postcode(self, code: str) -> str:
        """The postcode of a village, or "" where none is known."""
        return self._own_postcodes.get(code) or self._tables.postcode(self._tables.row(code))

    def place(self, code: str) -> tuple[float, float, int, str]:
        """(lat, lon, radius in metres, point source) of an area that exists."""
        tables = self._tables
        row = tables.row(code)
        return tables.lat[row], tables.lon[row], tables.radii[row], tables.sources[row]

    def children(self, code: str = "") -> list[Region]:
        """The areas one level below, by code; the provinces for ""."""
        depth = code.count(".") + 1 if code else 0
        if depth == len(LEVELS):
            return []
        tables = self._tables
        rows = tables.level_rows(tables.below(code), CODE_LENGTHS[LEVELS[depth]])
        return [self._region(row) for row in rows]

    def path(self, code: str) -> list[Region]:
        """Province, regency, district, village, down to the code; empty when the code is unknown."""
        parts = code.split(".")
        regions = [self.region(".".join(parts[:depth])) for depth in range(1, len(parts) + 1)]
        return [region for region in regions if region is not None] if code in self else []

    # --- by name ------------------------------------------------------------------------------------------

    def index(self, parent: str, level: Level) -> NameIndex:
        """The names of all areas of `level` inside `parent` ("" is the whole country)."""
        found = self._indexes.get((parent, level))
        if found is None:
            found = self._indexes[parent, level] = self._build_index(parent, level)
        return found

    def _build_index(self, parent: str, level: Level) -> NameIndex:
        tables = self._tables
        length = CODE_LENGTHS[level]
        today: dict[str, tuple[str, ...]] = {}
        keys: list[str] = []
        key_codes: list[str] = []
        for row in tables.level_rows(tables.below(parent), length):
            code = tables.code(row)
            for name in name_variants(tables.name(row)):
                key = name_key(name, level)
                if key and code not in (same := today.get(key, ())):
                    today[key] = (*same, code)
                    keys.append(key)
                    key_codes.append(code)
        former: dict[str, tuple[str, ...]] = {}
        for alias in self._aliases_by_parent.get(parent, ()):
            if len(alias.code) != length:
                continue
            for name in name_variants(alias.value):
                key = name_key(name, level)
                same = former.get(key, ())
                if key and alias.code not in same and alias.code not in today.get(key, ()):
                    former[key] = (*same, alias.code)
        return NameIndex(today, former, keys, key_codes)

    @cached_property
    def _aliases_by_parent(self) -> dict[str, list[RegionAlias]]:
        """Other names by every area above the one they mean."""
        groups: dict[str, list[RegionAlias]] = defaultdict(list)
        for alias in self._aliases:
            if not alias.parent:
                for length in (0, 2, 5, 8):
                    if length < len(alias.code):
                        groups[alias.code[:length]].append(alias)
        return dict(groups)

    @cached_property
    def _moved(self) -> dict[str, dict[str, tuple[str, ...]]]:
        out: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for alias in self._aliases:
            if alias.parent:
                key = name_key(alias.value, Level.VILLAGE)
                if alias.code not in out[alias.parent][key]:
                    out[alias.parent][key].append(alias.code)
        return {parent: _frozen(keys) for parent, keys in out.items()}

    def moved_from(self, district: str, key: str) -> tuple[str, ...]:
        """Villages that once belonged to `district` under the name of this key, and now belong to another."""
        return self._moved.get(district, {}).get(key, ())

    def villages_named(self, name: str, parent: str) -> tuple[str, ...]:
        """Codes of the villages inside `parent` that bear the name today."""
        return self.index(parent, Level.VILLAGE).today.get(name_key(name, Level.VILLAGE), ())

    def regencies_named(self, name: str) -> tuple[str, ...]:
        """Codes of kabupaten and kota of that name, today's or former, without the level word."""
        index = self.index("", Level.REGENCY)
        key = key_of(name)
        return index.today.get(key, ()) or index.former.get(key, ())

    def _names(self, rows: range) -> Iterator[tuple[str, str]]:
        """(code, name) of rows."""
        tables = self._tables
        return ((tables.code(row), tables.name(row)) for row in rows)

    @cached_property
    def _prefixes(self) -> tuple[list[str], list[str]]:
        """Sorted keys of every region with their codes, for `search`."""
        pairs = sorted(
            (name_key(name, level_of(code)), code) for code, name in self._names(self._tables.below(""))
        )
        return [key for key, _ in pairs], [code for _, code in pairs]

    def search(
        self, prefix: str, *, level: Level | None = None, within: str | None = None, limit: int = 20
    ) -> list[Region]:
        """Areas whose name begins with `prefix`, larger areas first, then by name; for lists in forms."""
        key = key_of(prefix)
        if not key:
            return self._search_children(level, within, limit)
        if within:
            inside = self._names(self._tables.below(within))
            hits = [code for code, name in inside if name_key(name, level_of(code)).startswith(key)]
        else:
            keys, codes = self._prefixes
            hits = codes[bisect_left(keys, key) : bisect_left(keys, key + "\x7f")]
        wanted = [code for code in hits if level is None or level_of(code) is level]
        wanted.sort(key=lambda code: (code.count("."), self.name(code), code))
        return [self._region(self._tables.row(code)) for code in wanted[:limit]]

    def _search_children(self, level: Level | None, within: str | None, limit: int) -> list[Region]:
        regions = self.children(within or "")
        return [region for region in regions if level is None or region.level is level][:limit]

    # --- by postcode --------------------------------------------------------------------------------------

    @cached_property
    def _by_postcode(self) -> dict[str, tuple[str, ...]]:
        out: dict[str, list[str]] = defaultdict(list)
        tables = self._tables
        for row in tables.level_rows(tables.below(""), CODE_LENGTHS[Level.VILLAGE]):
            code = tables.code(row)
            out[self._own_postcodes.get(code) or tables.postcode(row)].append(code)
        out.pop("", None)
        return _frozen(out)

    def villages_of_postcode(self, postcode: str) -> tuple[str, ...]:
        """Codes of the villages with this postcode: eight on average, sometimes in several districts."""
        return self._by_postcode.get(postcode, ())

    def was_postcode_of(self, postcode: str, code: str) -> bool:
        """Whether an older table gives the village this postcode."""
        return is_five_digits(postcode) and self._tables.was_postcode_of(
            int(postcode), self._tables.row(code)
        )

    def postcodes_of_district(self, district: str) -> frozenset[str]:
        """The postcodes of a district's villages."""
        found = self._district_postcodes.get(district)
        if found is None:
            codes = (self._tables.code(row) for row in self._tables.below(district))
            found = self._district_postcodes[district] = frozenset(self.postcode(code) for code in codes)
        return found

    @cached_property
    def _known_postcodes(self) -> frozenset[int]:
        former = (value % 100_000 for value in self._tables.former_postcodes)
        own = (int(value) for value in self._own_postcodes.values() if is_five_digits(value))
        return frozenset(self._tables.postcodes).union(former, own)

    def is_postcode(self, postcode: str) -> bool:
        """Whether any table, today's or older, knows this postcode."""
        return is_five_digits(postcode) and int(postcode) in self._known_postcodes

    # --- by place -----------------------------------------------------------------------------------------

    @cached_property
    def _cells(self) -> dict[tuple[int, int], list[int]]:
        cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        tables = self._tables
        for row in tables.level_rows(tables.below(""), CODE_LENGTHS[Level.VILLAGE]):
            if tables.sources[row] != "D":
                cells[math.floor(tables.lat[row] * 10), math.floor(tables.lon[row] * 10)].append(row)
        return dict(cells)

    def nearest(self, lat: float, lon: float, *, limit: int = 5) -> list[tuple[Region, float]]:
        """The villages nearest to a point in degrees, with the distance in kilometres; empty far from any."""
        row, column = math.floor(lat * 10), math.floor(lon * 10)
        tables = self._tables
        for ring in (1, 2, 4, 8, 16):
            found = sorted(
                (distance_km(lat, lon, tables.lat[hit], tables.lon[hit]), hit)
                for dy in range(-ring, ring + 1)
                for dx in range(-ring, ring + 1)
                for hit in self._cells.get((row + dy, column + dx), ())
            )
            # Cells of this ring reach ring × 11 km: what lies nearer than that cannot be beaten from outside.
            near = [(distance, hit) for distance, hit in found if distance <= ring * 10.9]
            if len(near) >= limit or ring == 16:
                return [(self._region(hit), round(distance, 3)) for distance, hit in found[:limit]]
        return []


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres between two near points; on a plane, exact to 0.1 % below 100 km at these latitudes."""
    x = math.radians(lon2 - lon1) * math.cos(math.radians((lat1 + lat2) / 2))
    return 6371.0 * math.hypot(x, math.radians(lat2 - lat1))


def name_key(name: str, level: Level) -> str:
    """The key of an official name at its level: regencies and provinces lose their level word."""
    if level is Level.REGENCY and " " in name:
        words = plain(name).split()
        if len(words) > 1 and words[0] in LEVEL_WORDS["regency"]:
            words = words[1:]
        return key_of(" ".join(word for word in words if word not in FILLER_WORDS))
    return key_of(name)


def is_five_digits(text: str) -> bool:
    """Indonesian postcodes have five digits and never begin with zero."""
    return len(text) == 5 and text.isascii() and text.isdecimal() and text[0] != "0"


def city_or_regency(text: str) -> bool | None:
    """True when the text says kota, False when it says kabupaten, None when it says neither."""
    first = plain(text).partition(" ")[0]
    if first in CITY_WORDS:
        return True
    return False if first in LEVEL_WORDS["regency"] else None


def _frozen(index: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(codes) for key, codes in index.items() if codes}


@lru_cache(maxsize=2)
def load(folder: Path = DATA) -> Gazetteer:
    """The shipped gazetteer. Takes about a quarter of a second once; later calls give the same object."""
    villages, aliases = (folder / "villages.csv.gz").read_bytes(), (folder / "aliases.csv.gz").read_bytes()
    named, former_postcodes = read_aliases(aliases)
    version = f"{zlib.crc32(villages + aliases):08x}"
    return Gazetteer(read_tables(villages, former_postcodes), named, version)
