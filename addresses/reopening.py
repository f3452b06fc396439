"""Put addresses back on the review desk: the post did not find what the check had let through."""

from collections.abc import Sequence
from typing import Final

from django.db import transaction

from addresses.checking import corrections_of, group_key, typed_input
from addresses.models import Address, Verdict
from addresses.outcome import NextAction

CHUNK: Final = 2_000
# Stands first among the reasons. The check alone never lets such an address out again: it found nothing wrong.
CAME_BACK: Final = "CAME_BACK"


def reopen_addresses(*, office_id: int, address_ids: Sequence[int]) -> int:
    """Let these addresses of an office wait for a person again; give how many do so.

    The village stays as the candidate: the person confirms it with a corrected street, or chooses another.
    """
    reopened = 0
    for start in range(0, len(address_ids), CHUNK):
        chunk = address_ids[start : start + CHUNK]
        with transaction.atomic():
            rows = Address.objects.select_for_update().filter(office_id=office_id, pk__in=chunk)
            addresses = list(rows.order_by("pk"))
            corrected = corrections_of(address_ids=chunk)
            for address in addresses:
                address.verdict, address.next_action = Verdict.NEEDS_REVIEW, NextAction.FIX.value
                address.group_key = group_key(typed_input(address, corrected.get(address.pk)))
                address.reasons = CAME_BACK
            Address.objects.bulk_update(
                addresses, ["verdict", "next_action", "group_key", "reasons"], batch_size=500
            )
        reopened += len(addresses)
    return reopened
