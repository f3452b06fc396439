"""Tell what kind of file lies behind an upload, and refuse with a clear word what must not be opened.

These checks are for friendly messages only: bytes can be arranged to pass them. What protects the product is
the process limit (limits.py) around everything that opens the file.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from enum import StrEnum
from typing import BinaryIO

from spreadsheets.faults import SheetError, SheetFault
from spreadsheets.limits import MIB, Limits


class SheetKind(StrEnum):
    """The formats that are read."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"


_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Beginnings of common files that a person uploads by mistake and that would otherwise pass for text.
_OTHER_FILES = (
    b"%PDF",
    b"{\\rtf",
    b"<",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
)
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_MACRO_PARTS = ("vbaproject.bin", "xl/macrosheets/", "basic/", "scripts/")
_LINK_PARTS = ("xl/externallinks/", "xl/connections.xml")
_LOCAL_HEADER_BYTES = 30
_PIECE = 128 * 1024


def kind_of(file: BinaryIO, limits: Limits) -> SheetKind:
    """The kind of a file that may be read; SheetError says why another one may not."""
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise SheetError(SheetFault.EMPTY)
    if size > limits.file_bytes:
        raise SheetError(SheetFault.TOO_LARGE, limit=limits.file_bytes // MIB)
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if head.startswith(_ZIP):
        return _kind_of_package(file, limits)
    if head.startswith(_EMPTY_ZIP):
        raise SheetError(SheetFault.NOT_A_SHEET)
    if head.startswith(_COMPOUND):
        return _kind_of_compound(file)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_OTHER_FILES):
        raise SheetError(SheetFault.NOT_A_SHEET)
    return SheetKind.CSV


def _kind_of_package(file: BinaryIO, limits: Limits) -> SheetKind:
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
            names = [entry.filename.lower() for entry in entries]
            kind = _package_kind(package, names)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as fault:
        raise SheetError(SheetFault.UNREADABLE) from fault
    except RuntimeError as fault:  # how zipfile says that an entry is encrypted
        raise SheetError(SheetFault.ENCRYPTED) from fault
    if any(entry.flag_bits & 1 for entry in entries):
        raise SheetError(SheetFault.ENCRYPTED)
    if any(part in name for name in names for part in _MACRO_PARTS):
        raise SheetError(SheetFault.HAS_MACROS)
    if any(name.startswith(_LINK_PARTS) for name in names):
        raise SheetError(SheetFault.EXTERNAL_LINKS)
    if sum(entry.file_size for entry in entries) > limits.unpacked_bytes:
        raise SheetError(SheetFault.TOO_LARGE, limit=limits.unpacked_bytes // MIB)
    left = limits.unpacked_bytes
    for entry in entries:
        left -= _unpacked_size(file, entry, left, limits)
    file.seek(0)
    return kind


def _package_kind(package: zipfile.ZipFile, names: list[str]) -> SheetKind:
    if "xl/workbook.xml" in names:
        return SheetKind.XLSX
    if "mimetype" in package.namelist():
        with package.open("mimetype") as part:
            if part.read(len(_ODS_TYPE)) == _ODS_TYPE:
                return SheetKind.ODS
    raise SheetError(SheetFault.NOT_A_SHEET)


def _unpacked_size(file: BinaryIO, entry: zipfile.ZipInfo, left: int, limits: Limits) -> int:
    """How many bytes an entry really unpacks to: the directory's own figure may be a lie."""
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        return min(entry.file_size, entry.compress_size)
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES)
    name_bytes, extra_bytes = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    file.seek(name_bytes + extra_bytes, os.SEEK_CUR)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    packed, size = entry.compress_size, 0
    while packed > 0 and not inflater.eof:
        piece = file.read(min(_PIECE, packed))
        if not piece:
            break
        packed -= len(piece)
        while piece:
            try:
                body = inflater.decompress(piece, _PIECE)
            except zlib.error as fault:
                raise SheetError(SheetFault.UNREADABLE) from fault
            if size == 0:
                _check_beginning(body)
            size += len(body)
            if size > left:
                raise SheetError(SheetFault.TOO_LARGE, limit=limits.unpacked_bytes // MIB)
            piece = inflater.unconsumed_tail
    return size


def _check_beginning(body: bytes) -> None:
    # No spreadsheet program writes a document type; what does is an attack by entities.
    if b"<!DOCTYPE" in body[:4096] or b"<!ENTITY" in body[:4096]:
        raise SheetError(SheetFault.UNREADABLE)


def _kind_of_compound(file: BinaryIO) -> SheetKind:
    body = file.read()
    file.seek(0)
    if "EncryptedPackage".encode("utf-16-le") in body:
        raise SheetError(SheetFault.ENCRYPTED)
    if "_VBA_PROJECT".encode("utf-16-le") in body:
        raise SheetError(SheetFault.HAS_MACROS)
    if not any(name.encode("utf-16-le") + b"\0\0" in body for name in ("Workbook", "Book")):
        raise SheetError(SheetFault.NOT_A_SHEET)
    return SheetKind.XLS
