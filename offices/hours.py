"""Say to people when an office is open."""

from collections.abc import Collection
from datetime import time

from django.utils.dates import WEEKDAYS

ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def hours_said(*, weekdays: Collection[int], opens_at: time, closes_at: time, time_zone: str) -> str:
    """Say when an office is open, in the active language: "Senin–Jumat 08.00–15.00 WIB"; empty without a weekday."""
    days = [day for day in range(7) if day in weekdays]
    if not days:
        return ""
    runs = [[days[0]]]
    for day in days[1:]:
        if day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    said = ", ".join("–".join(str(WEEKDAYS[day]) for day in dict.fromkeys((run[0], run[-1]))) for run in runs)
    return f"{said} {opens_at:%H.%M}–{closes_at:%H.%M} {ZONES.get(time_zone, '')}".rstrip()
