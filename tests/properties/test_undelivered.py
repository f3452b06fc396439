"""Whatever is done, in any order, with cards that came back: each is in one bucket, and its state is its events'."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from addresses.models import Address
from delivery.counter import collect
from delivery.deciding import decide_returns, route_returns
from delivery.destructions import cancel_destruction, open_destruction, sign_destruction, take_signature_back
from delivery.ledger import reconcile
from delivery.models import CounterStay, Destruction, Transfer, VillageList
from delivery.overdue import keep_longer, mark_overdue, send_back
from delivery.refusals import DeliveryRefused
from delivery.registry_list import sign_off, take_off_registry_list
from delivery.resending import resume_sending
from delivery.returns import ReturnScan, receive_returns
from delivery.status import Status
from delivery.tracking import NewEvent, record_events, refold
from delivery.transfers import receive_transfer, send_transfers
from delivery.village_lists import VillageResult, make_village_list, report
from offices.models import FollowUp, Office, Quota
from shipments.backlog import decide_addresses
from shipments.batching import batch_backlog, close_shipment
from shipments.handover import hand_over
from shipments.models import Item, Shipment
from shipments.refusals import ShipmentRefused
from tests import factories
from tests.delivery.mailing import mail_cards
from tests.properties import histories, taken_back

CARDS = 4
STEPS = (
    "come_back", "route", "decide", "transfer", "arrive", "late", "send_back", "keep", "village", "village_back",
    "sign_off", "take_off", "open", "sign", "unsign", "cancel", "review", "resend", "collect",
)  # fmt: skip
DECISIONS = ("COUNTER", "SEND_AGAIN", "ADDRESS", "VILLAGE", "REGISTRY", "REPRINT")
REASONS = ("ABSENT", "DECEASED", "ADDRESS_NOT_FOUND", "UNCLAIMED")
_histories = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 23)), min_size=15, max_size=30)


class Story:
    """Cards in the mail, and what the services allow afterwards; each step is a day later than the last."""

    def __init__(self, registry: Office, post_office: Office, counter: Office, officers: list[User]) -> None:
        self.registry, self.counter, self.officers = registry, counter, officers
        self.cards = mail_cards(office=registry, post_office=post_office, number=CARDS).cards
        self.at = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
        for number in range(CARDS):
            self.come_back(7 * number)  # each card for another reason
        factories.make_cards(office=registry, number=1, disposition="DAMAGED")
        for step in ("route", "transfer", "arrive"):
            self.take(step, 1)

    def take(self, step: str, choice: int) -> None:
        """Take one step; what is refused has changed nothing."""
        self.at += timedelta(days=1)
        todo: Callable[[int], object] = getattr(self, step)
        with suppress(DeliveryRefused, ShipmentRefused):
            todo(choice)

    def ids(self, choice: int) -> list[int]:
        return [self.cards[choice % CARDS].pk]

    def who(self, choice: int = 0) -> dict[str, Any]:
        return {"actor_id": self.officers[choice % 2].pk, "at": self.at}

    def come_back(self, choice: int) -> None:
        scan = ReturnScan(
            scanned=self.cards[choice % CARDS].reference, reason=REASONS[choice // 6],
            condition="DAMAGED" if choice == 23 else "FINE",
        )  # fmt: skip
        receive_returns(office_id=self.registry.pk, scans=[scan], **self.who())

    def route(self, _choice: int) -> None:
        route_returns(office_id=self.registry.pk, **self.who())

    def decide(self, choice: int) -> None:
        decision = DECISIONS[choice // CARDS]
        decide_returns(office_id=self.registry.pk, card_ids=self.ids(choice), decision=decision, **self.who())

    def transfer(self, _choice: int) -> None:
        send_transfers(office_id=self.registry.pk, **self.who())

    def arrive(self, choice: int) -> None:
        for transfer in Transfer.objects.filter(cards__live=True).distinct()[: 1 + choice % 2]:
            receive_transfer(transfer_id=transfer.pk, references=None, shelf="A", **self.who())

    def late(self, _choice: int) -> None:
        CounterStay.objects.update(hold_until=self.at.date() - timedelta(days=1))
        mark_overdue(at=self.at)

    def send_back(self, choice: int) -> None:
        send_back(counter_id=self.counter.pk, card_ids=self.ids(choice), **self.who())

    def keep(self, choice: int) -> None:
        until = self.at.date() + timedelta(days=9)
        keep_longer(
            counter_id=self.counter.pk, card_ids=self.ids(choice), until=until, reason="x", **self.who()
        )

    def village(self, choice: int) -> None:
        office = (self.registry, self.counter)[choice % 2]
        make_village_list(
            office_id=office.pk, village_code=factories.JATIMULYA, card_ids=None, officer="x",
            return_by=self.at.date() + timedelta(days=9), **self.who(),
        )  # fmt: skip

    def village_back(self, choice: int) -> None:
        for village_list in VillageList.objects.filter(closed_at__isnull=True):
            result = ("GIVEN", "RETURNED", "NOT_FOUND")[choice % 3]
            results = [
                VillageResult(card_id=card_id, result=result, on=self.at.date())
                for card_id in village_list.entries.filter(result__in=["OPEN", "NOT_FOUND"]).values_list(
                    "card_id", flat=True
                )
            ]
            report(village_list_id=village_list.pk, results=results, **self.who())

    def sign_off(self, choice: int) -> None:
        sign_off(office_id=self.registry.pk, card_ids=self.ids(choice), **self.who())

    def take_off(self, choice: int) -> None:
        take_off_registry_list(office_id=self.registry.pk, card_ids=self.ids(choice), reason="", **self.who())

    def open(self, _choice: int) -> None:
        open_destruction(office_id=self.registry.pk, kind="CARDS", card_ids=None, **self.who())

    def sign(self, choice: int) -> None:
        for row in Destruction.objects.order_by("-pk")[:1]:
            sign_destruction(destruction_id=row.pk, counted=row.cards, **self.who(choice))

    def unsign(self, _choice: int) -> None:
        for row in Destruction.objects.order_by("-pk")[:1]:
            take_signature_back(destruction_id=row.pk, **self.who())

    def cancel(self, _choice: int) -> None:
        for row in Destruction.objects.order_by("-pk")[:1]:
            cancel_destruction(destruction_id=row.pk, reason="x", **self.who())

    def review(self, choice: int) -> None:
        waiting = Address.objects.filter(verdict="NEEDS_REVIEW").values_list("pk", flat=True)
        decision = ("ACCEPTED", "UNDELIVERABLE")[choice % 2]
        decide_addresses(
            office_id=self.registry.pk, address_ids=list(waiting), decision=decision, village_code=factories.JATIMULYA,
            **self.who(),
        )  # fmt: skip
        resume_sending(office_id=self.registry.pk, **self.who())

    def resend(self, _choice: int) -> None:
        batch_backlog(office_id=self.registry.pk, on=self.at.date(), **self.who())
        for shipment in Shipment.objects.filter(state="OPEN"):
            closed = close_shipment(shipment_id=shipment.pk, **self.who())
            hand_over(
                shipment_id=shipment.pk, given=closed.item_count, giver="a, b", taker="c, d", **self.who()
            )
            events = [
                NewEvent(card_id=item.card_id, item_id=item.pk, status=Status.POSTED, occurred_at=self.at)
                for item in Item.objects.filter(shipment=shipment, live=True)
            ]
            record_events(events=events, recorded_at=self.at, recorded_by_id=None)

    def collect(self, choice: int) -> None:
        (card_id,) = self.ids(choice)
        collect(
            counter_id=self.counter.pk, card_id=card_id, relation="HOLDER", documents=["OLD_CARD"], collector_name="",
            old_card_surrendered=True, nonce=f"{self.at:%j}", **self.who(),
        )  # fmt: skip


@pytest.mark.django_db
@settings(
    max_examples=histories(5), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=_histories, attempts=st.sampled_from([None, 2]))
def test_every_card_that_came_back_is_in_one_bucket_after_any_history(
    registry: Office, post_office: Office, counter: Office, supervisor: User, printing_user: User,
    history: list[tuple[str, int]], attempts: int | None,
) -> None:  # fmt: skip
    with taken_back():
        FollowUp.objects.update_or_create(office=post_office, defaults={"attempts": attempts})
        Quota.objects.get_or_create(office=counter, lane="ORDINARY", defaults={"per_day": 99})
        story = Story(registry, post_office, counter, [supervisor, printing_user])
        for step, choice in history:
            story.take(step, choice)
            found = reconcile(office_id=registry.pk)
            assert found.gaps == (), (step, choice)
            assert sum(found.buckets.values()) == found.printed == CARDS + 1
        assert refold(card_ids=[card.pk for card in story.cards], repair=False).wrong == ()
