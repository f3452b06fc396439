"""A handover posts every card of the shipment and tells its residents, or nothing of it happens."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from delivery.dispatch import hand_over_shipment
from delivery.models import Message, TrackingEvent
from offices.models import Office
from shipments.models import Handover, ShipmentState
from shipments.refusals import Code, ShipmentRefused
from tests import factories
from tests.conftest import NOW
from tests.delivery.mailing import mail_cards, state_of

pytestmark = pytest.mark.django_db


def hand_over(shipment_id: int, given: int) -> Handover:
    return hand_over_shipment(
        shipment_id=shipment_id,
        given=given,
        giver="Kasi Pencetakan",
        taker="Manajer Kurir",
        actor_id=None,
        at=NOW,
    )


def test_every_card_of_the_shipment_is_posted_and_announced(registry: Office, post_office: Office) -> None:
    cards = factories.make_cards(office=registry, number=3)
    mailed = mail_cards(
        office=registry, post_office=post_office, number=3, state=ShipmentState.CLOSED, cards=cards
    )
    handover = hand_over(mailed.shipment.pk, given=3)
    assert handover.given == 3
    assert {state_of(card)[0] for card in mailed.cards} == {"POSTED"}
    event = TrackingEvent.objects.get(card=mailed.cards[0])
    assert (event.item, event.place, event.occurred_at) == (mailed.items[0], post_office.name, NOW)
    messages = list(Message.objects.values_list("occasion", "state", "event__status"))
    assert messages == [("DISPATCHED", "QUEUED", "POSTED")] * 3


def test_a_refused_handover_posts_and_tells_nothing(registry: Office, post_office: Office) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2, state=ShipmentState.CLOSED)
    with pytest.raises(ShipmentRefused) as refused:
        hand_over(mailed.shipment.pk, given=3)
    assert refused.value.code is Code.COUNT_DIFFERS
    assert not TrackingEvent.objects.exists()
    assert not Message.objects.exists()
    hand_over(mailed.shipment.pk, given=2)
    with pytest.raises(ShipmentRefused):
        hand_over(mailed.shipment.pk, given=2)
    assert Message.objects.count() == 2


def test_two_hundred_cards_cost_as_many_statements_as_two(registry: Office, post_office: Office) -> None:
    counts = []
    for number in (2, 200):
        mailed = mail_cards(
            office=registry, post_office=post_office, number=number, state=ShipmentState.CLOSED
        )
        with CaptureQueriesContext(connection) as queries:
            hand_over(mailed.shipment.pk, given=number)
        counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
    # on SQLite, executemany counts as one statement per insert
    assert counts[0] == counts[1]
