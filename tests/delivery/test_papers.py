"""What residents are told to bring is what the counter takes."""

from itertools import chain, combinations
from typing import Any

import pytest

from delivery.counter import check_collection
from delivery.messages.texts import papers_said
from delivery.models import Collection
from delivery.papers import Papers, papers_to_bring
from delivery.refusals import Code
from offices.models import HandoverPolicy, Office
from offices.services import policy_of
from shipments.models import Card, Lane
from tests import factories
from tests.delivery.shelving import SERVED_AT, shelve_cards

STRICT = {
    "collectors": ["HOLDER", "WRITTEN_AUTHORITY"],
    "documents": {
        "HOLDER": [["FAMILY_CARD", "PASSPORT_OR_LICENCE"]],
        "WRITTEN_AUTHORITY": [["AUTHORITY_F107"]],
    },
}
EASY = {
    "old_card_required": False,
    "documents": {"HOLDER": [["FAMILY_CARD", "OLD_CARD"], ["OLD_CARD", "FAMILY_CARD"]]},
}
NO_PAPERS = {"old_card_required": False, "documents": {}}
POLICIES: dict[str, dict[str, Any]] = {
    "default": {}, "strict": STRICT, "easy": EASY, "no papers": NO_PAPERS,
}  # fmt: skip
ABOUT_PAPERS = {Code.DOCUMENT_MISSING, Code.OLD_CARD_NOT_SURRENDERED, Code.COLLECTOR_NOT_ALLOWED}


@pytest.fixture
def card(registry: Office, post_office: Office, counter: Office) -> Card:
    cards = factories.make_cards(office=registry, number=1, phone="081234567890")
    return shelve_cards(registry=registry, post_office=post_office, number=1, cards=cards)[0]


def write_policy(registry: Office, **rules: Any) -> HandoverPolicy:
    if rules:
        HandoverPolicy.objects.create(office=registry, **rules)
    return policy_of(office=registry)


def takes(counter: Office, card: Card, relation: str, brought: tuple[str, ...]) -> bool:
    """Say whether the counter's check has nothing against these papers; an old card that is brought is handed in."""
    refusals = check_collection(
        counter_id=counter.pk, card_id=card.pk, relation=relation, documents=brought, at=SERVED_AT,
        old_card_surrendered="OLD_CARD" in brought,
    )  # fmt: skip
    return not {refusal.code for refusal in refusals} & ABOUT_PAPERS


def are_enough(papers: Papers, brought: tuple[str, ...]) -> bool:
    return all(set(one_of) & set(brought) for one_of in papers)


@pytest.mark.parametrize("lane", [Lane.ORDINARY, Lane.FIRST_CARD])
@pytest.mark.parametrize("rules", POLICIES.values(), ids=POLICIES)
def test_the_counter_takes_whoever_brings_what_is_said_and_nobody_else(
    rules: dict[str, Any], lane: Lane, card: Card, registry: Office, counter: Office
) -> None:
    policy = write_policy(registry, **rules)
    Card.objects.filter(pk=card.pk).update(lane=lane)
    all_papers = [paper.value for paper in Collection.Document]
    if lane == Lane.FIRST_CARD:
        all_papers.remove("OLD_CARD")  # who never had a card has none
    brought = list(chain.from_iterable(combinations(all_papers, number) for number in range(3)))
    for relation in policy.collectors:
        papers = papers_to_bring(policy=policy, lane=lane, coming=relation)
        assert [takes(counter, card, relation, each) for each in brought] == [
            are_enough(papers, each) for each in brought
        ]


def test_three_papers_are_written_as_a_list() -> None:
    papers = (("FAMILY_CARD", "INTERIM_LETTER", "PASSPORT_OR_LICENCE"),)
    assert papers_said(papers, language="en") == (
        "the family card (KK), the interim letter (suket), or a passport or driving licence"
    )
