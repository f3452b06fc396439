"""Cut long work into pieces, each for one transaction, that keep all of a card together."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def pieces_by_card(things: Sequence[T], *, card_of: Callable[[T], int], most: int) -> Iterator[Sequence[T]]:
    """Give pieces of about `most` things that stand in the order of their cards; none ends within a card."""
    start = 0
    while start < len(things):
        end = min(start + most, len(things))
        while end < len(things) and card_of(things[end]) == card_of(things[end - 1]):
            end += 1
        yield things[start:end]
        start = end
