"""Why a command about cards or shipments is refused: stable codes and the sentences that say what to do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Stable: part of the API. The doors translate MESSAGES and map codes to HTTP."""

    # what is named does not exist, or belongs to somebody else
    OFFICE_UNKNOWN = "OFFICE_UNKNOWN"
    NOT_A_REGISTRY = "NOT_A_REGISTRY"
    NOT_A_POST_OFFICE = "NOT_A_POST_OFFICE"
    SHIPMENT_UNKNOWN = "SHIPMENT_UNKNOWN"
    HOLD_UNKNOWN = "HOLD_UNKNOWN"
    DIFFERENCE_UNKNOWN = "DIFFERENCE_UNKNOWN"
    CARD_UNKNOWN = "CARD_UNKNOWN"
    ITEM_UNKNOWN = "ITEM_UNKNOWN"
    OTHER_OFFICE = "OTHER_OFFICE"
    # print check
    SCAN_UNREADABLE = "SCAN_UNREADABLE"
    SCANNED_TWICE = "SCANNED_TWICE"
    REASON_MISSING = "REASON_MISSING"
    ALREADY_POSTED = "ALREADY_POSTED"
    SET_ASIDE = "SET_ASIDE"
    ONLY_PRINT = "ONLY_PRINT"
    FINDING_UNKNOWN = "FINDING_UNKNOWN"
    NOTHING_TO_UNDO = "NOTHING_TO_UNDO"
    ANOTHER_PRINT_CIRCULATES = "ANOTHER_PRINT_CIRCULATES"
    # holds and channels
    VILLAGE_UNKNOWN = "VILLAGE_UNKNOWN"
    RW_INVALID = "RW_INVALID"
    ENDS_BEFORE_START = "ENDS_BEFORE_START"
    ACTION_UNKNOWN = "ACTION_UNKNOWN"
    CHANNEL_MISSING = "CHANNEL_MISSING"
    CHANNEL_UNKNOWN = "CHANNEL_UNKNOWN"
    HOLD_RELEASED = "HOLD_RELEASED"
    LIST_EMPTY = "LIST_EMPTY"
    # numbers
    INDICATOR_INVALID = "INDICATOR_INVALID"
    BLOCK_INVALID = "BLOCK_INVALID"
    BLOCK_OVERLAPS = "BLOCK_OVERLAPS"
    NUMBERS_MISSING = "NUMBERS_MISSING"
    NUMBERS_INVALID = "NUMBERS_INVALID"
    NUMBERS_TWICE = "NUMBERS_TWICE"
    NUMBERS_USED = "NUMBERS_USED"
    NUMBERS_SHORT = "NUMBERS_SHORT"
    # shipments
    WRONG_STATE = "WRONG_STATE"
    SHIPMENT_EMPTY = "SHIPMENT_EMPTY"
    SHIPMENT_FULL = "SHIPMENT_FULL"
    NOT_IN_BACKLOG = "NOT_IN_BACKLOG"
    NOT_IN_SHIPMENT = "NOT_IN_SHIPMENT"
    NOT_ALL_PACKED = "NOT_ALL_PACKED"
    BAG_UNKNOWN = "BAG_UNKNOWN"
    ADDRESS_IN_POST = "ADDRESS_IN_POST"
    # labels
    REPRINT_NEEDS_REASON = "REPRINT_NEEDS_REASON"
    LABELS_IN_WORK = "LABELS_IN_WORK"
    LABEL_FILE_MISSING = "LABEL_FILE_MISSING"
    LABEL_FILE_NOT_WRITTEN = "LABEL_FILE_NOT_WRITTEN"
    LABEL_FORMAT_UNKNOWN = "LABEL_FORMAT_UNKNOWN"
    LABEL_START_INVALID = "LABEL_START_INVALID"
    LABEL_NOT_PRINTABLE = "LABEL_NOT_PRINTABLE"
    MANIFEST_FORMAT_UNKNOWN = "MANIFEST_FORMAT_UNKNOWN"
    # handover
    COUNT_DIFFERS = "COUNT_DIFFERS"
    SIGNATURE_MISSING = "SIGNATURE_MISSING"
    RECEIPT_COUNT_WRONG = "RECEIPT_COUNT_WRONG"
    DIFFERENCE_TWICE = "DIFFERENCE_TWICE"
    RESOLUTION_MISSING = "RESOLUTION_MISSING"
    DIFFERENCE_CLOSED = "DIFFERENCE_CLOSED"


MESSAGES: Mapping[Code, str] = {
    Code.OFFICE_UNKNOWN: "There is no office %(office)s. Check the code in the list of offices.",
    Code.NOT_A_REGISTRY: "%(office)s is not a registry office: only registry offices import and post cards.",
    Code.NOT_A_POST_OFFICE: (
        "%(office)s is not a post office of this registry office. Choose one from the list."
    ),
    Code.SHIPMENT_UNKNOWN: "There is no shipment %(shipment)s. Check its number in the list of shipments.",
    Code.HOLD_UNKNOWN: "This area hold does not exist. Open the list of holds again.",
    Code.DIFFERENCE_UNKNOWN: "This difference does not exist. Open the shipment's handover again.",
    Code.CARD_UNKNOWN: (
        "No card of this office has the number %(scanned)s. Scan it again or look for it by name."
    ),
    Code.ITEM_UNKNOWN: (
        "These numbers belong to no item of the shipment: %(scanned)s. Remove or correct them."
    ),
    Code.OTHER_OFFICE: "These cards belong to another office: %(scanned)s. Put them aside for that office.",
    Code.SCAN_UNREADABLE: "%(scanned)s was misread: its check character is wrong. Scan it again.",
    Code.SCANNED_TWICE: "%(scanned)s was scanned twice. Leave it in the list once.",
    Code.REASON_MISSING: "Say why: a reason is needed here.",
    Code.ALREADY_POSTED: (
        "%(scanned)s is in a closed shipment or beyond it. Record what happened at its returns."
    ),
    Code.SET_ASIDE: "%(scanned)s was set aside already (%(disposition)s). Undo that first.",
    Code.ONLY_PRINT: (
        "%(scanned)s is the only print of this person. Scan the other print or choose another finding."
    ),
    Code.FINDING_UNKNOWN: "This is not a finding. Choose one of: %(known)s.",
    Code.NOTHING_TO_UNDO: "There is no scan of yours to undo.",
    Code.ANOTHER_PRINT_CIRCULATES: (
        "Another print of this person circulates by now, so %(scanned)s stays aside."
    ),
    Code.VILLAGE_UNKNOWN: "There is no village with the code %(village)s. Choose it from the list.",
    Code.RW_INVALID: "%(rw)s is not an RW. Write numbers of up to three digits, such as 007.",
    Code.ENDS_BEFORE_START: "The hold ends before it starts. Correct one of the dates.",
    Code.ACTION_UNKNOWN: "%(action)s is not an action. Choose one of: %(known)s.",
    Code.CHANNEL_MISSING: (
        "Cards that are withdrawn need another way: choose the counter or the village office."
    ),
    Code.CHANNEL_UNKNOWN: "%(channel)s is not a channel. Choose the post, the counter or the village office.",
    Code.HOLD_RELEASED: "This hold was released already.",
    Code.LIST_EMPTY: "The list names no card. Scan or write at least one reference.",
    Code.INDICATOR_INVALID: (
        "%(indicator)s is not a service indicator: it is two capital letters, such as RR."
    ),
    Code.BLOCK_INVALID: (
        "From %(first)s to %(last)s is no block: serials run upwards and have up to eight digits."
    ),
    Code.BLOCK_OVERLAPS: (
        "From %(first)s to %(last)s overlaps a block that was entered before. Check the post's letter."
    ),
    Code.NUMBERS_MISSING: "The list holds no number.",
    Code.NUMBERS_INVALID: "%(count)s entries are no item numbers, such as %(examples)s. Correct the list.",
    Code.NUMBERS_TWICE: (
        "%(count)s numbers are in the list more than once, such as %(examples)s. Correct the list."
    ),
    Code.NUMBERS_USED: (
        "%(count)s numbers were entered before, such as %(examples)s. Ask the post for new ones."
    ),
    Code.NUMBERS_SHORT: (
        "%(needed)s item numbers are needed and %(left)s are left. Enter a new block from the post."
    ),
    Code.WRONG_STATE: "The shipment %(shipment)s is %(state)s. This is possible only while it is: %(wanted)s.",
    Code.SHIPMENT_EMPTY: "The shipment %(shipment)s has no items. Fill it or cancel it.",
    Code.SHIPMENT_FULL: "A shipment holds at most %(limit)s items. Open another one for the rest.",
    Code.NOT_IN_BACKLOG: (
        "These cards are not ready to be posted: %(scanned)s. Look at each one's page for the reason."
    ),
    Code.NOT_IN_SHIPMENT: "These cards are not in the shipment: %(scanned)s.",
    Code.NOT_ALL_PACKED: "%(missing)s items were not scanned into their bags, such as %(examples)s. "
    "Pack them, or take them out of the shipment.",
    Code.BAG_UNKNOWN: "The shipment %(shipment)s has no bag %(bag)s.",
    Code.ADDRESS_IN_POST: "%(count)s of these addresses stand on labels of a shipment already. Take the items out of "
    "it, or correct the addresses when the items come back.",
    Code.REPRINT_NEEDS_REASON: (
        "The labels of %(shipment)s were printed before. Give a reason to print them again."
    ),
    Code.LABELS_IN_WORK: "The labels of %(shipment)s are being drawn. Wait for that job or stop it.",
    Code.LABEL_FILE_MISSING: (
        "These labels are not drawn yet, or their file was removed after its time. Print them again."
    ),
    Code.LABEL_FILE_NOT_WRITTEN: (
        "The labels cannot be written to the disk (%(reason)s). Make room and print them again."
    ),
    Code.LABEL_FORMAT_UNKNOWN: "There is no label format %(format)s. Choose one of: %(known)s.",
    Code.LABEL_START_INVALID: "A sheet has the cells 1 to %(cells)s; %(start)s is none of them.",
    Code.LABEL_NOT_PRINTABLE: (
        "The label of %(reference)s cannot be drawn (%(fault)s). Correct the card's data."
    ),
    Code.MANIFEST_FORMAT_UNKNOWN: "There is no manifest format %(format)s. Choose one of: %(known)s.",
    Code.COUNT_DIFFERS: (
        "The shipment has %(items)s items and %(given)s were counted. Count again before handing over."
    ),
    Code.SIGNATURE_MISSING: "Write the name and position of both officers.",
    Code.RECEIPT_COUNT_WRONG: "%(given)s given, %(missing)s missing and %(extra)s extra make %(expected)s, "
    "but %(received)s were counted. Correct the count or name what is missing or extra.",
    Code.DIFFERENCE_TWICE: "%(scanned)s is named twice among the differences. Leave it once.",
    Code.RESOLUTION_MISSING: "Write how the difference was settled.",
    Code.DIFFERENCE_CLOSED: "This difference was settled already.",
}


class ShipmentRefused(Exception):
    """A command was refused and nothing has happened: `code` says why, `params` fill the code's sentence."""

    def __init__(self, code: Code, **params: Any) -> None:
        super().__init__(code.value)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return MESSAGES[self.code] % self.params


def listed(values: list[str] | tuple[str, ...], *, most: int = 5) -> str:
    """Write the first few of many numbers for a message."""
    return ", ".join(values[:most]) + (" …" if len(values) > most else "")
