"""What stands on one label: sender, addressee, address, numbers and the key to sort by; nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# The longest number that still fits a 70 mm cell with its quiet zones at a module of 0.25 mm.
MAX_NUMBER_LENGTH = 20
MAX_REFERENCE_LENGTH = 32


class LabelFault(StrEnum):
    """Why labels are not drawn; the doors translate the code."""

    UNKNOWN_FORMAT = "unknown_format"
    START_OUT_OF_RANGE = "start_out_of_range"
    OFFSET_OUT_OF_RANGE = "offset_out_of_range"
    NOTHING_TO_PRINT = "nothing_to_print"
    NUMBER_NOT_PRINTABLE = "number_not_printable"
    REFERENCE_NOT_PRINTABLE = "reference_not_printable"
    ADDRESSEE_MISSING = "addressee_missing"


class LabelError(ValueError):
    """A label, or a run of them, that cannot be drawn as asked: a stable code and what it is about."""

    def __init__(self, fault: LabelFault, **parameters: str | int | float) -> None:
        super().__init__(f"{fault.value}: {parameters}" if parameters else fault.value)
        self.fault = fault
        self.parameters = parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelContent:
    """One label. There is no field for a NIK, a phone or a secret: everyone who handles the item reads it.

    `address_lines` are in UPU S42 order for Indonesia: street, RT/RW, Kel./Desa, Kec.; the capitals line and
    the postcode follow from `region_line` and `postcode`. `item_number` is the post's number, or empty when
    the post gives it at acceptance: the label then leaves a framed place for the post's own sticker.
    `reference` is the office's own, with its check character, and is all that the QR code says. `sort_key` is
    (post office, village, RW) as printed large, the RW with or without the word before its digits; its first
    part is the post office's code.
    """

    sender_name: str
    sender_lines: tuple[str, ...]
    addressee: str
    address_lines: tuple[str, ...]
    region_line: str
    postcode: str
    item_number: str
    reference: str
    post_office_code: str
    post_office_name: str
    bag_code: str
    sort_key: tuple[str, str, str]

    def __post_init__(self) -> None:
        number, reference = self.item_number, self.reference
        if number and not (_is_printable(number) and len(number) <= MAX_NUMBER_LENGTH):
            raise LabelError(LabelFault.NUMBER_NOT_PRINTABLE, number=number, longest=MAX_NUMBER_LENGTH)
        if not (_is_printable(reference) and 0 < len(reference) <= MAX_REFERENCE_LENGTH):
            raise LabelError(
                LabelFault.REFERENCE_NOT_PRINTABLE, reference=reference, longest=MAX_REFERENCE_LENGTH
            )
        if not self.addressee.strip():
            raise LabelError(LabelFault.ADDRESSEE_MISSING, reference=reference)


def _is_printable(code: str) -> bool:
    return code.isascii() and code.isprintable() and " " not in code
