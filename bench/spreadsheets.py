"""How fast sheets are read and written, beside calamine without its jail and openpyxl, in one run.

`python -m bench.spreadsheets [--rows N] [--sample N] [--rounds N]`. openpyxl is measured on a sample of the
rows, for it takes half a minute for all of them; its figures are then those of the sample times the ratio.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import resource
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
from python_calamine import CalamineWorkbook

from shipments.card_columns import CARD_COLUMNS
from shipments.intake import read_cards
from spreadsheets.cells import Cell
from spreadsheets.frames import SheetRow
from spreadsheets.ooxml import CONTENT_TYPES
from spreadsheets.reading import open_sheet
from spreadsheets.writing import Column, column_letters, escaped, write_csv, write_xlsx

COLUMNS = (
    Column("No Resi"), Column("Status", 20), Column("Keterangan", 30), Column("Tanggal Update", 20, "date"),
    Column("Kantor", 20), Column("Penerima", 20), Column("Petugas", 20), Column("SLA", 8, "number"),
    Column("Kantong"), Column("R7"), Column("Kota", 20), Column("Berat", 8, "number"),
)  # fmt: skip
STATUSES = ("DELIVERED", "INLOCATION", "FAILEDTODELIVERED", "DELIVERYRUNSHEET", "INVEHICLE")
MIB = 1024 * 1024


def status_rows(count: int) -> Iterator[tuple[Cell, ...]]:
    """Rows as a courier's status sheet has them; no two item numbers alike."""
    day = dt.datetime(2020, 5, 3, 8, 0)  # noqa: DTZ001 - a workbook's dates carry no zone
    for n in range(count):
        yield (
            f"P200503{n:07d}", STATUSES[n % 5], f"DITERIMA ORANG SERUMAH {n % 997}",
            day + dt.timedelta(seconds=n % 86_400), f"KCP TAMBUN {n % 40}", f"Penerima {n}", f"Petugas {n % 300}",
            n % 9, f"PID{n // 200:08d}", f"R7-{n // 500}", "KAB. BEKASI", 10 + n % 5,
        )  # fmt: skip


def card_rows(count: int) -> Iterator[SheetRow]:
    """A header and rows of printed cards, as the reader hands them on."""
    yield SheetRow(1, tuple(column.title for column in CARD_COLUMNS))
    for n in range(count):
        yield SheetRow(n + 2, (
            f"32160643{1 + n % 12:02d}{n % 100:02d}{1 + n % 9_998:04d}", f"Siti {chr(65 + n % 26)}. Rahayu",
            dt.date(2020, 1, 1 + n % 28), f"Jl. Melati No. {n % 300}", "001/002", None, None, "Kp. Baru",
            f"Desa {n % 187}", f"Kecamatan {n % 23}", "Kab. Bekasi", "Jawa Barat", 17_510.0, "3216060101100001",
            "081234567890", None, f"ABC{n:08d}",
        ))  # fmt: skip


def shared_cell(reference: str, value: Cell, places: dict[str, int]) -> str:
    """A cell whose text is a place in the list of shared texts."""
    if isinstance(value, str):
        return f'<c r="{reference}" t="s"><v>{places.setdefault(value, len(places))}</v></c>'
    if isinstance(value, dt.datetime):
        serial = (value - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)  # noqa: DTZ001
        return f'<c r="{reference}" s="4"><v>{serial!r}</v></c>'
    return f'<c r="{reference}"><v>{value}</v></c>'


def with_shared_strings(path: Path, count: int) -> None:
    """Write the status rows as Excel itself saves them: every text once, cells pointing to it."""
    source = io.BytesIO()
    write_xlsx(source, sheet="Status", columns=COLUMNS, rows=())
    places: dict[str, int] = {}
    with zipfile.ZipFile(source) as empty, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name in empty.namelist():
            if name not in ("xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
                package.writestr(name, empty.read(name))
        with package.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            )
            for number, row in enumerate(status_rows(count), 1):
                cells = "".join(
                    shared_cell(f"{column_letters(index)}{number}", value, places)
                    for index, value in enumerate(row)
                )
                part.write(f'<row r="{number}">{cells}</row>'.encode())
            part.write(b"</sheetData></worksheet>")
        texts = "".join(f"<si><t>{escaped(text)}</t></si>" for text in places)
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        package.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{texts}</sst>')
        relation = (
            '<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            'sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        )
        relations = empty.read("xl/_rels/workbook.xml.rels").decode()
        package.writestr("xl/_rels/workbook.xml.rels", relations.replace("</Relationships>", relation))
        shared_type = (
            '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'spreadsheetml.sharedStrings+xml"/></Types>'
        )
        package.writestr("[Content_Types].xml", CONTENT_TYPES.replace("</Types>", shared_type))


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def read_ours(path: Path) -> int:
    with open_sheet(path) as sheet:
        return sum(len(chunk) for chunk in sheet)


def read_calamine(path: Path) -> int:
    return len(list(CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()))


def read_openpyxl(path: Path) -> int:
    return sum(
        1 for _ in openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
    )


def write_openpyxl(output: io.BytesIO, count: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Status")
    for row in status_rows(count):
        sheet.append(row[:10])
    book.save(output)


class CardSheet:
    """Rows of printed cards that are already read."""

    def __init__(self, rows: list[SheetRow]) -> None:
        self._rows = rows

    def rows(self) -> Iterator[SheetRow]:
        return iter(self._rows)


def bench_reading(folder: Path, rows: int, sample: int, rounds: int) -> None:
    inline, shared, delimited = folder / "inline.xlsx", folder / "shared.xlsx", folder / "status.csv"
    with inline.open("wb") as output:
        write_xlsx(output, sheet="Status", columns=COLUMNS, rows=status_rows(rows))
    with_shared_strings(shared, rows)
    with_shared_strings(folder / "sample.xlsx", sample)
    slow = seconds(lambda: read_openpyxl(folder / "sample.xlsx")) * rows / sample
    with delimited.open("wb") as output:
        write_csv(output, columns=COLUMNS, rows=status_rows(rows), delimiter=";")
    for label, path in (("XLSX, texts in cells", inline), ("XLSX, shared texts", shared)):
        jailed, bare = [], []
        for _ in range(rounds):
            jailed.append(seconds(lambda path=path: read_ours(path)))  # type: ignore[misc]
            bare.append(seconds(lambda path=path: read_calamine(path)))  # type: ignore[misc]
        mine, theirs = statistics.median(jailed), statistics.median(bare)
        print(
            f"read {label}: ours {mine:.2f} s, calamine {theirs:.2f} s, ratio {mine / theirs:.2f} (aim 1.50); "
            f"openpyxl read-only {slow:.1f} s from {sample:,} rows, {slow / mine:.1f} x slower"
        )
    print(
        f"read CSV: {statistics.median(seconds(lambda: read_ours(delimited)) for _ in range(rounds)):.2f} s"
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of the reading process: {peak:.0f} MB")


def bench_writing(folder: Path, rows: int, sample: int, rounds: int) -> None:
    def write(suffix: str) -> None:
        with (folder / f"out.{suffix}").open("wb") as output:
            narrow = (row[:10] for row in status_rows(rows))
            if suffix == "csv":
                write_csv(output, columns=COLUMNS[:10], rows=narrow)
            else:
                write_xlsx(output, sheet="Status", columns=COLUMNS[:10], rows=narrow)

    mine = statistics.median(seconds(lambda: write("xlsx")) for _ in range(rounds))
    slow = seconds(lambda: write_openpyxl(io.BytesIO(), sample)) * rows / sample
    size = (folder / "out.xlsx").stat().st_size / MIB
    print(
        f"write XLSX, 10 columns: ours {mine:.2f} s (aim 8), {size:.1f} MiB; openpyxl write-only {slow:.1f} s "
        f"from {sample:,} rows, {slow / mine:.1f} x slower"
    )
    print(
        f"write CSV, 10 columns: {statistics.median(seconds(lambda: write('csv')) for _ in range(rounds)):.2f} s"
    )


def bench_intake(rows: int, rounds: int) -> None:
    sheet = CardSheet(list(card_rows(rows)))

    def read() -> None:
        for _ in read_cards(sheet, today=dt.date(2020, 5, 4), zone=ZoneInfo("Asia/Jakarta")):
            pass

    taken = statistics.median(seconds(read) for _ in range(rounds))
    print(f"printed cards from rows already read: {rows / taken:,.0f} rows/s (aim 40,000)")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=130_000)
    parser.add_argument("--sample", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(
        f"{arguments.rows:,} rows x {len(COLUMNS)} columns, median of {arguments.rounds} interleaved rounds"
    )
    with tempfile.TemporaryDirectory() as folder:
        bench_reading(Path(folder), arguments.rows, arguments.sample, arguments.rounds)
        bench_writing(Path(folder), arguments.rows, arguments.sample, arguments.rounds)
    bench_intake(arguments.rows, arguments.rounds)


if __name__ == "__main__":
    main()
