"""Set up offices, areas and quotas. Policies, closures and delegations are written on their pages only."""

from django.contrib import admin

from offices.models import AreaServed, Office, Quota, QuotaDay


class AreaServedInline(admin.TabularInline):  # type: ignore[type-arg]
    model = AreaServed
    extra = 1


class QuotaInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Quota
    extra = 0


@admin.register(Office)
class OfficeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["code", "name", "kind", "parent", "region_code", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["code", "name"]
    inlines = [AreaServedInline, QuotaInline]


@admin.register(QuotaDay)
class QuotaDayAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["office", "lane", "day", "places", "taken"]
    list_filter = ["lane", "day"]
    readonly_fields = ["office", "lane", "day", "taken"]
