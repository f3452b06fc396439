"""Tables of what happened to each card, one noun a module."""

from delivery.models.counter import Appointment, Collection, CounterStay, VillageList, VillageListCard
from delivery.models.courier_files import CourierFile, CourierRow, StatusText
from delivery.models.events import Delivery, TrackingEvent
from delivery.models.messages import Message
from delivery.models.residents import ContactChoice, Enquiry, LookupLimit
from delivery.models.returns import ReturnReceipt, StrayItem, Transfer, TransferCard

__all__ = [
    "Appointment",
    "Collection",
    "ContactChoice",
    "CounterStay",
    "CourierFile",
    "CourierRow",
    "Delivery",
    "Enquiry",
    "LookupLimit",
    "Message",
    "ReturnReceipt",
    "StatusText",
    "StrayItem",
    "TrackingEvent",
    "Transfer",
    "TransferCard",
    "VillageList",
    "VillageListCard",
]
