"""Shapes of long work."""

from rest_framework import serializers

from jobs.models import Job


class JobSerializer(serializers.ModelSerializer[Job]):
    """How far a piece of long work is. `total` 0: not known yet."""

    class Meta:
        model = Job
        fields = [
            "id", "kind", "state", "done", "total", "attempts", "cancel_requested", "result", "error",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields
