"""The same content again is known without reading it; what could change a row's ending sends it through the work."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db.models import Max

from delivery.courier_files import (
    forget_columns,
    map_columns,
    map_text,
    process,
    processing,
    rows_to_look_at,
    undo,
    upload,
)
from delivery.courier_files.repeats import earlier_twin
from delivery.models import ColumnProfile, CourierFile, TrackingEvent
from delivery.status import Status
from delivery.tracking import record_events
from jobs.services import JobCancelled
from offices.models import Office
from shipments.models import Item
from spreadsheets.writing import Column, write_xlsx
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 6, 1, tzinfo=UTC)
HEADER = ("No Resi", "Status", "Keterangan", "Tanggal Update")
Upload = Callable[..., CourierFile]


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=4)


@pytest.fixture
def uploaded(post_office: Office, mailed: Mailed, tmp_path: Path, settings: Any) -> Upload:
    """Give a function that uploads the same content each time, at a later time."""
    settings.MEDIA_ROOT = tmp_path / "files"
    first, second, third, fourth = (str(item.number) for item in mailed.items)
    rows = [
        (first, "DELIVERED", "", "06/05/2020 10:00"),
        (second, "KATA ASING", "", "06/05/2020 10:00"),
        (third, "RETUR", "", "31/02/2020"),
        (fourth, "ANTARAN", "", "06/05/2020 08:00"),
        ("RR000000005ID", "DELIVERED", "", "06/05/2020 10:00"),
    ]
    path = tmp_path / "status.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, sheet="S", columns=[Column(title) for title in HEADER], rows=rows)

    def again(days: int) -> CourierFile:
        at = AT + timedelta(days=days)
        return upload(
            path=path, name="status.xlsx", office_id=post_office.pk, actor_id=None, at=at, enqueue=False
        )

    return again


def _ended(courier_file: CourierFile) -> dict[str, int]:
    report = process(courier_file_id=courier_file.pk)
    courier_file.refresh_from_db()
    assert sum(report.outcomes.values()) == report.rows == 5
    return {name: count for name, count in report.outcomes.items() if count}


def test_the_same_content_changes_nothing_and_says_what_it_repeats(uploaded: Upload) -> None:
    first = uploaded(0)
    assert _ended(first) == {"applied": 2, "unmapped_text": 1, "bad_date": 1, "unknown_item": 1}
    second = uploaded(1)
    assert _ended(second) == {"duplicate": 2, "unmapped_text": 1, "bad_date": 1, "unknown_item": 1}
    assert (second.state, second.repeats_id, second.file.name) == (CourierFile.State.APPLIED, first.pk, "")
    assert (first.has_own_result, second.has_own_result) == (True, False)
    assert not second.kept_rows.exists()
    assert TrackingEvent.objects.filter(source="FILE").count() == 2
    third = uploaded(2)
    _ended(third)
    assert third.repeats_id == first.pk


def test_a_repetition_s_rows_to_look_at_are_those_of_its_twin_and_its_counts_go_with_them(
    uploaded: Upload, mailed: Mailed, registry: Office
) -> None:
    first = uploaded(0)
    late = TrackingEvent.Source.DESK
    record_events(
        events=[mailed.event(3, Status.DELIVERED, hours=4, source=late)], recorded_at=AT, recorded_by_id=None
    )
    assert _ended(first)["contradiction"] == 1
    assert first.kept_rows.filter(outcome="CONTRADICTION").count() == 1
    second = uploaded(1)
    _ended(second)
    meaning: dict[str, Any] = {"courier": "POS", "status_text": "KATA ASING", "office_id": registry.pk}
    for expected, said in (
        (["UNMAPPED_TEXT", "BAD_DATE", "UNKNOWN_ITEM"], "IN_TRANSIT"),
        (["BAD_DATE", "UNKNOWN_ITEM"], ""),
    ):
        second.refresh_from_db()
        shown = [row.outcome for row in rows_to_look_at(second)]
        assert shown == expected
        assert {name: second.outcomes[name.lower()] for name in shown} == dict.fromkeys(shown, 1)
        assert second.outcomes["duplicate"] + len(shown) == second.rows == sum(second.outcomes.values())
        if said:
            assert map_text(**meaning, status=said, actor_id=None, at=AT + timedelta(days=1)).rows == 1
    undo(courier_file_id=second.pk, reason="salah", actor_id=None, at=AT + timedelta(days=2))
    second.refresh_from_db()
    assert list(rows_to_look_at(second)) == []


def test_a_twin_that_is_undone_while_its_repetition_is_written_is_repeated_by_none(
    uploaded: Upload, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, kept = uploaded(0), processing._kept
    _ended(first)
    acts = [first]

    def undoing(*arguments: Any, **named: Any) -> str:
        if acts:
            undo(courier_file_id=acts.pop().pk, reason="salah", actor_id=None, at=AT)
        return kept(*arguments, **named)

    monkeypatch.setattr(processing, "_kept", undoing)
    second = uploaded(1)
    assert _ended(second) == {"applied": 2, "unmapped_text": 1, "bad_date": 1, "unknown_item": 1}
    assert (second.repeats, second.has_own_result, state_of(mailed.cards[0])[0]) == (None, True, "DELIVERED")
    assert len(list(Path(second.result.path).parent.iterdir())) == 2  # one workbook a file


def _words(courier_file: CourierFile) -> list[tuple[str, str]]:
    courier_file.refresh_from_db()
    sheet = openpyxl.load_workbook(courier_file.result.path).worksheets[0]
    return [(str(row[4].value), str(row[5].value)) for row in list(sheet.rows)[1:]]


def test_a_result_workbook_says_what_is_so(uploaded: Upload, mailed: Mailed) -> None:
    first = uploaded(0)
    process(courier_file_id=first.pk, apply=False)
    would = ("akan diterapkan", "Akan dicatat.")
    unknown = (
        "teks tidak dikenal", "Teks KATA ASING belum dikenal. Kepala bidang akan menentukan artinya.",
    )  # fmt: skip
    assert [_words(first)[place] for place in (0, 1, 3)] == [would, unknown, would]
    _ended(first)
    applied = ("diterapkan", "Tercatat.")
    assert [_words(first)[place] for place in (0, 1, 3)] == [applied, unknown, applied]
    before = _words(first)
    second = uploaded(1)
    process(courier_file_id=second.pk, apply=False)
    known = _words(second)[0]
    process(courier_file_id=second.pk)
    undo(courier_file_id=first.pk, reason="salah", actor_id=None, at=AT + timedelta(days=1))
    undone = ("dibatalkan", "Pernah dicatat, lalu ditarik kembali saat berkas dibatalkan.")
    assert [_words(first)[place] for place in (0, 1, 3)] == [undone, unknown, undone]
    assert known == ("sudah diketahui", "Peristiwa ini sudah tercatat sebelumnya. Tidak ada yang berubah.")
    assert _ended(first)["applied"] == 2
    assert _words(first) == before


def test_an_undo_whose_result_is_being_written_tells_that_it_goes_on(
    uploaded: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = uploaded(0)
    _ended(first)
    told: list[tuple[int, int]] = []
    undo(
        courier_file_id=first.pk, reason="salah", actor_id=None, at=AT,
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(0, 2), (2, 2)]


def test_the_short_way_ends_as_the_whole_work_would(
    uploaded: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended(uploaded(0))
    short = _ended(uploaded(1))
    monkeypatch.setattr("delivery.courier_files.processing.earlier_twin", lambda _file: None)
    assert _ended(uploaded(2)) == short


def test_a_check_of_the_same_content_is_worked_through(uploaded: Upload) -> None:
    _ended(uploaded(0))
    report = process(courier_file_id=uploaded(1).pk, apply=False)
    assert (report.repeats, report.outcomes["duplicate"]) == ("", 2)


def test_a_repeat_can_be_undone_and_applied_again(uploaded: Upload) -> None:
    _ended(uploaded(0))
    second = uploaded(1)
    _ended(second)
    assert undo(courier_file_id=second.pk, reason="salah", actor_id=None, at=AT + timedelta(days=2)) == 0
    assert _ended(second) == {"duplicate": 2, "unmapped_text": 1, "bad_date": 1, "unknown_item": 1}
    assert second.repeats is None


def test_content_of_an_undone_file_is_applied_again(uploaded: Upload) -> None:
    first = uploaded(0)
    _ended(first)
    second = uploaded(1)
    _ended(second)
    undo(courier_file_id=first.pk, reason="salah kantor", actor_id=None, at=AT + timedelta(days=2))
    third = uploaded(3)
    assert earlier_twin(third) is None
    assert _ended(third)["applied"] == 2


@pytest.mark.parametrize("whole_work_between", [False, True])
def test_content_of_a_file_whose_undo_was_stopped_halfway_is_applied_again(
    uploaded: Upload, mailed: Mailed, monkeypatch: pytest.MonkeyPatch, whole_work_between: bool
) -> None:
    first = uploaded(0)
    _ended(first)
    if whole_work_between:  # a file whose rows were all told by the first, and that repeats none
        with monkeypatch.context() as patched:
            patched.setattr("delivery.courier_files.processing.earlier_twin", lambda _file: None)
            _ended(uploaded(1))
    monkeypatch.setattr("delivery.courier_files.undoing.EVENTS_PER_CHUNK", 1)

    def stop(done: int, _total: int) -> None:
        if done:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        undo(
            courier_file_id=first.pk,
            reason="salah",
            actor_id=None,
            at=AT + timedelta(days=2),
            on_progress=stop,
        )
    first.refresh_from_db()
    assert (first.state, state_of(mailed.cards[0])[0]) == (CourierFile.State.APPLIED, "POSTED")
    third = uploaded(3)
    assert earlier_twin(third) is None
    assert _ended(third) == {
        "applied": 1, "duplicate": 1, "unmapped_text": 1, "bad_date": 1, "unknown_item": 1,
    }  # fmt: skip
    assert (third.repeats, state_of(mailed.cards[0])[0]) == (None, "DELIVERED")


def test_a_text_that_was_explained_since_sends_the_file_through_the_work(
    uploaded: Upload, registry: Office
) -> None:
    _ended(uploaded(0))
    map_text(
        courier="POS", status_text="KATA ASING", status="IN_TRANSIT", actor_id=None, at=AT + timedelta(days=1),
        office_id=registry.pk,
    )  # fmt: skip
    second = uploaded(2)
    assert earlier_twin(second) is None
    assert _ended(second) == {"duplicate": 3, "bad_date": 1, "unknown_item": 1}


def test_a_layout_that_was_described_since_sends_the_file_through_the_work(
    uploaded: Upload, post_office: Office
) -> None:
    _ended(uploaded(0))
    ColumnProfile.objects.create(
        office=post_office, fingerprint="f" * 32, columns={}, titles={}, made_at=AT + timedelta(days=1)
    )
    assert earlier_twin(uploaded(2)) is None


def test_a_layout_that_was_forgotten_since_sends_the_file_through_the_work(
    post_office: Office, mailed: Mailed, tmp_path: Path, settings: Any
) -> None:
    """A person has taken the column of the posting for that of the status, and says so by forgetting it."""
    settings.MEDIA_ROOT = tmp_path / "files"
    path = tmp_path / "status.csv"
    path.write_text(
        "No Resi;Status;Status Akhir;Tanggal\n"
        + "\n".join(f"{item.number};ANTARAN;DELIVERED;06/05/2020" for item in mailed.items)
    )

    def taken(days: int) -> CourierFile:
        at = AT + timedelta(days=days)
        return upload(path=path, name="a.csv", office_id=post_office.pk, actor_id=None, at=at, enqueue=False)

    wrong = {"number": 0, "status": 1, "date": 3}
    first = taken(0)
    map_columns(courier_file=first, header_row=1, columns=wrong, apply=True, actor_id=None, at=AT)
    assert process(courier_file_id=first.pk, at=AT + timedelta(hours=1)).outcomes["applied"] == 4
    assert {state_of(card)[0] for card in mailed.cards} == {"OUT_FOR_DELIVERY"}
    assert earlier_twin(taken(1)) is not None
    forget_columns(profile=ColumnProfile.objects.get(), actor_id=None, at=AT + timedelta(days=2))
    other = taken(3)
    assert earlier_twin(other) is None
    assert process(courier_file_id=other.pk).outcomes["applied"] == 4
    assert {state_of(card)[0] for card in mailed.cards} == {"DELIVERED"}
    assert earlier_twin(taken(4)) == other


@pytest.mark.parametrize("what", ["number", "item"])
def test_an_item_that_came_since_sends_a_file_with_unknown_items_through_the_work(
    uploaded: Upload, registry: Office, post_office: Office, mailed: Mailed, what: str
) -> None:
    _ended(uploaded(0))
    newest = Item.objects.aggregate(newest=Max("pk"))["newest"]
    if what == "item":
        mail_cards(office=registry, post_office=post_office, number=1)
        assert Item.objects.filter(pk__gt=newest).count() == 1
    else:
        Item.objects.filter(pk=newest).update(number_given_at=AT + timedelta(days=1))
    assert earlier_twin(uploaded(2)) is None


def test_a_date_that_lay_in_the_future_sends_the_file_through_the_work(uploaded: Upload) -> None:
    first = uploaded(-40)
    assert _ended(first)["future_date"] == 4
    assert earlier_twin(uploaded(2)) is None


def test_another_offices_file_with_the_same_content_is_none(uploaded: Upload, registry: Office) -> None:
    _ended(uploaded(0))
    second = uploaded(1)
    second.office = registry
    assert earlier_twin(second) is None
