"""Shapes of the backlog, its forecast, holds, number blocks and print checks."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.serializers.shapes import OutcomesField, Shape
from api.serializers.shipments import MOST_SCANS
from offices.routing import RouteFault
from shipments.forecast import NO_CAPACITY, Overtaken
from shipments.models import AreaHold, Channel, HandoverDifference, NumberBlock, PrintCheck

FAULTS = ["", *(fault.value for fault in RouteFault), NO_CAPACITY]


class BacklogQuery(Shape):
    """Which part of the queue, and from which day on it is worked off."""

    first = serializers.IntegerField(min_value=1, max_value=10_000_000, default=1, help_text="place, from 1")
    limit = serializers.IntegerField(min_value=1, max_value=5_000, default=50)
    on = serializers.DateField(required=False, help_text="today when left out")


class ForecastQuery(Shape):
    """From which day on the queue is worked off."""

    on = serializers.DateField(required=False, help_text="today when left out")


class WhatIfQuery(ForecastQuery):
    """How many items a day more (or, below 0, fewer) offices would take."""

    extra = serializers.ListField(
        child=serializers.RegexField(r"^[^:\s]{1,16}:-?[0-9]{1,6}$"),
        allow_empty=False,
        max_length=200,
        help_text="office:items, such as 17510:500; the registry office's code stands for its own daily limit",
    )


class BacklogCardSerializer(Shape):
    """A card in the queue: its place, its projected day between early and late, and why others go first."""

    reference = serializers.CharField()
    lane = serializers.CharField()
    printed_on = serializers.DateField()
    village_code = serializers.CharField()
    position = serializers.IntegerField()
    position_at_office = serializers.IntegerField(allow_null=True)
    post_office = serializers.CharField(allow_blank=True)
    on = serializers.DateField(allow_null=True)
    early = serializers.DateField(allow_null=True)
    late = serializers.DateField(allow_null=True)
    overtakers = serializers.IntegerField(help_text="cards of faster lanes that were printed later")
    overtaken = serializers.ListField(
        child=serializers.ChoiceField(choices=[each.value for each in Overtaken])
    )
    fault = serializers.ChoiceField(choices=FAULTS, help_text="why there is no day")


class BacklogSerializer(Shape):
    """A part of the queue, in its order; `cards` counts all of it."""

    cards = serializers.IntegerField()
    lanes = OutcomesField(help_text="lane → cards, the first to go first")
    results = BacklogCardSerializer(many=True)


class OfficeForecastSerializer(Shape):
    """The queue of one post office."""

    post_office = serializers.CharField()
    cards = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True, help_text="items a day; null: no limit")
    cards_a_day = serializers.IntegerField()
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    last_late = serializers.DateField()


class ForecastSerializer(Shape):
    """The queue by post office and by day."""

    on = serializers.DateField()
    cards = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True, help_text="items a day in all; null: no limit")
    last_on = serializers.DateField(allow_null=True)
    offices = OfficeForecastSerializer(many=True)
    by_day = OutcomesField(help_text="day → cards")
    faults = OutcomesField(help_text="why there is no day → cards")


class OfficeComparisonSerializer(Shape):
    """A post office's queue as it is and as it would be."""

    post_office = serializers.CharField()
    extra = serializers.IntegerField()
    days_sooner = serializers.IntegerField()
    now = OfficeForecastSerializer(allow_null=True)
    then = OfficeForecastSerializer(allow_null=True)


class ComparisonSerializer(Shape):
    """What more capacity would change."""

    last_on = serializers.DateField(allow_null=True)
    last_on_then = serializers.DateField(allow_null=True)
    offices = OfficeComparisonSerializer(many=True)


class ChannelRequest(Shape):
    """Which cards go which way."""

    references = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, max_length=MOST_SCANS
    )
    channel = serializers.ChoiceField(choices=Channel.choices)


class ChangedSerializer(Shape):
    """How many cards were changed."""

    changed = serializers.IntegerField()


class HoldRequest(Shape):
    """What is held: a village (or some of its RW), or a list of cards."""

    village_code = serializers.CharField(max_length=13, required=False)
    rws = serializers.ListField(child=serializers.CharField(max_length=3), max_length=100, required=False)
    references = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, max_length=MOST_SCANS, required=False
    )
    action = serializers.ChoiceField(choices=AreaHold.Action.choices)
    channel = serializers.CharField(
        max_length=7, allow_blank=True, default="", help_text="COUNTER or VILLAGE, when they are withdrawn"
    )
    reason = serializers.CharField(max_length=200)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two."""
        if ("references" in attrs) == ("village_code" in attrs) or ("references" in attrs and "rws" in attrs):
            raise serializers.ValidationError({"village_code": [_("Name a village or a list of cards.")]})
        return attrs


class HoldSerializer(serializers.ModelSerializer[AreaHold]):
    """A hold. Without a village it is of a list of cards."""

    channel = serializers.CharField(allow_blank=True, help_text="empty where the cards wait")
    waiting = serializers.IntegerField(help_text="cards that wait because of it")

    class Meta:
        model = AreaHold
        fields = [
            "id", "village_code", "rws", "action", "channel", "reason", "starts_on", "ends_on", "created_at",
            "released_at", "waiting",
        ]  # fmt: skip
        read_only_fields = fields


class HoldResultSerializer(Shape):
    """What a hold caught at once."""

    hold_id = serializers.IntegerField()
    held = serializers.IntegerField()
    withdrawn = serializers.IntegerField()
    taken_from_shipments = serializers.IntegerField()


class NumberBlockSerializer(serializers.ModelSerializer[NumberBlock]):
    """A block of item numbers that the post allotted."""

    class Meta:
        model = NumberBlock
        fields = [
            "id", "kind", "service_indicator", "country", "first_serial", "last_serial", "next_serial",
            "allotted_on", "is_active",
        ]  # fmt: skip
        read_only_fields = fields


class S10BlockRequest(Shape):
    """A range of UPU S10 serials, both included."""

    service_indicator = serializers.CharField(max_length=2)
    first_serial = serializers.IntegerField(min_value=0, max_value=99_999_999)
    last_serial = serializers.IntegerField(min_value=0, max_value=99_999_999)


class NumberListRequest(Shape):
    """Numbers that the post allotted, in its order."""

    numbers = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, max_length=100_000
    )


class NumberStockSerializer(Shape):
    """What is left of the numbers, beside the cards that wait for one."""

    has_blocks = serializers.BooleanField(help_text="false: the post gives the numbers at acceptance")
    left = serializers.IntegerField()
    waiting = serializers.IntegerField()
    is_low = serializers.BooleanField()


class PrintFindingRequest(Shape):
    """One scan of the print check."""

    scanned = serializers.CharField(max_length=64)
    finding = serializers.ChoiceField(choices=PrintCheck.Finding.choices)
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class PrintCheckRequest(Shape):
    """Scans, in their order."""

    findings = serializers.ListField(child=PrintFindingRequest(), allow_empty=False, max_length=MOST_SCANS)


class PrintCheckedSerializer(Shape):
    """How one scan ended. With a refusal nothing has happened to that card."""

    scanned = serializers.CharField()
    finding = serializers.CharField()
    reference = serializers.CharField(allow_blank=True)
    disposition = serializers.CharField(allow_blank=True)
    repeated = serializers.BooleanField()
    refusal = serializers.CharField(allow_null=True)


class ReprintSerializer(Shape):
    """A damaged card that the printer is to print again."""

    reference = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    found_at = serializers.DateTimeField()


class PackRequest(Shape):
    """What was scanned into the bags (or into one bag)."""

    scans = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, max_length=MOST_SCANS
    )
    bag_sequence = serializers.IntegerField(min_value=1, max_value=30_000, required=False)


class PackCheckSerializer(Shape):
    """How far packing is; `foreign`, `misread` and `repeated` are of these scans."""

    packed = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    foreign = serializers.ListField(child=serializers.CharField())
    misread = serializers.ListField(child=serializers.CharField())
    repeated = serializers.ListField(child=serializers.CharField())


class CaseSerializer(serializers.ModelSerializer[HandoverDifference]):
    """A difference at a handover: a case with an owner until it is closed."""

    shipment = serializers.CharField(source="handover.shipment.number")
    reference = serializers.SerializerMethodField()
    owner = serializers.SerializerMethodField(help_text="user name")

    class Meta:
        model = HandoverDifference
        fields = [
            "id", "shipment", "kind", "reference", "scanned", "note", "owner", "opened_at", "closed_at", "resolution",
        ]  # fmt: skip
        read_only_fields = fields

    def get_reference(self, case: HandoverDifference) -> str:
        return case.item.card.reference if case.item is not None else ""

    def get_owner(self, case: HandoverDifference) -> str:
        return case.owner.username if case.owner is not None else ""


class OwnerRequest(Shape):
    """Who takes the case."""

    owner = serializers.CharField(max_length=150, help_text="user name")
