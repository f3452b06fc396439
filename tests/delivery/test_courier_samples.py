"""Sample status files, imported, end with exactly the items coming back that were asked for."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from delivery.courier_files import process, upload
from delivery.courier_files.samples import COMPACT, FULL
from delivery.ledger import reconcile
from delivery.models import CourierFile, Delivery
from delivery.status import COMING_BACK
from delivery.tracking import refold
from offices.models import Office
from tests import factories
from tests.delivery.mailing import mail_cards

pytestmark = pytest.mark.django_db
AT = datetime(2020, 6, 20, 2, 0, tzinfo=UTC)
ITEMS = 120


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def two_post_offices(registry: Office, post_office: Office) -> Office:
    other = factories.make_office(
        code="17520", kind=Office.Kind.POST_OFFICE, parent=registry, region_code="32.16.07"
    )
    for office in (post_office, other):
        mail_cards(office=registry, post_office=office, number=ITEMS // 2)
    return registry


def make(office: Office, folder: Path, **options: Any) -> dict[str, Any]:
    printed = io.StringIO()
    options = {"seed": 7, "from_date": "2020-05-05", "days": 6, "json": True} | options
    call_command(
        "make_sample_courier_files", office=office.code, output=str(folder), stdout=printed, **options
    )
    told: dict[str, Any] = json.loads(printed.getvalue())
    return told


def test_the_seed_decides_exactly_how_many_come_back_and_the_rest_is_delivered(
    two_post_offices: Office, tmp_path: Path
) -> None:
    told = make(two_post_offices, tmp_path, undeliverable=11)
    assert (told["items"], told["undeliverable"], len(told["files"])) == (ITEMS, 11, 12)
    outcomes: dict[str, int] = {}
    for file in told["files"]:
        kept = upload(
            path=file["path"],
            name="a.xlsx",
            office_id=two_post_offices.pk,
            actor_id=None,
            at=AT,
            enqueue=False,
        )
        report = process(courier_file_id=kept.pk)
        assert report.rows == file["rows"] == sum(report.outcomes.values())
        outcomes = {name: outcomes.get(name, 0) + count for name, count in report.outcomes.items()}
    states = Delivery.objects.values_list("status", flat=True)
    assert sum(status in COMING_BACK for status in states) == 11
    assert sum(status == "DELIVERED" for status in states) == ITEMS - 11
    funnel = reconcile(office_id=two_post_offices.pk).funnel
    assert (funnel["handed_over"], funnel["delivered"], funnel["not_delivered"]) == (ITEMS, ITEMS - 11, 11)
    assert refold().wrong == ()
    seen = {name for name, count in outcomes.items() if count}
    assert {"applied", "duplicate", "superseded", "unknown_item", "unmapped_text"} <= seen
    assert CourierFile.objects.filter(state="APPLIED").count() == 12


def test_the_files_are_the_posts_own_in_two_layouts_with_personal_columns(
    two_post_offices: Office, tmp_path: Path
) -> None:
    told = make(two_post_offices, tmp_path, undeliverable=0)
    layouts = set()
    for file in told["files"]:
        rows = openpyxl.load_workbook(file["path"], read_only=True).worksheets[0].iter_rows(values_only=True)
        layouts.add(next(row for row in rows if sum(cell is not None for cell in row) > 3))
    assert layouts == {FULL, COMPACT}
    assert len(FULL) == 18


def test_the_same_seed_writes_the_same_files(two_post_offices: Office, tmp_path: Path) -> None:
    first, second = (make(two_post_offices, tmp_path / name, undeliverable=3) for name in ("a", "b"))
    assert [Path(f["path"]).read_bytes() for f in first["files"]] == [
        Path(f["path"]).read_bytes() for f in second["files"]
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"undeliverable": ITEMS + 1}, "--undeliverable"),
        ({"from_date": "2020-05-01", "days": 2}, "--from"),
        ({"from_date": "kemarin"}, "YYYY-MM-DD"),
    ],
)
def test_it_refuses_what_cannot_be_told(
    two_post_offices: Office, tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        make(two_post_offices, tmp_path, **options)
    assert list(tmp_path.glob("*.xlsx")) == []


def test_it_refuses_an_office_that_does_not_exist_or_has_sent_nothing(
    registry: Office, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="handed no item"):
        make(registry, tmp_path)
    registry.code = "9999"
    with pytest.raises(CommandError, match="9999"):
        make(registry, tmp_path)
