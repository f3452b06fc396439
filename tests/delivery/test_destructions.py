"""Two officers sign for what is destroyed; with the second signature, and not before, the cards are gone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEntry, Role, User
from delivery.counter import collect, undo_collection
from delivery.destruction_paper import write_destruction_pdf
from delivery.destructions import (
    cancel_destruction,
    cards_to_destroy,
    open_destruction,
    sign_destruction,
    take_signature_back,
)
from delivery.ledger import reconcile
from delivery.models import Destruction, DestructionCard, ReturnReceipt
from delivery.refusals import Code, DeliveryRefused
from delivery.returns import ReturnScan, decide_returns, receive_returns
from offices.models import Office
from shipments.models import Card, CirculatingCard, DispositionChange
from shipments.print_check import PrintFinding, check_prints, reprint_requests
from tests import factories
from tests.delivery.mailing import mail_cards
from tests.delivery.shelving import ARRIVED_AT, RETURNED_AT, SERVED_AT, shelve_cards

AT = ARRIVED_AT


@pytest.fixture
def officers(registry: Office) -> tuple[User, User]:
    return (
        factories.make_user(role=Role.PRINTING, office=registry),
        factories.make_user(role=Role.SUPERVISOR, office=registry),
    )


@pytest.fixture
def cards(registry: Office, post_office: Office) -> list[Card]:
    """One that came back damaged, one found damaged at print, one that nobody collected; and one that is good."""
    mailed = mail_cards(office=registry, post_office=post_office, number=3)
    receive_returns(
        office_id=registry.pk,
        scans=[
            ReturnScan(scanned=mailed.cards[0].reference, condition="DAMAGED"),
            ReturnScan(scanned=mailed.cards[1].reference, reason="UNCLAIMED"),
            ReturnScan(scanned=mailed.cards[2].reference, reason="ABSENT"),
        ],
        actor_id=None,
        at=RETURNED_AT,
    )
    decide_returns(
        office_id=registry.pk, card_ids=[mailed.cards[1].pk], decision="REGISTRY", actor_id=None, at=RETURNED_AT
    )  # fmt: skip
    (printed,) = factories.make_cards(office=registry, number=1)
    finding = PrintFinding(scanned=printed.reference, finding="DAMAGED", reason="blur")
    check_prints(office_id=registry.pk, findings=[finding], actor_id=None, at=RETURNED_AT)
    return [mailed.cards[0], mailed.cards[1], printed, mailed.cards[2]]


def open_list(registry: Office, **other: Any) -> Destruction:
    asked = {"kind": "CARDS", "card_ids": None, "actor_id": None, "at": AT, **other}
    return open_destruction(office_id=registry.pk, **asked)


def sign(destruction: Destruction, officer: User | None, counted: int | None = None) -> Destruction:
    return sign_destruction(
        destruction_id=destruction.pk,
        counted=destruction.cards if counted is None else counted,
        actor_id=None if officer is None else officer.pk,
        at=AT,
    )


def refusal(call: Callable[..., object], *args: Any, **kwargs: Any) -> Code:
    with pytest.raises(DeliveryRefused) as refused:
        call(*args, **kwargs)
    return refused.value.code


def buckets(registry: Office) -> dict[str, int]:
    found = reconcile(office_id=registry.pk)
    assert found.holds
    return {name: number for name, number in found.buckets.items() if number}


pytestmark = pytest.mark.django_db


def test_two_signatures_destroy_the_cards_and_the_ledger_says_so(
    registry: Office, officers: tuple[User, User], cards: list[Card]
) -> None:
    destruction = open_list(registry)
    assert (destruction.number, destruction.cards) == ("PK-3216-20200520-001", 3)
    assert buckets(registry) == {"damaged": 2, "returned": 2}
    sign(destruction, officers[0])
    assert buckets(registry) == {"damaged": 2, "returned": 2}
    done = sign(destruction, officers[1])
    assert (done.first_signed_by, done.second_signed_by) == officers
    assert buckets(registry) == {"destroyed": 3, "returned": 1}
    assert reconcile(office_id=registry.pk).funnel["damaged"] == 2
    changes = DispositionChange.objects.filter(after="DESTROYED", reason=destruction.number)
    assert sorted(changes.values_list("card_id", flat=True)) == sorted(card.pk for card in cards[:3])
    assert not CirculatingCard.objects.filter(card__in=cards[:3]).exists()
    assert AuditEntry.objects.get(operation="DESTROY_CARDS").details == {"cards": 3}


def test_a_damaged_card_waits_for_its_reprint_also_when_it_came_back_and_when_it_is_destroyed(
    registry: Office, officers: tuple[User, User], cards: list[Card]
) -> None:
    wanted = sorted([cards[0].reference, cards[2].reference])
    assert sorted(each.reference for each in reprint_requests(office_id=registry.pk)) == wanted
    destruction = open_list(registry)
    for officer in officers:
        sign(destruction, officer)
    assert sorted(each.reference for each in reprint_requests(office_id=registry.pk)) == wanted
    newer = factories.make_cards(office=registry, number=1)[0]
    CirculatingCard.objects.create(nik_index=cards[0].nik_index, card=newer)
    assert [each.reference for each in reprint_requests(office_id=registry.pk)] == [cards[2].reference]


def test_one_officer_never_signs_twice_not_even_past_the_service(
    registry: Office, officers: tuple[User, User], cards: list[Card]
) -> None:
    destruction = open_list(registry)
    assert refusal(sign, destruction, None) is Code.OFFICER_MISSING
    assert refusal(sign, destruction, officers[0], 2) is Code.COUNT_DIFFERS
    sign(destruction, officers[0])
    assert refusal(sign, destruction, officers[0]) is Code.SAME_OFFICER
    assert buckets(registry) == {"damaged": 2, "returned": 2}
    rows = Destruction.objects.filter(pk=destruction.pk)
    for second in ({"second_signed_by": officers[0]}, {"first_signed_by": None, "first_signed_at": None}):
        fields = {"second_signed_at": AT, "second_signed_by": officers[1], **second}
        with pytest.raises(IntegrityError, match="destruction_signed_by_two_officers"), transaction.atomic():
            rows.update(**fields)
    assert rows.get().second_signed_by is None


def test_a_signature_is_taken_back_only_before_the_second(
    registry: Office, officers: tuple[User, User], cards: list[Card]
) -> None:
    destruction = open_list(registry)
    back: dict[str, Any] = {"destruction_id": destruction.pk, "actor_id": None, "at": AT}
    assert refusal(take_signature_back, **back) is Code.NOT_SIGNED
    sign(destruction, officers[0])
    assert take_signature_back(**back).first_signed_by is None
    sign(destruction, officers[1])
    sign(destruction, officers[0])
    assert refusal(take_signature_back, **back) is Code.ALREADY_DESTROYED
    assert refusal(cancel_destruction, reason="salah", **back) is Code.ALREADY_DESTROYED
    assert refusal(sign, destruction, officers[1]) is Code.ALREADY_DESTROYED
    assert buckets(registry)["destroyed"] == 3


def test_a_cancelled_list_lets_its_cards_go_and_is_not_signed(
    registry: Office, officers: tuple[User, User], cards: list[Card]
) -> None:
    destruction = open_list(registry)
    assert cards_to_destroy(office_id=registry.pk, kind="CARDS") == []
    assert refusal(open_list, registry) is Code.NOTHING_TO_DESTROY
    cancel: dict[str, Any] = {"destruction_id": destruction.pk, "actor_id": None, "at": AT}
    assert refusal(cancel_destruction, reason=" ", **cancel) is Code.REASON_MISSING
    cancel_destruction(reason="salah pilih", **cancel)
    assert refusal(sign, destruction, officers[0]) is Code.DESTRUCTION_CANCELLED
    again = open_list(registry, card_ids=[cards[0].pk])
    assert (again.number, again.cards) == ("PK-3216-20200520-002", 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        DestructionCard.objects.create(destruction=again, card=cards[0])


def test_a_card_that_is_good_or_of_another_office_is_not_listed(registry: Office, cards: list[Card]) -> None:
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    for office, card in ((registry, cards[3]), (other, cards[0])):
        with pytest.raises(DeliveryRefused) as refused:
            open_list(office, card_ids=[card.pk])
        named = card.reference if office == registry else "?"  # another registry's card is not even named
        assert (refused.value.code, refused.value.params["reference"]) == (Code.NOT_TO_DESTROY, named)
    assert Destruction.objects.count() == 0


def test_a_card_that_was_decided_otherwise_meanwhile_is_not_destroyed(
    registry: Office, officers: tuple[User, User], cards: list[Card]
) -> None:
    destruction = open_list(registry)
    sign(destruction, officers[0])
    ReturnReceipt.objects.filter(card=cards[1]).update(decision="UNDECIDED")
    assert refusal(sign, destruction, officers[1]) is Code.NOT_TO_DESTROY
    assert buckets(registry) == {"damaged": 2, "returned": 2}
    assert Destruction.objects.get().second_signed_by is None


def test_old_cards_handed_in_are_listed_where_they_were_and_destroyed_once(
    registry: Office, post_office: Office, counter: Office
) -> None:
    clerks = [factories.make_user(role=Role.COUNTER, office=counter) for _ in range(2)]
    shelved = shelve_cards(registry=registry, post_office=post_office, number=3)
    collections = [
        collect(
            counter_id=counter.pk, card_id=card.pk, relation="HOLDER", documents=["INTERIM_LETTER", "OLD_CARD"],
            collector_name="", old_card_surrendered=card != shelved[2], nonce=card.reference, actor_id=None,
            at=SERVED_AT,
        )
        for card in shelved
    ]  # fmt: skip
    undo_collection(
        collection_id=collections[1].pk, reason="salah", actor_id=None, at=SERVED_AT + timedelta(minutes=1)
    )
    assert cards_to_destroy(office_id=registry.pk, kind="OLD_CARDS") == []
    destruction = open_list(counter, kind="OLD_CARDS")
    assert (destruction.number, destruction.cards) == ("PL-3216-06-20200520-001", 1)
    assert destruction.entries.get().collection == collections[0]
    before = buckets(registry)
    for clerk in clerks:
        sign(destruction, clerk)
    assert (
        buckets(registry) == before
    )  # the new card was given out; its bucket has nothing to do with the old one
    assert cards_to_destroy(office_id=counter.pk, kind="OLD_CARDS") == []


def test_the_record_names_both_officers_and_no_person(
    registry: Office, officers: tuple[User, User], cards: list[Card]
) -> None:
    destruction = open_list(registry)
    sizes = []
    for officer in officers:
        written = BytesIO()
        write_destruction_pdf(written, destruction=Destruction.objects.get(pk=destruction.pk))
        sizes.append(written.tell())
        assert written.getvalue().startswith(b"%PDF")
        sign(destruction, officer)
    assert all(size > 2_000 for size in sizes)


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False])
def test_two_signatures_at_once_are_two_officers_or_one(
    registry: Office, officers: tuple[User, User], cards: list[Card], same: bool
) -> None:
    destruction = open_list(registry)
    signing = (officers[0], officers[0]) if same else officers

    def work(officer: User) -> str:
        try:
            return "signed" if sign(destruction, officer) else ""
        except DeliveryRefused as refused:
            return refused.code.value
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(work, signing))
    assert results == (["SAME_OFFICER", "signed"] if same else ["signed", "signed"])
    assert buckets(registry).get("destroyed", 0) == (0 if same else 3)
    assert DispositionChange.objects.filter(after="DESTROYED").count() == (0 if same else 3)
