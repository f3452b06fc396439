"""Synthetic sheets of printed cards."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from spreadsheets.cells import Cell
from spreadsheets.writing import Column, write_xlsx

TITLES = (
    "NIK", "Nama Lengkap", "Tanggal Cetak", "Alamat", "RT/RW", "Desa/Kelurahan", "Kecamatan", "Kabupaten/Kota",
    "Provinsi", "Kode Pos", "No KK", "No HP", "Prioritas", "Nomor Blangko",
)  # fmt: skip


def nik(serial: int) -> str:
    """A synthetic NIK whose birth date is a day."""
    return f"321606{serial % 28 + 1:02}0190{serial // 28 + 1:04}"


def card_row(
    serial: int,
    *,
    printed_on: dt.date = dt.date(2020, 4, 1),
    village: str = "Jatimulya",
    district: str = "Tambun Selatan",
    regency: str = "Kab. Bekasi",
    blank: str = "",
    lane: str = "",
    rt_rw: str = "001/007",
    number: Cell = None,
) -> list[Cell]:
    """One good row."""
    return [
        nik(serial) if number is None else number, f"Warga Contoh {serial}", printed_on, f"Jl. Contoh No. {serial}",
        rt_rw, village, district, regency, "Jawa Barat", "17510", nik(serial + 5_000), "081234567890", lane, blank,
    ]  # fmt: skip


def write_cards(path: Path, rows: Sequence[Sequence[Cell]], titles: Sequence[str] = TITLES) -> Path:
    """Write a workbook of printed cards."""
    columns = [Column(title, kind="date" if title == "Tanggal Cetak" else "text") for title in titles]
    with path.open("wb") as output:
        write_xlsx(output, sheet="Kartu", columns=columns, rows=rows)
    return path
