"""Suggest which items of the office were meant where no item has a row's number: never applied, only named."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from delivery import bulk
from delivery.courier_files.matching import find_items, is_of
from delivery.courier_files.rows import RowOutcome, StatusRow
from offices.models import Office
from shipments.numbers import NumberKind, normalise, one_figure_away

# So many numbers that may be meant are asked of the database; of more, all that the office has are compared.
ASKED_AT_MOST = 50_000
_WITH_A_CHECK = 12  # at the most, of a number whose check leaves few
NAMED = 5
_OLDER_DIGITS = 11
_CHECK_LETTER_AT = 10  # of a reference
_COMPARED = frozenset({NumberKind.S10, NumberKind.POS, NumberKind.WRONG_CHECK})

_NUMBERS = """
SELECT i.number FROM shipments_item i JOIN shipments_shipment s ON s.id = i.shipment_id
WHERE s.{side} = %s AND i.number IS NOT NULL
"""
# of a card that was sent twice the last item counts
_REFERENCES = """
SELECT c.reference FROM shipments_card c JOIN shipments_item i ON i.card_id = c.id
JOIN shipments_shipment s ON s.id = i.shipment_id WHERE s.{side} = %s
AND NOT EXISTS (SELECT 1 FROM shipments_item later WHERE later.card_id = i.card_id AND later.id > i.id)
"""


def suggest_near_misses(rows: Sequence[StatusRow], *, office: Office) -> None:
    """Say of rows without an item whether a check is wrong, and which of the office's numbers may be meant."""
    unknown = [row for row in rows if row.outcome is RowOutcome.UNKNOWN_ITEM]
    kinds = {
        number: normalise(number).kind for row in unknown for number in (row.number, row.reference) if number
    }
    near = near_numbers(kinds, office=office)
    for row in unknown:
        detail: dict[str, object] = {}
        if kinds.get(row.number) is NumberKind.WRONG_CHECK:
            detail["wrong_check"] = True
        elif kinds.get(row.reference) is NumberKind.WRONG_CHECK:
            detail["wrong_reference"] = row.reference
        close = dict.fromkeys((*near.get(row.number, ()), *near.get(row.reference, ())))
        if close:
            detail["near"] = list(close)[:NAMED]
        if detail:
            row.end(RowOutcome.UNKNOWN_ITEM, **detail)


def near_numbers(kinds: Mapping[str, NumberKind], *, office: Office) -> dict[str, list[str]]:
    """Give for each number, of which kind it is told, up to `NAMED` numbers and references of the office's items.

    Those that differ in one figure, by place and figure; before them the item of which it names a piece, and what it
    was before a number cell took its leading zeros. So many queries whatever the number of numbers.
    """
    is_asked = _asked(kinds) <= ASKED_AT_MOST
    possible = {
        number: [*_other_forms(number), *(one_figure_away(number) if is_asked else ())] for number in kinds
    }
    found = find_items({close for numbers in possible.values() for close in numbers})
    of_office = {number for number, match in found.items() if is_of(office, match)}
    near = {
        number: [close for close in numbers if close in of_office][:NAMED]
        for number, numbers in possible.items()
    }
    if not is_asked:
        _compare(near, [number for number, kind in kinds.items() if kind in _COMPARED], office)
    return near


def _other_forms(number: str) -> Iterator[str]:
    if number.isdecimal() and len(number) < _OLDER_DIGITS:
        yield number.zfill(_OLDER_DIGITS)  # a number cell drops leading zeros
    whole, dot, _piece = number.partition(".")
    if dot:
        yield whole


def _asked(kinds: Mapping[str, NumberKind]) -> int:
    """Say how many numbers may be meant, about."""
    return sum(9 * len(number) if kind is NumberKind.POS else _WITH_A_CHECK for number, kind in kinds.items())


def _compare(near: dict[str, list[str]], sought: Sequence[str], office: Office) -> None:
    """Add to `near` the office's numbers that differ from one of `sought` in one figure."""
    by_length: dict[int, list[str]] = defaultdict(list)
    for number in sought:
        by_length[len(number)].append(number)
    own: dict[int, list[str]] = defaultdict(list)
    for number in sorted(_numbers_of(office)):
        own[len(number)].append(number)
    for length, numbers in by_length.items():
        for place in range(length):
            _compare_at(place, near, numbers, own[length])


def _compare_at(place: int, near: dict[str, list[str]], sought: Sequence[str], own: Sequence[str]) -> None:
    """Compare at one place: numbers that differ there only are the same without it."""
    after = place + 1
    # a figure may be another one, and a reference's check letter another letter
    differing = [n for n in sought if n[place].isdecimal() or (place == _CHECK_LETTER_AT and n[0] == "K")]
    rests = [number[:place] + number[after:] for number in differing]
    shared = set(rests).intersection([number[:place] + number[after:] for number in own] if rests else ())
    if not shared:
        return
    without: dict[str, list[str]] = defaultdict(list)
    for number, rest in zip(differing, rests, strict=True):
        if rest in shared and len(near[number]) < NAMED:
            without[rest].append(number)
    for close in own:
        if (rest := close[:place] + close[after:]) in without:
            for number in without[rest]:
                if close[place].isdecimal() == number[place].isdecimal() and len(near[number]) < NAMED:
                    near[number].append(close)


def _numbers_of(office: Office) -> Collection[str]:
    """Give the numbers and references of all items that the office sent or, a post office, was given."""
    side = "post_office_id" if office.kind == Office.Kind.POST_OFFICE else "office_id"
    return {
        number
        for query in (_NUMBERS, _REFERENCES)
        for (number,) in bulk.select(query.format(side=side), [office.pk])
    }
