"""What people read of a closure: which days, where their card waits, which day they have now."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import translation

from delivery.appointments import book
from delivery.closures import WaitingCards, close_counters, move_due_shelves
from delivery.messages.facts import facts_of, known_of
from delivery.messages.occasions import Occasion
from delivery.messages.sending import send_queued
from delivery.messages.texts import text_of
from delivery.models import Message, TransferCard
from delivery.reopening import take_back_closure
from delivery.returns import receive_transfer
from offices.delegating import delegate as stand_in
from offices.models import Office, Quota
from shipments.models import Card
from tests import factories
from tests.delivery.shelving import SERVED_AT, shelve_cards

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2020, 6, 2), date(2020, 6, 8)


@pytest.fixture
def delegate(registry: Office, counter: Office) -> Office:
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    stand_in(office=counter, delegate=other, service="PICKUP", starts_on=FIRST, ends_on=LAST)
    return other


@pytest.fixture
def card(registry: Office, post_office: Office, counter: Office) -> Card:
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    Message.objects.all().delete()
    return card


def close(counter: Office, *, first: date = FIRST, move: bool = False) -> int:
    return close_counters(
        office_id=counter.pk, starts_on=first, ends_on=LAST, reason="x", actor_id=None, at=SERVED_AT,
        cards=WaitingCards.MOVE if move else WaitingCards.HOLD,
    ).closure_id  # fmt: skip


def said(occasion: Occasion, *, language: str = "id", at: datetime = SERVED_AT) -> str:
    message = Message.objects.select_related("card__office").get(occasion=occasion, state="QUEUED")
    known = known_of(messages=[message], at=at)
    with translation.override(language):
        return text_of(occasion=occasion, language=language, facts=facts_of(message, known))


def test_who_waits_longer_reads_the_closed_days_and_the_new_appointment(card: Card, counter: Office) -> None:
    book(card_id=card.pk, day=date(2020, 6, 3), starts_at=time(9), lane="ORDINARY", at=SERVED_AT)
    close(counter)
    text = said(Occasion.MOVED)
    assert "loket tutup 2 Juni 2020–8 Juni 2020, buka lagi 9 Juni 2020." in text
    assert f"Kartu menunggu di {counter.name}, Jl. Contoh 1 sampai 26 Juni 2020." in text
    assert f"Jadwal Anda: 9 Juni 2020 pukul 08.00, {counter.name}." in text
    assert "is closed 2 June 2020–8 June 2020, open again on 9 June 2020." in said(
        Occasion.MOVED, language="en"
    )


def test_who_has_no_other_day_reads_that(card: Card, counter: Office) -> None:
    close(counter)
    assert "Jadwal Anda: belum ada." in said(Occasion.MOVED)


def test_whose_card_goes_away_reads_from_when_on_and_where(
    card: Card, counter: Office, delegate: Office
) -> None:
    book(card_id=card.pk, day=date(2020, 6, 3), lane="ORDINARY", at=SERVED_AT)
    close(counter, move=True)
    text = said(Occasion.MOVED)
    assert (
        f"di {counter.name}, Jl. Contoh 1 sampai 1 Juni 2020, lalu di {delegate.name}, Jl. Contoh 1." in text
    )
    assert f"Jadwal Anda: 3 Juni 2020 pukul 08.00, {delegate.name}." in text


def test_who_is_told_while_the_card_is_on_its_way_reads_where_to(
    card: Card, counter: Office, delegate: Office
) -> None:
    Quota.objects.create(office=delegate, lane="ORDINARY", per_day=0)
    book(card_id=card.pk, day=date(2020, 6, 3), lane="ORDINARY", at=SERVED_AT)
    close(counter, move=True)
    begins = SERVED_AT + timedelta(days=8)
    assert move_due_shelves(at=begins) == 1
    text = said(Occasion.MOVED, at=begins)
    assert f"Kartu menunggu di {delegate.name}, Jl. Contoh 1." in text
    assert send_queued(at=begins, limit=9).sent == 1


def test_a_card_that_arrives_at_a_closed_counter_is_announced_with_the_day_on_which_it_opens(
    card: Card, counter: Office, delegate: Office
) -> None:
    close(counter, move=True)
    begins = SERVED_AT + timedelta(days=8)
    move_due_shelves(at=begins)
    close_counters(
        office_id=delegate.pk,
        service="PICKUP",
        starts_on=begins.date(),
        ends_on=LAST,
        reason="x",
        actor_id=None,
        at=begins,
    )
    transfer = TransferCard.objects.get(card=card, live=True).transfer_id
    receive_transfer(transfer_id=transfer, references=None, shelf="", actor_id=None, at=begins)
    text = said(Occasion.READY_AT_COUNTER, at=begins)
    assert "Senin–Jumat 08.00–15.00 WIB (tutup 2 Juni 2020–8 Juni 2020, buka lagi 9 Juni 2020)" in text
    assert "Disimpan sampai 9 Juli 2020." in text


def test_who_has_read_of_a_closure_reads_that_it_is_taken_back_and_the_day_that_stands(
    card: Card, counter: Office
) -> None:
    book(card_id=card.pk, day=date(2020, 6, 3), starts_at=time(9), lane="ORDINARY", at=SERVED_AT)
    closure_id = close(counter)
    Message.objects.update(state="SENT", sent_at=SERVED_AT, created_at=datetime.now().astimezone())
    take_back_closure(closure_id=closure_id, actor_id=None, at=SERVED_AT, today=SERVED_AT.date())
    text = said(Occasion.REOPENED)
    assert f"Jadwal Anda: 3 Juni 2020 pukul 09.00, {counter.name}." in text
    assert "tutup" not in text
