"""Draw one label as PDF operators in millimetres; what repeats from label to label is drawn once."""

from __future__ import annotations

from labels.barcodes import CODE128_QUIET, QR_QUIET, Modules, code128_modules, qr_modules
from labels.content import LabelContent
from labels.fitting import TextBox
from labels.layouts import RULE, Area, CellLayout
from labels.lettering import PdfLettering
from labels.pdf import PdfStream
from labels.slots import OWN, POST_STICKER_PLACE, READERS, neighbourhood

# Widths of one Code 128 module in millimetres, the widest that fits is taken: whole dots of a 203 or a 300
# dpi printer, then the 0.33 mm that the post recommends, then for a long number in a small cell the 0.25 mm
# that is still allowed: two dots and three.
MODULE_WIDTHS = (0.5, 0.423, 0.375, 0.339, 0.33, 0.25)
# How many neighbourhoods are remembered: in manifest order the same one follows itself.
REMEMBERED = 4096
STICKER_INSET = 5.0

FRAME_FORM = "Frame"


class LabelArtist:
    """Draws labels of one layout for one PDF."""

    def __init__(self, layout: CellLayout, pdf: PdfStream) -> None:
        self._layout = layout
        self._lettering = PdfLettering(pdf)
        slots = [(name, READERS[name], self._lettering.slot(box)) for name, box in layout.texts]
        self._own = [(read, slot) for name, read, slot in slots if name in OWN]
        self._shared = [(read, slot) for name, read, slot in slots if name not in OWN]
        self._neighbourhoods: dict[tuple[object, ...], str] = {}
        self._barcode_heads: dict[int, str] = {}
        self._qr_heads: dict[int, str] = {}
        self._post_sticker = self._draw_post_sticker()
        pdf.add_form(
            FRAME_FORM, self._frame().encode("latin-1"), width_mm=layout.width, height_mm=layout.height
        )

    def draw_shared(self, label: LabelContent) -> str:
        """The frame and the texts of the label's neighbourhood.

        Coordinates are millimetres from the label's lower left corner. Operators are characters of Latin-1,
        to be encoded so.
        """
        fields = neighbourhood(label)
        known = self._neighbourhoods.get(fields)
        if known is None:
            if len(self._neighbourhoods) >= REMEMBERED:
                self._neighbourhoods.clear()
            drawn = [slot.write(read(label)) for read, slot in self._shared]
            known = self._neighbourhoods[fields] = "\n".join([f"/{FRAME_FORM} Do", *drawn])
        return known

    def draw_own(self, label: LabelContent) -> str:
        """The label's own texts and codes."""
        parts = [slot.write(read(label)) for read, slot in self._own]
        parts.append(self._barcode(label.item_number) if label.item_number else self._post_sticker)
        parts.append(self._qr(label.reference))
        return "\n".join(parts)

    def _barcode(self, number: str) -> str:
        symbol = code128_modules(number)
        head = self._barcode_heads.get(symbol.width)
        if head is None:
            place = barcode_area(symbol.width, self._layout.barcode)
            head = self._barcode_heads[symbol.width] = _image_head(symbol, place)
        return head + _image_data(symbol)

    def _qr(self, reference: str) -> str:
        symbol = qr_modules(reference)
        head = self._qr_heads.get(symbol.width)
        if head is None:
            head = self._qr_heads[symbol.width] = _image_head(symbol, qr_area(symbol.width, self._layout.qr))
        return head + _image_data(symbol)

    def _draw_post_sticker(self) -> str:
        """A dashed frame where the post's clerk sticks the number that the post gives at acceptance."""
        area = self._layout.barcode
        x, width = area.x + STICKER_INSET, area.width - 2 * STICKER_INSET
        box = TextBox(
            x=x,
            y=area.y,
            width=width,
            height=area.height,
            size=3,
            least=1.5,
            align="centre",
            anchor="middle",
        )
        dashed = f"q {RULE} w [1.5 1] 0 d {x:.2f} {area.y:.2f} {width:.2f} {area.height:.2f} re S Q"
        return f"{dashed}\n{self._lettering.slot(box).write((POST_STICKER_PLACE,))}"

    def _frame(self) -> str:
        layout = self._layout
        parts = [f"{RULE} w"]
        parts += [
            f"{area.x:.2f} {area.y:.2f} {area.width:.2f} {area.height:.2f} re S" for area in layout.frames
        ]
        parts += [
            f"{rule.x:.2f} {rule.y:.2f} m {rule.x + rule.width:.2f} {rule.y + rule.height:.2f} l S"
            for rule in layout.rules
        ]
        parts += [self._lettering.slot(caption.box).write((caption.text,)) for caption in layout.captions]
        return "\n".join(parts)


def module_width(modules: int, room: float) -> float:
    """The module width for a Code 128 symbol of so many modules in so much room, quiet zones included."""
    needed = modules + 2 * CODE128_QUIET
    return next((width for width in MODULE_WIDTHS if needed * width <= room), room / needed)


def barcode_area(modules: int, area: Area) -> Area:
    """The bars, centred, with at least ten clear modules on both sides inside the area."""
    width = module_width(modules, area.width) * modules
    return Area(area.x + (area.width - width) / 2, area.y, width, area.height)


def qr_area(modules: int, area: Area) -> Area:
    """The QR code's own modules, inside the four clear ones that the area holds too."""
    module = area.width / (modules + 2 * QR_QUIET)
    inset, side = module * QR_QUIET, module * modules
    return Area(area.x + inset, area.y + inset, side, side)


def barcode_operators(symbol: Modules, area: Area) -> str:
    """A Code 128 symbol in its area."""
    return _image_head(symbol, barcode_area(symbol.width, area)) + _image_data(symbol)


def qr_operators(symbol: Modules, area: Area) -> str:
    """A QR code in its area."""
    return _image_head(symbol, qr_area(symbol.width, area)) + _image_data(symbol)


def _image_data(symbol: Modules) -> str:
    return f"{symbol.hex()}>\nEI Q"


def _image_head(symbol: Modules, place: Area) -> str:
    """An inline image mask that paints the dark modules, up to its data; bars are one row, stretched.

    The data is hexadecimal: no byte of it can be taken for the image's end.
    """
    return (
        f"q {place.width:.3f} 0 0 {place.height:.3f} {place.x:.3f} {place.y:.3f} cm\n"
        f"BI /IM true/W {symbol.width}/H {symbol.height}/BPC 1/D[1 0]/F/AHx ID "
    )
