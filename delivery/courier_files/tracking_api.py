"""Ask a courier's tracking API where items are: off until the operator sets it up, and bounded in every way.

Only numbers are sent. Of each answer's rows only the members that are named in the settings are read; the API may send
names, phones and photos beside them, which are never taken in.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import requests

from shipments.numbers import canonical
from spreadsheets.cells import identifier
from spreadsheets.faults import CellError

LARGEST_ANSWER: Final = 8 * 1024 * 1024
LONGEST_ANSWER_S: Final = 30.0
TIMEOUT_S: Final = (3.05, 10.0)  # to connect, between two pieces of the answer
TRIES: Final = 3
MOST_ROWS_OF_AN_ITEM: Final = 200
BEAT_S: Final = 5.0  # whoever holds the work tells at least this often, while it waits, that it goes on
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
    """One row of an answer, as texts: the allowed members and nothing else; the number in the form we keep."""

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

    def __init__(self, api: TrackingApi, *, on_wait: Callable[[], None] = lambda: None) -> None:
        """`on_wait` is called again and again while this waits; what it raises ends the asking."""
        check(api)
        self._api = api
        self._on_wait = on_wait
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
                    self._wait(min(max(again.after, self._api.backoff_s * 2**attempt), _LONGEST_PAUSE_S))
                continue
            self._take(rows, {canonical(number) for number in numbers}, pulled)
            return True
        pulled.unanswered += len(numbers)
        return False

    def _wait_for_turn(self) -> None:
        now = time.monotonic()
        self._wait(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / max(self._api.per_second, 0.01)

    def _wait(self, seconds: float) -> None:
        """Wait in slices; a request begins with a word that the work goes on, for it may take a while itself."""
        self._on_wait()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, BEAT_S))
            self._on_wait()

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
                body = self._read(response)
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

    def _read(self, response: requests.Response) -> bytes:
        """Read an answer piece by piece; one that is too long or drips too slowly is none."""
        body = bytearray()
        told = time.monotonic()
        until = told + LONGEST_ANSWER_S
        for piece in response.iter_content(64 * 1024):
            body += piece
            now = time.monotonic()
            if len(body) > LARGEST_ANSWER or now > until:
                raise _TryAgain
            if now > told + BEAT_S:
                told = now
                self._on_wait()
        return bytes(body)

    def _take(self, rows: list[object], asked: set[str], pulled: Pulled) -> None:
        taken: dict[str, int] = {}
        for row in rows:
            if not isinstance(row, dict):
                pulled.foreign += 1
                continue
            said = {name: _text(row.get(self._api.fields.get(name, ""))) for name in FIELDS}
            told = TrackedRow(**said | {"number": _number(said["number"])})
            taken[told.number] = taken.get(told.number, 0) + 1
            if told.number not in asked or taken[told.number] > MOST_ROWS_OF_AN_ITEM:
                pulled.foreign += 1
            else:
                pulled.rows.append(told)


def _number(said: str) -> str:
    """Give a number in the form in which numbers are compared and kept; nothing for one that was rounded."""
    try:
        return canonical(identifier(said))
    except CellError:
        return ""


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 6 else 0.0


def _text(value: object) -> str:
    """Give a plain value as printable text; lists and objects have no place in a row."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    words = " ".join(str(value).split())
    return "".join(letter for letter in words if letter.isprintable())[:_CELL_CHARACTERS]
