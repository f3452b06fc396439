"""Hide personal data in what people and logs may see."""

import re

NIK = re.compile(r"(?<!\d)\d{16}(?!\d)")
PHONE = re.compile(r"(?<!\d)(?:\+?62|0)8\d{7,11}(?!\d)")
SECRET_PIN = re.compile(r"\bPIN[ :=]{1,2}[0-9A-Z]{6}\b")
SECRET_PATH = re.compile(r"(/(?:t|desa)/)[A-Za-z0-9_.%\-]{8,}")
_WRITTEN_APART = re.compile(r"[\s.\-]+")


def mask_name(name: str) -> str:
    """Keep each word's first letter: `Budi Santoso` → `B*** S***`. The length is not shown either."""
    return " ".join(f"{word[0]}***" for word in name.split())


def mask_digits(number: str, *, keep: int = 4) -> str:
    """Keep the last `keep` characters: `3216061234560001` → `••••0001`."""
    return f"••••{number[-keep:]}" if len(number) > keep else "••••"


def mask_scan(scanned: str) -> str:
    """Keep a scan that nobody knows for the list of cases: of an identity number its tail, of a secret link nothing."""
    digits = _WRITTEN_APART.sub("", scanned)
    if NIK.fullmatch(digits):
        return mask_digits(digits)
    return NIK.sub("[nik]", SECRET_PATH.sub(r"\1[secret]", scanned))


def mask_line(line: str) -> str:
    """Mask identity numbers, phones, PINs and secret links in a finished log line."""
    # links first: digits inside a token may look like a phone, and half a token must not stay behind
    line = SECRET_PATH.sub(r"\1[secret]", line)
    line = SECRET_PIN.sub("PIN [secret]", line)
    line = NIK.sub("[nik]", line)
    return PHONE.sub("[phone]", line)
