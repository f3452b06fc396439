"""Tables of what happened to each card, one noun a module."""

from delivery.models.counter import (
    Appointment,
    Collection,
    CounterStay,
    VillageList,
    VillageListCard,
    VillageListLink,
)
from delivery.models.courier_files import (
    ColumnProfile,
    CourierFile,
    CourierRow,
    FilePortion,
    GivenNumber,
    StatusText,
)
from delivery.models.destructions import Destruction, DestructionCard
from delivery.models.events import Delivery, HandEvent, TrackingEvent
from delivery.models.messages import Message, MessagePace, MessageReply
from delivery.models.offline import OfflineConflict
from delivery.models.residents import (
    AddressRequest,
    ContactChoice,
    Enquiry,
    LookupLimit,
    ResidentChoice,
)
from delivery.models.returns import ReturnReceipt, StrayItem, Transfer, TransferCard, TransferDifference
from delivery.models.waiting import WaitingEntry

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
    "FilePortion",
    "GivenNumber",
    "HandEvent",
    "LookupLimit",
    "Message",
    "MessagePace",
    "MessageReply",
    "OfflineConflict",
    "ResidentChoice",
    "ReturnReceipt",
    "StatusText",
    "StrayItem",
    "TrackingEvent",
    "Transfer",
    "TransferCard",
    "TransferDifference",
    "VillageList",
    "VillageListCard",
    "VillageListLink",
    "WaitingEntry",
]
