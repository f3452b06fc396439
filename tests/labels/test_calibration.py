"""The calibration page: its rulers are true, its outlines are the labels', and it moves as labels move."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import pytest

from labels.calibration import TEST_NUMBER, TEST_REFERENCE, cell_outlines, ruler_lines, write_calibration
from labels.content import LabelError, LabelFault
from labels.sheets import FORMATS
from tests.labels.samples import codes, pages

PDF_FORMATS = [key for key, each in FORMATS.items() if each.kind == "pdf"]


def calibration(key: str, offset_mm: tuple[float, float] = (0.0, 0.0)) -> bytes:
    output = io.BytesIO()
    write_calibration(output, format=key, offset_mm=offset_mm)
    return output.getvalue()


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("key", PDF_FORMATS)
def test_the_page_has_codes_to_try_the_scanner_with(key: str, dpi: int) -> None:
    (page,) = pages(calibration(key), dpi)
    assert codes(page) == ([TEST_NUMBER], [TEST_REFERENCE])


@pytest.mark.parametrize("key", FORMATS)
def test_the_rulers_have_a_tick_each_millimetre_and_lie_on_the_page(key: str) -> None:
    chosen = FORMATS[key]
    lines = list(ruler_lines(chosen))
    across, upward = lines[:2]
    ticks = lines[2:]
    assert len(ticks) == across.width + upward.height + 2
    upright = [line.x for line in ticks if line.width == 0]
    assert [round(after - before, 9) for before, after in pairwise(upright)] == [1.0] * int(across.width)
    for line in lines:
        assert line.x >= 0
        assert line.y >= 0
        assert line.x + line.width <= chosen.page_width
        assert line.y + line.height <= chosen.page_height


@pytest.mark.parametrize("key", PDF_FORMATS)
def test_the_ruler_is_drawn_in_true_millimetres(key: str) -> None:
    chosen = FORMATS[key]
    (page,) = pages(calibration(key), 254)
    across = next(ruler_lines(chosen))
    # A line of dots just above the ruler, between the short ticks' feet and tops.
    row = round((chosen.page_height - across.y - 1) * 10)
    for millimetre in range(int(across.width) + 1):
        x = round((across.x + millimetre) * 10)
        assert any(page.getpixel((x + near, row)) == 0 for near in (-1, 0, 1)), millimetre


@pytest.mark.parametrize("key", PDF_FORMATS)
def test_the_outlines_are_the_labels_edges(key: str) -> None:
    chosen = FORMATS[key]
    outlines = list(cell_outlines(chosen))
    assert len(outlines) == chosen.cells
    assert [(area.x, area.y) for area in outlines] == [chosen.corner(cell) for cell in range(chosen.cells)]


def test_an_offset_is_shown_and_applied() -> None:
    zpl = calibration("zpl203", (1.0, 2.0)).decode("ascii")
    assert "1 mm ke kanan, 2 mm ke bawah" in zpl
    first = re.search(r"\^FO(\d+),(\d+)", zpl)
    assert first is not None
    assert first.groups() == ("8", "16")


def test_a_page_of_an_unknown_format_or_offset_is_refused() -> None:
    for key, offset, fault in (
        ("a5", (0.0, 0.0), LabelFault.UNKNOWN_FORMAT),
        ("a4-3x8", (99.0, 0.0), LabelFault.OFFSET_OUT_OF_RANGE),
    ):
        output = io.BytesIO()
        with pytest.raises(LabelError) as refusal:
            write_calibration(output, format=key, offset_mm=offset)
        assert refusal.value.fault is fault
        assert output.getvalue() == b""


def test_the_same_page_has_the_same_bytes() -> None:
    assert calibration("a4-3x8") == calibration("a4-3x8")
