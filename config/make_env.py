"""Write a `.env` with fresh secrets for this machine, unless there is one. Needs nothing but Python."""

import base64
import secrets
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / ".env"


def key() -> str:
    """Give 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def main() -> None:
    """Write the file once, readable by its owner only."""
    if TARGET.exists():
        return
    TARGET.touch(mode=0o600)
    TARGET.write_text(
        "# Made for this machine. Keep it secret: without these keys the personal data cannot be read.\n"
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        f"PRIVACY_KEYS=k1:{key()}\n"
        f"BLIND_INDEX_KEY=b1:{key()}\n"
        "DEBUG=false\n"
        "HTTPS_ONLY=false\n"
    )


if __name__ == "__main__":
    main()
