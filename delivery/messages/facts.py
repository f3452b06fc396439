"""What texts may say of a card, read for a batch of messages at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from delivery.access import link_of, pin_of
from delivery.messages.texts import Facts
from delivery.models import CounterStay, Message, WaitingEntry
from delivery.papers import papers_to_bring
from offices.models import HandoverPolicy
from offices.services import policy_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the cards of a batch have: a place on a shelf, a place that is offered, and each registry's policy."""

    stays: Mapping[int, CounterStay]
    offers: Mapping[int, WaitingEntry]
    policies: Mapping[int, HandoverPolicy]


def known_of(*, messages: Sequence[Message], at: datetime) -> Known:
    """Read what belongs to the messages' cards; an offer that has passed is none."""
    card_ids = [message.card_id for message in messages]
    stays = CounterStay.objects.filter(card_id__in=card_ids, live=True).select_related("counter")
    offers = WaitingEntry.objects.filter(
        card_id__in=card_ids, state=WaitingEntry.State.OFFERED, offered_until__gt=at
    )
    registries = {message.card.office_id: message.card.office for message in messages}
    return Known(
        stays={stay.card_id: stay for stay in stays},
        offers={offer.card_id: offer for offer in offers.select_related("counter")},
        policies={pk: policy_of(office=office) for pk, office in registries.items()},
    )


def facts_of(message: Message, known: Known) -> Facts:
    """Give what the message's text may say."""
    card = message.card
    delivery, choice = getattr(card, "delivery", None), getattr(card, "resident_choice", None)
    item = delivery.item if delivery is not None else None
    stay, offer = known.stays.get(card.pk), known.offers.get(card.pk)
    return Facts(
        name=card.name,
        office=card.office.name,
        number=(item.number if item is not None else "") or "",
        reference=card.reference,
        link=link_of(card),
        pin=pin_of(card),
        counter=stay.counter.name if stay is not None else "",
        address=stay.counter.address if stay is not None else "",
        hours=stay.counter.opening_hours if stay is not None else "",
        until=stay.hold_until if stay is not None else None,
        papers=papers_to_bring(
            policy=known.policies[card.office_id],
            lane=card.lane,
            coming=choice.coming if choice is not None else "",
        ),
        offered_on=offer.day if offer is not None else None,
        offered_until=_local(offer) if offer is not None else None,
    )


def _local(offer: WaitingEntry) -> datetime | None:
    """Give the offer's end by the counter's clock."""
    until = offer.offered_until
    return until.astimezone(ZoneInfo(offer.counter.time_zone)) if until is not None else None
