"""Print labels: the formats there are, and one call that writes any number of labels in one of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from types import MappingProxyType
from typing import BinaryIO, Literal

from labels.content import LabelContent, LabelError, LabelFault
from labels.drawing import REMEMBERED, LabelArtist
from labels.layouts import CellLayout, narrow, tall, wide
from labels.pdf import POINTS_PER_MM, PdfStream
from labels.slots import neighbourhood
from labels.zpl import ZplArtist

# A printer that is further off than this is set up wrongly; see the calibration page.
MAX_OFFSET_MM = 15.0
LABELS_PER_WRITE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFormat:
    """A sheet or roll of labels, in millimetres; `dots_per_mm` only for printers spoken to in ZPL."""

    key: str
    kind: Literal["pdf", "zpl"]
    page_width: float
    page_height: float
    layout: CellLayout
    columns: int = 1
    rows: int = 1
    left: float = 0
    top: float = 0
    gap_x: float = 0
    gap_y: float = 0
    dots_per_mm: int = 0

    @property
    def cells(self) -> int:
        """Labels on one page."""
        return self.columns * self.rows

    @property
    def content_type(self) -> str:
        """For the HTTP answer that carries the file."""
        return "application/pdf" if self.kind == "pdf" else "application/zpl"

    @property
    def suffix(self) -> str:
        """For the file's name."""
        return f".{self.kind}"

    def corner(self, cell: int) -> tuple[float, float]:
        """The lower left corner of a cell, counted from 0 by rows, from the page's lower left corner."""
        row, column = divmod(cell, self.columns)
        x = self.left + column * (self.layout.width + self.gap_x)
        y = self.page_height - self.top - (row + 1) * self.layout.height - row * self.gap_y
        return x, y


def _a4(
    key: str, layout: CellLayout, columns: int, rows: int, left: float, top: float, gap_x: float
) -> LabelFormat:
    return LabelFormat(
        key=key,
        kind="pdf",
        page_width=210,
        page_height=297,
        layout=layout,
        columns=columns,
        rows=rows,
        left=left,
        top=top,
        gap_x=gap_x,
    )


def _roll(key: str, layout: CellLayout) -> LabelFormat:
    return LabelFormat(key=key, kind="pdf", page_width=layout.width, page_height=layout.height, layout=layout)


def _thermal(key: str, layout: CellLayout, *, dots_per_mm: int) -> LabelFormat:
    return LabelFormat(
        key=key,
        kind="zpl",
        page_width=layout.width,
        page_height=layout.height,
        layout=layout,
        dots_per_mm=dots_per_mm,
    )


_TALL = tall(100, 150)
FORMATS: Mapping[str, LabelFormat] = MappingProxyType(
    {
        each.key: each
        for each in (
            # Common A4 label sheets: 70 × 37 mm, 99.1 × 38.1 mm and 99.1 × 57 mm.
            _a4("a4-3x8", narrow(70, 37), 3, 8, left=0, top=0.5, gap_x=0),
            _a4("a4-2x7", wide(99.1, 38.1, edge=2.5), 2, 7, left=4.65, top=15.15, gap_x=2.5),
            _a4("a4-2x5", wide(99.1, 57, edge=3), 2, 5, left=4.65, top=6, gap_x=2.5),
            _roll("roll-100x150", _TALL),
            _roll("roll-100x50", wide(100, 50, edge=2.5)),
            _thermal("zpl203", _TALL, dots_per_mm=8),
            _thermal("zpl300", _TALL, dots_per_mm=12),
        )
    }
)


def label_format(key: str) -> LabelFormat:
    """The format of that name; LabelError(UNKNOWN_FORMAT) when there is none."""
    if key not in FORMATS:
        raise LabelError(LabelFault.UNKNOWN_FORMAT, format=key, known=", ".join(FORMATS))
    return FORMATS[key]


def checked_offset(offset_mm: tuple[float, float]) -> None:
    """Refuse an offset that no printer in order needs: LabelError(OFFSET_OUT_OF_RANGE)."""
    if not all(math.isfinite(part) and abs(part) <= MAX_OFFSET_MM for part in offset_mm):
        raise LabelError(LabelFault.OFFSET_OUT_OF_RANGE, limit_mm=MAX_OFFSET_MM)


def checked_printing(*, format: str, start: int, offset_mm: tuple[float, float]) -> LabelFormat:
    """The format of that name. LabelError for an unknown one, and for a start or offset out of range."""
    chosen = label_format(format)
    if not 1 <= start <= chosen.cells:
        raise LabelError(LabelFault.START_OUT_OF_RANGE, start=start, cells=chosen.cells)
    checked_offset(offset_mm)
    return chosen


def write_labels(
    output: BinaryIO,
    *,
    labels: Iterable[LabelContent],
    format: str,
    start: int = 1,
    offset_mm: tuple[float, float] = (0.0, 0.0),
) -> int:
    """Write the labels in their order and return how many; memory does not grow with them.

    `start` is the first free cell of the first sheet, counted from 1 by rows; a roll has one cell.
    `offset_mm` moves everything right and down, by what the calibration page showed. The same labels give the
    same bytes. Nothing is written when it refuses: LabelError for an unknown format, a start or offset out of
    range, or no label.
    """
    chosen = checked_printing(format=format, start=start, offset_mm=offset_mm)
    remaining = iter(labels)
    first = next(remaining, None)
    if first is None:
        raise LabelError(LabelFault.NOTHING_TO_PRINT)
    complete = chain((first,), remaining)
    if chosen.kind == "zpl":
        return _write_zpl(output, chosen, complete, offset_mm)
    return _write_pdf(output, chosen, complete, start - 1, offset_mm)


def _write_zpl(
    output: BinaryIO,
    chosen: LabelFormat,
    labels: Iterator[LabelContent],
    offset_mm: tuple[float, float],
) -> int:
    artist = ZplArtist(chosen.layout, dots_per_mm=chosen.dots_per_mm, offset_mm=offset_mm)
    written = 0
    while part := list(islice(labels, LABELS_PER_WRITE)):
        output.write("".join(map(artist.draw, part)).encode("ascii"))
        written += len(part)
    return written


def _write_pdf(
    output: BinaryIO,
    chosen: LabelFormat,
    labels: Iterator[LabelContent],
    first_cell: int,
    offset_mm: tuple[float, float],
) -> int:
    pdf = PdfStream(output, width_mm=chosen.page_width, height_mm=chosen.page_height)
    artist = LabelArtist(chosen.layout, pdf)
    placings = [_placing(chosen, cell, offset_mm) for cell in range(chosen.cells)]
    if chosen.cells == 1:
        _add_single_labels(pdf, artist, labels, placings[0])
        pdf.finish()
        return pdf.pages
    written, cell = 0, first_cell
    while page := list(islice(labels, chosen.cells - cell)):
        drawn = [
            f"q {placing} cm\n{artist.draw_shared(label)}\n{artist.draw_own(label)}\nQ"
            for placing, label in zip(placings[cell:], page, strict=False)
        ]
        pdf.add_page("\n".join(drawn).encode("latin-1"))
        written += len(page)
        cell = 0
    pdf.finish()
    return written


def _add_single_labels(
    pdf: PdfStream, artist: LabelArtist, labels: Iterable[LabelContent], placing: str
) -> None:
    """One label a page; what a neighbourhood's labels have in common is written once and referred to."""
    parts: dict[tuple[object, ...], int] = {}
    for label in labels:
        shared = neighbourhood(label)
        part = parts.get(shared)
        if part is None:
            if len(parts) >= REMEMBERED:
                parts.clear()
            drawn = f"q {placing} cm\n{artist.draw_shared(label)}\n"
            part = parts[shared] = pdf.add_content(drawn.encode("latin-1"))
        pdf.add_page(f"{artist.draw_own(label)}\nQ".encode("latin-1"), after=part)


def _placing(chosen: LabelFormat, cell: int, offset_mm: tuple[float, float]) -> str:
    x, y = chosen.corner(cell)
    right, down = offset_mm
    scale = POINTS_PER_MM
    return f"{scale:.5f} 0 0 {scale:.5f} {(x + right) * scale:.3f} {(y - down) * scale:.3f}"
