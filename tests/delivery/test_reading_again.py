"""What is read again, the result workbook, means exactly what the partner's file meant."""

import csv
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from delivery.courier_files import process, upload
from delivery.courier_files.results import WORDS_TOLD
from delivery.courier_files.understanding import read_and_understand
from delivery.couriers import COURIERS
from delivery.models import CourierFile, TrackingEvent
from offices.models import Office
from shipments.models import Item
from spreadsheets.cells import Cell
from spreadsheets.reading import open_sheet
from tests.delivery.mailing import mail_cards

pytestmark = pytest.mark.django_db
AT = dt.datetime(2020, 5, 20, 2, 0, tzinfo=dt.UTC)
HEADER = ("No Resi", "Status", "Keterangan", "Tanggal", "Jam")
OLDER = 20123456789  # such a number of the post often stands in a number cell
LATER, NOON, MIDNIGHT = dt.datetime(2020, 5, 7, 10, 15, 0, 437000), dt.time(12), dt.time()  # noqa: DTZ001
DAY = dt.date(2020, 5, 6)

_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r '=+-@"), max_size=20
)
_numbers = st.one_of(
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 1),
    st.integers(0, 1),
    st.floats(36_526, 50_000),
)
_days = st.dates(dt.date(1900, 3, 1))
_moments = st.one_of(
    st.datetimes(dt.datetime(1900, 3, 1)),  # noqa: DTZ001
    st.datetimes(dt.datetime(2020, 5, 4), dt.datetime(2020, 5, 19)),  # noqa: DTZ001
)
_cells = st.one_of(st.none(), _texts, _numbers, st.booleans(), _days, _moments, st.times())
_rows = st.tuples(
    st.one_of(
        st.sampled_from([OLDER, float(OLDER), str(OLDER), f"{OLDER}.0", "2,01235E+10", "-2E+10"]), _cells
    ),
    st.one_of(st.sampled_from(["DELIVERED", "GAGAL ANTAR", "ANTARAN", "\t=RETUR"]), _cells),
    st.one_of(st.sampled_from(["", "RUMAH KOSONG", "hub 0812-3456-7890"]), _cells),
    st.one_of(_moments, st.sampled_from([DAY, "06/05/2020", 43957, 43957.427083333336, 20200506]), _cells),
    st.one_of(
        st.none(), st.floats(0, 1), st.sampled_from(["6.30", "10:15:00.9", 0.25, 0]), st.times(), _cells
    ),
)
_csv_cells = st.one_of(
    st.sampled_from([str(OLDER), "06/05/2020 10:15", "DELIVERED"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
NASTY: list[tuple[Cell, ...]] = [
    (OLDER, "DELIVERED", None, DAY, 0.5),
    (OLDER, "DELIVERED", None, DAY, 0.25),
    (OLDER, "DELIVERED", None, DAY, NOON),
    (OLDER, "DELIVERED", None, DAY, MIDNIGHT),
    (OLDER, "DELIVERED", None, LATER, None),
    (OLDER, "DELIVERED", None, LATER.replace(second=59, microsecond=999_600), None),
    (OLDER, "DELIVERED", None, dt.datetime(2020, 5, 6, 0, 0, 0, 437_000), 0.25),  # noqa: DTZ001
    (LATER, "DELIVERED", None, DAY, None),
    (DAY, "DELIVERED", None, DAY, None),
    (NOON, "DELIVERED", None, DAY, None),
    (2.5, "DELIVERED", None, DAY, None),
    (-5, "DELIVERED", None, DAY, None),
    (True, "DELIVERED", None, DAY, True),
    (10.0**15, "DELIVERED", None, DAY, None),
    (-(10.0**15), "DELIVERED", None, DAY, None),
    (-0.5, "DELIVERED", None, -3, -0.25),
    (dt.datetime(1900, 1, 5), "DELIVERED", None, dt.datetime(1900, 1, 5), dt.datetime(1900, 1, 5, 6)),  # noqa: DTZ001
    ("'=1", "'\tDELIVERED", "\t=x", "\t06/05/2020", "\r6.30"),
]


@pytest.fixture
def sender(registry: Office, post_office: Office, settings: Settings, tmp_path: Path) -> Office:
    settings.MEDIA_ROOT = tmp_path / "files"
    item = mail_cards(office=registry, post_office=post_office, number=1).items[0]
    Item.objects.filter(pk=item.pk).update(number=str(OLDER))
    return post_office


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(st.lists(_rows, min_size=8, max_size=25))
@example(NASTY)
def test_any_cells_of_a_workbook_are_previewed_as_they_are_applied(
    sender: Office, tmp_path: Path, rows: list[tuple[Cell, ...]]
) -> None:
    path = tmp_path / "status.xlsx"
    _write(path, rows)
    _assert_read_alike(path, sender)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(*[_csv_cells] * 5), min_size=8, max_size=25))
@example(
    [
        (f"{OLDER}", "DELIVERED", "", "06/05/2020\x1c10:15", ""),
        ("\x01", "", "", "", "\x01"),
        ("a", "", "", "", ""),
    ]
)
def test_any_texts_of_a_csv_are_previewed_as_they_are_applied(
    sender: Office, tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    path = tmp_path / "status.csv"
    good = (str(OLDER), "ANTARAN", "", "05/05/2020 08:00", "")
    with path.open("w", newline="", encoding="utf-8") as file:
        # controls in the beginning would make it no text
        csv.writer(file, delimiter=";").writerows(
            [HEADER, good, *[("", "x" * 1_000, "", "", "")] * 70, *rows]
        )
    _assert_read_alike(path, sender)


def _assert_read_alike(path: Path, office: Office) -> None:
    with transaction.atomic():
        _layout, rows = read_and_understand(path, office=office, courier=COURIERS["POS"], now=AT)
        moments = {row.row: row.occurred_at for row in rows}
        file = upload(path=path, name=path.name, office_id=office.pk, actor_id=None, at=AT, enqueue=False)
        said = process(courier_file_id=file.pk, apply=False)
        shown = dict(_told(file))
        done = process(courier_file_id=file.pk)
        assert dict(_told(file)) == shown
        assert (done.rows, done.outcomes) == (said.rows, said.outcomes)
        recorded = dict(
            TrackingEvent.objects.filter(courier_file=file).values_list("source_row", "occurred_at")
        )
        assert recorded
        assert recorded == {row: moment for row, moment in moments.items() if row in recorded}
        transaction.set_rollback(True)


def _told(file: CourierFile) -> Iterator[tuple[int, tuple[tuple[str, str], ...]]]:
    """Give what the result workbook says of each row: every cell with its type, and the outcome."""
    file.refresh_from_db()
    with open_sheet(file.result.path) as sheet:
        for number, cells in sheet.rows():
            *own, outcome, _explanation = cells
            # what would be applied, and what was, are told by words of their own
            told = WORDS_TOLD.get(str(outcome), outcome)
            yield number, tuple((type(cell).__name__, str(cell)) for cell in (*own, told))


def _write(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    page.append(HEADER)
    page.append([str(OLDER), "ANTARAN", "", "05/05/2020 08:00"])
    for line, row in enumerate(rows, 3):
        for place, value in enumerate(row, 1):
            cell = page.cell(line, place)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # what looks like a formula is a text
            elif isinstance(value, dt.datetime):
                cell.number_format = "dd/mm/yyyy hh:mm:ss"
    made.save(path)
