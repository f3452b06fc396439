"""What a resident may choose about a card now, and what was chosen: for the resident's page and the clerk."""

from dataclasses import dataclass
from datetime import datetime

from delivery.address_requests import due_at, may_ask_correction, newest_request
from delivery.choices import (
    may_choose_way,
    may_say_who_comes,
    may_wish,
    other_counters,
)
from delivery.messages.ways import Way, channels_to, way_of, ways_offered
from delivery.models import ContactChoice, ResidentChoice
from delivery.papers import Papers, papers_to_bring
from offices.services import policy_of
from shipments.models import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The last correction of the address: its state, its clock and the office's words; never the address."""

    state: str
    asked_at: datetime
    due_at: datetime
    decided_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What is offered (empty: nothing) and what was chosen. Neither phone nor address is in it.

    `ways_offered` are those by which messages can go, `ways_used` those by which this holder gets them; `collectors`
    are those who may come, each with the papers to bring; `papers` are those of who will come.
    """

    channel: str
    may_choose_way: bool
    ways_offered: tuple[Way, ...]
    ways_used: tuple[Way, ...]
    own_phone: bool
    opted_out: bool
    collectors: tuple[tuple[str, Papers], ...]
    coming: str
    papers: Papers
    may_wish: bool
    counters: tuple[tuple[str, str], ...]
    wish: str
    wished_counter: str
    wish_settled: bool
    wish_outcome: str
    wish_answer: str
    may_correct: bool
    correction: Correction | None


def choices_for(*, card_id: int) -> Choices:
    """Give the choices of a card's holder."""
    card = Card.objects.select_related("office").defer("nik", "kk").get(pk=card_id)
    contact = ContactChoice.objects.filter(card_id=card_id).first()
    said = ResidentChoice.objects.select_related("counter").filter(card_id=card_id).first()
    wishing = may_wish(card)
    counters = other_counters(card) if wishing else []
    correction = _correction(card_id)
    coming = said.coming if said is not None else ""
    collectors, papers = _who_may_come(card, coming)
    return Choices(
        channel=card.channel,
        may_choose_way=may_choose_way(card),
        ways_offered=ways_offered(),
        ways_used=tuple(way_of(channel) for channel in channels_to(card_phone=card.phone, choice=contact)),
        own_phone=contact is not None and bool(contact.phone),
        opted_out=contact is not None and contact.opted_out_at is not None,
        collectors=collectors,
        coming=coming,
        papers=papers,
        may_wish=wishing,
        counters=tuple((counter.code, counter.name) for counter in counters),
        wish=said.wish if said is not None else "",
        wished_counter=said.counter.name if said is not None and said.counter is not None else "",
        wish_settled=said is not None and said.settled_at is not None,
        wish_outcome=said.outcome if said is not None else "",
        wish_answer=said.answer if said is not None else "",
        may_correct=may_ask_correction(card) and (correction is None or correction.state != "OPEN"),
        correction=correction,
    )


def _who_may_come(card: Card, coming: str) -> tuple[tuple[tuple[str, Papers], ...], Papers]:
    """Give who may come with which papers, and the papers of who is coming; nothing while it is at no counter."""
    if not may_say_who_comes(card):
        return (), ()
    policy = policy_of(office=card.office)
    each = ((who, papers_to_bring(policy=policy, lane=card.lane, coming=who)) for who in policy.collectors)
    return tuple(each), papers_to_bring(policy=policy, lane=card.lane, coming=coming)


def _correction(card_id: int) -> Correction | None:
    newest = newest_request(card_id=card_id)
    if newest is None:
        return None
    return Correction(
        state=newest.state,
        asked_at=newest.asked_at,
        due_at=due_at(newest),
        decided_at=newest.decided_at,
        answer=newest.answer,
    )
