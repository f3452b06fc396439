"""The shape of an entry in the register of breaches."""

from rest_framework import serializers

from privacy.models import Breach


class BreachSerializer(serializers.ModelSerializer[Breach]):
    """A breach of personal data, by when people and authority are told, and when they were."""

    what = serializers.CharField()
    data_kinds = serializers.CharField()
    measures = serializers.CharField()

    class Meta:
        model = Breach
        fields = [
            "id", "what", "data_kinds", "people", "occurred_at", "noticed_at", "due_at", "measures",
            "authority_notified_at", "people_notified_at", "recorded_at",
        ]  # fmt: skip
        read_only_fields = fields
