"""Shapes of items of which the post gives no news."""

from rest_framework import serializers

from api.serializers.shapes import Shape
from delivery.models import Delivery
from delivery.silence import MOST_DAYS, Patience


class SilentQuery(Shape):
    """Of which post office, and for how long. Without days, each post office's own service time counts."""

    post_office = serializers.CharField(required=False, max_length=16, help_text="the office's code")
    days = serializers.IntegerField(required=False, min_value=1, max_value=MOST_DAYS, help_text="open days")


class SilentExportQuery(SilentQuery):
    """In which form."""

    file_type = serializers.ChoiceField(choices=["xlsx", "csv"], default="xlsx")


class SilentItemSerializer(serializers.ModelSerializer[Delivery]):
    """An item and the last news of it. `days` are the post office's open days since then."""

    number = serializers.CharField(source="item.number", allow_null=True)
    reference = serializers.CharField(source="card.reference")
    shipment = serializers.CharField(source="item.shipment.number")
    post_office = serializers.CharField(source="item.shipment.post_office.code")
    last_news = serializers.DateTimeField(source="last_event_at")
    days = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = ["number", "reference", "shipment", "post_office", "status", "last_news", "days"]
        read_only_fields = fields

    def get_days(self, delivery: Delivery) -> int:
        patience: Patience = self.context["patience"]
        assert delivery.item is not None  # noqa: S101 - for the type checker: silent items have one
        return patience.silent_for(
            office_id=delivery.item.shipment.post_office_id, last_news=delivery.last_event_at
        )


class SilenceSerializer(Shape):
    """How silent a post office is."""

    post_office = serializers.CharField(source="office.code")
    name = serializers.CharField(source="office.name")
    service_days = serializers.IntegerField()
    items = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)


class ServiceTimeRequest(Shape):
    """A post office's service time in open days; null gives it the policy's."""

    post_office = serializers.CharField(max_length=16, help_text="the office's code")
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, allow_null=True)
