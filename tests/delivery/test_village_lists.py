"""Cards leave with a village officer under a list, and every one of them is reported given, not found or returned."""

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from accounts.models import AuditEntry
from delivery.models import CounterStay, ReturnReceipt, VillageList
from delivery.refusals import Code, DeliveryRefused
from delivery.returns import decide_returns, route_returns
from delivery.status import Receiver
from delivery.village_lists import VillageReport, VillageResult, make_village_list, report
from offices.models import Office
from shipments.models import Card, CirculatingCard
from tests import factories
from tests.delivery.mailing import mail_cards, state_of
from tests.delivery.shelving import SERVED_AT, bring_back, shelve_cards

pytestmark = pytest.mark.django_db
TODAY = date(2020, 5, 25)
REPORTED_AT = SERVED_AT + timedelta(days=3)


def make(office: Office, cards: list[Card] | None = None, at: datetime = SERVED_AT) -> VillageList:
    return make_village_list(
        office_id=office.pk, village_code=factories.JATIMULYA,
        card_ids=None if cards is None else [card.pk for card in cards],
        officer="Sekretaris Kelurahan Jatimulya", return_by=TODAY + timedelta(days=14), actor_id=None, at=at,
    )  # fmt: skip


def tell(village_list: VillageList, *results: tuple[Card, str]) -> VillageReport:
    return report(
        village_list_id=village_list.pk,
        results=[VillageResult(card_id=c.pk, result=r, relation="FAMILY", on=TODAY) for c, r in results],
        actor_id=None,
        at=REPORTED_AT,
    )


def test_a_list_takes_a_villages_cards_off_the_shelf_and_numbers_itself(
    registry: Office, post_office: Office, counter: Office
) -> None:
    cards = shelve_cards(registry=registry, post_office=post_office, number=3)
    elsewhere = factories.make_cards(office=registry, number=1, village_code="32.16.06.1002")
    shelve_cards(registry=registry, post_office=post_office, number=1, cards=elsewhere)

    village_list = make(counter)

    assert (village_list.number, village_list.cards) == ("DD-3216-06-20200525-001", 3)
    assert sorted(village_list.entries.values_list("card_id", flat=True)) == sorted(card.pk for card in cards)
    assert list(village_list.entries.values_list("position", flat=True)) == [1, 2, 3]
    assert {state_of(card)[0] for card in cards} == {"AT_VILLAGE"}
    assert CounterStay.objects.get(live=True).card == elsewhere[0]
    assert AuditEntry.objects.get(operation="MAKE_VILLAGE_LIST").details == {"cards": 3}
    with pytest.raises(DeliveryRefused) as refused:
        make(counter)
    assert refused.value.code is Code.NO_CARDS


def test_a_report_gives_keeps_looking_and_takes_back(
    registry: Office, post_office: Office, counter: Office
) -> None:
    given, lost, back = shelve_cards(registry=registry, post_office=post_office, number=3)
    CirculatingCard.objects.create(nik_index=given.nik_index, card=given)
    village_list = make(counter)

    told = tell(village_list, (given, "GIVEN"), (lost, "NOT_FOUND"), (back, "RETURNED"))

    assert told == VillageReport(given=1, not_found=1, returned=1, unchanged=0, still_out=1)
    assert [state_of(card)[0] for card in (given, lost, back)] == [
        "GIVEN_BY_VILLAGE", "AT_VILLAGE", "READY_AT_COUNTER",
    ]  # fmt: skip
    assert given.delivery.receiver == Receiver.FAMILY
    assert CounterStay.objects.get(live=True).card == back
    assert not CirculatingCard.objects.filter(card=given).exists()
    assert VillageList.objects.get().closed_at is None
    assert tell(village_list, (given, "GIVEN"), (lost, "NOT_FOUND")).unchanged == 2
    assert tell(village_list, (lost, "GIVEN")).still_out == 0
    assert VillageList.objects.get().closed_at == REPORTED_AT


def test_a_report_that_contradicts_the_last_one_is_refused_whole(
    registry: Office, post_office: Office, counter: Office
) -> None:
    given, other = shelve_cards(registry=registry, post_office=post_office, number=2)
    village_list = make(counter)
    tell(village_list, (given, "GIVEN"))
    for results, code in (
        ([(other, "GIVEN"), (given, "RETURNED")], Code.ALREADY_REPORTED),
        ([(other, "OPEN")], Code.NOT_ON_LIST),
        ([(factories.make_cards(office=registry, number=1)[0], "GIVEN")], Code.NOT_ON_LIST),
    ):
        with pytest.raises(DeliveryRefused) as refused:
            tell(village_list, *results)
        assert refused.value.code is code
    assert state_of(other)[0] == "AT_VILLAGE"


def test_a_registry_gives_returned_cards_to_a_village_and_decides_leftovers_anew(
    registry: Office, post_office: Office, counter: Office
) -> None:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    bring_back(mailed, office=registry)
    route_returns(office_id=registry.pk, actor_id=None, at=SERVED_AT)
    village_list = make(registry)
    assert set(ReturnReceipt.objects.values_list("decision", flat=True)) == {"VILLAGE"}
    tell(village_list, (mailed.cards[0], "RETURNED"), (mailed.cards[1], "GIVEN"))
    assert state_of(mailed.cards[0]) == ("RETURN_RECEIVED", "ABSENT")
    routed = route_returns(office_id=registry.pk, actor_id=None, at=REPORTED_AT)
    assert routed.by_counter == {counter.pk: 1}


def test_a_card_that_is_sent_again_or_whose_holder_died_goes_on_no_list(
    registry: Office, post_office: Office, counter: Office
) -> None:
    again = mail_cards(office=registry, post_office=post_office, number=1)
    bring_back(again, office=registry)
    decide_returns(
        office_id=registry.pk,
        card_ids=[again.cards[0].pk],
        decision="SEND_AGAIN",
        actor_id=None,
        at=SERVED_AT,
    )
    bring_back(
        mail_cards(office=registry, post_office=post_office, number=1), office=registry, reason="DECEASED"
    )
    route_returns(office_id=registry.pk, actor_id=None, at=SERVED_AT)
    with pytest.raises(DeliveryRefused) as refused:
        make(registry)
    assert refused.value.code is Code.NO_CARDS


def test_cards_that_are_not_here_and_a_return_day_that_has_passed_are_refused(
    registry: Office, post_office: Office, counter: Office
) -> None:
    here = shelve_cards(registry=registry, post_office=post_office, number=1)
    in_the_mail = mail_cards(office=registry, post_office=post_office, number=1).cards
    with pytest.raises(DeliveryRefused, match="not at this office") as refused:
        make(counter, here + in_the_mail)
    assert refused.value.code is Code.CARD_NOT_HERE
    late = partial(make_village_list, office_id=counter.pk, village_code="", card_ids=None, officer="x")
    with pytest.raises(DeliveryRefused) as refused:
        late(return_by=TODAY - timedelta(days=1), actor_id=None, at=SERVED_AT)
    assert refused.value.code is Code.RETURN_DATE_PASSED
    assert not VillageList.objects.exists()
    assert CounterStay.objects.filter(live=True).count() == 1
