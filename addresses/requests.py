"""Keep an address back while its resident's correction waits for a decision, and let it go again."""

from typing import Final

from addresses.models import Address, Verdict
from addresses.outcome import NextAction

# The desk of corrections decides it, not the desk where addresses typed alike are decided together.
RESIDENT_ASKS: Final = "RESIDENT"


def keep_back(*, office_id: int, address_id: int) -> bool:
    """Let nothing be posted to the address until a person has decided; say whether it was deliverable.

    Call it inside a transaction; the village stays as the address's own candidate.
    """
    address = Address.objects.select_for_update().get(office_id=office_id, pk=address_id)
    was_deliverable = address.verdict == Verdict.DELIVERABLE
    address.verdict, address.next_action = Verdict.NEEDS_REVIEW, RESIDENT_ASKS
    address.save(update_fields=["verdict", "next_action"])
    return was_deliverable


def give_to_desk(*, office_id: int, address_id: int) -> None:
    """Let an address that waited at the desk before wait there again."""
    Address.objects.filter(office_id=office_id, pk=address_id, next_action=RESIDENT_ASKS).update(
        next_action=NextAction.FIX.value
    )
