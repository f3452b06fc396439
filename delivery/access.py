"""What a resident may see of a card, and how the resident shows that the card is theirs.

PIN and link are derived from the card's reference by a keyed HMAC and are stored nowhere; raising the card's
`access_version` voids both. A wrong number, a wrong PIN, a locked and an absent record get the same answer
after the same work: a miss reads a decoy card, a failure writes the same three counters.

Links are not subject to locks: 144 bits cannot be guessed, and a stranger's wrong guesses must not shut out a
resident who holds the link.
"""

import base64
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from delivery import lookup_limits as limits
from delivery.public_view import CounterView, LookupRow, PublicView, rows_of, view_of
from offices.closed_days import ClosedAhead, closed_ahead
from offices.models import Office, Service
from offices.services import local_day
from privacy.crypto import blind_index, keyed_digest
from shipments.models import Card
from shipments.numbers import normalise

PIN_ALPHABET = "2346789ABCDEFGHJKMNPQRTUVWXYZ"  # without 0 O, 1 I L, 5 S: nobody reads one for the other
PIN_LENGTH = 6
_TOKEN_BYTES = 18  # 144 bits
_NOBODY = "000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberAndPin:
    """The own reference or the post's number, with the PIN from the receipt or the message."""

    number: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NikAndFamilyCard:
    """Both 16-digit numbers, for people who never got a number of ours."""

    nik: str
    kk: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToken:
    """The token of the link that was sent to the resident."""

    token: str


Credentials = NumberAndPin | NikAndFamilyCard | LinkToken


def pin_of(card: Card) -> str:
    """Give the card's PIN: six characters, about 29 bits, hence the limits on guessing."""
    return derive_pin(reference=card.reference, access_version=card.access_version)


def derive_pin(*, reference: str, access_version: int) -> str:
    """Give the PIN of a reference, for lists of cards."""
    number = int.from_bytes(keyed_digest(f"{reference}\0{access_version}", purpose="card.pin"), "big")
    letters = []
    for _ in range(PIN_LENGTH):
        number, letter = divmod(number, len(PIN_ALPHABET))
        letters.append(PIN_ALPHABET[letter])
    return "".join(letters)


def link_token_of(card: Card) -> str:
    """Give the token of the card's link: the reference, to find the record by, and 144 secret bits."""
    return derive_link_token(reference=card.reference, access_version=card.access_version)


def derive_link_token(*, reference: str, access_version: int) -> str:
    """Give the link token of a reference, for lists of cards."""
    secret = keyed_digest(f"{reference}\0{access_version}", purpose="card.link")[:_TOKEN_BYTES]
    return f"{reference}.{base64.urlsafe_b64encode(secret).decode()}"


def link_of(card: Card) -> str:
    """Give the address of the card's page."""
    return f"{settings.PUBLIC_URL}/t/{link_token_of(card)}"


def pin_matches(card: Card, pin: str) -> bool:
    """Say whether the PIN is the card's, in constant time; small letters and spaces do not matter."""
    return hmac.compare_digest(pin_of(card), _typed(pin))


def public_lookup(*, credentials: Credentials, client: str, at: datetime) -> PublicView | None:
    """Give what the resident may see, or None: unknown, not shown to be theirs, or locked; one answer for all."""
    record = _record_of(credentials)
    keys = [limits.client_key(client), limits.everybody_key()]
    lockable = not isinstance(credentials, LinkToken)
    if lockable:
        keys.insert(0, limits.record_key(record))
    rows = _read(credentials, record, keys if lockable else [], at)
    found = _is_theirs(credentials, rows[0] if rows else None)
    if not found or not rows or rows[0].locks:
        limits.count_failure(keys=keys, at=at)
        return None
    if lockable and rows[0].record_failures:
        limits.forgive(key=keys[0])
    return view_of(rows)


def closed_to_visitors(*, counter: CounterView, at: datetime) -> ClosedAhead | None:
    """Give the days on which the counter is closed now, or next while it keeps the card."""
    office = Office.objects.get(pk=counter.office_id)
    today = local_day(office=office, at=at)
    return closed_ahead(office=office, service=Service.PICKUP, today=today, until=counter.until)


def _record_of(credentials: Credentials) -> str:
    match credentials:
        case NumberAndPin():
            return _plain(normalise(credentials.number).value)[:24]
        case NikAndFamilyCard():
            return _digits(credentials.nik)
        case LinkToken():
            return _plain(credentials.token.partition(".")[0])[:12]


def _typed(text: str) -> str:
    return _plain(text.upper())[:40]


def _plain(text: str) -> str:
    """Leave only what numbers, references and PINs are made of."""
    return "".join(letter for letter in text if letter.isascii() and (letter.isalnum() or letter == "."))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter in "0123456789")[:16]


def _is_theirs(credentials: Credentials, row: LookupRow | None) -> bool:
    """Compare in constant time; the digest is computed for an absent record too."""
    reference = row.reference if row is not None else _NOBODY
    version = row.access_version if row is not None else 1
    match credentials:
        case NumberAndPin():
            right = derive_pin(reference=reference, access_version=version)
            same = hmac.compare_digest(right.encode(), _typed(credentials.pin).encode())
        case LinkToken():
            right = derive_link_token(reference=reference, access_version=version)
            same = hmac.compare_digest(right.encode(), credentials.token.encode(errors="replace"))
        case NikAndFamilyCard():
            same = len(_digits(credentials.nik)) == 16 and len(_digits(credentials.kk)) == 16
    return same and row is not None and row.found


# A card that was set aside as printed twice or void was never anybody's to wait for.
_BY_NUMBER = """
SELECT id FROM shipments_card WHERE reference = %s AND disposition NOT IN ('DUPLICATE', 'VOID')
UNION ALL SELECT card_id FROM shipments_item WHERE number = %s LIMIT 1
"""
_BY_NIK_AND_KK = """
SELECT id FROM shipments_card
WHERE nik_index = %s AND kk_index = %s AND disposition NOT IN ('DUPLICATE', 'VOID') ORDER BY id DESC LIMIT 1
"""
_LOOKUP = """
WITH target AS (SELECT ({finder}) AS id)
SELECT CASE WHEN target.id IS NULL THEN 0 ELSE 1 END,
       (SELECT COUNT(*) FROM delivery_lookuplimit WHERE key IN (%s, %s, %s) AND locked_until > %s),
       (SELECT count FROM delivery_lookuplimit WHERE key = %s),
       c.id, c.reference, c.access_version, c.name, c.disposition, c.channel, c.printed_on, o.time_zone,
       a.verdict, CASE WHEN h.card_id IS NULL THEN 0 ELSE 1 END,
       d.status, d.reason, d.receiver, d.since, d.attempts, i.number,
       k.id, k.name, k.address, k.open_weekdays, k.opens_at, k.closes_at, k.time_zone, s.hold_until, p.day,
       p.starts_at, q.name,
       e.status, e.occurred_at
FROM target
JOIN shipments_card c ON c.id = COALESCE(target.id, (SELECT MAX(id) FROM shipments_card))
JOIN offices_office o ON o.id = c.office_id
JOIN addresses_address a ON a.id = c.address_id
LEFT JOIN shipments_heldcard h ON h.card_id = c.id
LEFT JOIN delivery_delivery d ON d.card_id = c.id
LEFT JOIN shipments_item i ON i.id = d.item_id
LEFT JOIN delivery_counterstay s ON s.card_id = c.id AND s.live = TRUE
LEFT JOIN offices_office k ON k.id = s.counter_id
LEFT JOIN delivery_appointment p ON p.card_id = c.id AND p.cancelled_at IS NULL
LEFT JOIN offices_office q ON q.id = p.counter_id
LEFT JOIN delivery_trackingevent e ON e.card_id = c.id AND e.status <> ''
      AND NOT EXISTS (SELECT 1 FROM delivery_trackingevent v WHERE v.voids_id = e.id)
ORDER BY e.occurred_at
"""
_LOOKUP_BY_NUMBER = _LOOKUP.format(finder=_BY_NUMBER)
_LOOKUP_BY_NIK_AND_KK = _LOOKUP.format(finder=_BY_NIK_AND_KK)


def _read(
    credentials: Credentials, record: str, keys: list[limits.LimitedKey], at: datetime
) -> list[LookupRow]:
    """Read card, item, state, counter, events and locks in one statement: one row per event."""
    if isinstance(credentials, NikAndFamilyCard):
        sql = _LOOKUP_BY_NIK_AND_KK
        finder = [
            blind_index(record, purpose="card.nik"),
            blind_index(_digits(credentials.kk), purpose="card.kk"),
        ]
    else:
        sql, finder = _LOOKUP_BY_NUMBER, [record, record]
    names = [key.key for key in keys] or ["", "", ""]
    params: list[Any] = [*finder, *names, connection.ops.adapt_datetimefield_value(at), names[0]]
    with connection.cursor() as cursor, _prepared():
        cursor.execute(sql, params)
        return rows_of(cursor.fetchall())


@contextmanager
def _prepared() -> Iterator[None]:
    """Let PostgreSQL plan the lookup once per connection: planning its joins costs ten times what running them does."""
    raw = connection.connection
    if connection.vendor != "postgresql":
        yield
        return
    usual = raw.prepare_threshold
    raw.prepare_threshold = 0
    try:
        yield
    finally:
        raw.prepare_threshold = usual
