"""Look at the access log and at data requests."""

from django.contrib import admin

from privacy.models import AccessRecord, Breach, DataRequest
from privacy.read_only import ReadOnlyAdmin


@admin.register(AccessRecord)
class AccessRecordAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "action", "subject_kind", "subject_key", "records"]
    list_filter = ["action", "subject_kind"]
    search_fields = ["subject_key"]


@admin.register(DataRequest)
class DataRequestAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "kind", "office", "due_at", "answered_at"]
    list_filter = ["kind"]
    exclude = ["text", "answer"]


@admin.register(Breach)
class BreachAdmin(ReadOnlyAdmin):
    list_display = ["noticed_at", "office", "people", "due_at", "authority_notified_at", "people_notified_at"]
    exclude = ["what", "data_kinds", "measures"]
