"""Shapes of items that the post says are coming back."""

from rest_framework import serializers

from api.serializers.shapes import Shape
from delivery.expected_returns import ExpectedReturns
from delivery.models import Delivery
from delivery.status import COMING_BACK


class ExpectedQuery(Shape):
    """Of which post office, in which status, and whether only those that are overdue."""

    post_office = serializers.CharField(required=False, max_length=16, help_text="the office's code")
    status = serializers.ChoiceField(choices=sorted(COMING_BACK), required=False)
    overdue = serializers.BooleanField(default=False)


class ExpectedExportQuery(ExpectedQuery):
    """In which form."""

    file_type = serializers.ChoiceField(choices=["xlsx", "csv"], default="xlsx")


class ExpectedReturnSerializer(serializers.ModelSerializer[Delivery]):
    """An item that comes back. `days` are the post office's open days since the post said so."""

    number = serializers.CharField(source="item.number", allow_null=True)
    reference = serializers.CharField(source="card.reference")
    shipment = serializers.CharField(source="item.shipment.number")
    post_office = serializers.CharField(source="item.shipment.post_office.code")
    days = serializers.SerializerMethodField()
    overdue = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = [
            "number",
            "reference",
            "shipment",
            "post_office",
            "status",
            "reason",
            "since",
            "days",
            "overdue",
        ]
        read_only_fields = fields

    def get_days(self, delivery: Delivery) -> int:
        return self._expected.days_of(office_id=_office_of(delivery), since=delivery.since)

    def get_overdue(self, delivery: Delivery) -> bool:
        return self._expected.is_overdue(office_id=_office_of(delivery), since=delivery.since)

    @property
    def _expected(self) -> ExpectedReturns:
        expected: ExpectedReturns = self.context["expected"]
        return expected


def _office_of(delivery: Delivery) -> int:
    assert delivery.item is not None  # noqa: S101 - for the type checker: what the post brings back has one
    return delivery.item.shipment.post_office_id
