"""Pieces of long work: nothing is left out, and no card's things stand in two of them."""

from itertools import pairwise
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from delivery.courier_files.pieces import pieces_by_card


@given(cards=st.lists(st.integers(0, 9), max_size=40).map(sorted), most=st.integers(1, 12))
def test_pieces_hold_everything_in_order_and_never_split_a_card(cards: list[int], most: int) -> None:
    things = [(card, place) for place, card in enumerate(cards)]
    pieces = list(pieces_by_card(things, card_of=itemgetter(0), most=most))
    assert [thing for piece in pieces for thing in piece] == things
    assert all(before[-1][0] != after[0][0] for before, after in pairwise(pieces))
    assert all(len(piece) >= most for piece in pieces[:-1])
