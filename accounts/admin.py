"""Make users and keys, look at the audit log."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from rest_framework_api_key.admin import APIKeyModelAdmin

from accounts.models import ApiKey, AuditEntry, User
from privacy.read_only import ReadOnlyAdmin


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    list_display = ["username", "role", "office", "is_active"]
    list_filter = ["role", "is_active"]
    fieldsets = (*(DjangoUserAdmin.fieldsets or ()), ("AntarKTP", {"fields": ("role", "office", "language")}))
    add_fieldsets = (*DjangoUserAdmin.add_fieldsets, ("AntarKTP", {"fields": ("role", "office")}))


@admin.register(ApiKey)
class ApiKeyAdmin(APIKeyModelAdmin):
    list_display = (*APIKeyModelAdmin.list_display, "user")  # type: ignore[assignment]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "operation", "object_kind", "object_key"]
    list_filter = ["operation"]
    search_fields = ["object_key"]
