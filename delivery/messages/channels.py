"""The ways a message can go: what each is given, what it answers, and which one a name means."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from delivery.messages.occasions import Occasion

logger = logging.getLogger(__name__)


class Answer(StrEnum):
    """What a provider made of a message."""

    SENT = "SENT"
    TRY_AGAIN = "TRY_AGAIN"
    REFUSED = "REFUSED"  # no repeat would help


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message on its way. `key` is the same at each try, so that a provider can drop a repeat."""

    message_id: int
    key: str
    occasion: Occasion
    language: str
    phone: str
    email: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A channel's answer to one message."""

    message_id: int
    answer: Answer
    provider_id: str = ""


class Channel(Protocol):
    """Sends a few messages and answers for each of them, in any order; never raises for one message's sake."""

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Delivered]: ...


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
    digits = "".join(letter for letter in phone if letter.isdigit())
    return f"62{digits[1:]}" if digits.startswith("0") else digits
