"""Make cards that are in the mail, for tests of what happens next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from delivery.models import Delivery
from delivery.status import Reason, Status
from delivery.tracking import NewEvent, record_events
from offices.models import Office
from shipments.models import Card, Item, Shipment, ShipmentState
from shipments.numbers import s10
from tests import factories

HANDED_OVER_AT = datetime(2020, 5, 4, 2, 0, tzinfo=UTC)
# the first ones are left to blocks of numbers that tests allot
_numbers = count(10_001)
_serial = count(1)


@dataclass(frozen=True, slots=True)
class Mailed:
    """Cards and their items in one shipment, in the same order."""

    shipment: Shipment
    cards: list[Card]
    items: list[Item]

    def event(
        self, index: int, status: Status, *, hours: float = 0, reason: str = "", **fields: object
    ) -> NewEvent:
        """Give an event of one of the cards, some hours after the handover."""
        return NewEvent(
            card_id=self.cards[index].pk,
            item_id=self.items[index].pk,
            status=status,
            occurred_at=HANDED_OVER_AT + timedelta(hours=hours),
            reason=Reason(reason),
            **fields,  # type: ignore[arg-type]
        )


def mail_cards(
    *, office: Office, post_office: Office, number: int, state: ShipmentState = ShipmentState.HANDED_OVER,
    cards: Sequence[Card] | None = None, posted: bool = True,
) -> Mailed:  # fmt: skip
    """Put cards into a shipment in some state; once handed over, with their POSTED events unless told otherwise."""
    cards = list(cards or factories.make_cards(office=office, number=number))
    serial = next(_serial)
    frozen = state not in (ShipmentState.OPEN, ShipmentState.CANCELLED)
    shipment = Shipment.objects.create(
        office=office, post_office=post_office, number=f"KIRIM-{serial}", state=state,
        item_count=len(cards) if frozen else 0, manifest_sha256="0" * 64 if frozen else "",
        opened_at=HANDED_OVER_AT, cancelled_at=HANDED_OVER_AT if state == ShipmentState.CANCELLED else None,
    )  # fmt: skip
    items = Item.objects.bulk_create(
        [
            Item(
                card=card, shipment=shipment, position=position, live=True,
                number=s10(service_indicator="RR", serial=next(_numbers)),
            )
            for position, card in enumerate(cards, 1)
        ]
    )  # fmt: skip
    mailed = Mailed(shipment=shipment, cards=cards, items=items)
    if posted and state in (ShipmentState.HANDED_OVER, ShipmentState.RECEIVED):
        record_events(
            events=[mailed.event(index, Status.POSTED) for index in range(len(cards))],
            recorded_at=HANDED_OVER_AT,
            recorded_by_id=None,
        )
    return mailed


def state_of(card: Card) -> tuple[str, str]:
    """Give a card's kept status and reason; two empty texts where nothing is known."""
    delivery = Delivery.objects.filter(card=card).first()
    return (delivery.status, delivery.reason) if delivery else ("", Reason.NONE)
