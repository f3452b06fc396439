"""The ways a message can go: what each is given, what it answers, and which one a name means."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from delivery.messages.occasions import Occasion

logger = logging.getLogger(__name__)
_MOBILE = re.compile(r"628[0-9]{8,11}")  # 08 and 8 to 11 more digits, as Indonesian operators give them out


class Answer(StrEnum):
    """What a provider made of a message."""

    SENT = "SENT"
    TRY_AGAIN = "TRY_AGAIN"
    REFUSED = "REFUSED"  # no repeat would help


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message on its way. `key` is the same at each try, so that a provider can drop a repeat.

    `parameters` are the facts of a text that is registered with the provider; `is_answer` marks an answer to what the
    resident has just written, which needs no registered text.
    """

    message_id: int
    channel: str
    key: str
    occasion: Occasion
    language: str
    phone: str
    email: str
    text: str
    parameters: tuple[str, ...] = ()
    is_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A channel's answer to one message. `failure` is the code with which it was refused."""

    message_id: int
    answer: Answer
    provider_id: str = ""
    failure: str = ""


class Channel(Protocol):
    """Sends a few messages and answers for each as it goes, in any order; never raises for one message's sake."""

    def send(self, messages: Sequence[Outgoing]) -> Iterable[Delivered]: ...


class ConsoleChannel:
    """Writes messages to the log, where links and numbers are masked: for trying out, and the default."""

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Delivered]:
        for message in messages:
            logger.info("%s: %s", message.occasion, message.text)
        return [Delivered(message_id=message.message_id, answer=Answer.SENT) for message in messages]


class UnknownChannel(Exception):
    """No channel has this name."""


_makers: dict[str, Callable[[], Channel]] = {"CONSOLE": ConsoleChannel}


def register(makers: Mapping[str, Callable[[], Channel]]) -> None:
    """Add channels by name."""
    _makers.update(makers)


def channel_named(name: str) -> Channel:
    """Make the channel of that name. Raises UnknownChannel."""
    try:
        return _makers[name]()
    except KeyError:
        raise UnknownChannel(f"MESSAGE_CHANNEL {name!r} is none of {', '.join(sorted(_makers))}.") from None


def international(phone: str) -> str:
    """Write an Indonesian phone number as gateways want it: `0812-3456-789` → `628123456789`."""
    digits = "".join(letter for letter in phone if letter in "0123456789")
    local = digits.removeprefix("00").removeprefix("62").lstrip("0")  # +62 0812 is written often, and meant
    return f"62{local}" if digits[:1] in {"0", "8"} or digits.startswith("62") else digits


def mobile_number(typed: str) -> str | None:
    """Give what a resident typed as an Indonesian mobile number (`628…`), or None when it is none."""
    if not re.fullmatch(r"[\s+().\-0-9]{8,24}", typed.strip()):
        return None
    written = international(typed)
    return written if _MOBILE.fullmatch(written) else None
