"""The big answer to one scan."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanAnswer:
    """One word with an icon and a tone (good, warn, bad), what was scanned, and what to do."""

    word: Promise | str
    tone: str
    icon: str
    scanned: str
    detail: str = ""


def good(*, word: Promise | str, scanned: str, detail: str = "") -> ScanAnswer:
    """Say that the scan did what it should."""
    return ScanAnswer(word=word, tone="good", icon="check-circle-fill", scanned=scanned, detail=detail)


def warning(*, word: Promise | str, scanned: str, detail: str = "") -> ScanAnswer:
    """Say that the scan was taken and that something is to be noticed."""
    return ScanAnswer(
        word=word, tone="warn", icon="exclamation-triangle-fill", scanned=scanned, detail=detail
    )


def bad(*, word: Promise | str, scanned: str, detail: str = "") -> ScanAnswer:
    """Say that nothing was done."""
    return ScanAnswer(word=word, tone="bad", icon="x-circle-fill", scanned=scanned, detail=detail)
