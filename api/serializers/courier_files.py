"""Shapes of the courier's status files."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers.events import ACTIONS, COURIER_STATUSES, REASONS, RECEIVERS
from api.serializers.jobs import WorkSerializer
from api.serializers.shapes import OutcomesField, Shape
from api.serializers.uploads import UploadRequest
from delivery.courier_files import can_be_mapped
from delivery.courier_files.results import explained
from delivery.courier_files.rows import COLUMNS, NEVER_RECORDED, RowOutcome, ShownRow, nothing_new
from delivery.courier_files.uploading import is_in_work
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
    job_url = serializers.SerializerMethodField(help_text="where its last job is")
    work = serializers.SerializerMethodField(help_text="how far the work on it is; null: nobody works on it")
    newly_delivered = serializers.SerializerMethodField(
        help_text="cards that its last check or applying would bring, or brought, there; null: not known any more"
    )
    newly_returned = serializers.SerializerMethodField(help_text="the same for cards that come back")
    stopped_after = serializers.IntegerField(
        default=None,
        allow_null=True,
        help_text="rows whose news counts though its work was stopped halfway: apply it to go on, or undo it",
    )

    class Meta:
        model = CourierFile
        fields = [
            "id", "office", "courier", "name", "sha256", "state", "rows", "outcomes", "fault", "has_result",
            "can_be_mapped", "nothing_new", "newly_delivered", "newly_returned", "stopped_after", "repeats", "job",
            "job_url", "work", "uploaded_at", "applied_at",
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

    def get_newly_delivered(self, courier_file: CourierFile) -> int | None:
        return _told(courier_file).get("newly_delivered")

    def get_newly_returned(self, courier_file: CourierFile) -> int | None:
        return _told(courier_file).get("newly_returned")

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_job_url(self, courier_file: CourierFile) -> str | None:
        if courier_file.job_id is None:
            return None
        path = reverse("api:job-detail", args=[courier_file.job_id])
        request: Any = self.context.get("request")
        return str(request.build_absolute_uri(path)) if request is not None else path

    @extend_schema_field(WorkSerializer(allow_null=True))
    def get_work(self, courier_file: CourierFile) -> dict[str, Any] | None:
        return WorkSerializer(courier_file.job).data if is_in_work(courier_file) else None


def _told(courier_file: CourierFile) -> Mapping[str, Any]:
    """Give what the last check or applying told beside the outcomes: its job has it, until another job follows."""
    return courier_file.job.result if courier_file.job is not None else {}


class FirstRowSerializer(Shape):
    """One of the first rows of an outcome, as a check or applying found it."""

    outcome = serializers.CharField()
    row = serializers.IntegerField()
    number = serializers.CharField(allow_blank=True, help_text="masked, unless it can only be an item's")
    status_text = serializers.CharField(allow_blank=True)
    remark_text = serializers.CharField(allow_blank=True)
    occurred_text = serializers.CharField(allow_blank=True)
    explanation = serializers.CharField(allow_blank=True, help_text="why it changes nothing, and what to do")


class CourierFileDetailSerializer(CourierFileSerializer):
    """A status file, how its rows ended, and the first rows of each outcome."""

    first_rows = serializers.SerializerMethodField(
        help_text="of each outcome, as its last check or applying found them; empty: not known any more"
    )

    class Meta(CourierFileSerializer.Meta):
        fields = [*CourierFileSerializer.Meta.fields, "first_rows"]
        read_only_fields = fields

    @extend_schema_field(FirstRowSerializer(many=True))
    def get_first_rows(self, courier_file: CourierFile) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name, rows in _told(courier_file).get("first_rows", {}).items():
            outcome = RowOutcome(name)
            for row in (ShownRow(**row) for row in rows):
                why = explained(outcome, row) if outcome in NEVER_RECORDED else ""
                found.append({**asdict(row), "outcome": name, "explanation": why})
        return [dict(row) for row in FirstRowSerializer(found, many=True).data]


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


class WaitingRowSerializer(serializers.ModelSerializer[CourierRow]):
    """A row that waits for the meaning of its text; its number is masked, unless it can only be an item's."""

    class Meta:
        model = CourierRow
        fields = ["courier_file", "row", "number", "occurred_text", "place"]
        read_only_fields = fields


class UnmappedTextSerializer(Shape):
    """A text that no table knows, in how many rows of how many files."""

    courier = serializers.CharField()
    status_text = serializers.CharField()
    remark_text = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField()
    files = serializers.IntegerField()
    samples = WaitingRowSerializer(
        many=True, default=(), help_text="some of the rows; none for whoever speaks for all registries"
    )


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
