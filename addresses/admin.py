"""Look at addresses and reviews, keep the operators' own names and postcodes of regions."""

from django.contrib import admin

from addresses.models import Address, AddressReview, GeocodeCache, RegionAlias, RegionPostcode
from privacy.read_only import ReadOnlyAdmin


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    # No resident's data: whoever runs the machine need not see it.
    exclude = ["alamat", "rt_rw", "dusun", "rt", "rw", "latitude", "longitude"]
    list_display = [
        "pk",
        "office",
        "verdict",
        "next_action",
        "village_code",
        "rule",
        "confidence",
        "checked_at",
    ]
    list_filter = ["verdict", "next_action", "rule"]
    show_full_result_count = False


@admin.register(AddressReview)
class AddressReviewAdmin(ReadOnlyAdmin):
    exclude = ["address", "corrections", "note"]
    list_display = ["decided_at", "address_id", "decision", "village_code", "decided_by"]
    list_filter = ["decision"]


@admin.register(GeocodeCache)
class GeocodeCacheAdmin(ReadOnlyAdmin):
    list_display = ["provider", "query", "label", "fetched_at"]
    list_filter = ["provider"]


@admin.register(RegionAlias)
class RegionAliasAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "parent_code", "region_code", "state", "uses", "updated_at"]
    list_filter = ["state"]
    search_fields = ["name", "region_code"]


@admin.register(RegionPostcode)
class RegionPostcodeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["village_code", "postcode", "updated_at"]
    search_fields = ["village_code", "postcode"]
