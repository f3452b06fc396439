"""Shapes of long work."""

from rest_framework import serializers

from jobs.models import Job
from jobs.pace import pace_of


class WorkSerializer(serializers.ModelSerializer[Job]):
    """How far work is that waits or runs. `total` 0: not known yet. While `reading`, both count the sheet's rows."""

    rows_a_second = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = ["state", "done", "total", "reading", "rows_a_second", "seconds_left"]
        read_only_fields = fields

    def get_rows_a_second(self, job: Job) -> int | None:
        return pace_of(job).a_second

    def get_seconds_left(self, job: Job) -> int | None:
        return pace_of(job).seconds_left


class JobSerializer(WorkSerializer):
    """How far a piece of long work is. `total` 0: not known yet. While `reading`, both count the rows of the sheet.

    A QUEUED job with `not_before` has failed, as `error` says, and is tried again then; `attempts` are those since it
    last came further. `rows_a_second`, `seconds_left` and `seconds` are of the last try; null: not known.
    """

    owner = serializers.SerializerMethodField(help_text="user name; empty: nobody started it")
    seconds = serializers.SerializerMethodField(help_text="how long it has taken so far, or took")

    class Meta:
        model = Job
        fields = [
            "id", "kind", "state", "done", "total", "reading", "attempts", "cancel_requested", "result", "error",
            "owner", "created_at", "not_before", "started_at", "finished_at", "rows_a_second", "seconds_left",
            "seconds",
        ]  # fmt: skip
        read_only_fields = fields

    def get_owner(self, job: Job) -> str:
        return job.owner.username if job.owner is not None else ""

    def get_seconds(self, job: Job) -> int | None:
        return pace_of(job).seconds
