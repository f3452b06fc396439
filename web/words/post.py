"""Words for cards, shipments, the post's news, the ledger and the work behind them."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from web import audit_words
from web.words.base import BAD, GOOD, LOOK, MOVING, NEUTRAL, OK, STOP, WAIT, WARN, Word

DELIVERY: Mapping[str, Word] = {
    "ANNOUNCED": Word(_("announced to the post"), MOVING, "envelope"),
    "POSTED": Word(_("posted"), MOVING, "envelope-fill"),
    "IN_TRANSIT": Word(_("on the way"), MOVING, "truck"),
    "AT_DELIVERY_OFFICE": Word(_("at the delivery office"), MOVING, "mailbox"),
    "OUT_FOR_DELIVERY": Word(_("out for delivery"), MOVING, "bicycle"),
    "ATTEMPT_FAILED": Word(_("delivery attempt failed"), WARN, LOOK),
    "HELD_FOR_PICKUP": Word(_("held at the post office"), WARN, "mailbox2"),
    "EXCEPTION": Word(_("irregularity"), BAD, "exclamation-circle-fill"),
    "CANCELLED": Word(_("cancelled by the post"), BAD, STOP),
    "DELIVERED": Word(_("delivered"), GOOD, OK),
    "RETURNING": Word(_("coming back"), WARN, "arrow-return-left"),
    "RETURNED_TO_SENDER": Word(_("returned, not yet received by us"), WARN, "arrow-return-left"),
    "RETURN_RECEIVED": Word(_("return received"), WARN, "inbox-fill"),
    "IN_TRANSFER": Word(_("on transfer to a counter"), MOVING, "arrow-left-right"),
    "READY_AT_COUNTER": Word(_("ready at the counter"), MOVING, "shop"),
    "COLLECTED": Word(_("collected"), GOOD, "person-check-fill"),
    "AT_VILLAGE": Word(_("with the village office"), MOVING, "signpost-split"),
    "GIVEN_BY_VILLAGE": Word(_("given by the village office"), GOOD, "house-check-fill"),
}

DISPOSITION: Mapping[str, Word] = {
    "REGISTERED": Word(_("registered"), NEUTRAL, "person-vcard"),
    "DAMAGED": Word(_("damaged"), BAD, "x-circle-fill"),
    "DUPLICATE": Word(_("printed twice"), BAD, "copy"),
    "WITHDRAWN": Word(_("withdrawn"), WARN, "slash-circle"),
    "VOID": Word(_("void"), BAD, "slash-circle"),
    "DESTROYED": Word(_("destroyed"), BAD, "trash"),
}

VERDICT: Mapping[str, Word] = {
    "DELIVERABLE": Word(_("deliverable"), GOOD, OK),
    "NEEDS_REVIEW": Word(_("needs review"), WARN, LOOK),
    "UNDELIVERABLE": Word(_("undeliverable"), BAD, STOP),
}

SHIPMENT: Mapping[str, Word] = {
    "OPEN": Word(_("open"), MOVING, "box-seam"),
    "CLOSED": Word(_("closed"), NEUTRAL, "box-seam-fill"),
    "HANDED_OVER": Word(_("handed over"), MOVING, "truck"),
    "RECEIVED": Word(_("received"), GOOD, "check2-all"),
    "CANCELLED": Word(_("cancelled"), BAD, STOP),
}

JOB: Mapping[str, Word] = {
    "QUEUED": Word(_("waiting"), NEUTRAL, "hourglass-split"),
    "RUNNING": Word(_("running"), MOVING, "play-fill"),
    "SUCCEEDED": Word(_("done"), GOOD, OK),
    "FAILED": Word(_("failed"), BAD, STOP),
    "CANCELLED": Word(_("cancelled"), NEUTRAL, "slash-circle"),
}

FILE: Mapping[str, Word] = {
    "WAITING": Word(_("waiting"), NEUTRAL, "hourglass-split"),
    "DONE": Word(_("done"), GOOD, OK),
    "PREVIEWED": Word(_("checked, not applied"), WARN, "eye"),
    "APPLIED": Word(_("applied"), GOOD, OK),
    "REFUSED": Word(_("refused"), BAD, STOP),
    "UNDONE": Word(_("undone"), NEUTRAL, "arrow-counterclockwise"),
}

LANE: Mapping[str, Word] = {
    "10": Word(_("urgent"), WARN, "flag-fill"),
    "20": Word(_("elderly or disabled"), WARN, "person-fill"),
    "30": Word(_("first card"), NEUTRAL, "award"),
    "40": Word(_("print-ready record (PRR)"), NEUTRAL, "printer"),
    "45": Word(_("sent again"), NEUTRAL, "arrow-repeat"),
    "50": Word(_("ordinary"), NEUTRAL, "dash-circle-fill"),
}

PLACE: Mapping[str, Word] = {
    "BACKLOG": Word(_("in the backlog"), NEUTRAL, "inbox"),
    "ON_HOLD": Word(_("on hold"), WARN, "pause-circle-fill"),
    "IN_SHIPMENT": Word(_("in a shipment, not handed over"), MOVING, "box-seam"),
    "READY": Word(_("waits for its turn"), NEUTRAL, WAIT),
}

BUCKET: Mapping[str, Word] = {
    "damaged": DISPOSITION["DAMAGED"],
    "printed_twice": DISPOSITION["DUPLICATE"],
    "withdrawn": DISPOSITION["WITHDRAWN"],
    "void": DISPOSITION["VOID"],
    "destroyed": DISPOSITION["DESTROYED"],
    "address_review": Word(_("address in review"), WARN, "geo-alt"),
    "on_hold": Word(_("on hold"), WARN, "pause-circle-fill"),
    "awaiting_channel": Word(_("waits for the counter or the village office"), NEUTRAL, "signpost-split"),
    "backlog": Word(_("in the backlog"), NEUTRAL, "inbox"),
    "in_open_shipment": Word(_("in an open shipment"), MOVING, "box-seam"),
    "in_closed_shipment": Word(_("in a closed shipment"), MOVING, "box-seam-fill"),
    "with_post": Word(_("with the post"), MOVING, "truck"),
    "handover_difference": Word(_("differs at handover"), BAD, "exclamation-circle-fill"),
    "delivered": Word(_("delivered"), GOOD, OK),
    "coming_back": Word(_("coming back"), WARN, "arrow-return-left"),
    "returned": Word(_("return received"), WARN, "inbox-fill"),
    "in_transfer": Word(_("on transfer to a counter"), MOVING, "arrow-left-right"),
    "at_counter": Word(_("ready at the counter"), MOVING, "shop"),
    "collected": Word(_("collected"), GOOD, "person-check-fill"),
    "at_village": Word(_("with the village office"), MOVING, "signpost-split"),
    "given_by_village": Word(_("given by the village office"), GOOD, "house-check-fill"),
}

FUNNEL: Mapping[str, Word] = {
    "printed": Word(_("printed")),
    "damaged": Word(_("damaged")),
    "printed_twice": Word(_("printed twice")),
    "withdrawn": Word(_("withdrawn")),
    "held_for_address_review": Word(_("held for a review of the address")),
    "handed_over": Word(_("handed over to the post")),
    "delivered": Word(_("delivered by the courier")),
    "not_delivered": Word(_("not delivered")),
}

DIFFERENCE: Mapping[str, Word] = {
    "NOT_PACKED": Word(_("not there when packed"), BAD, STOP),
    "MISSING": Word(_("missing"), BAD, STOP),
    "EXTRA": Word(_("extra"), WARN, "plus-lg"),
    "DAMAGED": Word(_("damaged"), BAD, LOOK),
}

SERVICE: Mapping[str, Word] = {
    "": Word(_("all services")),
    "POSTING": Word(_("posting")),
    "RECEIVING": Word(_("receiving")),
    "PICKUP": Word(_("counter pickup")),
}

LABEL_FORMAT: Mapping[str, Word] = {
    "a4-3x8": Word(_("A4 sheet, 24 labels of 70 × 37 mm")),
    "a4-2x7": Word(_("A4 sheet, 14 labels of 99.1 × 38.1 mm")),
    "a4-2x5": Word(_("A4 sheet, 10 labels of 99.1 × 57 mm")),
    "roll-100x150": Word(_("roll, 100 × 150 mm")),
    "roll-100x50": Word(_("roll, 100 × 50 mm")),
    "zpl203": Word(_("thermal printer, 203 dpi (ZPL)")),
    "zpl300": Word(_("thermal printer, 300 dpi (ZPL)")),
}

ROW_OUTCOME: Mapping[str, Word] = {
    "applied": Word(_("applied"), GOOD, OK),
    "duplicate": Word(_("known already"), NEUTRAL, "check2-all"),
    "superseded": Word(_("older than what is known"), NEUTRAL, WAIT),
    "unknown_item": Word(_("item not known"), BAD, "question-circle"),
    "other_office": Word(_("item of another office"), WARN, "signpost-split"),
    "unmapped_text": Word(_("text not known"), WARN, "translate"),
    "bad_date": Word(_("date not readable"), BAD, "calendar-x"),
    "future_date": Word(_("date in the future"), BAD, "calendar-x"),
    "damaged_number": Word(_("number damaged"), BAD, "hash"),
    "contradiction": Word(_("contradicts what is known"), WARN, LOOK),
    "misread": Word(_("Read wrongly: scan again"), BAD, STOP),
    "not_posted": Word(_("not with the post"), BAD, STOP),
}

ROUTE_FAULT: Mapping[str, Word] = {
    "NOBODY_SERVES": Word(_("no post office serves this village: enter it under the offices' areas")),
    "CLOSED_WITHOUT_DELEGATE": Word(_("its post office is closed and nobody stands in: write a delegation")),
    "DELEGATION_CYCLE": Word(_("the offices stand in for each other: correct the delegations")),
}

FORECAST_FAULT: Mapping[str, Word] = {
    **ROUTE_FAULT,
    "NO_CAPACITY": Word(_("its post office takes no cards: enter how many it takes a day")),
}

OVERTAKEN: Mapping[str, Word] = {
    "FASTER_LANE": Word(_("cards of a faster lane were printed later and go first")),
    "OFFICE_FULL": Word(_("its post office is full; those of others go meanwhile")),
    "OFFICE_CLOSED": Word(_("its post office is closed; those of others go meanwhile")),
}

JOB_ERROR: Mapping[str, Word] = {
    "WORKER_DIED": Word(_("the worker died several times")),
    "DISK_FULL": Word(_("the disk of the server is full: the administrator must make room")),
    "DATABASE_FAULT": Word(_("the database did not answer")),
}

JOB_KIND: Mapping[str, Word] = {
    "courier.file": Word(_("Courier file")),
    "courier.share": Word(_("Help with a courier file")),
    "courier.undo": Word(_("Undo of a courier file")),
    "courier.result": Word(_("Result workbooks written anew")),
    "courier.replay": Word(_("Courier file read anew")),
    "courier.map": Word(_("Rows that waited for a text")),
    "courier.pull": Word(_("Status fetched from the post")),
    "cards.import": Word(_("Intake of printed cards")),
    "shipments.labels": Word(_("Labels")),
}

OBJECT: Mapping[str, Word] = {code: Word(label) for code, label in audit_words.OBJECT.items()}

OPERATION: Mapping[str, Word] = {code: Word(label) for code, label in audit_words.OPERATION.items()}

REASON: Mapping[str, Word] = {
    "ABSENT": Word(_("nobody at home")),
    "MOVED": Word(_("moved away")),
    "DECEASED": Word(_("deceased")),
    "UNKNOWN_AT_ADDRESS": Word(_("unknown at the address")),
    "ADDRESS_INCOMPLETE": Word(_("address incomplete")),
    "ADDRESS_NOT_FOUND": Word(_("address not found")),
    "REFUSED": Word(_("refused")),
    "MISSED_DELIVERY": Word(_("missed delivery")),
    "UNCLAIMED": Word(_("not claimed")),
    "DAMAGED": Word(_("damaged")),
    "MISSENT": Word(_("sent to a wrong office")),
    "HELD_ON_REQUEST": Word(_("held on request")),
    "OWN_PICKUP": Word(_("wants to collect it")),
    "BUSINESS_CLOSED": Word(_("office or shop closed")),
    "ACCESS_RESTRICTED": Word(_("no access to the place")),
    "FORCE_MAJEURE": Word(_("force majeure")),
    "PHONE_UNREACHABLE": Word(_("phone not reachable")),
    "OLD_CARD_NOT_SURRENDERED": Word(_("old card not handed in")),
    "OTHER": Word(_("other reason")),
}

ACTION: Mapping[str, Word] = {
    "ANOTHER_ATTEMPT": Word(_("will be tried again")),
    "HELD_ADDRESSEE_NOTIFIED": Word(_("held, addressee told")),
    "HELD_FOR_PICKUP": Word(_("held to be collected")),
    "FORWARDED": Word(_("forwarded")),
    "RETURNED_TO_SENDER": Word(_("returned to us")),
    "DISPOSED": Word(_("destroyed")),
}

ADDRESS_REASON: Mapping[str, Word] = {
    "CAME_BACK": Word(_("the post did not find this address")),
    "POSTCODE_EMPTY": Word(_("the postcode is empty")),
    "POSTCODE_OTHER_VILLAGE": Word(_("the postcode belongs to another village")),
    "POSTCODE_OTHER_DISTRICT": Word(_("the postcode belongs to another district")),
    "POSTCODE_UNKNOWN": Word(_("the postcode is not known")),
    "POSTCODE_FORMER": Word(_("the postcode is a former one")),
    "VILLAGE_TYPO": Word(_("the village is spelt differently")),
    "VILLAGE_ABBREVIATION": Word(_("the village is abbreviated")),
    "VILLAGE_OLD_NAME": Word(_("the village's former name")),
    "VILLAGE_RELOCATED": Word(_("the village belongs to another district now")),
    "VILLAGE_AMBIGUOUS": Word(_("several villages have this name")),
    "VILLAGE_NOT_FOUND": Word(_("the village was not found")),
    "DISTRICT_CORRECTED": Word(_("the district was corrected")),
    "DISTRICT_INFERRED": Word(_("the district follows from the village")),
    "REGENCY_OLD_NAME": Word(_("the regency's former name")),
    "CITY_REGENCY_SWAPPED": Word(_("city and regency were exchanged")),
    "TEXT_NAMES_OTHER_VILLAGE": Word(_("the street line names another village")),
    "TEXT_NAMES_OTHER_DISTRICT": Word(_("the street line names another district")),
    "RT_RW_MISSING": Word(_("RT and RW are missing")),
    "RT_RW_INVALID": Word(_("RT and RW cannot be read")),
    "STREET_MISSING": Word(_("there is no street or house")),
    "PO_BOX_OR_LANDMARK": Word(_("only a landmark or a box is given")),
    "POINT_IS_DISTRICT": Word(_("the map point is the district's")),
}

DECISION: Mapping[str, Word] = {
    "ACCEPTED": Word(_("candidate accepted"), GOOD, OK),
    "CORRECTED": Word(_("field corrected"), GOOD, "pencil"),
    "UNDELIVERABLE": Word(_("marked undeliverable"), BAD, STOP),
    "PHONE_ASKED": Word(_("phone asked for"), WARN, "telephone"),
}

FINDING: Mapping[str, Word] = {
    "GOOD": Word(_("good"), GOOD, OK),
    "DAMAGED": Word(_("damaged"), BAD, STOP),
    "PRINTED_TWICE": Word(_("printed twice"), WARN, "copy"),
    "ELSEWHERE": Word(_("belongs to another office"), WARN, "signpost-split"),
}

SOURCE: Mapping[str, Word] = {
    "DESK": Word(_("our desk")),
    "FILE": Word(_("courier file")),
    "API": Word(_("API")),
}

INTAKE_OUTCOME: Mapping[str, Word] = {
    "registered": Word(_("registered"), GOOD, OK),
    "printed_twice": Word(_("printed twice"), WARN, "copy"),
    "already_known": Word(_("already known"), NEUTRAL, "check2-all"),
    "rejected": Word(_("rejected"), BAD, STOP),
}

ACCESS: Mapping[str, Word] = {
    "OPEN": Word(_("opened"), NEUTRAL, "eye"),
    "SEARCH": Word(_("searched"), NEUTRAL, "search"),
    "EXPORT": Word(_("exported"), WARN, "download"),
}

CHANNEL: Mapping[str, Word] = {
    "POST": Word(_("by post"), NEUTRAL, "envelope"),
    "COUNTER": Word(_("at a counter"), NEUTRAL, "shop"),
    "VILLAGE": Word(_("by the village office"), NEUTRAL, "signpost-split"),
}

TABLES: Mapping[str, Mapping[str, Word]] = {
    "delivery": DELIVERY,
    "disposition": DISPOSITION,
    "verdict": VERDICT,
    "shipment": SHIPMENT,
    "job": JOB,
    "file": FILE,
    "lane": LANE,
    "place": PLACE,
    "bucket": BUCKET,
    "funnel": FUNNEL,
    "difference": DIFFERENCE,
    "service": SERVICE,
    "label_format": LABEL_FORMAT,
    "row_outcome": ROW_OUTCOME,
    "route_fault": ROUTE_FAULT,
    "forecast_fault": FORECAST_FAULT,
    "overtaken": OVERTAKEN,
    "job_error": JOB_ERROR,
    "job_kind": JOB_KIND,
    "object": OBJECT,
    "operation": OPERATION,
    "reason": REASON,
    "action": ACTION,
    "address_reason": ADDRESS_REASON,
    "decision": DECISION,
    "finding": FINDING,
    "source": SOURCE,
    "intake_outcome": INTAKE_OUTCOME,
    "access": ACCESS,
    "channel": CHANNEL,
}
