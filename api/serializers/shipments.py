"""Shapes of shipments: to post offices, never with a NIK, a phone or a family card's number."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.serializers.shapes import OutcomesField, Shape
from labels.sheets import FORMATS, MAX_OFFSET_MM
from shipments.models import Handover, HandoverDifference, Item, Shipment

MOST_SCANS = 5_000


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    """A shipment. `items` is counted while it is open and frozen at closing."""

    office = serializers.CharField(source="office.code")
    post_office = serializers.CharField(source="post_office.code")
    items = serializers.SerializerMethodField()

    class Meta:
        model = Shipment
        fields = [
            "id", "number", "office", "post_office", "state", "items", "manifest_sha256", "r7_number",
            "opened_at", "closed_at", "cancelled_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_items(self, shipment: Shipment) -> int:
        counted: int = getattr(shipment, "counted", 0)
        return shipment.item_count or counted


class OpenShipmentRequest(Shape):
    """For which post office."""

    post_office = serializers.CharField(max_length=16, help_text="the office's code")


class ReferencesRequest(Shape):
    """Cards, by their reference or by the item's number."""

    references = serializers.ListField(
        child=serializers.CharField(max_length=40), allow_empty=False, max_length=MOST_SCANS
    )


class ItemSerializer(serializers.ModelSerializer[Item]):
    """An item of a shipment."""

    reference = serializers.CharField(source="card.reference")
    bag = serializers.SerializerMethodField()
    number = serializers.CharField(allow_null=True)

    class Meta:
        model = Item
        fields = ["position", "reference", "number", "bag", "packed_at"]
        read_only_fields = fields

    def get_bag(self, item: Item) -> str:
        return item.bag.code if item.bag is not None else ""


class BatchQuery(Shape):
    """On which day the post offices would take them."""

    on = serializers.DateField(required=False, help_text="today when left out")


class PlannedShipmentSerializer(Shape):
    """A shipment that batching would make."""

    post_office = serializers.CharField()
    items = serializers.IntegerField()
    bags = serializers.IntegerField()


class BatchResultSerializer(Shape):
    """The shipments that were made, and the cards that stay: without a route by village, or beyond the day's limits."""

    shipment_ids = serializers.ListField(child=serializers.IntegerField())
    items = serializers.IntegerField()
    unrouted = OutcomesField(help_text="village code → cards")
    faults = serializers.DictField(
        child=serializers.CharField(), help_text="village code → why nobody posts there"
    )
    beyond_limits = serializers.IntegerField()


class CloseRequest(Shape):
    """Where packing is checked by scanning, every item must have been scanned."""

    despite_unpacked = serializers.BooleanField(default=False)


class CalibrationQuery(Shape):
    """Which format, moved right and down by how much."""

    label_format = serializers.ChoiceField(choices=list(FORMATS))
    right_mm = serializers.FloatField(min_value=-MAX_OFFSET_MM, max_value=MAX_OFFSET_MM, default=0.0)
    down_mm = serializers.FloatField(min_value=-MAX_OFFSET_MM, max_value=MAX_OFFSET_MM, default=0.0)


class ManifestQuery(Shape):
    """In which form."""

    file_type = serializers.ChoiceField(choices=["pdf", "xlsx", "csv"], default="pdf")


class HandoverRequest(Shape):
    """What was counted, and who signs on both sides (name and position)."""

    given = serializers.IntegerField(min_value=1, max_value=1_000_000)
    giver = serializers.CharField(max_length=120)
    taker = serializers.CharField(max_length=120)


class HandoverSerializer(serializers.ModelSerializer[Handover]):
    """The handover record."""

    class Meta:
        model = Handover
        fields = ["given", "giver", "taker", "handed_over_at", "received", "received_at"]
        read_only_fields = fields


class ReceiptRequest(Shape):
    """What the post office counted, and what differs: references or item numbers. Or `scanned`: every item it found;
    what is missing and extra follows from it."""

    received = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    scanned = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=100_000, required=False
    )
    missing = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=MOST_SCANS, default=list
    )
    extra = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=MOST_SCANS, default=list
    )
    damaged = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=MOST_SCANS, default=list
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two ways."""
        by_scan = "scanned" in attrs
        if by_scan == ("received" in attrs) or (by_scan and (attrs["missing"] or attrs["extra"])):
            raise serializers.ValidationError({"received": [_("Either count or send every scan.")]})
        return attrs


class ReceiptSerializer(Shape):
    """The handover record, and the cases that the differences became."""

    handover_id = serializers.IntegerField()
    differences = serializers.ListField(child=serializers.IntegerField(), help_text="keys of the cases")


class DifferenceSerializer(serializers.ModelSerializer[HandoverDifference]):
    """A difference between what was given and what was found."""

    reference = serializers.SerializerMethodField()

    class Meta:
        model = HandoverDifference
        fields = ["id", "kind", "reference", "scanned", "note", "opened_at", "closed_at", "resolution"]
        read_only_fields = fields

    def get_reference(self, difference: HandoverDifference) -> str:
        return difference.item.card.reference if difference.item is not None else ""


class ResolutionRequest(Shape):
    """How the difference was settled."""

    resolution = serializers.CharField(max_length=200)
