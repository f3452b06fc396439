"""Find the items that the rows of a status file are about, and whose they are."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from delivery import bulk
from delivery.courier_files.rows import RowOutcome, StatusRow
from delivery.couriers import folded
from offices.models import Office
from shipments.models import Shipment
from shipments.numbers import is_reference

_NUMBERS_AT_ONCE = 20_000
BEFORE_OPENING, BEFORE_HANDOVER = timedelta(days=1), timedelta(days=14)

_BY_NUMBER = """
SELECT i.number, i.id, i.card_id, s.office_id, s.post_office_id, s.id
FROM shipments_item i JOIN shipments_shipment s ON s.id = i.shipment_id WHERE {among}
"""
# Numbers that a file has given may be taken back and given to another item.
_OF_LASTING_NUMBER = f"{_BY_NUMBER} AND i.number IS NOT NULL AND i.number_given_at IS NULL"
# A card that was sent twice has two items under one reference: the last one counts.
_BY_REFERENCE = """
SELECT c.reference, i.id, i.card_id, s.office_id, s.post_office_id, s.id
FROM shipments_card c JOIN shipments_item i ON i.card_id = c.id JOIN shipments_shipment s ON s.id = i.shipment_id
WHERE {among} ORDER BY i.id
"""


class Match(NamedTuple):
    """An item by what it was found by, the two offices between which it was sent, and the card's shipment.

    That is the first one of a card that was found by its reference: the post may still tell what it told of it.
    """

    found_by: str
    item_id: int
    card_id: int
    office_id: int
    post_office_id: int
    shipment_id: int


class Items:
    """Items by what they are found by, and from when on the post can tell of them. Each is asked for once.

    Not before its shipment was opened, less a day for clocks and for dates without a time; and where its handover is
    signed, at most a fortnight before, for it may be signed after the post has the items (docs/adr/0008).
    """

    def __init__(self) -> None:
        self.found: dict[str, Match] = {}
        self.begun: dict[int, datetime] = {}  # by shipment

    def look_for(self, numbers: Collection[str]) -> None:
        """Find those that are not known yet, by the post's numbers and by our references."""
        self._add(find_items(set(numbers).difference(self.found, ("",))).values())

    def recall(self, shipment_ids: Collection[int]) -> list[Match]:
        """Find those of whole shipments by the numbers that stay theirs; give them."""
        query = _OF_LASTING_NUMBER.format(among=bulk.among("s.id", "bigint"))
        matches = list(map(Match._make, bulk.select(query, [bulk.listed(shipment_ids)])))
        self._add(matches)
        return matches

    def _add(self, matches: Iterable[Match]) -> None:
        matches = list(matches)
        self.found.update((match.found_by, match) for match in matches)
        asked = {match.shipment_id for match in matches}.difference(self.begun)
        times = Shipment.objects.filter(pk__in=asked).values_list(
            "pk", "opened_at", "handover__handed_over_at"
        )
        for shipment_id, opened_at, handed_over_at in times if asked else ():
            begun = opened_at - BEFORE_OPENING
            if handed_over_at is not None:
                begun = max(begun, handed_over_at - BEFORE_HANDOVER)
            self.begun[shipment_id] = begun


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


def match_rows(rows: Sequence[StatusRow], *, office: Office, items: Items) -> None:
    """Set each row's card and item.

    Ends the rows whose item is unknown or another office's, whose number and reference name two cards, and whose date
    lies before the post can have had the item.
    """
    waiting = [row for row in rows if row.outcome is None]
    items.look_for({row.number for row in waiting}.union(row.reference for row in waiting))
    found, begun = items.found, items.begun
    owner = _owner_of(office)
    for row in waiting:
        number, reference = row.number, row.reference
        by_number = found.get(number)
        match = by_number or found.get(reference)
        if match is None:
            row.end(RowOutcome.UNKNOWN_ITEM)
            continue
        if by_number is None:
            row.given_number = number
        if owner(match) != office.pk:
            row.end(RowOutcome.OTHER_OFFICE)
        elif reference and found.get(reference, match).card_id != match.card_id:
            row.end(RowOutcome.DAMAGED_NUMBER, reference=reference)
        elif row.occurred_at is not None and row.occurred_at < begun[match.shipment_id]:
            row.end(RowOutcome.BAD_DATE, since=_day(begun[match.shipment_id], office))
        else:
            row.item_id, row.card_id = match.item_id, match.card_id


def _day(moment: datetime, office: Office) -> str:
    return f"{moment.astimezone(ZoneInfo(office.time_zone)):%d/%m/%Y}"


def find_items(numbers: Collection[str]) -> dict[str, Match]:
    """Find items by the post's numbers and by our references, all in a few queries."""
    references = [number for number in numbers if number.startswith("K") and is_reference(number)]
    others = set(numbers).difference(references)
    found = {match.found_by: match for match in _selected(_BY_NUMBER, "i.number", others)}
    for match in _selected(_BY_REFERENCE, "c.reference", references):
        first = found.get(match.found_by, match)
        found[match.found_by] = match._replace(shipment_id=first.shipment_id)
    return found


def _selected(sql: str, column: str, values: Iterable[str]) -> Iterator[Match]:
    query = sql.format(among=bulk.among(column, "text"))
    in_order = sorted(values)  # as the index has them, which halves the time
    for start in range(0, len(in_order), _NUMBERS_AT_ONCE):
        some = bulk.listed(in_order[start : start + _NUMBERS_AT_ONCE])
        yield from map(Match._make, bulk.select(query, [some]))


def is_of(office: Office, match: Match) -> bool:
    """A post office tells of the items that it was given; a registry office of all that it sent."""
    return _owner_of(office)(match) == office.pk


def _owner_of(office: Office) -> Callable[[Match], int]:
    return attrgetter("post_office_id" if office.kind == Office.Kind.POST_OFFICE else "office_id")
