"""Why a command of this room is refused, as stable codes with sentences that say what is wrong and what to do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Stable: doors, tests and partners' programs know these."""

    STANDS_IN_FOR_ITSELF = "STANDS_IN_FOR_ITSELF"
    DELEGATION_ENDS_BEFORE_START = "DELEGATION_ENDS_BEFORE_START"
    OF_ANOTHER_REGISTRY = "OF_ANOTHER_REGISTRY"
    DELIVERS_NO_POST = "DELIVERS_NO_POST"
    TAKES_IN_NO_RETURNS = "TAKES_IN_NO_RETURNS"
    HANDS_OUT_NO_CARDS = "HANDS_OUT_NO_CARDS"
    VILLAGE_HAS_LISTS = "VILLAGE_HAS_LISTS"
    HAS_A_DELEGATE = "HAS_A_DELEGATE"
    DELEGATION_CIRCLE = "DELEGATION_CIRCLE"
    OPEN_ANYWAY = "OPEN_ANYWAY"
    CLOSED_THEN = "CLOSED_THEN"


class OfficeRefused(Exception):
    """A command was refused and nothing has changed. `code` says why; `params` fill its sentence."""

    def __init__(self, code: Code, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, Any] = params

    def __str__(self) -> str:
        return MESSAGES[self.code] % self.params


MESSAGES: Mapping[Code, str] = {
    Code.STANDS_IN_FOR_ITSELF: "Choose another office: an office cannot stand in for itself.",
    Code.DELEGATION_ENDS_BEFORE_START: "The last day is before the first. Correct one of them.",
    Code.OF_ANOTHER_REGISTRY: (
        "%(office)s works for another registry office. Choose one that works for the same office."
    ),
    Code.DELIVERS_NO_POST: "%(office)s is no post office. For posting choose two post offices.",
    Code.TAKES_IN_NO_RETURNS: (
        "%(office)s does not take in returns. For receiving choose registry offices or counters."
    ),
    Code.HANDS_OUT_NO_CARDS: "%(office)s is no counter. Only counters hand out cards: choose counters.",
    Code.VILLAGE_HAS_LISTS: (
        "A village office has no counter. Give %(office)s the cards on a village list, or set up a counter there."
    ),
    Code.HAS_A_DELEGATE: (
        "%(office)s has %(delegate)s as its delegate from %(first)s to %(last)s. Take that back, or choose other days."
    ),
    Code.DELEGATION_CIRCLE: (
        "The offices would stand in for each other in a circle: %(chain)s. Choose an office outside it, or other days."
    ),
    Code.OPEN_ANYWAY: "%(office)s works on %(day)s anyway. Choose a weekend or a holiday.",
    Code.CLOSED_THEN: "%(office)s is closed on %(day)s. Take the closure back, or choose another day.",
}
