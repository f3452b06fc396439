"""The print check: what scans do to cards, and undoing the last one."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from accounts.models import User
from offices.models import Office
from shipments.backlog import fill_backlog
from shipments.batching import close_shipment
from shipments.cards import create_cards
from shipments.models import (
    BacklogEntry,
    Card,
    CirculatingCard,
    Disposition,
    DispositionChange,
    Item,
    PrintCheck,
    Shipment,
)
from shipments.print_check import (
    PrintChecked,
    PrintFinding,
    check_prints,
    reprint_requests,
    undo_last_print_check,
)
from shipments.refusals import Code, ShipmentRefused
from tests import factories
from tests.shipments.test_cards import printed

pytestmark = pytest.mark.django_db
Scan = Callable[..., PrintChecked]


@pytest.fixture
def scan(registry: Office, printing_user: User, now: datetime) -> Scan:
    def one(scanned: str, finding: str, reason: str = "", minutes: int = 0) -> PrintChecked:
        (checked,) = check_prints(
            office_id=registry.pk,
            findings=[PrintFinding(scanned=scanned, finding=finding, reason=reason)],
            actor_id=printing_user.pk,
            at=now + timedelta(minutes=minutes),
        )
        return checked

    return one


@pytest.fixture
def cards(registry: Office, post_office: Office, now: datetime) -> list[Card]:
    """Three registered and queued cards of two persons: the third is a second print of the second."""
    rows = [printed(1, blank_serial="ab 1"), printed(2), printed(2, printed_on=date(2020, 4, 2))]
    create_cards(rows=rows, office_id=registry.pk, actor_id=None, at=now)
    fill_backlog(office_id=registry.pk, at=now)
    return list(Card.objects.order_by("pk"))


def test_good_card_stays_in_the_queue(scan: Scan, cards: list[Card]) -> None:
    checked = scan(cards[0].reference.lower(), "GOOD")
    assert (checked.reference, checked.disposition, checked.refusal) == (
        cards[0].reference,
        "REGISTERED",
        None,
    )
    assert BacklogEntry.objects.filter(card=cards[0]).exists()


def test_damaged_card_leaves_queue_and_circulation_and_asks_for_a_reprint(
    scan: Scan, cards: list[Card], registry: Office
) -> None:
    assert scan(cards[0].reference, "DAMAGED", "foto terpotong").disposition == "DAMAGED"
    assert not BacklogEntry.objects.filter(card=cards[0]).exists()
    assert not CirculatingCard.objects.filter(card=cards[0]).exists()
    (request,) = reprint_requests(office_id=registry.pk)
    assert (request.reference, request.reason) == (cards[0].reference, "foto terpotong")


def test_reprint_of_a_damaged_card_is_registered_and_ends_the_request(
    scan: Scan, cards: list[Card], registry: Office, now: datetime
) -> None:
    scan(cards[0].reference, "DAMAGED", "buram")
    rows = [printed(1, printed_on=date(2020, 5, 3))]
    (outcome,) = create_cards(rows=rows, office_id=registry.pk, actor_id=None, at=now)
    assert outcome.outcome == "registered"
    assert reprint_requests(office_id=registry.pk) == []


def test_card_is_found_by_blank_serial_and_by_nik(scan: Scan, cards: list[Card]) -> None:
    assert scan("ab 1", "GOOD").reference == cards[0].reference
    assert scan(printed(2).nik, "GOOD").reference == cards[1].reference
    assert scan(printed(2).nik, "PRINTED_TWICE").reference == cards[2].reference


def test_second_print_that_the_import_found_is_confirmed(scan: Scan, cards: list[Card]) -> None:
    assert scan(cards[2].reference, "PRINTED_TWICE").disposition == "DUPLICATE"
    assert PrintCheck.objects.get().card_id == cards[2].pk
    assert DispositionChange.objects.filter(card=cards[2]).count() == 1


def test_marking_the_kept_print_as_the_second_keeps_the_other_one(scan: Scan, cards: list[Card]) -> None:
    assert scan(cards[1].reference, "PRINTED_TWICE").disposition == "DUPLICATE"
    assert Card.objects.get(pk=cards[2].pk).disposition == Disposition.REGISTERED
    assert CirculatingCard.objects.get(nik_index=cards[1].nik_index).card_id == cards[2].pk
    assert set(BacklogEntry.objects.values_list("card_id", flat=True)) == {cards[0].pk, cards[2].pk}


def test_undo_of_a_swapped_print_swaps_back(
    scan: Scan, cards: list[Card], registry: Office, printing_user: User, now: datetime
) -> None:
    scan(cards[1].reference, "PRINTED_TWICE")
    undo_last_print_check(office_id=registry.pk, actor_id=printing_user.pk, at=now + timedelta(minutes=1))
    dispositions = list(Card.objects.order_by("pk").values_list("disposition", flat=True))
    assert dispositions == ["REGISTERED", "REGISTERED", "DUPLICATE"]
    assert CirculatingCard.objects.get(nik_index=cards[1].nik_index).card_id == cards[1].pk


def test_undo_takes_a_damaged_card_back_into_the_queue(
    scan: Scan, cards: list[Card], registry: Office, printing_user: User, now: datetime
) -> None:
    scan(cards[0].reference, "GOOD")
    scan(cards[0].reference, "DAMAGED", "gores", minutes=1)
    undone = undo_last_print_check(
        office_id=registry.pk, actor_id=printing_user.pk, at=now + timedelta(minutes=2)
    )
    assert (undone.reference, undone.finding, undone.disposition) == (
        cards[0].reference,
        "DAMAGED",
        "REGISTERED",
    )
    assert BacklogEntry.objects.filter(card=cards[0]).exists()
    assert CirculatingCard.objects.filter(card=cards[0]).exists()
    assert PrintCheck.objects.get(undone_at__isnull=True).finding == "GOOD"


def test_undo_refuses_when_the_reprint_circulates_already(
    scan: Scan, cards: list[Card], registry: Office, printing_user: User, now: datetime
) -> None:
    scan(cards[0].reference, "DAMAGED", "buram")
    create_cards(rows=[printed(1, printed_on=date(2020, 5, 3))], office_id=registry.pk, actor_id=None, at=now)
    with pytest.raises(ShipmentRefused) as caught:
        undo_last_print_check(office_id=registry.pk, actor_id=printing_user.pk, at=now)
    assert caught.value.code is Code.ANOTHER_PRINT_CIRCULATES
    assert Card.objects.get(pk=cards[0].pk).disposition == Disposition.DAMAGED


def test_undo_refuses_without_a_scan_of_that_person(
    scan: Scan, cards: list[Card], registry: Office, supervisor: User, now: datetime
) -> None:
    scan(cards[0].reference, "GOOD")
    with pytest.raises(ShipmentRefused) as caught:
        undo_last_print_check(office_id=registry.pk, actor_id=supervisor.pk, at=now)
    assert caught.value.code is Code.NOTHING_TO_UNDO


def test_card_of_another_office_leaves_so_that_the_other_can_register_it(
    scan: Scan, cards: list[Card]
) -> None:
    assert scan(cards[0].reference, "ELSEWHERE").disposition == "WITHDRAWN"
    assert not CirculatingCard.objects.filter(card=cards[0]).exists()


def test_same_scan_again_is_told_as_repeated(scan: Scan, cards: list[Card]) -> None:
    scan(cards[0].reference, "GOOD")
    assert scan(cards[0].reference, "GOOD", minutes=1).repeated
    assert PrintCheck.objects.count() == 1


def test_damaged_item_is_taken_out_of_its_open_shipment(scan: Scan, shipment: Shipment) -> None:
    item = Item.objects.select_related("card").filter(shipment=shipment)[0]
    assert scan(item.card.reference, "DAMAGED", "buram").refusal is None
    item.refresh_from_db()
    assert (item.live, item.taken_out_at is not None, item.number is not None) == (None, True, True)


@pytest.mark.parametrize(
    ("scanned", "finding", "reason", "code"),
    [
        ("K000000000B", "GOOD", "", Code.SCAN_UNREADABLE),
        ("entah", "GOOD", "", Code.CARD_UNKNOWN),
        ("", "GOOD", "", Code.CARD_UNKNOWN),
        ("FIRST", "BURNT", "", Code.FINDING_UNKNOWN),
        ("FIRST", "DAMAGED", " ", Code.REASON_MISSING),
        ("FIRST", "PRINTED_TWICE", "", Code.ONLY_PRINT),
        ("THIRD", "DAMAGED", "buram", Code.SET_ASIDE),
    ],
)
def test_scan_is_refused_and_nothing_happens(
    scan: Scan, cards: list[Card], scanned: str, finding: str, reason: str, code: Code
) -> None:
    before = list(Card.objects.order_by("pk").values("disposition"))
    names = {"FIRST": cards[0].reference, "THIRD": cards[2].reference}
    assert scan(names.get(scanned, scanned), finding, reason).refusal is code
    assert list(Card.objects.order_by("pk").values("disposition")) == before
    assert not PrintCheck.objects.exists()


def test_scan_of_a_closed_item_is_refused(scan: Scan, shipment: Shipment, now: datetime) -> None:
    close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    card = Card.objects.filter(items__shipment=shipment)[0]
    assert scan(card.reference, "DAMAGED", "buram").refusal is Code.ALREADY_POSTED


def test_scan_of_another_offices_card_finds_nothing(scan: Scan, cards: list[Card]) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    (card,) = factories.make_cards(office=other, number=1)
    assert scan(card.reference, "GOOD").refusal in {Code.CARD_UNKNOWN, Code.SCAN_UNREADABLE}


def test_every_scan_of_a_long_list_is_answered(
    cards: list[Card], registry: Office, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shipments.print_check.CHUNK", 2)
    findings = [
        PrintFinding(scanned=card.reference, finding="GOOD") for card in [*cards[:2], *cards[:2], cards[0]]
    ]
    checked = check_prints(office_id=registry.pk, findings=findings, actor_id=None, at=now)
    assert [each.repeated for each in checked] == [False, False, True, True, True]
