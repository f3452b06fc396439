"""Write a PDF of any number of pages as a stream, in flat memory, with the typefaces embedded."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from reportlab.pdfbase.ttfonts import TTFontFile

from labels.typeface import ASCENT, CAP_HEIGHT, DESCENT, Face, typeface

POINTS_PER_MM = 72 / 25.4
# Pages under one node of the page tree, and nodes under one node.
KIDS = 64
FACES: tuple[Face, ...] = ("R", "B")
# The fastest level: a label's page shrinks to a third, and higher levels save little more.
DEFLATE_LEVEL = 1
XREF_ROWS_PER_WRITE = 10_000
ASCII = "".join(map(chr, range(0x20, 0x7F)))
# Font descriptor: a Latin typeface, not symbols.
_NONSYMBOLIC = 32


class PdfStream:
    """A PDF under way: pages are written as they come, what they refer to at the end.

    Pages share one size and one set of resources: fonts R and B and the forms added by `add_form`. The same
    calls give the same bytes: no date, no random identifier.
    """

    def __init__(self, output: BinaryIO, *, width_mm: float, height_mm: float) -> None:
        self._output = output
        self._size = (width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM)
        self._position = 0
        self._offsets = array("Q", [0])
        self._nodes: list[_Node] = []
        self._forms: dict[str, int] = {}
        self._used: dict[Face, set[str]] = {"R": set(ASCII), "B": set(ASCII)}
        self.pages = 0
        # The comment's high bytes tell file-transfer programs that the file is binary.
        self._write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
        self._catalog, self._resources = self._reserve(), self._reserve()

    def use(self, face: Face, text: str) -> None:
        """Say that pages draw these characters beyond ASCII, so that the embedded subset holds them."""
        self._used[face].update(text)

    def add_form(self, name: str, content: bytes, *, width_mm: float, height_mm: float) -> None:
        """A drawing in millimetres that any page draws by `/NAME Do`."""
        number = self._reserve()
        self._forms[name] = number
        box = (
            f"/Type/XObject/Subtype/Form/BBox[0 0 {width_mm:g} {height_mm:g}]/Resources {self._resources} 0 R"
        )
        self._put_stream(number, content, box)

    def add_content(self, content: bytes) -> int:
        """A part of pages' content that many of them share; give its number to `add_page`."""
        number = self._reserve()
        self._put_stream(number, content)
        return number

    def add_page(self, content: bytes, *, after: int | None = None) -> None:
        """One page, its content in points from the lower left corner, continuing the shared part `after`."""
        stream, page = self._reserve(), self._reserve()
        self._put_stream(stream, content)
        parent = self._parent(0)
        contents = f" {stream} 0 R" if after is None else f"[{after} 0 R {stream} 0 R]"
        self._put(page, f"<</Type/Page/Parent {parent.number} 0 R/Contents{contents}>>")
        parent.add(page, 1)
        self.pages += 1

    def finish(self) -> None:
        """Write what the pages refer to, and the cross-reference table."""
        root = self._close_page_tree()
        fonts = " ".join(f"/{face} {self._put_font(face)} 0 R" for face in FACES)
        forms = " ".join(f"/{name} {number} 0 R" for name, number in self._forms.items())
        self._put(self._resources, f"<</Font<<{fonts}>>/XObject<<{forms}>>>>")
        self._put(self._catalog, f"<</Type/Catalog/Pages {root} 0 R/Lang(id)>>")
        start = self._position
        self._write(f"xref\n0 {len(self._offsets)}\n0000000000 65535 f \n".encode())
        for first in range(1, len(self._offsets), XREF_ROWS_PER_WRITE):
            rows = self._offsets[first : first + XREF_ROWS_PER_WRITE]
            self._write("".join(f"{offset:010d} 00000 n \n" for offset in rows).encode())
        trailer = f"<</Size {len(self._offsets)}/Root {self._catalog} 0 R>>"
        self._write(f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode())

    def _write(self, data: bytes) -> None:
        self._output.write(data)
        self._position += len(data)

    def _reserve(self) -> int:
        self._offsets.append(0)
        return len(self._offsets) - 1

    def _put(self, number: int, body: str) -> None:
        self._offsets[number] = self._position
        self._write(f"{number} 0 obj\n{body}\nendobj\n".encode())

    def _put_stream(self, number: int, content: bytes, entries: str = "") -> None:
        data = zlib.compress(content, DEFLATE_LEVEL)
        self._offsets[number] = self._position
        head = f"{number} 0 obj\n<<{entries}/Filter/FlateDecode/Length {len(data)}>>stream\n"
        self._write(b"%b%b\nendstream\nendobj\n" % (head.encode(), data))

    def _parent(self, level: int) -> _Node:
        """The open node of the page tree at a level above the pages; a full one is written and replaced."""
        if level == len(self._nodes):
            self._nodes.append(_Node(self._reserve()))
        node = self._nodes[level]
        if len(node.kids) < KIDS:
            return node
        self._close_node(level)
        self._nodes[level] = _Node(self._reserve())
        return self._nodes[level]

    def _close_node(self, level: int) -> None:
        node, parent = self._nodes[level], self._parent(level + 1)
        self._put(node.number, f"<</Type/Pages/Parent {parent.number} 0 R{node.entries()}>>")
        parent.add(node.number, node.leaves)

    def _close_page_tree(self) -> int:
        level = 0
        while level + 1 < len(self._nodes):
            self._close_node(level)
            level += 1
        root = self._nodes[level]
        width, height = self._size
        inherited = f"/MediaBox[0 0 {width:.3f} {height:.3f}]/Resources {self._resources} 0 R"
        self._put(root.number, f"<</Type/Pages{root.entries()}{inherited}>>")
        return root.number

    def _put_font(self, face: Face) -> int:
        """A composite font whose two-byte codes are Unicode code points, with the characters used."""
        file = typeface(face).file
        codes = sorted(map(ord, self._used[face]))
        numbers = font, descendant, descriptor, program, glyphs, unicode = [self._reserve() for _ in range(6)]
        del numbers
        name = f"ANTARK+{file.fullName.decode().replace(' ', '')}"
        subset = file.makeSubset(codes)
        self._put_stream(program, subset, f"/Length1 {len(subset)}")
        self._put_stream(glyphs, _glyph_map(file, codes))
        self._put_stream(unicode, _to_unicode(codes))
        metrics = (
            f"/FontBBox[{' '.join(map(str, map(round, file.bbox)))}]/ItalicAngle 0/Ascent {ASCENT * 1000:.0f}"
            f"/Descent {-DESCENT * 1000:.0f}/CapHeight {CAP_HEIGHT * 1000:.0f}/StemV {round(file.stemV)}"
        )
        self._put(
            descriptor,
            f"<</Type/FontDescriptor/FontName/{name}/Flags {_NONSYMBOLIC}{metrics}/FontFile2 {program} 0 R>>",
        )
        self._put(
            descendant,
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/CIDToGIDMap {glyphs} 0 R/W[{_widths(face, codes)}]>>",
        )
        self._put(
            font,
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H"
            f"/DescendantFonts[{descendant} 0 R]/ToUnicode {unicode} 0 R>>",
        )
        return font


class _Node:
    """One open node of the page tree."""

    __slots__ = ("kids", "leaves", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.kids: list[int] = []
        self.leaves = 0

    def add(self, number: int, leaves: int) -> None:
        self.kids.append(number)
        self.leaves += leaves

    def entries(self) -> str:
        return f"/Count {self.leaves}/Kids[{' '.join(f'{kid} 0 R' for kid in self.kids)}]"


def _glyph_map(file: TTFontFile, codes: Sequence[int]) -> bytes:
    """Two bytes per code point: its glyph in the subset, numbered as TTFontFile.makeSubset numbers them."""
    numbers = {0: 0}
    table = array("H", bytes(2 * (codes[-1] + 1)))
    for code in codes:
        table[code] = numbers.setdefault(file.charToGlyph.get(code, 0), len(numbers))
    if array("H", [1]).tobytes() == b"\x01\x00":
        table.byteswap()
    return table.tobytes()


def _widths(face: Face, codes: Iterable[int]) -> str:
    width = typeface(face).width
    return " ".join(f"{code}[{width(chr(code))}]" for code in codes)


def _to_unicode(codes: Iterable[int]) -> bytes:
    """Codes are code points already; copying and searching need a table that says so, 256 at a time."""
    pages = sorted({code >> 8 for code in codes})
    ranges = "\n".join(f"<{page:02X}00> <{page:02X}FF> <{page:02X}00>" for page in pages)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{len(pages)} beginbfrange\n{ranges}\nendbfrange\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()
