"""A second mailing and a second stay at a counter are told like the first, and nothing is told twice."""

from datetime import datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection

from delivery.messages import queue, queue_changes
from delivery.messages.reminders import queue_reminders
from delivery.models import CounterStay, Message
from delivery.status import Status
from delivery.tracking import record_events
from delivery.transfers import move_shelf, receive_transfer
from offices.models import Office
from shipments.models import Card, Item
from tests import factories
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards
from tests.delivery.shelving import bring_back, shelve_cards

SECOND = 24 * 30  # hours after the first handover
renumber = import_module("delivery.migrations.0017_messages_numbered_by_item_and_stay").renumber


@pytest.fixture
def first(registry: Office, post_office: Office) -> Mailed:
    cards = factories.make_cards(office=registry, number=1, phone="081234567890")
    return mail_cards(office=registry, post_office=post_office, number=1, cards=cards)


def mailed_again(first: Mailed, registry: Office, post_office: Office) -> Mailed:
    """Bring the card back and post it once more, with another number."""
    bring_back(first, office=registry)
    Item.objects.filter(card__in=first.cards).update(live=None)
    second = mail_cards(office=registry, post_office=post_office, number=1, cards=first.cards, posted=False)
    tell(second, Status.POSTED, SECOND)
    return second


def tell(mailed: Mailed, status: Status, hours: float) -> int:
    """Record one event and give how many messages it causes."""
    at = HANDED_OVER_AT + timedelta(hours=hours)
    event = mailed.event(0, status, hours=hours, reason="ABSENT" if status is Status.ATTEMPT_FAILED else "")
    recorded = record_events(events=[event], recorded_at=at, recorded_by_id=None)
    return queue_changes(changed=recorded.changed, at=at)


def told(occasion: str) -> list[int]:
    return list(Message.objects.filter(occasion=occasion).order_by("pk").values_list("sequence", flat=True))


def test_a_card_that_is_sent_again_is_told_of_its_delivery_and_its_attempts_again(
    first: Mailed, registry: Office, post_office: Office
) -> None:
    assert [tell(first, status, hours) for status, hours in _two_attempts(24)] == [1, 1, 1, 1]
    Message.objects.update(state="SENT", sent_at=HANDED_OVER_AT)
    second = mailed_again(first, registry, post_office)
    assert [tell(second, status, hours) for status, hours in _two_attempts(SECOND + 24)] == [1, 1, 1, 1]
    assert told("OUT_FOR_DELIVERY") == told("ATTEMPT_FAILED") == [1, 2, 101, 102]
    card_ids = [card.pk for card in first.cards]
    assert queue(card_ids=card_ids, occasion="ATTEMPT_FAILED", at=HANDED_OVER_AT, sequence=2) == 0


def _two_attempts(hours: float) -> list[tuple[Status, float]]:
    tried = [Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED]
    return [(status, hours + 24 * day + place) for day in (0, 1) for place, status in enumerate(tried)]


def test_a_hundredth_attempt_is_not_told_as_one_of_a_second_mailing(first: Mailed) -> None:
    card_ids = [card.pk for card in first.cards]
    for number in (99, 100, 101):
        queue(card_ids=card_ids, occasion="ATTEMPT_FAILED", at=HANDED_OVER_AT, sequence=number)
    assert told("ATTEMPT_FAILED") == [99]


@pytest.fixture
def moved(registry: Office, post_office: Office, counter: Office) -> Card:
    """A card that arrived at a counter on 20 May, and at another one on 28 May."""
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    assert queue_reminders(at=day("2020-05-27")) == 1
    at = day("2020-05-28")
    transfer = move_shelf(from_office_id=counter.pk, to_office_id=other.pk, actor_id=None, at=at)
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="B1", actor_id=None, at=at)
    assert CounterStay.objects.get(card=card, live=True).counter == other
    return card


def day(written: str) -> datetime:
    return datetime.fromisoformat(f"{written}T09:00:00+07:00")


def test_a_card_that_went_to_another_counter_is_reminded_of_there_from_the_first_day_on(moved: Card) -> None:
    due = [queue_reminders(at=day(f"2020-06-{number:02}")) for number in (3, 4, 5, 10, 11, 12)]
    assert due == [0, 1, 0, 0, 1, 0]
    assert told("REMINDER") == [1, 101, 102]


def test_what_was_told_under_the_old_numbers_is_not_told_again(
    moved: Card, first: Mailed, registry: Office, post_office: Office
) -> None:
    tell(first, Status.OUT_FOR_DELIVERY, 24)
    second = mailed_again(first, registry, post_office)
    for hours, status in enumerate((Status.OUT_FOR_DELIVERY, Status.ATTEMPT_FAILED)):
        tell(second, status, SECOND + 24 + hours)
    assert queue_reminders(at=day("2020-06-11")) == 1  # the second of its stay; the first fell out as told
    as_before = {"OUT_FOR_DELIVERY": 2, "ATTEMPT_FAILED": 1, "REMINDER": 2}
    for occasion, number in as_before.items():
        Message.objects.filter(occasion=occasion, sequence__gt=100).update(sequence=number)
    renumber(None, SimpleNamespace(connection=connection))
    assert (told("OUT_FOR_DELIVERY"), told("ATTEMPT_FAILED"), told("REMINDER")) == ([1, 102], [101], [1, 102])
    assert queue_reminders(at=day("2020-06-11")) == 0
