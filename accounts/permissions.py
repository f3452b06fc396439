"""Which role may do what. Default deny: an operation that is not named here is allowed to nobody."""

from collections.abc import Mapping
from enum import StrEnum

from accounts.models import Role, User


class Operation(StrEnum):
    """Everything a door can ask for."""

    SEE_CARDS = "SEE_CARDS"
    SEE_PERSONAL_DATA = "SEE_PERSONAL_DATA"  # NIK, phone: opened one by one, and recorded
    IMPORT_CARDS = "IMPORT_CARDS"
    CHECK_PRINT = "CHECK_PRINT"
    REVIEW_ADDRESSES = "REVIEW_ADDRESSES"
    CHECK_ADDRESSES = "CHECK_ADDRESSES"
    HOLD_AREAS = "HOLD_AREAS"
    SEE_SHIPMENTS = "SEE_SHIPMENTS"
    MANAGE_SHIPMENTS = "MANAGE_SHIPMENTS"
    PLAN_CAPACITY = "PLAN_CAPACITY"  # "what if a post office takes more a day?"
    PRINT_LABELS = "PRINT_LABELS"
    PRINT_MANIFEST = "PRINT_MANIFEST"
    HAND_OVER = "HAND_OVER"
    CONFIRM_RECEIPT = "CONFIRM_RECEIPT"
    SEE_COURIER_FILES = "SEE_COURIER_FILES"
    IMPORT_COURIER_FILES = "IMPORT_COURIER_FILES"
    UNDO_COURIER_FILES = "UNDO_COURIER_FILES"
    MAP_STATUS_TEXTS = "MAP_STATUS_TEXTS"
    LEARN_NAMES = "LEARN_NAMES"
    RECORD_EVENTS = "RECORD_EVENTS"
    RECEIVE_RETURNS = "RECEIVE_RETURNS"
    ROUTE_RETURNS = "ROUTE_RETURNS"
    DESTROY_CARDS = "DESTROY_CARDS"
    SERVE_COUNTER = "SERVE_COUNTER"
    UNDO_COLLECTION = "UNDO_COLLECTION"  # and settle what a counter without network did twice
    OVERRIDE_QUOTA = "OVERRIDE_QUOTA"
    MANAGE_VILLAGE_LISTS = "MANAGE_VILLAGE_LISTS"
    ANSWER_ENQUIRIES = "ANSWER_ENQUIRIES"
    SEE_MESSAGES = "SEE_MESSAGES"
    RETRY_MESSAGES = "RETRY_MESSAGES"
    SEE_LEDGER = "SEE_LEDGER"
    SEE_OFFICES = "SEE_OFFICES"
    MANAGE_OFFICES = "MANAGE_OFFICES"
    SEE_JOBS = "SEE_JOBS"
    SEE_AUDIT = "SEE_AUDIT"
    SEE_ACCESS_LOG = "SEE_ACCESS_LOG"
    ANSWER_DATA_REQUESTS = "ANSWER_DATA_REQUESTS"
    SEE_BREACHES = "SEE_BREACHES"
    RECORD_BREACHES = "RECORD_BREACHES"


O = Operation  # noqa: E741 - one letter keeps the table readable
_EVERYDAY = frozenset({O.SEE_OFFICES, O.SEE_JOBS, O.CHECK_ADDRESSES})

ALLOWED: Mapping[Role, frozenset[Operation]] = {
    Role.PRINTING: _EVERYDAY
    | {
        O.SEE_CARDS,
        O.SEE_PERSONAL_DATA,
        O.IMPORT_CARDS,
        O.CHECK_PRINT,
        O.REVIEW_ADDRESSES,
        O.SEE_SHIPMENTS,
        O.MANAGE_SHIPMENTS,
        O.PRINT_LABELS,
        O.PRINT_MANIFEST,
        O.HAND_OVER,
        O.SEE_COURIER_FILES,
        O.IMPORT_COURIER_FILES,
        O.RECORD_EVENTS,
        O.RECEIVE_RETURNS,
        O.ROUTE_RETURNS,
        O.DESTROY_CARDS,
        O.ANSWER_ENQUIRIES,
        O.SEE_MESSAGES,
        O.RETRY_MESSAGES,
    },
    Role.PARTNER: _EVERYDAY
    | {
        O.SEE_SHIPMENTS,
        O.PRINT_MANIFEST,
        O.CONFIRM_RECEIPT,
        O.SEE_COURIER_FILES,
        O.IMPORT_COURIER_FILES,
    },
    Role.COUNTER: _EVERYDAY
    | {
        O.SEE_CARDS,
        O.SEE_PERSONAL_DATA,
        O.RECEIVE_RETURNS,
        O.DESTROY_CARDS,
        O.SERVE_COUNTER,
        O.MANAGE_VILLAGE_LISTS,
        O.ANSWER_ENQUIRIES,
        O.SEE_MESSAGES,
    },
    Role.SUPERVISOR: _EVERYDAY
    | {
        O.SEE_CARDS,
        O.SEE_PERSONAL_DATA,
        O.IMPORT_CARDS,
        O.CHECK_PRINT,
        O.REVIEW_ADDRESSES,
        O.HOLD_AREAS,
        O.SEE_SHIPMENTS,
        O.MANAGE_SHIPMENTS,
        O.PLAN_CAPACITY,
        O.PRINT_LABELS,
        O.PRINT_MANIFEST,
        O.HAND_OVER,
        O.SEE_COURIER_FILES,
        O.IMPORT_COURIER_FILES,
        O.UNDO_COURIER_FILES,
        O.MAP_STATUS_TEXTS,
        O.LEARN_NAMES,
        O.RECORD_EVENTS,
        O.RECEIVE_RETURNS,
        O.ROUTE_RETURNS,
        O.DESTROY_CARDS,
        O.SERVE_COUNTER,
        O.UNDO_COLLECTION,
        O.OVERRIDE_QUOTA,
        O.MANAGE_VILLAGE_LISTS,
        O.ANSWER_ENQUIRIES,
        O.SEE_MESSAGES,
        O.RETRY_MESSAGES,
        O.SEE_LEDGER,
        O.MANAGE_OFFICES,
        O.SEE_AUDIT,
        O.SEE_BREACHES,
    },
    Role.DATA_PROTECTION: frozenset(
        {
            O.SEE_OFFICES,
            O.SEE_LEDGER,
            O.SEE_AUDIT,
            O.SEE_ACCESS_LOG,
            O.ANSWER_DATA_REQUESTS,
            O.SEE_BREACHES,
            O.RECORD_BREACHES,
        }
    ),
    # an administrator sets up offices and users, says what texts mean everywhere, and sees no resident's data
    Role.ADMINISTRATOR: _EVERYDAY | {O.MANAGE_OFFICES, O.MAP_STATUS_TEXTS, O.SEE_AUDIT},
}


def may(user: User, operation: Operation) -> bool:
    """Say whether the user's role allows the operation."""
    return user.is_active and operation in ALLOWED.get(Role(user.role), frozenset())
