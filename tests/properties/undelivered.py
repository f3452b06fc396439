"""The steps of a random history: everything that may happen with cards once they are in the mail or queued for it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import User
from addresses.models import Address
from addresses.refusals import AddressRefused
from delivery.address_requests import ask_correction, decide_correction
from delivery.appointments import book, cancel_booking
from delivery.by_hand import record_by_hand, undo_last_by_hand
from delivery.choices import choose_way, settle_wish, wish
from delivery.closures import WaitingCards, close_counters
from delivery.counter import collect, undo_collection
from delivery.deciding import REGISTRY_REASONS, decide_returns
from delivery.destructions import cancel_destruction, open_destruction, sign_destruction, take_signature_back
from delivery.dispatch import hand_over_shipment
from delivery.models import (
    AddressRequest,
    Collection,
    CounterStay,
    Destruction,
    ReturnReceipt,
    Transfer,
    TransferDifference,
    VillageList,
)
from delivery.offline import Confirmation, ReadyList, ready_list, record_confirmations
from delivery.overdue import keep_longer, mark_overdue, send_back
from delivery.refusals import DeliveryRefused
from delivery.registry_list import sign_off, take_off_registry_list
from delivery.reopening import take_back_closure
from delivery.resending import resume_sending, send_to_other_address
from delivery.return_routing import route_returns
from delivery.returns import ReturnScan, receive_returns
from delivery.shelves import set_shelf
from delivery.transfer_counts import count_packed, finish_count, settle_transfer_case
from delivery.transfers import move_shelf, receive_transfer, send_transfers
from delivery.village_lists import VillageResult, make_village_list, report, take_results_back
from delivery.waiting import (
    join_waiting_list,
    leave_waiting_list,
    override_places,
    pass_offers_on,
    take_offer,
)
from delivery.wishes import grant_wish
from offices.models import Closure, Office
from shipments.backlog import decide_addresses, fill_backlog
from shipments.batching import batch_backlog, close_shipment
from shipments.models import Shipment
from shipments.refusals import ShipmentRefused
from tests import factories
from tests.delivery.mailing import mail_cards

MAILED = 4
QUEUED = 1
DAMAGED = 1
PRINTED = MAILED + QUEUED + DAMAGED
DECISIONS = ("COUNTER", "SEND_AGAIN", "ADDRESS", "VILLAGE", "REGISTRY", "REPRINT")
VILLAGES = ("Jatimulya", "Lambangsari")
REASONS = ("ABSENT", "DECEASED", "ADDRESS_NOT_FOUND", "UNCLAIMED")
POSTAL = (
    "AT_DELIVERY_OFFICE",
    "OUT_FOR_DELIVERY",
    "DELIVERED",
    "ATTEMPT_FAILED",
    "RETURNING",
    "RETURNED_TO_SENDER",
)


class _Start:
    """The cards, the offices and the clock of a history."""

    def __init__(
        self, *, registry: Office, post_office: Office, counters: list[Office], officers: list[User]
    ) -> None:
        self.registry, self.counters, self.officers = registry, counters, officers
        self.at = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
        self.lists: list[ReadyList] = []
        queued = factories.make_cards(office=registry, number=QUEUED)
        self.cards = mail_cards(office=registry, post_office=post_office, number=MAILED).cards + queued
        factories.make_cards(office=registry, number=DAMAGED, disposition="DAMAGED")
        fill_backlog(office_id=registry.pk, at=self.at, card_ids=[card.pk for card in queued])

    def take(self, step: str, choice: int, *, days: int = 1) -> bool:
        """Take one step, some days after the last; say whether it was not refused."""
        self.at += timedelta(days=days, minutes=1)
        todo: Callable[[int], object] = getattr(self, step)
        with suppress(AddressRefused, DeliveryRefused, ShipmentRefused):
            todo(choice)
            return True
        return False

    def card(self, choice: int) -> int:
        return self.cards[choice % len(self.cards)].pk

    def counter_of(self, choice: int) -> Office:
        """Give the counter where the card waits, or now and then, as in life, the wrong one."""
        stay = CounterStay.objects.filter(card_id=self.card(choice), live=True).first()
        return stay.counter if stay is not None and choice % 6 else self.counters[choice % 2]

    def who(self, choice: int = 0) -> dict[str, Any]:
        return {"actor_id": self.officers[choice % 2].pk, "at": self.at}


class _Returns(_Start):
    def come_back(self, choice: int) -> None:
        scan = ReturnScan(
            scanned=self.cards[choice % len(self.cards)].reference, reason=REASONS[choice // 6],
            condition="DAMAGED" if choice == 23 else "FINE",
        )  # fmt: skip
        office = (self.registry, *self.counters)[choice % 3]
        receive_returns(office_id=office.pk, scans=[scan], **self.who())

    def route(self, _choice: int) -> None:
        route_returns(office_id=self.registry.pk, **self.who())

    def decide(self, choice: int) -> None:
        decision, cards = DECISIONS[choice // 4], [self.card(choice)]
        decide_returns(office_id=self.registry.pk, card_ids=cards, decision=decision, **self.who())

    def transfer(self, choice: int) -> None:
        for office in (self.registry, *self.counters)[: 1 + choice % 3]:
            send_transfers(office_id=office.pk, **self.who())

    def arrive(self, choice: int) -> None:
        for transfer in Transfer.objects.filter(cards__live=True).distinct()[: 1 + choice % 2]:
            receive_transfer(transfer_id=transfer.pk, references=None, shelf="A", **self.who())

    def pack(self, choice: int) -> None:
        for transfer in Transfer.objects.filter(packed_at__isnull=True, received_at__isnull=True)[:1]:
            rows = transfer.cards.order_by("pk").values_list("card__reference", flat=True)
            missing = list(rows)[: choice % 2]
            count_packed(
                transfer_id=transfer.pk, counted=transfer.sent - len(missing), missing=missing, **self.who()
            )

    def count(self, choice: int) -> None:
        for transfer in Transfer.objects.filter(closed_at__isnull=True).order_by("pk")[:1]:
            come = (transfer.received or 0, transfer.packed or transfer.sent)[choice % 2]
            finish_count(transfer_id=transfer.pk, counted=come, shelf="B", **self.who())

    def come_late(self, choice: int) -> None:
        for case in TransferDifference.objects.filter(closed_at__isnull=True, card__isnull=False)[:1]:
            assert case.card is not None
            if choice % 2:
                settle_transfer_case(case_id=case.pk, resolution="x", **self.who())
            receive_transfer(
                transfer_id=case.transfer_id, references=[case.card.reference], shelf="", **self.who()
            )

    def place(self, choice: int) -> None:
        scans = [self.cards[choice % len(self.cards)].reference]
        set_shelf(counter_id=self.counter_of(choice).pk, scans=scans, shelf="C", **self.who())

    def other_address(self, choice: int) -> None:
        address = {"alamat": f"Jalan Melati {choice}", "desa_kelurahan": VILLAGES[choice % 2]}
        where = {"kecamatan": "Tambun Selatan", "kabupaten": "Kabupaten Bekasi"}
        send_to_other_address(
            office_id=self.registry.pk, card_id=self.card(choice), address={**address, **where}, **self.who()
        )

    def review(self, choice: int) -> None:
        waiting = list(Address.objects.filter(verdict="NEEDS_REVIEW").values_list("pk", flat=True))
        decision = ("ACCEPTED", "UNDELIVERABLE")[choice % 2]
        decide_addresses(
            office_id=self.registry.pk, address_ids=waiting, decision=decision, village_code=factories.JATIMULYA,
            **self.who(),
        )  # fmt: skip
        resume_sending(office_id=self.registry.pk, **self.who())


class _Post(_Start):
    def send(self, _choice: int) -> None:
        batch_backlog(office_id=self.registry.pk, on=self.at.date(), **self.who())
        for shipment in Shipment.objects.filter(state="OPEN"):
            closed = close_shipment(shipment_id=shipment.pk, **self.who())
            hand_over_shipment(
                shipment_id=shipment.pk, given=closed.item_count, giver="a, b", taker="c, d", **self.who()
            )

    def news(self, choice: int) -> None:
        scans = [self.cards[choice % len(self.cards)].reference]
        record_by_hand(office_id=self.registry.pk, scans=scans, status=POSTAL[choice // 4], **self.who())

    def no_news(self, _choice: int) -> None:
        undo_last_by_hand(office_id=self.registry.pk, **self.who())


class _Ends(_Start):
    def late(self, _choice: int) -> None:
        CounterStay.objects.update(hold_until=self.at.date() - timedelta(days=1))
        mark_overdue(at=self.at)

    def send_back(self, choice: int) -> None:
        send_back(counter_id=self.counter_of(choice).pk, card_ids=[self.card(choice)], **self.who())

    def keep(self, choice: int) -> None:
        keep_longer(
            counter_id=self.counter_of(choice).pk, card_ids=[self.card(choice)],
            until=self.at.date() + timedelta(days=9), reason="x", **self.who(),
        )  # fmt: skip

    def village(self, choice: int) -> None:
        make_village_list(
            office_id=(self.registry, *self.counters)[choice % 3].pk, village_code=factories.JATIMULYA,
            card_ids=None, officer="x", return_by=self.at.date() + timedelta(days=9), **self.who(),
        )  # fmt: skip

    def village_back(self, choice: int) -> None:
        result = ("GIVEN", "RETURNED", "NOT_FOUND")[choice % 3]
        for village_list in VillageList.objects.filter(closed_at__isnull=True):
            entries = village_list.entries.filter(result__in=["OPEN", "NOT_FOUND"])
            results = [
                VillageResult(card_id=card_id, result=result, on=self.at.date())
                for card_id in entries.values_list("card_id", flat=True)
            ]
            report(village_list_id=village_list.pk, results=results, **self.who())

    def village_undo(self, choice: int) -> None:
        for village_list in VillageList.objects.order_by("-pk")[:1]:
            reported = village_list.entries.exclude(result="OPEN").values_list("card_id", flat=True)
            take_results_back(
                village_list_id=village_list.pk, card_ids=list(reported)[: 1 + choice % 2], **self.who()
            )

    def sign_off(self, choice: int) -> None:
        sign_off(office_id=self.registry.pk, card_ids=[self.card(choice)], **self.who())

    def take_off(self, choice: int) -> None:
        cards = [self.card(choice)]
        take_off_registry_list(office_id=self.registry.pk, card_ids=cards, reason="", **self.who())

    def sign_list(self, _choice: int) -> None:
        listed = ReturnReceipt.objects.filter(
            decision="REGISTRY", reason__in=REGISTRY_REASONS, signed_off_at__isnull=True,
            card__disposition="REGISTERED",
        )  # fmt: skip
        keys = list(listed.order_by("card_id").values_list("card_id", flat=True).distinct())
        sign_off(office_id=self.registry.pk, card_ids=keys, **self.who())

    def open(self, choice: int) -> None:
        office, kind = (self.registry, *self.counters)[choice % 3], ("CARDS", "OLD_CARDS")[choice % 2]
        open_destruction(office_id=office.pk, kind=kind, card_ids=None, **self.who())

    def sign(self, choice: int) -> None:
        for row in Destruction.objects.order_by("-pk")[:1]:
            sign_destruction(destruction_id=row.pk, counted=row.cards, **self.who(choice))

    def unsign(self, _choice: int) -> None:
        for row in Destruction.objects.order_by("-pk")[:1]:
            take_signature_back(destruction_id=row.pk, **self.who())

    def cancel(self, _choice: int) -> None:
        for row in Destruction.objects.order_by("-pk")[:1]:
            cancel_destruction(destruction_id=row.pk, reason="x", **self.who())


class _Counters(_Start):
    def close(self, choice: int) -> None:
        first = self.at.date() + timedelta(days=choice % 2)
        one, region = {"office_id": self.counters[choice % 2].pk}, {"area_code": "32"}
        close_counters(
            **(one if choice % 6 else region), starts_on=first, ends_on=first + timedelta(days=choice % 5),
            reason="x", cards=(WaitingCards.HOLD, WaitingCards.MOVE)[choice // 12], **self.who(),
        )  # fmt: skip

    def reopen(self, _choice: int) -> None:
        for closure in Closure.objects.order_by("-pk")[:1]:
            take_back_closure(closure_id=closure.pk, today=self.at.date(), **self.who())

    def move(self, choice: int) -> None:
        one, other = self.counters if choice % 2 else reversed(self.counters)
        move_shelf(from_office_id=one.pk, to_office_id=other.pk, **self.who())

    def collect(self, choice: int) -> None:
        collect(
            counter_id=self.counter_of(choice).pk, card_id=self.card(choice), relation="HOLDER",
            documents=["OLD_CARD"], collector_name="", old_card_surrendered=True, nonce=f"{self.at:%j}",
            **self.who(),
        )  # fmt: skip

    def undo(self, _choice: int) -> None:
        for collection in Collection.objects.order_by("-pk")[:1]:
            undo_collection(collection_id=collection.pk, reason="x", **self.who())

    def cut_off(self, choice: int) -> None:
        self.lists.append(ready_list(counter_id=self.counters[choice % 2].pk, **self.who()))

    def on_line(self, choice: int) -> None:
        for ready in self.lists[-1:]:
            told = [
                Confirmation(
                    token=ready.token, reference=card.reference, tag=card.tag, nonce=f"{ready.issued_at}{card.tag}",
                    documents=["OLD_CARD"], old_card_surrendered=True, confirmed_at=self.at,
                )
                for card in ready.cards
            ]  # fmt: skip
            record_confirmations(counter_id=self.counters[choice % 2].pk, confirmations=told, **self.who())


class _Residents(_Start):
    def book(self, choice: int) -> None:
        day, lane = self.at.date() + timedelta(days=choice % 4), ("ORDINARY", "URGENT")[choice % 2]
        book(card_id=self.card(choice), day=day, lane=lane, at=self.at)

    def unbook(self, choice: int) -> None:
        cancel_booking(card_id=self.card(choice), at=self.at)

    def queue_up(self, choice: int) -> None:
        join_waiting_list(card_id=self.card(choice), day=self.at.date() + timedelta(days=1), at=self.at)

    def more_places(self, choice: int) -> None:
        pass_offers_on(at=self.at)
        override_places(
            office_id=self.counters[choice % 2].pk, lane="URGENT", day=self.at.date() + timedelta(days=1), places=1,
            reason="x", **self.who(),
        )  # fmt: skip

    def take_place(self, choice: int) -> None:
        take_offer(card_id=self.card(choice), at=self.at)

    def give_up(self, choice: int) -> None:
        leave_waiting_list(card_id=self.card(choice), at=self.at)

    def wish(self, choice: int) -> None:
        wanted, code = ("RESEND", "OTHER_COUNTER", "")[choice % 3], self.counters[choice // 12].code
        wish(card_id=self.card(choice), wish=wanted, counter_code=code, at=self.at)

    def grant(self, choice: int) -> None:
        grant_wish(card_id=self.card(choice), office_id=self.registry.pk, **self.who())

    def settle(self, choice: int) -> None:
        settle_wish(card_id=self.card(choice), granted=choice % 2 == 0, answer="x", **self.who())

    def way(self, choice: int) -> None:
        choose_way(card_id=self.card(choice), channel=("POST", "COUNTER")[choice // 12], at=self.at)

    def correct(self, choice: int) -> None:
        ask_correction(card_id=self.card(choice), fields={"alamat": "Jalan Melati 5"}, at=self.at)

    def answer(self, choice: int) -> None:
        for asked in AddressRequest.objects.filter(state="OPEN")[:1]:
            decide_correction(request_id=asked.pk, accept=choice % 2 == 0, answer="x", **self.who())


class Story(_Returns, _Post, _Ends, _Counters, _Residents):
    """Cards in the mail and in the queue, and every step that the services offer."""


STEPS = tuple(
    name
    for part in (_Returns, _Post, _Ends, _Counters, _Residents)
    for name, step in vars(part).items()
    if callable(step) and not name.startswith("_")
)
