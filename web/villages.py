"""Names of villages for people: find one by its name, say a code's name."""

from collections.abc import Iterable
from dataclasses import dataclass

from addresses.outcome import Level
from addresses.services import current_gazetteer

FOUND_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class VillageName:
    """A village with the areas around it."""

    code: str
    name: str
    district: str
    regency: str


def village_name(code: str) -> str:
    """Give `Jatimulya, Tambun Selatan` for a code; the code itself when it is not known."""
    return village_names([code])[code]


def village_names(codes: Iterable[str]) -> dict[str, str]:
    """Give the names of many codes, as `village_name` gives one."""
    known = current_gazetteer()
    return {
        code: ", ".join(known.name(part) for part in (code, code[:8]) if part in known)
        if code in known
        else code
        for code in codes
    }


def find_villages(*, name: str, near: str) -> list[VillageName]:
    """Give villages whose name begins so, those inside the region `near` first."""
    if not name.strip():
        return []
    known = current_gazetteer()
    inside = known.search(name, level=Level.VILLAGE, within=near or None, limit=FOUND_AT_MOST)
    everywhere = known.search(name, level=Level.VILLAGE, limit=FOUND_AT_MOST)
    codes = dict.fromkeys(region.code for region in [*inside, *everywhere])
    return [
        VillageName(code, known.name(code), known.name(code[:8]), known.name(code[:5]))
        for code in list(codes)[:FOUND_AT_MOST]
    ]
