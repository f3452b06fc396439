"""What a resident may choose about a card: its way, how to be reached, who comes, and where it is to go instead.

Whoever calls this has shown that the card is theirs (`delivery.access`) or answers from the number that we wrote to.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.services import record
from delivery import lookup_limits as limits
from delivery import messages, records
from delivery.messages.channels import mobile_number
from delivery.messages.occasions import Occasion
from delivery.messages.texts import LANGUAGES
from delivery.messages.ways import Way, channels_to, contacts_of
from delivery.models import ContactChoice, CounterStay, Delivery, Message, ResidentChoice
from delivery.open_requests import Outcome, settle_wishes
from delivery.refusals import Code, DeliveryRefused
from delivery.status import COMING_BACK, FINAL, WITH_US, Status
from offices.models import Office
from offices.services import policy_of
from shipments.backlog import enter_again
from shipments.holds import choose_channel
from shipments.items import frozen_cards
from shipments.locks import lock_registry
from shipments.models import Card, Channel, Disposition, HeldCard
from shipments.refusals import Code as ShipmentCode
from shipments.refusals import ShipmentRefused, listed

HOLDER = "HOLDER"
# Whom "2 wakil" may mean, the likeliest first; the office's policy decides.
PROXIES = ("WRITTEN_AUTHORITY", "SAME_FAMILY_CARD", "VILLAGE_OFFICER")
WAYS = (Channel.POST, Channel.COUNTER)
WISHED_WHILE = COMING_BACK | WITH_US
GONE_ELSEWHERE = (WITH_US - {Status.RETURN_RECEIVED}) | {Status.AT_VILLAGE} | FINAL
EMAIL_LENGTH = 120
CHANGES_TOLD_A_DAY = 3  # who changes the contact again and again must not fill the former phone


def may_choose_way(card: Card) -> bool:
    """Say whether the holder may still choose: a registered card that nobody holds and the post never had."""
    return (
        card.disposition == Disposition.REGISTERED
        and card.channel in WAYS
        and not Delivery.objects.filter(card=card).exists()
        and not HeldCard.objects.filter(card=card).exists()
        and not frozen_cards(card_ids=[card.pk])
    )


def take_turn(*, card_id: int, at: datetime) -> None:
    """Count one choice of a card's holder. Raises TOO_MANY_CHOICES; call it outside the choice's transaction."""
    key = limits.choice_key(card_id)
    if limits.is_locked(key=key, at=at):
        raise DeliveryRefused(Code.TOO_MANY_CHOICES)
    limits.count_failure(keys=[key], at=at)


def choose_way(*, card_id: int, channel: str, at: datetime) -> None:
    """Let the holder collect the card at a counter, or have it posted after all.

    Raises CHOICE_NOT_POSSIBLE, TOO_MANY_CHOICES.
    """
    take_turn(card_id=card_id, at=at)
    office_id = Card.objects.values_list("office_id", flat=True).get(pk=card_id)
    with transaction.atomic():
        lock_registry(office_id)
        card = Card.objects.get(pk=card_id)
        if channel not in WAYS or not may_choose_way(card):
            raise DeliveryRefused(Code.CHOICE_NOT_POSSIBLE)
        set_channel(office_id=office_id, references=[card.reference], channel=channel, actor_id=None, at=at)


def set_channel(
    *, office_id: int, references: Sequence[str], channel: str, actor_id: int | None, at: datetime
) -> int:
    """Let cards go by post, counter or village office (`shipments.holds.choose_channel`); give how many changed.

    What is to be posted enters the queue. Refuses what `choose_channel` refuses, and as ALREADY_POSTED what has gone to
    a counter or a village without ever being posted: it is no longer here to be put into a bag.
    """
    with transaction.atomic():
        lock_registry(office_id)
        gone = Delivery.objects.filter(
            card__office_id=office_id, card__reference__in=references, status__in=sorted(GONE_ELSEWHERE)
        )
        if elsewhere := list(gone.order_by("card_id").values_list("card__reference", flat=True)):
            raise ShipmentRefused(ShipmentCode.ALREADY_POSTED, scanned=listed(elsewhere))
        changed = choose_channel(
            office_id=office_id, references=references, channel=channel, actor_id=actor_id, at=at
        )
        cards = Card.objects.filter(office_id=office_id, reference__in=references)
        enter_again(office_id=office_id, card_ids=list(cards.values_list("pk", flat=True)), at=at)
    return changed


def set_contact(*, card_id: int, phone: str, email: str, language: str, at: datetime) -> ContactChoice:
    """Keep another phone and e-mail for the card's messages, sealed; which of them is used, `messages.ways` says.

    Those before are told: who has found out somebody's numbers takes no messages over in silence. What waits to be sent
    goes by the new ways. Raises PHONE_INVALID, EMAIL_INVALID, TOO_MANY_CHOICES.
    """
    take_turn(card_id=card_id, at=at)
    number = mobile_number(phone) if phone.strip() else ""
    if number is None:
        raise DeliveryRefused(Code.PHONE_INVALID)
    mail = _email(email)
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    with transaction.atomic():
        records.lock_cards([card_id])
        former = _former(card_id, phone=number, email=mail, at=at)
        choice = _contact(
            card_id, at, "SET_CONTACT", phone=number, email=mail, language=spoken, **former
        )  # fmt: skip
        if former:
            messages.queue(card_ids=[card_id], occasion=Occasion.CONTACT_CHANGED, at=at, sequence=None)
        on_card = Card.objects.only("phone").get(pk=card_id).phone
        messages.send_elsewhere(card_id=card_id, by=channels_to(card_phone=on_card, choice=choice), at=at)
    return choice


def _former(card_id: int, *, phone: str, email: str, at: datetime) -> dict[str, str]:
    """Give the phone and the e-mail that are to be told of a change; nothing when those before still wait to be."""
    told = Message.objects.filter(card_id=card_id, occasion=Occasion.CONTACT_CHANGED)
    lately = told.filter(created_at__gt=at - timedelta(days=1)).order_by().values("sequence").distinct()
    if told.filter(state=Message.State.QUEUED).exists() or lately.count() >= CHANGES_TOLD_A_DAY:
        return {}
    on_card = Card.objects.only("phone").get(pk=card_id).phone
    before = ContactChoice.objects.filter(card_id=card_id).first()
    used = contacts_of(card_phone=on_card, choice=before)
    now = contacts_of(card_phone=on_card, choice=ContactChoice(phone=phone, email=email))
    if used == now:
        return {}
    return {"former_phone": used.get(Way.PHONE, ""), "former_email": used.get(Way.EMAIL, "")}


def _email(typed: str) -> str:
    email = typed.strip()
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise DeliveryRefused(Code.EMAIL_INVALID) from None
    if len(email) > EMAIL_LENGTH:
        raise DeliveryRefused(Code.EMAIL_INVALID)
    return email


def want_messages(*, card_id: int, wanted: bool, at: datetime) -> None:
    """Stop the card's messages, also those that wait to be sent, or let them come again; to stop is never refused.

    Raises TOO_MANY_CHOICES.
    """
    if wanted:
        take_turn(card_id=card_id, at=at)
    with transaction.atomic():
        operation = "MESSAGES_WANTED" if wanted else "MESSAGES_REFUSED"
        _contact(card_id, at, operation, opted_out_at=None if wanted else at)
        if not wanted:
            messages.withdraw_all(card_ids=[card_id])


def _contact(card_id: int, at: datetime, operation: str, **values: object) -> ContactChoice:
    with transaction.atomic():
        records.lock_cards([card_id])
        choice, _is_new = ContactChoice.objects.update_or_create(
            card_id=card_id, defaults={**values, "chosen_at": at}
        )
        _record(card_id, operation, at)
    return choice


def collectors_of(card: Card) -> tuple[str, ...]:
    """Give who may collect the card by its office's policy."""
    return tuple(policy_of(office=card.office).collectors)


def say_who_comes(
    *, card_id: int, relation: str, at: datetime, door: str = ResidentChoice.Door.PAGE
) -> ResidentChoice:
    """Keep who will collect the card, for the clerk.

    Raises CHOICE_NOT_POSSIBLE, COLLECTOR_NOT_ALLOWED, TOO_MANY_CHOICES.
    """
    take_turn(card_id=card_id, at=at)
    card = Card.objects.select_related("office").get(pk=card_id)
    if not may_say_who_comes(card):
        raise DeliveryRefused(Code.CHOICE_NOT_POSSIBLE)
    if relation not in collectors_of(card):
        raise DeliveryRefused(Code.COLLECTOR_NOT_ALLOWED, relation=relation)
    return _choice(card_id, at, "SAY_WHO_COMES", coming=relation, door=door)


def send_somebody(*, card_id: int, at: datetime, door: str) -> ResidentChoice:
    """Keep that somebody else comes: the first whom the office's policy allows. Raises COLLECTOR_NOT_ALLOWED."""
    card = Card.objects.select_related("office").get(pk=card_id)
    allowed = collectors_of(card)
    proxy = next((relation for relation in PROXIES if relation in allowed), "")
    return say_who_comes(card_id=card_id, relation=proxy, at=at, door=door)


def may_say_who_comes(card: Card) -> bool:
    """Say whether the card is, or will be, at a counter."""
    status = _status_of(card.pk)
    return status in WISHED_WHILE if status is not None else card.channel == Channel.COUNTER


def wish(
    *,
    card_id: int,
    wish: str,
    at: datetime,
    counter_code: str = "",
    door: str = ResidentChoice.Door.PAGE,
) -> ResidentChoice:
    """Ask the office to send the card again or to another counter, or take such a wish back ("").

    The office does it, or says why not: a card moves only in an officer's hands. Raises CHOICE_NOT_POSSIBLE,
    OFFICE_UNKNOWN, TOO_MANY_CHOICES.
    """
    take_turn(card_id=card_id, at=at)
    card = Card.objects.select_related("office").get(pk=card_id)
    if wish not in ResidentChoice.Wish.values or not may_wish(card):
        raise DeliveryRefused(Code.CHOICE_NOT_POSSIBLE)
    counter = None
    if wish == ResidentChoice.Wish.OTHER_COUNTER:
        counter = next((each for each in other_counters(card) if each.code == counter_code), None)
        if counter is None:
            raise DeliveryRefused(Code.OFFICE_UNKNOWN, office=counter_code)
    return _choice(
        card_id, at, "RESIDENT_WISH", wish=wish, counter=counter, door=door,
        wished_at=at if wish else None, settled_at=None, settled_by=None, outcome="", answer="",
    )  # fmt: skip


def may_wish(card: Card) -> bool:
    """Say whether the card is with us or on its way back, so that the office can send it elsewhere."""
    return card.disposition == Disposition.REGISTERED and _status_of(card.pk) in WISHED_WHILE


def other_counters(card: Card) -> list[Office]:
    """Give the registry's counters but the one where the card waits."""
    here = CounterStay.objects.filter(card=card, live=True).values("counter_id")
    counters = Office.objects.filter(parent_id=card.office_id, kind=Office.Kind.COUNTER, is_active=True)
    return list(counters.exclude(pk__in=here).order_by("name"))


def settle_wish(*, card_id: int, granted: bool, answer: str = "", actor_id: int | None, at: datetime) -> None:
    """Answer a wish that was done otherwise, or decline it, saying why, and tell the holder.

    Raises REASON_MISSING, ALREADY_SETTLED.
    """
    if not granted and not answer.strip():
        raise DeliveryRefused(Code.REASON_MISSING)
    outcome = Outcome.GRANTED if granted else Outcome.DECLINED
    with transaction.atomic():
        records.lock_cards([card_id])
        if not settle_wishes(card_ids=[card_id], outcome=outcome, answer=answer, actor_id=actor_id, at=at):
            raise DeliveryRefused(Code.ALREADY_SETTLED)


def _choice(card_id: int, at: datetime, operation: str, **values: object) -> ResidentChoice:
    with transaction.atomic():
        records.lock_cards([card_id])
        choice, _is_new = ResidentChoice.objects.update_or_create(card_id=card_id, defaults=values)
        _record(card_id, operation, at)
    return choice


def _status_of(card_id: int) -> Status | None:
    status = Delivery.objects.filter(card_id=card_id).values_list("status", flat=True).first()
    return Status(status) if status is not None else None


def _record(card_id: int, operation: str, at: datetime) -> None:
    reference, office_id = Card.objects.values_list("reference", "office_id").get(pk=card_id)
    record(
        actor_id=None,
        office_id=office_id,
        operation=operation,
        object_kind="card",
        object_key=reference,
        at=at,
    )
