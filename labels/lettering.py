"""Write text into boxes as PDF operators, remembering what has been measured."""

from __future__ import annotations

from collections.abc import Sequence

from labels.fitting import PITCH, TextBox, first_baseline, fit, sizes_by_rows
from labels.pdf import PdfStream
from labels.typeface import Face, printable, typeface

# Lines remembered per typeface: villages, districts and senders come again, names do not.
REMEMBERED = 4096


class TextPen:
    """Measures text in one typeface for one PDF, and remembers what it has measured."""

    def __init__(self, face: Face, pdf: PdfStream) -> None:
        self._face = face
        self._pdf = pdf
        self.width = typeface(face).width
        # Per line as given: its width in thousandths of the size, and the inside of its PDF string.
        self._lines: dict[str, tuple[int, str]] = {}

    def measured(self, line: str) -> tuple[int, str]:
        """The width of the line in thousandths of its size, and its characters as inside a PDF string."""
        return self._lines.get(line) or self._measure(line)

    def _measure(self, line: str) -> tuple[int, str]:
        text = printable(line)
        if not text.isascii():
            self._pdf.use(self._face, text)
        if len(self._lines) >= REMEMBERED:
            self._lines.clear()
        measured = self._lines[line] = (self.width(text), _string(text))
        return measured


class TextSlot:
    """Writes texts into one box of the layout."""

    def __init__(self, box: TextBox, pen: TextPen) -> None:
        self._box = box
        self._pen = pen
        self._share = {"left": 0.0, "centre": 0.5, "right": 1.0}[box.align]
        self._room = box.width * 1000
        self._sizes = sizes_by_rows(box)
        self._comfortable = box.size * box.comfortable
        # Per size in hundredths and number of rows: the operators before and between the rows' strings.
        self._settings: dict[tuple[int, int], tuple[float, str, str]] = {}

    def write(self, lines: Sequence[str]) -> str:
        """The operators that show the lines in the box, fitted."""
        measured = self._pen.measured
        rows = [measured(line) for line in lines]
        size = self._size_of_whole(rows)
        if not size:
            fitted = fit(lines, self._box)
            size = fitted.size
            rows = [measured(row) for row in fitted.rows]
            if not rows:
                return ""
        # Rounded down, so that a text which just fits still does.
        setting = (int(size * 100), len(rows))
        known = self._settings.get(setting) or self._set(setting)
        return self._aligned(rows, known) if self._share else self._left(rows, known)

    def _size_of_whole(self, rows: Sequence[tuple[int, str]]) -> float:
        """The size at which the lines fit unbroken; 0 when that takes a closer look."""
        count = len(rows)
        if not 0 < count < len(self._sizes) or not min(rows)[0]:
            return 0
        size = min(self._sizes[count], self._room / max(rows)[0])
        return size if size >= self._comfortable else 0

    def _left(self, rows: Sequence[tuple[int, str]], setting: tuple[float, str, str]) -> str:
        _, head, between = setting
        shown = rows[0][1] if len(rows) == 1 else between.join([shown for _, shown in rows])
        return f"{head}({shown}) Tj ET"

    def _aligned(self, rows: Sequence[tuple[int, str]], setting: tuple[float, str, str]) -> str:
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


def _string(row: str) -> str:
    """The inside of a PDF string: two bytes a character, each as the Latin-1 character of that byte."""
    codes = row.encode("utf-16-be").decode("latin-1")
    return codes.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").replace("\r", "\\r")
