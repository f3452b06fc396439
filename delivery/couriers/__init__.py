"""What each courier's words mean: one module of tables per courier, found here by the courier's code."""

from collections.abc import Mapping
from typing import Protocol

from delivery.couriers import pos
from delivery.couriers.words import Meaning, folded

__all__ = ["COURIERS", "Courier", "Meaning", "folded"]


class Courier(Protocol):
    """What a courier's module offers."""

    CODE: str
    NAME: str
    TABLE_VERSION: str

    def meaning(
        self, status_text: str, remark_text: str = "", at_destination: bool = False
    ) -> Meaning | None:
        """Give the meaning of a row's texts, or None when the tables do not know it."""


COURIERS: Mapping[str, Courier] = {pos.CODE: pos}
