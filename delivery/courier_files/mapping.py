"""Say once which column is which in a layout that the product does not know; the next such file needs nobody."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import AuditEntry
from accounts.services import record
from delivery.courier_files.layouts import (
    KnownLayouts,
    fingerprint,
    harmless,
    has_what_is_needed,
    suggested,
)
from delivery.courier_files.rows import COLUMNS
from delivery.courier_files.uploading import is_in_work, start
from delivery.couriers import COURIERS, Courier, folded
from delivery.models import ColumnProfile, CourierFile
from delivery.refusals import Code, DeliveryRefused
from privacy.masking import mask_digits
from spreadsheets.cells import Cell, text, when
from spreadsheets.choosing import heads
from spreadsheets.faults import CellError
from spreadsheets.frames import SheetRow
from spreadsheets.writing import column_letters

SAMPLES_SHOWN = 5
FORGET_COLUMNS = "FORGET_COLUMNS"
_SAMPLE_CHARACTERS = 40
_LONG_NUMBER = re.compile(r"[\w.+-]*\d{4,}[\w.+-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """One column as a person sees it when saying what it holds: its title, and masked cells below it."""

    index: int
    title: str
    samples: Sequence[str]
    field: str  # what its title tells, or what was said before; empty: nothing

    @property
    def letters(self) -> str:
        """The column as the spreadsheet program names it: A, B, …"""
        return column_letters(self.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetHead:
    """The head of a sheet: its columns as they stand in the chosen header row, and the rows that may be the header."""

    header_row: int
    row_numbers: Sequence[int]
    columns: Sequence[SheetColumn]


def look_at_columns(*, courier_file: CourierFile, header_row: int | None = None) -> SheetHead:
    """Read the head of an upload that waits for its columns; nothing is changed.

    Without `header_row`, the row with most known titles. Refuses a file whose upload is not kept, and a row that is not
    among the leading ones; raises SheetError for what is no sheet.
    """
    head = _head(courier_file)
    header = _chosen(head, header_row)
    said = layouts_of(office_id=courier_file.office_id, courier=courier_file.courier).get(fingerprint(header))
    fields = {index: field for field, index in (said or suggested(header)).items()}
    below = [row for row in head if row.number > header.number][:SAMPLES_SHOWN]
    courier, zone = COURIERS[courier_file.courier], ZoneInfo(courier_file.office.time_zone)
    width = max(len(row.cells) for row in (header, *below))
    return SheetHead(
        header_row=header.number,
        row_numbers=[row.number for row in head],
        columns=[
            SheetColumn(
                index=index,
                title=harmless(text(_cell(header, index))),
                samples=_samples([_cell(row, index) for row in below], courier=courier, zone=zone),
                field=fields.get(index, ""),
            )
            for index in range(width)
            if any(_cell(row, index) is not None for row in (header, *below))
        ],
    )


def map_columns(
    *, courier_file: CourierFile, header_row: int, columns: Mapping[str, int], apply: bool, actor_id: int | None,
    at: datetime,
) -> ColumnProfile:  # fmt: skip
    """Keep what each column of this layout is, and let a worker check or apply the file by it.

    `columns`: a field of `rows.COLUMNS` → index of its column, from 0. The next file of the office with these titles is
    read the same way. Refuses a file in work or without its upload, a row without titles, unknown fields and columns, a
    column that is chosen twice, and a choice that lacks what a status file needs.
    """
    if is_in_work(courier_file):
        raise DeliveryRefused(Code.FILE_IN_WORK, name=courier_file.name)
    header = _chosen(_head(courier_file), header_row)
    name = fingerprint(header)
    if not name:
        raise DeliveryRefused(Code.HEADER_ROW_UNKNOWN, row=header_row)
    _check(columns, width=len(header.cells))
    with transaction.atomic():
        profile, _is_new = ColumnProfile.objects.update_or_create(
            office_id=courier_file.office_id, courier=courier_file.courier, fingerprint=name,
            defaults={
                "columns": dict(columns), "made_by_id": actor_id, "made_at": at,
                "titles": {field: harmless(text(_cell(header, index))) for field, index in columns.items()},
            },
        )  # fmt: skip
        record(
            actor_id=actor_id, office_id=courier_file.office_id, operation="MAP_COLUMNS", object_kind="column_profile",
            object_key=str(profile.pk), at=at, columns=dict(columns),
        )  # fmt: skip
        CourierFile.objects.filter(pk=courier_file.pk, state=CourierFile.State.REFUSED).update(
            state=CourierFile.State.WAITING, fault={}
        )
        start(courier_file=courier_file, apply=apply, actor_id=actor_id, at=at)
    return profile


def forget_columns(*, profile: ColumnProfile, actor_id: int | None, at: datetime) -> None:
    """Forget a layout: its files are read by their titles again. What they have told stays until they are undone."""
    with transaction.atomic():
        record(
            actor_id=actor_id, office_id=profile.office_id, operation=FORGET_COLUMNS, object_kind="column_profile",
            object_key=str(profile.pk), at=at,
        )  # fmt: skip
        profile.delete()


def layouts_changed_since(moment: datetime, *, office_id: int) -> bool:
    """Say whether a layout of an office's files was described or forgotten since."""
    described = ColumnProfile.objects.filter(office_id=office_id, made_at__gte=moment)
    forgotten = AuditEntry.objects.filter(
        object_kind="column_profile", operation=FORGET_COLUMNS, office_id=office_id, at__gte=moment
    )
    return described.exists() or forgotten.exists()


def layouts_of(*, office_id: int, courier: str) -> KnownLayouts:
    """Give the layouts that people have described for an office's files of a courier."""
    said = ColumnProfile.objects.filter(office_id=office_id, courier=courier)
    return dict(said.values_list("fingerprint", "columns"))


def can_be_mapped(courier_file: CourierFile) -> bool:
    """Say whether the file's upload waits, so that a person may say what its columns hold."""
    waits = courier_file.state in (CourierFile.State.WAITING, CourierFile.State.REFUSED)
    return waits and bool(courier_file.file) and not is_in_work(courier_file)


def masked(cell: Cell, *, courier: Courier, zone: ZoneInfo) -> str:
    """Give a cell so that its column is recognised and nobody in it: a known text, a date; else letters and tails."""
    shown = text(cell)[:_SAMPLE_CHARACTERS]
    line = folded(shown)
    if not line or courier.meaning(line) or courier.meaning("DELIVERED", line) or courier.is_relation(line):
        return shown
    try:
        return when(cell, zone=zone).strftime("%d/%m/%Y")
    except (CellError, OverflowError):
        pass
    parts = (
        mask_digits(part) if _LONG_NUMBER.fullmatch(part) else f"{part[:1]}***" for part in shown.split()
    )
    return " ".join(parts)


def _samples(cells: Sequence[Cell], *, courier: Courier, zone: ZoneInfo) -> list[str]:
    """Give what cells look like, each look once."""
    return list(dict.fromkeys(filter(None, (masked(cell, courier=courier, zone=zone) for cell in cells))))


def _head(courier_file: CourierFile) -> list[SheetRow]:
    """Give the leading rows of the sheet with most known titles."""
    if not courier_file.file:
        raise DeliveryRefused(Code.FILE_NOT_KEPT, name=courier_file.name)
    found = heads(courier_file.file.path)
    return max(found, key=lambda head: (max(len(suggested(row)) for row in head), len(head)))


def _chosen(head: Sequence[SheetRow], header_row: int | None) -> SheetRow:
    if header_row is None and head:
        return max(head, key=lambda row: (len(suggested(row)), bool(fingerprint(row)), -row.number))
    for row in head:
        if row.number == header_row:
            return row
    raise DeliveryRefused(Code.HEADER_ROW_UNKNOWN, row=header_row or 1)


def _cell(row: SheetRow, index: int) -> Cell:
    return row.cells[index] if index < len(row.cells) else None


def _check(columns: Mapping[str, int], *, width: int) -> None:
    taken: set[int] = set()
    for field, index in columns.items():
        if field not in COLUMNS or not 0 <= index < width:
            raise DeliveryRefused(Code.COLUMN_UNKNOWN, column=field if field not in COLUMNS else index + 1)
        if index in taken:
            raise DeliveryRefused(Code.COLUMN_TWICE, column=index + 1)
        taken.add(index)
    if not has_what_is_needed(columns):
        raise DeliveryRefused(Code.COLUMN_MISSING)
