"""Shapes of the courier's status files."""

from typing import Any

from rest_framework import serializers

from api.serializers.events import ACTIONS, COURIER_STATUSES, REASONS, RECEIVERS
from api.serializers.shapes import OutcomesField, Shape
from api.serializers.uploads import UploadRequest
from delivery.courier_files import can_be_mapped
from delivery.courier_files.results import explained
from delivery.courier_files.rows import COLUMNS, RowOutcome, nothing_new
from delivery.couriers import COURIERS
from delivery.models import ColumnProfile, CourierFile, CourierRow, StatusText


class CourierFileRequest(UploadRequest):
    """A status file; with `apply` false it is only checked. Left out: as the office is set."""

    apply = serializers.BooleanField(required=False, allow_null=True, default=None)


class CourierFileSerializer(serializers.ModelSerializer[CourierFile]):
    """A status file and how its rows ended: the outcomes add up to the rows."""

    office = serializers.CharField(source="office.code")
    outcomes = OutcomesField()
    fault = serializers.SerializerMethodField(help_text="code and params of the reason for a refusal")
    has_result = serializers.SerializerMethodField(
        help_text="whether a workbook tells how its rows ended; of a file that repeats another, the other's does"
    )
    can_be_mapped = serializers.SerializerMethodField(
        help_text="whether a person may say what its columns hold"
    )
    nothing_new = serializers.SerializerMethodField(help_text="whether every row was known before")
    stopped_after = serializers.IntegerField(
        default=None,
        allow_null=True,
        help_text="rows whose news counts though its work was stopped halfway: apply it to go on, or undo it",
    )

    class Meta:
        model = CourierFile
        fields = [
            "id", "office", "courier", "name", "sha256", "state", "rows", "outcomes", "fault", "has_result",
            "can_be_mapped", "nothing_new", "stopped_after", "repeats", "job", "uploaded_at", "applied_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_fault(self, courier_file: CourierFile) -> dict[str, Any] | None:
        return courier_file.fault or None

    def get_has_result(self, courier_file: CourierFile) -> bool:
        return courier_file.has_own_result

    def get_can_be_mapped(self, courier_file: CourierFile) -> bool:
        return can_be_mapped(courier_file)

    def get_nothing_new(self, courier_file: CourierFile) -> bool:
        return nothing_new(rows=courier_file.rows, outcomes=courier_file.outcomes)


class CourierRowSerializer(serializers.ModelSerializer[CourierRow]):
    """A row that changed nothing and that somebody must look at."""

    explanation = serializers.SerializerMethodField(help_text="why, and what to do")
    near = serializers.ListField(
        source="detail.near",
        child=serializers.CharField(),
        default=list,
        help_text="numbers of the office's items that may be meant",
    )
    ambiguous = serializers.BooleanField(
        source="detail.ambiguous", default=False, help_text="the date may be two different ones"
    )

    class Meta:
        model = CourierRow
        fields = [
            "row", "outcome", "number", "status_text", "remark_text", "occurred_text", "place", "explanation", "near",
            "ambiguous",
        ]  # fmt: skip
        read_only_fields = fields

    def get_explanation(self, row: CourierRow) -> str:
        return explained(RowOutcome[row.outcome], row)


class SheetColumnSerializer(Shape):
    """One column of a sheet: its title, and masked cells below it."""

    index = serializers.IntegerField(help_text="from 0")
    title = serializers.CharField(allow_blank=True)
    samples = serializers.ListField(child=serializers.CharField(allow_blank=True))
    field = serializers.ChoiceField(
        choices=list(COLUMNS), allow_blank=True, help_text="what its title tells; empty: nothing"
    )


class SheetHeadSerializer(Shape):
    """The columns of an upload as they stand under the header row, and the rows that may be the header."""

    header_row = serializers.IntegerField()
    row_numbers = serializers.ListField(child=serializers.IntegerField())
    columns = SheetColumnSerializer(many=True)


class HeaderRowQuery(Shape):
    """Which row holds the titles? Left out: the one with most titles that are known."""

    header_row = serializers.IntegerField(required=False, min_value=1, max_value=10_000_000)


class MapColumnsRequest(Shape):
    """What the columns hold: a field → index of its column, from 0. The next file of this layout needs nobody."""

    header_row = serializers.IntegerField(min_value=1, max_value=10_000_000)
    columns = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=16_383))
    apply = serializers.BooleanField(default=False)


class ReplayRequest(Shape):
    """Read anew: only say what would change, or void and add."""

    apply = serializers.BooleanField(default=False)


class ColumnProfileSerializer(serializers.ModelSerializer[ColumnProfile]):
    """A layout that a person has described."""

    office = serializers.CharField(source="office.code")
    columns = serializers.DictField(child=serializers.IntegerField())
    titles = serializers.DictField(child=serializers.CharField(allow_blank=True))

    class Meta:
        model = ColumnProfile
        fields = ["id", "office", "courier", "columns", "titles", "made_at"]
        read_only_fields = fields


class UnmappedTextSerializer(Shape):
    """A text that no table knows, in how many rows of how many files."""

    courier = serializers.CharField()
    status_text = serializers.CharField()
    remark_text = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField()
    files = serializers.IntegerField()


class MeaningRequest(Shape):
    """What a text means from now on."""

    courier = serializers.ChoiceField(choices=list(COURIERS), default="POS")
    status_text = serializers.CharField(max_length=120)
    remark_text = serializers.CharField(max_length=120, allow_blank=True, default="")
    status = serializers.ChoiceField(choices=COURIER_STATUSES)
    reason = serializers.ChoiceField(choices=REASONS, allow_blank=True, default="")
    action = serializers.ChoiceField(choices=ACTIONS, allow_blank=True, default="")
    receiver = serializers.ChoiceField(choices=RECEIVERS, allow_blank=True, default="")


class MappedSerializer(Shape):
    """What saying it did to the rows that waited: how many ended, and how."""

    rows = serializers.IntegerField()
    outcomes = OutcomesField()
    waiting = serializers.IntegerField(
        help_text="rows that still wait: for the job, or for the end of other work on their files"
    )
    job = serializers.UUIDField(
        source="job_id", allow_null=True, help_text="the worker's, where there are too many to apply at once"
    )


class StatusTextSerializer(serializers.ModelSerializer[StatusText]):
    """What a text means, as a registry said it, or for all (no office)."""

    office = serializers.CharField(source="office.code", allow_null=True, default=None)

    class Meta:
        model = StatusText
        fields = [
            "id", "office", "courier", "status_text", "remark_text", "status", "reason", "action", "receiver",
            "mapped_at",
        ]  # fmt: skip
        read_only_fields = fields
