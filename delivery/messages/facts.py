"""What texts may say of a card, read for a batch of messages at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from delivery.access import link_of, pin_of
from delivery.delegates import Leaving, leaving_shelves
from delivery.messages.texts import Facts
from delivery.models import Appointment, CounterStay, Message, TransferCard, WaitingEntry
from delivery.papers import papers_to_bring
from offices.closed_days import ClosedAhead, closed_ahead
from offices.models import HandoverPolicy, Office, Service
from offices.services import policy_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the cards of a batch have: a place on a shelf, an appointment, a counter they are on the way to, a place
    that is offered, and each registry's policy; and when each counter is closed, and sends its shelf away.
    """

    today: date
    stays: Mapping[int, CounterStay]
    visits: Mapping[int, Appointment]
    on_the_way: Mapping[int, Office]
    closed: Mapping[int, ClosedAhead | None]
    leaving: Mapping[int, Leaving]
    offers: Mapping[int, WaitingEntry]
    policies: Mapping[int, HandoverPolicy]


def known_of(*, messages: Sequence[Message], at: datetime) -> Known:
    """Read what belongs to the messages' cards; an offer that has passed is none."""
    card_ids = [message.card_id for message in messages]
    stays = CounterStay.objects.filter(card_id__in=card_ids, live=True).select_related("counter")
    offers = WaitingEntry.objects.filter(
        card_id__in=card_ids, state=WaitingEntry.State.OFFERED, offered_until__gt=at
    )
    visits = Appointment.objects.filter(card_id__in=card_ids, cancelled_at__isnull=True)
    transfers = TransferCard.objects.filter(
        card_id__in=card_ids, live=True, transfer__to_office__kind=Office.Kind.COUNTER
    )
    counters = {stay.counter_id: stay.counter for stay in stays}
    today = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    registries = {message.card.office_id: message.card.office for message in messages}
    return Known(
        today=today,
        visits={visit.card_id: visit for visit in visits.select_related("counter")},
        on_the_way={
            row.card_id: row.transfer.to_office for row in transfers.select_related("transfer__to_office")
        },
        closed={
            pk: closed_ahead(office=counter, service=Service.PICKUP, today=today, until=date.max)
            for pk, counter in counters.items()
        },
        leaving=leaving_shelves(counters=counters.values(), today=today),
        stays={stay.card_id: stay for stay in stays},
        offers={offer.card_id: offer for offer in offers.select_related("counter")},
        policies={pk: policy_of(office=office) for pk, office in registries.items()},
    )


def facts_of(message: Message, known: Known) -> Facts:
    """Give what the message's text may say; opening hours are said in the active language."""
    card = message.card
    delivery, choice = getattr(card, "delivery", None), getattr(card, "resident_choice", None)
    item = delivery.item if delivery is not None else None
    stay, offer = known.stays.get(card.pk), known.offers.get(card.pk)
    visit = known.visits.get(card.pk)
    there = known.on_the_way.get(card.pk) or (visit.counter if visit is not None else None)
    counter = stay.counter if stay is not None else there
    closed = known.closed.get(stay.counter_id) if stay is not None else None
    leaving = known.leaving.get(stay.counter_id) if stay is not None else None
    goes_to = (
        visit.counter if visit is not None and visit.counter != counter else leaving.to if leaving else None
    )
    return Facts(
        name=card.name,
        office=card.office.name,
        number=(item.number if item is not None else "") or "",
        reference=card.reference,
        link=link_of(card),
        pin=pin_of(card),
        counter=counter.name if counter is not None else "",
        address=counter.address if counter is not None else "",
        hours=counter.opening_hours if counter is not None else "",
        until=stay.hold_until if stay is not None else None,
        closed=closed
        if closed is not None and stay is not None and closed.first <= stay.hold_until
        else None,
        leaves_on=max(leaving.day, known.today + timedelta(days=1)) if leaving is not None else None,
        then_at=_place(goes_to) if goes_to is not None else "",
        visit=(visit.day, visit.starts_at, visit.counter.name) if visit is not None else None,
        papers=papers_to_bring(
            policy=known.policies[card.office_id],
            lane=card.lane,
            coming=choice.coming if choice is not None else "",
        ),
        offered_on=offer.day if offer is not None else None,
        offered_until=_local(offer) if offer is not None else None,
    )


def _place(counter: Office) -> str:
    return ", ".join(part for part in (counter.name, " ".join(counter.address.split())) if part)


def _local(offer: WaitingEntry) -> datetime | None:
    """Give the offer's end by the counter's clock."""
    until = offer.offered_until
    return until.astimezone(ZoneInfo(offer.counter.time_zone)) if until is not None else None
