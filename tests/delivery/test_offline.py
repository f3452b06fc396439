"""A counter without network hands out from a signed list; what it sends in later makes no second collection."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from accounts.models import AuditEntry, User
from delivery.closures import close_counters
from delivery.counter import collect, undo_collection
from delivery.models import Collection, OfflineConflict
from delivery.offline import (
    Confirmation,
    Outcome,
    ReadyList,
    ready_list,
    record_confirmations,
    settle_conflict,
)
from delivery.receipts import write_receipt
from delivery.refusals import Code, DeliveryRefused
from offices.models import HandoverPolicy, Office, Quota, QuotaDay
from privacy.models import AccessRecord
from shipments.models import Card
from tests import factories
from tests.delivery.crowds import at_once, crowd, told
from tests.delivery.mailing import state_of
from tests.delivery.shelving import SERVED_AT, shelve_cards

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = SERVED_AT + timedelta(hours=3)


@pytest.fixture
def cards(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    return shelve_cards(registry=registry, post_office=post_office, number=3)


@pytest.fixture
def taken_along(cards: list[Card], counter: Office, counter_user: User) -> ReadyList:
    """The list as the clerk's browser keeps it."""
    return ready_list(counter_id=counter.pk, actor_id=counter_user.pk, at=SERVED_AT)


def confirm(taken_along: ReadyList, card: Card, nonce: str, **changes: Any) -> Confirmation:
    ready = next(ready for ready in taken_along.cards if ready.reference == card.reference)
    confirmation = Confirmation(
        token=taken_along.token, reference=card.reference, tag=ready.tag, nonce=nonce, documents=["OLD_CARD"],
        old_card_surrendered=True, confirmed_at=SERVED_AT + MINUTE,
    )  # fmt: skip
    return replace(confirmation, **changes)


def send(counter: Office, *confirmations: Confirmation, at: datetime = LATER) -> list[tuple[str, str]]:
    outcomes: Sequence[Outcome] = record_confirmations(
        counter_id=counter.pk, confirmations=confirmations, actor_id=None, at=at
    )
    assert [outcome.nonce for outcome in outcomes] == [told.nonce for told in confirmations]
    return [(outcome.result.value, outcome.code) for outcome in outcomes]


def test_the_list_is_of_this_shelf_this_day_and_says_no_more_than_it_must(
    cards: list[Card], counter: Office, registry: Office, taken_along: ReadyList
) -> None:
    Card.objects.filter(pk=cards[0].pk).update(disposition="VOID")
    listed = ready_list(counter_id=counter.pk, actor_id=None, at=SERVED_AT)
    assert [(card.reference, card.name, card.shelf) for card in listed.cards] == [
        (card.reference, "W***", "A1") for card in sorted(cards[1:], key=lambda card: card.reference)
    ]
    assert listed.expires_at == datetime.fromisoformat("2020-05-26T00:00:00+07:00")
    assert AccessRecord.objects.filter(action="EXPORT", subject_key=counter.code, records=3).count() == 1
    HandoverPolicy.objects.create(office=registry, collectors=["WRITTEN_AUTHORITY"])
    assert ready_list(counter_id=counter.pk, actor_id=None, at=SERVED_AT).cards == ()


def test_confirmations_are_recorded_once_at_their_time_as_the_clerks(
    cards: list[Card], counter: Office, counter_user: User, taken_along: ReadyList
) -> None:
    two = [confirm(taken_along, cards[0], "n0"), confirm(taken_along, cards[1], "n1")]
    assert send(counter, *two) == [("RECORDED", ""), ("RECORDED", "")]
    assert send(counter, *two) == [("RECORDED", ""), ("RECORDED", "")]
    collection = Collection.objects.get(card=cards[0])
    assert (collection.collected_at, collection.collected_by) == (SERVED_AT + MINUTE, counter_user)
    assert [state_of(card)[0] for card in cards] == ["COLLECTED", "COLLECTED", "READY_AT_COUNTER"]
    assert QuotaDay.objects.get().taken == 2
    assert AuditEntry.objects.filter(operation="COLLECT", details__offline=True).count() == 2


def test_a_card_that_was_collected_meanwhile_is_a_conflict_and_never_a_second_collection(
    cards: list[Card], counter: Office, taken_along: ReadyList, supervisor: User
) -> None:
    collect(
        counter_id=counter.pk, card_id=cards[0].pk, relation="HOLDER", documents=["OLD_CARD"], collector_name="",
        old_card_surrendered=True, nonce="desk", actor_id=None, at=SERVED_AT,
    )  # fmt: skip
    late = confirm(taken_along, cards[0], "n0")
    for _repeat in range(2):
        assert send(counter, late) == [("CONFLICT", "ALREADY_COLLECTED")]
    assert Collection.objects.get(card=cards[0]).nonce == "desk"
    conflict = OfflineConflict.objects.get()
    settle: dict[str, Any] = {"conflict_id": conflict.pk, "actor_id": supervisor.pk, "at": LATER}
    for resolution, code in (
        (" ", Code.REASON_MISSING),
        ("satu kartu, dua catatan", None),
        ("x", Code.CONFLICT_SETTLED),
    ):
        if code is None:
            assert settle_conflict(**settle, resolution=resolution).settled_by == supervisor
            continue
        with pytest.raises(DeliveryRefused) as refused:
            settle_conflict(**settle, resolution=resolution)
        assert refused.value.code is code
    conflict.refresh_from_db()
    assert conflict.resolution == "satu kartu, dua catatan"


def test_two_browsers_that_gave_out_the_same_card_give_one_collection_and_one_conflict(
    cards: list[Card], counter: Office, taken_along: ReadyList
) -> None:
    assert send(counter, confirm(taken_along, cards[0], "n0"), confirm(taken_along, cards[0], "n1")) == [
        ("RECORDED", ""), ("CONFLICT", "ALREADY_COLLECTED"),
    ]  # fmt: skip


def test_a_repeat_after_the_supervisor_took_it_back_does_not_collect_again(
    cards: list[Card], counter: Office, taken_along: ReadyList
) -> None:
    told_once = confirm(taken_along, cards[0], "n0")
    send(counter, told_once)
    undo_collection(collection_id=Collection.objects.get().pk, reason="x", actor_id=None, at=LATER)
    assert send(counter, told_once) == [("RECORDED", "ALREADY_UNDONE")]
    assert state_of(cards[0])[0] == "READY_AT_COUNTER"


def test_what_no_list_was_signed_for_is_refused_and_changes_nothing(
    cards: list[Card], counter: Office, registry: Office, taken_along: ReadyList
) -> None:
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    good = confirm(taken_along, cards[0], "n0")
    bad = [
        replace(good, token=good.token[:-2] + "xx"),
        replace(good, tag="0" * 24),
        replace(good, reference=cards[1].reference),
        replace(good, reference="K000000000A"),
        replace(good, token="nonsense"),
    ]
    assert send(counter, *bad) == [("REFUSED", "LIST_INVALID")] * 5
    assert send(other, good) == [("REFUSED", "LIST_INVALID")]
    assert send(counter, good, at=SERVED_AT - MINUTE) == [("REFUSED", "LIST_INVALID")]
    assert not Collection.objects.exists()
    assert not OfflineConflict.objects.exists()


@pytest.mark.parametrize(
    ("says", "kept"),
    [
        (SERVED_AT - timedelta(days=400), SERVED_AT),
        (SERVED_AT + timedelta(hours=1), SERVED_AT + timedelta(hours=1)),
        (SERVED_AT + timedelta(days=3), datetime.fromisoformat("2020-05-25T23:59:59+07:00")),
    ],
)
def test_a_browsers_wrong_clock_is_held_within_the_lists_day(
    says: datetime, kept: datetime, cards: list[Card], counter: Office, taken_along: ReadyList
) -> None:
    told_late = confirm(taken_along, cards[0], "n0", confirmed_at=says)
    assert send(counter, told_late, at=SERVED_AT + timedelta(days=2)) == [("RECORDED", "")]
    assert Collection.objects.get().collected_at == kept


def test_a_full_day_and_a_closure_do_not_undo_what_happened_but_stand_in_the_audit(
    cards: list[Card], counter: Office, taken_along: ReadyList
) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=0)
    today = SERVED_AT.date()
    close_counters(
        office_id=counter.pk, starts_on=today, ends_on=today, reason="x", actor_id=None, at=SERVED_AT
    )
    assert send(counter, confirm(taken_along, cards[0], "n0", documents=[])) == [("RECORDED", "")]
    entry = AuditEntry.objects.get(operation="COLLECT")
    assert entry.details["against"] == ["OFFICE_CLOSED", "DOCUMENT_MISSING"]
    day = QuotaDay.objects.get()
    assert (day.places, day.taken) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_same_queue_sent_four_times_at_once_is_recorded_once(
    registry: Office, post_office: Office, counter: Office, counter_user: User, tmp_path: Path
) -> None:
    cards = shelve_cards(registry=registry, post_office=post_office, number=2)
    listed = ready_list(counter_id=counter.pk, actor_id=counter_user.pk, at=SERVED_AT)
    collect(
        counter_id=counter.pk, card_id=cards[1].pk, relation="HOLDER", documents=["OLD_CARD"], collector_name="",
        old_card_surrendered=True, nonce="desk", actor_id=None, at=SERVED_AT,
    )  # fmt: skip
    queue = [confirm(listed, cards[0], "n0"), confirm(listed, cards[1], "n1")]

    def call() -> None:
        assert send(counter, *queue) == [("RECORDED", ""), ("CONFLICT", "ALREADY_COLLECTED")]

    with crowd(tmp_path):
        assert at_once([call] * 4, workers=4) == ["ok"] * 4
        assert told(Collection.objects.count) == 2
        assert told(OfflineConflict.objects.count) == 1


def test_the_receipt_names_no_one_in_full_and_is_recorded(
    cards: list[Card], counter: Office, taken_along: ReadyList, counter_user: User
) -> None:
    send(counter, confirm(taken_along, cards[0], "n0"))
    collection = Collection.objects.get()
    output = BytesIO()
    write_receipt(collection_id=collection.pk, output=output, actor_id=counter_user.pk, at=LATER)
    text = pypdfium2.PdfDocument(output.getvalue())[0].get_textpage().get_text_range()
    for shown in (
        cards[0].reference,
        "W***",
        "Senin, 25 Mei 2020",
        "10.01 WIB",
        counter.name,
        "Pemilik kartu",
        "KTP lama",
    ):
        assert shown in text
    for hidden in (cards[0].name, cards[0].nik, counter_user.username):
        assert hidden not in text
    kept = AccessRecord.objects.get(subject_kind="card", action="EXPORT")
    assert (kept.subject_key, kept.actor) == (cards[0].reference, counter_user)
