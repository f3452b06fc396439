"""Ugly text: whatever a resident's name or street holds, it stays in its box and covers no code."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import replace

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.fitting import EXTENT, PITCH, TextBox, first_baseline, fit
from labels.sheets import FORMATS
from labels.typeface import ASCENT, DESCENT, ELLIPSIS, MAX_TEXT_LENGTH, MISSING, printable, typeface
from tests.labels.samples import cells, codes, label, pages, printed

LATIN = [
    chr(code)
    for first, last in ((0x20, 0x7E), (0xA0, 0x24F), (0x1E00, 0x1EFF), (0x300, 0x36F))
    for code in range(first, last + 1)
]
ugly = st.one_of(
    st.text(st.sampled_from(LATIN), max_size=120),
    st.text(max_size=60),
    st.text(st.sampled_from("WMÅŪ\u0301\u0302 -/^~_\\()<>{}[]%$\r\n\t\x00\u200b\u202e"), max_size=400),
    st.sampled_from(["", " ", "W" * 200, "A " * 150, "Nguyễn Thị Ánh", "(Kav.) \\ 5) Tj ET Q", "^XZ~JA_5E"]),
)
boxes = st.builds(
    TextBox,
    x=st.floats(0, 50),
    y=st.floats(0, 50),
    width=st.floats(10, 100),
    height=st.floats(1.5, 30),
    size=st.floats(2, 10),
    least=st.floats(1, 2),
    face=st.sampled_from(("R", "B")),
    rows=st.integers(1, 6),
    align=st.sampled_from(("left", "centre", "right")),
    anchor=st.sampled_from(("top", "middle", "bottom")),
)
BOX = TextBox(x=0, y=0, width=40, height=10, size=4, least=2, rows=2)


@given(st.lists(ugly, max_size=6), boxes)
def test_fitted_text_never_leaves_its_box(lines: list[str], box: TextBox) -> None:
    fitted = fit(lines, box)
    width = typeface(box.face).width
    assert len(fitted.rows) <= box.rows
    for index, row in enumerate(fitted.rows):
        assert width(row) * fitted.size / 1000 <= box.width + 1e-6
        baseline = first_baseline(box, fitted.size, len(fitted.rows)) - index * PITCH * fitted.size
        assert baseline + ASCENT * fitted.size <= box.y + box.height + 1e-6
        assert baseline - DESCENT * fitted.size >= box.y - 1e-6


@given(ugly)
def test_printable_text_holds_only_what_the_typeface_draws(text: str) -> None:
    clean = printable(text)
    assert len(clean) <= MAX_TEXT_LENGTH
    assert clean == " ".join(clean.split())
    for character in clean:
        assert ord(character) in typeface("R").file.charToGlyph
        assert ord(character) in typeface("B").file.charToGlyph
        assert unicodedata.category(character)[0] != "C"


def test_every_latin_letter_with_its_diacritics_is_drawn_as_itself() -> None:
    letters = "".join(each for each in LATIN if unicodedata.category(each)[0] == "L")
    for at in range(0, len(letters), 100):
        part = letters[at : at + 100]
        assert printable(part) == unicodedata.normalize("NFC", part)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  Jl.\tMawar\r\nNo.  1 ", "Jl. Mawar No. 1"),
        ("Andre\u0301", "André"),
        ("a\u0316\u0316\u0316\u0316", "a\u0316"),
        ("\u0301\u0301abc", "abc"),
        ("kiri\u202ekanan", "kirikanan"),
        ("東京", MISSING * 2),
    ],
)
def test_text_is_cleaned_so_that_a_clerk_sees_what_is_missing(text: str, clean: str) -> None:
    assert printable(text) == clean


def test_a_short_text_keeps_its_full_size() -> None:
    assert fit(["Agus"], BOX).size == BOX.size


def test_a_long_line_shrinks_before_it_wraps() -> None:
    line = "Siti Nurhalizah Rahayu"
    fitted = fit([line], replace(BOX, width=typeface("R").width(line) * 4 * 0.9 / 1000))
    assert fitted.rows == (line,)
    assert fitted.size == pytest.approx(3.6)


def test_a_longer_line_wraps_between_words() -> None:
    line = "Siti Nurhalizah Rahayu"
    fitted = fit([line], replace(BOX, width=typeface("R").width(line) * 4 * 0.7 / 1000, height=12))
    assert fitted.rows == ("Siti Nurhalizah", "Rahayu")
    assert fitted.size == BOX.size


def test_a_line_that_nothing_helps_is_cut_with_an_ellipsis() -> None:
    fitted = fit(["Kampung " * 30], BOX)
    assert fitted.rows[-1].endswith(ELLIPSIS)
    assert fitted.size == BOX.least


def test_the_village_and_district_stay_when_the_street_is_cut() -> None:
    address = ("Jalan " + "Panjang " * 30, "RT 001 / RW 002", "Desa Setiamekar", "Kec. Tambun Selatan")
    box = TextBox(x=0, y=0, width=60, height=3 * 2 * EXTENT, size=4, least=2, rows=4)
    rows = fit(address, box).rows
    assert rows[0].endswith(ELLIPSIS)
    assert "Kec. Tambun Selatan" in rows[-1]
    assert "Desa Setiamekar" in " ".join(rows)


@pytest.mark.parametrize("key", ["a4-3x8", "a4-2x7", "a4-2x5", "roll-100x150", "roll-100x50"])
@settings(max_examples=15, deadline=None)
@given(texts=st.lists(ugly, min_size=12, max_size=12))
def test_ugly_text_covers_no_code_and_no_neighbouring_label(key: str, texts: list[str]) -> None:
    choice = random.Random(key)
    ugly_label = label(
        choice,
        sender_name=texts[0],
        sender_lines=tuple(texts[1:3]),
        addressee=texts[3] + "x",
        address_lines=tuple(texts[4:8]),
        region_line=texts[8],
        postcode=texts[9],
        post_office_code=texts[10],
        post_office_name=texts[11],
        bag_code=texts[0],
        sort_key=(texts[1], texts[2], texts[3]),
    )
    start = {"start": 4} if FORMATS[key].cells > 1 else {}
    pdf = printed([ugly_label], key, **start)
    page = next(pages(pdf, 300))
    cell = list(cells(page, FORMATS[key], 300))[start.get("start", 1) - 1]
    assert codes(cell) == ([ugly_label.item_number], [ugly_label.reference])
    assert_text_inside(pdf, key, start.get("start", 1) - 1)


def assert_text_inside(pdf: bytes, key: str, cell: int) -> None:
    """Every character lies in the cell, and none on the bars or the QR code."""
    chosen = FORMATS[key]
    left, bottom = chosen.corner(cell)
    points = 72 / 25.4
    codes_at = (chosen.layout.barcode, chosen.layout.qr)
    document = pypdfium2.PdfDocument(pdf)
    text = document[0].get_textpage()
    for index in range(text.count_chars()):
        x0, y0, x1, y1 = (edge / points for edge in text.get_charbox(index))
        if x1 <= x0 or y1 <= y0:
            continue
        x0, x1, y0, y1 = x0 - left, x1 - left, y0 - bottom, y1 - bottom
        assert x0 >= -0.05
        assert y0 >= -0.05
        assert x1 <= chosen.layout.width + 0.05
        assert y1 <= chosen.layout.height + 0.05
        for area in codes_at:
            apart = x1 <= area.x or x0 >= area.x + area.width or y1 <= area.y or y0 >= area.y + area.height
            assert apart, (text.get_text_range(index, 1), x0, y0, area)
    document.close()
