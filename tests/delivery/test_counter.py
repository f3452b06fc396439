"""A card is given out once, to whom it may be given, and a mistake is taken back the same day."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from accounts.models import AuditEntry, User
from delivery.access import pin_of
from delivery.appointments import bookable_days
from delivery.counter import (
    book,
    cancel_booking,
    check_collection,
    collect,
    find_card,
    undo_collection,
)
from delivery.extra_days import open_extra_day, take_extra_day_back
from delivery.messages.occasions import Occasion
from delivery.models import Appointment, Collection, CounterStay, Message, TrackingEvent
from delivery.refusals import Code, DeliveryRefused
from offices.models import Closure, HandoverPolicy, Office, Quota, QuotaDay
from privacy.models import AccessRecord
from shipments.models import Card, CirculatingCard, Lane
from tests import factories
from tests.delivery.mailing import mail_cards, state_of
from tests.delivery.shelving import SERVED_AT, bring_back, shelve_cards

pytestmark = pytest.mark.django_db
SERVED_ON = date(2020, 5, 25)


@pytest.fixture
def card(registry: Office, post_office: Office, counter: Office) -> Card:
    return shelve_cards(registry=registry, post_office=post_office, number=1)[0]


@pytest.fixture
def give(card: Card, counter: Office) -> Callable[..., Collection]:
    return partial(give_out, counter_id=counter.pk, card_id=card.pk, nonce="n1")


def give_out(**fields: Any) -> Collection:
    arguments = {
        "relation": "HOLDER", "documents": ["OLD_CARD"], "collector_name": "Warga Contoh",
        "old_card_surrendered": True, "actor_id": None, "at": SERVED_AT,
    }  # fmt: skip
    return collect(**{**arguments, **fields})


def refusal(call: Callable[..., Any], **fields: Any) -> Code:
    with pytest.raises(DeliveryRefused) as refused:
        call(**fields)
    assert str(refused.value)
    return refused.value.code


def test_collect_gives_the_card_out_and_keeps_who_took_it(
    card: Card, give: Callable[..., Collection]
) -> None:
    CirculatingCard.objects.create(nik_index=card.nik_index, card=card)
    collection = give(relation="SAME_FAMILY_CARD", documents=["FAMILY_CARD"])
    assert state_of(card)[0] == "COLLECTED"
    assert (collection.relation, collection.documents, collection.event.receiver) == (
        "SAME_FAMILY_CARD", ["FAMILY_CARD"], "FAMILY",
    )  # fmt: skip
    assert not CounterStay.objects.filter(live=True).exists()
    assert not CirculatingCard.objects.filter(card=card).exists()
    assert Message.objects.filter(card=card, occasion=Occasion.COLLECTED).count() == 1
    assert QuotaDay.objects.get(day=SERVED_ON).taken == 1


def test_the_same_confirmation_again_gives_the_same_answer(give: Callable[..., Collection]) -> None:
    assert give().pk == give(at=SERVED_AT + timedelta(minutes=5)).pk
    assert Collection.objects.count() == 1
    assert TrackingEvent.objects.filter(status="COLLECTED").count() == 1
    assert QuotaDay.objects.get(day=SERVED_ON).taken == 1


def test_collect_refuses_a_card_that_was_collected(give: Callable[..., Collection]) -> None:
    give()
    assert refusal(give, nonce="n2") is Code.ALREADY_COLLECTED
    assert Collection.objects.count() == 1


def test_collect_refuses_a_confirmation_that_was_used_for_another_card(
    registry: Office, post_office: Office, counter: Office
) -> None:
    first, second = shelve_cards(registry=registry, post_office=post_office, number=2)
    give_out(counter_id=counter.pk, card_id=first.pk, nonce="n1")
    assert refusal(give_out, counter_id=counter.pk, card_id=second.pk, nonce="n1") is Code.NONCE_USED
    assert refusal(give_out, counter_id=counter.pk, card_id=second.pk, nonce="") is Code.NONCE_USED
    assert state_of(second)[0] == "READY_AT_COUNTER"


def test_collect_refuses_a_card_of_another_counter(card: Card, registry: Office) -> None:
    other = factories.make_office(
        code="3216-09", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.09"
    )
    assert refusal(give_out, counter_id=other.pk, card_id=card.pk, nonce="n1") is Code.WRONG_OFFICE
    assert state_of(card)[0] == "READY_AT_COUNTER"


def test_collect_does_not_know_a_card_of_another_registry(card: Card) -> None:
    foreign = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    there = factories.make_office(
        code="3275-01", kind=Office.Kind.COUNTER, parent=foreign, region_code="32.75.01"
    )
    assert refusal(give_out, counter_id=there.pk, card_id=card.pk, nonce="n1") is Code.NOT_FOUND


def test_collect_refuses_a_card_that_has_not_arrived(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    call = partial(give_out, counter_id=counter.pk, card_id=mailed.cards[0].pk, nonce="n1")
    assert refusal(call) is Code.NOT_RECEIVED
    bring_back(mailed, office=registry)
    assert refusal(call) is Code.NOT_RECEIVED


def test_collect_refuses_a_card_on_hold(card: Card, give: Callable[..., Collection]) -> None:
    Card.objects.filter(pk=card.pk).update(disposition="VOID")
    assert refusal(give) is Code.ON_HOLD


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"relation": "WRITTEN_AUTHORITY", "documents": ["AUTHORITY_F107"]}, Code.COLLECTOR_NOT_ALLOWED),
        ({"relation": "NEIGHBOUR"}, Code.COLLECTOR_NOT_ALLOWED),
        ({"documents": []}, Code.DOCUMENT_MISSING),
        ({"documents": ["AUTHORITY_F107"]}, Code.DOCUMENT_MISSING),
        ({"relation": "SAME_FAMILY_CARD", "documents": ["OLD_CARD"]}, Code.DOCUMENT_MISSING),
        ({"old_card_surrendered": False}, Code.OLD_CARD_NOT_SURRENDERED),
        ({"shown_nik": "3216060101901234"}, Code.IDENTITY_MISMATCH),
        ({"pin": "AAAAAA"}, Code.WRONG_PIN),
    ],
)
def test_collect_refuses_wrong_papers(
    card: Card, give: Callable[..., Collection], fields: dict[str, Any], code: Code
) -> None:
    assert refusal(give, **fields) is code
    assert state_of(card)[0] == "READY_AT_COUNTER"
    assert not Collection.objects.exists()
    assert not QuotaDay.objects.exists()


def test_collect_takes_right_numbers_and_an_interim_letter_instead_of_the_old_card(
    card: Card, give: Callable[..., Collection]
) -> None:
    collection = give(
        shown_nik=card.nik, pin=pin_of(card).lower(), documents=["INTERIM_LETTER"], old_card_surrendered=False
    )
    assert collection.old_card_surrendered is False


def test_a_first_card_needs_no_old_one(registry: Office, post_office: Office, counter: Office) -> None:
    cards = factories.make_cards(office=registry, number=1, lane=Lane.FIRST_CARD)
    shelve_cards(registry=registry, post_office=post_office, number=1, cards=cards)
    assert give_out(counter_id=counter.pk, card_id=cards[0].pk, nonce="n", old_card_surrendered=False).pk


def test_a_registrys_policy_says_who_may_collect_and_what_they_show(
    registry: Office, card: Card, give: Callable[..., Collection]
) -> None:
    HandoverPolicy.objects.create(
        office=registry, collectors=["WRITTEN_AUTHORITY"], old_card_required=False,
        documents={"WRITTEN_AUTHORITY": [["AUTHORITY_F107"], ["FAMILY_CARD", "OLD_CARD"]]},
    )  # fmt: skip
    assert refusal(give) is Code.COLLECTOR_NOT_ALLOWED
    by_authority = partial(give, relation="WRITTEN_AUTHORITY", old_card_surrendered=False)
    assert refusal(by_authority, documents=["AUTHORITY_F107"]) is Code.DOCUMENT_MISSING
    assert by_authority(documents=["AUTHORITY_F107", "FAMILY_CARD"]).pk


def test_check_names_everything_that_speaks_against_it_and_changes_nothing(
    card: Card, counter: Office
) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=0)
    refusals = check_collection(
        counter_id=counter.pk, card_id=card.pk, relation="NEIGHBOUR", documents=[], at=SERVED_AT, pin="AAAAAA"
    )
    assert [each.code for each in refusals] == [Code.COLLECTOR_NOT_ALLOWED, Code.WRONG_PIN, Code.QUOTA_FULL]
    assert not QuotaDay.objects.exists()


def test_collect_refuses_when_the_days_quota_is_taken(
    registry: Office, post_office: Office, counter: Office
) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=1)
    first, second = shelve_cards(registry=registry, post_office=post_office, number=2)
    give_out(counter_id=counter.pk, card_id=first.pk, nonce="n1")
    assert refusal(give_out, counter_id=counter.pk, card_id=second.pk, nonce="n2") is Code.QUOTA_FULL
    assert state_of(second)[0] == "READY_AT_COUNTER"
    assert CounterStay.objects.filter(card=second, live=True).exists()
    assert give_out(counter_id=counter.pk, card_id=second.pk, nonce="n2", lane="URGENT").pk


def test_an_appointment_of_today_keeps_its_place(
    registry: Office, post_office: Office, counter: Office
) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=1)
    first, second = shelve_cards(registry=registry, post_office=post_office, number=2)
    book(card_id=second.pk, day=SERVED_ON, lane="ORDINARY", at=SERVED_AT - timedelta(days=1))
    assert refusal(give_out, counter_id=counter.pk, card_id=first.pk, nonce="n1") is Code.QUOTA_FULL
    assert give_out(counter_id=counter.pk, card_id=second.pk, nonce="n2").pk
    assert QuotaDay.objects.get().taken == 1


@pytest.mark.parametrize("closed", ["office", "province"])
def test_collect_refuses_while_the_office_or_its_province_is_closed(
    counter: Office, give: Callable[..., Collection], closed: str
) -> None:
    days = {"starts_on": SERVED_ON, "ends_on": SERVED_ON, "reason": "lockdown"}
    if closed == "office":
        Closure.objects.create(office=counter, service="PICKUP", **days)
    else:
        Closure.objects.create(area_code="32", **days)
    assert refusal(give) is Code.OFFICE_CLOSED
    assert give(at=SERVED_AT + timedelta(days=1)).pk


def test_collect_refuses_on_a_weekend_unless_a_supervisor_has_opened_the_day(
    counter: Office, give: Callable[..., Collection], supervisor: User
) -> None:
    saturday = SERVED_AT + timedelta(days=5)
    assert refusal(give, at=saturday) is Code.OFFICE_CLOSED
    extra = open_extra_day(
        office_id=counter.pk, day=saturday.date(), reason="x", actor_id=supervisor.pk, at=SERVED_AT
    )
    take_extra_day_back(extra_day_id=extra.pk, actor_id=supervisor.pk, at=SERVED_AT)
    assert refusal(give, at=saturday) is Code.OFFICE_CLOSED
    open_extra_day(
        office_id=counter.pk, day=saturday.date(), reason="x", actor_id=supervisor.pk, at=SERVED_AT
    )
    assert give(at=saturday).pk
    told = (
        AuditEntry.objects.filter(object_kind="extra_day").order_by("pk").values_list("operation", flat=True)
    )
    assert list(told) == ["OPEN_EXTRA_DAY", "TAKE_BACK_EXTRA_DAY", "OPEN_EXTRA_DAY"]


def test_an_extra_day_needs_a_reason_and_a_day_to_come(counter: Office) -> None:
    for fields, code in (
        ({"reason": " ", "day": date(2020, 5, 30)}, Code.REASON_MISSING),
        ({"reason": "x", "day": date(2020, 5, 23)}, Code.DAY_PASSED),
    ):
        with pytest.raises(DeliveryRefused) as refused:
            open_extra_day(office_id=counter.pk, actor_id=None, at=SERVED_AT, **fields)  # type: ignore[arg-type]
        assert refused.value.code is code


def test_a_closure_for_another_service_does_not_stop_collecting(
    counter: Office, give: Callable[..., Collection]
) -> None:
    Closure.objects.create(
        office=counter, service="RECEIVING", starts_on=SERVED_ON, ends_on=SERVED_ON, reason="x"
    )
    assert give().pk


# --- undo --------------------------------------------------------------------------------------


def test_undo_puts_the_card_back_on_its_shelf_and_deletes_nothing(
    card: Card, give: Callable[..., Collection]
) -> None:
    collection = give()
    undone = undo_collection(
        collection_id=collection.pk, reason="wrong person", actor_id=None, at=SERVED_AT + timedelta(hours=1)
    )
    assert undone.undo_reason == "wrong person"
    assert state_of(card)[0] == "READY_AT_COUNTER"
    assert CounterStay.objects.get(live=True).shelf == "A1"
    assert CirculatingCard.objects.filter(card=card).exists()
    assert Message.objects.get(occasion=Occasion.COLLECTED).state == "WITHDRAWN"
    assert TrackingEvent.objects.filter(status="COLLECTED").count() == 1


def test_collect_after_undo_is_a_new_collection_on_the_same_place(give: Callable[..., Collection]) -> None:
    first = give()
    undo_collection(collection_id=first.pk, reason="x", actor_id=None, at=SERVED_AT + timedelta(minutes=1))
    late_repeat = give(at=SERVED_AT + timedelta(minutes=2))
    assert (late_repeat.pk, late_repeat.undone_at is not None) == (first.pk, True)
    second = give(nonce="n2", at=SERVED_AT + timedelta(minutes=3))
    assert second.pk != first.pk
    assert state_of(second.card)[0] == "COLLECTED"
    assert QuotaDay.objects.get(day=SERVED_ON).taken == 1


def test_undo_is_refused_without_a_reason_twice_and_on_another_day(give: Callable[..., Collection]) -> None:
    collection = give()
    undo = partial(undo_collection, collection_id=collection.pk, actor_id=None)
    assert refusal(undo, reason=" ", at=SERVED_AT) is Code.REASON_MISSING
    # 17:00 UTC is midnight in Jakarta
    midnight = SERVED_AT.replace(hour=17)
    assert refusal(undo, reason="x", at=midnight) is Code.UNDO_TOO_LATE
    undo(reason="x", at=midnight - timedelta(seconds=1))
    assert refusal(undo, reason="x", at=SERVED_AT) is Code.ALREADY_UNDONE


def test_undo_is_refused_when_another_print_circulates_by_now(
    registry: Office, card: Card, give: Callable[..., Collection]
) -> None:
    collection = give()
    newer = factories.make_cards(office=registry, number=1)[0]
    CirculatingCard.objects.create(nik_index=card.nik_index, card=newer)
    undo = partial(undo_collection, collection_id=collection.pk, reason="x", actor_id=None, at=SERVED_AT)
    assert refusal(undo) is Code.NIK_CIRCULATES
    assert state_of(card)[0] == "COLLECTED"


# --- finding -----------------------------------------------------------------------------------


def test_find_knows_reference_post_number_link_and_nik_and_records_the_search_by_nik(
    card: Card, counter: Office
) -> None:
    number = card.items.get().number
    for scanned in (card.reference.lower(), number, f"https://ktp.example/t/{card.reference}.abcdef"):
        found = find_card(counter_id=counter.pk, scanned=str(scanned), actor_id=None, at=SERVED_AT)
        assert (found.card_id, found.here, found.shelf) == (card.pk, True, "A1")
    assert not AccessRecord.objects.exists()
    assert find_card(counter_id=counter.pk, scanned=card.nik, actor_id=None, at=SERVED_AT).card_id == card.pk
    record = AccessRecord.objects.get()
    assert (record.action, record.subject_kind, record.subject_key) == ("SEARCH", "card", card.reference)


def test_find_refuses_what_nobody_knows_and_records_the_search_all_the_same(counter: Office) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        find_card(counter_id=counter.pk, scanned="3216060101900001", actor_id=None, at=SERVED_AT)
    assert refused.value.code is Code.NOT_FOUND
    record = AccessRecord.objects.get()
    assert record.subject_kind == "nik"
    assert "3216060101900001" not in record.subject_key


# --- booking -----------------------------------------------------------------------------------


def test_book_takes_a_place_and_moving_it_gives_the_old_one_back(card: Card, counter: Office) -> None:
    book(card_id=card.pk, day=date(2020, 5, 26), lane="ORDINARY", at=SERVED_AT)
    book(card_id=card.pk, day=date(2020, 5, 27), lane="ORDINARY", at=SERVED_AT)
    taken = dict(QuotaDay.objects.values_list("day", "taken"))
    assert taken == {date(2020, 5, 26): 0, date(2020, 5, 27): 1}
    assert bookable_days(card_id=card.pk, at=SERVED_AT).booked == date(2020, 5, 27)
    cancel_booking(card_id=card.pk, at=SERVED_AT)
    assert QuotaDay.objects.get(day=date(2020, 5, 27)).taken == 0
    assert refusal(cancel_booking, card_id=card.pk, at=SERVED_AT) is Code.NOT_BOOKED


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2020, 5, 24), Code.DAY_PASSED),
        (date(2020, 6, 22), Code.DAY_TOO_LATE),
        (date(2020, 5, 30), Code.OFFICE_CLOSED),  # a Saturday
        (date(2020, 6, 1), Code.OFFICE_CLOSED),  # Pancasila Day
        (date(2020, 5, 28), Code.OFFICE_CLOSED),  # a closure
        (date(2020, 5, 29), Code.QUOTA_FULL),
    ],
)
def test_book_refuses_days_that_cannot_be_had(card: Card, counter: Office, day: date, code: Code) -> None:
    Closure.objects.create(office=counter, starts_on=date(2020, 5, 28), ends_on=date(2020, 5, 28), reason="x")
    QuotaDay.objects.create(office=counter, lane="ORDINARY", day=date(2020, 5, 29), places=1, taken=1)
    assert refusal(book, card_id=card.pk, day=day, lane="ORDINARY", at=SERVED_AT) is code
    assert not Appointment.objects.exists()
    assert day not in {free.day for free in bookable_days(card_id=card.pk, at=SERVED_AT).days}


def test_book_refuses_the_same_day_again_and_a_card_that_is_not_at_a_counter(
    registry: Office, card: Card, counter: Office
) -> None:
    book(card_id=card.pk, day=date(2020, 5, 26), lane="ORDINARY", at=SERVED_AT)
    assert (
        refusal(book, card_id=card.pk, day=date(2020, 5, 26), lane="ORDINARY", at=SERVED_AT)
        is Code.ALREADY_BOOKED
    )
    elsewhere = factories.make_cards(office=registry, number=1)[0]
    assert (
        refusal(book, card_id=elsewhere.pk, day=date(2020, 5, 26), lane="ORDINARY", at=SERVED_AT)
        is Code.NOT_RECEIVED
    )


def test_a_clock_that_was_set_back_does_not_put_the_collection_before_the_arrival(
    card: Card, give: Callable[..., Collection]
) -> None:
    collection = give(at=SERVED_AT - timedelta(days=28))
    assert state_of(card)[0] == "COLLECTED"
    arrived_at = CounterStay.objects.get().arrived_at
    assert collection.event.occurred_at == arrived_at + timedelta(microseconds=1)
    again = give(at=SERVED_AT)
    assert again.pk == collection.pk


def test_local_days_are_the_offices(counter: Office, give: Callable[..., Collection]) -> None:
    """23:30 in Jakarta is still that day's quota, although it is another day in Jayapura."""
    late = datetime.fromisoformat("2020-05-25T23:30:00+07:00")
    give(at=late)
    assert QuotaDay.objects.get().day == SERVED_ON
