"""The shapes of a resident's lookup, for the OpenAPI document: the view itself reads and writes plain JSON."""

from rest_framework import serializers

from api.serializers.shapes import Shape
from delivery.public_view import NextStep, Stage


class NumberAndPinSerializer(Shape):
    """The card's reference or the post's number, with the PIN from the receipt or the message."""

    number = serializers.CharField(max_length=64)
    pin = serializers.CharField(max_length=64)


class NikAndFamilyCardSerializer(Shape):
    """Both numbers of 16 digits, for people who never got a number of ours."""

    nik = serializers.CharField(max_length=64)
    kk = serializers.CharField(max_length=64)


class LinkTokenSerializer(Shape):
    """The token of the link that was sent to the resident."""

    token = serializers.CharField(max_length=64)


class TrackingStepSerializer(Shape):
    """One of the five steps."""

    stage = serializers.ChoiceField(choices=[stage.value for stage in Stage])
    reached = serializers.BooleanField()
    day = serializers.DateField(allow_null=True)


class TrackingCounterSerializer(Shape):
    """Where the card waits, when it is open and until when it is kept there."""

    name = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    opening_hours = serializers.CharField(allow_blank=True)
    until = serializers.DateField()
    appointment = serializers.DateField(allow_null=True)
    closed_from = serializers.DateField(
        allow_null=True, help_text="days on which it is closed now, or next while the card is kept"
    )
    closed_until = serializers.DateField(allow_null=True)
    reopens = serializers.DateField(allow_null=True, help_text="the first day on which it is open after that")


class TrackingVisitSerializer(Shape):
    """The appointment that stands. It is at another counter already while a closure sends the card there."""

    day = serializers.DateField()
    starts_at = serializers.TimeField(allow_null=True, help_text="null: at any time of the day")
    counter = serializers.CharField()


class TrackingSerializer(Shape):
    """All that a resident may see of a card."""

    reference = serializers.CharField()
    masked_name = serializers.CharField()
    stage = serializers.ChoiceField(choices=[stage.value for stage in Stage])
    since = serializers.DateField()
    next_step = serializers.ChoiceField(choices=[step.value for step in NextStep])
    steps = TrackingStepSerializer(many=True)
    number = serializers.CharField(allow_blank=True, help_text="the post's number; empty until there is one")
    reason = serializers.CharField(allow_blank=True)
    receiver = serializers.CharField(allow_blank=True, help_text="a relation, never a name")
    attempts = serializers.IntegerField()
    counter = TrackingCounterSerializer(allow_null=True)
    visit = TrackingVisitSerializer(allow_null=True)
