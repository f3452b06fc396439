"""Make small and hostile files byte by byte, in the formats that no installed library writes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence

import openpyxl

SHEET_HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET_TAIL = "</sheetData></worksheet>"
LAUGHS = "<!DOCTYPE x [" + "".join(
    f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' if n else '<!ENTITY e1 "ha">' for n in range(12)
)
_SECTOR = 512
_END, _FAT, _FREE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def xlsx(sheet: Iterable[str | bytes], *, more: Mapping[str, bytes] | None = None) -> bytes:
    """A workbook of one sheet whose part is the given pieces, and of further parts as they are."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relation}"><sheets>'
        '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship '
        f'Id="rId1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    }
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, body in parts.items():
            file.writestr(name, body)
        for name, data in (more or {}).items():
            file.writestr(name, data)
        with file.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for piece in sheet:
                part.write(piece.encode() if isinstance(piece, str) else piece)
    return output.getvalue()


def inline(reference: str, text: str) -> str:
    """A cell of text."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def book(kind: str, sheets: Mapping[str, list[list[str | float]]]) -> bytes:
    """A workbook (xlsx, xls or ods) of visible sheets by their names."""
    if kind == "xls":
        return xls(*sheets.values(), names=list(sheets))
    if kind == "ods":
        return ods("", tables={name: "".join(ods_row(*row) for row in rows) for name, rows in sheets.items()})
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
    output = io.BytesIO()
    made.save(output)
    return output.getvalue()


def ods(
    rows: str, *, more: Mapping[str, bytes] | None = None, prologue: str = "",
    tables: Mapping[str, str] | None = None,
) -> bytes:  # fmt: skip
    """An OpenDocument sheet whose table holds the given XML, or several by their names."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    bodies = "".join(
        f'<table:table table:name="{name}">{body}</table:table>'
        for name, body in (tables or {"Data": rows}).items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prologue}<office:document-content '
        f'xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0" xmlns:text="{urn}:text:1.0" '
        'office:version="1.2"><office:body><office:spreadsheet>'
        f"{bodies}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{urn}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        file.writestr("META-INF/manifest.xml", manifest)
        file.writestr("content.xml", content)
        for name, data in (more or {}).items():
            file.writestr(name, data)
    return output.getvalue()


def ods_row(*cells: str | float) -> str:
    """One row of texts and numbers."""
    pieces = [
        f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p>'
        "</table:table-cell>"
        if isinstance(cell, float)
        else f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        for cell in cells
    ]
    return f"<table:table-row>{''.join(pieces)}</table:table-row>"


def xls(*sheets: list[list[str | float]], names: Sequence[str] = ("Data",)) -> bytes:
    """An Excel 97 workbook (BIFF8) of texts and numbers, sheet by sheet."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def begin(what: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, what, 0x0DBB, 0x07CC, 0, 6))

    def substream(rows: list[list[str | float]]) -> bytes:
        cells = b""
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if isinstance(value, float):
                    cells += record(0x0203, struct.pack("<HHHd", y, x, 0, value))
                else:
                    text = value.encode("utf-16-le")
                    cells += record(0x0204, struct.pack("<HHHHB", y, x, 0, len(value), 1) + text)
        width = max(len(row) for row in rows)
        size = record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
        return begin(0x0010) + size + cells + record(0x000A, b"")

    opening = begin(0x0005) + record(0x0042, struct.pack("<H", 1200))
    bodies = [substream(rows) for rows in sheets]
    place = len(opening) + sum(4 + 8 + len(name) for name in names) + 4
    for name, body in zip(names, bodies, strict=True):
        about = struct.pack("<IBBBB", place, 0, 0, len(name), 0) + name.encode("ascii")
        opening += record(0x0085, about)
        place += len(body)
    opening += record(0x000A, b"")
    return compound("Workbook", opening + b"".join(bodies))


def compound(name: str, stream: bytes) -> bytes:
    """An OLE compound file of one stream, as XLS files and encrypted workbooks are."""
    stream = stream.ljust(4096, b"\0")
    count = -(-len(stream) // _SECTOR)
    assert count + 2 <= 128
    fat = [_FAT, _END, *range(3, count + 2), _END]
    fat += [_FREE] * (128 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", 0, *[_FREE] * 108)

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        encoded = title.encode("utf-16-le") + b"\0\0"
        return (
            encoded.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(encoded), kind, 1, _FREE, _FREE, child)
            + bytes(36)
            + struct.pack("<IQ", start, size)
        )

    directory = entry("Root Entry", 5, 1, _END, 0) + entry(name, 2, _FREE, 2, len(stream)) + bytes(256)
    return header + struct.pack("<128I", *fat) + directory + stream.ljust(count * _SECTOR, b"\0")


def archive(entries: Mapping[str, tuple[bytes, int]]) -> bytes:
    """A ZIP of deflated entries whose directory claims the given sizes, true or not."""
    body, directory = b"", b""
    for name, (packed, claimed) in entries.items():
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), claimed, len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + fields + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def deflated(*pieces: tuple[bytes, int]) -> bytes:
    """The deflate stream of pieces, each repeated so many times, made without unpacking the whole."""
    stream = b""
    for piece, times in pieces:
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        stream += (packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)) * times
    return stream + zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
