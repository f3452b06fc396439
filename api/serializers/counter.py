"""Shapes of counter pickup, appointments and village lists."""

from rest_framework import serializers

from api.serializers.offices import VILLAGE_CODE
from api.serializers.shapes import Shape
from delivery.counter import Collector
from delivery.models import Appointment, Collection, VillageList, VillageListCard
from offices.models import Quota

MOST_CARDS = 2_000


class CounterChoice(Shape):
    """At which counter; one's own office when left out."""

    counter = serializers.CharField(max_length=16, required=False, help_text="the office's code")


class FindRequest(CounterChoice):
    """What was scanned: reference, post number, NIK, or the link on a resident's phone."""

    scanned = serializers.CharField(max_length=200)


class FoundSerializer(Shape):
    """A card that was scanned. `here`: it stands on this counter's shelf."""

    reference = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    here = serializers.BooleanField()
    waits_at = serializers.CharField(allow_blank=True)
    shelf = serializers.CharField(allow_blank=True)
    arrived_at = serializers.DateTimeField(allow_null=True)
    hold_until = serializers.DateField(allow_null=True)
    appointment = serializers.DateField(allow_null=True)
    coming = serializers.CharField(allow_blank=True, help_text="who will come, as the holder said")
    wish = serializers.CharField(allow_blank=True, help_text="RESEND or OTHER_COUNTER, as the holder wishes")


class CheckRequest(CounterChoice):
    """Who stands at the counter, and what they show."""

    reference = serializers.CharField(max_length=12)
    relation = serializers.ChoiceField(choices=[collector.value for collector in Collector])
    documents = serializers.ListField(
        child=serializers.ChoiceField(choices=Collection.Document.choices), max_length=10, default=list
    )
    old_card_surrendered = serializers.BooleanField(default=False)
    pin = serializers.CharField(max_length=12, required=False)
    shown_nik = serializers.RegexField(r"^\d{16}$", allow_blank=True, default="")
    shown_kk = serializers.RegexField(r"^\d{16}$", allow_blank=True, default="")
    lane = serializers.ChoiceField(choices=Quota.Lane.choices, default=Quota.Lane.ORDINARY.value)


class CounterRefusalSerializer(Shape):
    """One reason why the card is not given out."""

    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.CharField()


class CheckAnswer(Shape):
    """Everything that speaks against giving the card out now; nothing: go ahead."""

    refusals = CounterRefusalSerializer(many=True)


class CollectRequest(CheckRequest):
    """Confirm after the check. The same nonce again gives the same collection."""

    collector_name = serializers.CharField(max_length=120, allow_blank=True, default="")
    nonce = serializers.RegexField(r"^[A-Za-z0-9_-]{8,64}$")


class CollectionSerializer(serializers.ModelSerializer[Collection]):
    """Who took a card, as a relation: the name stays sealed."""

    reference = serializers.CharField(source="card.reference")
    counter = serializers.CharField(source="counter.code")
    documents = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Collection
        fields = [
            "id", "reference", "counter", "relation", "documents", "old_card_surrendered", "collected_at",
            "undone_at", "undo_reason",
        ]  # fmt: skip
        read_only_fields = fields


class BookRequest(Shape):
    """Which day the holder comes."""

    reference = serializers.CharField(max_length=12)
    day = serializers.DateField()
    starts_at = serializers.TimeField(
        allow_null=True, default=None, help_text="the slot; the day's first with a place when left out"
    )
    lane = serializers.ChoiceField(choices=Quota.Lane.choices, default=Quota.Lane.ORDINARY.value)


class BookableQuery(Shape):
    """On which days and in which slots can this card be collected?"""

    reference = serializers.CharField(max_length=12)
    lane = serializers.ChoiceField(choices=Quota.Lane.choices, default=Quota.Lane.ORDINARY.value)


class FreeSlotSerializer(Shape):
    """A slot with a place."""

    starts_at = serializers.TimeField()
    left = serializers.IntegerField()


class FreeDaySerializer(Shape):
    """A day with a place, and its slots that have one."""

    day = serializers.DateField()
    left = serializers.IntegerField()
    slots = FreeSlotSerializer(many=True)


class BookableSerializer(Shape):
    """What can be booked, until when the card is kept, and what is booked."""

    until = serializers.DateField()
    booked = serializers.DateField(allow_null=True)
    booked_at = serializers.TimeField(allow_null=True)
    days = FreeDaySerializer(many=True)


class AppointmentSerializer(serializers.ModelSerializer[Appointment]):
    """A place of a day's quota at a counter."""

    reference = serializers.CharField(source="card.reference")
    counter = serializers.CharField(source="counter.code")

    class Meta:
        model = Appointment
        fields = ["id", "reference", "counter", "day", "starts_at", "lane", "booked_at", "cancelled_at"]
        read_only_fields = fields


class VillageListRequest(Shape):
    """Which cards are given to which officer; without references, all of the village's that wait here."""

    village_code = serializers.RegexField(VILLAGE_CODE)
    references = serializers.ListField(
        child=serializers.CharField(max_length=12), allow_null=True, default=None, max_length=MOST_CARDS
    )
    officer = serializers.CharField(max_length=120, help_text="name and position")
    return_by = serializers.DateField()


class VillageListSerializer(serializers.ModelSerializer[VillageList]):
    """A bundle of cards given to a village officer."""

    office = serializers.CharField(source="office.code")

    class Meta:
        model = VillageList
        fields = [
            "id", "number", "office", "village_code", "officer", "cards", "handed_at", "return_by", "closed_at",
        ]  # fmt: skip
        read_only_fields = fields


class VillageListCardSerializer(serializers.ModelSerializer[VillageListCard]):
    """A card on a village list."""

    reference = serializers.CharField(source="card.reference")
    name = serializers.CharField(source="card.name")

    class Meta:
        model = VillageListCard
        fields = ["position", "reference", "name", "result", "relation", "reported_on"]
        read_only_fields = fields


class VillageResultSerializer(Shape):
    """What the officer reports of one card."""

    reference = serializers.CharField(max_length=12)
    result = serializers.ChoiceField(
        choices=[
            (result.value, result.label)
            for result in VillageListCard.Result
            if result is not VillageListCard.Result.OPEN
        ]
    )
    relation = serializers.CharField(max_length=20, allow_blank=True, default="")
    on = serializers.DateField()


class VillageReportRequest(Shape):
    """The officer's report."""

    results = serializers.ListField(child=VillageResultSerializer(), allow_empty=False, max_length=MOST_CARDS)


class VillageTakeBackRequest(Shape):
    """Cards whose results were reported by mistake."""

    references = serializers.ListField(
        child=serializers.CharField(max_length=12), allow_empty=False, max_length=MOST_CARDS
    )


class VillageTakeBackSerializer(Shape):
    """How many cards are not reported any more."""

    taken_back = serializers.IntegerField()


class VillageLinkSerializer(Shape):
    """The link of a list's officer; its address is not kept, so it is told only when the link is made."""

    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(allow_null=True)


class NewVillageLinkSerializer(Shape):
    """A link that was just made."""

    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class VillageReportSerializer(Shape):
    """How the report changed the list."""

    given = serializers.IntegerField()
    not_found = serializers.IntegerField()
    returned = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    still_out = serializers.IntegerField()
