"""Where everything stands on a label: a drawing for tall labels, one for wide ones, one for narrow cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from labels.fitting import Align, Anchor, TextBox
from labels.typeface import Face

Slot = Literal[
    "sender_name",
    "sender_lines",
    "sender",
    "addressee",
    "address",
    "region",
    "region_line",
    "postcode",
    "item_number",
    "reference",
    "post_office_code",
    "post_office_name",
    "village",
    "rw",
    "bag",
]

PT = 25.4 / 72
RULE = 0.25


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in millimetres from the cell's lower left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Caption:
    """Words that stand on every label of a layout."""

    text: str
    box: TextBox


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLayout:
    """One label's drawing. `barcode` holds the bars with their quiet zones, `qr` the code with its own."""

    width: float
    height: float
    texts: tuple[tuple[Slot, TextBox], ...]
    barcode: Area
    qr: Area
    frames: tuple[Area, ...] = ()
    rules: tuple[Area, ...] = ()
    captions: tuple[Caption, ...] = ()


def _caption(text: str, x: float, y: float, width: float, *, size: float = 5.5 * PT) -> Caption:
    return Caption(text, TextBox(x=x, y=y, width=width, height=size * 1.4, size=size, least=3 * PT))


def _box(
    x: float,
    y: float,
    width: float,
    height: float,
    points: float,
    least: float,
    *,
    face: Face = "R",
    rows: int = 1,
    align: Align = "left",
    anchor: Anchor = "top",
) -> TextBox:
    """A text box with its sizes in points, as typefaces are spoken of."""
    return TextBox(
        x=x,
        y=y,
        width=width,
        height=height,
        size=points * PT,
        least=least * PT,
        face=face,
        rows=rows,
        align=align,
        anchor=anchor,
    )


def tall(width: float, height: float) -> CellLayout:
    """100 × 150 mm: return address and QR, the sorting strip, the addressee, the bars across the foot."""
    edge, qr = 4.0, 24.0
    inner = width - 2 * edge
    left = inner - qr - 3
    top = height - edge
    strip, strip_height = top - 55, 25.0
    name_x, side = edge + 1.5, 24.0
    village = inner - 34 - side
    texts: list[tuple[Slot, TextBox]] = [
        ("sender_name", _box(edge, top - 10.8, left, 7.4, 10, 6, face="B", rows=2, anchor="middle")),
        ("sender_lines", _box(edge, top - 25, left, 13.5, 9, 6, rows=4)),
        ("reference", _box(width - edge - qr, top - 28.6, qr, 4, 8, 5, face="B", align="centre")),
        ("post_office_code", _box(name_x, strip + 9, 31, 12, 25, 10, face="B", anchor="middle")),
        ("post_office_name", _box(name_x, strip + 1, 31, 8.5, 10, 6, rows=2)),
        ("village", _box(name_x + 34, strip + 2, village - 3, 18, 21, 9, face="B", rows=2, anchor="middle")),
        ("rw", _box(name_x + 34 + village, strip + 9, side - 3, 12, 21, 9, face="B", anchor="middle")),
        ("bag", _box(name_x + 34 + village, strip + 1, side - 3, 5, 9, 5)),
        ("addressee", _box(edge, strip - 20, inner, 15.5, 20, 9, face="B", rows=2, anchor="middle")),
        ("address", _box(edge, strip - 45, inner, 24.5, 13, 7, rows=6)),
        ("region_line", _box(edge, strip - 54.5, inner - 27, 8.5, 15, 8, face="B", anchor="middle")),
        (
            "postcode",
            _box(width - edge - 26, strip - 54.5, 26, 8.5, 17, 9, face="B", align="right", anchor="middle"),
        ),
        ("item_number", _box(edge, edge - 0.5, inner, 7, 14, 8, face="B", align="centre", anchor="middle")),
    ]
    return CellLayout(
        width=width,
        height=height,
        texts=tuple(texts),
        barcode=Area(0.5, edge + 7, width - 1, strip - 57.5 - edge - 7),
        qr=Area(width - edge - qr, top - qr, qr, qr),
        frames=(
            Area(edge, strip, 34, strip_height),
            Area(edge + 34, strip, village, strip_height),
            Area(edge + 34 + village, strip, side, strip_height),
        ),
        rules=(Area(edge, strip - 56, inner, 0),),
        captions=(
            _caption("PENGIRIM · bila tak terantar kembalikan ke:", edge, top - 3, left),
            _caption("KANTOR POS", name_x, strip + strip_height - 3.3, 31),
            _caption("DESA / KELURAHAN", name_x + 34, strip + strip_height - 3.3, village - 3),
            _caption("RW", name_x + 34 + village, strip + strip_height - 3.3, side - 3),
            _caption("KANTONG", name_x + 34 + village, strip + 5.8, side - 3, size=5 * PT),
            _caption("KEPADA YTH.", edge, strip - 4, inner, size=7 * PT),
        ),
    )


def wide(width: float, height: float, *, edge: float) -> CellLayout:
    """Labels about twice as wide as high: addressee left, sorting column right, both codes at the foot."""
    side = 26.0
    foot = min(20.0, (height - 2 * edge) * 0.5)
    digits = 3.2
    qr = min(foot, side - 2)
    inner = width - 2 * edge
    left = inner - side - 2
    base, top = edge + foot + 0.6, height - edge
    x = width - edge - side
    column = top - base
    address_top = top - 2.4 - 4.9
    texts: list[tuple[Slot, TextBox]] = [
        ("sender", _box(edge, top - 2.2, left, 2.2, 5, 4)),
        ("addressee", _box(edge, address_top, left, 4.9, 11, 7, face="B")),
        ("address", _box(edge, base + 4, left, address_top - base - 4, 9, 5, rows=5)),
        ("region", _box(edge, base, left, 4, 8.5, 5.5, face="B", anchor="middle")),
        (
            "post_office_code",
            _box(x + 1, top - 0.34 * column, side - 2, 0.33 * column, 17, 8, face="B", anchor="middle"),
        ),
        ("post_office_name", _box(x + 1, top - 0.48 * column, side - 2, 0.14 * column, 6, 4)),
        (
            "village",
            _box(
                x + 1,
                top - 0.76 * column,
                side - 2,
                0.27 * column,
                12,
                5.5,
                face="B",
                rows=2,
                anchor="middle",
            ),
        ),
        ("rw", _box(x + 1, base + 0.2, 14, 0.22 * column, 12, 6, face="B", anchor="middle")),
        ("bag", _box(x + 15, base + 0.2, side - 16, 0.22 * column, 6, 4, align="right", anchor="middle")),
        (
            "item_number",
            _box(edge, edge - 0.4, inner - qr - 1, digits, 8.5, 6, face="B", align="centre", anchor="middle"),
        ),
        ("reference", _box(width - edge - qr, edge - 0.8, qr, 2.6, 5.5, 4, align="centre", anchor="bottom")),
    ]
    return CellLayout(
        width=width,
        height=height,
        texts=tuple(texts),
        barcode=Area(0.5, edge + digits, width - edge - qr - 1, foot - digits),
        qr=Area(width - edge - qr + 0.9, edge + 1.8, qr - 1.8, qr - 1.8),
        frames=(Area(x, base, side, column),),
        rules=(Area(x, top - 0.49 * column, side, 0), Area(x, base + 0.24 * column, side, 0)),
    )


def narrow(width: float, height: float) -> CellLayout:
    """70 × 37 mm: the sorting line on top, the addressee beside the QR, the bars across the foot."""
    edge = 3.6
    inner = width - 2 * edge
    qr, bars, digits = 12.4, 9.2, 2.6
    top, base = height - edge, edge + digits + bars + 0.3
    left = inner - qr - 0.6
    texts: list[tuple[Slot, TextBox]] = [
        ("post_office_code", _box(edge, top - 4, 13, 4, 10.5, 6, face="B", anchor="middle")),
        (
            "village",
            _box(edge + 14, top - 4, inner - 28, 4, 10, 5, face="B", align="centre", anchor="middle"),
        ),
        ("rw", _box(width - edge - 13, top - 4, 13, 4, 10, 6, face="B", align="right", anchor="middle")),
        ("addressee", _box(edge, top - 7.6, left, 3.4, 8.5, 5.5, face="B")),
        ("address", _box(edge, base + 4.6, left, top - 7.7 - base - 4.6, 6.5, 4, rows=3)),
        ("region", _box(edge, base + 2, left, 2.6, 6.5, 4.5, face="B", anchor="middle")),
        ("sender", _box(edge, base, left, 1.9, 4, 3.2)),
        ("item_number", _box(edge, edge - 0.4, inner - 22, digits, 7.5, 5, face="B", anchor="middle")),
        ("reference", _box(width - edge - 21, edge - 0.4, 21, digits, 6, 4, align="right", anchor="middle")),
    ]
    return CellLayout(
        width=width,
        height=height,
        texts=tuple(texts),
        barcode=Area(0.5, edge + digits, width - 1, bars),
        qr=Area(width - edge - qr, base, qr, qr),
        rules=(Area(edge, top - 4.15, inner, 0),),
    )
