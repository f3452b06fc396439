"""What each courier's words mean: one module of tables per courier, found here by the courier's code."""

from collections.abc import Mapping
from typing import Protocol

from delivery.couriers import pos
from delivery.couriers.words import CHARACTERS_KEPT, Meaning, as_kept, folded

__all__ = ["CHARACTERS_KEPT", "COURIERS", "Courier", "Meaning", "as_kept", "folded"]


class Courier(Protocol):
    """What a courier's module offers."""

    CODE: str
    NAME: str
    TABLE_VERSION: str

    def meaning(
        self, status_text: str, remark_text: str = "", at_destination: bool = False
    ) -> Meaning | None:
        """Give the meaning of a row's texts, or None when the tables do not know it."""

    def is_relation(self, text: str) -> bool:
        """Say whether a folded text names who received an item by relation, and not by name."""


COURIERS: Mapping[str, Courier] = {pos.CODE: pos}
