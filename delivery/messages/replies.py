"""What residents reply: one digit or word is understood, "stop" is obeyed, anything else gets help once a day.

A reply is matched to cards by the blind index of the number that a message went to. A number that we never wrote to
gets no answer at all and leaves no trace, so that nobody learns from an answer whose number is known here.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from delivery import choices, records
from delivery.messages.occasions import ANSWERS, Occasion
from delivery.messages.outbox import queue
from delivery.messages.sending import recipient_index
from delivery.models import Message, MessageReply, ResidentChoice
from delivery.refusals import DeliveryRefused

Meaning = MessageReply.Meaning
ANSWERED_WITHIN = timedelta(days=60)  # a reply is about a card that was written about lately
HELP_EVERY = timedelta(days=1)
_LENGTH = 60
_WORDS: Mapping[str, Meaning] = {
    **dict.fromkeys(
        ("1", "satu", "datang", "dateng", "dtg", "dtang", "hadir", "ambil", "mengambil", "come"), Meaning.COME
    ),
    **dict.fromkeys(
        (
            "2",
            "dua",
            "wakil",
            "wakilkan",
            "diwakili",
            "diwakilkan",
            "mewakili",
            "perwakilan",
            "kuasa",
            "dikuasakan",
        ),
        Meaning.PROXY,
    ),
    **dict.fromkeys(
        ("3", "tiga", "kirim", "kirimkan", "dikirim", "krm", "antar", "diantar", "antarkan", "resend"),
        Meaning.RESEND,
    ),
    **dict.fromkeys(("stop", "berhenti", "henti", "hentikan", "unsubscribe", "unreg"), Meaning.STOP),
    **dict.fromkeys(("mulai", "start", "aktif", "aktifkan", "lanjut", "lanjutkan"), Meaning.START),
}
_FILLERS = frozenset(
    {
        "saya", "sy", "aku", "kami", "ya", "iya", "y", "ok", "oke", "baik", "siap", "mau", "akan", "mohon", "tolong",
        "minta", "pak", "bu", "bapak", "ibu", "min", "admin", "kak", "dong", "saja", "aja", "sendiri", "ulang", "lagi",
        "kembali", "pilih", "pilihan", "nomor", "no", "balas", "oleh", "besok", "nanti", "pesan", "terima", "kasih",
        "terimakasih", "i", "will", "yes", "please", "again",
    }
)  # fmt: skip
_TOKENS = re.compile(r"[a-z]+|[0-9]+")


def understand(text: str) -> Meaning:
    """Give the meaning of a reply.

    Every word must be known, and all must mean the same: "tidak datang" is not "datang".
    """
    folded = text.strip().casefold()
    tokens = _TOKENS.findall(folded)
    if not tokens or len(folded) > _LENGTH or "?" in folded:
        return Meaning.UNKNOWN
    meanings = {_WORDS[token] for token in tokens if token in _WORDS}
    unknown = [token for token in tokens if token not in _WORDS and token not in _FILLERS]
    if meanings == {Meaning.STOP}:
        return Meaning.STOP  # whatever else is said: who says stop is left in peace
    return next(iter(meanings)) if len(meanings) == 1 and not unknown else Meaning.UNKNOWN


def take_reply(
    *, channel: str, provider_id: str, sender: str, text: str, at: datetime, answers: str = ""
) -> Meaning | None:
    """Act on a reply and give its meaning; None when it is a repeat or from a number that we did not write to.

    `answers` is the provider's number of the message that it answers, where the provider tells it: then only that card
    is meant, otherwise all cards that this number was lately written about.
    """
    index = recipient_index(sender)
    cards = _cards_of(index, channel, answers, at)
    if not cards:
        return None
    meaning = understand(text)
    with transaction.atomic():
        records.lock_cards(cards)
        reply, is_new = MessageReply.objects.get_or_create(
            channel=channel,
            provider_id=provider_id,
            defaults={"sender_index": index, "meaning": meaning, "received_at": at},
        )
        if not is_new:
            return None
        if not _act(meaning, cards, at):
            _help_once(reply, cards, channel, at)
        elif meaning not in {Meaning.STOP, Meaning.START}:
            queue(card_ids=cards[:1], occasion=Occasion.REPLY_NOTED, at=at, sequence=None, channel=channel)
    return meaning


def _cards_of(index: str, channel: str, answers: str, at: datetime) -> list[int]:
    """Give the cards, the one that was written about last first."""
    told = Message.objects.filter(
        channel=channel, recipient_index=index, sent_at__gte=at - ANSWERED_WITHIN
    ).exclude(occasion__in=sorted(ANSWERS | {Occasion.CONTACT_CHANGED}))
    named = told.filter(provider_id=answers) if answers else told.none()
    found = named if named.exists() else told
    return list(dict.fromkeys(found.order_by("-sent_at", "-pk").values_list("card_id", flat=True)))


def _act(meaning: Meaning, cards: Sequence[int], at: datetime) -> bool:
    """Do what was asked for every card that it fits; False when it fits none."""
    if meaning in {Meaning.STOP, Meaning.START}:
        return any([_want(card_id, meaning == Meaning.START, at) for card_id in cards])  # noqa: C419 - every card
    if meaning == Meaning.UNKNOWN:
        return False
    return any([_choose(meaning, card_id, at) for card_id in cards])  # noqa: C419 - every card


def _want(card_id: int, wanted: bool, at: datetime) -> bool:
    try:
        choices.want_messages(card_id=card_id, wanted=wanted, at=at)
    except DeliveryRefused:
        return False
    return True


def _choose(meaning: Meaning, card_id: int, at: datetime) -> bool:
    door = ResidentChoice.Door.REPLY
    try:
        if meaning == Meaning.RESEND:
            choices.wish(card_id=card_id, wish=ResidentChoice.Wish.RESEND, door=door, at=at)
        elif meaning == Meaning.COME:
            choices.say_who_comes(card_id=card_id, relation=choices.HOLDER, door=door, at=at)
        else:
            choices.send_somebody(card_id=card_id, door=door, at=at)
    except DeliveryRefused:
        return False  # it left the shelf, or the office's policy does not allow it
    return True


def _help_once(reply: MessageReply, cards: Sequence[int], channel: str, at: datetime) -> None:
    """Say what can be replied, at most once a day to one number."""
    lately = MessageReply.objects.filter(
        sender_index=reply.sender_index, helped=True, received_at__gt=at - HELP_EVERY
    )
    if lately.exists():
        return
    told = queue(card_ids=cards[:1], occasion=Occasion.REPLY_HELP, at=at, sequence=None, channel=channel)
    MessageReply.objects.filter(pk=reply.pk).update(helped=told > 0)
