"""Fit texts into the boxes of a layout, remembering what has been measured, and write them as PDF operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from labels.fitting import PITCH, TextBox, first_baseline, fit, sizes_by_rows
from labels.pdf import PdfStream
from labels.typeface import Face, printable, typeface

# Lines remembered per typeface: villages, districts and senders come again, names do not.
REMEMBERED = 4096

# A row of text: its width in thousandths of the size, and how the printer's language writes it.
MeasuredRow = tuple[int, str]


class TextPen:
    """Measures lines in one typeface and spells them for the printer, and remembers both."""

    def __init__(self, face: Face, *, spell: Callable[[str], str]) -> None:
        self._width = typeface(face).width
        self._spell = spell
        self._lines: dict[str, MeasuredRow] = {}

    def measured(self, line: str) -> MeasuredRow:
        """The line's width and spelling."""
        return self._lines.get(line) or self._measure(line)

    def _measure(self, line: str) -> MeasuredRow:
        text = printable(line)
        if len(self._lines) >= REMEMBERED:
            self._lines.clear()
        measured = self._lines[line] = (self._width(text), self._spell(text))
        return measured


class Slot:
    """One box of a layout, and the texts that go into it fitted."""

    def __init__(self, box: TextBox, pen: TextPen) -> None:
        self._box = box
        self._pen = pen
        self._room = box.width * 1000
        self._sizes = sizes_by_rows(box)
        self._comfortable = box.size * box.comfortable

    def fitted(self, lines: Sequence[str]) -> tuple[float, list[MeasuredRow]]:
        """The size in millimetres at which the lines fit, and their rows."""
        measured = self._pen.measured
        rows = [measured(line) for line in lines]
        count = len(rows)
        if 0 < count < len(self._sizes) and min(rows)[0]:
            size = min(self._sizes[count], self._room / max(rows)[0])
            if size >= self._comfortable:
                return size, rows
        fitted = fit(lines, self._box)
        return fitted.size, [measured(row) for row in fitted.rows]


class PdfSlot(Slot):
    """A box whose texts are PDF operators."""

    def __init__(self, box: TextBox, pen: TextPen) -> None:
        super().__init__(box, pen)
        self._share = {"left": 0.0, "centre": 0.5, "right": 1.0}[box.align]
        # Per size in hundredths and number of rows: the size, and the operators before and between the rows.
        self._settings: dict[tuple[int, int], tuple[float, str, str]] = {}

    def write(self, lines: Sequence[str]) -> str:
        """The operators that show the lines in the box, as characters of Latin-1."""
        size, rows = self.fitted(lines)
        if not rows:
            return ""
        # Rounded down, so that a text which just fits still does.
        setting = (int(size * 100), len(rows))
        known = self._settings.get(setting) or self._set(setting)
        return self._aligned(rows, known) if self._share else self._left(rows, known)

    def _left(self, rows: Sequence[MeasuredRow], setting: tuple[float, str, str]) -> str:
        _, head, between = setting
        shown = rows[0][1] if len(rows) == 1 else between.join([shown for _, shown in rows])
        return f"{head}({shown}) Tj ET"

    def _aligned(self, rows: Sequence[MeasuredRow], setting: tuple[float, str, str]) -> str:
        size, operators, _ = setting
        box, before = self._box, 0.0
        for width, shown in rows:
            x = self._share * (box.width - width * size / 1000)
            operators += f"{x - before:.2f} 0 Td ({shown}) Tj 0 {-PITCH * size:.2f} Td "
            before = x
        return operators + "ET"

    def _set(self, setting: tuple[int, int]) -> tuple[float, str, str]:
        hundredths, rows = setting
        size, box = hundredths / 100, self._box
        head = f"BT /{box.face} {size:.2f} Tf {box.x:.2f} {first_baseline(box, size, rows):.2f} Td "
        known = self._settings[setting] = (size, head, f") Tj 0 {-PITCH * size:.2f} Td (")
        return known


class PdfLettering:
    """The slots of one PDF: both typefaces, and the characters that must be embedded."""

    def __init__(self, pdf: PdfStream) -> None:
        self._pdf = pdf
        self._pens: dict[Face, TextPen] = {
            "R": TextPen("R", spell=lambda text: self._string("R", text)),
            "B": TextPen("B", spell=lambda text: self._string("B", text)),
        }

    def slot(self, box: TextBox) -> PdfSlot:
        """A place for texts."""
        return PdfSlot(box, self._pens[box.face])

    def _string(self, face: Face, text: str) -> str:
        """The inside of a PDF string: two bytes a character, each as the Latin-1 character of that byte."""
        if not text.isascii():
            self._pdf.use(face, text)
        codes = text.encode("utf-16-be").decode("latin-1")
        return codes.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").replace("\r", "\\r")
