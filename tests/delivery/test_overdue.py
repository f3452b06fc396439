"""A card that nobody collects goes to the village officer and then back to the registry, always in one bucket."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import AuditEntry, User
from delivery.ledger import reconcile
from delivery.messages.reminders import queue_reminders
from delivery.models import Appointment, CounterStay, Message, ReturnReceipt
from delivery.overdue import keep_longer, mark_overdue, overdue_stays, send_back, shelf_ages
from delivery.refusals import Code, DeliveryRefused
from delivery.registry_list import sign_off, take_off_registry_list
from delivery.returns import receive_transfer, route_returns
from delivery.village_lists import VillageResult, make_village_list, report
from offices.models import FollowUp, Office, Quota
from shipments.models import Card, DispositionChange
from tests import factories
from tests.delivery.mailing import mail_cards, state_of
from tests.delivery.shelving import ARRIVED_AT, RETURNED_AT, bring_back, shelve_cards

pytestmark = pytest.mark.django_db
# Kept for 30 days from 20 May on: 20 June is the first day too late, and begins at 17:00 UTC on the 19th.
LAST_DAY = datetime(2020, 6, 19, 16, 59, tzinfo=ARRIVED_AT.tzinfo)
TOO_LATE = LAST_DAY + timedelta(minutes=1)


@pytest.fixture
def cards(registry: Office, post_office: Office, counter: Office) -> list[Card]:
    return shelve_cards(registry=registry, post_office=post_office, number=2)


def keys(cards: list[Card]) -> list[int]:
    return [card.pk for card in cards]


def buckets(registry: Office) -> dict[str, int]:
    found = reconcile(office_id=registry.pk)
    assert found.holds
    return {name: number for name, number in found.buckets.items() if number}


def follows() -> list[str]:
    return list(CounterStay.objects.filter(live=True).order_by("card_id").values_list("follows", flat=True))


def test_people_are_reminded_on_the_seventh_and_fourteenth_day(cards: list[Card]) -> None:
    told = [queue_reminders(at=ARRIVED_AT + timedelta(days=day)) for day in range(1, 16)]
    assert told == [2 if day in (7, 14) else 0 for day in range(1, 16)]
    assert Message.objects.filter(occasion="REMINDER", sequence=2).count() == 2


def test_a_card_is_marked_from_the_first_day_after_its_hold_by_the_rule_of_its_counter(
    counter: Office, cards: list[Card]
) -> None:
    assert mark_overdue(at=LAST_DAY) == 0
    assert overdue_stays(counters=[counter.pk], at=LAST_DAY).count() == 0
    assert overdue_stays(counters=[counter.pk], at=TOO_LATE).count() == 2
    FollowUp.objects.create(office=counter, after_hold="REGISTRY")
    assert mark_overdue(at=TOO_LATE) == 2
    assert mark_overdue(at=TOO_LATE) == 0
    assert follows() == ["REGISTRY", "REGISTRY"]
    CounterStay.objects.filter(card=cards[0]).update(hold_until=date(2020, 6, 30))  # as a closure does
    assert (mark_overdue(at=TOO_LATE), follows()) == (0, ["", "REGISTRY"])
    assert AuditEntry.objects.get(operation="MARK_OVERDUE").details == {"cards": 2}


def test_the_way_of_a_card_that_nobody_collects(
    registry: Office, counter: Office, cards: list[Card], capsys: Any
) -> None:
    mark_overdue(at=TOO_LATE)
    assert (follows(), buckets(registry)) == (["VILLAGE", "VILLAGE"], {"at_counter": 2})
    village_list = make_village_list(
        office_id=counter.pk, village_code=factories.JATIMULYA, card_ids=None, officer="Sekretaris Kelurahan",
        return_by=date(2020, 7, 4), actor_id=None, at=TOO_LATE,
    )  # fmt: skip
    assert buckets(registry) == {"at_village": 2}
    back = TOO_LATE + timedelta(days=14)
    report(
        village_list_id=village_list.pk,
        results=[VillageResult(card_id=card.pk, result="RETURNED", on=date(2020, 7, 4)) for card in cards],
        actor_id=None,
        at=back,
    )
    assert (follows(), buckets(registry)) == (["", ""], {"at_counter": 2})
    much_later = back + timedelta(days=31)
    mark_overdue(at=much_later)
    assert follows() == ["REGISTRY", "REGISTRY"]

    transfer = send_back(counter_id=counter.pk, card_ids=keys(cards), actor_id=None, at=much_later)
    assert (transfer.to_office, buckets(registry)) == (registry, {"in_transfer": 2})
    receipt = receive_transfer(
        transfer_id=transfer.pk, references=[cards[0].reference], shelf="", actor_id=None, at=much_later
    )
    assert (receipt.arrived, receipt.missing) == (1, (cards[1].reference,))
    assert buckets(registry) == {"returned": 1, "in_transfer": 1}
    assert state_of(cards[0]) == ("RETURN_RECEIVED", "UNCLAIMED")
    taken = ReturnReceipt.objects.filter(card=cards[0]).latest("pk")
    assert (taken.decision, taken.reason, taken.office) == ("REGISTRY", "UNCLAIMED", registry)
    # it is on the registry's list now; routing does not send it to the counter once more
    assert route_returns(office_id=registry.pk, actor_id=None, at=much_later).by_counter == {}


def test_sending_back_gives_appointments_back_and_refuses_what_is_not_here(
    registry: Office, counter: Office, cards: list[Card]
) -> None:
    Quota.objects.create(office=counter, lane="ORDINARY", per_day=5)
    appointment = Appointment.objects.create(
        card=cards[0], counter=counter, day=date(2020, 6, 22), booked_at=ARRIVED_AT
    )
    other = factories.make_cards(office=registry, number=1, disposition="WITHDRAWN")[0]
    with pytest.raises(DeliveryRefused) as refused:
        send_back(counter_id=counter.pk, card_ids=[*keys(cards), other.pk], actor_id=None, at=TOO_LATE)
    assert (refused.value.code, refused.value.params) == (
        Code.NOT_KEPT_LONGER,
        {"reference": other.reference},
    )
    assert buckets(registry)["at_counter"] == 2
    for office, chosen, code in [
        (registry, keys(cards), Code.NO_REGISTRY_ABOVE), (counter, [], Code.NO_CARDS),
    ]:  # fmt: skip
        with pytest.raises(DeliveryRefused) as refused:
            send_back(counter_id=office.pk, card_ids=chosen, actor_id=None, at=TOO_LATE)
        assert refused.value.code is code
    send_back(counter_id=counter.pk, card_ids=keys(cards), actor_id=None, at=TOO_LATE)
    appointment.refresh_from_db()
    assert appointment.cancelled_at == TOO_LATE
    assert not CounterStay.objects.filter(live=True).exists()


def test_a_card_is_kept_longer_with_a_reason_and_its_mark_goes(counter: Office, cards: list[Card]) -> None:
    mark_overdue(at=TOO_LATE)
    until = date(2020, 7, 1)

    def keep(**other: Any) -> int:
        asked = {"card_ids": keys(cards[:1]), "until": until, "reason": "sakit", **other}
        return keep_longer(counter_id=counter.pk, actor_id=None, at=TOO_LATE, **asked)

    refusals: list[tuple[dict[str, Any], Code]] = [
        ({"reason": " "}, Code.REASON_MISSING), ({"until": date(2020, 6, 19)}, Code.DAY_PASSED),
        ({"until": date(9999, 12, 31)}, Code.DAY_TOO_LATE),
        ({"card_ids": [0]}, Code.NOT_KEPT_LONGER),
    ]  # fmt: skip
    for other, code in refusals:
        with pytest.raises(DeliveryRefused) as refused:
            keep(**other)
        assert refused.value.code is code
    assert follows() == ["VILLAGE", "VILLAGE"]
    assert keep() == 1
    assert follows() == ["", "VILLAGE"]
    assert CounterStay.objects.get(card=cards[0], live=True).hold_until == until
    assert AuditEntry.objects.get(operation="KEEP_LONGER").details["reason"] == "sakit"


def test_a_counters_own_hold_is_kept_to(registry: Office, post_office: Office, counter: Office) -> None:
    FollowUp.objects.create(office=counter, hold_days=10)
    shelve_cards(registry=registry, post_office=post_office, number=1)
    assert CounterStay.objects.get().hold_until == date(2020, 5, 30)


def test_the_age_of_each_shelf_adds_up_to_its_cards(
    registry: Office, post_office: Office, counter: Office, cards: list[Card]
) -> None:
    young = shelve_cards(registry=registry, post_office=post_office, number=3)
    CounterStay.objects.filter(card__in=young).update(
        shelf="B2", arrived_at=TOO_LATE - timedelta(days=8), hold_until=date(2020, 7, 12)
    )
    ages = shelf_ages(counters=[counter.pk], at=TOO_LATE)
    assert [(a.shelf, a.cards, a.ages, a.overdue) for a in ages] == [
        ("A1", 2, (0, 0, 0, 2), 2), ("B2", 3, (0, 3, 0, 0), 0),
    ]  # fmt: skip
    assert shelf_ages(counters=[registry.pk], at=TOO_LATE) == []


def test_the_daily_command_says_what_it_did(cards: list[Card], capsys: Any) -> None:
    CounterStay.objects.update(hold_until=date(2020, 6, 1))
    call_command("follow_up", "--json")
    assert capsys.readouterr().out.strip() == '{"moved": 0, "overdue": 2, "sent_again": 0, "given_up": 0}'


# the registry's own list


@pytest.fixture
def listed(registry: Office, post_office: Office) -> list[Card]:
    """One who died, one who moved away, one who was never at home."""
    cards = []
    for reason in ("DECEASED", "MOVED", "ABSENT"):
        mailed = mail_cards(office=registry, post_office=post_office, number=1)
        bring_back(mailed, office=registry, reason=reason)
        cards += mailed.cards
    route_returns(office_id=registry.pk, actor_id=None, at=RETURNED_AT)
    return cards


def test_a_signed_entry_leaves_the_open_list_and_its_card_is_void(
    registry: Office, supervisor: User, listed: list[Card]
) -> None:
    assert (
        sign_off(office_id=registry.pk, card_ids=keys(listed[:2]), actor_id=supervisor.pk, at=ARRIVED_AT) == 2
    )
    signed = ReturnReceipt.objects.filter(signed_off_at=ARRIVED_AT, signed_off_by=supervisor)
    assert sorted(signed.values_list("card_id", flat=True)) == keys(listed[:2])
    assert list(DispositionChange.objects.order_by("card_id").values_list("after", "reason")) == [
        ("VOID", "DECEASED"), ("VOID", "MOVED"),
    ]  # fmt: skip
    assert buckets(registry) == {"void": 2, "returned": 1}
    with pytest.raises(DeliveryRefused) as refused:
        sign_off(office_id=registry.pk, card_ids=keys(listed[:1]), actor_id=supervisor.pk, at=ARRIVED_AT)
    assert refused.value.code is Code.NOT_TO_SIGN_OFF


def test_only_an_officer_signs_and_only_for_who_died_or_moved(
    registry: Office, supervisor: User, listed: list[Card]
) -> None:
    ReturnReceipt.objects.filter(card=listed[1]).update(reason="UNCLAIMED")
    for actor, code in ((None, Code.OFFICER_MISSING), (supervisor.pk, Code.NOT_TO_SIGN_OFF)):
        with pytest.raises(DeliveryRefused) as refused:
            sign_off(office_id=registry.pk, card_ids=keys(listed[:2]), actor_id=actor, at=ARRIVED_AT)
        assert refused.value.code is code
    assert buckets(registry) == {"returned": 3}


def test_a_wrong_entry_is_taken_off_and_waits_for_a_decision(registry: Office, listed: list[Card]) -> None:
    taken = take_off_registry_list(
        office_id=registry.pk, card_ids=keys(listed[:1]), reason="ABSENT", actor_id=None, at=ARRIVED_AT
    )
    receipt = ReturnReceipt.objects.get(card=listed[0])
    assert (taken, receipt.decision, receipt.reason) == (1, "UNDECIDED", "ABSENT")
    other = factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")
    with pytest.raises(DeliveryRefused):
        take_off_registry_list(
            office_id=other.pk, card_ids=keys(listed[1:2]), reason="", actor_id=None, at=ARRIVED_AT
        )
    assert ReturnReceipt.objects.get(card=listed[1]).decision == "REGISTRY"
