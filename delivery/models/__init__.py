"""Tables of what happened to each card, one noun a module."""

from delivery.models.counter import Appointment, Collection, CounterStay, VillageList, VillageListCard
from delivery.models.courier_files import CourierFile, CourierRow, StatusText
from delivery.models.events import Delivery, TrackingEvent
from delivery.models.messages import Message
from delivery.models.residents import Enquiry, LookupLimit
from delivery.models.returns import ReturnReceipt, Transfer, TransferCard

__all__ = [
    "Appointment",
    "Collection",
    "CounterStay",
    "CourierFile",
    "CourierRow",
    "Delivery",
    "Enquiry",
    "LookupLimit",
    "Message",
    "ReturnReceipt",
    "StatusText",
    "TrackingEvent",
    "Transfer",
    "TransferCard",
    "VillageList",
    "VillageListCard",
]
