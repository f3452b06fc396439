"""Words for what comes back, for counters and for what residents are told."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from web.words.base import BAD, GOOD, LOOK, MOVING, NEUTRAL, OK, STOP, WAIT, WARN, Word

MESSAGE: Mapping[str, Word] = {
    "QUEUED": Word(_("waiting"), NEUTRAL, WAIT),
    "SENT": Word(_("sent"), MOVING, "send"),
    "DELIVERED": Word(_("reached the phone"), GOOD, "check2-all"),
    "READ": Word(_("read"), GOOD, "eye"),
    "FAILED": Word(_("failed"), BAD, STOP),
    "WITHDRAWN": Word(_("withdrawn"), NEUTRAL, "slash-circle"),
}

OCCASION: Mapping[str, Word] = {
    "REGISTERED": Word(_("registered")),
    "DISPATCHED": Word(_("dispatched")),
    "OUT_FOR_DELIVERY": Word(_("out for delivery")),
    "ATTEMPT_FAILED": Word(_("delivery attempt failed")),
    "READY_AT_COUNTER": Word(_("ready at the counter")),
    "REMINDER": Word(_("reminder")),
    "MOVED": Word(_("moved because of a closure")),
    "REOPENED": Word(_("the counter is open again")),
    "PLACE_OFFERED": Word(_("a place became free")),
    "COLLECTED": Word(_("collected")),
    "ENQUIRY_ANSWERED": Word(_("question answered")),
    "ADDRESS_CHECKED": Word(_("address correction decided")),
    "WISH_ANSWERED": Word(_("wish answered")),
    "CONTACT_CHANGED": Word(_("phone or e-mail changed")),
    "REPLY_NOTED": Word(_("reply noted")),
    "REPLY_HELP": Word(_("reply not understood")),
}

MESSAGE_CHANNEL: Mapping[str, Word] = {
    "CONSOLE": Word(_("log of the server")),
    "EMAIL": Word(_("e-mail")),
    "GATEWAY": Word(_("SMS or WhatsApp gateway")),
    "WHATSAPP": Word(_("WhatsApp, directly")),
}

WISH: Mapping[str, Word] = {
    "RESEND": Word(_("send it again"), NEUTRAL, "arrow-repeat"),
    "OTHER_COUNTER": Word(_("another counter"), NEUTRAL, "shop"),
}

WISH_OUTCOME: Mapping[str, Word] = {
    "GRANTED": Word(_("granted"), GOOD, OK),
    "DECLINED": Word(_("declined"), BAD, STOP),
}

TRANSFER_PURPOSE: Mapping[str, Word] = {
    "PICKUP": Word(_("to be collected there"), NEUTRAL, "shop"),
    "UNCLAIMED": Word(_("nobody collected them"), NEUTRAL, "arrow-return-left"),
    "POST": Word(_("to be posted again"), NEUTRAL, "arrow-repeat"),
}

LEFT: Mapping[str, Word] = {
    "NO_COUNTER": Word(_("no counter serves their village; enter it under Offices")),
    "ADDRESS": Word(_("they are to be sent again, but the address is not good or a hold keeps them")),
    "CORRECTION": Word(_("a correction of the address is not decided")),
    "WISH": Word(_("what the holder wishes cannot be done today")),
}

CORRECTION: Mapping[str, Word] = {
    "OPEN": Word(_("waiting"), WARN, WAIT),
    "ACCEPTED": Word(_("accepted"), GOOD, OK),
    "DECLINED": Word(_("declined"), BAD, STOP),
}

RELATION: Mapping[str, Word] = {
    "HOLDER": Word(_("the holder")),
    "HOUSEHOLD": Word(_("somebody of the house")),
    "FAMILY": Word(_("family")),
    "NEIGHBOUR": Word(_("a neighbour")),
    "SECURITY": Word(_("a guard")),
    "COLLEAGUE": Word(_("a colleague")),
    "RECEPTION": Word(_("the reception")),
    "VILLAGE_OFFICER": Word(_("a village officer")),
    "WRITTEN_AUTHORITY": Word(_("somebody with a written authority")),
    "SAME_FAMILY_CARD": Word(_("somebody on the same family card")),
    "SENDER": Word(_("the sender")),
    "OTHER": Word(_("somebody else")),
}

DOCUMENT: Mapping[str, Word] = {
    "OLD_CARD": Word(_("old identity card")),
    "FAMILY_CARD": Word(_("family card (KK)")),
    "INTERIM_LETTER": Word(_("interim letter (suket)")),
    "AUTHORITY_F107": Word(_("written authority F-1.07")),
    "OFFICER_LETTER": Word(_("village officer's letter")),
    "PASSPORT_OR_LICENCE": Word(_("passport or driving licence")),
}

WAITING: Mapping[str, Word] = {
    "WAITING": Word(_("waiting"), NEUTRAL, WAIT),
    "OFFERED": Word(_("offered a place"), WARN, "bell"),
    "TAKEN": Word(_("took the place"), GOOD, OK),
    "EXPIRED": Word(_("expired"), NEUTRAL, "clock-history"),
    "LEFT": Word(_("left the list"), NEUTRAL, "x-lg"),
}

# Why a confirmation without network does not agree with what is known.

OFFLINE_CODE: Mapping[str, Word] = {
    "ALREADY_COLLECTED": Word(_("already collected elsewhere or on another device")),
    "ALREADY_UNDONE": Word(_("taken back by a supervisor meanwhile")),
    "ON_HOLD": Word(_("on hold meanwhile")),
    "NOT_RECEIVED": Word(_("no longer on this shelf")),
    "WRONG_OFFICE": Word(_("moved to another counter meanwhile")),
    "NOT_FOUND": Word(_("not known here")),
    "LIST_INVALID": Word(_("not on a list that was signed for this counter")),
    "NONCE_USED": Word(_("this confirmation belongs to another card")),
}

VILLAGE_RESULT: Mapping[str, Word] = {
    "OPEN": Word(_("not reported yet"), NEUTRAL, WAIT),
    "GIVEN": Word(_("given"), GOOD, OK),
    "NOT_FOUND": Word(_("not found"), WARN, LOOK),
    "RETURNED": Word(_("returned"), WARN, "arrow-return-left"),
}

RETURN_DECISION: Mapping[str, Word] = {
    "UNDECIDED": Word(_("undecided"), WARN, "question-circle"),
    "COUNTER": Word(_("counter pickup"), MOVING, "shop"),
    "SEND_AGAIN": Word(_("send again"), MOVING, "arrow-repeat"),
    "ADDRESS": Word(_("address at the review desk"), WARN, "geo-alt"),
    "VILLAGE": Word(_("village list"), MOVING, "signpost-split"),
    "REGISTRY": Word(_("back to the registry"), WARN, "building"),
    "REPRINT": Word(_("reprint"), BAD, "printer"),
}

CONDITION: Mapping[str, Word] = {
    "FINE": Word(_("fine"), GOOD, OK),
    "DAMAGED": Word(_("damaged"), BAD, STOP),
}

AFTER_HOLD: Mapping[str, Word] = {
    "VILLAGE": Word(_("village list"), MOVING, "signpost-split"),
    "REGISTRY": Word(_("back to the registry"), WARN, "building"),
}

DESTRUCTION_KIND: Mapping[str, Word] = {
    "CARDS": Word(_("printed cards"), NEUTRAL, "person-vcard"),
    "OLD_CARDS": Word(_("old cards handed in"), NEUTRAL, "archive"),
}

RETURN_RESULT: Mapping[str, Word] = {
    "RECEIVED": Word(_("Taken in"), GOOD, OK),
    "RECEIVED_DAMAGED": Word(_("Taken in as damaged: it will be printed again"), WARN, LOOK),
    "MISREAD": Word(_("Read wrongly: scan again"), BAD, STOP),
    "UNKNOWN": Word(_("Not ours: put it aside"), BAD, STOP),
    "FOREIGN": Word(_("Another office's card: put it aside"), BAD, STOP),
    "SCANNED_TWICE": Word(_("Scanned twice"), WARN, LOOK),
    "ALREADY_RECEIVED": Word(_("Already taken in"), WARN, LOOK),
    "AT_VILLAGE": Word(_("On a village list: report it there"), WARN, LOOK),
    "NOT_POSTED": Word(_("Never posted: ask a supervisor"), BAD, STOP),
    "SAYS_DELIVERED": Word(_("Reported as delivered: ask a supervisor"), BAD, STOP),
    "SET_ASIDE": Word(_("Set aside: ask a supervisor"), BAD, STOP),
}

TABLES: Mapping[str, Mapping[str, Word]] = {
    "message": MESSAGE,
    "occasion": OCCASION,
    "message_channel": MESSAGE_CHANNEL,
    "wish": WISH,
    "wish_outcome": WISH_OUTCOME,
    "transfer_purpose": TRANSFER_PURPOSE,
    "left": LEFT,
    "correction": CORRECTION,
    "relation": RELATION,
    "document": DOCUMENT,
    "waiting": WAITING,
    "offline_code": OFFLINE_CODE,
    "village_result": VILLAGE_RESULT,
    "return_decision": RETURN_DECISION,
    "condition": CONDITION,
    "after_hold": AFTER_HOLD,
    "destruction_kind": DESTRUCTION_KIND,
    "return_result": RETURN_RESULT,
}
