"""Read printed cards that come as JSON by the rules of a sheet: one row per card, good ones are registered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from offices.models import Office
from shipments.card_columns import FIELDS
from shipments.cards import create_cards
from shipments.intake import MESSAGES, CardRows, PrintedCardRow, RowError
from shipments.registering import Outcome
from spreadsheets.frames import SheetRow
from spreadsheets.headers import HeaderMatch

_HEADER = HeaderMatch(
    row_number=0,
    columns={field: column for column, field in enumerate(FIELDS)},
    titles=FIELDS,
    unknown=(),
)


def register_printed_cards(
    *, sent: Sequence[Mapping[str, Any]], office: Office, actor_id: int, at: datetime
) -> dict[str, Any]:
    """Register what is good and say of every card what became of it, in the order in which they were sent."""
    good: list[PrintedCardRow] = []
    answers: dict[int, dict[str, Any]] = {}
    for read in _read(sent, office=office, at=at):
        if isinstance(read, RowError):
            answers[read.row_number] = _rejected(read)
        else:
            good.append(read)
    outcomes = create_cards(rows=good, office_id=office.pk, actor_id=actor_id, at=at)
    for row, outcome in zip(good, outcomes, strict=True):
        answers[row.row_number] = _answer(
            row.row_number, outcome=outcome.outcome.value, reference=outcome.reference
        )
    cards = [answers[position] for position in range(len(sent))]
    counts = Counter({outcome.value: 0 for outcome in Outcome})
    counts.update(card["outcome"] for card in cards)
    return {"outcomes": dict(counts), "cards": cards}


def _read(sent: Sequence[Mapping[str, Any]], *, office: Office, at: datetime) -> CardRows:
    zone = ZoneInfo(office.time_zone)
    rows = (
        SheetRow(position, tuple(_cell(card.get(field, "")) for field in FIELDS))
        for position, card in enumerate(sent)
    )
    return CardRows(iter(rows), _HEADER, today=at.astimezone(zone).date(), zone=zone)


def _cell(value: object) -> str | None:
    """Write a value as a text cell; an empty one is none."""
    return (value.isoformat() if isinstance(value, date) else str(value)) or None


def _rejected(error: RowError) -> dict[str, Any]:
    return _answer(
        error.row_number,
        outcome=Outcome.REJECTED.value,
        code=error.code.value,
        field=error.field,
        detail=_(MESSAGES[error.code]) % error.params,
    )


def _answer(
    position: int, *, outcome: str, reference: str = "", code: str = "", field: str = "", detail: str = ""
) -> dict[str, Any]:
    return {
        "position": position,
        "outcome": outcome,
        "reference": reference,
        "code": code,
        "field": field,
        "detail": detail,
    }
