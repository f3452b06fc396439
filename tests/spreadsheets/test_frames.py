"""How columns travel from the reading process."""

import datetime as dt
from typing import cast

import pytest

from spreadsheets import frames


def _sent(*columns: list[object]) -> list[tuple[object, ...]]:
    body = frames.frame(frames.ROWS, (list(range(len(columns[0]))), list(map(frames.packed_column, columns))))
    content = cast("frames.RowsContent", frames.content_of(body[frames.HEAD.size :]))
    return [row.cells for row in frames.sheet_rows(*content)]


@pytest.mark.parametrize("different", [1, 254, 255, 256, 300])
def test_texts_arrive_as_they_were_however_many_differ(different: int) -> None:
    column: list[object] = [f"KANTOR POS {place % different}" for place in range(1_300)]

    assert [cells[0] for cells in _sent(column)] == column


def test_what_is_repeated_arrives_as_one_object() -> None:
    rows = _sent(["DELIVERED", "RETUR"] * 50, [f"RR{number:09}ID" for number in range(100)])

    assert len({id(cells[0]) for cells in rows}) == 2
    assert len({id(cells[1]) for cells in rows}) == 100


def test_empty_texts_among_repeated_ones_are_empty_cells() -> None:
    assert [cells[0] for cells in _sent(["", None, "TAMBUN", "TAMBUN"] * 5)] == [
        None,
        None,
        "TAMBUN",
        "TAMBUN",
    ] * 5


def test_what_is_equal_but_of_another_kind_stays_what_it_was() -> None:
    column: list[object] = [True, 1.0, "1", None, dt.date(2020, 5, 4)] * 20

    arrived = [cells[0] for cells in _sent(column)]

    assert arrived == column
    assert list(map(type, arrived)) == list(map(type, column))
