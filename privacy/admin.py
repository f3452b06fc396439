"""Look at the access log and at data requests."""

from django.contrib import admin
from django.http import HttpRequest

from privacy.models import AccessRecord, DataRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that are written by services only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(AccessRecord)
class AccessRecordAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "action", "subject_kind", "subject_key", "records"]
    list_filter = ["action", "subject_kind"]
    search_fields = ["subject_key"]


@admin.register(DataRequest)
class DataRequestAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "kind", "office", "due_at", "answered_at"]
    list_filter = ["kind"]
