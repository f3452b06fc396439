"""Shapes of the reconciliation."""

from rest_framework import serializers

from api.serializers.shapes import OutcomesField, Shape
from delivery.ledger import BUCKETS
from shipments.models import Card


class GapSerializer(Shape):
    """A card that is not in exactly one bucket, and the buckets that claim it."""

    reference = serializers.CharField()
    buckets = serializers.ListField(child=serializers.CharField())


class ReconciliationSerializer(Shape):
    """Every printed card in exactly one bucket: `holds` says so, `gaps` lists those that are not."""

    printed = serializers.IntegerField()
    buckets = OutcomesField()
    gaps = GapSerializer(many=True)
    gap_count = serializers.IntegerField()
    funnel = OutcomesField()
    holds = serializers.BooleanField()


class BucketQuery(Shape):
    """Which bucket's cards."""

    bucket = serializers.ChoiceField(choices=list(BUCKETS))


class BucketCardSerializer(serializers.ModelSerializer[Card]):
    """A card behind a figure of the ledger: nothing personal."""

    class Meta:
        model = Card
        fields = ["reference", "printed_on", "channel", "disposition"]
        read_only_fields = fields
