"""Shapes of what becomes of cards that reached nobody: rules, shelves, the registry's list, destruction."""

from rest_framework import serializers

from api.serializers.returns import MOST_SCANS
from api.serializers.shapes import Shape
from delivery.models import CounterStay, Destruction, DestructionCard, ReturnReceipt, StrayItem
from delivery.status import Reason
from offices.models import FollowUp

REASONS = [reason.value for reason in Reason if reason]


def _references() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, max_length=MOST_SCANS
    )


class ChosenCardsRequest(Shape):
    """Some cards by their references."""

    references = _references()


class CardsDoneSerializer(Shape):
    """With how many cards it was done."""

    cards = serializers.IntegerField()


class ResumedSerializer(Shape):
    """Cards whose addresses were decided: sent again, and given up (they wait for a decision)."""

    sent_again = serializers.IntegerField()
    given_up = serializers.IntegerField()


class OtherAddressRequest(Shape):
    """The address that a card's holder has chosen, as it is written."""

    reference = serializers.CharField(max_length=40)
    alamat = serializers.CharField(max_length=250)
    rt_rw = serializers.CharField(max_length=40, allow_blank=True, default="")
    dusun = serializers.CharField(max_length=100, allow_blank=True, default="")
    desa_kelurahan = serializers.CharField(max_length=100)
    kecamatan = serializers.CharField(max_length=100)
    kabupaten = serializers.CharField(max_length=100)
    kode_pos = serializers.CharField(max_length=10, allow_blank=True, default="")


class OtherAddressAnswer(Shape):
    """Whether the card is in the backlog already; otherwise its address waits at the review desk."""

    queued = serializers.BooleanField()


class TakeOffRequest(ChosenCardsRequest):
    """Cards that are not to be on the registry's list, with the reason that turned out to be right."""

    reason = serializers.ChoiceField(choices=REASONS, allow_blank=True, default="")


class RegistryEntrySerializer(serializers.ModelSerializer[ReturnReceipt]):
    """An entry of the registry's own list."""

    reference = serializers.CharField(source="card.reference")
    disposition = serializers.CharField(source="card.disposition")
    signed_off_by = serializers.SerializerMethodField()

    class Meta:
        model = ReturnReceipt
        fields = ["id", "reference", "reason", "disposition", "received_at", "signed_off_at", "signed_off_by"]
        read_only_fields = fields

    def get_signed_off_by(self, entry: ReturnReceipt) -> str:
        return entry.signed_off_by.username if entry.signed_off_by is not None else ""


class SheetQuery(Shape):
    """The kind of file."""

    file_type = serializers.ChoiceField(choices=["xlsx", "csv"], default="xlsx")


class StraySerializer(serializers.ModelSerializer[StrayItem]):
    """Something that came back and belongs to nobody here: a case until it is settled."""

    office = serializers.CharField(source="office.code")

    class Meta:
        model = StrayItem
        fields = ["id", "office", "scanned", "outcome", "found_at", "settled_at", "resolution"]
        read_only_fields = fields


class StaySerializer(serializers.ModelSerializer[CounterStay]):
    """A card on a counter's shelf. `follows`: where it goes, once it was kept too long."""

    reference = serializers.CharField(source="card.reference")
    counter = serializers.CharField(source="counter.code")
    village_code = serializers.CharField(source="card.address.village_code")

    class Meta:
        model = CounterStay
        fields = [
            "id", "reference", "counter", "shelf", "village_code", "arrived_at", "hold_until", "follows",
        ]  # fmt: skip
        read_only_fields = fields


class ShelfAgeSerializer(Shape):
    """How long the cards of one shelf have stood there."""

    counter = serializers.CharField()
    shelf = serializers.CharField()
    cards = serializers.IntegerField()
    ages = serializers.ListField(
        child=serializers.IntegerField(), help_text="cards of up to 7, 14 and 30 days, and older ones"
    )
    overdue = serializers.IntegerField()
    oldest = serializers.DateTimeField()


class CounterCardsRequest(ChosenCardsRequest):
    """Cards on the shelf of a counter; without one, the caller's own."""

    counter = serializers.CharField(max_length=16, allow_null=True, default=None)


class KeepLongerRequest(CounterCardsRequest):
    """Until when cards are kept, and why."""

    until = serializers.DateField()
    reason = serializers.CharField(max_length=200)


class PlaceCardsRequest(Shape):
    """Cards in hand, by reference or item number, and the position of the shelf; without a counter, one's own."""

    scans = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, max_length=MOST_SCANS
    )
    shelf = serializers.CharField(max_length=16)
    counter = serializers.CharField(max_length=16, required=False)


class PlacedCardsSerializer(Shape):
    """Which cards stand there now, which scans were of no card of this counter, and which were read wrongly."""

    placed = serializers.ListField(child=serializers.CharField())
    not_here = serializers.ListField(child=serializers.CharField())
    misread = serializers.ListField(child=serializers.CharField())


class FollowUpRequest(Shape):
    """The rule of an office; what is null or empty, its registry office says."""

    office = serializers.CharField(max_length=16)
    attempts = serializers.IntegerField(min_value=1, max_value=20, allow_null=True, default=None)
    days = serializers.IntegerField(min_value=1, max_value=365, allow_null=True, default=None)
    follows = serializers.ChoiceField(choices=FollowUp.Follows.choices, allow_blank=True, default="")
    hold_days = serializers.IntegerField(min_value=1, max_value=365, allow_null=True, default=None)
    after_hold = serializers.ChoiceField(choices=FollowUp.AfterHold.choices, allow_blank=True, default="")


class FollowUpSerializer(Shape):
    """The rule that holds at an office, complete."""

    office = serializers.CharField()
    attempts = serializers.IntegerField(allow_null=True)
    days = serializers.IntegerField(allow_null=True)
    follows = serializers.CharField()
    hold_days = serializers.IntegerField()
    after_hold = serializers.CharField()


class DestructionRequest(Shape):
    """What is put on a list; without references, all that may be."""

    kind = serializers.ChoiceField(choices=Destruction.Kind.choices)
    references = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_null=True, default=None, max_length=MOST_SCANS
    )


class DestructionSerializer(serializers.ModelSerializer[Destruction]):
    """A list of cards to destroy and its two signatures."""

    office = serializers.CharField(source="office.code")
    first_signed_by = serializers.SerializerMethodField()
    second_signed_by = serializers.SerializerMethodField()

    class Meta:
        model = Destruction
        fields = [
            "id", "number", "office", "kind", "cards", "opened_at", "first_signed_at", "first_signed_by",
            "second_signed_at", "second_signed_by", "cancelled_at", "cancel_reason",
        ]  # fmt: skip
        read_only_fields = fields

    def get_first_signed_by(self, row: Destruction) -> str:
        return row.first_signed_by.username if row.first_signed_by is not None else ""

    def get_second_signed_by(self, row: Destruction) -> str:
        return row.second_signed_by.username if row.second_signed_by is not None else ""


class DestructionCardSerializer(serializers.ModelSerializer[DestructionCard]):
    """A card on a list."""

    reference = serializers.CharField(source="card.reference")
    disposition = serializers.CharField(source="card.disposition")

    class Meta:
        model = DestructionCard
        fields = ["id", "reference", "disposition"]
        read_only_fields = fields


class SignRequest(Shape):
    """A signature: what the officer has counted."""

    counted = serializers.IntegerField(min_value=0, max_value=10_000_000)


class ToDestroySerializer(Shape):
    """A card that may be put on a list."""

    reference = serializers.CharField()
    disposition = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class ToDestroyQuery(Shape):
    """Which cards: printed ones, or old ones that were handed in."""

    kind = serializers.ChoiceField(choices=Destruction.Kind.choices, default=Destruction.Kind.CARDS.value)
