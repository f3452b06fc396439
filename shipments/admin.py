"""Look at cards, shipments and what belongs to them, which services alone change; set up who goes first."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from privacy.read_only import ReadOnlyAdmin
from shipments.models import (
    AreaHold,
    Card,
    DispositionChange,
    Handover,
    HandoverDifference,
    IntakeFile,
    Item,
    LabelPrint,
    LanePolicy,
    NumberBlock,
    PrintCheck,
    Shipment,
)


@admin.register(Card)
class CardAdmin(ReadOnlyAdmin):
    # No resident's data: whoever runs the machine need not see it.
    list_display = ["reference", "office", "printed_on", "lane", "channel", "disposition"]
    list_filter = ["disposition", "channel", "lane"]
    search_fields = ["reference"]
    exclude = ["nik", "nik_index", "kk", "kk_index", "phone", "name", "address"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Card]:
        return Card.objects.defer("nik", "kk", "phone").select_related("office")


@admin.register(IntakeFile)
class IntakeFileAdmin(ReadOnlyAdmin):
    list_display = ["uploaded_at", "office", "state", "rows"]
    list_filter = ["state"]
    exclude = ["file", "rejected"]


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ["number", "office", "post_office", "state", "item_count", "closed_at"]
    list_filter = ["state"]
    search_fields = ["number"]
    list_select_related = ["office", "post_office"]


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    list_display = ["number", "shipment_id", "position", "live", "taken_out_at"]
    search_fields = ["number"]
    raw_id_fields = ["card", "shipment", "bag"]


@admin.register(NumberBlock)
class NumberBlockAdmin(ReadOnlyAdmin):
    list_display = [
        "office",
        "kind",
        "service_indicator",
        "first_serial",
        "last_serial",
        "next_serial",
        "is_active",
    ]


@admin.register(AreaHold)
class AreaHoldAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at",
        "office",
        "village_code",
        "rws",
        "action",
        "starts_on",
        "ends_on",
        "released_at",
    ]
    list_filter = ["action"]


@admin.register(PrintCheck)
class PrintCheckAdmin(ReadOnlyAdmin):
    list_display = ["checked_at", "card_id", "finding", "checked_by", "undone_at"]
    list_filter = ["finding"]


@admin.register(DispositionChange)
class DispositionChangeAdmin(ReadOnlyAdmin):
    list_display = ["changed_at", "card_id", "before", "after", "changed_by"]
    list_filter = ["after"]


@admin.register(LabelPrint)
class LabelPrintAdmin(ReadOnlyAdmin):
    list_display = ["printed_at", "shipment_id", "format", "labels", "reason", "printed_by"]


@admin.register(Handover)
class HandoverAdmin(ReadOnlyAdmin):
    list_display = ["handed_over_at", "shipment", "given", "received", "received_at"]


@admin.register(HandoverDifference)
class HandoverDifferenceAdmin(ReadOnlyAdmin):
    list_display = ["opened_at", "kind", "item_id", "owner", "closed_at"]
    list_filter = ["kind"]


@admin.register(LanePolicy)
class LanePolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["office", "lane", "rank", "is_active"]
    list_filter = ["office"]
    list_editable = ["rank", "is_active"]
    list_select_related = ["office"]
