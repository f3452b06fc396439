"""What is recalled while a file is being opened changes how soon it is applied, never what it does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from delivery.courier_files import process, recalling, upload
from delivery.courier_files.recalling import Recollection
from delivery.models import Delivery, TrackingEvent
from delivery.status import Status
from delivery.tracking import foresee_events, record_events, refold
from offices.models import Office
from shipments.models import Item
from spreadsheets.reading import open_sheet, open_sheets
from spreadsheets.writing import Column, write_xlsx
from tests.delivery.mailing import Mailed, mail_cards

AT = datetime(2020, 6, 1, 3, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=6)


@pytest.fixture
def any_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalling, "LARGE_BYTES", 0)


def recollect(office: Office, path: Path) -> Recollection:
    recalled = Recollection(office, path=path, with_states=True)
    for _step in recalled.steps():
        pass
    return recalled


def status_file(folder: Path, mailed: Mailed) -> Path:
    path = folder / "status.xlsx"
    texts = ("DELIVERED", "DELIVERED", "RETUR", "INVEHICLE", "ON PROCESS", "TERTAHAN DI AGEN")
    rows = [(item.number, text, "20/05/2020 10:00") for item, text in zip(mailed.items, texts, strict=True)]
    with path.open("wb") as file:
        titles = ("Nomor Resi", "Status Akhir", "Tgl Status")
        write_xlsx(
            file,
            sheet="Status",
            columns=list(map(Column, titles)),
            rows=[*rows, ("RR000000005ID", "RETUR", "x")],
        )
    return path


@pytest.mark.usefixtures("any_file_is_large")
def test_the_items_of_the_office_are_recalled_with_the_states_of_their_cards(
    mailed: Mailed, registry: Office, post_office: Office, tmp_path: Path
) -> None:
    path = status_file(tmp_path, mailed)
    for office in (registry, post_office):
        recalled = recollect(office, path)
        assert recalled.items.found.keys() == {item.number for item in mailed.items}
        assert recalled.states.states.keys() == {card.pk for card in mailed.cards}
    another = Office.objects.create(
        code="POS-X", name="KANTOR POS LAIN", kind=Office.Kind.POST_OFFICE, parent=registry
    )
    assert recollect(another, path).items.found == {}


@pytest.mark.usefixtures("any_file_is_large")
def test_a_number_that_a_file_has_given_is_asked_for_since_it_may_be_taken_back(
    mailed: Mailed, post_office: Office, tmp_path: Path
) -> None:
    Item.objects.filter(pk=mailed.items[2].pk).update(number_given_at=AT)
    recalled = recollect(post_office, status_file(tmp_path, mailed))
    assert recalled.items.found.keys() == {item.number for item in mailed.items} - {mailed.items[2].number}


@pytest.mark.usefixtures("any_file_is_large")
def test_a_slow_database_does_not_hold_up_the_file(
    mailed: Mailed, post_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalling, "SECONDS", 0)
    assert recollect(post_office, status_file(tmp_path, mailed)).items.found == {}


@pytest.mark.usefixtures("any_file_is_large")
def test_no_more_is_recalled_than_memory_is_meant_for(
    mailed: Mailed, registry: Office, post_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = mail_cards(office=registry, post_office=post_office, number=3)
    monkeypatch.setattr(recalling, "RECALLED_AT_MOST", 5)
    recalled = recollect(post_office, status_file(tmp_path, mailed))
    assert recalled.items.found.keys() == {item.number for item in newest.items}


def test_for_a_small_file_nothing_is_recalled(mailed: Mailed, post_office: Office, tmp_path: Path) -> None:
    assert recollect(post_office, status_file(tmp_path, mailed)).items.found == {}


@pytest.mark.parametrize("large_from", [0, 10**9])
def test_a_file_ends_alike_with_and_without_recollection(
    mailed: Mailed, post_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large_from: int
) -> None:
    monkeypatch.setattr(recalling, "LARGE_BYTES", large_from)
    path = status_file(tmp_path, mailed)
    file = upload(path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)
    report = process(courier_file_id=file.pk)
    counted = {outcome: count for outcome, count in report.outcomes.items() if count}
    assert counted == {"applied": 5, "unmapped_text": 1, "bad_date": 1}
    told = Delivery.objects.order_by("card_id").values_list("status", flat=True)
    assert list(told) == ["DELIVERED", "DELIVERED", "RETURNING", "IN_TRANSIT", "OUT_FOR_DELIVERY", "POSTED"]


@pytest.mark.usefixtures("any_file_is_large")
def test_a_recalled_state_that_is_another_by_now_is_read_anew(
    mailed: Mailed, post_office: Office, tmp_path: Path
) -> None:
    states = recollect(post_office, status_file(tmp_path, mailed)).states
    record_events(events=[mailed.event(0, Status.RETURNING, hours=20)], recorded_at=AT, recorded_by_id=None)
    told = [mailed.event(place, Status.DELIVERED, hours=30) for place in (0, 1)]
    foreseen = foresee_events(events=told, recorded_at=AT, recorded_by_id=None, recalled=states)
    recorded = record_events(events=told, recorded_at=AT, recorded_by_id=None, foreseen=foreseen)
    assert [outcome.value for outcome in recorded.outcomes] == ["contradiction", "applied"]
    assert refold().wrong == ()
    assert TrackingEvent.objects.filter(status="DELIVERED").count() == 2


@pytest.mark.usefixtures("any_file_is_large")
def test_states_are_taken_once_and_others_are_asked_for(
    mailed: Mailed, post_office: Office, tmp_path: Path
) -> None:
    states = recollect(post_office, status_file(tmp_path, mailed)).states
    first, second = mailed.cards[0].pk, mailed.cards[1].pk
    taken = states.taken({first, 10**9})
    assert taken.states.keys() == taken.versions.keys() == {first}
    assert first not in states.states
    told = [mailed.event(place, Status.DELIVERED, hours=30) for place in (0, 1)]
    foreseen = foresee_events(events=told, recorded_at=AT, recorded_by_id=None, recalled=states)
    assert foreseen.can_be_compared
    assert second not in states.versions
    assert (
        record_events(events=told, recorded_at=AT, recorded_by_id=None, foreseen=foreseen)
        is foreseen.recorded
    )


def test_steps_are_taken_while_the_reading_process_is_silent_and_no_row_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, sheet="S", columns=[Column("No")], rows=((number,) for number in range(500)))
    taken: list[int] = []

    def steps() -> Iterator[None]:
        for number in range(3):
            taken.append(number)
            yield

    with open_sheets(path, meanwhile=steps()) as sheets:
        rows = [row for sheet in sheets for row in sheet.rows()]
    assert taken == [0, 1, 2]
    with open_sheet(path) as sheet:
        assert rows == list(sheet.rows())


def test_a_step_that_fails_ends_the_reading_process(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, sheet="S", columns=[Column("No")], rows=[(1,)])

    def failing(_step: int) -> None:
        raise ConnectionError

    opened = open_sheets(path, meanwhile=map(failing, range(1)))
    with pytest.raises(ConnectionError), opened as sheets:
        next(sheets)
