"""Which papers whoever collects a card must bring: asked for at the counter, and said to residents beforehand.

No national text gives them: they are each registry office's policy.
"""

from delivery.models import Collection
from offices.models import HandoverPolicy
from shipments.models import Lane

# Of each inner tuple one paper is enough.
Papers = tuple[tuple[str, ...], ...]
OLD_CARD = Collection.Document.OLD_CARD.value
INSTEAD_OF_OLD_CARD = Collection.Document.INTERIM_LETTER.value  # whoever lost the card has this letter
HOLDER = "HOLDER"


def hands_in_old_card(*, policy: HandoverPolicy, lane: int) -> bool:
    """Say whether the old card, or the letter that stands for it, must be handed in: who never had a card has none."""
    return policy.old_card_required and lane != Lane.FIRST_CARD


def papers_to_bring(*, policy: HandoverPolicy, lane: int, coming: str = "") -> Papers:
    """Give what must be brought by whoever is `coming` (a relation; by default the holder), nothing twice.

    An old card that is handed in is also one that is shown, so that a list in which it stands asks for nothing more.
    """
    asked = [_had(one_of, lane) for one_of in policy.documents.get(_collector(policy, coming), [])]
    if hands_in_old_card(policy=policy, lane=lane):
        asked.insert(0, (OLD_CARD, INSTEAD_OF_OLD_CARD))
    return tuple(
        one_of
        for place, one_of in enumerate(asked)
        if not any(_asks_enough(other, one_of, before=rank < place) for rank, other in enumerate(asked))
    )


def _collector(policy: HandoverPolicy, coming: str) -> str:
    """Give who comes: whom the resident named, else the holder, as far as the policy lets them."""
    wanted = (coming, HOLDER, *policy.collectors)
    return next((relation for relation in wanted if relation in policy.collectors), HOLDER)


def _had(one_of: list[str], lane: int) -> tuple[str, ...]:
    """Leave the old card out for who never had one."""
    kept = tuple(paper for paper in one_of if paper != OLD_CARD or lane != Lane.FIRST_CARD)
    return kept or tuple(one_of)


def _asks_enough(other: tuple[str, ...], one_of: tuple[str, ...], *, before: bool) -> bool:
    """Say whether any paper for `other` serves for `one_of` too; of two that ask the same the first one stays."""
    return set(other) < set(one_of) or (before and set(other) == set(one_of))
