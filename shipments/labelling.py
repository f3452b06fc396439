"""The papers of a shipment: labels in manifest order, the dispatch list and the handover record."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, Final, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.services import record
from addresses.checking import NO_CORRECTIONS
from addresses.services import corrections_of, current_gazetteer, printed_lines, printed_region, region_line
from labels.content import LabelContent, LabelError, LabelFault
from labels.sheets import write_labels
from offices.models import Office
from privacy.services import record_export
from shipments.manifest import HandoverDifference as PaperDifference
from shipments.manifest import (
    HandoverRecord,
    ManifestHeader,
    ManifestRow,
    Officer,
    rows_sha256,
    write_handover_pdf,
    write_manifest_csv,
    write_manifest_pdf,
    write_manifest_xlsx,
)
from shipments.models import Handover, Item, LabelPrint, Shipment, ShipmentState
from shipments.refusals import Code, ShipmentRefused, listed

CHUNK: Final = 2_000
MANIFEST_WRITERS: Final = {"pdf": write_manifest_pdf, "xlsx": write_manifest_xlsx, "csv": write_manifest_csv}
FROZEN_STATES: Final = (ShipmentState.CLOSED, ShipmentState.HANDED_OVER, ShipmentState.RECEIVED)
# What labels and lists need of a card: the sealed fields stay closed.
_SHOWN: Final = (
    "number", "number_given_at", "bag__code", "card__reference", "card__name", "card__address_id",
    "card__address__alamat", "card__address__rt_rw", "card__address__dusun", "card__address__desa_kelurahan",
    "card__address__kecamatan", "card__address__kabupaten", "card__address__kode_pos", "card__address__rt",
    "card__address__rw", "card__address__village_code", "card__address__postcode", "card__address__rule",
)  # fmt: skip


class ShownItem(NamedTuple):
    """What stands on the papers about one item, in the order of the columns that are read."""

    number: str | None
    number_given_at: datetime | None
    bag: str | None
    reference: str
    name: str
    address_id: int
    alamat: str
    rt_rw: str
    dusun: str
    desa_kelurahan: str
    kecamatan: str
    kabupaten: str
    kode_pos: str
    rt: str
    rw: str
    village_code: str
    postcode: str
    rule: str


def shipment_labels(*, shipment_id: int, positions: tuple[int, int] | None = None) -> Iterator[LabelContent]:
    """The labels of a shipment in the order of its manifest, or those between two positions, both included."""
    shipment = _shipment(shipment_id)
    office, post_office = shipment.office, shipment.post_office
    sender_lines = tuple(line.strip() for line in office.address.splitlines() if line.strip())
    known = current_gazetteer()
    for item, corrections in _items(shipment_id, *(positions or ())):
        village, _district = printed_region(item, corrections, gazetteer=known)
        yield LabelContent(
            sender_name=office.name,
            sender_lines=sender_lines,
            addressee=item.name,
            address_lines=printed_lines(item, corrections, gazetteer=known),
            region_line=region_line(item, gazetteer=known),
            postcode=_postcode(item, corrections),
            item_number=item.number or "",
            reference=item.reference,
            post_office_code=post_office.code,
            post_office_name=post_office.name,
            bag_code=item.bag or "",
            sort_key=(post_office.code, village, item.rw),
        )


def print_shipment_labels(
    *,
    shipment_id: int,
    format: str,
    output: BinaryIO,
    start: int = 1,
    actor_id: int | None,
    at: datetime,
    reason: str = "",
    offset_mm: tuple[float, float] = (0.0, 0.0),
) -> int:
    """Write a shipment's labels at once and record it; every printing after the first needs a reason.

    Gives how many. Doors let workers draw them: `shipments.label_runs`.
    """
    shipment = _shipment(shipment_id)
    if shipment.state == ShipmentState.CANCELLED:
        raise wrong_state(shipment, ShipmentState.OPEN, *FROZEN_STATES)
    if not reason.strip() and LabelPrint.objects.filter(shipment=shipment).exists():
        raise ShipmentRefused(Code.REPRINT_NEEDS_REASON, shipment=shipment.number)
    labels = shipment_labels(shipment_id=shipment_id)
    try:
        written = write_labels(output, labels=labels, format=format, start=start, offset_mm=offset_mm)
    except LabelError as error:
        raise label_refusal(error, shipment_number=shipment.number) from error
    with transaction.atomic():
        record_label_print(
            shipment=shipment,
            run_id=None,
            format=format,
            labels=written,
            reason=reason,
            actor_id=actor_id,
            at=at,
        )
        record_export(
            actor_id=actor_id, subject_kind="shipment", subject_key=shipment.number, records=written, at=at
        )
    return written


def record_label_print(
    *,
    shipment: Shipment,
    run_id: UUID | None,
    format: str,
    labels: int,
    reason: str,
    actor_id: int | None,
    at: datetime,
) -> None:
    """Write down that all labels of a shipment were drawn."""
    LabelPrint.objects.create(
        shipment=shipment, run_id=run_id, format=format, labels=labels, reason=reason.strip()[:200],
        printed_by_id=actor_id, printed_at=at,
    )  # fmt: skip
    record(
        actor_id=actor_id, office_id=shipment.office_id, operation="PRINT_LABELS", object_kind="shipment",
        object_key=shipment.number, at=at, format=format, labels=labels,
    )  # fmt: skip


def manifest_of(*, shipment_id: int) -> tuple[ManifestHeader, Iterator[ManifestRow]]:
    """The dispatch list of a closed shipment: its header, frozen at closing, and its rows."""
    shipment = _shipment(shipment_id)
    if shipment.state not in FROZEN_STATES or shipment.closed_at is None:
        raise wrong_state(shipment, *FROZEN_STATES)
    office, post_office = shipment.office, shipment.post_office
    zone = ZoneInfo(office.time_zone)
    handover = Handover.objects.filter(shipment=shipment).first()
    bags = shipment.bags.filter(items__taken_out_at__isnull=True, items__isnull=False)
    header = ManifestHeader(
        shipment_number=shipment.number,
        office_name=office.name,
        office_lines=tuple(line.strip() for line in office.address.splitlines() if line.strip()),
        post_office_code=post_office.code,
        post_office_name=post_office.name,
        closed_on=shipment.closed_at.astimezone(zone).date(),
        handed_over_on=handover.handed_over_at.astimezone(zone).date() if handover else None,
        bag_numbers=tuple(bags.distinct().order_by("sequence").values_list("code", flat=True)),
        r7_number=shipment.r7_number,
        item_count=shipment.item_count,
        content_sha256=shipment.manifest_sha256,
    )
    return header, manifest_rows(shipment_id=shipment_id)


def manifest_rows(*, shipment_id: int) -> Iterator[ManifestRow]:
    """The rows of the dispatch list, in the order of the labels."""
    known = current_gazetteer()
    for place, (item, corrections) in enumerate(_items(shipment_id), 1):
        village, district = printed_region(item, corrections, gazetteer=known)
        yield ManifestRow(
            position=place,
            # what the post gave after closing is not in what was frozen
            item_number=(item.number or "") if item.number_given_at is None else "",
            reference=item.reference,
            addressee=item.name,
            village=village,
            district=district,
            postcode=_postcode(item, corrections),
            bag=item.bag or "",
        )


def manifest_sha256(*, shipment_id: int) -> str:
    """The hash of the dispatch list as it would be printed now."""
    return rows_sha256(manifest_rows(shipment_id=shipment_id))


def print_manifest(
    *,
    shipment_id: int,
    format: str,
    output: BinaryIO,
    actor_id: int | None,
    at: datetime,
) -> int:
    """Write the dispatch list of a closed shipment as pdf, xlsx or csv and record who took it. Gives its rows."""
    writer = MANIFEST_WRITERS.get(format)
    if writer is None:
        raise ShipmentRefused(Code.MANIFEST_FORMAT_UNKNOWN, format=format, known=", ".join(MANIFEST_WRITERS))
    header, rows = manifest_of(shipment_id=shipment_id)
    written = writer(output, header=header, rows=rows)
    shipment = _shipment(shipment_id)
    with transaction.atomic():
        record(
            actor_id=actor_id, office_id=shipment.office_id, operation="PRINT_MANIFEST", object_kind="shipment",
            object_key=shipment.number, at=at, format=format, items=written,
        )  # fmt: skip
        record_export(
            actor_id=actor_id, subject_kind="shipment", subject_key=shipment.number, records=written, at=at
        )
    return written


def handover_record(*, shipment_id: int) -> HandoverRecord:
    """What the handover record (BAST) says: both counts, both officers, every difference."""
    shipment = _shipment(shipment_id)
    handover = Handover.objects.filter(shipment=shipment).first()
    if handover is None:
        raise wrong_state(shipment, ShipmentState.HANDED_OVER, ShipmentState.RECEIVED)
    office, post_office = shipment.office, shipment.post_office
    header, _rows = manifest_of(shipment_id=shipment_id)
    bags = len(header.bag_numbers)
    received = handover.received
    return HandoverRecord(
        number=f"BAST-{shipment.number}",
        shipment_number=shipment.number,
        r7_number=shipment.r7_number,
        place=post_office.name,
        date=handover.handed_over_at.astimezone(ZoneInfo(office.time_zone)).date(),
        giver=_officer(handover.giver, office),
        taker=_officer(handover.taker, post_office),
        items_listed=shipment.item_count,
        items_handed=handover.given,
        items_received=handover.given if received is None else received,
        bags_handed=bags,
        bags_received=bags,
        differences=tuple(_paper_differences(handover)),
        content_sha256=shipment.manifest_sha256,
    )


def handover_document(*, shipment_id: int, output: BinaryIO) -> None:
    """Write the handover record (BAST) as PDF."""
    write_handover_pdf(output, record=handover_record(shipment_id=shipment_id))


def _shipment(shipment_id: int) -> Shipment:
    shipment = Shipment.objects.select_related("office", "post_office").filter(pk=shipment_id).first()
    if shipment is None:
        raise ShipmentRefused(Code.SHIPMENT_UNKNOWN, shipment=shipment_id)
    return shipment


def _items(
    shipment_id: int, first: int = 0, last: int | None = None
) -> Iterator[tuple[ShownItem, Mapping[str, str]]]:
    """The items that belong to the shipment, with people's corrections of their addresses.

    Each chunk is a statement of its own: a worker writes its progress between them, which SQLite refuses while a
    reader is open.
    """
    items = Item.objects.filter(shipment_id=shipment_id, taken_out_at__isnull=True).order_by("position")
    if last is not None:
        items = items.filter(position__lte=last)
    while rows := items.filter(position__gte=first).values_list("position", *_SHOWN)[:CHUNK]:
        chunk = [ShownItem._make(row[1:]) for row in rows]
        corrected = corrections_of(address_ids=[item.address_id for item in chunk])
        for item in chunk:
            yield item, corrected.get(item.address_id, NO_CORRECTIONS)
        first = rows[len(rows) - 1][0] + 1


def _postcode(item: ShownItem, corrections: Mapping[str, str]) -> str:
    return item.postcode or corrections.get("kode_pos", item.kode_pos).strip()


def _paper_differences(handover: Handover) -> Iterator[PaperDifference]:
    for difference in (
        handover.differences.order_by("pk")
        .select_related("item__card")
        .defer("item__card__nik", "item__card__kk", "item__card__phone")
    ):
        item = difference.item
        yield PaperDifference(
            kind=_KINDS[difference.kind],
            item_number=(item.number or "") if item else difference.scanned,
            reference=item.card.reference if item else "",
            note=difference.resolution or difference.note,
        )


_KINDS: Final[dict[str, Literal["missing", "extra", "damaged"]]] = {
    "MISSING": "missing", "EXTRA": "extra", "DAMAGED": "damaged",
}  # fmt: skip


def _officer(signed: str, office: Office) -> Officer:
    """Name and position are written in one line, separated by a comma."""
    name, _comma, position = signed.partition(",")
    return Officer(name=name.strip(), position=position.strip(), office=office.name)


def wrong_state(shipment: Shipment, *wanted: ShipmentState) -> ShipmentRefused:
    """Say that a shipment is in none of the states that are needed."""
    return ShipmentRefused(
        Code.WRONG_STATE,
        shipment=shipment.number,
        state=shipment.state,
        wanted=listed([s.value for s in wanted]),
    )


def label_refusal(error: LabelError, *, shipment_number: str) -> ShipmentRefused:
    """Say of a shipment what is wrong with its labels."""
    if error.fault is LabelFault.UNKNOWN_FORMAT:
        return ShipmentRefused(Code.LABEL_FORMAT_UNKNOWN, **error.parameters)
    if error.fault is LabelFault.START_OUT_OF_RANGE:
        return ShipmentRefused(Code.LABEL_START_INVALID, **error.parameters)
    if error.fault is LabelFault.NOTHING_TO_PRINT:
        return ShipmentRefused(Code.SHIPMENT_EMPTY, shipment=shipment_number)
    return ShipmentRefused(
        Code.LABEL_NOT_PRINTABLE,
        reference=error.parameters.get("reference", shipment_number),
        fault=error.fault.value,
    )
