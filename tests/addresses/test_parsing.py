"""RT/RW, street, number, block and postcode are read in all the ways people write them."""

from __future__ import annotations

import pytest

from addresses.batch import check_rows, input_of
from addresses.gazetteer import load
from addresses.outcome import AddressInput, Level
from addresses.parsing import parse, read_rt_rw
from addresses.resolver import Resolver

GAZETTEER = load()
RESOLVER = Resolver(GAZETTEER)


@pytest.mark.parametrize(
    ("text", "rt", "rw"),
    [
        ("RT 01/02", "001", "002"), ("RT.001 RW.002", "001", "002"), ("RT/RW 001/002", "001", "002"),
        ("01/02", "001", "002"), ("RT 1 RW II", "001", "002"), ("1 / 6", "001", "006"), ("Rt. 05/010", "005", "010"),
        ("RT05/RW10", "005", "010"), ("rw 03 rt 02", "002", "003"), ("RT/RW: 3 / 4", "003", "004"),
        ("5", "005", ""), ("0 / 22", "", "022"), ("11 /", "011", ""),
    ],
)  # fmt: skip
def test_rt_and_rw_are_read_in_all_writings(text: str, rt: str, rw: str) -> None:
    assert read_rt_rw(text) == (rt, rw, False)


@pytest.mark.parametrize("text", ["", "/", "0 / 0", "000/000", "-"])
def test_zero_or_nothing_is_no_rt_rw_and_no_mistake(text: str) -> None:
    assert read_rt_rw(text) == ("", "", False)


@pytest.mark.parametrize("text", ["abc", "12345", "1/2/3/4", "2024-01-02"])
def test_what_is_no_rt_rw_is_invalid(text: str) -> None:
    assert read_rt_rw(text) == ("", "", True)


def test_a_line_is_taken_apart() -> None:
    parsed = parse(
        AddressInput("Kp Jati RT.10 / RW.05 No. 12A Blok C3/4 Kel. Karang Asih Kec. Cikarang Utara 17534")
    )
    assert (parsed.rt, parsed.rw, parsed.number, parsed.block) == ("010", "005", "12A", "C3/4")
    assert (parsed.street, parsed.postcode) == ("Kp Jati", "17534")
    assert [(area.level, area.text) for area in parsed.named] == [
        (Level.VILLAGE, "karang asih"),
        (Level.DISTRICT, "cikarang utara"),
    ]


def test_fields_come_before_the_line_and_a_workbooks_number_is_a_postcode() -> None:
    parsed = parse(AddressInput(alamat="Jl. Melati RT 9/9 12345", rt_rw="1/2", kode_pos="17534.0"))
    assert (parsed.rt, parsed.rw, parsed.postcode) == ("001", "002", "17534")


@pytest.mark.parametrize("line", ["Jl. Desa Lama", "Jl Kelurahan No. 145", "Kantor Desa", "Jl. Kota Baru"])
def test_a_street_called_after_a_level_word_names_no_area(line: str) -> None:
    assert parse(AddressInput(line)).named == ()


def test_a_landmark_is_told_from_a_street() -> None:
    assert parse(AddressInput("samping masjid")).is_landmark
    assert parse(AddressInput("PO BOX 12")).is_landmark
    assert not parse(AddressInput("Jl. Melati, depan masjid")).is_landmark


def test_a_table_row_takes_any_subset_of_the_columns() -> None:
    row: dict[str, object] = {
        "desa_kelurahan": "Karangasih",
        "kecamatan": "Cikarang Utara",
        "kode_pos": 17534.0,
    }
    assert input_of(row).kode_pos == "17534"
    out = next(
        check_rows(
            RESOLVER, [{**row, "id": "A1", "kabupaten": "Kab. Bekasi", "alamat": "Jl. B 1", "rt_rw": None}]
        )
    )
    assert out == {
        "id": "A1",
        "verdict": "DELIVERABLE",
        "next_action": "ACCEPT",
        "village_code": "32.16.09.2003",
        "match_level": "VILLAGE",
        "confidence": "0.9995",
        "lat": "-6.251000",
        "lon": "107.153900",
        "radius_m": out["radius_m"],
        "reasons": "RT_RW_MISSING",
        "alternatives": "",
    }
    assert 500 < int(out["radius_m"]) < 5000
