"""Area holds and the way that a card is to go."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from accounts.models import AuditEntry
from offices.models import Office
from shipments.backlog import fill_backlog, held_cards
from shipments.batching import close_shipment
from shipments.holds import HoldResult, choose_channel, hold_area, hold_cards, release_hold
from shipments.models import (
    AreaHold,
    BacklogEntry,
    Card,
    Channel,
    CirculatingCard,
    Disposition,
    HeldCard,
    Item,
    Shipment,
)
from shipments.refusals import Code, ShipmentRefused
from tests import factories

pytestmark = pytest.mark.django_db
OTHER_VILLAGE = "32.16.06.2003"


@pytest.fixture
def hold(registry: Office, now: datetime) -> Callable[..., HoldResult]:
    def make(**changes: object) -> HoldResult:
        values: dict[str, object] = {
            "office_id": registry.pk, "village_code": factories.JATIMULYA, "rws": ["7"], "action": "WAIT",
            "channel": "", "reason": "banjir", "starts_on": date(2020, 5, 1), "ends_on": None, "actor_id": None,
            "at": now,
        }  # fmt: skip
        return hold_area(**(values | changes))  # type: ignore[arg-type]

    return make


def test_hold_lets_the_cards_of_its_rw_wait_and_no_others(
    hold: Callable[..., HoldResult], queue: Callable[..., list[Card]], registry: Office
) -> None:
    inside = queue(3)
    outside = queue(2, rw="008") + queue(1, village_code=OTHER_VILLAGE)
    result = hold()
    assert (result.held, result.withdrawn, result.taken_from_shipments) == (3, 0, 0)
    assert set(HeldCard.objects.values_list("card_id", flat=True)) == {card.pk for card in inside}
    assert set(BacklogEntry.objects.values_list("card_id", flat=True)) == {card.pk for card in outside}
    assert held_cards(office_id=registry.pk) == 3


def test_hold_of_a_whole_village_takes_items_out_of_open_shipments(
    hold: Callable[..., HoldResult], shipment: Shipment
) -> None:
    result = hold(rws=[])
    assert (result.held, result.taken_from_shipments) == (5, 5)
    assert Item.objects.filter(shipment=shipment, live=True).count() == 0
    assert (
        Item.objects.filter(shipment=shipment, taken_out_at__isnull=False, number__isnull=False).count() == 5
    )


def test_hold_leaves_closed_shipments_alone(
    hold: Callable[..., HoldResult], shipment: Shipment, now: datetime
) -> None:
    close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    assert hold(rws=[]).held == 0


def test_withdrawal_gives_the_cards_to_another_channel_and_keeps_them_in_circulation(
    hold: Callable[..., HoldResult], queue: Callable[..., list[Card]]
) -> None:
    (card,) = queue(1)
    CirculatingCard.objects.create(nik_index=card.nik_index, card=card)
    assert hold(action="WITHDRAW", channel="VILLAGE", reason="penggusuran").withdrawn == 1
    card = Card.objects.get(pk=card.pk)
    assert (card.disposition, card.channel) == (Disposition.WITHDRAWN, Channel.VILLAGE)
    assert card.disposition_changes.get().reason == "penggusuran"
    assert CirculatingCard.objects.filter(card=card).exists()
    assert not BacklogEntry.objects.exists()


def test_later_cards_are_caught_when_they_would_enter_the_queue(
    hold: Callable[..., HoldResult], queue: Callable[..., list[Card]]
) -> None:
    hold()
    hold(village_code=OTHER_VILLAGE, rws=[], action="WITHDRAW", channel="COUNTER")
    queue(2)
    queue(1, village_code=OTHER_VILLAGE)
    assert not BacklogEntry.objects.exists()
    assert HeldCard.objects.count() == 2
    assert Card.objects.filter(disposition=Disposition.WITHDRAWN).count() == 1


def test_hold_begins_and_ends_on_its_days_in_the_offices_zone(
    hold: Callable[..., HoldResult], queue: Callable[..., list[Card]], registry: Office, now: datetime
) -> None:
    (card,) = queue(1)
    result = hold(starts_on=date(2020, 5, 5), ends_on=date(2020, 5, 6))
    assert result.held == 0
    # 17:30 UTC is 00:30 of the next day in Jakarta.
    fill_backlog(office_id=registry.pk, at=now.replace(hour=17, minute=30))
    assert HeldCard.objects.get().card_id == card.pk
    assert not BacklogEntry.objects.exists()
    fill_backlog(office_id=registry.pk, at=now + timedelta(days=3))
    assert not HeldCard.objects.exists()
    assert BacklogEntry.objects.get().card_id == card.pk


def test_released_cards_enter_the_queue_again(
    hold: Callable[..., HoldResult], shipment: Shipment, registry: Office, now: datetime
) -> None:
    result = hold()
    assert release_hold(hold_id=result.hold_id, actor_id=None, at=now) == 5
    assert fill_backlog(office_id=registry.pk, at=now) == 5
    assert AuditEntry.objects.filter(operation="RELEASE_HOLD").get().details == {"freed": 5}


def test_release_is_refused_twice_and_for_an_unknown_hold(
    hold: Callable[..., HoldResult], now: datetime
) -> None:
    hold_id = hold().hold_id
    release_hold(hold_id=hold_id, actor_id=None, at=now)
    for wrong, code in ((hold_id, Code.HOLD_RELEASED), (0, Code.HOLD_UNKNOWN)):
        with pytest.raises(ShipmentRefused) as caught:
            release_hold(hold_id=wrong, actor_id=None, at=now)
        assert caught.value.code is code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"village_code": "32.16.06"}, Code.VILLAGE_UNKNOWN),
        ({"village_code": "99.99.99.9999"}, Code.VILLAGE_UNKNOWN),
        ({"rws": ["7", "tujuh"]}, Code.RW_INVALID),
        ({"rws": ["1234"]}, Code.RW_INVALID),
        ({"action": "BURN"}, Code.ACTION_UNKNOWN),
        ({"action": "WITHDRAW"}, Code.CHANNEL_MISSING),
        ({"action": "WITHDRAW", "channel": "POST"}, Code.CHANNEL_MISSING),
        ({"reason": "  "}, Code.REASON_MISSING),
        ({"ends_on": date(2020, 4, 30)}, Code.ENDS_BEFORE_START),
        ({"office_id": 0}, Code.OFFICE_UNKNOWN),
    ],
)
def test_hold_is_refused_and_nothing_happens(
    hold: Callable[..., HoldResult], queue: Callable[..., list[Card]], changes: dict[str, object], code: Code
) -> None:
    queue(1)
    with pytest.raises(ShipmentRefused) as caught:
        hold(**changes)
    assert caught.value.code is code
    assert str(caught.value)
    assert not AreaHold.objects.exists()
    assert BacklogEntry.objects.count() == 1


def test_resident_may_choose_the_counter_until_the_shipment_is_closed(
    shipment: Shipment, registry: Office, now: datetime
) -> None:
    first, second = Card.objects.order_by("pk")[:2]
    options = {"office_id": registry.pk, "actor_id": None, "at": now}
    assert choose_channel(references=[first.reference], channel="COUNTER", **options) == 1  # type: ignore[arg-type]
    assert not Item.objects.filter(card=first, live=True).exists()
    close_shipment(shipment_id=shipment.pk, actor_id=None, at=now)
    with pytest.raises(ShipmentRefused) as caught:
        choose_channel(references=[second.reference], channel="COUNTER", **options)  # type: ignore[arg-type]
    assert caught.value.code is Code.ALREADY_POSTED
    assert choose_channel(references=[first.reference], channel="POST", **options) == 1  # type: ignore[arg-type]
    assert fill_backlog(office_id=registry.pk, at=now) == 1


@pytest.mark.parametrize(
    ("references", "channel", "code"),
    [(["T0"], "COUNTER", Code.CARD_UNKNOWN), ([], "PIGEON", Code.CHANNEL_UNKNOWN)],
)
def test_choice_of_a_channel_is_refused(
    registry: Office, now: datetime, references: list[str], channel: str, code: Code
) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        choose_channel(office_id=registry.pk, references=references, channel=channel, actor_id=None, at=now)
    assert caught.value.code is code


def test_choice_of_a_channel_is_refused_for_a_card_that_was_set_aside(
    registry: Office, now: datetime
) -> None:
    (card,) = factories.make_cards(office=registry, number=1, disposition=Disposition.DAMAGED)
    with pytest.raises(ShipmentRefused) as caught:
        choose_channel(
            office_id=registry.pk, references=[card.reference], channel="COUNTER", actor_id=None, at=now
        )
    assert caught.value.code is Code.SET_ASIDE


@pytest.fixture
def hold_list(registry: Office, now: datetime) -> Callable[..., HoldResult]:
    def make(references: list[str], **changes: object) -> HoldResult:
        values: dict[str, object] = {
            "office_id": registry.pk, "references": references, "action": "WAIT", "channel": "",
            "reason": "alamat diragukan", "starts_on": date(2020, 5, 1), "ends_on": None, "actor_id": None, "at": now,
        }  # fmt: skip
        return hold_cards(**(values | changes))  # type: ignore[arg-type]

    return make


def test_hold_of_a_list_catches_its_cards_wherever_they_live_and_no_others(
    hold_list: Callable[..., HoldResult],
    shipment: Shipment,
    queue: Callable[..., list[Card]],
    registry: Office,
    now: datetime,
) -> None:
    in_shipment = Item.objects.filter(live=True).select_related("card")[0].card
    (queued,) = queue(1, village_code=OTHER_VILLAGE)
    queue(1)
    result = hold_list([in_shipment.reference, queued.reference, queued.reference])
    assert (result.held, result.withdrawn, result.taken_from_shipments) == (2, 0, 1)
    assert set(HeldCard.objects.values_list("card_id", flat=True)) == {in_shipment.pk, queued.pk}
    assert release_hold(hold_id=result.hold_id, actor_id=None, at=now) == 2
    assert fill_backlog(office_id=registry.pk, at=now) == 2


def test_hold_of_a_list_catches_a_card_later_when_it_would_enter_the_queue(
    hold_list: Callable[..., HoldResult], registry: Office, now: datetime
) -> None:
    card, other = factories.make_cards(office=registry, number=2, channel=Channel.COUNTER)
    assert hold_list([card.reference], action="WITHDRAW", channel="VILLAGE").withdrawn == 0
    Card.objects.update(channel=Channel.POST)
    assert fill_backlog(office_id=registry.pk, at=now) == 1
    assert Card.objects.get(pk=card.pk).disposition == Disposition.WITHDRAWN
    assert BacklogEntry.objects.get().card_id == other.pk


@pytest.mark.parametrize(
    ("references", "changes", "code"),
    [
        ([], {}, Code.LIST_EMPTY),
        (["T0"], {}, Code.CARD_UNKNOWN),
        (["T0"], {"reason": " "}, Code.REASON_MISSING),
        (["T0"], {"action": "WITHDRAW"}, Code.CHANNEL_MISSING),
        (["T0"], {"ends_on": date(2020, 4, 1)}, Code.ENDS_BEFORE_START),
    ],
)
def test_hold_of_a_list_is_refused_as_a_whole(
    hold_list: Callable[..., HoldResult],
    queue: Callable[..., list[Card]],
    references: list[str],
    changes: dict[str, object],
    code: Code,
) -> None:
    (card,) = queue(1)
    with pytest.raises(ShipmentRefused) as caught:
        hold_list([card.reference, *references] if references else [], **changes)
    assert caught.value.code is code
    assert not AreaHold.objects.exists()
    assert BacklogEntry.objects.count() == 1
