"""The areas of Indonesia by code, name, former name, postcode and place: immutable, shared by all threads."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from addresses.names import CITY_WORDS, FILLER_WORDS, LEVEL_WORDS, key_of, plain
from addresses.outcome import Level

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
class RegionAlias:
    """Another name of a region. With `parent`, the district the village belonged to under that name."""

    code: str
    value: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The names below one parent: today's and former keys → codes, and the list the fuzzy search walks."""

    today: dict[str, tuple[str, ...]]
    former: dict[str, tuple[str, ...]]
    keys: list[str]
    codes: list[str]


@dataclass(frozen=True, slots=True)
class _Columns:
    """villages.csv.gz by columns, sorted by code: every parent stands right before its children."""

    codes: list[str]
    names: list[str]
    lat: array[float]
    lon: array[float]
    postcodes: list[str]
    radii: array[int]
    sources: str
    row_of: dict[str, int]

    def below(self, code: str) -> range:
        """The rows of everything inside an area, at every depth."""
        if not code:
            return range(len(self.codes))
        row = self.row_of.get(code)
        if row is None:
            return range(0)
        return range(row + 1, bisect_left(self.codes, code + "/", lo=row))


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
        columns: _Columns,
        aliases: tuple[RegionAlias, ...],
        former_postcodes: Mapping[str, str],
        version: str,
    ) -> None:
        self._columns = columns
        self._aliases = aliases
        self._former_postcodes = former_postcodes
        self.version = version
        self._own_postcodes: dict[str, str] = {}
        self._indexes: dict[tuple[str, Level], NameIndex] = {}
        self._district_postcodes: dict[str, frozenset[str]] = {}

    def with_overrides(
        self, *, postcodes: Mapping[str, str] | None = None, aliases: Iterable[RegionAlias] = ()
    ) -> Gazetteer:
        """A gazetteer that also knows the operators' postcodes (village code → postcode) and aliases.

        Rows of unknown codes are ignored. The big tables are shared, only the small indexes are made anew.
        """
        known = self._columns.row_of
        added = tuple(alias for alias in aliases if alias.code in known)
        own = {**self._own_postcodes, **{c: p for c, p in (postcodes or {}).items() if c in known}}
        if not added and own == self._own_postcodes:
            return self
        told = repr((sorted(own.items()), added)).encode()
        version = f"{self.version.partition('+')[0]}+{zlib.crc32(told):08x}"
        other = Gazetteer(self._columns, self._aliases + added, self._former_postcodes, version)
        other._own_postcodes = own
        return other

    def prepare(self) -> None:
        """Makes what nearly every check needs, so that the first one does not wait for it."""
        self.index("", Level.PROVINCE)
        self.index("", Level.REGENCY)
        _ = self._aliases_by_parent, self._moved, self._known_postcodes, self._all_former_postcodes

    # --- by code ------------------------------------------------------------------------------------------

    def __contains__(self, code: object) -> bool:
        return code in self._columns.row_of

    def region(self, code: str) -> Region | None:
        """The area of a code, or None."""
        row = self._columns.row_of.get(code)
        return None if row is None else self._region(row)

    def _region(self, row: int) -> Region:
        columns = self._columns
        code = columns.codes[row]
        return Region(
            code=code,
            name=columns.names[row],
            level=level_of(code),
            lat=columns.lat[row],
            lon=columns.lon[row],
            postcode=self._own_postcodes.get(code) or columns.postcodes[row],
            radius_m=columns.radii[row],
            point_source=columns.sources[row],
        )

    def name(self, code: str) -> str:
        """The official name of an area that exists."""
        return self._columns.names[self._columns.row_of[code]]

    def postcode(self, code: str) -> str:
        """The postcode of a village, or "" where none is known."""
        return self._own_postcodes.get(code) or self._columns.postcodes[self._columns.row_of[code]]

    def place(self, code: str) -> tuple[float, float, int, str]:
        """(lat, lon, radius in metres, point source) of an area that exists."""
        columns = self._columns
        row = columns.row_of[code]
        return columns.lat[row], columns.lon[row], columns.radii[row], columns.sources[row]

    def children(self, code: str = "") -> list[Region]:
        """The areas one level below, by code; the provinces for ""."""
        depth = code.count(".") + 1 if code else 0
        codes = self._columns.codes
        return [self._region(row) for row in self._columns.below(code) if codes[row].count(".") == depth]

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
        columns = self._columns
        length = CODE_LENGTHS[level]
        today: dict[str, tuple[str, ...]] = {}
        keys: list[str] = []
        key_codes: list[str] = []
        rows = columns.below(parent)
        for row in rows:
            code = columns.codes[row]
            if len(code) != length:
                continue
            for name in name_variants(columns.names[row]):
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

    @cached_property
    def _prefixes(self) -> tuple[list[str], list[str]]:
        """Sorted keys of every region with their codes, for `search`."""
        pairs = sorted(
            (name_key(name, level_of(code)), code)
            for code, name in zip(self._columns.codes, self._columns.names, strict=True)
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
            columns = self._columns
            inside = ((columns.codes[row], columns.names[row]) for row in columns.below(within))
            hits = [code for code, name in inside if name_key(name, level_of(code)).startswith(key)]
        else:
            keys, codes = self._prefixes
            hits = codes[bisect_left(keys, key) : bisect_left(keys, key + "\x7f")]
        wanted = [code for code in hits if level is None or level_of(code) is level]
        wanted.sort(key=lambda code: (code.count("."), self.name(code), code))
        return [self._region(self._columns.row_of[code]) for code in wanted[:limit]]

    def _search_children(self, level: Level | None, within: str | None, limit: int) -> list[Region]:
        regions = self.children(within or "")
        return [region for region in regions if level is None or region.level is level][:limit]

    # --- by postcode --------------------------------------------------------------------------------------

    @cached_property
    def _by_postcode(self) -> dict[str, tuple[str, ...]]:
        out: dict[str, list[str]] = defaultdict(list)
        for code, postcode in zip(self._columns.codes, self._columns.postcodes, strict=True):
            postcode = self._own_postcodes.get(code) or postcode
            if postcode:
                out[postcode].append(code)
        return _frozen(out)

    def villages_of_postcode(self, postcode: str) -> tuple[str, ...]:
        """Codes of the villages with this postcode: eight on average, sometimes in several districts."""
        return self._by_postcode.get(postcode, ())

    def was_postcode_of(self, postcode: str, code: str) -> bool:
        """Whether an older table gives the village this postcode."""
        return postcode in self._former_postcodes.get(code, "")

    def postcodes_of_district(self, district: str) -> frozenset[str]:
        """The postcodes of a district's villages."""
        found = self._district_postcodes.get(district)
        if found is None:
            codes = (self._columns.codes[row] for row in self._columns.below(district))
            found = self._district_postcodes[district] = frozenset(self.postcode(code) for code in codes)
        return found

    @cached_property
    def _all_former_postcodes(self) -> frozenset[str]:
        return frozenset(part for value in self._former_postcodes.values() for part in value.split())

    def is_postcode(self, postcode: str) -> bool:
        """Whether any table, today's or older, knows this postcode."""
        return postcode in self._known_postcodes or postcode in self._all_former_postcodes

    @cached_property
    def _known_postcodes(self) -> frozenset[str]:
        return frozenset(self._columns.postcodes).union(self._own_postcodes.values())

    # --- by place -----------------------------------------------------------------------------------------

    @cached_property
    def _cells(self) -> dict[tuple[int, int], list[int]]:
        cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        columns = self._columns
        for row, code in enumerate(columns.codes):
            if len(code) == 13 and columns.sources[row] != "D":
                cells[math.floor(columns.lat[row] * 10), math.floor(columns.lon[row] * 10)].append(row)
        return dict(cells)

    def nearest(self, lat: float, lon: float, *, limit: int = 5) -> list[tuple[Region, float]]:
        """The villages nearest to a point in degrees, with the distance in kilometres; empty far from any."""
        row, column = math.floor(lat * 10), math.floor(lon * 10)
        columns = self._columns
        for ring in (1, 2, 4, 8, 16):
            found = sorted(
                (distance_km(lat, lon, columns.lat[hit], columns.lon[hit]), hit)
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
    named, former = _read_aliases(aliases)
    version = f"{zlib.crc32(villages + aliases):08x}"
    return Gazetteer(_read_columns(villages), named, former, version)


def _rows(packed: bytes) -> Iterator[list[str]]:
    rows = csv.reader(io.TextIOWrapper(gzip.GzipFile(fileobj=io.BytesIO(packed)), "utf-8", newline=""))
    next(rows)
    return rows


def _read_columns(packed: bytes) -> _Columns:
    codes: list[str] = []
    names: list[str] = []
    postcodes: list[str] = []
    sources: list[str] = []
    lat, lon, radii = array("d"), array("d"), array("l")
    shared: dict[str, str] = {}
    rows = _rows(packed)
    # In slices of a few thousand rows: as fast as whole columns, without holding seven strings for each row.
    while chunk := list(islice(rows, 4096)):
        code, name, north, east, postcode, radius, source = zip(*chunk, strict=True)
        codes += code
        names += name
        lat.extend(map(float, north))
        lon.extend(map(float, east))
        postcodes += [shared.setdefault(value, value) for value in postcode]
        radii.extend(map(int, radius))
        sources += source
    row_of = {code: row for row, code in enumerate(codes)}
    return _Columns(codes, names, lat, lon, postcodes, radii, "".join(sources), row_of)


def _read_aliases(packed: bytes) -> tuple[tuple[RegionAlias, ...], dict[str, str]]:
    """(names, village code → former postcodes separated by spaces)."""
    named: dict[RegionAlias, None] = {}
    former: dict[str, str] = {}
    for code, kind, value, parent, _year in _rows(packed):
        if kind == "postcode":
            former[code] = f"{former[code]} {value}" if code in former else value
        else:
            named[RegionAlias(code, value, parent)] = None
    return tuple(named), former
