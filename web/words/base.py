"""One code's word, the tones it may have, and the icons that many words share."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise

NEUTRAL, MOVING, GOOD, WARN, BAD = "neutral", "moving", "good", "warn", "bad"
WAIT: Final = "clock-history"
OK: Final = "check-circle-fill"
STOP: Final = "x-circle-fill"
LOOK: Final = "exclamation-triangle-fill"


@dataclass(frozen=True, slots=True)
class Word:
    """How one code is shown. The tone is one of neutral, moving, good, warn, bad."""

    label: Promise | str
    tone: str = NEUTRAL
    icon: str = "info-circle-fill"
