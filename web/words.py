"""What codes are called on the screen: a word, a tone (colour) and an icon for each."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NEUTRAL, MOVING, GOOD, WARN, BAD = "neutral", "moving", "good", "warn", "bad"


@dataclass(frozen=True, slots=True)
class Word:
    """How one code is shown. The tone is one of neutral, moving, good, warn, bad."""

    label: Promise | str
    tone: str = NEUTRAL
    icon: str = "info-circle-fill"


_WAIT, _OK, _STOP, _LOOK = "clock-history", "check-circle-fill", "x-circle-fill", "exclamation-triangle-fill"

DELIVERY: Mapping[str, Word] = {
    "ANNOUNCED": Word(_("announced to the post"), MOVING, "envelope"),
    "POSTED": Word(_("posted"), MOVING, "envelope-fill"),
    "IN_TRANSIT": Word(_("on the way"), MOVING, "truck"),
    "AT_DELIVERY_OFFICE": Word(_("at the delivery office"), MOVING, "mailbox"),
    "OUT_FOR_DELIVERY": Word(_("out for delivery"), MOVING, "bicycle"),
    "ATTEMPT_FAILED": Word(_("delivery attempt failed"), WARN, _LOOK),
    "HELD_FOR_PICKUP": Word(_("held at the post office"), WARN, "mailbox2"),
    "EXCEPTION": Word(_("irregularity"), BAD, "exclamation-circle-fill"),
    "CANCELLED": Word(_("cancelled by the post"), BAD, _STOP),
    "DELIVERED": Word(_("delivered"), GOOD, _OK),
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
}

VERDICT: Mapping[str, Word] = {
    "DELIVERABLE": Word(_("deliverable"), GOOD, _OK),
    "NEEDS_REVIEW": Word(_("needs review"), WARN, _LOOK),
    "UNDELIVERABLE": Word(_("undeliverable"), BAD, _STOP),
}

SHIPMENT: Mapping[str, Word] = {
    "OPEN": Word(_("open"), MOVING, "box-seam"),
    "CLOSED": Word(_("closed"), NEUTRAL, "box-seam-fill"),
    "HANDED_OVER": Word(_("handed over"), MOVING, "truck"),
    "RECEIVED": Word(_("received"), GOOD, "check2-all"),
    "CANCELLED": Word(_("cancelled"), BAD, _STOP),
}

JOB: Mapping[str, Word] = {
    "QUEUED": Word(_("waiting"), NEUTRAL, "hourglass-split"),
    "RUNNING": Word(_("running"), MOVING, "play-fill"),
    "SUCCEEDED": Word(_("done"), GOOD, _OK),
    "FAILED": Word(_("failed"), BAD, _STOP),
    "CANCELLED": Word(_("cancelled"), NEUTRAL, "slash-circle"),
}

FILE: Mapping[str, Word] = {
    "WAITING": Word(_("waiting"), NEUTRAL, "hourglass-split"),
    "DONE": Word(_("done"), GOOD, _OK),
    "PREVIEWED": Word(_("checked, not applied"), WARN, "eye"),
    "APPLIED": Word(_("applied"), GOOD, _OK),
    "REFUSED": Word(_("refused"), BAD, _STOP),
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

TABLES: Mapping[str, Mapping[str, Word]] = {
    "delivery": DELIVERY,
    "disposition": DISPOSITION,
    "verdict": VERDICT,
    "shipment": SHIPMENT,
    "job": JOB,
    "file": FILE,
    "lane": LANE,
}


def word_of(kind: str, code: str) -> Word:
    """Give the word of a code; a code that no table knows is shown as it is, never hidden."""
    return TABLES[kind].get(code) or Word(code, NEUTRAL, "question-circle")
