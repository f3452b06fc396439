"""Shapes of events that people record by hand."""

from rest_framework import serializers

from api.serializers.shapes import Shape
from delivery.by_hand import HandOutcome
from delivery.courier_files.meanings import SAID_BY_COURIERS
from delivery.status import Action, Reason


class HandEventsRequest(Shape):
    """What the post did with scanned items (numbers or references), and when it happened (now when left out)."""

    scans = serializers.ListField(child=serializers.CharField(max_length=64), min_length=1, max_length=1_000)
    status = serializers.ChoiceField(choices=sorted(SAID_BY_COURIERS))
    reason = serializers.ChoiceField(choices=[r.value for r in Reason if r], allow_blank=True, default="")
    action = serializers.ChoiceField(choices=[a.value for a in Action if a], allow_blank=True, default="")
    place = serializers.CharField(max_length=80, allow_blank=True, default="")
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ToldSerializer(Shape):
    """One scan and how it ended."""

    scanned = serializers.CharField()
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in HandOutcome])
    reference = serializers.CharField(allow_blank=True)


class TakenBackSerializer(Shape):
    """The cards whose last recorded event was undone."""

    references = serializers.ListField(child=serializers.CharField())
