"""Measure intake, batching, numbering, labels and lists of many cards.

`python -m bench.shipments [--cards 130000] [--db sqlite|postgres]`. A database of its own is made and dropped:
a file in a temporary folder, or one beside the database that DATABASE_URL names on a PostgreSQL server.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

POSTGRES = "postgres://postgres@127.0.0.1:5432/bench"
REGENCY = "32.16"
SEED = 2020
VILLAGE_SHARE_PER_OFFICE = 3  # districts that one post office serves
# Seconds for 130,000 cards on two quiet cores.
AIMS = {
    "sqlite": {"intake": 20.0, "forecast": 4.0, "batch + number": 12.0},
    "postgres": {"intake": 30.0, "forecast": 4.0, "batch + number": 20.0},
}
AIM_CARDS = 130_000
NOW = dt.datetime(2020, 5, 4, 2, 0, tzinfo=dt.UTC)
TITLES = (
    "NIK", "Nama Lengkap", "Tanggal Cetak", "Alamat", "RT/RW", "Desa/Kelurahan", "Kecamatan", "Kabupaten/Kota",
    "Provinsi", "Kode Pos", "No KK", "No HP",
)  # fmt: skip


def main() -> None:
    """Run every step once; print its time by the clock and of this process, its rate, and the peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=AIM_CARDS)
    parser.add_argument("--db", choices=["sqlite", "postgres"], default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _set_up(options.db, Path(folder))
        sheet = Path(folder) / "cards.xlsx"
        _write_sheet(sheet, options.cards)
        from django.db import connection

        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        original = str(connection.settings_dict["NAME"])
        try:
            _run(options.cards, options.db, sheet)
        finally:
            connection.creation.destroy_test_db(original, verbosity=0)


def _set_up(database: str, folder: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["ANTARKTP_VAR_DIR"] = str(folder)
    if database == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'unused.sqlite3'}"
    elif not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        os.environ["DATABASE_URL"] = POSTGRES
    import django

    django.setup()
    from django.conf import settings

    if database == "sqlite":
        settings.DATABASES["default"]["TEST"]["NAME"] = str(folder / "bench.sqlite3")


def _write_sheet(path: Path, cards: int) -> None:
    from addresses.gazetteer import load
    from spreadsheets.writing import Column, write_xlsx

    known, chance = load(), random.Random(SEED)
    villages = [
        (village.name.upper(), district.name, village.postcode)
        for district in known.children(REGENCY)
        for village in known.children(district.code)
    ]

    def rows() -> Iterator[tuple[str | dt.date, ...]]:
        for place in range(cards):
            village, district, postcode = chance.choice(villages)
            day, month, year, serial = (
                place % 28 + 1,
                place // 28 % 12 + 1,
                place // 336 % 60 + 40,
                place // 20_160 + 1,
            )
            nik = f"321606{day:02}{month:02}{year:02}{serial:04}"
            yield (
                nik, f"Warga Contoh {place}", dt.date(2019, 6, 1) + dt.timedelta(days=place // 600),
                f"Jl. Melati Gg. {chance.randint(1, 9)} No. {chance.randint(1, 99)}",
                f"{chance.randint(1, 12):03}/{chance.randint(1, 20):03}", village, district, "Kab. Bekasi",
                "Jawa Barat", postcode, nik[:-4] + "0001", f"0812{place:08}",
            )  # fmt: skip

    columns = [Column(title, kind="date" if title == "Tanggal Cetak" else "text") for title in TITLES]
    with path.open("wb") as output:
        write_xlsx(output, sheet="Kartu", columns=columns, rows=rows())


def _run(cards: int, database: str, sheet: Path) -> None:
    from shipments.backlog import fill_backlog
    from shipments.batching import batch_backlog, close_shipment
    from shipments.cards import import_cards
    from shipments.labelling import print_manifest, print_shipment_labels
    from shipments.models import Shipment
    from shipments.numbering import add_s10_block

    office_id = _offices()
    add_s10_block(
        office_id=office_id, service_indicator="RR", first_serial=0, last_serial=cards, on=NOW.date()
    )
    print(f"{cards:,} cards, {database}, Python {sys.version.split()[0]}")
    aims = AIMS[database]
    _measure(
        "intake",
        cards,
        lambda: (
            import_cards(path=sheet, name="cards.xlsx", office_id=office_id, actor_id=None, at=NOW).outcomes
        ),
        aims,
    )
    _measure("fill the backlog", cards, lambda: fill_backlog(office_id=office_id, at=NOW), aims)
    _measure("forecast", cards, lambda: _forecast(office_id), aims)
    _measure(
        "batch + number",
        cards,
        lambda: batch_backlog(office_id=office_id, on=NOW.date(), actor_id=None, at=NOW).items,
        aims,
    )
    shipments = list(Shipment.objects.order_by("pk").values_list("pk", flat=True))

    def close_all() -> int:
        return sum(close_shipment(shipment_id=pk, actor_id=None, at=NOW).item_count for pk in shipments)

    def label_all() -> int:
        with open(os.devnull, "wb") as output:
            return sum(
                print_shipment_labels(
                    shipment_id=pk, format="roll-100x150", output=output, actor_id=None, at=NOW
                )
                for pk in shipments
            )

    def list_all() -> int:
        return sum(
            print_manifest(shipment_id=pk, format="xlsx", output=io.BytesIO(), actor_id=None, at=NOW)
            for pk in shipments
        )

    _measure("close (lists hashed)", cards, close_all, aims)
    _measure("labels 100 × 150, PDF", cards, label_all, aims)
    _measure("dispatch lists, XLSX", cards, list_all, aims)


def _forecast(office_id: int) -> str:
    """Forecast the queue while each post office takes 500 a day, by card and by office."""
    from offices.models import Office
    from shipments.forecasting import forecast

    post_offices = Office.objects.filter(kind=Office.Kind.POST_OFFICE)
    post_offices.update(items_per_day=500)
    made = forecast(office_id=office_id, on=NOW.date())
    dated = sum(card.on is not None for card in made.by_card())
    told = f"{dated} dated, {len(made.by_office())} post offices, until {made.last_on}"
    post_offices.update(items_per_day=None)
    return told


def _offices() -> int:
    from addresses.gazetteer import load
    from offices.models import AreaServed, Office, Service

    office = Office.objects.create(
        code="3216",
        name="Disdukcapil",
        kind=Office.Kind.REGISTRY,
        region_code=REGENCY,
        address="Jl. Contoh 1\nBekasi",
    )
    post_office = None
    for place, district in enumerate(load().children(REGENCY)):
        if post_office is None or place % VILLAGE_SHARE_PER_OFFICE == 0:
            post_office = Office.objects.create(
                code=f"17{place:03}", name=f"Kantor Pos {district.name}", kind=Office.Kind.POST_OFFICE, parent=office,
                region_code=district.code,
            )  # fmt: skip
        AreaServed.objects.create(office=post_office, service=Service.POSTING, area_code=district.code)
    return office.pk


def _measure(name: str, cards: int, step: Callable[[], object], aims: dict[str, float]) -> None:
    began, worked = time.perf_counter(), time.process_time()
    result = step()
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    aim = aims.get(name)
    told = f"   aim {aim * cards / AIM_CARDS:.1f} s" if aim else ""
    clocks = f"{seconds:>8.2f} s (this process {worked:>6.2f} s)"
    print(f"{name:<24}{clocks}{cards / seconds:>10,.0f}/s   peak {peak:>4} MB{told}   {result}", flush=True)


if __name__ == "__main__":
    main()
