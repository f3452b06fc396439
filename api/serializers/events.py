"""Shapes of events that people record by hand."""

from rest_framework import serializers

from api.serializers.shapes import Shape
from delivery.by_hand import HandOutcome
from delivery.courier_files.meanings import SAID_BY_COURIERS
from delivery.status import Action, Reason, Receiver, Status

# what a courier's text, or its word by telephone, may mean
COURIER_STATUSES = [(status.value, status.value) for status in Status if status in SAID_BY_COURIERS]
REASONS = [(reason.value, reason.value) for reason in Reason if reason]
RECEIVERS = [(receiver.value, receiver.value) for receiver in Receiver if receiver]
ACTIONS = [(action.value, action.value) for action in Action if action]


class HandEventsRequest(Shape):
    """What the post did with scanned items (numbers or references), and when it happened (now when left out)."""

    scans = serializers.ListField(child=serializers.CharField(max_length=64), min_length=1, max_length=1_000)
    status = serializers.ChoiceField(choices=COURIER_STATUSES)
    reason = serializers.ChoiceField(choices=REASONS, allow_blank=True, default="")
    action = serializers.ChoiceField(choices=ACTIONS, allow_blank=True, default="")
    receiver = serializers.ChoiceField(choices=RECEIVERS, allow_blank=True, default="")
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
