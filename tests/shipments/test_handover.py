"""The two-sided handover and the papers of a shipment."""

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry, User
from shipments.backlog import decide_addresses
from shipments.batching import batch_backlog, close_shipment
from shipments.handover import Receipt, assign_difference, close_difference, confirm_receipt, hand_over
from shipments.labelling import (
    handover_document,
    handover_record,
    manifest_of,
    print_manifest,
    print_shipment_labels,
    shipment_labels,
)
from shipments.models import Card, Handover, HandoverDifference, Item, LabelPrint, Shipment, ShipmentState
from shipments.packing import receipt_from_scans
from shipments.refusals import MESSAGES, Code, ShipmentRefused
from tests.shipments.conftest import TODAY

pytestmark = pytest.mark.django_db
GIVER, TAKER = "Ani Contoh, Kepala Seksi", "Budi Contoh, Manajer"


@pytest.fixture
def closed(shipment: Shipment, printing_user: User, now: datetime) -> Shipment:
    return close_shipment(shipment_id=shipment.pk, actor_id=printing_user.pk, at=now)


@pytest.fixture
def handed(closed: Shipment, printing_user: User, now: datetime) -> Shipment:
    hand_over(shipment_id=closed.pk, given=5, giver=GIVER, taker=TAKER, actor_id=printing_user.pk, at=now)
    return Shipment.objects.get(pk=closed.pk)


def references(shipment: Shipment) -> list[str]:
    return list(
        Item.objects.filter(shipment=shipment).order_by("position").values_list("card__reference", flat=True)
    )


@pytest.fixture
def confirm(handed: Shipment, partner: User, now: datetime) -> Callable[..., Receipt]:
    def run(**counts: object) -> Receipt:
        return confirm_receipt(shipment_id=handed.pk, actor_id=partner.pk, at=now, **counts)  # type: ignore[arg-type]

    return run


def test_handover_keeps_both_signatures(handed: Shipment) -> None:
    handover = Handover.objects.get()
    assert handed.state == ShipmentState.HANDED_OVER
    assert (handover.given, handover.giver, handover.taker) == (5, GIVER, TAKER)


@pytest.mark.parametrize(
    ("given", "giver", "code"), [(4, GIVER, Code.COUNT_DIFFERS), (5, " ", Code.SIGNATURE_MISSING)]
)
def test_handover_is_refused_and_nothing_happens(
    closed: Shipment, now: datetime, given: int, giver: str, code: Code
) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        hand_over(shipment_id=closed.pk, given=given, giver=giver, taker=TAKER, actor_id=None, at=now)
    assert caught.value.code is code
    assert not Handover.objects.exists()
    assert Shipment.objects.get().state == ShipmentState.CLOSED


def test_open_shipment_cannot_be_handed_over(shipment: Shipment, now: datetime) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        hand_over(shipment_id=shipment.pk, given=5, giver=GIVER, taker=TAKER, actor_id=None, at=now)
    assert caught.value.code is Code.WRONG_STATE


def test_complete_receipt_opens_no_case(confirm: Callable[..., Receipt], partner: User) -> None:
    assert confirm(received=5).differences == ()
    assert Shipment.objects.get().state == ShipmentState.RECEIVED
    handover = Handover.objects.get()
    assert (handover.received, handover.received_by_id) == (5, partner.pk)


def test_every_difference_becomes_a_case_of_our_officer(
    confirm: Callable[..., Receipt], handed: Shipment, printing_user: User, supervisor: User, now: datetime
) -> None:
    first, second, *_rest = references(handed)
    number = str(Item.objects.get(card__reference=second).number)
    receipt = confirm(received=5, missing=[first], damaged=[number.lower()], extra=["P2005040000001"])
    cases = HandoverDifference.objects.filter(pk__in=receipt.differences).order_by("pk")
    assert [(case.kind, case.owner_id) for case in cases] == [
        ("MISSING", printing_user.pk), ("DAMAGED", printing_user.pk), ("EXTRA", printing_user.pk),
    ]  # fmt: skip
    assert cases[2].scanned == "P2005040000001"
    assign_difference(difference_id=cases[0].pk, owner_id=supervisor.pk, actor_id=printing_user.pk, at=now)
    done = close_difference(
        difference_id=cases[0].pk, resolution="ketemu di kantong lain", actor_id=supervisor.pk, at=now
    )
    assert (done.owner_id, done.closed_at, done.closed_by_id) == (supervisor.pk, now, supervisor.pk)
    for difference_id, resolution, code in (
        (cases[0].pk, "lagi", Code.DIFFERENCE_CLOSED),
        (cases[1].pk, " ", Code.RESOLUTION_MISSING),
        (0, "x", Code.DIFFERENCE_UNKNOWN),
    ):
        with pytest.raises(ShipmentRefused) as caught:
            close_difference(difference_id=difference_id, resolution=resolution, actor_id=None, at=now)
        assert caught.value.code is code
    record = handover_record(shipment_id=handed.pk)
    assert [difference.kind for difference in record.differences] == ["missing", "damaged", "extra"]
    assert record.giver.position == "Kepala Seksi"


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"received": 4}, Code.RECEIPT_COUNT_WRONG),
        ({"received": 5, "missing": ["FIRST"]}, Code.RECEIPT_COUNT_WRONG),
        ({"received": 4, "missing": ["P2005040000001"]}, Code.ITEM_UNKNOWN),
        ({"received": 4, "missing": ["FIRST"], "damaged": ["FIRST"]}, Code.DIFFERENCE_TWICE),
        ({"received": 3, "missing": ["FIRST", "FIRST"]}, Code.DIFFERENCE_TWICE),
        ({"received": 3, "missing": ["FIRST", "ITS_NUMBER"]}, Code.DIFFERENCE_TWICE),
        ({"received": 6, "extra": ["FIRST"]}, Code.DIFFERENCE_TWICE),
    ],
)
def test_receipt_is_refused_and_nothing_happens(
    confirm: Callable[..., Receipt], handed: Shipment, counts: dict[str, object], code: Code
) -> None:
    first = Item.objects.select_related("card").order_by("position")[0]
    named = {"FIRST": first.card.reference, "ITS_NUMBER": str(first.number)}
    filled = {
        key: [named.get(name, name) for name in value] if isinstance(value, list) else value
        for key, value in counts.items()
    }
    with pytest.raises(ShipmentRefused) as caught:
        confirm(**filled)
    assert caught.value.code is code
    assert str(caught.value)
    assert not HandoverDifference.objects.exists()
    assert Shipment.objects.get().state == ShipmentState.HANDED_OVER


def test_receipt_twice_is_refused(confirm: Callable[..., Receipt]) -> None:
    confirm(received=5)
    with pytest.raises(ShipmentRefused) as caught:
        confirm(received=5)
    assert caught.value.code is Code.WRONG_STATE


def test_an_extra_scan_keeps_no_nik(confirm: Callable[..., Receipt]) -> None:
    confirm(received=6, extra=["3216061234560001"])
    assert HandoverDifference.objects.get().scanned == "••••0001"


def test_receipt_from_scans_finds_missing_and_extra(
    confirm: Callable[..., Receipt], handed: Shipment
) -> None:
    scans = [*references(handed)[1:], references(handed)[1], "P2005040000001", "RR000000100ID"]
    scanned = receipt_from_scans(shipment_id=handed.pk, scans=scans)
    assert scanned.missing == (references(handed)[0],)
    assert (scanned.extra, scanned.misread, scanned.received) == (("P2005040000001",), ("RR000000100ID",), 5)
    confirm(received=scanned.received, missing=scanned.missing, extra=scanned.extra)


def test_labels_come_in_manifest_order_with_the_residents_own_spelling(shipment: Shipment) -> None:
    labels = list(shipment_labels(shipment_id=shipment.pk))
    assert [label.reference for label in labels] == references(shipment)
    label = labels[0]
    assert label.address_lines[1:] == ("RT 001 / RW 007", "Kel. Jatimulya", "Kec. Tambun Selatan")
    assert (label.region_line, label.postcode) == ("KABUPATEN BEKASI", "17510")
    assert (label.item_number, label.sort_key) == ("RR000001006ID", ("17510", "Jatimulya", "007"))
    assert (label.sender_name, label.sender_lines) == ("Kantor 3216", ("Jl. Contoh 1",))


def test_label_shows_corrections_and_the_village_that_a_person_chose(
    queue: Callable[..., list[Card]], registry: object, post_office: object, now: datetime
) -> None:
    (card,) = queue(1)
    decide_addresses(
        office_id=card.office_id, address_ids=[card.address_id], decision="CORRECTED", village_code="32.16.06.2003",
        corrections={"alamat": "Jl. Benar 5", "rt_rw": "003/004"}, actor_id=None, at=now,
    )  # fmt: skip
    result = batch_backlog(office_id=card.office_id, on=TODAY, actor_id=None, at=now)
    (label,) = shipment_labels(shipment_id=result.shipment_ids[0])
    assert label.address_lines[:2] == ("Jl. Benar 5", "RT 003 / RW 004")
    assert label.address_lines[2].startswith("Desa ")
    assert label.address_lines[2] != "Desa Jatimulya"


def test_second_printing_of_labels_needs_a_reason(
    shipment: Shipment, printing_user: User, now: datetime
) -> None:
    def run(**options: object) -> int:
        return print_shipment_labels(
            shipment_id=shipment.pk, output=io.BytesIO(), actor_id=printing_user.pk, at=now,
            **({"format": "a4-3x8"} | options),  # type: ignore[arg-type]
        )  # fmt: skip

    assert run() == 5
    with pytest.raises(ShipmentRefused) as caught:
        run()
    assert caught.value.code is Code.REPRINT_NEEDS_REASON
    assert run(reason="kertas macet", format="zpl203") == 5
    assert [print_.reason for print_ in LabelPrint.objects.order_by("pk")] == ["", "kertas macet"]
    for options, code in (
        ({"format": "a3", "reason": "x"}, Code.LABEL_FORMAT_UNKNOWN),
        ({"start": 25, "reason": "x"}, Code.LABEL_START_INVALID),
    ):
        with pytest.raises(ShipmentRefused) as caught:
            run(**options)
        assert caught.value.code is code
        assert str(caught.value)
    assert LabelPrint.objects.count() == 2


def test_labels_of_an_empty_or_cancelled_shipment_are_refused(shipment: Shipment, now: datetime) -> None:
    Item.objects.update(live=None, taken_out_at=now)
    options = {
        "shipment_id": shipment.pk,
        "format": "a4-3x8",
        "output": io.BytesIO(),
        "actor_id": None,
        "at": now,
    }
    with pytest.raises(ShipmentRefused) as caught:
        print_shipment_labels(**options)  # type: ignore[arg-type]
    assert caught.value.code is Code.SHIPMENT_EMPTY
    Shipment.objects.update(state=ShipmentState.CANCELLED, cancelled_at=now)
    with pytest.raises(ShipmentRefused) as caught:
        print_shipment_labels(**options)  # type: ignore[arg-type]
    assert caught.value.code is Code.WRONG_STATE


def test_manifest_is_frozen_at_closing_and_lists_what_was_closed(closed: Shipment) -> None:
    header, rows = manifest_of(shipment_id=closed.pk)
    listed = list(rows)
    assert (header.item_count, header.content_sha256) == (5, closed.manifest_sha256)
    assert header.bag_numbers == ("3216-200504-001/1", "3216-200504-001/2")
    assert [row.reference for row in listed] == references(closed)
    assert (listed[0].village, listed[0].district, listed[0].postcode) == (
        "Jatimulya",
        "Tambun Selatan",
        "17510",
    )


def test_manifest_of_an_open_shipment_is_refused(shipment: Shipment, now: datetime) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        manifest_of(shipment_id=shipment.pk)
    assert caught.value.code is Code.WRONG_STATE
    with pytest.raises(ShipmentRefused) as caught:
        print_manifest(shipment_id=shipment.pk, format="doc", output=io.BytesIO(), actor_id=None, at=now)
    assert caught.value.code is Code.MANIFEST_FORMAT_UNKNOWN


def test_returned_items_stay_on_the_manifest(handed: Shipment) -> None:
    Item.objects.update(live=None)
    _header, rows = manifest_of(shipment_id=handed.pk)
    assert len(list(rows)) == 5


def test_handover_document_is_a_pdf_with_both_officers(handed: Shipment) -> None:
    output = io.BytesIO()
    handover_document(shipment_id=handed.pk, output=output)
    text = pypdfium2.PdfDocument(output.getvalue())[0].get_textpage().get_text_range()
    assert "Ani Contoh" in text
    assert "Manajer" in text


def test_handover_document_before_the_handover_is_refused(closed: Shipment) -> None:
    with pytest.raises(ShipmentRefused) as caught:
        handover_document(shipment_id=closed.pk, output=io.BytesIO())
    assert caught.value.code is Code.WRONG_STATE


def test_commands_write_labels_and_manifest(closed: Shipment, tmp_path: Path) -> None:
    labels, sheet = tmp_path / "label.pdf", tmp_path / "daftar.xlsx"
    call_command("print_labels", closed.number, "--format", "roll-100x150", "--output", str(labels))
    call_command("print_manifest", closed.number, "--format", "xlsx", "--output", str(sheet))
    assert len(pypdfium2.PdfDocument(labels)) == 5
    active = openpyxl.load_workbook(sheet).active
    assert active is not None
    assert references(closed)[0] in {cell.value for row in active.iter_rows() for cell in row}
    assert AuditEntry.objects.filter(operation__in=["PRINT_LABELS", "PRINT_MANIFEST"]).count() == 2


def test_labels_printed_again_by_command_are_recorded_with_a_reason(closed: Shipment, tmp_path: Path) -> None:
    for format in ("a4-3x8", "roll-100x150"):
        call_command(
            "print_labels", closed.number, "--format", format, "--output", str(tmp_path / f"{format}.pdf")
        )
    reasons = list(closed.label_prints.order_by("pk").values_list("format", "reason"))
    assert reasons == [("a4-3x8", "manage.py print_labels"), ("roll-100x150", "manage.py print_labels")]


def test_refused_command_leaves_no_file_behind(shipment: Shipment, tmp_path: Path) -> None:
    for arguments in (
        ["print_manifest", shipment.number, "--format", "pdf"],
        ["print_labels", "9999-1", "--format", "a4-3x8"],
        ["print_labels", shipment.number, "--format", "a4-3x8", "--start", "99"],
    ):
        with pytest.raises(CommandError) as caught:
            call_command(*arguments, "--output", str(tmp_path / "x.pdf"))
        assert caught.value.returncode == 2
    assert list(tmp_path.glob("*x.pdf*")) == []


def test_every_code_has_a_message() -> None:
    assert set(MESSAGES) == set(Code)
