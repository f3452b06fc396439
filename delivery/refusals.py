"""Why a command of this room is refused, as stable codes with sentences that say what is wrong and what to do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Stable: doors, tests and partners' programs know these."""

    EVENT_UNKNOWN = "EVENT_UNKNOWN"
    EVENT_IS_A_CORRECTION = "EVENT_IS_A_CORRECTION"
    REASON_MISSING = "REASON_MISSING"
    FILE_NOT_APPLIED = "FILE_NOT_APPLIED"
    FILE_ALREADY_APPLIED = "FILE_ALREADY_APPLIED"
    FILE_REFUSED = "FILE_REFUSED"
    FILE_IN_WORK = "FILE_IN_WORK"
    FILE_NOT_KEPT = "FILE_NOT_KEPT"
    HEADER_ROW_UNKNOWN = "HEADER_ROW_UNKNOWN"
    COLUMN_MISSING = "COLUMN_MISSING"
    COLUMN_UNKNOWN = "COLUMN_UNKNOWN"
    COLUMN_TWICE = "COLUMN_TWICE"
    TIME_AHEAD = "TIME_AHEAD"
    TIME_TOO_EARLY = "TIME_TOO_EARLY"
    PULL_OFF = "PULL_OFF"
    PULL_MISCONFIGURED = "PULL_MISCONFIGURED"
    PULL_IN_WORK = "PULL_IN_WORK"
    PULL_UNANSWERED = "PULL_UNANSWERED"
    NOTHING_TO_UNDO = "NOTHING_TO_UNDO"
    MEANING_UNKNOWN = "MEANING_UNKNOWN"
    NOBODY_RECEIVED = "NOBODY_RECEIVED"
    RESULT_UNREADABLE = "RESULT_UNREADABLE"
    TEXT_UNKNOWN = "TEXT_UNKNOWN"
    OFFICE_UNKNOWN = "OFFICE_UNKNOWN"
    SERVICE_DAYS_INVALID = "SERVICE_DAYS_INVALID"
    OFFICE_SENDS_NO_STATUS_FILES = "OFFICE_SENDS_NO_STATUS_FILES"
    # returns and transfers
    OFFICE_CANNOT_RECEIVE = "OFFICE_CANNOT_RECEIVE"
    RECEIVING_CLOSED = "RECEIVING_CLOSED"
    RECEIVING_DELEGATED = "RECEIVING_DELEGATED"
    TRANSFER_ALREADY_RECEIVED = "TRANSFER_ALREADY_RECEIVED"
    TRANSFER_NOT_FOUND = "TRANSFER_NOT_FOUND"
    TRANSFER_NOT_POSSIBLE = "TRANSFER_NOT_POSSIBLE"
    TRANSFER_COUNTED = "TRANSFER_COUNTED"
    TRANSFER_COUNT_UNCLEAR = "TRANSFER_COUNT_UNCLEAR"
    NOT_ON_TRANSFER = "NOT_ON_TRANSFER"
    SHELF_MISSING = "SHELF_MISSING"
    CLOSURE_ENDS_BEFORE_START = "CLOSURE_ENDS_BEFORE_START"
    CLOSURE_TOO_LONG = "CLOSURE_TOO_LONG"
    DECISION_NOT_POSSIBLE = "DECISION_NOT_POSSIBLE"
    ALREADY_SETTLED = "ALREADY_SETTLED"
    RETURN_NOT_WAITING = "RETURN_NOT_WAITING"
    OTHER_REGENCY = "OTHER_REGENCY"
    OFFICER_MISSING = "OFFICER_MISSING"
    NOT_TO_SIGN_OFF = "NOT_TO_SIGN_OFF"
    NOT_KEPT_LONGER = "NOT_KEPT_LONGER"
    NO_REGISTRY_ABOVE = "NO_REGISTRY_ABOVE"
    # the registry's policy
    POLICY_CHANGED = "POLICY_CHANGED"
    POLICY_OUT_OF_RANGE = "POLICY_OUT_OF_RANGE"
    POLICY_BAG_TOO_LARGE = "POLICY_BAG_TOO_LARGE"
    POLICY_REMINDERS = "POLICY_REMINDERS"
    POLICY_WITHOUT_HOLDER = "POLICY_WITHOUT_HOLDER"
    POLICY_CODE_UNKNOWN = "POLICY_CODE_UNKNOWN"
    POLICY_PAPERS_MISSING = "POLICY_PAPERS_MISSING"
    # destruction
    NOTHING_TO_DESTROY = "NOTHING_TO_DESTROY"
    NOT_TO_DESTROY = "NOT_TO_DESTROY"
    COUNT_DIFFERS = "COUNT_DIFFERS"
    SAME_OFFICER = "SAME_OFFICER"
    ALREADY_DESTROYED = "ALREADY_DESTROYED"
    DESTRUCTION_CANCELLED = "DESTRUCTION_CANCELLED"
    NOT_SIGNED = "NOT_SIGNED"
    # counter
    NOT_FOUND = "NOT_FOUND"
    ALREADY_COLLECTED = "ALREADY_COLLECTED"
    WRONG_OFFICE = "WRONG_OFFICE"
    NOT_RECEIVED = "NOT_RECEIVED"
    ON_HOLD = "ON_HOLD"
    QUOTA_FULL = "QUOTA_FULL"
    OFFICE_CLOSED = "OFFICE_CLOSED"
    COLLECTOR_NOT_ALLOWED = "COLLECTOR_NOT_ALLOWED"
    DOCUMENT_MISSING = "DOCUMENT_MISSING"
    OLD_CARD_NOT_SURRENDERED = "OLD_CARD_NOT_SURRENDERED"
    IDENTITY_MISMATCH = "IDENTITY_MISMATCH"
    WRONG_PIN = "WRONG_PIN"
    NONCE_USED = "NONCE_USED"
    UNDO_TOO_LATE = "UNDO_TOO_LATE"
    ALREADY_UNDONE = "ALREADY_UNDONE"
    NIK_CIRCULATES = "NIK_CIRCULATES"
    # appointments
    DAY_PASSED = "DAY_PASSED"
    DAY_TOO_LATE = "DAY_TOO_LATE"
    ALREADY_BOOKED = "ALREADY_BOOKED"
    NOT_BOOKED = "NOT_BOOKED"
    SLOT_UNKNOWN = "SLOT_UNKNOWN"
    SLOT_PASSED = "SLOT_PASSED"
    SLOT_FULL = "SLOT_FULL"
    # waiting for a place
    EXTRA_DAY_BOOKED = "EXTRA_DAY_BOOKED"
    PLACES_LEFT = "PLACES_LEFT"
    PLACES_INVALID = "PLACES_INVALID"
    ALREADY_WAITING = "ALREADY_WAITING"
    NOT_WAITING = "NOT_WAITING"
    NOT_OFFERED = "NOT_OFFERED"
    OFFER_EXPIRED = "OFFER_EXPIRED"
    # closures taken back, and a counter without network
    CLOSURE_ENDED = "CLOSURE_ENDED"
    LIST_INVALID = "LIST_INVALID"
    CONFLICT_SETTLED = "CONFLICT_SETTLED"
    # village lists
    NO_CARDS = "NO_CARDS"
    CARD_NOT_HERE = "CARD_NOT_HERE"
    RETURN_DATE_PASSED = "RETURN_DATE_PASSED"
    NOT_ON_LIST = "NOT_ON_LIST"
    ALREADY_REPORTED = "ALREADY_REPORTED"
    REPORT_DAY_INVALID = "REPORT_DAY_INVALID"
    LIST_CLOSED = "LIST_CLOSED"
    LINK_NOT_POSSIBLE = "LINK_NOT_POSSIBLE"
    LINK_UNKNOWN = "LINK_UNKNOWN"
    # enquiries
    TEXT_MISSING = "TEXT_MISSING"
    ALREADY_ANSWERED = "ALREADY_ANSWERED"
    TOO_MANY_ENQUIRIES = "TOO_MANY_ENQUIRIES"
    # what residents choose
    CHOICE_NOT_POSSIBLE = "CHOICE_NOT_POSSIBLE"
    TOO_MANY_CHOICES = "TOO_MANY_CHOICES"
    WISH_NOT_NOW = "WISH_NOT_NOW"
    PHONE_INVALID = "PHONE_INVALID"
    EMAIL_INVALID = "EMAIL_INVALID"
    CORRECTION_EMPTY = "CORRECTION_EMPTY"
    CORRECTION_WAITS = "CORRECTION_WAITS"


class DeliveryRefused(Exception):
    """A command was refused and nothing has changed. `code` says why; `params` fill its sentence."""

    def __init__(self, code: Code, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, Any] = params

    def __str__(self) -> str:
        return MESSAGES[self.code] % self.params


MESSAGES: Mapping[Code, str] = {
    Code.EVENT_UNKNOWN: "There is no event %(event)s. Reload the card's history and choose again.",
    Code.EVENT_IS_A_CORRECTION: "Event %(event)s is itself a correction and cannot be voided. Record the event again.",
    Code.REASON_MISSING: "Give the reason: it stays in the card's history.",
    Code.FILE_NOT_APPLIED: "The file %(name)s is not applied, so there is nothing to undo.",
    Code.FILE_ALREADY_APPLIED: "The file %(name)s is already applied. Undo it before you apply it again.",
    Code.FILE_REFUSED: "The file %(name)s was refused. Correct it and upload it again.",
    Code.FILE_IN_WORK: "The file %(name)s is being worked on. Wait for its job, or cancel the job first.",
    Code.FILE_NOT_KEPT: "The upload of %(name)s is not kept any more. Upload the file again.",
    Code.HEADER_ROW_UNKNOWN: "Row %(row)s holds no titles. Choose the row that stands above the data.",
    Code.COLUMN_MISSING: "Say which column holds the status, the date, and the number or the reference.",
    Code.COLUMN_UNKNOWN: "The file has no column %(column)s. Choose one from the list.",
    Code.COLUMN_TWICE: "Column %(column)s was chosen twice. Each column is read as one thing.",
    Code.PULL_OFF: "Fetching from the post is not set up. Ask the administrator, or upload the post's file.",
    Code.PULL_MISCONFIGURED: (
        "Fetching from the post is set up wrongly: its address needs https. Ask the administrator."
    ),
    Code.PULL_IN_WORK: "The news is being fetched already. Wait for its job, or cancel the job first.",
    Code.PULL_UNANSWERED: "The post's server gave no answer for %(unanswered)s items. Try again later.",
    Code.TIME_AHEAD: "The time lies in the future. Write when it happened.",
    Code.TIME_TOO_EARLY: "No item was under way at that time. Write when it happened.",
    Code.NOTHING_TO_UNDO: "You have recorded nothing that could be undone.",
    Code.MEANING_UNKNOWN: "%(value)s is no %(what)s that the product knows. Choose one from the list.",
    Code.NOBODY_RECEIVED: (
        "Who received it is said only of what was delivered or came back to the sender. Choose nobody, or that."
    ),
    Code.RESULT_UNREADABLE: (
        "Row %(row)s of the result workbook of %(name)s does not tell how it ended. Undo the file and apply it again."
    ),
    Code.TEXT_UNKNOWN: "No waiting row has the text %(text)s. Reload the list of unmapped texts.",
    Code.OFFICE_SENDS_NO_STATUS_FILES: (
        "Status files come from a registry office or a post office, and %(office)s is neither. Upload it there."
    ),
    Code.SERVICE_DAYS_INVALID: "The service time is 1 to %(most)s open days; %(days)s is none of them.",
    Code.OFFICE_UNKNOWN: "There is no office with the code %(office)s. See the list of offices.",
    Code.OFFICE_CANNOT_RECEIVE: "%(office)s does not take in returns. Choose a registry office or a counter.",
    Code.RECEIVING_CLOSED: (
        "%(office)s takes nothing in until %(until)s (%(reason)s). Keep it safe and take it in afterwards."
    ),
    Code.RECEIVING_DELEGATED: (
        "%(office)s takes nothing in until %(until)s (%(reason)s). Take it to %(delegate)s."
    ),
    Code.TRANSFER_ALREADY_RECEIVED: "Transfer %(number)s has already been received in full.",
    Code.TRANSFER_NOT_FOUND: "This transfer is not known. Check the number on the transfer list.",
    Code.TRANSFER_NOT_POSSIBLE: (
        "%(office)s is no other counter of this registry office. Choose one from the list."
    ),
    Code.TRANSFER_COUNTED: "The cards of transfer %(number)s were counted already, or some have arrived.",
    Code.TRANSFER_COUNT_UNCLEAR: (
        "%(scanned)s cards were scanned and %(left)s are still expected; %(counted)s fits neither all nor only those. "
        "Scan each card that is here."
    ),
    Code.SHELF_MISSING: "Write the shelf on which the cards are put.",
    Code.NOT_ON_TRANSFER: "%(scanned)s is not on the list of transfer %(number)s. Check the number.",
    Code.CLOSURE_ENDS_BEFORE_START: "The closure ends before it starts. Correct one of the dates.",
    Code.CLOSURE_TOO_LONG: "A closure lasts at most %(days)s days. Write another one to follow it.",
    Code.DECISION_NOT_POSSIBLE: "%(decision)s is no decision about a return. Choose one from the list.",
    Code.ALREADY_SETTLED: "Somebody has settled this case already.",
    Code.RETURN_NOT_WAITING: "%(reference)s does not wait for a decision any more. Load the list again.",
    Code.OTHER_REGENCY: (
        "The address lies outside this registry office's region. Send the card to that office, or choose another way."
    ),
    Code.OFFICER_MISSING: "A person must sign; a program alone cannot.",
    Code.NOT_TO_SIGN_OFF: "%(reference)s is not on the open list of the registry. Load the list again.",
    Code.NOT_KEPT_LONGER: "%(reference)s does not stand on this shelf. Load the list again.",
    Code.NO_REGISTRY_ABOVE: "%(office)s is no counter of a registry office.",
    Code.POLICY_CHANGED: "Somebody has changed the policy meanwhile. Load it again and make your changes there.",
    Code.POLICY_OUT_OF_RANGE: "%(value)s lies outside what is possible: %(least)s to %(most)s.",
    Code.POLICY_BAG_TOO_LARGE: "A bag cannot hold more items than a shipment.",
    Code.POLICY_REMINDERS: (
        "Write at most %(most)s different days of reminders, in order and before the %(days)s days are over."
    ),
    Code.POLICY_WITHOUT_HOLDER: "The holder may always collect. Choose the holder too.",
    Code.POLICY_CODE_UNKNOWN: "The policy knows no %(value)s. Choose from the list.",
    Code.POLICY_PAPERS_MISSING: "Say which papers must be shown by: %(relation)s.",
    Code.NOTHING_TO_DESTROY: "There is nothing to destroy. Choose cards of the list.",
    Code.NOT_TO_DESTROY: (
        "%(reference)s cannot be destroyed: it is not damaged, void, printed twice or on the registry's list."
    ),
    Code.COUNT_DIFFERS: "The list holds %(cards)s cards, not %(counted)s. Count again before you sign.",
    Code.SAME_OFFICER: "You have signed this list already. The second signature is another officer's.",
    Code.ALREADY_DESTROYED: "The cards of list %(number)s are destroyed. That cannot be undone.",
    Code.DESTRUCTION_CANCELLED: "List %(number)s was cancelled. Make a new one.",
    Code.NOT_SIGNED: "List %(number)s has no signature to take back.",
    Code.NOT_FOUND: "No card answers to what was scanned. Scan the label again or type the number.",
    Code.ALREADY_COLLECTED: "The card was already collected on %(day)s.",
    Code.WRONG_OFFICE: "The card waits at %(office)s, not here. Send the person there.",
    Code.NOT_RECEIVED: "The card has not arrived at a counter yet: it is %(status)s.",
    Code.ON_HOLD: "The card is on hold (%(reason)s). Ask the registry office.",
    Code.QUOTA_FULL: "All places on %(day)s are taken. Offer another day.",
    Code.OFFICE_CLOSED: "The office does not hand out cards on %(day)s. Offer another day.",
    Code.COLLECTOR_NOT_ALLOWED: "This office does not give a card to: %(relation)s.",
    Code.DOCUMENT_MISSING: "A document is missing. Ask for one of: %(documents)s.",
    Code.OLD_CARD_NOT_SURRENDERED: "The old card must be handed in, or an interim letter shown.",
    Code.IDENTITY_MISMATCH: "The document shown belongs to somebody else. Do not give out the card.",
    Code.WRONG_PIN: "The PIN is wrong. Ask for the message or the receipt.",
    Code.NONCE_USED: "This confirmation was already used for another card. Scan again.",
    Code.UNDO_TOO_LATE: "A collection is undone on the same day only; it was on %(day)s.",
    Code.ALREADY_UNDONE: "This collection was already undone.",
    Code.NIK_CIRCULATES: "Another card of the same person is in circulation now: %(reference)s.",
    Code.DAY_PASSED: "%(day)s has passed. Choose today or a later day.",
    Code.DAY_TOO_LATE: "The card is kept until %(until)s. Choose an earlier day.",
    Code.ALREADY_BOOKED: "There is already an appointment on %(day)s.",
    Code.NOT_BOOKED: "There is no appointment to cancel.",
    Code.SLOT_UNKNOWN: "No slot begins at %(slot)s. Choose one from the list.",
    Code.SLOT_PASSED: "The slot of %(slot)s on %(day)s has passed. Choose a later one.",
    Code.SLOT_FULL: "All places at %(slot)s on %(day)s are taken. Offer another slot.",
    Code.EXTRA_DAY_BOOKED: (
        "There are %(appointments)s appointments on %(day)s. Write a closure of that day: it moves them and tells "
        "people."
    ),
    Code.PLACES_LEFT: "There are places left on %(day)s: book one instead of waiting.",
    Code.PLACES_INVALID: "Write how many places are added, or with a minus how many are taken away.",
    Code.ALREADY_WAITING: "This card is already on the waiting list for %(day)s.",
    Code.NOT_WAITING: "This card is not on a waiting list.",
    Code.NOT_OFFERED: "No place is kept for this card.",
    Code.OFFER_EXPIRED: "The place was kept for some time and has gone to the next. Join the list again.",
    Code.CLOSURE_ENDED: "This closure has already ended, so there is nothing to take back.",
    Code.LIST_INVALID: "This confirmation does not belong to a list that was signed for this counter.",
    Code.CONFLICT_SETTLED: "This conflict was already settled.",
    Code.NO_CARDS: "There is no card here for this village.",
    Code.CARD_NOT_HERE: "%(reference)s is not at this office: it is %(status)s.",
    Code.RETURN_DATE_PASSED: "%(day)s has passed. Write the day by which leftovers come back.",
    Code.NOT_ON_LIST: "A card that was reported is not on list %(number)s.",
    Code.ALREADY_REPORTED: "%(reference)s was already reported as %(result)s.",
    Code.REPORT_DAY_INVALID: "%(day)s lies before the handover or in the future. Write the day when it happened.",
    Code.LIST_CLOSED: "List %(number)s is complete; its results cannot be taken back any more.",
    Code.LINK_NOT_POSSIBLE: (
        "List %(number)s is complete, or its day of return has passed. Write the results down at the desk."
    ),
    Code.LINK_UNKNOWN: "This link does not open here. Ask the office that gave you the cards for a new one.",
    Code.TEXT_MISSING: "Write your question.",
    Code.ALREADY_ANSWERED: "This question was already answered.",
    Code.CHOICE_NOT_POSSIBLE: "The card is not where this can be chosen. Load the page again.",
    Code.TOO_MANY_CHOICES: "This card's choices were changed very often. Try again in an hour.",
    Code.WISH_NOT_NOW: "The card is on its way, or its address is not good yet. Do it when the card is here.",
    Code.PHONE_INVALID: "This is no Indonesian mobile number. Write it like 0812 3456 7890.",
    Code.EMAIL_INVALID: "This is no e-mail address. Correct it, or leave the field empty.",
    Code.CORRECTION_EMPTY: "Write at least one part of the address.",
    Code.CORRECTION_WAITS: "A correction of this address waits for its decision already.",
    Code.TOO_MANY_ENQUIRIES: "There are already %(open)s questions about this card that wait for an answer.",
}
