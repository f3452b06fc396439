"""Find the items that the rows of a status file are about, and whose they are; suggest what was misread."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from delivery import bulk
from delivery.courier_files.rows import RowOutcome, StatusRow
from delivery.couriers import folded
from offices.models import Office
from shipments.numbers import NumberKind, is_reference, is_s10, normalise

_NUMBERS_AT_ONCE = 20_000
NEAR_MISSES_SOUGHT = 200
_CHECK_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"

_BY_NUMBER = """
SELECT i.number, i.id, i.card_id, s.office_id, s.post_office_id
FROM shipments_item i JOIN shipments_shipment s ON s.id = i.shipment_id WHERE {among}
"""
# A card that was sent twice has two items under one reference: the last one counts.
_BY_REFERENCE = """
SELECT c.reference, i.id, i.card_id, s.office_id, s.post_office_id
FROM shipments_card c JOIN shipments_item i ON i.card_id = c.id JOIN shipments_shipment s ON s.id = i.shipment_id
WHERE {among} ORDER BY i.id
"""


class Match(NamedTuple):
    """An item by what it was found by, and the two offices between which it was sent."""

    found_by: str
    item_id: int
    card_id: int
    office_id: int
    post_office_id: int


class Destinations:
    """Says whether a place that a courier names is the office that delivers. Files repeat both: each is asked once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], bool] = {}

    def is_destination(self, *, post_office_id: int, place: str) -> bool:
        """Compare by the office's number or its name."""
        key = (post_office_id, place)
        answer = self._known.get(key)
        if answer is None:
            answer = self._known[key] = _is_named(Office.objects.get(pk=post_office_id), folded(place))
        return answer


def _is_named(office: Office, line: str) -> bool:
    by_number = folded(office.code) in line.replace("-", " ").split()
    return bool(line) and (by_number or folded(office.name) == line)


def match_rows(rows: Sequence[StatusRow], *, office: Office) -> dict[str, Match]:
    """Set each row's card and item; end the rows whose item is unknown or another office's. Give the matches."""
    waiting = [row for row in rows if row.outcome is None]
    found = find_items({number for row in waiting for number in (row.number, row.reference) if number})
    for row in waiting:
        match = found.get(row.number) or found.get(row.reference)
        if match is None:
            row.end(RowOutcome.UNKNOWN_ITEM)
        elif not _is_of(office, match):
            row.end(RowOutcome.OTHER_OFFICE)
        else:
            row.item_id, row.card_id = match.item_id, match.card_id
            row.given_number = "" if row.number in found else row.number
    return found


def find_items(numbers: Collection[str]) -> dict[str, Match]:
    """Find items by the post's numbers and by our references, all in a few queries."""
    found: dict[str, Match] = {}
    references = [number for number in numbers if number.startswith("K") and is_reference(number)]
    others = list(set(numbers).difference(references))
    for sql, column, values in ((_BY_NUMBER, "i.number", others), (_BY_REFERENCE, "c.reference", references)):
        query = sql.format(among=bulk.among(column, "text"))
        for start in range(0, len(values), _NUMBERS_AT_ONCE):
            some = bulk.listed(values[start : start + _NUMBERS_AT_ONCE])
            found.update((row[0], Match._make(row)) for row in bulk.select(query, [some]))
    return found


def _is_of(office: Office, match: Match) -> bool:
    """A post office tells of the items that it was given; a registry office of all that it sent."""
    owner = match.post_office_id if office.kind == Office.Kind.POST_OFFICE else match.office_id
    return owner == office.pk


def suggest_near_misses(rows: Sequence[StatusRow], *, office: Office) -> None:
    """Name the items of the office whose number differs from a misread one by one figure. Never applied."""
    unknown = list(
        islice((row for row in rows if row.outcome is RowOutcome.UNKNOWN_ITEM), NEAR_MISSES_SOUGHT)
    )
    near = {row.number: list(_one_figure_away(row.number)) for row in unknown}
    found = find_items({number for numbers in near.values() for number in numbers})
    for row in unknown:
        close = [number for number in near[row.number] if number in found and _is_of(office, found[number])]
        if close:
            row.end(RowOutcome.UNKNOWN_ITEM, near=close[:5])


def _one_figure_away(number: str) -> Iterator[str]:
    if normalise(number).kind is not NumberKind.WRONG_CHECK:
        return
    for place, figure in enumerate(number):
        if figure.isdecimal():
            for other in "0123456789":
                close = f"{number[:place]}{other}{number[place + 1 :]}"
                if other != figure and (is_s10(close) or is_reference(close)):
                    yield close
    for letter in _CHECK_LETTERS:
        close = number[:-1] + letter
        if is_reference(close):
            yield close
