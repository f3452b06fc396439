"""Tables of what happened to each card, one noun a module."""

from delivery.models.counter import Appointment, Collection, CounterStay, VillageList, VillageListCard
from delivery.models.courier_files import ColumnProfile, CourierFile, CourierRow, StatusText
from delivery.models.destructions import Destruction, DestructionCard
from delivery.models.events import Delivery, TrackingEvent
from delivery.models.messages import Message, MessagePace, MessageReply
from delivery.models.residents import (
    AddressRequest,
    ContactChoice,
    Enquiry,
    LookupLimit,
    ResidentChoice,
)
from delivery.models.returns import ReturnReceipt, StrayItem, Transfer, TransferCard

__all__ = [
    "AddressRequest",
    "Appointment",
    "Collection",
    "ColumnProfile",
    "ContactChoice",
    "CounterStay",
    "CourierFile",
    "CourierRow",
    "Delivery",
    "Destruction",
    "DestructionCard",
    "Enquiry",
    "LookupLimit",
    "Message",
    "MessagePace",
    "MessageReply",
    "ResidentChoice",
    "ReturnReceipt",
    "StatusText",
    "StrayItem",
    "TrackingEvent",
    "Transfer",
    "TransferCard",
    "VillageList",
    "VillageListCard",
]
