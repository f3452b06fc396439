"""Any history of commands and facts still puts every card in exactly one bucket."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addresses.models import Verdict
from delivery.ledger import BUCKETS, cards_in_bucket, reconcile
from delivery.models import Delivery, TrackingEvent
from delivery.status import Status
from delivery.tracking import NewEvent, record_events, void_events
from offices.models import Office
from shipments.models import BacklogEntry, Card, Item, Shipment
from tests import factories
from tests.delivery.mailing import mail_cards
from tests.properties import in_parts, is_looked_at, settings_of_histories, taken_back

DAY = datetime(2020, 5, 4, tzinfo=UTC)
CARDS = 5
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("fact"), st.integers(0, CARDS - 1), st.sampled_from(Status), st.integers(0, 40)),
        st.tuples(st.just("void"), st.integers(0, 30), st.none(), st.none()),
        st.tuples(st.just("post"), st.integers(0, CARDS - 1), st.none(), st.integers(0, 40)),
        st.tuples(st.just("queue"), st.integers(0, CARDS - 1), st.none(), st.none()),
        st.tuples(st.just("pack"), st.integers(0, CARDS - 1), st.sampled_from(["OPEN", "CLOSED"]), st.none()),
        st.tuples(
            st.just("aside"),
            st.integers(0, CARDS - 1),
            st.sampled_from(["DAMAGED", "WITHDRAWN", "VOID", "DESTROYED"]),
            st.none(),
        ),
    ),
    max_size=20,
)


class Story:
    """Cards of one office, and the steps that the services allow with them."""

    def __init__(self, registry: Office, post_office: Office) -> None:
        self.registry, self.post_office = registry, post_office
        self.cards = factories.make_cards(office=registry, number=CARDS)
        for card in self.cards:
            self._queue(card)

    def fact(self, index: int, status: Status, hours: int) -> None:
        """The post, or our desk, tells something of a card that is or was in the mail."""
        item = Item.objects.filter(card=self.cards[index]).order_by("-pk").first()
        if item is not None and item.shipment.state == "HANDED_OVER":
            self._record(self.cards[index], item, status, hours)

    def void(self, which: int, *_rest: object) -> None:
        """Somebody corrects an event. The POSTED events of a handover are not corrected this way."""
        events = TrackingEvent.objects.filter(voids__isnull=True, voided_by__isnull=True).exclude(
            status="POSTED"
        )
        if found := events.order_by("pk")[which : which + 1]:
            void_events(event_ids=[found[0].pk], reason="uji", recorded_at=DAY, recorded_by_id=None)

    def post(self, index: int, _status: object, hours: int) -> None:
        """A queued card is packed and handed over, with its POSTED event in the same transaction."""
        card = self.cards[index]
        if self._unqueue(card):
            mailed = mail_cards(
                office=self.registry, post_office=self.post_office, number=1, cards=[card], posted=False
            )
            self._record(card, mailed.items[0], Status.POSTED, 100 + hours)

    def pack(self, index: int, state: str, _hours: object) -> None:
        """A queued card is packed into a shipment that stays here."""
        card = self.cards[index]
        if self._unqueue(card):
            shipment = mail_cards(
                office=self.registry, post_office=self.post_office, number=1, cards=[card], posted=False
            ).shipment
            Shipment.objects.filter(pk=shipment.pk).update(state=state)

    def queue(self, index: int, *_rest: object) -> None:
        """A card that lies in our hands is queued to be sent once more; its item has ended."""
        card = self.cards[index]
        here = Delivery.objects.filter(
            card=card, status__in=[Status.RETURN_RECEIVED, Status.READY_AT_COUNTER]
        )
        if card.disposition == "REGISTERED" and not self._is_packed(card) and here.exists():
            self._queue(card)

    def aside(self, index: int, disposition: str, _hours: object) -> None:
        """A card that is not in the mail is set aside."""
        card = self.cards[index]
        if not self._is_packed(card):
            BacklogEntry.objects.filter(card=card).delete()
            Card.objects.filter(pk=card.pk).update(disposition=disposition)

    def _is_packed(self, card: Card) -> bool:
        # what came back is received, and its item ends with that
        Item.objects.filter(
            card=card, live=True, shipment__state="HANDED_OVER",
            card__delivery__status__in=[Status.RETURN_RECEIVED, Status.READY_AT_COUNTER],
        ).update(live=None)  # fmt: skip
        return Item.objects.filter(card=card, live=True).exists()

    def _queue(self, card: Card) -> None:
        BacklogEntry.objects.get_or_create(
            card=card,
            defaults={
                "office": self.registry,
                "lane": 50,
                "printed_on": DAY.date(),
                "village_code": "32.16.06.1001",
            },
        )

    def _unqueue(self, card: Card) -> bool:
        return bool(BacklogEntry.objects.filter(card=card).delete()[0])

    def _record(self, card: Card, item: Item, status: Status, hours: int) -> None:
        event = NewEvent(
            card_id=card.pk, item_id=item.pk, status=status, occurred_at=DAY + timedelta(hours=hours)
        )
        record_events(events=[event], recorded_at=DAY, recorded_by_id=None)


@in_parts
@pytest.mark.django_db
@settings_of_histories(25)
@given(steps=_steps)
def test_every_card_is_in_exactly_one_bucket_after_any_history(
    registry: Office, post_office: Office, steps: list[tuple[str, int, object, object]], part: int
) -> None:
    with taken_back():
        story = Story(registry, post_office)
        for number, (name, *arguments) in enumerate(steps, start=1):
            for card in story.cards:
                card.refresh_from_db()
            getattr(story, name)(*arguments)
            if is_looked_at(number, steps):
                found = reconcile(office_id=registry.pk)
                assert found.gaps == ()
                assert sum(found.buckets.values()) == found.printed == CARDS
        found = reconcile(office_id=registry.pk)
        for bucket in BUCKETS:
            assert cards_in_bucket(office_id=registry.pk, bucket=bucket).count() == found.buckets[bucket]


def _other(registry: Office) -> Office:
    found = Office.objects.filter(code="3275").first()
    return found or factories.make_office(code="3275", kind=Office.Kind.REGISTRY, region_code="32.75")


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verdicts=st.lists(st.sampled_from(Verdict), min_size=1, max_size=8))
def test_a_ready_card_that_nobody_queued_is_a_gap_and_a_doubtful_address_is_not(
    registry: Office, verdicts: list[Verdict]
) -> None:
    Card.objects.filter(office=registry).update(office=_other(registry))
    for verdict in verdicts:
        village = "32.16.06.1001" if verdict == Verdict.DELIVERABLE else ""
        factories.make_cards(office=registry, number=1, verdict=verdict, village_code=village)
    found = reconcile(office_id=registry.pk)
    ready = verdicts.count(Verdict.DELIVERABLE)
    assert (found.gap_count, found.buckets["address_review"]) == (ready, len(verdicts) - ready)
    assert found.holds is (ready == 0)
