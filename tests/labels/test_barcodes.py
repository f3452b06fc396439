"""Both codes against the libraries that define them, and against an independent decoder."""

from __future__ import annotations

import random
import string

import pytest
import segno
import zxingcpp
from barcode.codex import Code128
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from labels.barcodes import (
    QR_ALPHANUMERIC,
    QR_MASK,
    Modules,
    code128_codewords,
    code128_modules,
    qr_modules,
)
from tests.labels.samples import s10

printable_ascii = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
QR_LENGTHS = range(1, 33)


def rows(symbol: Modules) -> list[str]:
    bits = f"{symbol.bits:0{8 * symbol.row_bytes * symbol.height}b}"
    step = 8 * symbol.row_bytes
    return [bits[at : at + step][: symbol.width] for at in range(0, len(bits), step)]


def decoded(symbol: Modules, quiet: int, stretch: int = 1) -> list[str]:
    """What the decoder reads from the modules, four dots each."""
    lines = [row for row in rows(symbol) for _ in range(stretch)]
    image = Image.new("L", (symbol.width + 2 * quiet, len(lines) + 2 * quiet), 255)
    for y, line in enumerate(lines):
        for x, bit in enumerate(line):
            if bit == "1":
                image.putpixel((x + quiet, y + quiet), 0)
    image = image.resize((4 * image.width, 4 * image.height), Image.Resampling.NEAREST)
    return [code.text for code in zxingcpp.read_barcodes(image, try_downscale=False)]


@given(printable_ascii)
def test_code_128_reads_as_any_printable_ascii(text: str) -> None:
    assert decoded(code128_modules(text), quiet=10, stretch=30) == [text]


def test_code_128_of_a_upu_number_is_what_python_barcode_draws() -> None:
    choice = random.Random(128)
    for number in ["RR473124829GB", *(s10("RR", choice.randrange(10**8)) for _ in range(300))]:
        assert rows(code128_modules(number))[0] == Code128(number).build()[0]


@given(printable_ascii)
def test_code_128_is_never_longer_than_python_barcode_s(text: str) -> None:
    assert code128_modules(text).width <= len(Code128(text).build()[0])


@pytest.mark.parametrize(
    ("text", "codewords"),
    [
        ("AB", [104, 33, 34]),
        ("00", [105, 0]),
        ("1234", [105, 12, 34]),
        ("12345", [105, 12, 34, 100, 21]),
        ("A12345", [104, 33, 17, 99, 23, 45]),
        ("A1234B", [104, 33, 17, 18, 19, 20, 34]),
        ("A123456B", [104, 33, 99, 12, 34, 56, 100, 34]),
    ],
)
def test_code_128_pairs_digits_only_where_it_saves(text: str, codewords: list[int]) -> None:
    check = (codewords[0] + sum(place * word for place, word in enumerate(codewords[1:], 1))) % 103
    assert code128_codewords(text) == [*codewords, check]


@pytest.mark.parametrize("length", QR_LENGTHS)
@pytest.mark.parametrize("characters", [QR_ALPHANUMERIC.replace(" ", ""), string.printable[:94]])
def test_the_sum_of_symbols_is_the_symbol_that_segno_draws(length: int, characters: str) -> None:
    choice = random.Random(length)
    for _ in range(5):
        text = "".join(choice.choices(characters, k=length))
        mode = "byte" if text.strip(QR_ALPHANUMERIC) else "alphanumeric"
        encoding = "iso-8859-1" if mode == "byte" else None
        expected = segno.make_qr(
            text, error="m", mode=mode, mask=QR_MASK, encoding=encoding, boost_error=False
        )
        assert rows(qr_modules(text)) == ["".join(map(str, row)) for row in expected.matrix]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=32))
def test_the_qr_code_reads_as_any_reference(text: str) -> None:
    assert decoded(qr_modules(text), quiet=4) == [text]


def test_rows_are_filled_to_whole_bytes_with_light() -> None:
    symbol = qr_modules("AK000000001B")
    assert (symbol.width, symbol.height, symbol.row_bytes) == (21, 21, 3)
    assert len(symbol.hex()) == 2 * 3 * 21
    assert all(int(symbol.hex()[at + 4 : at + 6], 16) & 0b111 == 0 for at in range(0, 126, 6))
