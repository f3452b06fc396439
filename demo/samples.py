"""Make a workbook of printed cards from a seed, and the notes of what officers will find at the cards.

The workbook is what a printer's export looks like. The notes stand in for officers' eyes: which blanks are damaged,
and which village an unclear address really means where somebody at the desk could know it.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from addresses import gazetteer
from addresses.gazetteer import Region
from addresses.outcome import AddressInput
from demo.bekasi import (
    ORDINARY_WEIGHT,
    PUBLISHED,
    REGENCY,
    WEIGHTS,
    WITHDRAWN_RW,
    WITHDRAWN_VILLAGE,
    Shares,
)
from demo.people import People, Person
from demo.typist import Typist
from spreadsheets.writing import Column, write_xlsx

COLUMNS = (
    Column("No", 6, "number"), Column("NIK", 20), Column("No KK", 20), Column("Nama Lengkap", 28),
    Column("Alamat", 36), Column("RT/RW", 14), Column("Dusun", 14), Column("Desa/Kelurahan", 22),
    Column("Kecamatan", 20), Column("Kabupaten/Kota", 20), Column("Provinsi", 16), Column("Kode Pos", 10),
    Column("No HP", 16), Column("Tanggal Cetak", 14, "date"), Column("Nomor Blangko", 16),
)  # fmt: skip
DAMAGE = ("tulisan buram", "foto tercetak separuh", "blangko tergores")
PRINTED_OVER_DAYS = 60


@dataclass(frozen=True, slots=True)
class SampleCard:
    """One printed card of the sample, and what an officer will find."""

    person: Person
    address: AddressInput
    damage: str = ""
    village: str = ""  # what the desk knows; empty where nobody knows


def make_cards(*, shares: Shares, seed: int, today: date) -> list[SampleCard]:
    """Draw the cards in the order they were printed; a second print comes after its first."""
    random = Random(seed)  # noqa: S311 - a reproducible sample, not a secret
    regions = gazetteer.load()
    districts = regions.children(REGENCY)
    people = People(random=random, regency=REGENCY, districts=len(districts), today=today)
    typist = Typist(random=random, gazetteer=regions, regency_code=REGENCY)
    weights = [WEIGHTS.get(village.code[:8], ORDINARY_WEIGHT) for village in typist.villages]
    ordinary_count = shares.printed - shares.printed_twice - shares.withdrawn - shares.unclear
    villages = random.choices(typist.villages, weights, k=ordinary_count)
    ordinary = [_ordinary(random, people, typist, village) for village in villages]
    for index in random.sample(range(ordinary_count), shares.damaged):
        card = ordinary[index]
        ordinary[index] = SampleCard(card.person, card.address, random.choice(DAMAGE), card.village)
    sound = [card for card in ordinary if not card.damage]
    cards = [
        *ordinary,
        *_in_withdrawn_area(random, people, typist, shares.withdrawn),
        *(SampleCard(people.draw(), typist.hopelessly()) for _ in range(shares.unclear)),
    ]
    random.shuffle(cards)
    return _with_second_prints(random, cards, random.sample(sound, shares.printed_twice))


def _ordinary(random: Random, people: People, typist: Typist, village: Region) -> SampleCard:
    rw = random.randint(1, 24)
    if village.code == WITHDRAWN_VILLAGE and rw == WITHDRAWN_RW:
        rw += 1
    address = typist.as_people_do(village, rt=random.randint(1, 14), rw=rw)
    return SampleCard(people.draw(), address, village=village.code)


def _in_withdrawn_area(random: Random, people: People, typist: Typist, number: int) -> Iterator[SampleCard]:
    village = next(v for v in typist.villages if v.code == WITHDRAWN_VILLAGE)
    for _ in range(number):
        address = typist.well(village, rt=random.randint(1, 9), rw=WITHDRAWN_RW)
        yield SampleCard(people.draw(), address, village=village.code)


def _with_second_prints(
    random: Random, cards: list[SampleCard], twice: Sequence[SampleCard]
) -> list[SampleCard]:
    places = {id(card): place for place, card in enumerate(cards)}
    inserts = sorted(
        ((random.randint(places[id(card)] + 1, len(cards)), card) for card in twice),
        key=lambda insert: insert[0],
    )
    for shift, (place, card) in enumerate(inserts):
        cards.insert(place + shift, SampleCard(card.person, card.address, village=card.village))
    return cards


def serial_of(row: int) -> str:
    """Give the serial number of the blank card that the row was printed on."""
    return f"BK{row:08}"


def write_workbook(path: Path, *, cards: Sequence[SampleCard], last_print: date) -> None:
    """Write the printer's export: oldest print first."""
    first_print = last_print - timedelta(days=PRINTED_OVER_DAYS)

    def rows() -> Iterator[tuple[str | int | date, ...]]:
        for row, card in enumerate(cards, 1):
            typed = card.address
            printed_on = first_print + timedelta(days=row * PRINTED_OVER_DAYS // len(cards))
            yield (
                row, card.person.nik, card.person.kk, card.person.name, typed.alamat, typed.rt_rw, typed.dusun,
                typed.desa_kelurahan, typed.kecamatan, typed.kabupaten, typed.provinsi, typed.kode_pos,
                card.person.phone, printed_on, serial_of(row),
            )  # fmt: skip

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as output:
        write_xlsx(output, sheet="KTP dicetak", columns=COLUMNS, rows=rows())


def write_notes(path: Path, *, cards: Sequence[SampleCard]) -> None:
    """Write what officers will find: damage, and the village that a typed address means."""
    with path.open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output)
        writer.writerow(("nomor_blangko", "kerusakan", "kode_desa"))
        writer.writerows((serial_of(row), card.damage, card.village) for row, card in enumerate(cards, 1))


def notes_beside(workbook: Path) -> Path:
    """Say where the notes of a workbook are."""
    return workbook.with_suffix(".petugas.csv")


def make_sample(path: Path, *, cards: int, seed: int, today: date, last_print: date) -> Shares:
    """Write the workbook and its notes; give the fates it holds."""
    shares = PUBLISHED.scaled(cards)
    drawn = make_cards(shares=shares, seed=seed, today=today)
    write_workbook(path, cards=drawn, last_print=last_print)
    write_notes(notes_beside(path), cards=drawn)
    return shares
