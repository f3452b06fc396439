"""Recall what a file is likely to tell of while it is being opened: its office's newest items, their cards' states.

A workbook gives no row before all of it is parsed. In that time, which grows with the file, nothing else is to do.
"""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from time import monotonic

from delivery.courier_files.matching import Items
from delivery.records import Kept, states
from offices.models import Office
from shipments.models import Shipment

RECALLED_AT_MOST = 80_000  # of some 800 bytes each
SECONDS = 15  # a slow database must not hold up the file
LARGE_BYTES = 500_000  # a smaller file is read before much is recalled
_AT_ONCE = 2_000


class Recollection:
    """Items, and the kept states of their cards where these are wanted too.

    These items keep their numbers, and whether a state is still the same its version tells; for what is not here the
    database is asked.
    """

    def __init__(self, office: Office, *, path: str | Path, with_states: bool) -> None:
        self.items = Items()
        self.states = Kept({}, {})
        self._office = office
        self._path = path
        self._with_states = with_states

    def steps(self) -> Iterator[None]:
        """Recall some more with each step, the newest first; of a small file there are none."""
        if Path(self._path).stat().st_size < LARGE_BYTES:
            return
        end = monotonic() + SECONDS
        for shipment_ids in takewhile(lambda _ids: monotonic() < end, self._some_shipments()):
            found = self.items.recall(shipment_ids)
            if self._with_states:
                self.states.update(states({match.card_id for match in found}))
            yield

    def _some_shipments(self) -> Iterator[list[int]]:
        side = "post_office" if self._office.kind == Office.Kind.POST_OFFICE else "office"
        closed = Shipment.objects.filter(**{side: self._office, "item_count__gt": 0}).order_by("-pk")
        some: list[int] = []
        items, all_items = 0, 0
        for shipment_id, item_count in closed.values_list("pk", "item_count")[:RECALLED_AT_MOST]:
            if all_items + item_count > RECALLED_AT_MOST:
                break
            some.append(shipment_id)
            items, all_items = items + item_count, all_items + item_count
            if items >= _AT_ONCE:
                yield some
                some, items = [], 0
        if some:
            yield some
