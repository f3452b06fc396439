"""Where everything stands on a label: a drawing for tall labels, one for wide ones, one for narrow cells."""

from __future__ import annotations

from dataclasses import dataclass

from labels.fitting import Align, Anchor, TextBox
from labels.slots import SlotName
from labels.typeface import Face

PT = 25.4 / 72
RULE = 0.25
# Above the bars nothing stands this near: a scan line that grazes their top would take letters for bars, and
# Code 128 has one check character only.
CLEAR = 1.2


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
    texts: tuple[tuple[SlotName, TextBox], ...]
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
    office, side = 34.0, 24.0
    village = inner - office - side
    office_x, village_x, rw_x = edge + 1.5, edge + office + 1.5, edge + office + village + 1.5
    texts: list[tuple[SlotName, TextBox]] = [
        ("sender_name", _box(edge, top - 10.8, left, 7.4, 10, 6, face="B", rows=2, anchor="middle")),
        ("sender_lines", _box(edge, top - 25, left, 13.5, 9, 6, rows=4)),
        ("reference", _box(width - edge - qr, top - 28.6, qr, 4, 8, 5, face="B", align="centre")),
        ("post_office_code", _box(office_x, strip + 9, 31, 12, 25, 10, face="B", anchor="middle")),
        ("post_office_name", _box(office_x, strip + 1, 31, 8.5, 10, 6, rows=2)),
        ("village", _box(village_x, strip + 2, village - 3, 18, 21, 9, face="B", rows=2, anchor="middle")),
        ("rw", _box(rw_x, strip + 9, side - 3, 12, 21, 9, face="B", anchor="middle")),
        ("bag", _box(rw_x, strip + 1, side - 3, 5, 9, 5)),
        ("addressee", _box(edge, strip - 18.5, inner, 14, 20, 9, face="B", rows=2, anchor="middle")),
        ("address", _box(edge, strip - 44, inner, 25, 13, 7, rows=6)),
        ("region", _box(edge, strip - 53.5, inner, 8.5, 16, 8, face="B", anchor="middle")),
        ("item_number", _box(edge, edge - 0.5, inner, 7, 14, 8, face="B", align="centre", anchor="middle")),
    ]
    return CellLayout(
        width=width,
        height=height,
        texts=tuple(texts),
        barcode=Area(0.5, edge + 7, width - 1, strip - 57.5 - edge - 7),
        qr=Area(width - edge - qr, top - qr, qr, qr),
        frames=(
            Area(edge, strip, office, strip_height),
            Area(edge + office, strip, village, strip_height),
            Area(edge + office + village, strip, side, strip_height),
        ),
        rules=(Area(edge, strip - 55.5, inner, 0),),
        captions=(
            _caption("PENGIRIM · bila tak terantar kembalikan ke:", edge, top - 3, left),
            _caption("KANTOR POS", office_x, strip + strip_height - 3.3, 31),
            _caption("DESA / KELURAHAN", village_x, strip + strip_height - 3.3, village - 3),
            _caption("RW", rw_x, strip + strip_height - 3.3, side - 3),
            _caption("KANTONG", rw_x, strip + 5.8, side - 3, size=5 * PT),
            _caption("KEPADA YTH.", edge, strip - 4, inner, size=7 * PT),
        ),
    )


def wide(width: float, height: float, *, edge: float) -> CellLayout:
    """Labels about twice as wide as high: addressee left, sorting column right, both codes at the foot."""
    side, digits = 26.0, 3.2
    inner = width - 2 * edge
    left = inner - side - 2
    foot = min(20.0, (height - 2 * edge) * 0.43)
    base, top = edge + foot + CLEAR, height - edge
    x, column = width - edge - side, top - base
    name = top - 4.2 - min(5.2, 0.27 * column)
    bars = width - edge - foot - 1
    texts: list[tuple[SlotName, TextBox]] = [
        ("sender", _box(edge, top - 4.1, left, 4.1, 5, 3.5, rows=2)),
        ("addressee", _box(edge, name, left, top - 4.2 - name, 11, 6, face="B")),
        ("address", _box(edge, base + 4, left, name - base - 4, 9, 4.5, rows=5)),
        ("region", _box(edge, base, left, 4, 8.5, 5.5, face="B", anchor="middle")),
        ("post_office_code", _sorting(x, top - 0.34 * column, side - 2, 0.33 * column, 17, 8)),
        ("post_office_name", _box(x + 1, top - 0.48 * column, side - 2, 0.14 * column, 6, 4)),
        ("village", _sorting(x, top - 0.76 * column, side - 2, 0.27 * column, 12, 5.5, rows=2)),
        ("rw", _sorting(x, base + 0.2, 12.5, 0.22 * column, 12, 6)),
        ("bag", _box(x + 14, base + 0.2, side - 15, 0.22 * column, 5.5, 4, align="right", anchor="middle")),
        ("item_number", _box(edge, edge - 0.4, bars - edge, digits, 8.5, 6, face="B", align="centre")),
        ("reference", _box(width - edge - foot, edge - 0.8, foot, 2.6, 5.5, 4, align="centre")),
    ]
    return CellLayout(
        width=width,
        height=height,
        texts=tuple(texts),
        barcode=Area(0.5, edge + digits, bars, foot - digits),
        qr=Area(width - edge - foot + 0.9, edge + 1.8, foot - 1.8, foot - 1.8),
        frames=(Area(x, base, side, column),),
        rules=(Area(x, top - 0.49 * column, side, 0), Area(x, base + 0.24 * column, side, 0)),
    )


def _sorting(
    x: float, y: float, width: float, height: float, points: float, least: float, *, rows: int = 1
) -> TextBox:
    return _box(x + 1, y, width, height, points, least, face="B", rows=rows, anchor="middle")


def narrow(width: float, height: float) -> CellLayout:
    """70 × 37 mm: the sorting line on top, the addressee beside the QR, the bars across the foot."""
    edge = 3.4
    inner = width - 2 * edge
    qr, bars, digits, sender = 11.6, 8.9, 2.5, 1.9
    top, base = height - edge, edge + digits + bars + CLEAR
    text = base + sender
    left = inner - qr - 0.4
    texts: list[tuple[SlotName, TextBox]] = [
        ("post_office_code", _box(edge, top - 4, 13, 4, 10.5, 6, face="B", anchor="middle")),
        (
            "village",
            _box(edge + 14, top - 4, inner - 28, 4, 10, 5, face="B", align="centre", anchor="middle"),
        ),
        ("rw", _box(width - edge - 13, top - 4, 13, 4, 10, 6, face="B", align="right", anchor="middle")),
        ("addressee", _box(edge, top - 7.9, left, 3.6, 8.5, 5, face="B")),
        ("address", _box(edge, text + 2.7, left, top - 7.9 - text - 2.7, 6.5, 3.5, rows=3)),
        ("region", _box(edge, text, left, 2.7, 6.5, 4.5, face="B", anchor="middle")),
        ("sender_short", _box(edge, base, inner, sender, 4, 3)),
        ("item_number", _box(edge, edge - 0.4, inner - 22, digits, 7.5, 5, face="B", anchor="middle")),
        ("reference", _box(width - edge - 21, edge - 0.4, 21, digits, 6, 4, align="right", anchor="middle")),
    ]
    return CellLayout(
        width=width,
        height=height,
        texts=tuple(texts),
        barcode=Area(0.5, edge + digits, width - 1, bars),
        qr=Area(width - edge - qr, text + 0.1, qr, qr),
        rules=(Area(edge, top - 4.15, inner, 0),),
    )
