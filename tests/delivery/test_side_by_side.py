"""Portions that are applied over connections of their own: told in their order, and no thread is left behind."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, active_count, get_ident
from typing import Any

import pytest
from django.db import connection

from delivery.courier_files import process, recalling, upload
from delivery.courier_files.applying import Applied
from delivery.courier_files.side_by_side import apply_side_by_side, connections_for
from delivery.models import CourierFile, Delivery, TrackingEvent
from delivery.planning import Outcome
from delivery.records import Kept
from delivery.tracking import refold
from offices.models import Office
from spreadsheets.writing import Column, write_xlsx
from tests.conftest import NOW
from tests.delivery.mailing import mail_cards

PATIENCE = 10


def applied(number: int) -> Applied:
    return Applied([Outcome.APPLIED] * number, {})


def test_results_come_in_the_order_of_the_tasks_whichever_is_first_to_end() -> None:
    second_has_ended = Event()

    def first() -> Applied:
        assert second_has_ended.wait(PATIENCE)
        return applied(1)

    def second() -> Applied:
        second_has_ended.set()
        return applied(2)

    ended = apply_side_by_side([first, second, lambda: applied(3)], connections=2)
    assert [len(each.outcomes) for each in ended] == [1, 2, 3]


def test_tasks_are_prepared_while_others_are_under_way_and_not_all_at_once() -> None:
    prepared: list[int] = []

    def tasks() -> Iterator[Callable[[], Applied]]:
        for number in range(6):
            prepared.append(number)
            yield lambda: applied(1)

    ended = apply_side_by_side(tasks(), connections=1)
    next(iter(ended))
    assert prepared == [0, 1]
    assert len(list(ended)) == 5


def test_a_fault_is_raised_where_its_result_is_taken_and_ends_the_work() -> None:
    done: list[int] = []
    threads = active_count()

    def fails() -> Applied:
        raise ValueError("uji")

    def follows() -> Applied:
        done.append(get_ident())
        return applied(1)

    with pytest.raises(ValueError, match="uji"):
        list(apply_side_by_side([fails, *[follows] * 20], connections=1))
    assert done == []
    assert active_count() == threads


def test_a_caller_that_goes_away_leaves_no_thread_behind() -> None:
    threads = active_count()
    ended = apply_side_by_side([lambda: applied(1)] * 20, connections=2)
    next(ended)
    ended.close()  # type: ignore[attr-defined]
    assert active_count() == threads


@pytest.mark.django_db
def test_inside_a_transaction_the_caller_s_own_connection_does_the_work() -> None:
    assert connections_for(20) == 0


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite's test database is in memory")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("connections", [1, 2, 3])
def test_a_file_ends_the_same_over_any_number_of_connections(
    registry: Office, post_office: Office, tmp_path: Path, settings: Any, connections: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(recalling, "LARGE_BYTES", 0)
    taken: list[int] = []
    take = Kept.taken

    def counted(states: Kept, card_ids: Any) -> Kept:
        found = take(states, card_ids)
        taken.append(len(found.versions))
        return found

    monkeypatch.setattr(Kept, "taken", counted)
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.COURIER_FILE_PORTION, settings.COURIER_FILE_CONNECTIONS = 7, connections
    mailed = mail_cards(office=registry, post_office=post_office, number=40)
    path = tmp_path / "a.xlsx"
    rows = [
        (item.number or "", *said)
        for item in mailed.items
        for said in (("DELIVERED", "06/05/2020 10:00"), ("ANTARAN", "06/05/2020 08:00"))
    ]
    with path.open("wb") as file:
        write_xlsx(
            file, sheet="S", columns=[Column(title) for title in ("No Resi", "Status", "Tanggal")],
            rows=rows,
        )  # fmt: skip
    assert connections_for(6) == connections
    kept = upload(path=path, name="a.xlsx", office_id=post_office.pk, actor_id=None, at=NOW, enqueue=False)
    told: list[tuple[int, int]] = []
    report = process(
        courier_file_id=kept.pk, at=NOW.replace(month=6), on_progress=lambda *at: told.append(at)
    )
    assert report.outcomes["applied"] == 80
    assert [at for at in told if at[0] < 80][-1] == (72, 80)
    assert TrackingEvent.objects.filter(courier_file=kept).count() == 80
    assert set(Delivery.objects.values_list("status", flat=True)) == {"DELIVERED"}
    assert CourierFile.objects.get(pk=kept.pk).state == "APPLIED"
    assert refold().wrong == ()
    assert sum(taken) == 40  # the states of all its cards were recalled while it was opened
    with connection.cursor() as cursor:  # whoever worked has given its connection back
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%'"
        )
        assert cursor.fetchone() == (0,)
