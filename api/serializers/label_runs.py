"""Shapes of runs of labels: what is to be drawn, how far it is, and where its files are."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers.shapes import Shape
from api.serializers.shipments import MOST_SCANS
from jobs.models import JobState
from labels.sheets import MAX_OFFSET_MM
from shipments.models import LabelPart, LabelRun


class LabelsRequest(Shape):
    """Which labels. Every printing after the first needs a reason."""

    format = serializers.CharField(max_length=20)
    start = serializers.IntegerField(
        min_value=1, max_value=1_000, default=1, help_text="first free cell of the sheet"
    )
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")
    right_mm = serializers.FloatField(
        min_value=-MAX_OFFSET_MM,
        max_value=MAX_OFFSET_MM,
        default=0.0,
        help_text="as the calibration page showed",
    )
    down_mm = serializers.FloatField(min_value=-MAX_OFFSET_MM, max_value=MAX_OFFSET_MM, default=0.0)


class LabelRunRequest(LabelsRequest):
    """The labels of which shipments. Each begins on a sheet of its own."""

    shipments = serializers.ListField(
        child=serializers.IntegerField(min_value=1), allow_empty=False, max_length=MOST_SCANS
    )


class LabelPartSerializer(serializers.ModelSerializer[LabelPart]):
    """One file of a run; a large shipment has several. `url` is empty until it is drawn and after it was removed."""

    shipment = serializers.CharField(source="shipment.number")
    job = serializers.UUIDField(source="job_id", allow_null=True)
    state = serializers.ChoiceField(source="job.state", choices=JobState.choices, allow_null=True)
    done = serializers.IntegerField(source="job.done", default=0)
    total = serializers.IntegerField(source="job.total", default=0)
    error = serializers.CharField(source="job.error", default="")
    url = serializers.SerializerMethodField()

    class Meta:
        model = LabelPart
        fields = [
            "id", "shipment", "number", "job", "state", "done", "total", "error", "labels", "drawn_at", "url"
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_blank=True))
    def get_url(self, part: LabelPart) -> str:
        if not part.file:
            return ""
        path = reverse("api:label-file-detail", args=[part.pk])
        request: Any = self.context.get("request")
        return str(request.build_absolute_uri(path)) if request is not None else path


class LabelRunSerializer(serializers.ModelSerializer[LabelRun]):
    """A request for labels. It is done when every part has a `url`."""

    parts = LabelPartSerializer(many=True)

    class Meta:
        model = LabelRun
        fields = ["id", "format", "start", "right_mm", "down_mm", "reason", "asked_at", "parts"]
        read_only_fields = fields
