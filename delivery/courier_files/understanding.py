"""Read a status file, find the items that its rows are about, and give their texts a meaning, as the rows come."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from delivery.courier_files.layouts import KnownLayouts
from delivery.courier_files.matching import Destinations, Items, match_rows
from delivery.courier_files.meanings import meanings_of
from delivery.courier_files.progress import OnReading, tell_nobody
from delivery.courier_files.reading import open_status_file
from delivery.courier_files.recalling import Recollection
from delivery.courier_files.rows import Layout, RowOutcome, StatusRow
from delivery.couriers import Courier, Meaning
from offices.models import Office
from shipments.numbering import can_be_taken_over
from spreadsheets.reading import NOTHING_ELSE

_REFERENCES_TOLD = 5
_REMEMBERED = 50_000


def read_and_understand(
    path: str | Path,
    *,
    office: Office,
    courier: Courier,
    now: datetime,
    known: KnownLayouts | None = None,
    on_reading: OnReading | None = None,
    recalled: Recollection | None = None,
) -> tuple[Layout, list[StatusRow]]:
    """Give the file's rows as an office told them; those that cannot be applied have ended. Raises SheetError.

    `recalled` takes its steps while the file is being opened, and spares looking for the items that it knows then.
    `on_reading` is told, each time that some thousand rows are read, the number of the last of them, and the last one
    of the sheet where it is known; what it raises ends the work.
    """
    tell = on_reading or tell_nobody
    zone = ZoneInfo(office.time_zone)
    understanding = _Understanding(courier, office, recalled.items if recalled else Items())
    rows: list[StatusRow] = []
    tell(0, None)
    meanwhile = recalled.steps() if recalled else NOTHING_ELSE
    opened = open_status_file(path, courier=courier, zone=zone, now=now, known=known, meanwhile=meanwhile)
    with opened as (layout, last_row, pieces):
        for piece in pieces:
            understanding.of(piece)
            rows += piece
            tell(piece[-1].row, last_row)
    _refuse_numbers_given_twice(rows)
    if again := _rows_of_numbers_to_come(rows):
        understanding.of(again)
    return layout, rows


class _Understanding:
    """Finds the items that rows are about, and what their texts mean. Rows repeat each other's: each is asked once."""

    def __init__(self, courier: Courier, office: Office, items: Items) -> None:
        self._courier = courier
        self._office = office
        self._items = items
        self._own_words = meanings_of(courier=courier, office=office)
        self._destinations = Destinations()
        self._meanings: dict[tuple[str, str, str, int], Meaning | None] = {}

    def of(self, rows: Sequence[StatusRow]) -> None:
        """Give each matched row its meaning; a text that nobody has explained yet ends the row."""
        match_rows(rows, office=self._office, items=self._items)
        found, known = self._items.found, self._meanings
        for row in rows:
            if row.outcome is not None:
                continue
            match = found.get(row.number) or found[row.reference]
            said = row.status_text, row.remark_text, row.place, match.post_office_id
            row.meaning = known[said] if said in known else self._remember(said)
            if row.meaning is None:
                row.end(RowOutcome.UNMAPPED_TEXT)

    def _remember(self, said: tuple[str, str, str, int]) -> Meaning | None:
        if len(self._meanings) >= _REMEMBERED:
            self._meanings.clear()
        status_text, remark_text, place, post_office_id = said
        arrived = self._destinations.is_destination(post_office_id=post_office_id, place=place)
        meaning = self._own_words.get((status_text, remark_text)) or self._courier.meaning(
            status_text, remark_text, arrived
        )
        self._meanings[said] = meaning
        return meaning


def _refuse_numbers_given_twice(rows: Sequence[StatusRow]) -> None:
    """End the rows that give one number to several references: which of them has it, and was meant, a person says.

    Decided over the whole file, so that no size of portions, number of workers or interruption makes a difference.
    """
    given: dict[str, str] = {}
    twice: dict[str, set[str]] = {}
    for row in rows:
        if (number := row.given_number) and given.setdefault(number, row.reference) != row.reference:
            twice.setdefault(number, {given[number]}).add(row.reference)
    if not twice:
        return
    for row in rows:
        if row.given_number in twice and row.outcome in (None, RowOutcome.UNMAPPED_TEXT):
            row.end(RowOutcome.DAMAGED_NUMBER, references=sorted(twice[row.given_number])[:_REFERENCES_TOLD])


def _rows_of_numbers_to_come(rows: Sequence[StatusRow]) -> list[StatusRow]:
    """Give the rows without an item whose number this file gives to one, to be matched by its reference.

    Once some of the file is recorded, as after an interruption, their number would be known.
    """
    giving = [row for row in rows if row.given_number and row.outcome is None]
    unknown = {row.number for row in rows if row.outcome is RowOutcome.UNKNOWN_ITEM} if giving else set()
    if unknown.isdisjoint(row.given_number for row in giving):
        return []
    # an item takes the number that stands last for it, as its rows are recorded
    giving.sort(key=lambda row: (row.card_id, row.occurred_at, row.row))
    last = {row.item_id: row for row in giving}
    to_come = can_be_taken_over(
        numbers={item: row.given_number for item, row in last.items() if row.given_number in unknown}
    )
    references = {number: last[item].reference for item, number in to_come.items()}
    again = [row for row in rows if row.outcome is RowOutcome.UNKNOWN_ITEM and row.number in references]
    for row in again:
        row.reference, row.outcome = references[row.number], None
    return again
