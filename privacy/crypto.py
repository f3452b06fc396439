"""Seal personal values with AES-GCM, and index them by a keyed digest so that equal values can be found.

A sealed value reads `<key id>.<base64url of nonce, ciphertext and tag>`. The *purpose* (`table.column`) is bound into
it, so that a value copied into another column does not open. Keys come from `PRIVACY_KEYS`; the first key writes,
every key reads, which is how keys are rotated.
"""

import base64
import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
INDEX_HEX_DIGITS = 32


class CannotOpen(Exception):
    """The sealed value was made with a key that is not configured, or it was altered."""


@cache
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def seal(value: str, *, purpose: str) -> str:
    """Encrypt `value`; an empty value stays empty."""
    if not value:
        return ""
    key_id, key = next(iter(settings.PRIVACY_KEYS.items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(key).encrypt(nonce, value.encode(), purpose.encode())
    return f"{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def open_sealed(sealed: str, *, purpose: str) -> str:
    """Decrypt what `seal` made. Raises CannotOpen."""
    if not sealed:
        return ""
    key_id, _dot, encoded = sealed.partition(".")
    key = settings.PRIVACY_KEYS.get(key_id)
    if key is None:
        raise CannotOpen(f"No key {key_id!r} is configured in PRIVACY_KEYS.")
    try:
        raw = base64.urlsafe_b64decode(encoded)
        return _cipher(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], purpose.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise CannotOpen(f"A sealed value of {purpose} was altered.") from error


def keyed_digest(value: str, *, purpose: str) -> bytes:
    """Give the 32-byte HMAC-SHA-256 of `value`; without the key nobody can compute or reverse it."""
    return hmac.new(settings.BLIND_INDEX_KEY, f"{purpose}\0{value}".encode(), hashlib.sha256).digest()


def blind_index(value: str, *, purpose: str) -> str:
    """Give the 32 hexadecimal digits by which an encrypted value is found; an empty value gives ''."""
    return keyed_digest(value, purpose=purpose).hex()[:INDEX_HEX_DIGITS] if value else ""
