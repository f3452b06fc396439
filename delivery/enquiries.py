"""What residents ask about their cards, and the answers, due three times 24 hours after the question."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.services import record
from delivery import messages, records
from delivery.messages.occasions import Occasion
from delivery.models import Enquiry
from delivery.refusals import Code, DeliveryRefused

ANSWER_WITHIN = timedelta(hours=72)  # UU 27/2022 art. 30: corrections within 3 × 24 hours
OPEN_AT_ONCE = 3
TEXT_LENGTH = 2_000
ANSWERS_SHOWN = 5


def ask(*, card_id: int, text: str, at: datetime) -> Enquiry:
    """Take a question from the card's holder. Raises TEXT_MISSING, TOO_MANY_ENQUIRIES."""
    words = text.strip()[:TEXT_LENGTH]
    if not words:
        raise DeliveryRefused(Code.TEXT_MISSING)
    with transaction.atomic():
        records.lock_cards([card_id])
        waiting = Enquiry.objects.filter(card_id=card_id, answered_at__isnull=True).count()
        if waiting >= OPEN_AT_ONCE:
            raise DeliveryRefused(Code.TOO_MANY_ENQUIRIES, open=waiting)
        return Enquiry.objects.create(card_id=card_id, text=words, asked_at=at)


def answer(*, enquiry_id: int, text: str, actor_id: int | None, at: datetime) -> Enquiry:
    """Answer a question, once, and tell who asked. Raises TEXT_MISSING, ALREADY_ANSWERED."""
    words = text.strip()[:TEXT_LENGTH]
    if not words:
        raise DeliveryRefused(Code.TEXT_MISSING)
    with transaction.atomic():
        open_ones = Enquiry.objects.filter(pk=enquiry_id, answered_at__isnull=True)
        if open_ones.update(answer=words, answered_at=at) != 1:
            raise DeliveryRefused(Code.ALREADY_ANSWERED)
        enquiry = Enquiry.objects.select_related("card").get(pk=enquiry_id)
        messages.queue(card_ids=[enquiry.card_id], occasion=Occasion.ENQUIRY_ANSWERED, at=at, sequence=None)
        record(
            actor_id=actor_id,
            office_id=enquiry.card.office_id,
            operation="ANSWER_ENQUIRY",
            object_kind="card",
            object_key=enquiry.card.reference,
            at=at,
        )
    return enquiry


def waiting_enquiries(*, office_id: int) -> QuerySet[Enquiry]:
    """Give a registry's open questions, the longest waiting first."""
    return (
        Enquiry.objects.filter(card__office_id=office_id, answered_at__isnull=True)
        .select_related("card")
        .order_by("asked_at")
    )


def answers_for(*, card_id: int) -> list[Enquiry]:
    """Give the holder's answered questions, newest first; shown only to who opened the card."""
    answered = Enquiry.objects.filter(card_id=card_id, answered_at__isnull=False)
    return list(answered.order_by("-answered_at", "-pk")[:ANSWERS_SHOWN])


def due_at(enquiry: Enquiry) -> datetime:
    """Give the time by which the question is to be answered."""
    return enquiry.asked_at + ANSWER_WITHIN
