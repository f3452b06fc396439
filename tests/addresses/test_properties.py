"""Any input at all gives a verdict with reasons, never an exception, in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addresses.batch import OUTPUT_COLUMNS, check_rows
from addresses.checking import TYPED_FIELDS, printed_lines
from addresses.gazetteer import load
from addresses.models import Address
from addresses.outcome import AddressCheck, AddressInput, NextAction, Part, Verdict
from addresses.resolver import Resolver

GAZETTEER = load()
RESOLVER = Resolver(GAZETTEER)
FIELDS = AddressInput.__dataclass_fields__
WORDS = st.sampled_from(
    [
        "Jl.", "Kel.", "Desa", "Kec.", "Kab.", "Kota", "RT", "RW", "01/02", "No.", "Blok", "Karangasih", "Bekasi",
        "Cikarang Utara", "Sukamaju", "Jawa Barat", "17530", "II", "26 Ilir", ",", "/", "(", "Sei", "\u202e", "\x00",
        "🏠", "İ", "ß", "١٢٣", "ﬃ", "\ud800", "é", "'", "-",
    ]
)  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=60), st.lists(WORDS, max_size=12).map(" ".join), st.lists(WORDS).map("".join)
)
INPUTS = st.builds(AddressInput, **dict.fromkeys(FIELDS, TEXT))
SLOWEST_S = 1.0
"""Far above what an address takes (a tenth of a millisecond to some), far below what a hang would."""


def assert_sound(check: AddressCheck) -> None:
    assert check.reasons or check.verdict is Verdict.DELIVERABLE
    assert [component.part for component in check.components] == list(Part)
    assert 0.0 <= check.confidence <= 1.0
    assert check.village_code == "" or check.village_code in GAZETTEER
    assert (check.verdict is Verdict.DELIVERABLE) == (check.next_action is NextAction.ACCEPT)
    assert check.verdict is not Verdict.DELIVERABLE or check.village_code
    assert len(check.alternatives) <= 5
    assert check.village_code not in [option.code for option in check.alternatives]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(INPUTS)
def test_any_unicode_gives_a_sound_verdict(address: AddressInput) -> None:
    check = RESOLVER.check(address)
    assert_sound(check)
    typed = {name: getattr(address, name) for name in TYPED_FIELDS}
    lines = printed_lines(
        Address(**typed, village_code=check.village_code, rule=check.rule.value), gazetteer=GAZETTEER
    )
    assert all(lines)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXT)
def test_any_free_text_gives_a_sound_verdict(line: str) -> None:
    assert_sound(RESOLVER.check(AddressInput(alamat=line)))


HOSTILE = {
    "empty": "",
    "blank": " \t\n ",
    "long": "a" * 100_000,
    "long words": "Kel. Sukamaju " * 8_000,
    "long digits": "1" * 100_000,
    "long spaces": " " * 100_000,
    "long level words": "kel " * 25_000,
    "long rt": "rt " * 30_000,
    "long slashes": "1/" * 50_000,
    "long commas": "," * 100_000,
    "emoji": "🏠🇮🇩" * 50,
    "control": "\x00\x01\x1b[2J\r\n\x7f\u2028",
    "digits": "1234567890",
    "right to left": "شارع الملك فهد، الرياض",
    "override": "\u202eisahgnaraK\u202c",
    "other country": "10 Downing Street, London SW1A 2AA, United Kingdom",
    "lone surrogate": "\udcff Karangasih",
    "combining": "Ka\u0301\u0301\u0301rangasih" * 10,
    "one letter": "P A I A I A I",
    "markup": "<script>alert(1)</script>",
    "formula": "=HYPERLINK(1)",
    "grows when lowered": "İ" * 300,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_in_any_field_gives_a_verdict_in_bounded_time(text: str) -> None:
    RESOLVER.check(AddressInput(alamat="Desa Sukamaju, Cibinong, Bogor"))  # loads what is loaded once
    for field in (*FIELDS, "everywhere"):
        values = dict.fromkeys(FIELDS, text) if field == "everywhere" else {field: text}
        address = AddressInput(**values)
        started = time.process_time()
        check = RESOLVER.check(address)
        assert time.process_time() - started < SLOWEST_S, field
        assert_sound(check)
        assert check.verdict is not Verdict.DELIVERABLE


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_beside_a_good_village_does_not_hide_it(text: str) -> None:
    address = AddressInput(
        alamat=text,
        rt_rw="1/2",
        desa_kelurahan="Karangasih",
        kecamatan="Cikarang Utara",
        kabupaten="Kab. Bekasi",
    )
    assert RESOLVER.check(address).village_code == "32.16.09.2003"


def test_a_table_goes_on_after_any_row() -> None:
    rows: list[dict[str, object]] = [{"alamat": text} for text in HOSTILE.values()]
    rows += [{}, {"id": None, "kode_pos": 17530.0}, {"id": 7, "desa_kelurahan": 12.5, "extra": object()}]
    out = list(check_rows(RESOLVER, rows))
    assert len(out) == len(rows)
    assert all(tuple(row) == OUTPUT_COLUMNS for row in out)
    assert [row["id"] for row in out[-3:]] == [str(len(rows) - 2), str(len(rows) - 1), "7"]
