"""The texts of a label: what each place in a layout shows, and which of them a neighbourhood has in common."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Literal

from labels.content import LabelContent

SlotName = Literal[
    "sender_name",
    "sender_lines",
    "sender",
    "sender_short",
    "addressee",
    "address",
    "region",
    "item_number",
    "reference",
    "post_office_code",
    "post_office_name",
    "village",
    "rw",
    "bag",
]


def _rw(rw: str) -> str:
    return f"RW {rw}" if rw.isdigit() else rw


READERS: dict[SlotName, Callable[[LabelContent], tuple[str, ...]]] = {
    "sender_name": lambda label: (label.sender_name,),
    "sender_lines": lambda label: label.sender_lines,
    "sender": lambda label: (f"Pengirim: {', '.join((label.sender_name, *label.sender_lines))}",),
    # A narrow cell has room for the return address's name and town.
    "sender_short": lambda label: (", ".join((f"Pengirim: {label.sender_name}", *label.sender_lines[-1:])),),
    "addressee": lambda label: (label.addressee,),
    "address": lambda label: label.address_lines,
    "region": lambda label: (f"{label.region_line} {label.postcode}",),
    "item_number": lambda label: (label.item_number,),
    "reference": lambda label: (label.reference,),
    "post_office_code": lambda label: (label.post_office_code,),
    "post_office_name": lambda label: (label.post_office_name,),
    "village": lambda label: (label.sort_key[1],),
    "rw": lambda label: (_rw(label.sort_key[2]),),
    "bag": lambda label: (label.bag_code,),
}
# Nearly every label has its own; all others are the same for a whole neighbourhood and drawn once for it.
OWN: frozenset[SlotName] = frozenset({"addressee", "address", "item_number", "reference"})
# What stands where the post's clerk sticks a number that the post gives at acceptance.
POST_STICKER_PLACE = "Tempat nomor kiriman Pos"

_neighbourhood_fields = attrgetter(
    "sender_name",
    "sender_lines",
    "region_line",
    "postcode",
    "post_office_code",
    "post_office_name",
    "bag_code",
    "sort_key",
)


def neighbourhood(label: LabelContent) -> tuple[object, ...]:
    """All that the texts outside `OWN` depend on: labels that have it in common share their drawing."""
    fields: tuple[object, ...] = _neighbourhood_fields(label)
    return fields
