"""Hand a shipment over: its cards are posted and their residents are told the number, in one transaction."""

from datetime import datetime

from django.db import transaction

from delivery import messages
from delivery.desk import Fact, record_facts
from delivery.messages.occasions import Occasion
from delivery.status import Status
from shipments.handover import hand_over
from shipments.models import Handover, Item, Shipment


def hand_over_shipment(
    *, shipment_id: int, given: int, giver: str, taker: str, actor_id: int | None, at: datetime
) -> Handover:
    """Hand the shipment over to the post office. Refuses what `shipments.handover.hand_over` refuses."""
    with transaction.atomic():
        handover = hand_over(
            shipment_id=shipment_id, given=given, giver=giver, taker=taker, actor_id=actor_id, at=at
        )
        office = Shipment.objects.select_related("post_office").get(pk=shipment_id).post_office
        items = list(Item.objects.filter(shipment_id=shipment_id, live=True).values_list("card_id", "pk"))
        record_facts(
            status=Status.POSTED,
            facts=[Fact(card_id, item_id) for card_id, item_id in items],
            office=office,
            actor_id=actor_id,
            at=at,
        )
        messages.queue(
            card_ids=[card_id for card_id, _item in items],
            occasion=Occasion.DISPATCHED,
            at=at,
            sequence=None,
        )
    return handover
