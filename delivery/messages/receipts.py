"""What providers tell of messages that they took: a state goes forward only, and what is not known is left alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from delivery.models import Message

State = Message.State
# The words of Meta and of the providers in docs/messages.md, folded.
STATE_OF: Mapping[str, Message.State] = {
    **dict.fromkeys(("delivered", "received", "success", "terkirim"), State.DELIVERED),
    **dict.fromkeys(("read", "seen", "opened", "dibaca"), State.READ),
    **dict.fromkeys(
        ("failed", "undelivered", "undeliverable", "rejected", "expired", "invalid", "error", "gagal"),
        State.FAILED,
    ),
}
# From which states a message may reach each: a repeat and a late word change nothing.
_BEFORE: Mapping[Message.State, tuple[Message.State, ...]] = {
    State.DELIVERED: (State.SENT,),
    State.READ: (State.SENT, State.DELIVERED),
    State.FAILED: (State.SENT,),
}
_FAILURE_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One word of a provider about one message; `failure` is its code for why not."""

    provider_id: str
    word: str
    failure: str = ""


def take_receipts(*, channel: str, receipts: Sequence[Receipt]) -> int:
    """Move messages forward as the provider says; give how many moved. Safe to repeat, in any order."""
    wanted: dict[tuple[Message.State, str], list[str]] = defaultdict(list)
    for receipt in receipts:
        state = STATE_OF.get(receipt.word.strip().casefold())
        if state is not None and receipt.provider_id:
            failure = receipt.failure[:_FAILURE_LENGTH] if state is State.FAILED else ""
            wanted[state, failure].append(receipt.provider_id)
    moved = 0
    for (state, failure), provider_ids in wanted.items():
        before = Message.objects.filter(
            channel=channel, provider_id__in=provider_ids, state__in=_BEFORE[state]
        )
        moved += before.update(state=state, failure=failure)
    return moved
