"""A transfer is a handover of two sides: each counts, and a card that is not there is a case until it turns up."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from accounts.models import AuditEntry, User
from delivery.models import CounterStay, Transfer, TransferDifference
from delivery.refusals import Code, DeliveryRefused
from delivery.returns import route_returns, send_transfers
from delivery.transfer_counts import assign_transfer_case, count_packed, finish_count, settle_transfer_case
from delivery.transfers import receive_transfer
from offices.models import Office
from tests.delivery.crowds import at_once, crowd, told
from tests.delivery.mailing import Mailed, mail_cards
from tests.delivery.shelving import ARRIVED_AT, RETURNED_AT, bring_back

pytestmark = pytest.mark.django_db
LATER = ARRIVED_AT + timedelta(hours=1)


@pytest.fixture
def mailed(registry: Office, post_office: Office, counter: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=3)


@pytest.fixture
def transfer(mailed: Mailed, registry: Office, printing_user: User) -> Transfer:
    bring_back(mailed, office=registry)
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=printing_user.pk, at=RETURNED_AT)
    return transfer


def pack(transfer: Transfer, counted: int, *missing: str, actor_id: int | None = None) -> None:
    count_packed(transfer_id=transfer.pk, counted=counted, missing=missing, actor_id=actor_id, at=RETURNED_AT)


def arrive(transfer: Transfer, *references: str) -> None:
    receive_transfer(transfer_id=transfer.pk, references=references, shelf="", actor_id=None, at=ARRIVED_AT)


def finish(transfer: Transfer, counted: int) -> tuple[int, tuple[str, ...]]:
    receipt = finish_count(transfer_id=transfer.pk, counted=counted, shelf="C", actor_id=None, at=LATER)
    return receipt.arrived, receipt.missing


def open_cases() -> list[tuple[str, int | None, int | None]]:
    rows = TransferDifference.objects.filter(closed_at__isnull=True).order_by("pk")
    return list(rows.values_list("kind", "card_id", "owner_id"))


def test_what_the_sender_misses_is_the_senders_case_and_is_not_expected_by_the_receiver(
    transfer: Transfer, mailed: Mailed, supervisor: User
) -> None:
    missed = mailed.cards[1]
    pack(transfer, 2, missed.reference, actor_id=supervisor.pk)
    assert open_cases() == [("NOT_PACKED", missed.pk, supervisor.pk)]
    assert finish(transfer, 2) == (2, ())
    transfer.refresh_from_db()
    assert (transfer.sent, transfer.packed, transfer.received, transfer.closed_at) == (3, 2, 2, LATER)
    assert AuditEntry.objects.get(operation="PACK_TRANSFER").details == {"packed": 2, "missing": 1}


@pytest.mark.parametrize(
    ("counted", "missing", "code"),
    [
        (2, (), Code.COUNT_DIFFERS),
        (3, (0,), Code.COUNT_DIFFERS),
        (4, (), Code.COUNT_DIFFERS),
        (2, ("RR999999999ID",), Code.NOT_ON_TRANSFER),
    ],
)
def test_a_count_of_the_sender_that_does_not_fit_is_refused(
    transfer: Transfer, mailed: Mailed, counted: int, missing: tuple[int | str, ...], code: Code
) -> None:
    named = [mailed.cards[key].reference if isinstance(key, int) else key for key in missing]
    with pytest.raises(DeliveryRefused) as refused:
        pack(transfer, counted, *named)
    assert refused.value.code is code
    transfer.refresh_from_db()
    assert (transfer.packed, open_cases()) == (None, [])


def test_the_sender_counts_once_and_before_anything_has_arrived(transfer: Transfer, mailed: Mailed) -> None:
    pack(transfer, 3)
    with pytest.raises(DeliveryRefused) as again:
        pack(transfer, 3)
    Transfer.objects.update(packed=None, packed_at=None)
    arrive(transfer, mailed.cards[0].reference)
    with pytest.raises(DeliveryRefused) as late:
        pack(transfer, 3)
    assert (again.value.code, late.value.code) == (Code.TRANSFER_COUNTED, Code.TRANSFER_COUNTED)


def test_the_sender_does_not_count_what_the_receiver_has_counted(transfer: Transfer, mailed: Mailed) -> None:
    finish(transfer, 0)
    with pytest.raises(DeliveryRefused) as refused:
        pack(transfer, 2, mailed.cards[0].reference)
    assert refused.value.code is Code.TRANSFER_COUNTED
    assert {kind for kind, _card, _owner in open_cases()} == {"MISSING"}


def test_what_the_receiver_misses_is_the_case_of_who_sent_it(
    transfer: Transfer, mailed: Mailed, printing_user: User
) -> None:
    arrive(transfer, mailed.cards[0].reference)
    _arrived, missing = finish(transfer, 1)
    assert set(missing) == {mailed.cards[1].reference, mailed.cards[2].reference}
    assert open_cases() == [("MISSING", card.pk, printing_user.pk) for card in mailed.cards[1:]]
    assert AuditEntry.objects.get(operation="COUNT_TRANSFER").details == {"received": 1, "missing": 2}


@pytest.mark.parametrize("counted", [0, 2, 4])
def test_a_count_of_the_receiver_that_says_neither_all_nor_what_was_scanned_is_refused(
    transfer: Transfer, mailed: Mailed, counted: int
) -> None:
    arrive(transfer, mailed.cards[0].reference)
    with pytest.raises(DeliveryRefused) as refused:
        finish(transfer, counted)
    assert refused.value.code is Code.TRANSFER_COUNT_UNCLEAR
    transfer.refresh_from_db()
    assert (transfer.closed_at, open_cases(), CounterStay.objects.count()) == (None, [], 1)


def test_the_count_is_complete_with_the_last_scan_and_is_not_taken_again(
    transfer: Transfer, mailed: Mailed
) -> None:
    arrive(transfer, *(card.reference for card in mailed.cards))
    transfer.refresh_from_db()
    assert transfer.closed_at == ARRIVED_AT
    with pytest.raises(DeliveryRefused) as refused:
        finish(transfer, 3)
    assert refused.value.code is Code.TRANSFER_COUNTED


def test_a_missing_card_that_comes_later_is_shelved_and_its_case_is_closed(
    transfer: Transfer, mailed: Mailed
) -> None:
    finish(transfer, 0)
    arrive(transfer, mailed.cards[2].reference)
    case = TransferDifference.objects.get(card=mailed.cards[2])
    assert (case.arrived, case.closed_at) == (True, ARRIVED_AT)
    assert CounterStay.objects.get().card == mailed.cards[2]
    assert [card_id for _kind, card_id, _owner in open_cases()] == [card.pk for card in mailed.cards[:2]]


def test_a_card_besides_the_list_is_one_case_however_often_it_is_scanned(
    transfer: Transfer, mailed: Mailed
) -> None:
    for _time in range(2):
        arrive(transfer, "X0000001", "3216064101900001")
    scanned = TransferDifference.objects.order_by("pk").values_list("kind", "scanned")
    assert list(scanned) == [("EXTRA", "X0000001"), ("EXTRA", "••••0001")]


def test_a_case_has_an_owner_until_somebody_says_what_became_of_it(
    transfer: Transfer, supervisor: User
) -> None:
    finish(transfer, 0)
    case = TransferDifference.objects.order_by("pk")[0]
    assign_transfer_case(case_id=case.pk, owner_id=supervisor.pk, actor_id=None, at=LATER)
    with pytest.raises(DeliveryRefused) as unsaid:
        settle_transfer_case(case_id=case.pk, resolution=" ", actor_id=None, at=LATER)
    settle_transfer_case(case_id=case.pk, resolution="lost", actor_id=supervisor.pk, at=LATER)
    with pytest.raises(DeliveryRefused) as again:
        settle_transfer_case(case_id=case.pk, resolution="lost", actor_id=None, at=LATER)
    with pytest.raises(DeliveryRefused) as owned:
        assign_transfer_case(case_id=case.pk, owner_id=supervisor.pk, actor_id=None, at=LATER)
    case.refresh_from_db()
    assert (case.owner, case.resolution, case.closed_by) == (supervisor, "lost", supervisor)
    assert unsaid.value.code is Code.REASON_MISSING
    assert {again.value.code, owned.value.code} == {Code.ALREADY_SETTLED}
    operations = set(AuditEntry.objects.values_list("operation", flat=True))
    assert {"ASSIGN_TRANSFER_CASE", "SETTLE_TRANSFER_CASE"} <= operations


@pytest.mark.django_db(transaction=True)
def test_counts_of_both_sides_at_once_count_each_card_once(transfer: Transfer, tmp_path: Path) -> None:
    calls: list[Callable[[], object]] = [
        partial(pack, transfer, 3),
        partial(finish, transfer, 3),
        partial(finish, transfer, 0),
        partial(finish, transfer, 3),
    ]
    with crowd(tmp_path):
        results = at_once(calls, workers=4)
        assert results[1:].count("ok") == 1
        assert set(results) <= {"ok", "TRANSFER_COUNTED"}
        counts = (told(CounterStay.objects.count), told(TransferDifference.objects.count))
        assert counts in {(0, 3), (3, 0)}
