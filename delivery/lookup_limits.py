"""The brake on those who guess numbers and PINs: failures counted under three keys, atomically.

A key is a keyed digest, so that the table tells nobody whose number was asked for or from where. Five failures
on a record lock it for 15 minutes, and longer each time. What is locked counts no further: nobody can lock a
resident out for ever by asking again and again.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from delivery.models import LookupLimit
from privacy.crypto import keyed_digest

_FORGIVEN_AFTER = timedelta(hours=24)
_DOUBLINGS = 6
_KEY_HEX_DIGITS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many failures within a window lock the key; each further lock lasts twice as long."""

    failures: int
    window: timedelta
    lock: timedelta
    grows: bool = True


RECORD = Limit(failures=5, window=timedelta(minutes=15), lock=timedelta(minutes=15))
# Many phones share one address at Indonesian carriers, so an address may fail more often than a record.
CLIENT = Limit(failures=30, window=timedelta(minutes=15), lock=timedelta(minutes=15))
EVERYBODY = Limit(failures=3_000, window=timedelta(minutes=1), lock=timedelta(minutes=1), grows=False)
# Who holds a card's link changes its choices as often as anybody could mean it, and fills no audit.
CHOICES = Limit(failures=30, window=timedelta(hours=1), lock=timedelta(hours=1), grows=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedKey:
    """One counter and the limit that it is held to."""

    key: str
    limit: Limit


def record_key(number: str) -> LimitedKey:
    """Give the counter of one record, known by whatever number it was asked for with."""
    return LimitedKey(key=_digest(number, "lookup.record"), limit=RECORD)


def client_key(address: str) -> LimitedKey:
    """Give the counter of one client; an IPv6 client owns its whole /64."""
    return LimitedKey(key=_digest(_network_of(address), "lookup.client"), limit=CLIENT)


def everybody_key() -> LimitedKey:
    """Give the counter of all lookups together."""
    return LimitedKey(key=_digest("", "lookup.everybody"), limit=EVERYBODY)


def choice_key(card_id: int) -> LimitedKey:
    """Give the counter of what the holder of one card chooses."""
    return LimitedKey(key=_digest(str(card_id), "choice.card"), limit=CHOICES)


def is_locked(*, key: LimitedKey, at: datetime) -> bool:
    """Say whether the key has used up its turns."""
    return bool(_locked([key], at))


def _digest(value: str, purpose: str) -> str:
    return keyed_digest(value, purpose=purpose).hex()[:_KEY_HEX_DIGITS]


def _network_of(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))
    return str(parsed)


# `t` is the row that is there, `excluded` the new one. A locked key stays as it is; a window that is over restarts.
_COUNT_FAILURE = """
INSERT INTO delivery_lookuplimit AS t (key, window_start, count, locks, locked_until)
VALUES (%s, %s, 1, 0, NULL)
ON CONFLICT (key) DO UPDATE SET
  window_start = CASE WHEN t.locked_until > excluded.window_start OR t.window_start > %s
                      THEN t.window_start ELSE excluded.window_start END,
  count = CASE WHEN t.locked_until > excluded.window_start THEN t.count
               WHEN t.window_start <= %s THEN 1
               WHEN t.count + 1 >= %s THEN 0
               ELSE t.count + 1 END,
  locks = CASE WHEN t.locked_until > excluded.window_start THEN t.locks
               WHEN t.window_start <= %s THEN 0
               WHEN t.window_start > %s AND t.count + 1 >= %s THEN t.locks + 1
               ELSE t.locks END,
  locked_until = CASE WHEN t.locked_until > excluded.window_start THEN t.locked_until
                      WHEN t.window_start > %s AND t.count + 1 >= %s
                      THEN CASE t.locks WHEN 0 THEN %s WHEN 1 THEN %s WHEN 2 THEN %s
                                        WHEN 3 THEN %s WHEN 4 THEN %s ELSE %s END
                      ELSE NULL END
"""


def count_failure(*, keys: Sequence[LimitedKey], at: datetime) -> None:
    """Count one failure (or, of choices, one turn) under each key.

    Keys come as record, client, everybody: one order, so no deadlock.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        locked = _locked(keys, at)
        for key in keys:
            # whoever is locked locks no records of others, and fills no table with numbers that were made up
            if key.limit is not RECORD or not locked - {key.key}:
                cursor.execute(_COUNT_FAILURE, _count_params(key, at))


def _locked(keys: Sequence[LimitedKey], at: datetime) -> set[str]:
    found = LookupLimit.objects.filter(key__in=[key.key for key in keys], locked_until__gt=at)
    return set(found.values_list("key", flat=True))


def _count_params(key: LimitedKey, at: datetime) -> list[Any]:
    limit = key.limit
    window_from = _time(at - limit.window)
    locks = [limit.lock * (2**doubling if limit.grows else 1) for doubling in range(_DOUBLINGS)]
    return [
        key.key, _time(at),
        window_from,
        window_from, limit.failures,
        _time(at - _FORGIVEN_AFTER), window_from, limit.failures,
        window_from, limit.failures, *(_time(at + lock) for lock in locks),
    ]  # fmt: skip


def _time(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def forgive(*, key: LimitedKey) -> None:
    """Forget a record's failures after a right answer; how often it was locked is remembered."""
    LookupLimit.objects.filter(key=key.key).exclude(count=0).update(count=0)
