"""A4 papers that officers sign: headings, tables of any length and signature boxes, as a stream of pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from labels.fitting import COMFORTABLE, EXTENT, PITCH, Align, TextBox, fit
from labels.lettering import PdfLettering, PdfSlot
from labels.pdf import POINTS_PER_MM, PdfStream
from labels.typeface import Face

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 12.0
INNER = WIDTH - 2 * MARGIN
PT = 25.4 / 72
FOOT = 6.0
ROW = 5.0
HAIRLINE, LINE = 0.1, 0.3
SIGNATURE_HEIGHT = 36.0


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table: its title, its width in millimetres, and how its texts are set."""

    title: str
    width: float
    face: Face = "R"
    align: Align = "left"


class Paper:
    """Pages under way, written from the top down; `y` is the height that is still free on this page."""

    def __init__(self, output: BinaryIO, *, foot: str) -> None:
        self._pdf = PdfStream(output, width_mm=WIDTH, height_mm=HEIGHT)
        self._lettering = PdfLettering(self._pdf)
        self._parts: list[str] = []
        self._foot = foot
        self.pages_announced: int | None = None
        self.y = HEIGHT - MARGIN

    @property
    def room(self) -> float:
        """What is left of this page above its foot, in millimetres."""
        return self.y - MARGIN - FOOT

    def slot(self, box: TextBox) -> PdfSlot:
        """A place for texts, in the paper's own coordinates or relative to a row."""
        return self._lettering.slot(box)

    def draw(self, operators: str) -> None:
        """Add operators in millimetres from the page's lower left corner."""
        self._parts.append(operators)

    def text(
        self,
        text: str,
        *,
        points: float = 9,
        face: Face = "R",
        align: Align = "left",
        x: float = MARGIN,
        width: float = INNER,
        rows: int = 1,
    ) -> None:
        """One paragraph below what stands already; it shrinks or wraps to at most `rows` rows."""
        box = _box(x, 0, width, _height(points, rows), points, face, align, rows)
        used = max(1, len(fit((text,), box).rows))
        height = _height(points, used)
        self.ensure(height)
        self.y -= height
        self._write(text, x, self.y, width, height, points, face, align, used)

    def pair(
        self, name: str, value: str, *, indent: float = 0, name_width: float = 42, rows: int = 1
    ) -> None:
        """A name and its value on one line, the values of several pairs in line."""
        height = _height(9, rows)
        self.ensure(height)
        self.y -= height
        x = MARGIN + indent
        self._write(name, x, self.y, name_width - 3, height, 9, "R", "left", 1)
        self._write(":", x + name_width - 3, self.y, 2, height, 9, "R", "left", 1)
        self._write(value, x + name_width, self.y, INNER - indent - name_width, height, 9, "R", "left", rows)

    def rule(self) -> None:
        """A line across the page."""
        self.y -= 1.5
        self.draw(f"{LINE} w {MARGIN:.2f} {self.y:.2f} m {WIDTH - MARGIN:.2f} {self.y:.2f} l S")
        self.y -= 1.5

    def gap(self, height: float) -> None:
        """Leave some height free."""
        self.y -= height

    def ensure(self, height: float) -> bool:
        """Begin a new page when this one has less room; say whether it did."""
        if self.room >= height:
            return False
        self.end_page()
        return True

    def signatures(self, sides: Sequence[tuple[str, str, str, str]]) -> None:
        """Boxes side by side: in what quality, for which office, name (dots when empty) and position."""
        self.ensure(SIGNATURE_HEIGHT + 2)
        self.y -= SIGNATURE_HEIGHT + 2
        width = (INNER - 6 * (len(sides) - 1)) / len(sides)
        for index, (quality, office, name, position) in enumerate(sides):
            x = MARGIN + index * (width + 6)
            self.draw(f"{LINE} w {x:.2f} {self.y:.2f} {width:.2f} {SIGNATURE_HEIGHT:.2f} re S")
            inner = (x + 2, width - 4)
            self._write(quality, inner[0], self.y + 30, inner[1], 4.5, 9, "B", "centre", 1)
            self._write(office, inner[0], self.y + 25.5, inner[1], 4, 8, "R", "centre", 1)
            self._write(name or "." * 44, inner[0], self.y + 5.5, inner[1], 4.5, 9, "B", "centre", 1)
            self._write(position or " ", inner[0], self.y + 1.5, inner[1], 4, 8, "R", "centre", 1)

    def end_page(self) -> None:
        """Write this page and begin the next."""
        page = self._pdf.pages + 1
        of = f" dari {self.pages_announced}" if self.pages_announced else ""
        self._write(self._foot, MARGIN, MARGIN - 4, INNER - 32, 4, 6.5, "R", "left", 1)
        self._write(f"Halaman {page}{of}", WIDTH - MARGIN - 30, MARGIN - 4, 30, 4, 6.5, "R", "right", 1)
        scale = f"{POINTS_PER_MM:.5f}"
        body = "\n".join([f"{scale} 0 0 {scale} 0 0 cm", *self._parts])
        self._pdf.add_page(body.encode("latin-1"))
        self._parts = []
        self.y = HEIGHT - MARGIN

    def close(self) -> None:
        """Write the last page and what the pages refer to."""
        self.end_page()
        self._pdf.finish()

    def _write(
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        height: float,
        points: float,
        face: Face,
        align: Align,
        rows: int,
    ) -> None:
        box = _box(x, y, width, height, points, face, align, rows)
        self._parts.append(self.slot(box).write((text,)))


def _height(points: float, rows: int) -> float:
    return points * PT * (EXTENT + (rows - 1) * PITCH + 0.08)


def _box(
    x: float, y: float, width: float, height: float, points: float, face: Face, align: Align, rows: int
) -> TextBox:
    size = points * PT
    return TextBox(
        x=x,
        y=y,
        width=width,
        height=height,
        size=size,
        least=min(size, 5 * PT),
        face=face,
        rows=rows,
        align=align,
        # A paragraph wraps at its full size.
        comfortable=1.0 if rows > 1 else COMFORTABLE,
    )


class Table:
    """A table on a paper: its head is repeated on every page, and texts that are too long shrink or are cut."""

    def __init__(self, paper: Paper, columns: Sequence[TableColumn], *, points: float = 7.5) -> None:
        self._paper = paper
        self._columns = columns
        self._cells = self._slots(columns, points)
        heads = [TableColumn(column.title, column.width, "B", column.align) for column in columns]
        self._heads = self._slots(heads, points)
        self._width = sum(column.width for column in columns)
        self._head_drawn = False

    @property
    def rows_left(self) -> int:
        """Rows that this page still takes, the head included when it is not drawn yet."""
        head = 0 if self._head_drawn else 1
        return max(0, int(self._paper.room / ROW + 1e-6) - head)

    @property
    def rows_of_a_page(self) -> int:
        """Rows that an empty page takes."""
        return int((HEIGHT - 2 * MARGIN - FOOT) / ROW + 1e-6) - 1

    def add(self, row: Iterable[object]) -> None:
        """One row under the others, on a new page when this one is full."""
        if self.rows_left < 1:
            self._paper.end_page()
            self._head_drawn = False
        if not self._head_drawn:
            self._draw(self._heads, [column.title for column in self._columns], ground="0.9 g")
            self._head_drawn = True
        self._draw(self._cells, row)

    def _draw(
        self, slots: Sequence[PdfSlot], texts: Iterable[object], ground: str = "", ink: str = ""
    ) -> None:
        paper = self._paper
        paper.y -= ROW
        parts = [f"q 1 0 0 1 {MARGIN:.2f} {paper.y:.2f} cm"]
        if ground:
            parts.append(f"{ground} 0 0 {self._width:.2f} {ROW:.2f} re f 0 g")
        parts += [slot.write((str(text),)) for slot, text in zip(slots, texts, strict=True)]
        parts.append(f"{HAIRLINE} w 0 0 m {self._width:.2f} 0 l S Q")
        paper.draw("\n".join(parts))

    def _slots(self, columns: Sequence[TableColumn], points: float) -> list[PdfSlot]:
        slots, x = [], 0.0
        for column in columns:
            box = TextBox(
                x=x + 0.7,
                y=0,
                width=column.width - 1.4,
                height=ROW,
                size=points * PT,
                least=4.5 * PT,
                face=column.face,
                align=column.align,
                anchor="middle",
            )
            slots.append(self._paper.slot(box))
            x += column.width
        return slots
