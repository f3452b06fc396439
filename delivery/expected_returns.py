"""Items that the post says are coming back, and that nobody here has taken in yet: since when, and which are overdue.

A return has as many open days as its post office has for news (see `delivery.silence`), from the day on which the post
said that it was coming back, or that it had brought it.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from delivery.models import Delivery
from delivery.sheets import Sheet
from delivery.silence import Patience, patience_with
from delivery.status import COMING_BACK
from offices.models import Office
from privacy.services import record_export
from shipments.models import Disposition
from spreadsheets.cells import Cell
from spreadsheets.writing import Column

_CHUNK: Final = 2_000
_FIELDS: Final = (
    "item__number", "card__reference", "item__shipment__number", "item__shipment__post_office_id", "status", "reason",
    "since",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedReturns:
    """What these post offices are to bring back, and which of it is overdue."""

    rows: QuerySet[Delivery]
    late: Q
    patience: Patience

    @property
    def overdue(self) -> QuerySet[Delivery]:
        """Those for which the post office has taken more open days than it has."""
        return self.rows.filter(self.late)

    def days_of(self, *, office_id: int, since: datetime) -> int:
        """How many open days of its post office an item has been coming back."""
        return self.patience.silent_for(office_id=office_id, last_news=since)

    def is_overdue(self, *, office_id: int, since: datetime) -> bool:
        """Say whether an item that has been coming back since then is overdue."""
        last = self.patience.overdue_before.get(office_id)
        return last is not None and since < last


def expected_returns(*, offices: Collection[Office], at: datetime) -> ExpectedReturns:
    """Give what the post says it brings back from these post offices and what has not been taken in."""
    patience = patience_with(offices=offices, at=at)
    late = Q(pk__in=[])
    for office_id, moment in patience.overdue_before.items():
        late |= Q(item__shipment__post_office=office_id, since__lt=moment)
    rows = Delivery.objects.filter(
        item__shipment__post_office__in=[office.pk for office in offices],
        status__in=sorted(COMING_BACK),
        card__disposition=Disposition.REGISTERED,
    )
    return ExpectedReturns(rows=rows, late=late, patience=patience)


def expected_sheet(
    expected: ExpectedReturns,
    rows: QuerySet[Delivery],
    *,
    words: Callable[[str, str], str],
    actor_id: int | None,
    at: datetime,
) -> Sheet:
    """Give some of the expected items, the oldest first, for the post to look for them; that they left is recorded."""
    number = rows.count()
    record_export(actor_id=actor_id, subject_kind="card", subject_key="expected", records=number, at=at)
    columns = [
        Column(_("Item number"), 18), Column(_("Reference"), 14), Column(_("Shipment"), 20),
        Column(_("Post office"), 12), Column(_("Name of the post office"), 28), Column(_("Status"), 28),
        Column(_("Reason"), 24), Column(_("Since"), 18, "date"), Column(_("Open days"), 12, "number"),
        Column(_("Overdue"), 12),
    ]  # fmt: skip
    return Sheet(f"retur-akan-datang-{at:%Y%m%d}", columns, _cells(expected, rows, words))


def _cells(
    expected: ExpectedReturns, rows: QuerySet[Delivery], words: Callable[[str, str], str]
) -> Iterator[list[Cell]]:
    found = rows.order_by("since", "pk").values_list(*_FIELDS)
    for number, reference, shipment, office_id, status, reason, since in found.iterator(chunk_size=_CHUNK):
        office = expected.patience.offices[office_id]
        yield [
            number or "", reference, shipment, office.code, office.name, words("delivery", status),
            words("reason", reason) if reason else "", timezone.localtime(since).replace(tzinfo=None),
            expected.days_of(office_id=office_id, since=since),
            _("yes") if expected.is_overdue(office_id=office_id, since=since) else "",
        ]  # fmt: skip
