"""By which ways a card's holder is reached: by phone, by e-mail, or by both. One rule, in Python and as SQL.

Who named an e-mail and no phone gets e-mail only: the number of the registration may be somebody else's by now. Who
named both gets both. Without either, the number of the registration is used.
"""

from enum import StrEnum

from django.conf import settings

from delivery.messages.channels import international
from delivery.models import ContactChoice


class Way(StrEnum):
    """How a message reaches a person, whatever channel carries it."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"


def channels() -> tuple[str, ...]:
    """Give the channels that the operator has set up: the main one, and e-mail beside it with MESSAGE_EMAIL."""
    main = str(settings.MESSAGE_CHANNEL)
    return (main, Way.EMAIL.value) if settings.MESSAGE_EMAIL and main != Way.EMAIL else (main,)


def way_of(channel: str) -> Way:
    """Give the way that a channel is; what is not e-mail goes to a phone, the console in the place of one."""
    return Way.EMAIL if channel == Way.EMAIL else Way.PHONE


def ways_offered() -> tuple[Way, ...]:
    """Give the ways that a resident may choose."""
    return tuple(way_of(channel) for channel in channels())


def is_reached(*, channel: str, card_phone: str, choice: ContactChoice | None) -> bool:
    """Say whether messages by this channel go to the card's holder; that none are wanted is asked elsewhere."""
    email, phone = (choice.email, choice.phone) if choice is not None else ("", "")
    if way_of(channel) is Way.EMAIL:
        return bool(email)
    if Way.EMAIL in ways_offered() and email:
        return bool(phone)
    return bool(phone or card_phone) or channel == "CONSOLE"


def channels_to(*, card_phone: str, choice: ContactChoice | None) -> tuple[str, ...]:
    """Give the channels by which the card's holder gets messages now; none when none are wanted."""
    if choice is not None and choice.opted_out_at is not None:
        return ()
    return tuple(
        channel for channel in channels() if is_reached(channel=channel, card_phone=card_phone, choice=choice)
    )


def contacts_of(*, card_phone: str, choice: ContactChoice | None) -> dict[Way, str]:
    """Give the phone (`628…`) and the e-mail that are used, whether or not messages are wanted."""
    phone = international((choice.phone if choice is not None else "") or card_phone)
    email = choice.email if choice is not None else ""
    return {
        way_of(channel): email if way_of(channel) is Way.EMAIL else phone
        for channel in channels()
        if is_reached(channel=channel, card_phone=card_phone, choice=choice)
    }


def reached_sql(channel: str) -> str:
    """Give `is_reached` as a condition on a card `c` and its contact choice `w`, which may be absent."""
    if way_of(channel) is Way.EMAIL:
        return "w.email <> ''"
    registered = "TRUE" if channel == "CONSOLE" else "c.phone <> ''"
    if Way.EMAIL in ways_offered():
        registered = f"({registered} AND COALESCE(w.email, '') = '')"
    return f"(w.phone <> '' OR {registered})"
