"""Corrections of addresses that residents ask for: nothing is posted meanwhile, the office decides in three days."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts.services import record
from addresses.requests import give_to_desk, keep_back
from delivery import messages, records
from delivery.choices import take_turn
from delivery.messages.occasions import Occasion
from delivery.models import AddressRequest, Delivery
from delivery.refusals import Code, DeliveryRefused
from delivery.resending import follow_correction
from delivery.status import COMING_BACK, WITH_US
from shipments.backlog import decide_addresses, leave_backlog
from shipments.items import frozen_cards, take_out
from shipments.locks import lock_registry
from shipments.models import Card, Channel, Disposition

DECIDE_WITHIN: Final = timedelta(hours=72)  # UU 27/2022 art. 30: corrections within 3 × 24 hours
# What a resident may correct, with how much is read. The regency stays: another one is another office's card.
FIELDS: Final[Mapping[str, int]] = {"alamat": 250, "rt_rw": 40, "desa_kelurahan": 100, "kecamatan": 100}
State = AddressRequest.State


def may_ask_correction(card: Card) -> bool:
    """Say whether a correction still helps: the post does not have the card, and nobody has got it."""
    if card.disposition != Disposition.REGISTERED or card.channel == Channel.VILLAGE:
        return False
    status = Delivery.objects.filter(card=card).values_list("status", flat=True).first()
    if status is not None and status not in COMING_BACK | WITH_US:
        return False
    return not frozen_cards(card_ids=[card.pk])


def ask_correction(*, card_id: int, fields: Mapping[str, str], at: datetime) -> AddressRequest:
    """Take a correction from the card's holder; until it is decided the card is not posted.

    Raises CORRECTION_EMPTY, CORRECTION_WAITS, CHOICE_NOT_POSSIBLE, TOO_MANY_CHOICES.
    """
    take_turn(card_id=card_id, at=at)
    wanted = {name: " ".join(fields.get(name, "").split())[:limit] for name, limit in FIELDS.items()}
    wanted = {name: text for name, text in wanted.items() if text}
    if not wanted:
        raise DeliveryRefused(Code.CORRECTION_EMPTY)
    office_id = Card.objects.values_list("office_id", flat=True).get(pk=card_id)
    with transaction.atomic():
        lock_registry(office_id)
        records.lock_cards([card_id])
        card = Card.objects.get(pk=card_id)
        if AddressRequest.objects.filter(card=card, state=State.OPEN).exists():
            raise DeliveryRefused(Code.CORRECTION_WAITS)
        if not may_ask_correction(card):
            raise DeliveryRefused(Code.CHOICE_NOT_POSSIBLE)
        take_out(card_ids=[card_id], at=at)
        leave_backlog(card_ids=[card_id])
        request = AddressRequest.objects.create(
            card=card,
            fields=json.dumps(wanted),
            was_deliverable=keep_back(office_id=office_id, address_id=card.address_id),
            asked_at=at,
        )
        record(
            actor_id=None, office_id=office_id, operation="ASK_CORRECTION", object_kind="card",
            object_key=card.reference, at=at,
        )  # fmt: skip
    return request


def decide_correction(
    *, request_id: int, accept: bool, answer: str, village_code: str = "", actor_id: int | None, at: datetime
) -> bool:
    """Accept or decline a correction, once, and tell the resident; say whether the address may be posted to now.

    Accepted, the address is checked again with what was corrected, in the village that was chosen where the check alone
    does not find it; what it cannot place goes to the review desk. A return that waits for a decision follows
    (`resending.follow_correction`). Declined, the address is as it was before, and `answer` says why. Raises
    REASON_MISSING, ALREADY_SETTLED, OTHER_REGENCY for a village that is another office's, and what the check refuses.
    """
    if not accept and not answer.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    request = AddressRequest.objects.select_related("card").get(pk=request_id)
    card = request.card
    with transaction.atomic():
        region_code = lock_registry(card.office_id).region_code
        if accept and village_code and not village_code.startswith(f"{region_code}."):
            raise DeliveryRefused(Code.OTHER_REGENCY)
        records.lock_cards([card.pk])
        state = State.ACCEPTED if accept else State.DECLINED
        decided = AddressRequest.objects.filter(pk=request_id, state=State.OPEN).update(
            state=state, answer=answer.strip()[:200], decided_at=at, decided_by_id=actor_id
        )
        if decided != 1:
            raise DeliveryRefused(Code.ALREADY_SETTLED)
        if accept:
            deliverable = _decide(card, "CORRECTED", actor_id, at, fields_of(request), village_code)
        elif request.was_deliverable:
            deliverable = _decide(card, "ACCEPTED", actor_id, at)
        else:
            give_to_desk(office_id=card.office_id, address_id=card.address_id)
            deliverable = False
        follow_correction(
            office_id=card.office_id, card_id=card.pk, accepted=accept, actor_id=actor_id, at=at
        )
        messages.queue(card_ids=[card.pk], occasion=Occasion.ADDRESS_CHECKED, at=at, sequence=None)
        record(
            actor_id=actor_id, office_id=card.office_id, operation="DECIDE_CORRECTION", object_kind="card",
            object_key=card.reference, at=at, decision=state.value, deliverable=deliverable,
        )  # fmt: skip
    return deliverable


def _decide(
    card: Card,
    decision: str,
    actor_id: int | None,
    at: datetime,
    corrections: Mapping[str, str] | None = None,
    village_code: str = "",
) -> bool:
    decided = decide_addresses(
        office_id=card.office_id,
        address_ids=[card.address_id],
        decision=decision,
        village_code=village_code,
        corrections=corrections,
        note="asked for by the card's holder",
        actor_id=actor_id,
        at=at,
    )
    return bool(decided.deliverable_ids)


def fields_of(request: AddressRequest) -> dict[str, str]:
    """Give what the resident wrote, field by field."""
    fields: dict[str, str] = json.loads(request.fields)
    return fields


def due_at(request: AddressRequest) -> datetime:
    """Give the time by which the correction is to be decided."""
    return request.asked_at + DECIDE_WITHIN


def newest_request(*, card_id: int) -> AddressRequest | None:
    """Give the card's last correction, for its holder's page."""
    return AddressRequest.objects.filter(card_id=card_id).order_by("-asked_at", "-pk").first()
