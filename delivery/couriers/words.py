"""How a courier's texts are compared, and what they can amount to."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from delivery.status import Action, Reason, Receiver, Status

CHARACTERS_KEPT = 120
_BLANK = frozenset({"", "-", "--", ".", "0", "N/A", "NA", "NULL", "NONE", "NIHIL"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a courier's row says: where the item is, why, what was done about it, and who has it."""

    status: Status
    reason: Reason = Reason.NONE
    action: Action = Action.NONE
    receiver: Receiver = Receiver.NONE


@lru_cache(maxsize=16_384)
def folded(text: str) -> str:
    """Give the text as it is compared: upper case, trimmed, single spaces; what only marks an empty cell is empty."""
    # normalised once more, for upper case takes some letters apart: folding again must change nothing
    line = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    line = " ".join(line.split()).rstrip(".:;, ")
    return "" if line in _BLANK else line


def as_kept(text: str) -> str:
    """Give a folded text as it is kept and looked up: cut when it is long. What is kept already stays as it is."""
    return folded(folded(text)[:CHARACTERS_KEPT])


_PARTS = re.compile(r"\s*[,;|/]\s*|\s+-\s+|\s*[()\[\]]\s*")


def parts_of(text: str) -> tuple[str, ...]:
    """Cut a folded text at commas, slashes, dashes between spaces, and brackets."""
    return tuple(part for part in _PARTS.split(text) if part)
