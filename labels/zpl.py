"""Labels for thermal printers that are spoken to in ZPL, at 203 and 300 dpi."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labels.barcodes import CODE128_QUIET, QR_QUIET, code128_modules, qr_modules
from labels.content import LabelContent
from labels.fitting import PITCH, TextBox, first_baseline
from labels.layouts import RULE, Area, CellLayout
from labels.lettering import Slot, TextPen
from labels.slots import OWN, POST_STICKER_PLACE, READERS, neighbourhood

# Widest module in millimetres that is worth its room, and narrowest that is allowed.
WIDEST_MODULE, NARROWEST_MODULE = 0.5, 0.25
# ^BQ magnifies from 1 to 10.
MAX_MAGNIFICATION = 10
# Printers draw ^BQ lower by the bar height that ^BY set last, so that one is kept at one dot.
BAR_HEIGHT_DEFAULT = 1
REMEMBERED = 4096
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;/()'+-&#%=?!*\"@")


class _Escapes(dict[int, str]):
    """Per character, how a field under ^FH_ says it: plain where no printer command can begin, else its bytes."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = character in _PLAIN
        spelled = character if plain else "".join(f"_{byte:02X}" for byte in character.encode())
        self[code] = spelled
        return spelled


_ESCAPES = _Escapes()


def escaped(text: str) -> str:
    """The text as the data of a field that ^FH_ opens: no `^`, `~`, `_` or byte above ASCII is left in it."""
    return text.translate(_ESCAPES)


class ZplArtist:
    """Draws labels of one layout for printers of one resolution, shifted right and down by millimetres."""

    def __init__(self, layout: CellLayout, *, dots_per_mm: int, offset_mm: tuple[float, float]) -> None:
        self._layout = layout
        self._dots = dots_per_mm
        self._right, self._down = offset_mm
        # The printer's own scalable typeface is bold and narrow: no text in it is wider than ours in bold.
        pen = TextPen("B", spell=escaped)
        slots = [(name, READERS[name], ZplSlot(box, pen, self)) for name, box in layout.texts]
        self._own = [(read, slot) for name, read, slot in slots if name in OWN]
        self._shared = [(read, slot) for name, read, slot in slots if name not in OWN]
        self._neighbourhoods: dict[tuple[object, ...], str] = {}
        self._barcodes: dict[int, str] = {}
        self._squares: dict[int, str] = {}
        self._head = self._opening(pen)
        self._sticker = self._post_sticker(pen)

    def draw(self, label: LabelContent) -> str:
        """The commands of one label, all ASCII."""
        fields = neighbourhood(label)
        shared = self._neighbourhoods.get(fields)
        if shared is None:
            if len(self._neighbourhoods) >= REMEMBERED:
                self._neighbourhoods.clear()
            drawn = "".join(slot.write(read(label)) for read, slot in self._shared)
            shared = self._neighbourhoods[fields] = self._head + drawn
        own = "".join([slot.write(read(label)) for read, slot in self._own])
        bars = self._barcode(label.item_number) if label.item_number else self._sticker
        return f"{shared}{own}{bars}{self._square(label.reference)}^XZ\n"

    def x(self, millimetres: float) -> int:
        """A place from the left in dots; never off the label, where the printer would refuse it."""
        return max(0, round((millimetres + self._right) * self._dots))

    def y(self, millimetres: float) -> int:
        """A height over the label's lower edge as dots from its top."""
        return max(0, round((self._layout.height - millimetres + self._down) * self._dots))

    def size(self, millimetres: float) -> int:
        """A length in dots, rounded down so that what fits still does; at least one."""
        return max(1, int(millimetres * self._dots))

    def _opening(self, pen: TextPen) -> str:
        layout = self._layout
        width, height = self.size(layout.width), self.size(layout.height)
        parts = [f"^XA^CI28^PW{width}^LL{height}^LH0,0"]
        parts += [self._frame(area) for area in (*layout.frames, *layout.rules)]
        parts += [ZplSlot(caption.box, pen, self).write((caption.text,)) for caption in layout.captions]
        return "".join(parts)

    def _frame(self, area: Area) -> str:
        thick = self.size(RULE)
        width, height = (max(thick, round(side * self._dots)) for side in (area.width, area.height))
        return f"^FO{self.x(area.x)},{self.y(area.y + area.height)}^GB{width},{height},{thick}^FS"

    def _post_sticker(self, pen: TextPen) -> str:
        area = self._layout.barcode
        box = TextBox(
            x=area.x,
            y=area.y,
            width=area.width,
            height=area.height,
            size=3,
            least=1.5,
            align="centre",
            anchor="middle",
        )
        inner = Area(area.x + 5, area.y, area.width - 10, area.height)
        return self._frame(inner) + ZplSlot(box, pen, self).write((POST_STICKER_PLACE,))

    def _barcode(self, number: str) -> str:
        modules = code128_modules(number).width
        opening = self._barcodes.get(modules)
        if opening is None:
            opening = self._barcodes[modules] = self._barcode_opening(modules)
        # Mode A: the printer pairs digits itself, and ">" is a character, not an invocation.
        return f"{opening}^FD{escaped(number)}^FS"

    def _barcode_opening(self, modules: int) -> str:
        area = self._layout.barcode
        room = area.width * self._dots / (modules + 2 * CODE128_QUIET)
        narrowest, widest = (round(width * self._dots) for width in (NARROWEST_MODULE, WIDEST_MODULE))
        module = max(narrowest, min(widest, int(room)))
        x = area.x + (area.width - modules * module / self._dots) / 2
        height = self.size(area.height)
        place = f"^FO{self.x(x)},{self.y(area.y + area.height)}"
        return f"{place}^BY{module},3,{BAR_HEIGHT_DEFAULT}^BCN,{height},N,N,N,A^FH_"

    def _square(self, reference: str) -> str:
        modules = qr_modules(reference).width
        opening = self._squares.get(modules)
        if opening is None:
            area = self._layout.qr
            room = area.width * self._dots / (modules + 2 * QR_QUIET)
            module = max(1, min(MAX_MAGNIFICATION, int(room)))
            inset = (area.width - modules * module / self._dots) / 2
            top = max(0, self.y(area.y + area.height - inset) - BAR_HEIGHT_DEFAULT)
            place = f"^FO{self.x(area.x + inset)},{top}^BY1,3,{BAR_HEIGHT_DEFAULT}"
            opening = self._squares[modules] = f"{place}^BQN,2,{module}^FH_"
        return f"{opening}^FDMA,{escaped(reference)}^FS"


class ZplSlot(Slot):
    """A box whose texts are ZPL fields."""

    def __init__(self, box: TextBox, pen: TextPen, artist: ZplArtist) -> None:
        super().__init__(box, pen)
        self._artist = artist
        self._settings: dict[tuple[int, int], list[str]] = {}

    def write(self, lines: Sequence[str]) -> str:
        """The fields that show the lines in the box."""
        size, rows = self.fitted(lines)
        # Rounded down to whole dots, so that a text which just fits still does.
        setting = (self._artist.size(size), len(rows))
        openings = self._settings.get(setting)
        if openings is None:
            openings = self._settings[setting] = list(self._openings(*setting))
        return "".join([f"{opening}{shown}^FS" for opening, (_, shown) in zip(openings, rows, strict=True)])

    def _openings(self, dots: int, rows: int) -> Iterator[str]:
        artist, box = self._artist, self._box
        size = dots / artist.size(1)
        aligned = {"left": "", "centre": "C", "right": "R"}[box.align]
        block = f"^FB{artist.size(box.width)},1,0,{aligned}" if aligned else ""
        for index in range(rows):
            baseline = first_baseline(box, size, rows) - index * PITCH * size
            yield f"^FT{artist.x(box.x)},{artist.y(baseline)}^A0N,{dots}{block}^FH_^FD"
