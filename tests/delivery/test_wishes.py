"""What holders wish and correct is done when the card comes to our hands, answered in words, and never forgotten."""

from datetime import date, datetime, timedelta

import pytest

from accounts.models import AuditEntry, User
from addresses.models import Address, Verdict
from delivery.address_requests import ask_correction, decide_correction
from delivery.choices import choose_way, settle_wish, wish
from delivery.choices_view import choices_for
from delivery.deciding import decide_returns
from delivery.ledger import reconcile
from delivery.models import AddressRequest, CounterStay, Message, ResidentChoice, ReturnReceipt, Transfer
from delivery.open_requests import with_open_requests
from delivery.overdue import send_back
from delivery.refusals import Code, DeliveryRefused
from delivery.resending import resume_sending
from delivery.return_routing import Left, Routed, route_returns
from delivery.transfers import receive_transfer, send_transfers
from delivery.wishes import grant_wish
from offices.models import Closure, FollowUp, Office
from shipments.backlog import decide_addresses
from shipments.models import BacklogEntry, Card
from tests import factories
from tests.delivery.mailing import mail_cards, state_of
from tests.delivery.shelving import bring_back, shelve_cards

AT = datetime.fromisoformat("2020-05-25T10:00:00+07:00")
LATER = AT + timedelta(days=1)

pytestmark = pytest.mark.usefixtures("counter")


@pytest.fixture
def other(registry: Office) -> Office:
    return factories.make_office(
        code="3216-07", kind=Office.Kind.COUNTER, parent=registry, region_code="32.16.07"
    )


@pytest.fixture
def shelved(registry: Office, post_office: Office) -> Card:
    return shelve_cards(registry=registry, post_office=post_office, number=1)[0]


def returned(
    registry: Office, post_office: Office, *, at: Office | None = None, reason: str = "ABSENT"
) -> Card:
    mailed = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(mailed, office=at or registry, reason=reason)
    return mailed.cards[0]


def judge(card: Card, verdict: str) -> None:
    action = "NONE" if verdict == Verdict.UNDELIVERABLE else "FIX"
    Address.objects.filter(pk=card.address_id).update(verdict=verdict, next_action=action)


def queued(card: Card) -> bool:
    return BacklogEntry.objects.filter(card=card).exists()


def decision_of(card: Card) -> str:
    return card.returns.latest("pk").decision


def said_about(card: Card) -> tuple[str, str]:
    said = ResidentChoice.objects.get(card=card)
    return said.outcome, said.answer


def route(registry: Office) -> Routed:
    return route_returns(office_id=registry.pk, actor_id=None, at=AT)


def arrive(transfer: Transfer) -> None:
    receive_transfer(transfer_id=transfer.pk, references=None, shelf="", actor_id=None, at=LATER)


def granted_from_shelf(card: Card) -> Transfer:
    wish(card_id=card.pk, wish="RESEND", at=AT)
    grant_wish(card_id=card.pk, office_id=card.office_id, actor_id=None, at=AT)
    return Transfer.objects.latest("pk")


# --- from a shelf ----------------------------------------------------------------------------------


def test_a_card_that_was_never_posted_is_posted_when_its_holder_wishes_so(
    registry: Office, counter: Office
) -> None:
    (card,) = factories.make_cards(office=registry, number=1)
    choose_way(card_id=card.pk, channel="COUNTER", at=AT)
    (transfer,) = send_transfers(office_id=registry.pk, actor_id=None, at=AT)
    arrive(transfer)
    arrive(granted_from_shelf(card))
    card.refresh_from_db()
    assert (card.channel, queued(card), decision_of(card)) == ("POST", True, "SEND_AGAIN")
    assert not reconcile(office_id=registry.pk).gaps


def test_a_card_that_came_to_be_posted_waits_for_its_address(registry: Office, shelved: Card) -> None:
    transfer = granted_from_shelf(shelved)
    judge(shelved, Verdict.NEEDS_REVIEW)
    arrive(transfer)
    assert (decision_of(shelved), queued(shelved)) == ("ADDRESS", False)
    assert route(registry).decided == 0  # no rule takes it to the counter again
    decide_addresses(
        office_id=registry.pk, address_ids=[shelved.address_id], decision="ACCEPTED", actor_id=None, at=LATER,
        village_code=factories.JATIMULYA,
    )  # fmt: skip
    resume_sending(office_id=registry.pk, actor_id=None, at=LATER)
    assert (decision_of(shelved), queued(shelved)) == ("SEND_AGAIN", True)


def test_a_card_that_came_to_be_posted_waits_for_a_person_when_nobody_can_find_its_address(
    shelved: Card,
) -> None:
    transfer = granted_from_shelf(shelved)
    judge(shelved, Verdict.UNDELIVERABLE)
    arrive(transfer)
    assert (decision_of(shelved), queued(shelved)) == ("UNDECIDED", False)


def test_what_nobody_collected_waits_for_a_decision_while_its_holder_asks_for_something(
    registry: Office, counter: Office, post_office: Office
) -> None:
    asking, silent = shelve_cards(registry=registry, post_office=post_office, number=2)
    transfer = send_back(counter_id=counter.pk, card_ids=[asking.pk, silent.pk], actor_id=None, at=AT)
    wish(card_id=asking.pk, wish="RESEND", at=AT)
    arrive(transfer)
    assert (decision_of(asking), decision_of(silent)) == ("UNDECIDED", "REGISTRY")
    route(registry)
    assert (queued(asking), queued(silent)) == (True, False)


def test_who_asks_for_a_card_on_the_registrys_list_still_gets_it(
    registry: Office, counter: Office, shelved: Card
) -> None:
    arrive(send_back(counter_id=counter.pk, card_ids=[shelved.pk], actor_id=None, at=AT))
    assert decision_of(shelved) == "REGISTRY"
    wish(card_id=shelved.pk, wish="RESEND", at=LATER)
    grant_wish(card_id=shelved.pk, office_id=registry.pk, actor_id=None, at=LATER)
    assert (queued(shelved), decision_of(shelved), said_about(shelved)[0]) == (True, "SEND_AGAIN", "GRANTED")


def test_a_card_whose_holder_died_is_not_sent_anywhere_by_a_wish(
    registry: Office, post_office: Office
) -> None:
    card = returned(registry, post_office, reason="DECEASED")
    route(registry)
    wish(card_id=card.pk, wish="RESEND", at=AT)
    with pytest.raises(DeliveryRefused) as refused:
        grant_wish(card_id=card.pk, office_id=registry.pk, actor_id=None, at=AT)
    assert refused.value.code is Code.WISH_NOT_NOW
    assert (queued(card), said_about(card)[0]) == (False, "")


# --- routing ---------------------------------------------------------------------------------------


def test_routing_does_what_holders_wish_and_tells_them(
    registry: Office, post_office: Office, counter: Office, other: Office, supervisor: User
) -> None:
    again, elsewhere, silent = (returned(registry, post_office) for _ in range(3))
    wish(card_id=again.pk, wish="RESEND", at=AT)
    wish(card_id=elsewhere.pk, wish="OTHER_COUNTER", counter_code=other.code, at=AT)
    routed = route_returns(office_id=registry.pk, actor_id=supervisor.pk, at=AT)
    assert (routed.sent_again, routed.by_counter, routed.undecided) == (1, {other.pk: 1, counter.pk: 1}, 0)
    assert queued(again)
    assert said_about(again) == said_about(elsewhere) == ("GRANTED", "")
    assert set(Message.objects.filter(occasion="WISH_ANSWERED").values_list("card_id", flat=True)) == {
        again.pk, elsewhere.pk,
    }  # fmt: skip
    sent = send_transfers(office_id=registry.pk, actor_id=None, at=AT)
    assert {transfer.to_office for transfer in sent} == {counter, other}
    assert silent.returns.get().counter == counter
    entry = AuditEntry.objects.get(operation="ROUTE_RETURNS")
    assert (entry.actor_id, entry.details["counters"], entry.details["sent_again"]) == (supervisor.pk, 2, 1)


def test_routing_that_decides_nothing_writes_nothing(registry: Office) -> None:
    assert route(registry).decided == 0
    assert not AuditEntry.objects.filter(operation="ROUTE_RETURNS").exists()


def test_routing_leaves_what_is_asked_and_cannot_be_done_to_a_person_and_says_why(
    registry: Office, post_office: Office, other: Office
) -> None:
    unclear, moved, shut, corrected = (
        returned(registry, post_office, reason=reason) for reason in ("ABSENT", "MOVED", "ABSENT", "ABSENT")
    )
    for card in (unclear, moved):
        wish(card_id=card.pk, wish="RESEND", at=AT)
    judge(unclear, Verdict.NEEDS_REVIEW)
    wish(card_id=shut.pk, wish="OTHER_COUNTER", counter_code=other.code, at=AT)
    today = date(2020, 5, 25)
    Closure.objects.create(office=other, starts_on=today, ends_on=today, reason="x")
    ask_correction(card_id=corrected.pk, fields={"alamat": "Jl. Baru 2"}, at=AT)
    routed = route(registry)
    assert (routed.decided, routed.left) == (0, {Left.WISH: 3, Left.CORRECTION: 1})
    shown = with_open_requests(ReturnReceipt.objects.order_by("card_id"))
    assert [(row.open_wish, row.correcting) for row in shown] == [  # type: ignore[attr-defined]
        ("RESEND", False), ("RESEND", False), ("OTHER_COUNTER", False), ("", True),
    ]  # fmt: skip
    assert not ResidentChoice.objects.filter(settled_at__isnull=False).exists()


def test_a_card_at_the_counter_that_was_wished_goes_onto_its_shelf(
    registry: Office, post_office: Office, other: Office
) -> None:
    by_routing, by_hand = (returned(registry, post_office, at=other) for _ in range(2))
    for card in (by_routing, by_hand):
        wish(card_id=card.pk, wish="OTHER_COUNTER", counter_code=other.code, at=AT)
    grant_wish(card_id=by_hand.pk, office_id=registry.pk, actor_id=None, at=AT)
    assert route(registry).shelved == 1
    assert CounterStay.objects.filter(counter=other, live=True).count() == 2


def test_a_wish_to_send_again_where_the_post_found_nobody_goes_to_the_review_desk_first(
    registry: Office, post_office: Office
) -> None:
    card = returned(registry, post_office, reason="ADDRESS_NOT_FOUND")
    wish(card_id=card.pk, wish="RESEND", at=AT)
    assert route(registry).to_review == 1
    assert said_about(card) == ("", "")  # granted once the card is in the queue
    decide_addresses(
        office_id=registry.pk, address_ids=[card.address_id], decision="ACCEPTED", actor_id=None, at=AT,
        village_code=factories.JATIMULYA,
    )  # fmt: skip
    resume_sending(office_id=registry.pk, actor_id=None, at=AT)
    assert (queued(card), said_about(card)[0]) == (True, "GRANTED")


def test_a_decision_by_hand_that_does_what_is_wished_answers_the_wish_and_another_leaves_it_open(
    registry: Office, post_office: Office
) -> None:
    granted, otherwise = (returned(registry, post_office) for _ in range(2))
    for card, decision in ((granted, "SEND_AGAIN"), (otherwise, "COUNTER")):
        wish(card_id=card.pk, wish="RESEND", at=AT)
        decide_returns(office_id=registry.pk, card_ids=[card.pk], decision=decision, actor_id=None, at=AT)
    assert (said_about(granted)[0], said_about(otherwise)[0]) == ("GRANTED", "")


def test_no_rule_posts_a_card_whose_holder_chose_the_counter_but_a_person_may(
    registry: Office, post_office: Office, counter: Office
) -> None:
    card = returned(registry, post_office)
    Card.objects.filter(pk=card.pk).update(channel="COUNTER")
    FollowUp.objects.create(office=registry, follows="SEND_AGAIN")
    assert route(registry).by_counter == {counter.pk: 1}
    other_card = returned(registry, post_office)
    Card.objects.filter(pk=other_card.pk).update(channel="COUNTER")
    decide_returns(
        office_id=registry.pk, card_ids=[other_card.pk], decision="SEND_AGAIN", actor_id=None, at=AT
    )
    other_card.refresh_from_db()
    assert (queued(other_card), other_card.channel) == (True, "POST")


# --- corrections of what came back -----------------------------------------------------------------


def correct(card: Card, *, accept: bool, village_code: str = factories.JATIMULYA) -> None:
    request = AddressRequest.objects.filter(card=card, state="OPEN").first() or ask_correction(
        card_id=card.pk, fields={"alamat": "Jl. Baru 2"}, at=AT
    )
    decide_correction(
        request_id=request.pk, accept=accept, answer="Tidak ditemukan.", actor_id=None, at=AT,
        village_code=village_code if accept else "",
    )  # fmt: skip


def test_an_accepted_correction_puts_a_return_in_line_again(registry: Office, post_office: Office) -> None:
    card = returned(registry, post_office, reason="MOVED")
    wish(card_id=card.pk, wish="RESEND", at=AT)
    correct(card, accept=True)
    assert (queued(card), decision_of(card), said_about(card)[0]) == (True, "SEND_AGAIN", "GRANTED")


def test_a_declined_correction_leaves_the_return_to_routing(
    registry: Office, post_office: Office, counter: Office
) -> None:
    card = returned(registry, post_office)
    correct(card, accept=False)
    assert (queued(card), decision_of(card)) == (False, "UNDECIDED")
    assert route(registry).by_counter == {counter.pk: 1}


def test_a_corrected_address_that_the_check_does_not_find_is_sent_to_once_the_desk_has(
    registry: Office, post_office: Office
) -> None:
    card = returned(registry, post_office)
    ask_correction(card_id=card.pk, fields={"desa_kelurahan": "Desa Entah"}, at=AT)
    correct(card, accept=True, village_code="")
    assert (queued(card), decision_of(card)) == (False, "ADDRESS")


@pytest.mark.parametrize("reason", ["DECEASED", "ABSENT"])
def test_an_accepted_correction_posts_nothing_to_the_dead_or_to_who_wishes_a_counter(
    reason: str, registry: Office, post_office: Office, other: Office
) -> None:
    card = returned(registry, post_office, reason=reason)
    if reason == "ABSENT":
        wish(card_id=card.pk, wish="OTHER_COUNTER", counter_code=other.code, at=AT)
    correct(card, accept=True)
    assert (queued(card), decision_of(card)) == (False, "UNDECIDED")


# --- answers ---------------------------------------------------------------------------------------


def test_a_declined_wish_says_why_on_the_holders_page_and_in_a_message(
    shelved: Card, supervisor: User
) -> None:
    wish(card_id=shelved.pk, wish="RESEND", at=AT)
    with pytest.raises(DeliveryRefused) as refused:
        settle_wish(card_id=shelved.pk, granted=False, answer="  ", actor_id=supervisor.pk, at=AT)
    assert refused.value.code is Code.REASON_MISSING
    assert choices_for(card_id=shelved.pk).wish_outcome == ""
    settle_wish(card_id=shelved.pk, granted=False, answer="Wilayah tertutup.", actor_id=supervisor.pk, at=AT)
    shown = choices_for(card_id=shelved.pk)
    assert (shown.wish_outcome, shown.wish_answer) == ("DECLINED", "Wilayah tertutup.")
    assert Message.objects.filter(card=shelved, occasion="WISH_ANSWERED").count() == 1
    assert state_of(shelved)[0] == "READY_AT_COUNTER"
    entry = AuditEntry.objects.get(operation="SETTLE_WISH")
    assert (entry.object_key, entry.details) == (shelved.reference, {"outcome": "DECLINED"})
    wish(card_id=shelved.pk, wish="RESEND", at=LATER)  # may ask again
    assert choices_for(card_id=shelved.pk).wish_outcome == ""


def test_a_wish_is_answered_once(shelved: Card) -> None:
    wish(card_id=shelved.pk, wish="RESEND", at=AT)
    settle_wish(card_id=shelved.pk, granted=True, actor_id=None, at=AT)
    with pytest.raises(DeliveryRefused) as refused:
        settle_wish(card_id=shelved.pk, granted=False, answer="x", actor_id=None, at=AT)
    assert refused.value.code is Code.ALREADY_SETTLED
    assert said_about(shelved) == ("GRANTED", "")
    assert Message.objects.filter(occasion="WISH_ANSWERED").count() == 1
