"""When a message may reach a phone: from 08 to 20 o'clock, local time."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_BEGINS = time(8)
DAY_ENDS = time(20)


def is_quiet(at: datetime, *, zone: ZoneInfo) -> bool:
    """Say whether people are left in peace at that moment."""
    return not DAY_BEGINS <= at.astimezone(zone).time() < DAY_ENDS


def next_allowed(at: datetime, *, zone: ZoneInfo) -> datetime:
    """Give `at`, or the next morning's first moment when `at` is quiet."""
    if not is_quiet(at, zone=zone):
        return at
    local = at.astimezone(zone)
    morning = local.replace(hour=DAY_BEGINS.hour, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)
