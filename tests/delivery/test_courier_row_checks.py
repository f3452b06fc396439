"""Rows that must not move a card: dates before the handover, two cards in one row, misread numbers, controls."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from delivery.courier_files import RowOutcome, near_misses, process, upload
from delivery.courier_files.rows import StatusRow
from delivery.models import CourierFile, CourierRow, Delivery, TrackingEvent
from offices.models import Office
from shipments.cards import import_cards
from shipments.models import Card, Handover, Item, Shipment
from shipments.numbers import make_reference
from spreadsheets.faults import SheetError, SheetFault
from tests.delivery.mailing import HANDED_OVER_AT, Mailed, mail_cards, state_of
from tests.factories import make_office
from tests.shipments.sheets import TITLES, card_row
from tests.spreadsheets.workbooks import book

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
Applied = Callable[..., CourierFile]


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=3)


@pytest.fixture
def applied(tmp_path: Path, post_office: Office) -> Applied:
    def make(*rows: str, titles: str = "No Resi;Status;Keterangan;Tanggal") -> CourierFile:
        return taken(tmp_path, post_office, "status.csv", "\n".join((titles, *rows)).encode())

    return make


def taken(folder: Path, office: Office, name: str, content: bytes) -> CourierFile:
    path = folder / name
    path.write_bytes(content)
    file = upload(path=path, name=name, office_id=office.pk, actor_id=None, at=AT, enqueue=False)
    process(courier_file_id=file.pk)
    file.refresh_from_db()
    return file


def outcomes(file: CourierFile) -> dict[str, int]:
    assert sum(file.outcomes.values()) == file.rows
    return {outcome: count for outcome, count in file.outcomes.items() if count}


def explained(file: CourierFile) -> list[str]:
    book = openpyxl.load_workbook(file.result.path).worksheets[0]
    return [str(row[-1]) for row in book.iter_rows(min_row=2, values_only=True)]


def with_controls(number: str) -> list[list[str | float]]:
    return [
        ["No Resi", "Status", "Keterangan", "Tanggal", "Kantor\x00"],
        [f"{number}\x00", "DELIV\x00ERED", "ORANG\x07 SERUMAH", "06/05/2020\x00", "TAMBUN\x00\x1f"],
        ["RZ00\x00", "X\x00", "Y\x00", "kemarin\x00", "Z\x00"],
        ["1.2\x00E+13", "X", "Y", "06/05/2020", "Z\x00"],
    ]


def test_controls_in_cells_of_a_workbook_are_left_out_of_all_that_is_kept(
    mailed: Mailed, tmp_path: Path, post_office: Office
) -> None:
    rows = with_controls(mailed.items[0].number or "")
    file = taken(tmp_path, post_office, "s.xls", book("xls", {"Data": rows}))
    assert outcomes(file) == {"applied": 1, "bad_date": 1, "damaged_number": 1}
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")
    assert TrackingEvent.objects.get(courier_file=file).place == "TAMBUN"
    kept = [
        str(tuple(row.values()))
        for row in CourierRow.objects.values("number", "status_text", "occurred_text", "place")
    ]
    assert not any("\\x" in row for row in kept)


def test_controls_far_down_a_csv_are_left_out_too(mailed: Mailed, applied: Applied) -> None:
    number = mailed.items[0].number
    blank = ["x" * 1_000 + ";;;"] * 70
    file = applied(*blank, f"{number};DELIVERED;\x00\x1bORANG SERUMAH;06/05/2020\x00", f"{number};\x00;;\x00")
    assert outcomes(file) == {"applied": 1, "bad_date": 71}


def test_controls_in_cells_of_printed_cards_are_left_out_or_refused_row_by_row(
    registry: Office, tmp_path: Path
) -> None:
    rows: list[list[str | float]] = [[str(cell or "") for cell in card_row(n)] for n in (1, 2)]
    rows[0] = [f"{cell}\x00\x07" for cell in rows[0]]
    rows[1][2] = "kemarin\x00"
    path = tmp_path / "kartu.xls"
    path.write_bytes(book("xls", {"Kartu": [list(TITLES), *rows]}))
    report = import_cards(path=path, name="kartu.xls", office_id=registry.pk, actor_id=None, at=AT)
    assert (report.outcomes["registered"], report.rejected) == (1, 1)
    assert Card.objects.get().name == "Warga Contoh 1"


@pytest.mark.parametrize(
    ("date", "outcome"),
    [
        ("04/05/2002", "bad_date"), ("02/05/2020", "bad_date"), ("03/05/2020 09:01", "applied"),
        ("04/05/2020", "applied"), ("1950-01-01", "bad_date"),
    ],
)  # fmt: skip
def test_a_date_before_the_shipment_was_opened_moves_no_card(
    mailed: Mailed, applied: Applied, date: str, outcome: str
) -> None:
    file = applied(f"{mailed.items[0].number};DELIVERED;;{date}")
    assert outcomes(file) == {outcome: 1}
    assert state_of(mailed.cards[0]) == ("POSTED" if outcome == "bad_date" else "DELIVERED", "")
    assert Delivery.objects.get(card=mailed.cards[0]).contradictions == 0
    if outcome == "bad_date":
        assert explained(file) == [
            f"{date} lies before the post was given the item. It cannot be before 03/05/2020."
        ]


@pytest.mark.parametrize(("days", "outcome"), [(15, "bad_date"), (13, "applied")])
def test_a_date_long_before_the_signed_handover_moves_no_card(
    mailed: Mailed, applied: Applied, days: int, outcome: str
) -> None:
    opened = HANDED_OVER_AT - timedelta(days=60)
    Shipment.objects.filter(pk=mailed.shipment.pk).update(opened_at=opened)
    Handover.objects.create(
        shipment=mailed.shipment, given=3, giver="A", taker="B", handed_over_at=HANDED_OVER_AT
    )
    at = HANDED_OVER_AT - timedelta(days=days)
    assert outcomes(applied(f"{mailed.items[0].number};INVEHICLE;;{at:%d/%m/%Y %H:%M}")) == {outcome: 1}


def test_a_date_cell_of_1900_is_no_date(mailed: Mailed, tmp_path: Path, post_office: Office) -> None:
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    page.append(["No Resi", "Status", "Tanggal"])
    page.append([mailed.items[0].number, "DELIVERED", datetime(1900, 1, 5)])  # noqa: DTZ001
    made.save(tmp_path / "made.xlsx")
    file = taken(tmp_path, post_office, "s.xlsx", (tmp_path / "made.xlsx").read_bytes())
    assert outcomes(file) == {"bad_date": 1}


def test_a_line_that_no_sheet_can_hold_refuses_the_file_before_anything_is_applied(
    mailed: Mailed, applied: Applied
) -> None:
    row = f"{mailed.items[0].number};DELIVERED;;06/05/2020"
    with pytest.raises(SheetError) as refused:
        applied(row + "\n" * 1_100_000, row)
    assert refused.value.code is SheetFault.TOO_MANY_ROWS
    assert CourierFile.objects.get().state == "REFUSED"
    assert state_of(mailed.cards[0]) == ("POSTED", "")


@pytest.fixture
def referenced(mailed: Mailed) -> Sequence[str]:
    for card in mailed.cards:
        card.reference = make_reference(card.pk)
        card.save()
    return [card.reference for card in mailed.cards]


def test_a_number_and_a_reference_of_two_cards_move_neither(
    mailed: Mailed, referenced: Sequence[str], applied: Applied
) -> None:
    numbers = [item.number for item in mailed.items]
    file = applied(
        f"{numbers[0]};{referenced[1]};DELIVERED;06/05/2020",
        f"{numbers[2]};{referenced[2]};DELIVERED;06/05/2020",
        titles="No Resi;No Referensi;Status;Tanggal",
    )
    assert outcomes(file) == {"applied": 1, "damaged_number": 1}
    assert [state_of(card)[0] for card in mailed.cards] == ["POSTED", "POSTED", "DELIVERED"]
    assert explained(file)[0] == (
        f"The number {numbers[0]} and the reference {referenced[1]} name two different cards. Correct one of them."
    )


@pytest.fixture(params=[0, near_misses.ASKED_AT_MOST], ids=["compared", "asked"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_misses, "ASKED_AT_MOST", request.param)


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("P2005060000001", "P2005060000007"), ("P2005060000001.2", "P2005160000001.2"),
        ("20123456789", "20123456780"), ("00123456789", 123456789.0), ("BAC1234567890ABCDEF", "BAC1234567891ABCDEF"),
        ("RR100000025ID", "RR100000065ID"), ("P2005060000001", "P2005060000001.1"),
    ],
)  # fmt: skip
def test_the_post_s_own_numbers_are_suggested_when_one_figure_is_wrong(
    mailed: Mailed, tmp_path: Path, post_office: Office, number: str, wrong: Any
) -> None:
    Item.objects.filter(pk=mailed.items[0].pk).update(number=number)
    rows: list[list[str | float]] = [["No Resi", "Status", "Tanggal"], [wrong, "DELIVERED", "06/05/2020"]]
    file = taken(tmp_path, post_office, "s.xls", book("xls", {"Data": rows}))
    assert outcomes(file) == {"unknown_item": 1}
    assert file.kept_rows.get().detail == {"near": [number]}
    assert f"Perhaps {number} is meant." in explained(file)[0]
    assert state_of(mailed.cards[0]) == ("POSTED", "")


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("P2005060000001", "P2005060000012"), ("RR100000025ID", "RZ100000025ID"), ("RR100000025ID", "RR10000025ID"),
        ("BAC1234567890ABCDEF", "BAC1234567890ABCDEX"), ("P2005060000001.2", "P2005060000001"),
    ],
)  # fmt: skip
def test_what_differs_by_more_or_in_a_letter_is_not_suggested(
    mailed: Mailed, applied: Applied, number: str, wrong: str
) -> None:
    Item.objects.filter(pk=mailed.items[0].pk).update(number=number)
    file = applied(f"{wrong};DELIVERED;;06/05/2020")
    assert outcomes(file) == {"unknown_item": 1}
    assert "near" not in file.kept_rows.get().detail


@pytest.mark.usefixtures("_both_ways")
def test_a_wrong_reference_beside_an_unknown_number_is_told_and_the_right_one_suggested(
    mailed: Mailed, referenced: Sequence[str], applied: Applied
) -> None:
    right = referenced[1]
    figure = f"{right[:3]}{(int(right[3]) + 1) % 10}{right[4:]}"
    letter = right[:10] + ("A" if right[10] != "A" else "B")
    file = applied(
        f"P2005060000001;{figure};DELIVERED;06/05/2020",
        f";{letter};DELIVERED;06/05/2020",
        titles="No Resi;No Referensi;Status;Tanggal",
    )
    assert outcomes(file) == {"unknown_item": 2}
    assert [row.detail for row in file.kept_rows.order_by("row")] == [
        {"wrong_reference": figure, "near": [right]},
        {"wrong_check": True, "near": [right]},
    ]
    assert explained(file)[0] == (
        "No item has the number P2005060000001. Check the number. "
        f"The check letter of the reference {figure} is wrong: a figure was misread or mistyped. "
        f"Perhaps {right} is meant."
    )
    assert {state_of(card) for card in mailed.cards} == {("POSTED", "")}


@pytest.mark.usefixtures("_both_ways")
def test_numbers_and_references_of_other_offices_are_not_suggested(
    mailed: Mailed, registry: Office, applied: Applied, referenced: Sequence[str]
) -> None:
    other = make_office(code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07")
    Item.objects.filter(pk=mailed.items[0].pk).update(live=None)
    again = mail_cards(office=registry, post_office=other, number=1, cards=mailed.cards[:1], posted=False)
    Item.objects.filter(pk=again.items[0].pk).update(number="P2005060000001")
    wrong = f"{referenced[0][:3]}{(int(referenced[0][3]) + 1) % 10}{referenced[0][4:]}"
    file = applied("P2005060000002;DELIVERED;;06/05/2020", f"{wrong};DELIVERED;;06/05/2020")
    assert [row.detail for row in file.kept_rows.order_by("row")] == [{}, {"wrong_check": True}]


@pytest.mark.usefixtures("_both_ways")
def test_of_many_near_numbers_the_first_five_are_named(mailed: Mailed, applied: Applied) -> None:
    for item, number in zip(
        mailed.items, ("P2005060000003", "P2005060000007", "P2105060000001"), strict=True
    ):
        Item.objects.filter(pk=item.pk).update(number=number)
    more = mail_cards(office=mailed.shipment.office, post_office=mailed.shipment.post_office, number=4)
    for place, item in enumerate(more.items):
        Item.objects.filter(pk=item.pk).update(number=f"P200506000{place + 1}001")
    file = applied("P2005060000001;DELIVERED;;06/05/2020")
    assert file.kept_rows.get().detail["near"] == [
        "P2105060000001", "P2005060001001", "P2005060002001", "P2005060003001", "P2005060004001",
    ]  # fmt: skip


def test_every_unknown_row_is_looked_at_in_as_many_queries_as_one(
    mailed: Mailed, post_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_misses, "ASKED_AT_MOST", 1_000)
    Item.objects.filter(pk=mailed.items[0].pk).update(number="P2005060000001")
    foreign = [f"P2112{place:09}" for place in range(3_000)]
    asked = []
    for numbers in (["P2005060000002"], [*foreign, "P2005060000002"]):
        rows = [StatusRow(line, (), number) for line, number in enumerate(numbers, 2)]
        for row in rows:
            row.end(RowOutcome.UNKNOWN_ITEM)
        with CaptureQueriesContext(connection) as captured:
            near_misses.suggest_near_misses(rows, office=post_office)
        asked.append(len(captured))
        assert rows[-1].detail == {"near": ["P2005060000001"]}
        assert not any(row.detail for row in rows[:-1])
    assert asked == [1, 2]


def test_a_wrong_check_digit_is_told_as_such(mailed: Mailed, applied: Applied) -> None:
    file = applied("RR123456789ID;DELIVERED;;06/05/2020", "RZ000000005ID;DELIVERED;;06/05/2020")
    assert [row.detail for row in file.kept_rows.order_by("row")] == [{"wrong_check": True}, {}]
    wrong, right = explained(file)
    assert wrong.endswith("Its check digit is wrong: a figure was misread or mistyped.")
    assert "check digit" not in right
