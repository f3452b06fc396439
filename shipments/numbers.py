"""The numbers on an item: UPU S10, Pos Indonesia's numbers, our own reference; told apart when scanned.

Our own reference is `K`, nine digits and a check letter, such as `K387420489J`. The letter is a weighted sum
of the digits modulo 23: no single wrong character and no two exchanged ones leave it right. No number of the
post and no bag code has this form.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import mul
from typing import Final

S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)  # UPU S10
MAX_S10_SERIAL: Final = 99_999_999
REFERENCES: Final = 10**9

_S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
_INDICATOR = re.compile(r"[A-Z]{2}")
_POS_TODAY = re.compile(r"P\d{13}(\.\d{1,4})?")
_POS_PARTNER = re.compile(r"BAC[0-9A-Z]{16,17}")
_POS_OLDER = re.compile(r"\d{11}")
_BAG = re.compile(r"PID\d{1,29}")
_NIK = re.compile(r"\d{16}")
_REFERENCE = re.compile(r"K\d{9}[A-Z]")
CHECK_LETTERS: Final = "ABCDEFGHJKLMNPQRSTVWXYZ"  # 23 letters: without I, O and U, which are misread
_REFERENCE_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 10)
# Multiplying by a number that shares no factor with 10⁹ is one-to-one, and neighbours get unlike references.
_SPREAD: Final = 387_420_489
# What wedge scanners put before the text when they name the symbology (ISO/IEC 15424): ]C0, ]C1, ]Q1 …
_AIM = re.compile(r"^\][A-Z]\d")
_CANONICAL = re.compile(r"[0-9A-Z]{1,200}")
_SEPARATORS = re.compile(r"[\s\-_\u2010-\u2015\u2212\x00-\x1f\u200b-\u200f\ufeff]+")


class NumberKind(StrEnum):
    """What was scanned, by its form and its check character."""

    REFERENCE = "REFERENCE"
    S10 = "S10"
    POS = "POS"
    BAG = "BAG"
    NIK = "NIK"
    WRONG_CHECK = "WRONG_CHECK"  # an S10 number or a reference that was misread or mistyped
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan in its canonical form: upper case, no spaces and dashes."""

    kind: NumberKind
    value: str


def s10_check_digit(serial: int) -> int:
    """Give the check digit of an eight-digit serial (UPU S10). Raises ValueError outside 0–99999999."""
    if not 0 <= serial <= MAX_S10_SERIAL:
        raise ValueError("An S10 serial has eight digits.")
    return _s10_check(sum(map(mul, map(int, f"{serial:08}"), S10_WEIGHTS)))


def _s10_check(total: int) -> int:
    return (5, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1)[total % 11]


def s10(*, service_indicator: str, serial: int, country: str = "ID") -> str:
    """Write an S10 number, e.g. `RR473124829GB`. Raises ValueError for what cannot be one."""
    if not _INDICATOR.fullmatch(service_indicator) or not _INDICATOR.fullmatch(country):
        raise ValueError("An S10 number begins and ends with two capital letters.")
    return f"{service_indicator}{serial:08}{s10_check_digit(serial)}{country}"


def is_s10(text: str) -> bool:
    """Say whether the text has the form of an S10 number and its check digit is right."""
    return _S10.fullmatch(text) is not None and s10_check_digit(int(text[2:10])) == int(text[10])


def is_pos_number(text: str) -> bool:
    """Say whether the text has a form of Pos Indonesia's own numbers; none has a known check digit."""
    return any(form.fullmatch(text) for form in (_POS_TODAY, _POS_PARTNER, _POS_OLDER))


def is_item_number(text: str) -> bool:
    """Say whether the post can have given this number to an item."""
    return is_s10(text) or is_pos_number(text)


def make_reference(serial: int) -> str:
    """Give our own reference for a positive serial below 10⁹; different serials never get the same one."""
    if not 0 < serial < REFERENCES:
        raise ValueError("A reference's serial lies between 1 and 999999999.")
    digits = f"{serial * _SPREAD % REFERENCES:09}"
    return f"K{digits}{_check_letter(digits)}"


def is_reference(text: str) -> bool:
    """Say whether the text is a reference of ours with the right check letter."""
    return _REFERENCE.fullmatch(text) is not None and text[10] == _check_letter(text[1:10])


def spaced(reference: str) -> str:
    """Write a reference in groups that people can read out: `K048 213 957 T`."""
    return f"{reference[:4]} {reference[4:7]} {reference[7:10]} {reference[10:]}".rstrip()


def normalise(scanned: str) -> Scanned:
    """Read what a scanner or a person typed, whatever its case, spaces and dashes."""
    value = canonical(scanned)
    return Scanned(kind=_kind_of(value), value=value)


def canonical(scanned: str) -> str:
    """Give what was scanned or typed in the form in which numbers are kept: upper case, no spaces and dashes."""
    if _CANONICAL.fullmatch(scanned):
        return scanned
    value = unicodedata.normalize("NFKC", scanned[:200]).upper().strip()
    return _SEPARATORS.sub("", _AIM.sub("", value))


def _kind_of(value: str) -> NumberKind:
    if _REFERENCE.fullmatch(value):
        return NumberKind.REFERENCE if is_reference(value) else NumberKind.WRONG_CHECK
    if _S10.fullmatch(value):
        return NumberKind.S10 if is_s10(value) else NumberKind.WRONG_CHECK
    if is_pos_number(value):
        return NumberKind.POS
    if _BAG.fullmatch(value):
        return NumberKind.BAG
    return NumberKind.NIK if _NIK.fullmatch(value) else NumberKind.OTHER


def one_figure_away(number: str) -> Iterator[str]:
    """Give the numbers of an item's form, their checks right where they have one, of which this one is misread.

    They differ from it in one figure, a reference also in its letter; by place, then by figure. Some ten of a form with
    a check, nine a figure of the post's own numbers.
    """
    if _S10.fullmatch(number):
        total = sum(map(mul, map(int, number[2:10]), S10_WEIGHTS))
        yield from _misread(number, 2, S10_WEIGHTS, total, _s10_check, int(number[10]))
        if (right := _s10_check(total)) != int(number[10]):
            yield f"{number[:10]}{right}{number[11:]}"
    elif _REFERENCE.fullmatch(number):
        total = sum(map(mul, map(int, number[1:10]), _REFERENCE_WEIGHTS))
        yield from _misread(number, 1, _REFERENCE_WEIGHTS, total, _letter_of, number[10])
        if (letter := _letter_of(total)) != number[10]:
            yield number[:10] + letter
    elif is_pos_number(number):
        for place, figure in enumerate(number):
            if figure.isdecimal():
                yield from (
                    f"{number[:place]}{other}{number[place + 1 :]}"
                    for other in "0123456789"
                    if other != figure
                )


def _misread(
    number: str,
    begin: int,
    weights: Sequence[int],
    total: int,
    check_of: Callable[[int], object],
    check: object,
) -> Iterator[str]:
    for place, weight in enumerate(weights, begin):
        figure = int(number[place])
        for other in range(10):
            if other != figure and check_of(total + weight * (other - figure)) == check:
                yield f"{number[:place]}{other}{number[place + 1 :]}"


def _check_letter(digits: str) -> str:
    return _letter_of(sum(map(mul, map(int, digits), _REFERENCE_WEIGHTS)))


def _letter_of(total: int) -> str:
    return CHECK_LETTERS[total % 23]
