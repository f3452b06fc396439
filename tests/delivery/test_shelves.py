"""Where on a counter's shelves a card stands is said by scanning it there."""

import pytest

from accounts.models import AuditEntry, User
from delivery.counter import find_card
from delivery.models import CounterStay
from delivery.refusals import Code, DeliveryRefused
from delivery.returns import ReturnScan, receive_returns, route_returns
from delivery.shelves import ShelfScan, set_shelf
from offices.models import Office
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import RETURNED_AT, SERVED_AT, shelve_cards

pytestmark = pytest.mark.django_db


def put(counter: Office, shelf: str, *scans: str, actor_id: int | None = None) -> ShelfScan:
    return set_shelf(counter_id=counter.pk, scans=scans, shelf=shelf, actor_id=actor_id, at=SERVED_AT)


def test_a_card_that_was_shelved_where_it_came_back_gets_its_place(
    post_office: Office, registry: Office, counter: Office, counter_user: User
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    scans = [ReturnScan(scanned=mailed.items[0].number or "", reason="ABSENT")]
    receive_returns(office_id=counter.pk, scans=scans, actor_id=None, at=RETURNED_AT)
    route_returns(office_id=counter.pk, actor_id=None, at=RETURNED_AT)
    reference = mailed.cards[0].reference
    assert CounterStay.objects.get().shelf == ""
    assert put(counter, "B2", reference, actor_id=counter_user.pk).placed == (reference,)
    assert CounterStay.objects.get().shelf == "B2"
    found = find_card(counter_id=counter.pk, scanned=reference, actor_id=None, at=SERVED_AT)
    assert found.shelf == "B2"
    entry = AuditEntry.objects.get(operation="SET_SHELF")
    assert (entry.actor, entry.object_key) == (counter_user, counter.code)
    assert entry.details == {"shelf": "B2", "cards": 1}


def test_what_does_not_stand_here_is_named_and_left_alone(
    post_office: Office, registry: Office, counter: Office
) -> None:
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    (away,) = mail_cards(office=registry, post_office=post_office, number=1).cards
    scans = (card.reference, away.reference, "X0000001", "K000000000X", card.reference)
    done = put(counter, "C" * 40, *scans)
    assert (done.placed, done.not_here) == ((card.reference,), (away.reference, "X0000001"))
    assert done.misread == ("K000000000X",)
    assert CounterStay.objects.get().shelf == "C" * 16


def test_another_counters_cards_stay_where_they_are(
    post_office: Office, registry: Office, counter: Office
) -> None:
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    assert put(registry, "B2", card.reference).not_here == (card.reference,)
    assert CounterStay.objects.get().shelf == "A1"
    assert not AuditEntry.objects.filter(operation="SET_SHELF").exists()


def test_a_card_that_has_left_the_shelf_is_not_moved(
    post_office: Office, registry: Office, counter: Office
) -> None:
    (card,) = shelve_cards(registry=registry, post_office=post_office, number=1)
    CounterStay.objects.update(live=None)
    assert put(counter, "B2", card.reference).placed == ()
    assert CounterStay.objects.get().shelf == "A1"


def test_a_shelf_without_a_name_is_refused(counter: Office) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        put(counter, "  ", "K000000000X")
    assert refused.value.code is Code.SHELF_MISSING
