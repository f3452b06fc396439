"""Residents choose where a choice still helps, and a correction keeps the card back until it is decided."""

from datetime import datetime, timedelta

import pytest

from accounts.models import AuditEntry, User
from delivery.address_requests import ask_correction, decide_correction, due_at, fields_of
from delivery.choices import (
    choose_way,
    say_who_comes,
    set_channel,
    set_contact,
    settle_wish,
    want_messages,
    wish,
)
from delivery.choices_view import choices_for
from delivery.destructions import cards_to_destroy
from delivery.ledger import reconcile
from delivery.messages import queue
from delivery.models import AddressRequest, ContactChoice, Message, ResidentChoice, Transfer
from delivery.refusals import Code, DeliveryRefused
from delivery.status import Status
from delivery.tracking import record_events
from delivery.transfers import receive_transfer, send_transfers
from delivery.wishes import grant_wish
from offices.models import HandoverPolicy, Office
from shipments.backlog import fill_backlog
from shipments.models import BacklogEntry, Card, ShipmentState
from shipments.refusals import Code as ShipmentCode
from shipments.refusals import ShipmentRefused
from tests import factories
from tests.delivery.mailing import mail_cards, state_of
from tests.delivery.shelving import bring_back, shelve_cards

AT = datetime.fromisoformat("2020-05-04T10:00:00+07:00")


@pytest.fixture
def card(registry: Office) -> Card:
    card = factories.make_cards(office=registry, number=1, phone="081234567890")[0]
    fill_backlog(office_id=registry.pk, at=AT)
    return card


@pytest.fixture
def shelved(registry: Office, post_office: Office, counter: Office) -> Card:
    return shelve_cards(registry=registry, post_office=post_office, number=1)[0]


def ledger_of(registry: Office) -> dict[str, int]:
    found = reconcile(office_id=registry.pk)
    assert not found.gaps
    return {bucket: cards for bucket, cards in found.buckets.items() if cards}


def in_backlog(card: Card) -> bool:
    return BacklogEntry.objects.filter(card=card).exists()


def code_of(refused: pytest.ExceptionInfo[DeliveryRefused]) -> Code:
    return refused.value.code


# --- the way --------------------------------------------------------------------------------------


def test_choosing_the_counter_leaves_the_queue_and_choosing_the_post_enters_it_again(card: Card) -> None:
    choose_way(card_id=card.pk, channel="COUNTER", at=AT)
    assert (Card.objects.get(pk=card.pk).channel, in_backlog(card)) == ("COUNTER", False)
    assert choices_for(card_id=card.pk).collectors  # who will come can be said at once
    choose_way(card_id=card.pk, channel="POST", at=AT)
    assert (Card.objects.get(pk=card.pk).channel, in_backlog(card)) == ("POST", True)


@pytest.mark.parametrize("state", [ShipmentState.CLOSED, ShipmentState.HANDED_OVER])
def test_a_card_in_a_closed_shipment_chooses_no_more(
    state: ShipmentState, card: Card, registry: Office, post_office: Office
) -> None:
    mail_cards(office=registry, post_office=post_office, number=1, cards=[card], state=state)
    assert not choices_for(card_id=card.pk).may_choose_way
    with pytest.raises(DeliveryRefused) as refused:
        choose_way(card_id=card.pk, channel="COUNTER", at=AT)
    assert code_of(refused) is Code.CHOICE_NOT_POSSIBLE
    assert Card.objects.get(pk=card.pk).channel == "POST"


def test_a_resident_cannot_choose_the_village_office(card: Card) -> None:
    with pytest.raises(DeliveryRefused):
        choose_way(card_id=card.pk, channel="VILLAGE", at=AT)
    assert in_backlog(card)


def test_choices_that_change_too_often_wait_an_hour_but_stopping_messages_never_does(card: Card) -> None:
    for _turn in range(30):
        set_contact(card_id=card.pk, phone="081234567890", email="", language="id", at=AT)
    with pytest.raises(DeliveryRefused) as refused:
        choose_way(card_id=card.pk, channel="COUNTER", at=AT)
    assert code_of(refused) is Code.TOO_MANY_CHOICES
    assert in_backlog(card)
    want_messages(card_id=card.pk, wanted=False, at=AT)
    choose_way(card_id=card.pk, channel="COUNTER", at=AT + timedelta(hours=1, seconds=1))
    assert not in_backlog(card)


# --- contact --------------------------------------------------------------------------------------


def test_a_phone_is_kept_normalised_and_sealed(card: Card) -> None:
    set_contact(card_id=card.pk, phone="+62 811-000-1112", email="warga@example.test", language="en", at=AT)
    choice = ContactChoice.objects.get()
    assert (choice.phone, choice.email, choice.language) == ("628110001112", "warga@example.test", "en")
    stored = ContactChoice.objects.extra(select={"raw": "phone"}).values_list("raw", flat=True)[0]
    assert "8110001112" not in stored
    assert list(AuditEntry.objects.filter(operation="SET_CONTACT").values_list("details", flat=True)) == [{}]


@pytest.mark.parametrize(
    ("phone", "email", "code"),
    [("021 555", "", Code.PHONE_INVALID), ("0812 3456 7890", "warga@", Code.EMAIL_INVALID)],
)
def test_a_wrong_contact_is_refused_and_nothing_is_kept(
    phone: str, email: str, code: Code, card: Card
) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        set_contact(card_id=card.pk, phone=phone, email=email, language="id", at=AT)
    assert code_of(refused) is code
    assert not ContactChoice.objects.exists()


def test_who_wants_no_messages_gets_none_until_they_are_wanted_again(card: Card) -> None:
    queue(card_ids=[card.pk], occasion="REGISTERED", at=AT)
    want_messages(card_id=card.pk, wanted=False, at=AT)
    assert Message.objects.get().state == "WITHDRAWN"
    assert queue(card_ids=[card.pk], occasion="DISPATCHED", at=AT) == 0
    want_messages(card_id=card.pk, wanted=True, at=AT)
    assert queue(card_ids=[card.pk], occasion="DISPATCHED", at=AT) == 1


# --- who comes, and where to ------------------------------------------------------------------------


def test_who_comes_is_one_of_those_whom_the_office_allows(shelved: Card, registry: Office) -> None:
    HandoverPolicy.objects.create(office=registry, collectors=["HOLDER", "SAME_FAMILY_CARD"])
    old_card = (("OLD_CARD", "INTERIM_LETTER"),)
    assert choices_for(card_id=shelved.pk).collectors == (
        ("HOLDER", old_card), ("SAME_FAMILY_CARD", (*old_card, ("FAMILY_CARD",))),
    )  # fmt: skip
    say_who_comes(card_id=shelved.pk, relation="SAME_FAMILY_CARD", at=AT)
    with pytest.raises(DeliveryRefused) as refused:
        say_who_comes(card_id=shelved.pk, relation="VILLAGE_OFFICER", at=AT)
    assert code_of(refused) is Code.COLLECTOR_NOT_ALLOWED
    assert ResidentChoice.objects.get().coming == "SAME_FAMILY_CARD"


def test_a_wish_names_another_counter_of_the_registry_and_waits_until_it_is_settled(
    shelved: Card, registry: Office, counter: Office, supervisor: User
) -> None:
    other = factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )
    elsewhere = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    foreign = factories.make_office(
        code="3275-01", kind=Office.Kind.COUNTER, parent=elsewhere, region_code="32.75"
    )
    assert choices_for(card_id=shelved.pk).counters == ((other.code, other.name),)
    for office in (counter, foreign):
        with pytest.raises(DeliveryRefused) as refused:
            wish(card_id=shelved.pk, wish="OTHER_COUNTER", counter_code=office.code, at=AT)
        assert code_of(refused) is Code.OFFICE_UNKNOWN
    assert not ResidentChoice.objects.exists()
    wish(card_id=shelved.pk, wish="OTHER_COUNTER", counter_code=other.code, at=AT)
    settle_wish(card_id=shelved.pk, granted=True, actor_id=supervisor.pk, at=AT)
    assert choices_for(card_id=shelved.pk).wish_settled
    with pytest.raises(DeliveryRefused) as again:
        settle_wish(card_id=shelved.pk, granted=True, actor_id=supervisor.pk, at=AT)
    assert code_of(again) is Code.ALREADY_SETTLED
    wish(card_id=shelved.pk, wish="", at=AT)
    assert choices_for(card_id=shelved.pk).wish == ""


def test_a_card_with_the_post_is_not_wished_elsewhere(
    card: Card, registry: Office, post_office: Office
) -> None:
    mail_cards(office=registry, post_office=post_office, number=1, cards=[card])
    with pytest.raises(DeliveryRefused):
        wish(card_id=card.pk, wish="RESEND", at=AT)
    with pytest.raises(DeliveryRefused):
        say_who_comes(card_id=card.pk, relation="HOLDER", at=AT)
    assert not ResidentChoice.objects.exists()


# --- corrections of the address ---------------------------------------------------------------------


def asked(card: Card, **fields: str) -> AddressRequest:
    return ask_correction(card_id=card.pk, fields=fields or {"alamat": "Jl. Baru  No. 2 "}, at=AT)


def test_a_correction_keeps_the_card_back_for_three_days_at_most(card: Card) -> None:
    request = asked(card, alamat="Jl. Baru  No. 2 ", nik="x")
    assert fields_of(request) == {"alamat": "Jl. Baru No. 2"}
    assert due_at(request) == AT + timedelta(hours=72)
    assert not in_backlog(card)
    assert fill_backlog(office_id=card.office_id, at=AT) == 0
    with pytest.raises(DeliveryRefused) as refused:
        asked(card)
    assert code_of(refused) is Code.CORRECTION_WAITS


def test_an_accepted_correction_is_checked_and_the_card_waits_in_the_queue_again(
    card: Card, supervisor: User
) -> None:
    request = asked(card)
    assert decide_correction(
        request_id=request.pk, accept=True, answer="", village_code=factories.JATIMULYA, actor_id=supervisor.pk, at=AT
    )  # fmt: skip
    assert in_backlog(card)
    assert card.address.reviews.get().corrections == {"alamat": "Jl. Baru No. 2"}
    assert Message.objects.get().occasion == "ADDRESS_CHECKED"
    with pytest.raises(DeliveryRefused) as refused:
        decide_correction(request_id=request.pk, accept=False, answer="x", actor_id=supervisor.pk, at=AT)
    assert code_of(refused) is Code.ALREADY_SETTLED
    assert Message.objects.count() == 1


def test_a_declined_correction_says_why_and_leaves_the_address_as_it_was(
    card: Card, supervisor: User
) -> None:
    request = asked(card)
    with pytest.raises(DeliveryRefused) as refused:
        decide_correction(request_id=request.pk, accept=False, answer=" ", actor_id=supervisor.pk, at=AT)
    assert code_of(refused) is Code.REASON_MISSING
    decide_correction(
        request_id=request.pk, accept=False, answer="Di luar wilayah.", actor_id=supervisor.pk, at=AT
    )
    assert in_backlog(card)
    assert card.address.reviews.get().corrections == {}
    shown = choices_for(card_id=card.pk).correction
    assert shown is not None
    assert (shown.state, shown.answer) == ("DECLINED", "Di luar wilayah.")


def test_a_village_of_another_office_is_not_taken(card: Card, supervisor: User) -> None:
    request = asked(card)
    with pytest.raises(DeliveryRefused) as refused:
        decide_correction(
            request_id=request.pk, accept=True, answer="", village_code="32.75.01.1001", actor_id=supervisor.pk, at=AT
        )  # fmt: skip
    assert code_of(refused) is Code.OTHER_REGENCY
    assert AddressRequest.objects.get().state == "OPEN"
    assert not Message.objects.exists()


def test_an_address_that_waited_before_waits_at_the_review_desk_again(
    registry: Office, supervisor: User
) -> None:
    card = factories.make_cards(office=registry, number=1, verdict="NEEDS_REVIEW")[0]  # type: ignore[arg-type]
    request = asked(card)
    decide_correction(
        request_id=request.pk, accept=False, answer="Belum jelas.", actor_id=supervisor.pk, at=AT
    )
    card.address.refresh_from_db()
    assert (card.address.verdict, card.address.next_action) == ("NEEDS_REVIEW", "FIX")


@pytest.mark.parametrize("fields", [{}, {"alamat": "  "}, {"kabupaten": "Kota Lain"}])
def test_a_correction_of_nothing_is_refused(fields: dict[str, str], card: Card) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        ask_correction(card_id=card.pk, fields=fields, at=AT)
    assert code_of(refused) is Code.CORRECTION_EMPTY
    assert in_backlog(card)


def test_an_address_on_a_label_is_corrected_no_more(
    card: Card, registry: Office, post_office: Office
) -> None:
    mail_cards(office=registry, post_office=post_office, number=1, cards=[card])
    with pytest.raises(DeliveryRefused) as refused:
        asked(card)
    assert code_of(refused) is Code.CHOICE_NOT_POSSIBLE
    assert not AddressRequest.objects.exists()


# --- how a card that was never posted gets to its counter ------------------------------------------


def test_a_card_that_chose_the_counter_goes_with_the_next_transfer_and_is_announced_there(
    card: Card, registry: Office, counter: Office, supervisor: User
) -> None:
    choose_way(card_id=card.pk, channel="COUNTER", at=AT)
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=supervisor.pk, at=AT)
    assert (transfer.to_office, transfer.sent) == (counter, 1)
    assert send_transfers(office_id=registry.pk, actor_id=supervisor.pk, at=AT) == []
    with pytest.raises(ShipmentRefused) as refused:
        set_channel(
            office_id=registry.pk, references=[card.reference], channel="POST", actor_id=supervisor.pk, at=AT
        )
    assert refused.value.code is ShipmentCode.ALREADY_POSTED
    with pytest.raises(DeliveryRefused):
        choose_way(card_id=card.pk, channel="POST", at=AT)
    assert not in_backlog(card)
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="B2", actor_id=None, at=AT)
    assert state_of(card) == ("READY_AT_COUNTER", "")
    assert Message.objects.get().occasion == "READY_AT_COUNTER"
    assert ledger_of(registry) == {"at_counter": 1}


def test_a_card_that_chose_the_counter_waits_where_no_counter_serves_its_village(
    card: Card, registry: Office
) -> None:
    choose_way(card_id=card.pk, channel="COUNTER", at=AT)
    assert send_transfers(office_id=registry.pk, actor_id=None, at=AT) == []
    assert ledger_of(registry) == {"awaiting_channel": 1}


# --- doing what is wished ---------------------------------------------------------------------------


def other_counter(registry: Office) -> Office:
    return factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )


def test_a_card_on_a_shelf_goes_to_the_counter_that_was_wished(
    shelved: Card, registry: Office, supervisor: User
) -> None:
    other = other_counter(registry)
    wish(card_id=shelved.pk, wish="OTHER_COUNTER", counter_code=other.code, at=AT)
    options = {"card_id": shelved.pk, "office_id": registry.pk, "actor_id": supervisor.pk, "at": AT}
    grant_wish(**options)  # type: ignore[arg-type]
    transfer = Transfer.objects.latest("pk")
    assert (transfer.to_office, transfer.sent, state_of(shelved)[0]) == (other, 1, "IN_TRANSFER")
    with pytest.raises(DeliveryRefused) as refused:
        grant_wish(**options)  # type: ignore[arg-type]
    assert code_of(refused) is Code.ALREADY_SETTLED
    assert Transfer.objects.count() == 2


def test_a_card_on_a_shelf_that_is_to_be_sent_again_goes_back_to_the_registry_and_into_the_queue(
    shelved: Card, registry: Office, counter: Office
) -> None:
    wish(card_id=shelved.pk, wish="RESEND", at=AT)
    grant_wish(card_id=shelved.pk, office_id=counter.pk, actor_id=None, at=AT)
    transfer = Transfer.objects.latest("pk")
    assert (transfer.to_office, transfer.purpose) == (registry, "POST")
    said = ResidentChoice.objects.get()
    assert (said.settled_at, said.outcome) == (AT, "GRANTED")
    arrived = AT + timedelta(days=1)
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=arrived)
    assert in_backlog(shelved)
    assert shelved.returns.latest("pk").decision == "SEND_AGAIN"
    assert cards_to_destroy(office_id=registry.pk, kind="CARDS") == []
    assert ledger_of(registry) == {"backlog": 1}


def test_a_return_that_waits_is_posted_again_or_goes_to_the_wished_counter(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    bring_back(mailed, office=registry)
    other = other_counter(registry)
    again, elsewhere = mailed.cards
    wish(card_id=again.pk, wish="RESEND", at=AT)
    wish(card_id=elsewhere.pk, wish="OTHER_COUNTER", counter_code=other.code, at=AT)
    for card in mailed.cards:
        grant_wish(card_id=card.pk, office_id=registry.pk, actor_id=None, at=AT)
    assert in_backlog(again)
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=None, at=AT)
    assert (transfer.to_office, transfer.sent) == (other, 1)


def test_a_wish_for_a_card_on_its_way_waits(registry: Office, post_office: Office, counter: Office) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    returning = [mailed.event(0, Status.RETURNING, hours=20, reason="ABSENT")]
    record_events(events=returning, recorded_at=AT, recorded_by_id=None)
    wish(card_id=mailed.cards[0].pk, wish="RESEND", at=AT)
    with pytest.raises(DeliveryRefused) as refused:
        grant_wish(card_id=mailed.cards[0].pk, office_id=registry.pk, actor_id=None, at=AT)
    assert code_of(refused) is Code.WISH_NOT_NOW
    assert ResidentChoice.objects.get().settled_at is None
    assert not in_backlog(mailed.cards[0])
