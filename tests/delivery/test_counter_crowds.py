"""Many people at the counters at once: no place is given twice, and no card."""

from collections.abc import Callable
from datetime import date, time
from functools import partial
from pathlib import Path

import pytest

from delivery.appointments import book
from delivery.closures import close_counters
from delivery.counter import collect
from delivery.models import Appointment, Collection, CounterStay, TrackingEvent
from delivery.transfers import move_shelf, receive_transfer
from offices.models import Office, Quota, QuotaDay, QuotaSlot
from tests import factories
from tests.delivery.crowds import as_many_as_can, at_once, crowd, told
from tests.delivery.shelving import SERVED_AT, shelve_cards


def give_out(*, counter_id: int, card_id: int, nonce: str) -> Collection:
    return collect(
        counter_id=counter_id, card_id=card_id, nonce=nonce, relation="HOLDER", documents=["OLD_CARD"],
        collector_name="", old_card_surrendered=True, actor_id=None, at=SERVED_AT,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_hundred_bookings_at_once_for_twenty_places_give_exactly_twenty(
    registry: Office, post_office: Office, counter: Office, tmp_path: Path
) -> None:
    cards = shelve_cards(registry=registry, post_office=post_office, number=200)
    calls = [
        partial(book, card_id=card.pk, day=date(2020, 5, 26), lane="ORDINARY", at=SERVED_AT) for card in cards
    ]
    with crowd(tmp_path):
        results = at_once(calls, workers=as_many_as_can())
        assert (results.count("ok"), results.count("QUOTA_FULL")) == (20, 180)
        assert told(lambda: QuotaDay.objects.get().taken) == 20
        slots = told(lambda: list(QuotaSlot.objects.order_by("starts_at").values_list("taken", flat=True)))
        assert slots == [3, 3, 3, 3, 3, 3, 2]
        assert told(Appointment.objects.count) == 20


@pytest.mark.django_db(transaction=True)
def test_bookings_at_once_for_one_slot_give_exactly_its_places(
    registry: Office, post_office: Office, counter: Office, tmp_path: Path
) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=20, per_slot=4)
    cards = shelve_cards(registry=registry, post_office=post_office, number=40)
    day, nine = date(2020, 5, 26), time(9)
    calls = [
        partial(book, card_id=card.pk, day=day, starts_at=nine, lane="ORDINARY", at=SERVED_AT)
        for card in cards
    ]
    with crowd(tmp_path):
        results = at_once(calls, workers=8)
        assert (results.count("ok"), results.count("SLOT_FULL")) == (4, 36)
        assert told(lambda: QuotaSlot.objects.get(starts_at=nine).taken) == 4
        assert told(lambda: QuotaDay.objects.get().taken) == 4


@pytest.mark.django_db(transaction=True)
def test_no_booking_slips_into_a_closure_that_is_being_written(
    registry: Office, post_office: Office, counter: Office, tmp_path: Path
) -> None:
    cards = shelve_cards(registry=registry, post_office=post_office, number=12)
    day = date(2020, 5, 26)
    bookings = [partial(book, card_id=card.pk, day=day, lane="ORDINARY", at=SERVED_AT) for card in cards]
    closing = partial(
        close_counters, area_code="32", starts_on=day, ends_on=day, reason="PSBB", actor_id=None, at=SERVED_AT
    )
    calls: list[Callable[[], object]] = [*bookings[:6], closing, *bookings[6:]]
    with crowd(tmp_path):
        results = at_once(calls, workers=4)
        assert set(results) <= {"ok", "OFFICE_CLOSED"}
        standing = Appointment.objects.filter(cancelled_at__isnull=True)
        assert told(standing.filter(day=day).exists) is False
        assert told(lambda: list(QuotaDay.objects.filter(day=day, taken__gt=0))) == []
        assert told(standing.count) == results.count("ok") - 1


@pytest.mark.django_db(transaction=True)
def test_two_different_counters_that_confirm_one_card_at_once_give_one_collection(
    registry: Office, post_office: Office, counter: Office, tmp_path: Path
) -> None:
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    card = shelve_cards(registry=registry, post_office=post_office, number=1)[0]
    calls = [
        partial(give_out, counter_id=(counter, other)[number % 2].pk, card_id=card.pk, nonce=f"n{number}")
        for number in range(8)
    ]
    with crowd(tmp_path):
        results = at_once(calls, workers=8)
        # the other counter comes before the one that has the card, or after it
        assert [results[0::2].count("ok"), results[1::2].count("ok")] == [1, 0]
        assert set(results[0::2]) == {"ok", "ALREADY_COLLECTED"}
        assert set(results[1::2]) <= {"WRONG_OFFICE", "ALREADY_COLLECTED"}
        given = told(lambda: list(Collection.objects.values_list("counter_id", flat=True)))
        assert given == [counter.pk]
        assert told(TrackingEvent.objects.filter(status="COLLECTED").count) == 1
        assert told(CounterStay.objects.filter(live=True).count) == 0


@pytest.mark.django_db(transaction=True)
def test_a_card_that_moves_while_two_counters_confirm_it_is_given_out_once(
    registry: Office, post_office: Office, counter: Office, tmp_path: Path
) -> None:
    """Both counters hold it in turn: it is given out where it stands, or goes on its way, never both."""
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    card = shelve_cards(registry=registry, post_office=post_office, number=1)[0]

    def move_on() -> None:
        sent = move_shelf(from_office_id=counter.pk, to_office_id=other.pk, actor_id=None, at=SERVED_AT)
        receive_transfer(transfer_id=sent.pk, references=None, shelf="B", actor_id=None, at=SERVED_AT)

    confirm = [
        partial(give_out, counter_id=office.pk, card_id=card.pk, nonce=f"n{office.pk}-{number}")
        for number in range(3)
        for office in (counter, other)
    ]
    with crowd(tmp_path):
        results = at_once([*confirm[:3], move_on, *confirm[3:]], workers=7)
        given = results[:3] + results[4:]
        assert set(given) <= {"ok", "ALREADY_COLLECTED", "WRONG_OFFICE", "NOT_RECEIVED"}
        assert results[3] in {"ok", "NO_CARDS"}
        collected = told(Collection.objects.count)
        assert (given.count("ok"), collected) in {(0, 0), (1, 1)}
        on_shelf = told(CounterStay.objects.filter(live=True).count)
        assert (collected, on_shelf) in {(1, 0), (0, 1)}


@pytest.mark.django_db(transaction=True)
def test_confirmations_at_once_at_one_counter_give_one_collection(
    registry: Office, post_office: Office, counter: Office, tmp_path: Path
) -> None:
    card = shelve_cards(registry=registry, post_office=post_office, number=1)[0]
    calls = [
        partial(give_out, counter_id=counter.pk, card_id=card.pk, nonce=f"n{number}") for number in range(4)
    ]
    with crowd(tmp_path):
        assert sorted(at_once(calls, workers=4)) == ["ALREADY_COLLECTED"] * 3 + ["ok"]
        assert told(Collection.objects.count) == 1
        assert told(TrackingEvent.objects.filter(status="COLLECTED").count) == 1


@pytest.mark.django_db(transaction=True)
def test_one_confirmation_sent_four_times_at_once_gives_one_collection(
    registry: Office, post_office: Office, counter: Office, tmp_path: Path
) -> None:
    card = shelve_cards(registry=registry, post_office=post_office, number=1)[0]
    calls = [partial(give_out, counter_id=counter.pk, card_id=card.pk, nonce="same")] * 4
    with crowd(tmp_path):
        assert at_once(calls, workers=4) == ["ok"] * 4
        assert told(Collection.objects.count) == 1
