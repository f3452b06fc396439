"""The list of silent items as a file: for the post to look for them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from delivery.models import Delivery
from delivery.silence import Patience
from privacy.services import record_export
from spreadsheets.cells import Cell
from spreadsheets.writing import Column, write_csv, write_xlsx

_FIELDS = (
    "item__number", "card__reference", "item__shipment__number", "item__shipment__post_office_id",
    "card__address__desa_kelurahan", "card__address__kecamatan", "status", "last_event_at",
)  # fmt: skip


def write_silent_items(
    output: BinaryIO,
    *,
    rows: QuerySet[Delivery],
    patience: Patience,
    kind: str,
    status_word: Callable[[str], str] = str,
    actor_id: int | None,
    at: datetime,
) -> int:
    """Write the items as xlsx or csv, the oldest news first, and record who took them. Gives how many."""
    columns = [
        Column(_("Item number"), 18), Column(_("Reference"), 14), Column(_("Shipment"), 20),
        Column(_("Post office"), 12), Column(_("Name of the post office"), 28), Column(_("Village"), 24),
        Column(_("District"), 24), Column(_("Status"), 24), Column(_("Last news"), 18, "date"),
        Column(_("Open days without news"), 14, "number"),
    ]  # fmt: skip
    cells = _cells(rows, patience, status_word)
    if kind == "csv":
        written = write_csv(output, columns=columns, rows=cells)
    else:
        written = write_xlsx(output, sheet=_("Silent items"), columns=columns, rows=cells)
    record_export(actor_id=actor_id, subject_kind="card", subject_key="silent", records=written, at=at)
    return written


def _cells(
    rows: QuerySet[Delivery], patience: Patience, status_word: Callable[[str], str]
) -> Iterator[list[Cell]]:
    found = rows.order_by("last_event_at", "pk").values_list(*_FIELDS)
    for number, reference, shipment, office_id, village, district, status, last in found.iterator(2_000):
        office = patience.offices[office_id]
        yield [
            number or "", reference, shipment, office.code, office.name, village, district, status_word(status),
            last.astimezone(ZoneInfo(office.time_zone)).replace(tzinfo=None),
            patience.silent_for(office_id=office_id, last_news=last),
        ]  # fmt: skip
