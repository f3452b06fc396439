"""Hand a card out at a counter: find it by scan, check, confirm; and take a mistake back the same day."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction

from accounts.services import record
from delivery import messages, records
from delivery.access import pin_matches
from delivery.appointments import (
    book,
    cancel_booking,
    counters_of_card,
    place_for_today,
    standing_appointment,
)
from delivery.desk import Fact, record_facts
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, Collection, CounterStay, Delivery, ResidentChoice, TrackingEvent
from delivery.papers import INSTEAD_OF_OLD_CARD, hands_in_old_card
from delivery.refusals import Code, DeliveryRefused
from delivery.shelves import stay_of
from delivery.status import Receiver, Status
from delivery.tracking import void_events
from delivery.waiting import leave_as_collected
from offices.models import HandoverPolicy, Office, Service
from offices.quotas import places_left
from offices.services import is_open, local_day, lock_offices, policy_of
from privacy.crypto import blind_index
from privacy.models import AccessRecord
from privacy.services import record_access
from shipments.cards import release_cards
from shipments.circulation import circulate_again
from shipments.models import Card, Disposition
from shipments.numbers import NumberKind, normalise

__all__ = [
    "Collector",
    "FoundAtCounter",
    "Refusal",
    "book",
    "cancel_booking",
    "check_collection",
    "collect",
    "find_card",
    "undo_collection",
]
ORDINARY = "ORDINARY"
_NONCE_LENGTH = 64
# What would make two collections of one, or give out what is not here; the rest is about papers and places.
WHERE_IT_IS = frozenset(
    {Code.ALREADY_COLLECTED, Code.ON_HOLD, Code.NOT_RECEIVED, Code.WRONG_OFFICE, Code.NOT_FOUND}
)


class Collector(StrEnum):
    """Who takes a card; each registry's policy says who may."""

    HOLDER = "HOLDER"
    SAME_FAMILY_CARD = "SAME_FAMILY_CARD"
    WRITTEN_AUTHORITY = "WRITTEN_AUTHORITY"  # form F-1.07
    VILLAGE_OFFICER = "VILLAGE_OFFICER"


_RECEIVER = {
    Collector.HOLDER: Receiver.HOLDER,
    Collector.SAME_FAMILY_CARD: Receiver.FAMILY,
    Collector.WRITTEN_AUTHORITY: Receiver.WRITTEN_AUTHORITY,
    Collector.VILLAGE_OFFICER: Receiver.VILLAGE_OFFICER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAtCounter:
    """What the clerk sees of a card that was scanned. `here`: it stands on this counter's shelf.

    `coming` and `wish` are what its holder said: who will come, and that the card is to go elsewhere ("": nothing).
    """

    card_id: int
    reference: str
    name: str
    status: Status | None
    since: datetime | None
    here: bool
    waits_at: str
    shelf: str
    arrived_at: datetime | None
    hold_until: date | None
    appointment: date | None
    coming: str
    wish: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why the card is not given out."""

    code: Code
    params: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What the clerk has before them."""

    card: Card
    counter: Office
    relation: str
    documents: Sequence[str]
    old_card_surrendered: bool
    pin: str | None
    shown_nik: str
    shown_kk: str
    today: date


def find_card(*, counter_id: int, scanned: str, actor_id: int | None, at: datetime) -> FoundAtCounter:
    """Find a card of the counter's registry by own reference, post number or NIK; a search by NIK is recorded.

    Raises NOT_FOUND.
    """
    counter = Office.objects.get(pk=counter_id)
    card = _scanned_card(scanned, registry_id=counter.registry_id, actor_id=actor_id, at=at)
    if card is None:
        raise DeliveryRefused(Code.NOT_FOUND)
    stay = CounterStay.objects.select_related("counter").filter(card=card, live=True).first()
    state = Delivery.objects.filter(card=card).first()
    booked = Appointment.objects.filter(card=card, cancelled_at__isnull=True).first()
    said = ResidentChoice.objects.filter(card=card).first()
    return FoundAtCounter(
        card_id=card.pk,
        reference=card.reference,
        name=card.name,
        status=Status(state.status) if state is not None else None,
        since=state.since if state is not None else None,
        here=stay is not None and stay.counter_id == counter_id,
        waits_at=stay.counter.name if stay is not None else "",
        shelf=stay.shelf if stay is not None else "",
        arrived_at=stay.arrived_at if stay is not None else None,
        hold_until=stay.hold_until if stay is not None else None,
        appointment=booked.day if booked is not None else None,
        coming=said.coming if said is not None else "",
        wish=said.wish if said is not None and said.settled_at is None else "",
    )


def _scanned_card(scanned: str, *, registry_id: int, actor_id: int | None, at: datetime) -> Card | None:
    """The QR on a resident's phone holds the link: its token begins with the reference."""
    text = scanned.rpartition("/t/")[2].partition(".")[0] if "/t/" in scanned else scanned
    number = normalise(text)
    cards = Card.objects.filter(office_id=registry_id)
    if number.kind is not NumberKind.NIK:
        return (
            cards.filter(reference=number.value).first() or cards.filter(items__number=number.value).first()
        )
    index = blind_index(number.value, purpose="card.nik")
    found = list(cards.filter(nik_index=index, disposition=Disposition.REGISTERED).order_by("-pk"))
    record_access(
        actor_id=actor_id,
        action=AccessRecord.Action.SEARCH,
        subject_kind="card" if found else "nik",
        subject_keys=[card.reference for card in found] or [index],
        at=at,
    )
    waiting = CounterStay.objects.filter(card__in=found, live=True).values_list("card_id", flat=True)
    return next((card for card in found if card.pk in set(waiting)), found[0] if found else None)


def check_collection(
    *,
    counter_id: int,
    card_id: int,
    relation: str,
    documents: Sequence[str],
    at: datetime,
    old_card_surrendered: bool = True,
    pin: str | None = None,
    shown_nik: str = "",
    shown_kk: str = "",
    lane: str = ORDINARY,
) -> tuple[Refusal, ...]:
    """Say everything that speaks against giving the card out now; nothing is changed."""
    request = _request(
        counter_id, card_id, relation, documents, old_card_surrendered, pin, shown_nik, shown_kk, at
    )
    stay = CounterStay.objects.select_related("counter").filter(card_id=card_id, live=True).first()
    refusals = _refusals(request, stay)
    booked = standing_appointment(card_id=card_id, counter_id=counter_id, day=request.today)
    if booked is None and places_left(office_id=counter_id, lane=lane, day=request.today) < 1:
        refusals.append(Refusal(Code.QUOTA_FULL, {"day": request.today}))
    return tuple(refusals)


def collect(
    *,
    counter_id: int,
    card_id: int,
    relation: str,
    documents: Sequence[str],
    collector_name: str,
    old_card_surrendered: bool,
    nonce: str,
    pin: str | None = None,
    shown_nik: str = "",
    shown_kk: str = "",
    lane: str = ORDINARY,
    already_given: bool = False,
    actor_id: int | None,
    at: datetime,
) -> Collection:
    """Give the card out, once. The same `nonce` again gives the same collection, even an undone one.

    Card, shelf, closure and quota are checked under the card's lock, in the transaction that gives it out. Raises
    DeliveryRefused with the first reason that `check_collection` would give. With `already_given` (the counter had no
    network) it is a fact: only where the card is speaks against it; the rest stands in the audit, and a full day gets
    one place more.
    """
    try:
        with transaction.atomic():
            lock_offices(office_ids=[counter_id, *counters_of_card(card_id=card_id)])
            records.lock_cards([card_id])
            repeated = _repeated(nonce, card_id)
            if repeated is not None:
                return repeated
            request = _request(
                counter_id, card_id, relation, documents, old_card_surrendered, pin, shown_nik, shown_kk, at
            )
            stay = stay_of(card_id=card_id)
            refusals = _refusals(request, stay)
            for refusal in refusals:
                if not already_given or refusal.code in WHERE_IT_IS:
                    raise DeliveryRefused(refusal.code, **refusal.params)
            place_for_today(
                card_id=card_id, counter=request.counter, lane=lane, at=at, at_any_rate=already_given
            )
            details: dict[str, Any] = {"offline": True} if already_given else {}
            if refusals:
                details["against"] = [refusal.code.value for refusal in refusals]
            return _give_out(request, collector_name, nonce, actor_id, at, details)
    except IntegrityError:
        # the same confirmation reached another worker first
        repeated = _repeated(nonce, card_id)
        if repeated is None:
            raise
        return repeated


def _repeated(nonce: str, card_id: int) -> Collection | None:
    if not 0 < len(nonce) <= _NONCE_LENGTH:
        raise DeliveryRefused(Code.NONCE_USED)
    earlier = Collection.objects.filter(nonce=nonce).first()
    if earlier is not None and earlier.card_id != card_id:
        raise DeliveryRefused(Code.NONCE_USED)
    return earlier


def _request(
    counter_id: int,
    card_id: int,
    relation: str,
    documents: Sequence[str],
    old_card_surrendered: bool,
    pin: str | None,
    shown_nik: str,
    shown_kk: str,
    at: datetime,
) -> _Request:
    counter = Office.objects.get(pk=counter_id)
    card = Card.objects.filter(pk=card_id, office_id=counter.registry_id).first()
    if card is None:
        raise DeliveryRefused(Code.NOT_FOUND)
    return _Request(
        card=card,
        counter=counter,
        relation=relation,
        documents=documents,
        old_card_surrendered=old_card_surrendered,
        pin=pin,
        shown_nik=shown_nik,
        shown_kk=shown_kk,
        today=local_day(office=counter, at=at),
    )


def _refusals(request: _Request, stay: CounterStay | None) -> list[Refusal]:
    """Where the card is comes first: without it, papers do not matter."""
    nowhere = _why_not_here(request, stay)
    if nowhere is not None:
        return [nowhere]
    refusals = []
    if not is_open(office=request.counter, service=Service.PICKUP, on=request.today):
        refusals.append(Refusal(Code.OFFICE_CLOSED, {"day": request.today}))
    refusals.extend(_paper_refusals(request, policy_of(office=request.counter)))
    return refusals


def _why_not_here(request: _Request, stay: CounterStay | None) -> Refusal | None:
    card = request.card
    earlier = Collection.objects.filter(card=card, undone_at__isnull=True).first()
    if earlier is not None:
        day = local_day(office=request.counter, at=earlier.collected_at)
        return Refusal(Code.ALREADY_COLLECTED, {"day": day})
    if card.disposition != Disposition.REGISTERED or hasattr(card, "held"):
        reason = card.disposition if card.disposition != Disposition.REGISTERED else "AREA_HOLD"
        return Refusal(Code.ON_HOLD, {"reason": reason})
    if stay is None:
        status = Delivery.objects.filter(card=card).values_list("status", flat=True).first()
        return Refusal(Code.NOT_RECEIVED, {"status": status or "REGISTERED"})
    if stay.counter_id != request.counter.pk:
        return Refusal(Code.WRONG_OFFICE, {"office": stay.counter.name})
    return None


def _paper_refusals(request: _Request, policy: HandoverPolicy) -> list[Refusal]:
    refusals = []
    if request.relation not in policy.collectors or request.relation not in set(Collector):
        refusals.append(Refusal(Code.COLLECTOR_NOT_ALLOWED, {"relation": request.relation}))
    shown = set(request.documents)
    for one_of in policy.documents.get(request.relation, []):
        if not shown & set(one_of):
            refusals.append(Refusal(Code.DOCUMENT_MISSING, {"documents": ", ".join(one_of)}))
    if _is_somebody_else(request):
        refusals.append(Refusal(Code.IDENTITY_MISMATCH, {}))
    surrendered = request.old_card_surrendered or INSTEAD_OF_OLD_CARD in shown
    if hands_in_old_card(policy=policy, lane=request.card.lane) and not surrendered:
        refusals.append(Refusal(Code.OLD_CARD_NOT_SURRENDERED, {}))
    if request.pin is not None and not pin_matches(request.card, request.pin):
        refusals.append(Refusal(Code.WRONG_PIN, {}))
    return refusals


def _is_somebody_else(request: _Request) -> bool:
    """Compare the numbers on the papers shown with the card's, by their blind indexes."""
    card = request.card
    shown = [(request.shown_nik, "card.nik", card.nik_index), (request.shown_kk, "card.kk", card.kk_index)]
    return any(
        not hmac.compare_digest(blind_index(normalise(number).value, purpose=purpose), index)
        for number, purpose, index in shown
        if number and index
    )


def _give_out(
    request: _Request,
    collector_name: str,
    nonce: str,
    actor_id: int | None,
    at: datetime,
    details: dict[str, Any],
) -> Collection:
    card, counter = request.card, request.counter
    ended = CounterStay.objects.filter(card=card, counter=counter, live=True).update(live=None)
    if ended != 1:
        raise DeliveryRefused(Code.NOT_RECEIVED, status="MOVED")
    item_id = Delivery.objects.values_list("item_id", flat=True).get(card=card)
    receiver = _RECEIVER[Collector(request.relation)]
    (event,) = record_facts(
        status=Status.COLLECTED,
        facts=[Fact(card.pk, item_id, receiver=receiver, salt=nonce)],
        office=counter,
        actor_id=actor_id,
        at=at,
    )
    collection = Collection.objects.create(
        card=card,
        counter=counter,
        event=TrackingEvent.objects.get(fingerprint=event.fingerprint),
        relation=request.relation,
        documents=sorted(set(request.documents)),
        collector_name=collector_name.strip()[:120],
        old_card_surrendered=request.old_card_surrendered,
        nonce=nonce,
        collected_at=at,
        collected_by_id=actor_id,
    )
    release_cards(card_ids=[card.pk])
    leave_as_collected(card_id=card.pk, counter=counter, at=at)
    messages.queue(card_ids=[card.pk], occasion=Occasion.COLLECTED, at=at, sequence=None)
    record(
        actor_id=actor_id,
        office_id=counter.pk,
        operation="COLLECT",
        object_kind="card",
        object_key=card.reference,
        at=at,
        relation=request.relation,
        **details,
    )
    return collection


def undo_collection(*, collection_id: int, reason: str, actor_id: int | None, at: datetime) -> Collection:
    """Take a collection back on its own day: the event is voided, the card stands on its shelf again.

    Nothing is deleted. Raises REASON_MISSING, ALREADY_UNDONE, UNDO_TOO_LATE, NIK_CIRCULATES.
    """
    if not reason.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    card_id = Collection.objects.values_list("card_id", flat=True).get(pk=collection_id)
    with transaction.atomic():
        records.lock_cards([card_id])
        collection = Collection.objects.select_related("counter", "card").get(pk=collection_id)
        _refuse_undo(collection, at)
        if other := circulate_again(card_ids=[card_id]):
            raise DeliveryRefused(Code.NIK_CIRCULATES, reference=other[card_id])
        collection.undone_at = at
        collection.undone_by_id = actor_id
        collection.undo_reason = reason.strip()[:200]
        collection.save(update_fields=["undone_at", "undone_by", "undo_reason"])
        void_events(
            event_ids=[collection.event_id],
            reason=collection.undo_reason,
            recorded_at=at,
            recorded_by_id=actor_id,
        )
        stay = CounterStay.objects.filter(card_id=card_id, counter_id=collection.counter_id).latest("pk")
        CounterStay.objects.filter(pk=stay.pk).update(live=True)
        messages.withdraw(card_ids=[card_id], occasions=[Occasion.COLLECTED])
        record(
            actor_id=actor_id,
            office_id=collection.counter_id,
            operation="UNDO_COLLECTION",
            object_kind="card",
            object_key=collection.card.reference,
            at=at,
        )
    return collection


def _refuse_undo(collection: Collection, at: datetime) -> None:
    if collection.undone_at is not None:
        raise DeliveryRefused(Code.ALREADY_UNDONE)
    collected_on = local_day(office=collection.counter, at=collection.collected_at)
    if local_day(office=collection.counter, at=at) != collected_on:
        raise DeliveryRefused(Code.UNDO_TOO_LATE, day=collected_on)
