"""Shapes of waiting lists, of a day's places, of closures, and of a counter without network."""

from rest_framework import serializers

from api.serializers.counter import CounterChoice
from api.serializers.offices import OfficeSerializer
from api.serializers.shapes import Shape
from delivery.closures import WaitingCards
from delivery.models import Collection, OfflineConflict, WaitingEntry
from delivery.offline import MOST_CONFIRMATIONS, Result
from offices.models import AREA_CODE, Closure, Delegation, ExtraDay, Quota, Service


class JoinRequest(Shape):
    """Which card waits for a place of which full day."""

    reference = serializers.CharField(max_length=12)
    day = serializers.DateField()
    lane = serializers.ChoiceField(choices=Quota.Lane.choices, default=Quota.Lane.URGENT.value)


class WaitingSerializer(serializers.ModelSerializer[WaitingEntry]):
    """A card that waits for a place of a full day."""

    reference = serializers.CharField(source="card.reference")
    counter = serializers.CharField(source="counter.code")

    class Meta:
        model = WaitingEntry
        fields = [
            "id",
            "reference",
            "counter",
            "lane",
            "day",
            "state",
            "joined_at",
            "offered_until",
            "ended_at",
        ]
        read_only_fields = fields


class QuotaSerializer(serializers.ModelSerializer[Quota]):
    """How many people an office takes a day, and a slot; null: the day's in equal parts."""

    office = serializers.CharField(source="office.code")

    class Meta:
        model = Quota
        fields = ["office", "lane", "per_day", "per_slot"]
        read_only_fields = fields


class QuotaRequest(Shape):
    """Set how many people an office takes; a second word about an office and lane replaces the first."""

    office = serializers.CharField(max_length=16, help_text="the office's code")
    lane = serializers.ChoiceField(choices=Quota.Lane.choices)
    per_day = serializers.IntegerField(min_value=0, max_value=100_000)
    per_slot = serializers.IntegerField(min_value=0, max_value=100_000, allow_null=True, default=None)


class HoursRequest(Shape):
    """When an office is open; and for all counters of its registry how long a slot and an offer are."""

    office = serializers.CharField(max_length=16, help_text="the office's code")
    opens_at = serializers.TimeField()
    closes_at = serializers.TimeField()
    slot_minutes = serializers.IntegerField(min_value=5, max_value=1_440, default=60)
    offer_minutes = serializers.IntegerField(min_value=1, max_value=10_080, default=60)
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), required=False, min_length=1, max_length=7,
        help_text="0 = Monday … 6 = Sunday; left out: as they are",
    )  # fmt: skip


class ExtraDaySerializer(serializers.ModelSerializer[ExtraDay]):
    """A day on which a counter hands out cards although it is a weekend or a holiday."""

    office = serializers.CharField(source="office.code")

    class Meta:
        model = ExtraDay
        fields = ["id", "office", "day", "reason"]
        read_only_fields = fields


class ExtraDayRequest(Shape):
    """Open a counter on a day, and why."""

    office = serializers.CharField(max_length=16, help_text="the counter's code")
    day = serializers.DateField()
    reason = serializers.CharField(max_length=200)


class SlotsSerializer(Shape):
    """When the office's slots begin."""

    slots = serializers.ListField(child=serializers.TimeField())


class WaitingCardSerializer(Shape):
    """A card on the shelf of a counter that is closed."""

    reference = serializers.CharField(source="card.reference")
    counter = serializers.CharField(source="counter.code")
    shelf = serializers.CharField(allow_blank=True)
    hold_until = serializers.DateField()


class OverrideRequest(Shape):
    """Places more (or with a minus fewer) on one day, and why."""

    office = serializers.CharField(max_length=16, help_text="the office's code")
    lane = serializers.ChoiceField(choices=Quota.Lane.choices)
    day = serializers.DateField()
    places = serializers.IntegerField(min_value=-10_000, max_value=10_000)
    reason = serializers.CharField(max_length=200)


class PlacesSerializer(Shape):
    """How many places the day has now."""

    places = serializers.IntegerField()


class ClosureSerializer(serializers.ModelSerializer[Closure]):
    """An office, or every office of a region, that does not do a service on these days."""

    office = serializers.CharField(source="office.code", allow_null=True, default=None)
    service = serializers.ChoiceField(choices=Service.choices, allow_blank=True, help_text="empty: all")

    class Meta:
        model = Closure
        fields = ["id", "office", "area_code", "service", "starts_on", "ends_on", "reason", "moves_cards"]
        read_only_fields = fields


class ClosureRequest(Shape):
    """Close one office, or every office of a region."""

    office = serializers.CharField(max_length=16, required=False, help_text="the office's code")
    area_code = serializers.CharField(validators=[AREA_CODE], required=False)
    service = serializers.ChoiceField(choices=Service.choices, allow_blank=True, default="")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    reason = serializers.CharField(max_length=200)
    cards = serializers.ChoiceField(
        choices=[choice.value for choice in WaitingCards], default=WaitingCards.HOLD.value,
        help_text="what waits there: HOLD is kept longer, MOVE goes on the first day to the office that stands in",
    )  # fmt: skip


class ClosureResultSerializer(Shape):
    """What the closure did."""

    closure_id = serializers.IntegerField()
    counters = serializers.IntegerField()
    waiting = serializers.IntegerField()
    moved = serializers.IntegerField(help_text="cards sent to a counter that stands in, at once")
    to_move = serializers.IntegerField(help_text="cards that go there on the first day")
    appointments = serializers.IntegerField()
    appointments_moved = serializers.IntegerField()
    told = serializers.IntegerField()


class ClosedCounterSerializer(Shape):
    """A counter that a closure is about."""

    office = OfficeSerializer()
    waiting = serializers.IntegerField()
    kept_longer = serializers.IntegerField()
    appointments = serializers.IntegerField()
    delegate = OfficeSerializer(allow_null=True)


class ReopenedSerializer(Shape):
    """What taking a closure back put back."""

    days = serializers.IntegerField()
    cards = serializers.IntegerField()
    appointments = serializers.IntegerField()
    told = serializers.IntegerField()


class DelegationSerializer(serializers.ModelSerializer[Delegation]):
    """An office that does a service while another one is closed."""

    office = serializers.CharField(source="office.code")
    delegate = serializers.CharField(source="delegate.code")

    class Meta:
        model = Delegation
        fields = ["id", "office", "delegate", "service", "starts_on", "ends_on"]
        read_only_fields = fields


class DelegationRequest(Shape):
    """Let `delegate` do a service whenever `office` is closed on these days."""

    office = serializers.CharField(max_length=16)
    delegate = serializers.CharField(max_length=16)
    service = serializers.ChoiceField(choices=Service.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class ReadyCardSerializer(Shape):
    """A card on the shelf: initials only. `tag` binds it to its list."""

    reference = serializers.CharField()
    name = serializers.CharField()
    shelf = serializers.CharField(allow_blank=True)
    tag = serializers.CharField()


class ReadyListSerializer(Shape):
    """The signed list of one counter, clerk and day. `documents`: of every inner list one must be shown."""

    token = serializers.CharField()
    counter = serializers.CharField()
    issued_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    documents = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    cards = ReadyCardSerializer(many=True)


class ConfirmationSerializer(Shape):
    """What was handed out to its holder while there was no network."""

    token = serializers.CharField(max_length=400)
    reference = serializers.CharField(max_length=12)
    tag = serializers.CharField(max_length=64)
    nonce = serializers.RegexField(r"^[A-Za-z0-9_-]{8,64}$")
    documents = serializers.ListField(
        child=serializers.ChoiceField(choices=Collection.Document.choices), max_length=10, default=list
    )
    old_card_surrendered = serializers.BooleanField(default=False)
    confirmed_at = serializers.DateTimeField()


class ConfirmationsRequest(CounterChoice):
    """A queue, in the order in which it was filled."""

    confirmations = serializers.ListField(
        child=ConfirmationSerializer(), allow_empty=False, max_length=MOST_CONFIRMATIONS
    )


class OutcomeSerializer(Shape):
    """What became of a confirmation; `code` says why it is a conflict or was refused."""

    nonce = serializers.CharField()
    reference = serializers.CharField()
    result = serializers.ChoiceField(choices=[result.value for result in Result])
    code = serializers.CharField(allow_blank=True)


class OutcomesSerializer(Shape):
    """One outcome for each confirmation, in their order."""

    outcomes = OutcomeSerializer(many=True)


class ConflictSerializer(serializers.ModelSerializer[OfflineConflict]):
    """A confirmation without network that does not agree with what is known."""

    reference = serializers.CharField(source="card.reference")
    counter = serializers.CharField(source="counter.code")
    documents = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = OfflineConflict
        fields = [
            "id", "reference", "counter", "code", "documents", "old_card_surrendered", "confirmed_at", "reported_at",
            "settled_at", "resolution",
        ]  # fmt: skip
        read_only_fields = fields


class SettleRequest(Shape):
    """How it was settled."""

    resolution = serializers.CharField(max_length=200)
