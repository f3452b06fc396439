"""Tables of what we send, one noun a module."""

from shipments.models.cards import (
    AreaHold,
    BacklogEntry,
    Card,
    Channel,
    CirculatingCard,
    Disposition,
    DispositionChange,
    HeldCard,
    IntakeFile,
    Lane,
    PrintCheck,
)
from shipments.models.shipments import (
    AllottedNumber,
    Bag,
    Handover,
    HandoverDifference,
    Item,
    LabelPrint,
    NumberBlock,
    Shipment,
    ShipmentState,
)

__all__ = [
    "AllottedNumber",
    "AreaHold",
    "BacklogEntry",
    "Bag",
    "Card",
    "Channel",
    "CirculatingCard",
    "Disposition",
    "DispositionChange",
    "Handover",
    "HandoverDifference",
    "HeldCard",
    "IntakeFile",
    "Item",
    "LabelPrint",
    "Lane",
    "NumberBlock",
    "PrintCheck",
    "Shipment",
    "ShipmentState",
]
