"""Bring cards back and onto a counter's shelf, for tests of what happens there."""

from datetime import UTC, datetime, timedelta

from delivery.models import CounterStay
from delivery.returns import ReturnScan, receive_returns, receive_transfer, route_returns, send_transfers
from offices.models import Office
from shipments.models import Card
from tests.delivery.mailing import Mailed, mail_cards

RETURNED_AT = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)  # 09:00 WIB, a Wednesday
ARRIVED_AT = RETURNED_AT + timedelta(hours=3)
SERVED_AT = datetime(2020, 5, 25, 3, 0, tzinfo=UTC)  # 10:00 WIB, a Monday


def bring_back(mailed: Mailed, *, office: Office, reason: str = "ABSENT") -> None:
    """Take the cards in at an office."""
    receive_returns(
        office_id=office.pk,
        scans=[ReturnScan(scanned=item.number or "", reason=reason) for item in mailed.items],
        actor_id=None,
        at=RETURNED_AT,
    )


def shelve_cards(
    *, registry: Office, post_office: Office, number: int, cards: list[Card] | None = None
) -> list[Card]:
    """Mail cards, take them back, route them, transfer them; they stand on the shelf of their counter."""
    mailed = mail_cards(office=registry, post_office=post_office, number=number, cards=cards)
    bring_back(mailed, office=registry)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    for transfer in send_transfers(office_id=registry.pk, actor_id=None, at=RETURNED_AT):
        receive_transfer(transfer_id=transfer.pk, references=None, shelf="A1", actor_id=None, at=ARRIVED_AT)
    assert CounterStay.objects.filter(card__in=mailed.cards, live=True).count() == number
    return mailed.cards
