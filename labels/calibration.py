"""A page to set up a printer with: outlines of the labels, rulers, test codes, and how to read the offset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from labels.barcodes import code128_modules, qr_modules
from labels.drawing import barcode_operators, qr_operators
from labels.fitting import TextBox
from labels.layouts import PT, Area
from labels.lettering import PdfLettering
from labels.pdf import POINTS_PER_MM, PdfStream
from labels.sheets import LabelFormat, checked_offset, label_format
from labels.zpl import escaped

TEST_NUMBER = "RR000000005ID"
TEST_REFERENCE = "UJI"
HAIRLINE = 0.1
# Millimetres of ruler on either side of the middle; every label is at least this large.
LONGEST_RULER = 100.0
TICKS = {10: 4.0, 5: 3.0}
SHORT_TICK = 2.0

INSTRUCTIONS = (
    "Cetak pada ukuran 100 % (tanpa penskalaan).",
    "Penggaris harus sama dengan penggaris biasa; bila tidak, matikan penskalaan.",
    "Garis tepi harus jatuh di tepi label. Bila terlalu ke kiri, geser ke kanan sebanyak itu (mm);",
    "bila terlalu ke atas, geser ke bawah sebanyak itu. Arah sebaliknya: angka negatif.",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line, in millimetres from the page's lower left corner."""

    x: float
    y: float
    width: float
    height: float


def write_calibration(output: BinaryIO, *, format: str, offset_mm: tuple[float, float] = (0.0, 0.0)) -> None:
    """Write the calibration page of a format, moved right and down by an offset that is to be tried.

    Refuses as `write_labels` does: LabelError for an unknown format or an offset out of range.
    """
    chosen = label_format(format)
    checked_offset(offset_mm)
    if chosen.kind == "zpl":
        output.write(_zpl(chosen, offset_mm).encode("ascii"))
    else:
        _write_pdf(output, chosen, offset_mm)


def ruler_lines(format: LabelFormat) -> Iterator[Line]:
    """The rulers through the middle of the page, with a tick at each millimetre."""
    centre_x, centre_y = format.page_width / 2, format.page_height / 2
    across = int(min(LONGEST_RULER, format.page_width - 10))
    upward = int(min(LONGEST_RULER, format.page_height - 10))
    left, foot = centre_x - across / 2, centre_y - upward / 2
    yield Line(left, centre_y, across, 0)
    yield Line(centre_x, foot, 0, upward)
    for millimetre in range(across + 1):
        yield Line(left + millimetre, centre_y, 0, _tick(millimetre))
    for millimetre in range(upward + 1):
        yield Line(centre_x, foot + millimetre, _tick(millimetre), 0)


def _tick(millimetre: int) -> float:
    return next((length for step, length in TICKS.items() if millimetre % step == 0), SHORT_TICK)


def cell_outlines(format: LabelFormat) -> Iterator[Area]:
    """The edges of every label on the page."""
    for cell in range(format.cells):
        x, y = format.corner(cell)
        yield Area(x, y, format.layout.width, format.layout.height)


def _write_pdf(output: BinaryIO, chosen: LabelFormat, offset_mm: tuple[float, float]) -> None:
    pdf = PdfStream(output, width_mm=chosen.page_width, height_mm=chosen.page_height)
    lettering = PdfLettering(pdf)
    right, down = offset_mm
    scale = POINTS_PER_MM
    parts = [
        f"{scale:.5f} 0 0 {scale:.5f} {right * scale:.3f} {-down * scale:.3f} cm",
        f"{HAIRLINE} w",
    ]
    for number, cell in enumerate(cell_outlines(chosen), 1):
        parts.append(f"{cell.x:.2f} {cell.y:.2f} {cell.width:.2f} {cell.height:.2f} re S")
        parts.append(lettering.slot(_number_box(cell)).write((str(number),)))
    for line in ruler_lines(chosen):
        end = f"{line.x + line.width:.2f} {line.y + line.height:.2f}"
        parts.append(f"{line.x:.2f} {line.y:.2f} m {end} l S")
    words = (f"{chosen.key} · geser {right:g} mm ke kanan, {down:g} mm ke bawah", *INSTRUCTIONS)
    parts.append(lettering.slot(_instruction_box(chosen)).write(words))
    bars, square = _code_areas(chosen)
    parts.append(barcode_operators(code128_modules(TEST_NUMBER), bars))
    parts.append(qr_operators(qr_modules(TEST_REFERENCE), square))
    pdf.add_page("\n".join(parts).encode("latin-1"))
    pdf.finish()


def _number_box(cell: Area) -> TextBox:
    """The cell's number, as `start` counts, in its lower right corner."""
    return TextBox(
        x=cell.x + cell.width - 16,
        y=cell.y + 2,
        width=14,
        height=5,
        size=9 * PT,
        least=5 * PT,
        align="right",
        anchor="bottom",
    )


def _instruction_box(format: LabelFormat) -> TextBox:
    """Right of the upright ruler's upper half."""
    height = min(30.0, format.page_height / 2 - 9)
    return TextBox(
        x=format.page_width / 2 + 6,
        y=format.page_height - 4.5 - height,
        width=format.page_width / 2 - 10,
        height=height,
        size=8 * PT,
        least=3.5 * PT,
        rows=10,
    )


def _code_areas(format: LabelFormat) -> tuple[Area, Area]:
    """Bars and square in the lower left quarter, clear of the rulers."""
    width = min(format.layout.width, format.page_width / 2) - 4
    foot = 7.5
    height = min(12.0, (format.page_height / 2 - foot - 3) / 2)
    square = min(20.0, format.page_height / 2 - foot - height - 3)
    return Area(2, foot, width, height), Area(4, foot + height + 1, square, square)


def _zpl(chosen: LabelFormat, offset_mm: tuple[float, float]) -> str:
    dots, height = chosen.dots_per_mm, chosen.page_height
    right, down = offset_mm

    def place(x: float, y: float) -> str:
        return f"^FO{max(0, round((x + right) * dots))},{max(0, round((height - y + down) * dots))}"

    parts = [f"^XA^CI28^PW{round(chosen.page_width * dots)}^LL{round(height * dots)}^LH0,0"]
    for cell in cell_outlines(chosen):
        sides = f"{round(cell.width * dots)},{round(cell.height * dots)}"
        parts.append(f"{place(cell.x, cell.y + cell.height)}^GB{sides},1^FS")
    for line in ruler_lines(chosen):
        sides = f"{max(1, round(line.width * dots))},{max(1, round(line.height * dots))}"
        parts.append(f"{place(line.x, line.y + line.height)}^GB{sides},1^FS")
    words = (f"{chosen.key}: {right:g} mm ke kanan, {down:g} mm ke bawah", *INSTRUCTIONS)
    size = round(2.2 * dots)
    for row, text in enumerate(words):
        parts.append(f"{place(4, height - 5 - 4 * row)}^A0N,{size}^FH_^FD{escaped(text)}^FS")
    parts.append(f"{place(6, 20)}^BY{3 * dots // 8},3,1^BCN,{12 * dots},N,N,N,A^FH_^FD{TEST_NUMBER}^FS")
    parts.append(f"{place(6, 40)}^BY1,3,1^BQN,2,{6 * dots // 8}^FDMA,{TEST_REFERENCE}^FS^XZ\n")
    return "".join(parts)
