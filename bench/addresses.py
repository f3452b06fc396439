"""How often the address resolver is right, and how fast, beside lokal-id's `parse_alamat` in the same run.

`python -m bench.addresses [--data DIR]`. DIR (or the environment's ADDRESS_DATA) may hold `fields_dev.csv` and
`freetext_dev.csv`, real addresses with known villages; without them the cases come from the gazetteer alone.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from addresses.gazetteer import DATA, Gazetteer, distance_km, load
from addresses.names import ROMAN
from addresses.outcome import AddressCheck, AddressInput, Verdict
from addresses.resolver import Resolver

FIELDS = ("alamat", "rt_rw", "dusun", "desa_kelurahan", "kecamatan", "kabupaten", "provinsi", "kode_pos")
SEED = 20_260_101
SYNTHETIC_CASES = 6_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORT_WORDS = {
    "sungai": ("Sei", "Sui", "S."), "gunung": ("Gn",), "tanjung": ("Tj", "Tg"), "kampung": ("Kp",),
    "karang": ("Kr",), "krueng": ("Kr",), "bojong": ("Bj",), "banjar": ("Bj",), "pasar": ("Ps",),
    "pasir": ("Ps",), "pondok": ("Pd",), "padang": ("Pd",), "pulau": ("P.",), "lubuk": ("Lb",),
    "labuhan": ("Lb",), "bukit": ("Bkt",), "teluk": ("Tlk",), "simpang": ("Sp",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """An address and the code it truly means: of a village, or of a district."""

    address: AddressInput
    code: str
    district: str = ""
    point: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one set. Right and wrong are counted where the village is known, `judged` times."""

    cases: int
    judged: int
    right: int
    wrong: int
    wrong_deliverable: int
    deliverable: int
    district_right: int
    seconds: float

    def row(self, name: str) -> str:
        """One line of the table."""
        share = [100 * value / max(self.judged, 1) for value in (self.right, self.wrong)]
        given = 100 * self.wrong_deliverable / max(self.deliverable, 1)
        review = 100 - 100 * self.deliverable / max(self.cases, 1)
        rate = self.cases / self.seconds
        district = 100 * self.district_right / max(self.cases, 1)
        return (
            f"{name:<44}{self.cases:>7}{share[0]:>8.2f}{share[1]:>7.2f}{100 - sum(share):>8.2f}"
            f"{given:>9.3f}{review:>8.2f}{district:>9.2f}{rate:>10,.0f}"
        )


HEADER = (
    f"{'set':<44}{'cases':>7}{'right%':>8}{'wrong%':>7}{'none%':>8}{'wrong/D%':>9}{'review%':>8}"
    f"{'distr.%':>9}{'rows/s':>10}"
)


# --- cases ------------------------------------------------------------------------------------------------


def real_cases(path: Path) -> list[Case]:
    """Rows of a file of real addresses."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Case(
                AddressInput(**{field: row.get(field) or "" for field in FIELDS}),
                row["village_code"],
                row.get("kec_code") or row["village_code"][:8],
                (float(row["lat"]), float(row["lon"])) if row["lat"] else None,
            )
            for row in csv.DictReader(file)
        ]


class Synthesizer:
    """Makes cases of known truth from the gazetteer's own names."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.random = random.Random(SEED)
        self.villages = [
            village.code
            for province in gazetteer.children()
            for regency in gazetteer.children(province.code)
            for district in gazetteer.children(regency.code)
            for village in gazetteer.children(district.code)
        ]

    def sample(self, size: int = SYNTHETIC_CASES) -> list[str]:
        """Villages at random, the same in every run."""
        return self.random.sample(self.villages, size)

    def address(self, code: str, *, village: str | None = None, district: str | None = None) -> AddressInput:
        """A complete address in a village, whose names may be overridden."""
        name = self.gazetteer.name
        return AddressInput(
            alamat=f"Jl. Anggrek No. {self.random.randint(1, 99)}",
            rt_rw="001/002",
            desa_kelurahan=name(code) if village is None else village,
            kecamatan=name(code[:8]) if district is None else district,
            kabupaten=name(code[:5]),
            provinsi=name(code[:2]),
        )

    def mistype(self, name: str) -> str:
        """One letter left out, doubled by another, replaced or swapped with its neighbour."""
        places = [place for place, char in enumerate(name) if char.isalpha()]
        at = self.random.choice(places)
        kind = self.random.randrange(4)
        if kind == 0:
            return name[:at] + name[at + 1 :]
        if kind == 1:
            return name[:at] + self.random.choice(LETTERS) + name[at:]
        if kind == 2 and at + 1 < len(name) and name[at + 1].isalpha() and name[at] != name[at + 1]:
            return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        other = self.random.choice(LETTERS.replace(name[at].lower(), ""))
        return name[:at] + other + name[at + 1 :]

    def typing_errors(self, errors: int, *, in_district: bool) -> list[Case]:
        """Complete addresses with `errors` typing errors in the village (and one in the district)."""
        out: list[Case] = []
        for code in self.sample():
            village, district = self.gazetteer.name(code), self.gazetteer.name(code[:8])
            if sum(char.isalpha() for char in village) < 4:
                continue
            for _ in range(errors):
                village = self.mistype(village)
            if in_district:
                district = self.mistype(district)
            out.append(Case(self.address(code, village=village, district=district), code, code[:8]))
        return out

    def abbreviations(self) -> list[Case]:
        """Names with a word that people shorten."""
        out: list[Case] = []
        for code in self.villages:
            first, _, rest = self.gazetteer.name(code).partition(" ")
            if rest and first.lower() in SHORT_WORDS:
                short = self.random.choice(SHORT_WORDS[first.lower()])
                out.append(Case(self.address(code, village=f"{short} {rest}"), code, code[:8]))
        return self.random.sample(out, min(len(out), SYNTHETIC_CASES))

    def numerals(self) -> list[Case]:
        """Figures for roman numerals and words."""
        roman = {key.upper(): str(value) for key, value in ROMAN.items()}
        out: list[Case] = []
        for code in self.villages:
            words = self.gazetteer.name(code).split()
            if len(words) > 1 and words[-1] in roman:
                name = " ".join([*words[:-1], roman[words[-1]]])
                out.append(Case(self.address(code, village=name), code, code[:8]))
        return self.random.sample(out, min(len(out), SYNTHETIC_CASES))

    def former_names(self, kind: str) -> list[Case]:
        """Renamed or moved villages under their older name (and district), from the alias table."""
        out: list[Case] = []
        with gzip.open(DATA / "aliases.csv.gz", "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["kind"] == kind and row["code"].count(".") == 3:
                    district = self.gazetteer.name(row["parent"] or row["code"][:8])
                    address = self.address(row["code"], village=row["value"], district=district)
                    out.append(Case(address, row["code"], row["code"][:8]))
        return out

    def lines(self, *, with_fields: bool) -> list[Case]:
        """The whole address in one line, with or without fields for what lies above the village."""
        name = self.gazetteer.name
        out: list[Case] = []
        for code in self.sample(3_000):
            village, district, regency = name(code), name(code[:8]), name(code[:5])
            word = self.random.choice(("Kel. ", "Desa ", "", ""))
            line = f"Jl. Anggrek No. {self.random.randint(1, 99)} RT 01/02, {word}{village}"
            if with_fields:
                address = AddressInput(alamat=line, kecamatan=district, kabupaten=regency)
            else:
                address = AddressInput(alamat=f"{line}, Kec. {district}, {regency}")
            out.append(Case(address, code, code[:8]))
        return out


# --- measuring --------------------------------------------------------------------------------------------


def measure(cases: Sequence[Case], check: Callable[[AddressInput], tuple[str, str, bool]]) -> Score:
    """Runs `check` → (village code, code of the deepest area, deliverable) over the cases, timed."""
    started = time.process_time()  # of one core: what else runs on the machine does not count
    answers = [check(case.address) for case in cases]
    seconds = time.process_time() - started
    judged = right = wrong = wrong_deliverable = deliverable = district_right = 0
    for case, (village, deepest, accepted) in zip(cases, answers, strict=True):
        deliverable += accepted
        district_right += deepest[:8] == case.district
        if case.code:
            judged += 1
            right += village == case.code
            wrong += bool(village) and village != case.code
            wrong_deliverable += accepted and village != case.code
    return Score(len(cases), judged, right, wrong, wrong_deliverable, deliverable, district_right, seconds)


def ours(resolver: Resolver) -> Callable[[AddressInput], tuple[str, str, bool]]:
    """Our answer in the form `measure` compares."""

    def check(address: AddressInput) -> tuple[str, str, bool]:
        answer = resolver.check(address)
        return answer.village_code, answer.match_code, answer.verdict is Verdict.DELIVERABLE

    return check


def lokal(address: AddressInput) -> tuple[str, str, bool]:
    """lokal-id's answer: its village, where it has one; `high` counts as accepted."""
    from lokal.wilayah import parse_alamat

    parts = (address.alamat, address.desa_kelurahan, address.kecamatan, address.kabupaten, address.provinsi)
    text = ", ".join(part for part in (*parts, address.kode_pos) if part)
    answer = parse_alamat(text)
    code = answer.code or ""
    return code if len(code) == 13 else "", code, answer.confidence == "high"


def point_row(name: str, cases: Iterable[Case], answers: Iterable[AddressCheck]) -> str:
    """Distances from the given point to the real one, for villages that were found."""
    distances: list[float] = []
    held = 0
    for case, answer in zip(cases, answers, strict=True):
        if case.point and answer.geocode and answer.village_code == case.code:
            distance = distance_km(*case.point, answer.geocode.lat, answer.geocode.lon)
            distances.append(distance)
            held += distance * 1000 <= answer.geocode.radius_m
    distances.sort()
    ninety_fifth = distances[int(0.95 * (len(distances) - 1))]
    return (
        f"{name:<44}{len(distances):>7}  median {statistics.median(distances):.2f} km, "
        f"95 % within {ninety_fifth:.2f} km, radius holds {100 * held / len(distances):.1f} %"
    )


def start_row() -> str:
    """Start and memory of a fresh process that loads and answers one address of each kind."""
    program = (
        "import time, resource; t = time.process_time()\n"
        "from addresses.gazetteer import load\n"
        "from addresses.resolver import AddressInput, Resolver\n"
        "r = Resolver(load())\n"
        "r.check(AddressInput(alamat='Jl. Melati 5', desa_kelurahan='Karangasih', kecamatan='Cikarang Utara',"
        " kabupaten='Kab. Bekasi'))\n"
        "print(f'{time.process_time() - t:.2f} s, '"
        " f'{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return f"start to first answer: {done.stdout.strip()}"


def make_sets(gazetteer: Gazetteer, data: Path) -> dict[str, list[Case]]:
    """The sets of the table by name; real ones where the folder has their files."""
    made = Synthesizer(gazetteer)
    sets: dict[str, list[Case]] = {}
    for name, file in (("real, fields", "fields_dev.csv"), ("real, line + fields", "freetext_dev.csv")):
        if (data / file).is_file():
            sets[name] = real_cases(data / file)
    if "real, line + fields" in sets:
        named = [case for case in sets["real, line + fields"] if case.code]
        sets["real, line names the village"] = named
    sets |= {
        "made, complete": [Case(made.address(code), code, code[:8]) for code in made.sample()],
        "made, former names": made.former_names("name"),
        "made, former districts": made.former_names("moved"),
        "made, one typing error": made.typing_errors(1, in_district=False),
        "made, one error in village and district": made.typing_errors(1, in_district=True),
        "made, two typing errors": made.typing_errors(2, in_district=False),
        "made, abbreviations": made.abbreviations(),
        "made, figures for numerals": made.numerals(),
        "made, line + district + regency": made.lines(with_fields=True),
        "made, line alone": made.lines(with_fields=False),
    }
    return sets


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ADDRESS_DATA", "") or "."))
    parser.add_argument("--peer-sample", type=int, default=150, help="cases of each set given to lokal-id")
    options = parser.parse_args()
    print(start_row())
    gazetteer = load()
    resolver = Resolver(gazetteer)
    sets = make_sets(gazetteer, options.data)
    print(HEADER)
    sampler = random.Random(SEED)
    lokal(AddressInput(alamat="Karangasih, Cikarang Utara, Bekasi"))  # its tables load outside the measuring
    resolver.check(AddressInput(alamat="Jl. A, Karangasih, Cikarang Utara, Bekasi"))
    for name, cases in sets.items():
        print(measure(cases, ours(resolver)).row(name), flush=True)
        sample = sampler.sample(cases, min(len(cases), options.peer_sample))
        if sample:
            print(measure(sample, lokal).row("    lokal-id"), flush=True)
    for name, cases in sets.items():
        if name.startswith("real") and name != "real, line + fields":
            print(point_row(f"point, {name}", cases, [resolver.check(case.address) for case in cases]))
    print(
        f"memory of this run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB (lokal-id included)"
    )


if __name__ == "__main__":
    main()
