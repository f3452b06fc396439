"""The label's two codes as rows of modules: Code 128 of the item number and the QR code of the reference."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count
from operator import mul
from typing import NamedTuple

import segno
from barcode.charsets import code128

# Modules of clear space that each symbology asks for: ISO/IEC 15417 and ISO/IEC 18004.
CODE128_QUIET = 10
QR_QUIET = 4

# One mask for every symbol: any of the eight may be read, and a fixed one keeps the code affine (see
# QrEncoder).
QR_MASK = 3
QR_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

_PATTERNS = tuple(int(pattern, 2) for pattern in code128.CODES)
_STOP_BITS = int(code128.STOP + "11", 2)
_STOP_WIDTH = len(code128.STOP) + 2
_START_B, _START_C = code128.START_CODES["B"], code128.START_CODES["C"]
_TO_B, _TO_C = code128.C["TO_B"], code128.B["TO_C"]
# four and more, or two that are all of the text (ISO/IEC 15417)
_DIGITS = re.compile(r"[0-9]{4,}|\A[0-9]{2}\Z")
_MIN_DIGITS_INSIDE = 6


class Modules(NamedTuple):
    """A symbol without its quiet zone: `height` rows of `width` modules in `bits`, 1 = dark.

    The first row is the highest bits. Each row is filled with zero bits to whole bytes, as a PDF or ZPL image
    wants it.
    """

    width: int
    height: int
    bits: int

    @property
    def row_bytes(self) -> int:
        return (self.width + 7) // 8

    def hex(self) -> str:
        return self.bits.to_bytes(self.row_bytes * self.height, "big").hex()


def code128_codewords(text: str) -> list[int]:
    """Start, data and check codewords of printable ASCII; digits are paired where that saves."""
    words: list[int] = []
    position = 0
    for run in _DIGITS.finditer(text):
        start, end = run.span()
        if start and end < len(text) and end - start < _MIN_DIGITS_INSIDE:
            continue
        # An odd digit stays in code set B: before the pairs at the end of the text, otherwise after them.
        if (end - start) % 2:
            start, end = (start + 1, end) if start and end == len(text) else (start, end - 1)
        words += _in_set_b(text[position:start], words)
        words.append(_TO_C if words else _START_C)
        words += [int(text[at : at + 2]) for at in range(start, end, 2)]
        position = end
    words += _in_set_b(text[position:], words)
    # The start codeword weighs 1, as the first data codeword does.
    check = words[0] + sum(map(mul, words, count()))
    words.append(check % 103)
    return words


def _in_set_b(text: str, before: list[int]) -> list[int]:
    if not text:
        return []
    return [_TO_B if before else _START_B, *[code128.B[character] for character in text]]


def code128_modules(text: str) -> Modules:
    """The Code 128 symbol of printable ASCII, one row of modules with the stop pattern."""
    words = code128_codewords(text)
    bits = 0
    for word in words:
        bits = bits << 11 | _PATTERNS[word]
    bits = bits << _STOP_WIDTH | _STOP_BITS
    width = 11 * len(words) + _STOP_WIDTH
    return Modules(width, 1, bits << -width % 8)


class QrEncoder:
    """QR codes of texts of one length and mode, level M, at the speed of a few XORs.

    With version, mode, level and mask fixed, the error correction and the placing of bits are linear over
    GF(2): a symbol is the symbol of the all-zero payload XOR one fixed pattern for every payload bit that is
    set. segno draws those few symbols; every other one is their sum.
    """

    def __init__(self, *, length: int, alphanumeric: bool) -> None:
        self._length = length
        self._step = 2 if alphanumeric else 1
        self._alphanumeric = alphanumeric
        zero = self._draw(self._piece(0, 1) * length)
        self.width = len(zero)
        self._zero = _packed(zero)
        # Per place in the text: the pattern of each payload bit, and of each piece of text already met.
        self._basis: list[list[int]] = [self._patterns_of(place) for place in range(0, length, self._step)]
        self._known: list[dict[str, int]] = [{} for _ in self._basis]

    def modules(self, text: str) -> Modules:
        """The symbol of a text of this encoder's length and characters."""
        bits = self._zero
        step = self._step
        for index, known in enumerate(self._known):
            piece = text[index * step : index * step + step]
            pattern = known.get(piece)
            if pattern is None:
                pattern = known[piece] = self._pattern(index, self._value(piece))
            bits ^= pattern
        return Modules(self.width, self.width, bits)

    def _pattern(self, index: int, value: int) -> int:
        pattern = 0
        for bit, basis in enumerate(self._basis[index]):
            if value >> bit & 1:
                pattern ^= basis
        return pattern

    def _patterns_of(self, place: int) -> list[int]:
        """What each payload bit at one place in the text changes in the symbol."""
        size = min(self._step, self._length - place)
        payload_bits = (6 if size == 1 else 11) if self._alphanumeric else 8
        rest = self._piece(0, 1)
        patterns = []
        for bit in range(payload_bits):
            piece = self._piece(1 << bit, size)
            text = rest * place + piece + rest * (self._length - place - size)
            patterns.append(_packed(self._draw(text)) ^ self._zero)
        return patterns

    def _value(self, piece: str) -> int:
        if not self._alphanumeric:
            return ord(piece)
        value = 0
        for character in piece:
            value = value * 45 + QR_ALPHANUMERIC.index(character)
        return value

    def _piece(self, value: int, size: int) -> str:
        if not self._alphanumeric:
            return chr(value)
        if size == 1:
            return QR_ALPHANUMERIC[value]
        return QR_ALPHANUMERIC[value // 45] + QR_ALPHANUMERIC[value % 45]

    def _draw(self, text: str) -> tuple[bytearray, ...]:
        mode = "alphanumeric" if self._alphanumeric else "byte"
        encoding = None if self._alphanumeric else "iso-8859-1"
        symbol = segno.make_qr(text, error="m", mode=mode, mask=QR_MASK, encoding=encoding, boost_error=False)
        return tuple(symbol.matrix)


def _packed(matrix: tuple[bytearray, ...]) -> int:
    fill = "0" * (-len(matrix) % 8)
    return int("".join("".join(map(str, row)) + fill for row in matrix), 2)


@lru_cache(maxsize=64)
def _encoder(length: int, *, alphanumeric: bool) -> QrEncoder:
    return QrEncoder(length=length, alphanumeric=alphanumeric)


def qr_modules(text: str) -> Modules:
    """The QR code, level M, of printable ASCII; alphanumeric mode when the characters allow it."""
    alphanumeric = not text.strip(QR_ALPHANUMERIC)
    return _encoder(len(text), alphanumeric=alphanumeric).modules(text)
