"""How fast messages may leave: so many a minute and channel, counted in the database for all workers together."""

from datetime import datetime

from django.conf import settings

from delivery import bulk

# The row of the minute is taken over or begun anew in one statement, so that two workers never take the same places.
_TAKE = """
INSERT INTO delivery_messagepace AS p (channel, "window", sent) VALUES (%s, %s, %s)
ON CONFLICT (channel) DO UPDATE SET
  sent = CASE WHEN p."window" < excluded."window" THEN excluded.sent
              ELSE p.sent + excluded.sent END,
  "window" = CASE WHEN p."window" < excluded."window" THEN excluded."window" ELSE p."window" END
RETURNING sent
"""


def take_places(*, channel: str, wanted: int, at: datetime) -> int:
    """Take places of this minute for up to `wanted` messages and give how many there were; 0 when the minute is full.

    `MESSAGE_PER_MINUTE` says how many a provider takes, 0 sets no limit; the log on the console has none.
    """
    limit = int(settings.MESSAGE_PER_MINUTE)
    if channel == "CONSOLE" or not limit:
        return wanted
    minute = bulk.moment(at.replace(second=0, microsecond=0))
    (row,) = bulk.select(_TAKE, [channel, minute, wanted])
    taken_before = int(row[0]) - wanted
    return max(0, min(wanted, limit - taken_before))
