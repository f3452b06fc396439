"""Shapes of the registry's handover policy."""

from rest_framework import serializers

from api.serializers.shapes import Shape
from delivery.counter import Collector
from delivery.models import Collection
from delivery.policies import LIMITS, MOST_REMINDERS

COLLECTORS = [each.value for each in Collector]


def _papers(*, required: bool) -> serializers.DictField:
    one_of = serializers.ListField(
        child=serializers.ChoiceField(choices=Collection.Document.choices), allow_empty=False, max_length=10
    )
    return serializers.DictField(
        child=serializers.ListField(child=one_of, max_length=5),
        required=required,
        help_text="collector → lists of papers; of every list one must be shown",
    )


def _number(name: str, *, empty: bool = False) -> serializers.IntegerField:
    least, most = LIMITS[name]
    return serializers.IntegerField(min_value=least, max_value=most, required=False, allow_null=empty)


class PolicySerializer(Shape):
    """The policy that holds at a registry office and all counters that work for it."""

    office = serializers.CharField()
    version = serializers.CharField(help_text="names these very terms")
    collectors = serializers.ListField(child=serializers.ChoiceField(choices=COLLECTORS))
    documents = _papers(required=True)
    old_card_required = serializers.BooleanField()
    hold_days = serializers.IntegerField()
    reminder_days = serializers.ListField(child=serializers.IntegerField())
    slot_minutes = serializers.IntegerField()
    offer_minutes = serializers.IntegerField()
    silent_after_days = serializers.IntegerField()
    label_file_days = serializers.IntegerField()
    items_per_shipment = serializers.IntegerField()
    items_per_bag = serializers.IntegerField()
    items_per_day = serializers.IntegerField(allow_null=True)


class PolicyRequest(Shape):
    """What is changed; what is not named stays. With `version`, only while these are still the terms."""

    office = serializers.CharField(max_length=16, help_text="the registry office's code")
    version = serializers.CharField(max_length=64, required=False)
    collectors = serializers.ListField(
        child=serializers.ChoiceField(choices=COLLECTORS), required=False, max_length=10
    )
    documents = _papers(required=False)
    old_card_required = serializers.BooleanField(required=False)
    hold_days = _number("hold_days")
    reminder_days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=364), required=False, max_length=MOST_REMINDERS
    )
    slot_minutes = _number("slot_minutes")
    offer_minutes = _number("offer_minutes")
    silent_after_days = _number("silent_after_days")
    label_file_days = _number("label_file_days")
    items_per_shipment = _number("items_per_shipment")
    items_per_bag = _number("items_per_bag")
    items_per_day = _number("items_per_day", empty=True)
