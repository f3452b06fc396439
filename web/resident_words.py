"""What residents read: plain words for each step, never an officer's term."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from delivery.public_view import NextStep, Stage
from delivery.refusals import Code, DeliveryRefused

Word = str | Promise

# Where messages go, by the way and whether the holder has named another number.
REACHED: Mapping[str, Word] = {
    "REGISTERED": _("to the number of your registration"),
    "PHONE": _("to the number that you named"),
    "EMAIL": _("by e-mail"),
}

STAGES: Mapping[Stage, Word] = {
    Stage.PRINTED: _("Printed"),
    Stage.SENT: _("Sent"),
    Stage.AT_POST_OFFICE: _("At the post office"),
    Stage.OUT_FOR_DELIVERY: _("Being delivered"),
    Stage.READY: _("Ready to collect"),
    Stage.RECEIVED: _("Received"),
}

# The page's one big sentence, by what happens next or, at the end, by the stage.
STATES: Mapping[str, Word] = {
    "READY": _("Your card is ready to collect"),
    "RECEIVED": _("Your card has been received"),
    "WAIT_FOR_DISPATCH": _("Your card is printed and waits to be sent"),
    "ADDRESS_BEING_CHECKED": _("Your address is being checked"),
    "AREA_ON_HOLD": _("Cards for your area are waiting"),
    "BEING_REPRINTED": _("Your card is being printed again"),
    "ASK_THE_OFFICE": _("Please ask the office about your card"),
    "ON_ITS_WAY": _("Your card is on its way"),
    "DELIVERY_SOON": _("Your card has reached the post office"),
    "BE_AT_HOME": _("The courier is bringing your card"),
    "ANOTHER_ATTEMPT": _("Your card could not be delivered yet"),
    "COLLECT_AT_POST_OFFICE": _("Your card waits at the post office"),
    "COMING_BACK_TO_US": _("Your card is coming back to the registry office"),
    "COUNTER_BEING_CHOSEN": _("Your card is back at the registry office"),
    "ON_ITS_WAY_TO_COUNTER": _("Your card is being taken to another of our offices"),
    "VILLAGE_OFFICER_BRINGS": _("Your village office has your card"),
    "COUNTER_CHOSEN": _("Your card will come to a counter"),
    "VILLAGE_CHOSEN": _("Your card will come to your village office"),
}

NEXT_STEPS: Mapping[NextStep, Word] = {
    NextStep.WAIT_FOR_DISPATCH: _(
        "Cards are sent in the order in which they were printed. You need not come."
    ),
    NextStep.ADDRESS_BEING_CHECKED: _(
        "The address on record is not clear. Correct it below: street, RT and RW, village and district."
    ),
    NextStep.AREA_ON_HOLD: _("We send it as soon as this ends, or this page says where to collect it."),
    NextStep.BEING_REPRINTED: _("The first print was not good enough. You need not do anything."),
    NextStep.ASK_THE_OFFICE: _("Write to us below, or ask at your village or district office."),
    NextStep.ON_ITS_WAY: _("It is with the post. It can take several days from one post office to the next."),
    NextStep.DELIVERY_SOON: _("It will be delivered in the next days. Please be reachable at home."),
    NextStep.BE_AT_HOME: _("Please be at home. Have your old card ready, if you have one."),
    NextStep.ANOTHER_ATTEMPT: _(
        "The courier usually tries again. If that fails, the card comes back to our office."
    ),
    NextStep.COLLECT_AT_POST_OFFICE: _(
        "Collect it there. Bring your family card (KK), and your old card if you have one."
    ),
    NextStep.COMING_BACK_TO_US: _("Usually we then take it to a counter near you."),
    NextStep.COUNTER_BEING_CHOSEN: _("Usually we then take it to a counter near you."),
    NextStep.ON_ITS_WAY_TO_COUNTER: _("When it is at a counter, this page says where you can collect it."),
    NextStep.COLLECT_AT_COUNTER: _("You need no papers. Show this page at the counter."),
    NextStep.COUNTER_CHOSEN: _("It is not posted. This page says when and where you can collect it."),
    NextStep.VILLAGE_CHOSEN: _(
        "It is not posted. Your RT or RW will bring it, or ask at the village office."
    ),
    NextStep.VILLAGE_OFFICER_BRINGS: _("Your RT or RW will bring it, or ask at the village office."),
    NextStep.NOTHING: _("Nothing more is to be done."),
}

_BRING: Word = _("Bring %(papers)s.")
# Steps after which the card is posted, delivered or ready at a counter, of which messages tell.
_TOLD_OF = frozenset(
    {
        NextStep.WAIT_FOR_DISPATCH, NextStep.ADDRESS_BEING_CHECKED, NextStep.AREA_ON_HOLD, NextStep.ON_ITS_WAY,
        NextStep.DELIVERY_SOON, NextStep.ANOTHER_ATTEMPT, NextStep.COMING_BACK_TO_US, NextStep.COUNTER_BEING_CHOSEN,
        NextStep.ON_ITS_WAY_TO_COUNTER, NextStep.COUNTER_CHOSEN,
    }
)  # fmt: skip
_MESSAGES_COME: Word = _("We send you a message when it is posted, delivered or ready to collect.")
_NO_MESSAGES: Word = _("You get no messages about this card. Look at this page again for news.")

_REASONS: Mapping[str, Word] = {
    "ABSENT": _("nobody was at home"),
    "MISSED_DELIVERY": _("nobody was at home"),
    "MOVED": _("the addressee has moved"),
    "UNKNOWN_AT_ADDRESS": _("the addressee is not known at the address"),
    "ADDRESS_INCOMPLETE": _("the address is not complete"),
    "ADDRESS_NOT_FOUND": _("the address was not found"),
    "REFUSED": _("the item was refused"),
    "UNCLAIMED": _("the item was not collected"),
    "ACCESS_RESTRICTED": _("the courier could not get in"),
    "FORCE_MAJEURE": _("flood, a closed road or another emergency"),
    "PHONE_UNREACHABLE": _("the phone did not answer"),
    "OLD_CARD_NOT_SURRENDERED": _("the old card was not handed over"),
}
_RECEIVERS: Mapping[str, Word] = {
    "HOLDER": _("yourself"),
    "HOUSEHOLD": _("somebody of your household"),
    "FAMILY": _("somebody of your family"),
    "NEIGHBOUR": _("a neighbour"),
    "SECURITY": _("security staff"),
    "COLLEAGUE": _("a colleague"),
    "RECEPTION": _("the reception"),
    "VILLAGE_OFFICER": _("a village officer"),
    "WRITTEN_AUTHORITY": _("somebody with your written authority"),
}


# Whom a holder may send; which of them, each office's policy says.
COLLECTORS: Mapping[str, Word] = {
    "HOLDER": _("I come myself"),
    "SAME_FAMILY_CARD": _("Somebody on the same family card (KK)"),
    "WRITTEN_AUTHORITY": _("Somebody with my written authority (form F-1.07)"),
    "VILLAGE_OFFICER": _("A village officer"),
}
WISHES: Mapping[str, Word] = {
    "RESEND": _("send it again by post"),
    "OTHER_COUNTER": _("bring it to another counter"),
}
WISH_OUTCOMES: Mapping[str, Word] = {
    "GRANTED": _("The office granted your wish."),
    "DECLINED": _("The office could not do what you wished."),
}
CORRECTIONS: Mapping[str, Word] = {
    "OPEN": _("Your correction waits for the office."),
    "ACCEPTED": _("The office accepted your correction."),
    "DECLINED": _("The office did not accept your correction."),
}
ADDRESS_FIELDS: Mapping[str, Word] = {
    "alamat": _("Street, house number, block"),
    "rt_rw": _("RT/RW"),
    "desa_kelurahan": _("Village (desa or kelurahan)"),
    "kecamatan": _("District (kecamatan)"),
}

NEWS: Mapping[str, Word] = {
    "chosen": _("Your choice is kept."),
    "contact": _("We have noted how to reach you."),
    "messages-off": _("You get no more messages. You can let them come again here."),
    "messages-on": _("You get messages again."),
    "correction": _(
        "Your correction has reached the office. It is decided within three days; this page shows the answer."
    ),
    "who": _("We have noted who comes."),
    "wish": _("Your wish has reached the office."),
    "wish-off": _("Your wish is taken back."),
    "booked": _("Your day is booked."),
    "cancelled": _("Your place was given back. You can still come, as long as there are places."),
    "waiting": _("You are on the waiting list. A place that becomes free is kept for you for a short time."),
    "left": _("You are off the waiting list."),
    "asked": _("Your question has reached the office. It is answered within three days."),
}
CHOOSE_A_DAY: Word = _("Choose one of the days.")

# The same refusals that officers read, said to the holder.
_REFUSALS: Mapping[Code, Word] = {
    Code.NOT_RECEIVED: _("Your card is not at a counter now, so no day can be chosen."),
    Code.DAY_PASSED: _("That day has passed. Choose another one."),
    Code.DAY_TOO_LATE: _("Your card is kept until %(until)s. Choose an earlier day."),
    Code.ALREADY_BOOKED: _("You have already chosen %(day)s."),
    Code.OFFICE_CLOSED: _("The counter is closed on %(day)s. Choose another day."),
    Code.QUOTA_FULL: _("All places on %(day)s are taken. Choose another day."),
    Code.SLOT_UNKNOWN: CHOOSE_A_DAY,
    Code.SLOT_PASSED: _("The time %(slot)s on %(day)s has passed. Choose a later one."),
    Code.SLOT_FULL: _("All places at %(slot)s on %(day)s are taken. Choose another time."),
    Code.ALREADY_WAITING: _("You already wait for a place on %(day)s."),
    Code.NOT_WAITING: _("You are not on a waiting list."),
    Code.NOT_OFFERED: _("No place is kept for you now."),
    Code.OFFER_EXPIRED: _("The place was kept for a while and has gone to the next person. Ask again."),
    Code.NOT_BOOKED: _("You have no day to give back."),
    Code.TEXT_MISSING: _("Write your question first."),
    Code.CHOICE_NOT_POSSIBLE: _("Your card has moved on, so this cannot be chosen now."),
    Code.TOO_MANY_CHOICES: _("You have changed your choices very often. Try again in an hour."),
    Code.PHONE_INVALID: _("This is no Indonesian mobile number. Write it like 0812 3456 7890."),
    Code.EMAIL_INVALID: _("This is no e-mail address. Correct it, or leave the field empty."),
    Code.CORRECTION_EMPTY: _("Write at least one part of the address."),
    Code.CORRECTION_WAITS: _("A correction of yours waits already. Please wait for the answer."),
    Code.COLLECTOR_NOT_ALLOWED: _("Your office does not give the card to this person."),
    Code.OFFICE_UNKNOWN: _("Choose one of the counters."),
    Code.TOO_MANY_ENQUIRIES: _("%(open)s of your questions wait for an answer. Please wait for it."),
}
_REFUSED: Word = _("This is not possible now. Try again later, or ask at the office.")


def next_step_words(step: NextStep, *, papers: str) -> str:
    """Say what happens next; at a counter, what to bring (`papers`, in words) as far as papers are asked for."""
    if step is NextStep.COLLECT_AT_COUNTER and papers:
        return str(_BRING) % {"papers": papers}
    return str(NEXT_STEPS[step])


def messages_words(step: NextStep, *, reached: bool) -> Word:
    """Say whether messages will come; empty where none would come in any case."""
    if step not in _TOLD_OF:
        return ""
    return _MESSAGES_COME if reached else _NO_MESSAGES


def reason_word(reason: str) -> Word:
    """Say why it was not delivered; empty where it would hurt or help nobody to say it."""
    return _REASONS.get(reason, "")


def receiver_word(receiver: str) -> Word:
    """Say who took it, as a relation."""
    return _RECEIVERS.get(receiver, "")


def refusal_words(refusal: DeliveryRefused) -> str:
    """Say to the holder why it was refused and what to do."""
    sentence = str(_REFUSALS.get(refusal.code, _REFUSED))
    return sentence % {name: _shown(value) for name, value in refusal.params.items()}


def _shown(value: Any) -> str:
    return formats.date_format(value, "j F Y") if isinstance(value, date) else str(value)
