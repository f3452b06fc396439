"""Shapes of the courier's status files."""

from typing import Any

from rest_framework import serializers

from api.serializers.shapes import OutcomesField, Shape
from api.serializers.uploads import UploadRequest
from delivery.models import CourierFile, CourierRow


class CourierFileRequest(UploadRequest):
    """A status file; with `apply` false it is only checked."""

    apply = serializers.BooleanField(default=True)


class CourierFileSerializer(serializers.ModelSerializer[CourierFile]):
    """A status file and how its rows ended: the outcomes add up to the rows."""

    office = serializers.CharField(source="office.code")
    outcomes = OutcomesField()
    fault = serializers.SerializerMethodField(help_text="code and params of the reason for a refusal")
    has_result = serializers.SerializerMethodField()

    class Meta:
        model = CourierFile
        fields = [
            "id", "office", "courier", "name", "sha256", "state", "rows", "outcomes", "fault", "has_result", "job",
            "uploaded_at", "applied_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_fault(self, courier_file: CourierFile) -> dict[str, Any] | None:
        return courier_file.fault or None

    def get_has_result(self, courier_file: CourierFile) -> bool:
        return bool(courier_file.result)


class CourierRowSerializer(serializers.ModelSerializer[CourierRow]):
    """A row that changed nothing and that somebody must look at."""

    class Meta:
        model = CourierRow
        fields = ["row", "outcome", "number", "status_text", "remark_text", "occurred_text", "place"]
        read_only_fields = fields


class UndoneSerializer(Shape):
    """How many events were voided."""

    voided = serializers.IntegerField()
