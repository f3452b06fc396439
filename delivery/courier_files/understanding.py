"""Read a status file, find the items that its rows are about, and give their texts a meaning, as the rows come."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from delivery.courier_files.layouts import KnownLayouts
from delivery.courier_files.matching import Beginnings, Destinations, match_rows, suggest_near_misses
from delivery.courier_files.meanings import meanings_of
from delivery.courier_files.reading import open_status_file
from delivery.courier_files.rows import Layout, RowOutcome, StatusRow
from delivery.couriers import Courier, Meaning
from offices.models import Office

OnReading = Callable[[int, int | None], None]


def read_and_understand(
    path: str | Path,
    *,
    office: Office,
    courier: Courier,
    now: datetime,
    known: KnownLayouts | None = None,
    on_reading: OnReading | None = None,
) -> tuple[Layout, list[StatusRow]]:
    """Give the file's rows as an office told them; those that cannot be applied have ended. Raises SheetError.

    `on_reading` is told, each time that some thousand rows are read, the number of the last of them, and the last one
    of the sheet where it is known; what it raises ends the work.
    """
    tell = on_reading or _tell_nobody
    zone = ZoneInfo(office.time_zone)
    own_words = meanings_of(courier=courier, office=office)
    destinations, beginnings = Destinations(), Beginnings()
    rows: list[StatusRow] = []
    tell(0, None)
    opened = open_status_file(path, courier=courier, zone=zone, now=now, known=known)
    with opened as (layout, last_row, pieces):
        for piece in pieces:
            _understand(piece, courier, office, own_words, destinations, beginnings)
            rows += piece
            tell(piece[-1].row, last_row)
    suggest_near_misses(rows, office=office)
    return layout, rows


def _understand(
    rows: Sequence[StatusRow],
    courier: Courier,
    office: Office,
    own_words: Mapping[tuple[str, str], Meaning],
    destinations: Destinations,
    beginnings: Beginnings,
) -> None:
    """Give each matched row its meaning; a text that nobody has explained yet ends the row."""
    matches = match_rows(rows, office=office, beginnings=beginnings)
    for row in rows:
        if row.outcome is not None:
            continue
        match = matches.get(row.number) or matches[row.reference]
        arrived = destinations.is_destination(post_office_id=match.post_office_id, place=row.place)
        row.meaning = own_words.get((row.status_text, row.remark_text)) or courier.meaning(
            row.status_text, row.remark_text, arrived
        )
        if row.meaning is None:
            row.end(RowOutcome.UNMAPPED_TEXT)


def _tell_nobody(row: int, last_row: int | None) -> None:
    """Progress that nobody asked for."""
