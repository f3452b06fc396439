"""The sample has the fates that it promises, and the same seed makes the same sample."""

from collections import Counter
from datetime import date

import pytest

from addresses import gazetteer
from addresses.outcome import Part, Verdict
from addresses.resolver import Resolver
from demo.bekasi import PUBLISHED, WITHDRAWN_RW, WITHDRAWN_VILLAGE, Shares
from demo.samples import SampleCard, make_cards

TODAY = date(2026, 11, 1)
SHARES = Shares(printed=3_000, damaged=12, printed_twice=7, withdrawn=20, unclear=60, undeliverable=63)


@pytest.fixture(scope="module")
def cards() -> list[SampleCard]:
    return make_cards(shares=SHARES, seed=7, today=TODAY)


def test_the_sample_holds_each_fate_as_often_as_promised(cards: list[SampleCard]) -> None:
    prints = Counter(card.person.nik for card in cards)
    assert len(cards) == 3_000
    assert sum(1 for card in cards if card.damage) == 12
    assert sum(count - 1 for count in prints.values()) == 7
    assert sum(1 for card in cards if not card.village) == 60


def test_no_unclear_address_is_taken_for_deliverable(cards: list[SampleCard]) -> None:
    resolver = Resolver(gazetteer.load())
    verdicts = Counter(resolver.check(card.address).verdict for card in cards if not card.village)
    assert verdicts[Verdict.DELIVERABLE] == 0


def test_only_the_withdrawn_cards_are_in_the_withdrawn_ward(cards: list[SampleCard]) -> None:
    resolver = Resolver(gazetteer.load())
    checks = [resolver.check(card.address) for card in cards]
    there = [
        check
        for check in checks
        if check.village_code == WITHDRAWN_VILLAGE
        and check.component(Part.RW).canonical == f"{WITHDRAWN_RW:03}"
    ]
    assert len(there) == 20


def test_the_same_seed_makes_the_same_sample(cards: list[SampleCard]) -> None:
    assert make_cards(shares=SHARES, seed=7, today=TODAY) == cards


def test_another_seed_makes_another_sample(cards: list[SampleCard]) -> None:
    assert make_cards(shares=SHARES, seed=8, today=TODAY) != cards


def test_every_fate_happens_in_the_smallest_sample() -> None:
    assert PUBLISHED.scaled(200) == Shares(
        printed=200, damaged=1, printed_twice=1, withdrawn=1, unclear=2, undeliverable=4
    )


def test_the_whole_story_has_the_published_figures() -> None:
    assert PUBLISHED.scaled(132_289) == PUBLISHED
    whole = PUBLISHED
    handed_over = whole.printed - whole.damaged - whole.printed_twice - whole.withdrawn - whole.unclear
    assert handed_over == 130_402
    assert handed_over - whole.undeliverable == 127_601
