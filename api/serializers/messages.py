"""Shapes of messages, what residents ask and wish, and providers' call-backs."""

from typing import Any

from rest_framework import serializers

from api.serializers.offices import VILLAGE_CODE
from api.serializers.shapes import Shape
from delivery.address_requests import due_at as correction_due_at
from delivery.address_requests import fields_of
from delivery.enquiries import due_at as answer_due_at
from delivery.models import AddressRequest, Enquiry, Message, ResidentChoice


class MessageSerializer(serializers.ModelSerializer[Message]):
    """A message of the outbox: about which card, why, which way, and how far it is. Its text is not kept."""

    reference = serializers.CharField(source="card.reference")

    class Meta:
        model = Message
        fields = [
            "id", "reference", "occasion", "sequence", "channel", "state", "attempts", "failure", "not_before",
            "sent_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class MessageTotals(Shape):
    """How many of the filtered messages are in each state."""

    totals = serializers.DictField(child=serializers.IntegerField(min_value=0))


class RetryRequest(Shape):
    """Which failed messages are tried again; without ids all of the filtered ones."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=2_000,
        allow_empty=False,
        required=False,
    )


class RetryAnswer(Shape):
    """How many wait again."""

    waiting = serializers.IntegerField()


class EnquirySerializer(serializers.ModelSerializer[Enquiry]):
    """A resident's question, its answer and by when it is due."""

    reference = serializers.CharField(source="card.reference")
    text = serializers.CharField()
    due_at = serializers.SerializerMethodField()

    class Meta:
        model = Enquiry
        fields = ["id", "reference", "text", "asked_at", "due_at", "answer", "answered_at"]
        read_only_fields = fields

    def get_due_at(self, enquiry: Enquiry) -> str:
        """Give the end of the clock."""
        return answer_due_at(enquiry).isoformat()


class AnswerRequest(Shape):
    """What the office answers; no NIK, address or phone number belongs in it."""

    text = serializers.CharField(max_length=1_000)


class WishSerializer(serializers.ModelSerializer[ResidentChoice]):
    """What a resident wishes for a card, and what the office has answered."""

    reference = serializers.CharField(source="card.reference")
    counter = serializers.CharField(source="counter.code", default="")

    class Meta:
        model = ResidentChoice
        fields = [
            "reference", "wish", "counter", "coming", "door", "wished_at", "settled_at", "outcome", "answer",
        ]  # fmt: skip
        read_only_fields = fields


class WishAnswer(Shape):
    """Granted: it was done otherwise; or declined, saying why."""

    granted = serializers.BooleanField()
    answer = serializers.CharField(max_length=200, allow_blank=True, default="")


class AddressRequestSerializer(serializers.ModelSerializer[AddressRequest]):
    """A correction that a resident asks for, and by when it is to be decided."""

    reference = serializers.CharField(source="card.reference")
    fields_asked = serializers.SerializerMethodField()
    due_at = serializers.SerializerMethodField()

    class Meta:
        model = AddressRequest
        fields = ["id", "reference", "fields_asked", "asked_at", "due_at", "state", "answer", "decided_at"]
        read_only_fields = fields

    def get_fields_asked(self, request: AddressRequest) -> dict[str, str]:
        """Give field → text."""
        return fields_of(request)

    def get_due_at(self, request: AddressRequest) -> str:
        """Give the end of the clock."""
        return correction_due_at(request).isoformat()


class CorrectionDecision(Shape):
    """Accept, with the village where the check alone does not find it; or decline, saying why."""

    accept = serializers.BooleanField()
    answer = serializers.CharField(max_length=200, allow_blank=True, default="")
    village_code = serializers.RegexField(VILLAGE_CODE, allow_blank=True, default="")


class GatewayCallback(Shape):
    """A word about a message, or a reply. `MESSAGE_CALLBACK_FIELDS` says how the provider calls these fields."""

    id = serializers.CharField(
        max_length=80, required=False, help_text="the provider's number of the message"
    )
    status = serializers.CharField(max_length=40, required=False, help_text="delivered, read, failed …")
    sender = serializers.CharField(
        max_length=24, required=False, help_text="a reply's number; `from` by default"
    )
    text = serializers.CharField(max_length=2_000, required=False, help_text="a reply's text")

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own."""
        fields = super().get_fields()
        fields["from"] = fields.pop("sender")
        return fields


class CallbackAnswer(Shape):
    """Nothing: what was told is taken, known or not."""
