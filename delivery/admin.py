"""Look at what happened to cards: read-only, since services alone write here."""

from django.contrib import admin

from delivery.models import (
    Appointment,
    Collection,
    CounterStay,
    CourierFile,
    CourierRow,
    Delivery,
    Enquiry,
    Message,
    ReturnReceipt,
    StatusText,
    StrayItem,
    TrackingEvent,
    Transfer,
    VillageList,
    VillageListCard,
)
from offices.models import Closure, Delegation
from privacy.read_only import ReadOnlyAdmin


@admin.register(TrackingEvent)
class TrackingEventAdmin(ReadOnlyAdmin):
    list_display = ["occurred_at", "card_id", "item_id", "status", "reason", "source", "recorded_at"]
    list_filter = ["source", "status"]
    search_fields = ["=card__reference", "=item__number"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["card_id", "status", "reason", "since", "attempts", "contradictions"]
    list_filter = ["status"]
    search_fields = ["=card__reference", "=item__number"]


@admin.register(CourierFile)
class CourierFileAdmin(ReadOnlyAdmin):
    list_display = ["uploaded_at", "name", "office", "state", "rows", "table_version", "applied_at"]
    list_filter = ["state", "office"]
    list_select_related = ["office"]
    search_fields = ["name", "=sha256"]


@admin.register(CourierRow)
class CourierRowAdmin(ReadOnlyAdmin):
    list_display = ["courier_file", "row", "outcome", "number", "status_text", "remark_text"]
    list_filter = ["outcome"]
    list_select_related = ["courier_file"]
    search_fields = ["=number"]


@admin.register(StatusText)
class StatusTextAdmin(ReadOnlyAdmin):
    list_display = [
        "office",
        "courier",
        "status_text",
        "remark_text",
        "status",
        "reason",
        "action",
        "mapped_at",
    ]
    list_select_related = ["office"]
    search_fields = ["status_text"]


@admin.register(ReturnReceipt)
class ReturnReceiptAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "card", "office", "reason", "condition", "decision", "counter"]
    list_filter = ["decision", "condition", "reason"]
    list_select_related = ["card", "office", "counter"]
    search_fields = ["card__reference"]


@admin.register(StrayItem)
class StrayItemAdmin(ReadOnlyAdmin):
    list_display = ["found_at", "office", "scanned", "outcome", "settled_at", "resolution"]
    list_filter = ["outcome"]
    list_select_related = ["office"]
    search_fields = ["scanned"]


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ["number", "from_office", "to_office", "sent", "sent_at", "received", "received_at"]
    list_select_related = ["from_office", "to_office"]
    search_fields = ["number"]


@admin.register(CounterStay)
class CounterStayAdmin(ReadOnlyAdmin):
    list_display = ["card", "counter", "shelf", "arrived_at", "hold_until", "live"]
    list_filter = ["live", "counter"]
    list_select_related = ["card", "counter"]
    search_fields = ["card__reference"]


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ["day", "counter", "lane", "card", "booked_at", "cancelled_at"]
    list_filter = ["lane", "counter"]
    list_select_related = ["card", "counter"]
    search_fields = ["card__reference"]


@admin.register(Collection)
class CollectionAdmin(ReadOnlyAdmin):
    """Without the collector's name: it is opened at the counter only, and recorded there."""

    list_display = ["collected_at", "card", "counter", "relation", "collected_by", "undone_at", "undo_reason"]
    list_filter = ["relation", "counter"]
    list_select_related = ["card", "counter", "collected_by"]
    search_fields = ["card__reference"]
    exclude = ["collector_name", "nonce"]


class VillageListCardInline(admin.TabularInline):  # type: ignore[type-arg]
    model = VillageListCard
    fields = ["position", "card", "result", "relation", "reported_on"]
    readonly_fields = ["position", "card", "result", "relation", "reported_on"]
    extra = 0
    can_delete = False


@admin.register(VillageList)
class VillageListAdmin(ReadOnlyAdmin):
    list_display = ["number", "office", "village_code", "cards", "handed_at", "return_by", "closed_at"]
    list_select_related = ["office"]
    search_fields = ["number", "village_code"]
    inlines = [VillageListCardInline]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "card", "occasion", "sequence", "channel", "state", "attempts", "sent_at"]
    list_filter = ["occasion", "channel", "state"]
    list_select_related = ["card"]
    search_fields = ["card__reference"]
    exclude = ["event"]


@admin.register(Enquiry)
class EnquiryAdmin(ReadOnlyAdmin):
    """Without the question, which may hold anything about a person."""

    list_display = ["asked_at", "card", "answered_at"]
    list_select_related = ["card"]
    exclude = ["text"]


@admin.register(Closure)
class ClosureAdmin(ReadOnlyAdmin):
    """Written by the page that also looks after cards, appointments and people."""

    list_display = ["office", "area_code", "service", "starts_on", "ends_on", "moves_cards", "reason"]
    list_filter = ["service"]
    list_select_related = ["office"]


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    """Written by the page that refuses circles."""

    list_display = ["office", "delegate", "service", "starts_on", "ends_on"]
    list_filter = ["service"]
    list_select_related = ["office", "delegate"]
