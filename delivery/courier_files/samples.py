"""Write sample status files as a post office sends them: daily, cumulative, shuffled, in two layouts, with flaws."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from delivery.courier_files.fates import DAYS_IN_A_FILE, Fates, SampleItem, Scan
from shipments.numbers import s10
from spreadsheets.cells import Cell
from spreadsheets.writing import Column, write_xlsx

# Below this, every file repeats all of its office's rows so far; above it, only the last days'.
CUMULATIVE_ROWS = 60_000

FULL = (
    "No", "Nomor Resi", "Kantong", "R7", "Layanan", "Tgl Kirim", "Nama Pengirim", "Telp Pengirim", "Nama Penerima",
    "Alamat Penerima", "Telp Penerima", "Status Akhir", "Keterangan", "Tgl Status", "Posisi Akhir", "Petugas", "Foto",
    "Koordinat",
)  # fmt: skip
COMPACT = ("No Kiriman", "Status", "Keterangan", "Tanggal Update", "Kantor")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
_UNKNOWN_TEXTS = ("DITITIP POS RONDA", "PROSES X-RAY ULANG", "TERTAHAN DI AGEN", "SERAH TERIMA KOLEKTIF RT")
_FLAWED = 0.012  # share of rows beside which a flawed one stands
_PEOPLE = ("Warga Contoh", "Penduduk Contoh", "Contoh Sekeluarga")


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file that was written."""

    path: Path
    office_code: str
    day: date
    rows: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A scan as it is written: its number and date as cells."""

    number: Cell
    date: Cell
    scan: Scan


def write_sample_files(
    *, items: Sequence[SampleItem], seed: int, output: Path, first_day: date, days: int, undeliverable: int
) -> Iterator[SampleFile]:
    """Write the files of all post offices day by day. Exactly `undeliverable` items come back."""
    fates = Fates(items=items, seed=seed, first_day=first_day, days=days, undeliverable=undeliverable)
    told: dict[str, dict[int, list[Scan]]] = defaultdict(lambda: defaultdict(list))
    rows = 0
    for scan in fates.scans():
        told[scan.item.office_code][scan.told_on].append(scan)
        rows += days - scan.told_on
    window = days if rows <= CUMULATIVE_ROWS else DAYS_IN_A_FILE
    for place, (office_code, by_day) in enumerate(sorted(told.items())):
        for day in range(days):
            scans = [
                scan for past in range(max(0, day - window + 1), day + 1) for scan in by_day.get(past, ())
            ]
            if not scans:
                continue
            random = Random(f"{seed}/{office_code}/{day}")  # noqa: S311 - a sample, no secret
            layout = FULL if (day + place) % 2 == 0 else COMPACT
            on = first_day + timedelta(days=day)
            path = output / f"{on:%Y%m%d}-{office_code}.xlsx"
            yield SampleFile(path, office_code, on, _write(path, layout, scans, random, on))


def _write(path: Path, layout: Sequence[str], scans: list[Scan], random: Random, on: date) -> int:
    random.shuffle(scans)
    rows = (_cells(layout, number, row, random) for number, row in enumerate(_with_flaws(scans, random), 1))
    name = scans[0].item.office_name
    titles = ("PT POS INDONESIA (PERSERO)", f"LAPORAN STATUS KIRIMAN {name.upper()} {on:%d/%m/%Y}")
    with path.open("wb") as file:
        return write_xlsx(
            file,
            sheet="Status",
            # number cells stay numbers and dates stay dates; texts are written as texts in any column
            columns=[Column(title, kind="date" if title.startswith("T") else "number") for title in layout],
            rows=rows,
            title_rows=titles if layout is FULL else (),
        )


def _with_flaws(scans: list[Scan], random: Random) -> Iterable[_Row]:
    """Give the rows as they should be, and here and there another one as it should not."""
    for scan in scans:
        row = _Row(_number(scan.item, random), _written(scan.at, random), scan)
        yield row
        if random.random() >= _FLAWED:
            continue
        flaw = random.randrange(7)
        if flaw == 0:
            yield row  # twice
        elif flaw == 1:
            yield replace(row, number=s10(service_indicator="RZ", serial=random.randrange(10**8)))  # not ours
        elif flaw == 2:
            yield replace(row, number=float(random.randrange(10**10, 10**11)))  # an older number, not ours
        elif flaw == 3:
            yield replace(row, scan=replace(scan, status=random.choice(_UNKNOWN_TEXTS), remark=""))
        elif flaw == 4:
            yield replace(row, number=random.choice(("1.23457E+13", _misread(scan.item.number))))
        elif flaw == 5:
            yield replace(row, date=random.choice(("31/02/2020", "kemarin", "", "99/99/9999")))
        else:
            yield replace(row, date=f"{scan.at:%d/%m}/2098")


def _number(item: SampleItem, random: Random) -> Cell:
    chance = random.random()
    if not item.number:
        return item.reference
    if item.number.isdecimal():
        return float(item.number) if chance < 0.5 else item.number
    if chance < 0.02:
        return item.reference
    if chance < 0.04:
        return f"{item.number[:2]} {item.number[2:-2]} {item.number[-2:]}".lower()
    return item.number


def _misread(number: str) -> str:
    """Change one digit, so that the check digit is wrong."""
    place = next((at for at in range(len(number) // 2, len(number)) if number[at].isdecimal()), None)
    return (
        number if place is None else f"{number[:place]}{(int(number[place]) + 1) % 10}{number[place + 1 :]}"
    )


def _cells(layout: Sequence[str], line: int, row: _Row, random: Random) -> Sequence[Cell]:
    scan = row.scan
    if layout is COMPACT:
        return row.number, scan.status, scan.remark, row.date, scan.place
    person = random.randrange(1_000)
    sent = scan.item.handed_over_at
    return (
        line, row.number, f"PID{person:08}", "R7", "KIRIMAN KHUSUS", f"{sent:%d/%m/%Y}", "DINAS CONTOH", "021000000",
        f"{random.choice(_PEOPLE)} {person}", f"Jl. Contoh No. {person}", f"0800000{person:04}", scan.status,
        scan.remark, row.date, scan.place, f"Petugas {person % 20}", f"https://foto.invalid/{person}.jpg",
        "-6.25,107.05",
    )  # fmt: skip


def _written(at: datetime, random: Random) -> Cell:
    """Write a moment in one of the ways that offices do."""
    chance = random.random()
    if chance < 0.4:
        return f"{at:%d/%m/%Y %H:%M}"
    if chance < 0.6:
        return f"{at:%Y-%m-%d %H:%M:%S}"
    if chance < 0.75:
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H.%M}"
    return at
