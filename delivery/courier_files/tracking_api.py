"""Ask a courier's tracking API where items are: off until the operator sets it up, and bounded in every way.

Only numbers are sent. Of each answer's rows only the members that are named in the settings are read; the API may send
names, phones and photos beside them, which are never taken in.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import requests

LARGEST_ANSWER: Final = 8 * 1024 * 1024
LONGEST_ANSWER_S: Final = 30.0
TIMEOUT_S: Final = (3.05, 10.0)  # to connect, between two pieces of the answer
TRIES: Final = 3
MOST_ROWS_OF_AN_ITEM: Final = 200
_CELL_CHARACTERS: Final = 120
_LONGEST_PAUSE_S: Final = 30.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
FIELDS: Final = ("number", "status", "remark", "date", "place")
_NEEDED: Final = frozenset({"number", "status", "date"})


class PullMisconfigured(Exception):
    """The settings name no address that may be asked, or lack a member's name."""


class _TryAgain(Exception):
    """This time there was no answer that could be used."""

    def __init__(self, after: float = 0.0) -> None:
        super().__init__()
        self.after = after


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingApi:
    """Where to ask, and what the members of question and answer are called."""

    url: str
    token: str = ""
    asked: str = "connote"
    rows: str = "data"
    fields: Mapping[str, str] = field(default_factory=dict)
    batch: int = 50
    per_second: float = 2.0
    backoff_s: float = 1.0


@dataclass(frozen=True, slots=True)
class TrackedRow:
    """One row of an answer, as texts: the allowed members and nothing else."""

    number: str
    status: str
    remark: str
    date: str
    place: str


@dataclass(slots=True)
class Pulled:
    """What was answered; `unanswered` numbers stood in batches that failed, `foreign` rows tell of nothing asked."""

    rows: list[TrackedRow] = field(default_factory=list)
    unanswered: int = 0
    foreign: int = 0


def check(api: TrackingApi) -> None:
    """Refuse an address without encryption, unless it is this machine. Raises PullMisconfigured."""
    parts = urlsplit(api.url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname or not api.fields.keys() >= _NEEDED:
        raise PullMisconfigured


class Puller:
    """Asks batch by batch over one connection, no faster than the API allows."""

    def __init__(self, api: TrackingApi) -> None:
        check(api)
        self._api = api
        self._next_at = 0.0
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy or password file of the machine sees the numbers
        self._session.headers["Accept-Encoding"] = "identity"  # a small answer stays small
        if api.token:
            self._session.headers["Authorization"] = f"Bearer {api.token}"

    def __enter__(self) -> "Puller":
        return self

    def __exit__(self, *_error: object) -> None:
        self._session.close()

    def ask(self, numbers: Sequence[str], pulled: Pulled) -> bool:
        """Ask about a batch and add what was answered; say whether there was an answer. Tries a few times."""
        for attempt in range(TRIES):
            self._wait_for_turn()
            try:
                rows = self._answer(numbers)
            except _TryAgain as again:
                if attempt + 1 < TRIES:
                    time.sleep(min(max(again.after, self._api.backoff_s * 2**attempt), _LONGEST_PAUSE_S))
                continue
            self._take(rows, set(numbers), pulled)
            return True
        pulled.unanswered += len(numbers)
        return False

    def _wait_for_turn(self) -> None:
        now = time.monotonic()
        if self._next_at > now:
            time.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / max(self._api.per_second, 0.01)

    def _answer(self, numbers: Sequence[str]) -> list[object]:
        try:
            with self._session.post(
                self._api.url,
                json={self._api.asked: list(numbers)},
                timeout=TIMEOUT_S,
                allow_redirects=False,  # it could lead to another host
                stream=True,
            ) as response:
                if response.status_code != requests.codes.ok:
                    raise _TryAgain(_seconds(response.headers.get("Retry-After", "")))
                body = _read(response)
        except requests.RequestException as error:
            raise _TryAgain from error
        try:
            found: object = json.loads(body)
            for name in filter(None, self._api.rows.split(".")):
                found = found[name] if isinstance(found, dict) else None
        except (ValueError, KeyError, RecursionError) as error:
            raise _TryAgain from error
        if not isinstance(found, list):
            raise _TryAgain
        return found

    def _take(self, rows: list[object], asked: set[str], pulled: Pulled) -> None:
        taken: dict[str, int] = {}
        for row in rows:
            if not isinstance(row, dict):
                pulled.foreign += 1
                continue
            told = TrackedRow(*(_text(row.get(self._api.fields.get(name, ""))) for name in FIELDS))
            taken[told.number] = taken.get(told.number, 0) + 1
            if told.number not in asked or taken[told.number] > MOST_ROWS_OF_AN_ITEM:
                pulled.foreign += 1
            else:
                pulled.rows.append(told)


def _read(response: requests.Response) -> bytes:
    """Read an answer piece by piece; one that is too long or drips too slowly is none."""
    body = bytearray()
    until = time.monotonic() + LONGEST_ANSWER_S
    for piece in response.iter_content(64 * 1024):
        body += piece
        if len(body) > LARGEST_ANSWER or time.monotonic() > until:
            raise _TryAgain
    return bytes(body)


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0


def _text(value: object) -> str:
    """Give a plain value as printable text; lists and objects have no place in a row."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    words = " ".join(str(value).split())
    return "".join(letter for letter in words if letter.isprintable())[:_CELL_CHARACTERS]
