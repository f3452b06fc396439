"""Portions of a status file that several workers take: each is recorded once, whoever takes it and whoever dies."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from delivery.courier_files import process, sharing, upload
from delivery.courier_files.applying import Applied, Portion
from delivery.courier_files.sharing import SHARE_JOB, WORTH_SHARING, apply_shared, help_with, take_portion
from delivery.models import CourierFile, Delivery, FilePortion, GivenNumber, Message, TrackingEvent
from delivery.records import NewEvent
from delivery.status import Reason, Status
from delivery.tracking import refold
from jobs.models import Job
from jobs.services import JobCancelled, LeaseLost
from offices.models import Office
from shipments.models import Item, Shipment
from shipments.numbers import make_reference
from spreadsheets.reading import open_sheet
from spreadsheets.writing import Column, write_xlsx
from tests.delivery.mailing import mail_cards

pytestmark = pytest.mark.django_db
AT = datetime(2020, 6, 1, tzinfo=UTC)
HEADER = ("No Resi", "Status", "Keterangan", "Tanggal Update")
CARDS, PER_PORTION = 30, 6


@pytest.fixture(autouse=True)
def small_portions(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.COURIER_FILE_HELPERS = 2
    settings.COURIER_FILE_PORTION = PER_PORTION


@pytest.fixture
def courier_file(registry: Office, post_office: Office, tmp_path: Path) -> CourierFile:
    mailed = mail_cards(office=registry, post_office=post_office, number=CARDS)
    numbers = [str(item.number) for item in mailed.items]
    rows = [(number, "DELIVERED", "", f"06/05/2020 10:{place:02}") for place, number in enumerate(numbers)]
    rows += [(number, "ANTARAN", "", f"06/05/2020 08:{place:02}") for place, number in enumerate(numbers)]
    rows.append(("RR000000005ID", "DELIVERED", "", "06/05/2020 10:00"))
    path = tmp_path / "status.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, sheet="S", columns=[Column(title) for title in HEADER], rows=rows)
    return upload(path=path, name=path.name, office_id=post_office.pk, actor_id=None, at=AT, enqueue=False)


def _whole(courier_file: CourierFile) -> None:
    courier_file.refresh_from_db()
    assert courier_file.state == CourierFile.State.APPLIED
    assert courier_file.rows == 2 * CARDS + 1
    assert {name: count for name, count in courier_file.outcomes.items() if count} == {
        "applied": 2 * CARDS,
        "unknown_item": 1,
    }
    assert TrackingEvent.objects.filter(courier_file=courier_file).count() == 2 * CARDS
    assert Delivery.objects.filter(status="DELIVERED").count() == CARDS
    assert refold(repair=False).wrong == ()
    assert not FilePortion.objects.exists()


def _during(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[CourierFile], None], courier_file: CourierFile
) -> None:
    """Act once, when the file's portions are laid out."""
    lay_out = sharing._lay_out

    def laid_out(*arguments: Any) -> list[int]:
        monkeypatch.setattr(sharing, "_lay_out", lay_out)
        portions = lay_out(*arguments)
        act(courier_file)
        return portions

    monkeypatch.setattr(sharing, "_lay_out", laid_out)


def test_a_file_that_nobody_helps_with_is_applied_whole_and_reports_the_same(
    courier_file: CourierFile,
) -> None:
    report = process(courier_file_id=courier_file.pk)
    assert (report.newly_delivered, report.newly_returned) == (CARDS, 0)
    assert Job.objects.filter(kind=SHARE_JOB).count() == 2
    _whole(courier_file)


def test_what_helpers_took_is_counted_and_recorded_once(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    def help_twice(file: CourierFile) -> None:
        assert take_portion(courier_file_id=file.pk, at=AT)
        assert take_portion(courier_file_id=file.pk, at=AT)

    _during(monkeypatch, help_twice, courier_file)
    report = process(courier_file_id=courier_file.pk, on_progress=lambda done, _total: told.append(done))
    assert report.newly_delivered == CARDS
    # the row whose item is unknown, while portions are laid out; then two by the helper and one by itself
    assert list(dict.fromkeys(told))[:2] == [1, 1 + 3 * PER_PORTION]
    assert told[-1] == 2 * CARDS + 1
    _whole(courier_file)
    assert help_with(courier_file_id=courier_file.pk, at=AT, on_progress=told.append) == 0


def test_a_helper_begins_while_the_rest_is_being_laid_out(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_at: list[int] = []
    packed = sharing._packed

    def help_meanwhile(portion: Portion) -> str:
        if Job.objects.filter(kind=SHARE_JOB).count() > len(asked_at):
            asked_at.append(FilePortion.objects.count())
            assert take_portion(courier_file_id=courier_file.pk, at=AT)
        return packed(portion)

    monkeypatch.setattr(sharing, "_packed", help_meanwhile)
    assert process(courier_file_id=courier_file.pk).newly_delivered == CARDS
    assert asked_at == [2, 3]  # one helper with each of two portions, and none for the first
    _whole(courier_file)


def test_no_more_helpers_are_asked_than_there_are_portions_for_them(
    courier_file: CourierFile, settings: Settings
) -> None:
    settings.COURIER_FILE_HELPERS = 50
    process(courier_file_id=courier_file.pk)
    assert Job.objects.filter(kind=SHARE_JOB).count() == 2 * CARDS // PER_PORTION - 1
    _whole(courier_file)


def test_who_is_stopped_while_laying_out_leaves_nothing_to_take(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_done: int, _total: int) -> None:
        if FilePortion.objects.count() == WORTH_SHARING:
            raise LeaseLost

    with pytest.raises(LeaseLost):
        process(courier_file_id=courier_file.pk, on_progress=stop)
    assert not FilePortion.objects.exists()
    assert not take_portion(courier_file_id=courier_file.pk, at=AT)
    process(courier_file_id=courier_file.pk)
    _whole(courier_file)


def test_a_portion_says_the_same_when_it_was_written_down(courier_file: CourierFile) -> None:
    events = [
        NewEvent(
            card_id=1, item_id=None, status=Status.ATTEMPT_FAILED, occurred_at=AT + timedelta(microseconds=1),
            reason=Reason.ABSENT, place="KANTOR POS “TAMBUN”", source="FILE", courier_file_id=courier_file.pk,
            source_row=row,
        )
        for row in (2, None)
    ]  # fmt: skip
    portion = Portion([*events, events[0]._replace(card_id=2, status=Status.DELIVERED)], {7: "RR000000013ID"})
    row = FilePortion(courier_file=courier_file, content=sharing._packed(portion))
    assert sharing._unpacked(row) == portion


def test_a_portion_whose_worker_died_is_taken_up_when_its_lease_has_run_out(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(file: CourierFile) -> None:
        portion = FilePortion.objects.get(courier_file=file, number=1)
        portion.lease_until = timezone.now() + timedelta(seconds=0.3)
        portion.save()

    _during(monkeypatch, die, courier_file)
    process(courier_file_id=courier_file.pk)
    _whole(courier_file)


def test_a_worker_whose_lease_has_run_out_writes_nothing(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = sharing._settle
    seen: list[int] = []

    def overtaken(portion_id: int, token: Any, applied: Applied) -> None:
        if not seen:  # another worker takes the portion up while this one has not committed
            FilePortion.objects.filter(pk=portion_id).update(lease_token=None, lease_until=None)
            with pytest.raises(sharing._PortionLost):
                settle(portion_id, token, applied)
            seen.append(portion_id)
        settle(portion_id, token, applied)

    monkeypatch.setattr(sharing, "_settle", overtaken)
    monkeypatch.setattr(sharing, "LEASE", timedelta(seconds=0.2))
    _during(
        monkeypatch, lambda file: seen.append(-take_portion(courier_file_id=file.pk, at=AT)), courier_file
    )
    process(courier_file_id=courier_file.pk)
    assert len(seen) == 2
    _whole(courier_file)


@pytest.mark.parametrize("had_laid_out", [True, False])
def test_a_worker_that_was_overtaken_leaves_its_successors_portions_alone(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch, had_laid_out: bool
) -> None:
    def overtaken(_done: int) -> None:
        raise LeaseLost

    portions = [Portion([], {})]
    keys = sharing._lay_out(courier_file, portions, AT, lambda _done: None) if had_laid_out else []
    gave_up: list[int] = []

    def first_comes_to_life_again(done: int, _total: int) -> None:
        if done > 1 and not gave_up:
            gave_up.append(done)
            if had_laid_out:
                monkeypatch.setattr(sharing, "_lay_out", lambda *_arguments: keys)
            with pytest.raises(LeaseLost):
                apply_shared(courier_file=courier_file, portions=portions, at=AT, on_progress=overtaken)

    process(courier_file_id=courier_file.pk, on_progress=first_comes_to_life_again)
    assert gave_up == [1 + PER_PORTION]
    _whole(courier_file)


def test_a_cancelled_file_leaves_no_portion_to_take(courier_file: CourierFile) -> None:
    def cancelled(done: int, _total: int) -> None:
        if done > 1:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        process(courier_file_id=courier_file.pk, on_progress=cancelled)
    assert not take_portion(courier_file_id=courier_file.pk, at=AT)
    assert TrackingEvent.objects.filter(courier_file=courier_file).count() == PER_PORTION
    process(courier_file_id=courier_file.pk)
    _whole(courier_file)


def _threads(courier_file: CourierFile, number: int) -> list[threading.Thread]:
    """Make helpers that take portions of a file as long as there are any."""

    def work() -> None:
        help_with(courier_file_id=courier_file.pk, at=AT, on_progress=lambda _done: None)
        connection.close()

    return [threading.Thread(target=work) for _ in range(number)]


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_end_as_one_alone(
    courier_file: CourierFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers = _threads(courier_file, 2)

    def start(_file: CourierFile) -> None:
        for helper in helpers:
            helper.start()

    _during(monkeypatch, start, courier_file)
    process(courier_file_id=courier_file.pk)
    for helper in helpers:
        helper.join()
    _whole(courier_file)


# Rows of the cards of a scene, each in its own way: what the file says of the card in this place.
_EARLIER = ("{number};;GAGAL ANTAR;RUMAH KOSONG;07/05/2020 15:00", "{number};;DELIVERED;;06/05/2020 09:00")
_ROWS = (
    "{number};;ANTARAN;;05/05/2020 08:00",
    "{number};;GAGAL ANTAR;RUMAH KOSONG;05/05/2020 15:00",
    "{number};;DELIVERED;ORANG SERUMAH;08/05/2020 10:00",
    "{number};;ANTARAN;;05/05/2020 08:00",
    ";{reference};INVEHICLE;;04/05/2020 20:00",
    "{number};;RETUR;PINDAH ALAMAT;09/05/2020 10:00",
)
_GIVING = (
    "P200506000{place:04};{reference};ANTARAN;;06/05/2020 08:00",
    "P200506000{place:04};;DELIVERED;;06/05/2020 10:00",
    "P200506009{pair:04};{reference};DELIVERED;;07/05/2020 10:00",
    ";{reference};GAGAL ANTAR;PINDAH ALAMAT;07/05/2020 10:00",
    "P200506008{place:04};{reference};BARU;;07/05/2020 10:00",
)


class Scene:
    """Cards of their own and two files about them: the second one has several rows a card, late and known ones."""

    def __init__(self, registry: Office, post_office: Office, folder: Path) -> None:
        self.folder, self.office = folder, post_office
        self.mailed = mail_cards(office=registry, post_office=post_office, number=CARDS)
        for card in self.mailed.cards:
            card.reference = make_reference(card.pk)
            card.save()
        # the post gives every third item its number
        without = [item.pk for place, item in enumerate(self.mailed.items) if place % 3 == 0]
        Item.objects.filter(pk__in=without).update(number=None)
        self.first_key = Shipment.objects.count() * 1_000
        random, rows, earlier = Random(2020), ["X;;DELIVERED;;06/05/2020", ";;DELIVERED;;"], []
        for place in range(CARDS):
            templates = _GIVING if place % 3 == 0 else _ROWS
            rows += [
                self._filled(template, place)
                for template in random.choices(templates, k=random.randint(1, 6))
            ]
            earlier += [self._filled(random.choice(_EARLIER), place)] if place % 3 == 1 else []
        random.shuffle(rows)
        settled = self.upload("earlier.csv", earlier)
        process(courier_file_id=settled.pk)
        self.file = self.upload("status.csv", rows)

    def _filled(self, template: str, place: int) -> str:
        item, card = self.mailed.items[place], self.mailed.cards[place]
        key = self.first_key + place
        return template.format(
            number=item.number, reference=card.reference, place=key, pair=self.first_key + place // 6
        )

    def upload(self, name: str, rows: Sequence[str]) -> CourierFile:
        path = self.folder / name
        path.write_text("\n".join(("No Resi;No Referensi;Status;Keterangan;Tanggal", *rows)))
        return upload(path=path, name=name, office_id=self.office.pk, actor_id=None, at=AT, enqueue=False)

    def end(self) -> dict[str, Any]:
        """Apply the second file; give all that it has done, by the cards' places."""
        report = process(courier_file_id=self.file.pk)
        place_of = {card.pk: place for place, card in enumerate(self.mailed.cards)}
        self.file.refresh_from_db()
        with open_sheet(self.file.result.path) as sheet:
            told = [row.cells[5] for row in sheet.rows()]
        fields = (
            "status",
            "reason",
            "action",
            "receiver",
            "since",
            "attempts",
            "contradictions",
            "last_event_at",
        )
        events = TrackingEvent.objects.filter(courier_file=self.file)
        items = Item.objects.filter(shipment=self.mailed.shipment).order_by("position")
        given = GivenNumber.objects.filter(courier_file=self.file)
        waiting = Message.objects.filter(card__in=self.mailed.cards)
        return {
            "told": told,
            "report": (report.outcomes, report.newly_delivered, report.newly_returned),
            "states": list(
                Delivery.objects.filter(card__in=self.mailed.cards).order_by("card_id").values_list(*fields)
            ),
            "events": sorted(
                (place_of[card], status, at, row)
                for card, status, at, row in events.values_list(
                    "card_id", "status", "occurred_at", "source_row"
                )
            ),
            "numbers": [
                (item.number or "")[-4:] if item.number_given_at is None else self._place_of(str(item.number))
                for item in items
                if item.number is None or item.number_given_at is not None
            ],
            "given": sorted(place_of[card] for card in given.values_list("item__card_id", flat=True)),
            "messages": sorted(
                (place_of[card], why) for card, why in waiting.values_list("card_id", "occasion")
            ),
        }

    def _place_of(self, number: str) -> int:
        return int(number[-4:]) - self.first_key


MakeScene = Callable[[], Scene]


@pytest.fixture
def scene(registry: Office, post_office: Office, tmp_path: Path) -> MakeScene:
    return lambda: Scene(registry, post_office, tmp_path)


def _shuffled(file: CourierFile) -> None:
    """Take all portions but the last one in another order."""
    portions = FilePortion.objects.filter(courier_file=file)
    keys = list(portions.values_list("pk", flat=True))
    Random(7).shuffle(keys)
    for key in keys[:-1]:
        portions.exclude(pk=key).update(lease_until=timezone.now() + timedelta(hours=1))
        portions.filter(pk=key).update(lease_until=None)
        assert take_portion(courier_file_id=file.pk, at=AT)
        assert FilePortion.objects.get(pk=key).outcomes
    portions.update(lease_until=None)


def _alone(scene: MakeScene, settings: Settings) -> dict[str, Any]:
    settings.COURIER_FILE_HELPERS, settings.COURIER_FILE_PORTION = 0, 5_000
    ended = scene().end()
    outcomes = {name for name, rows in ended["report"][0].items() if rows}
    assert outcomes == {
        "applied", "duplicate", "superseded", "contradiction", "unknown_item", "unmapped_text", "damaged_number",
        "bad_date",
    }  # fmt: skip
    assert ended["given"]
    assert "" in ended["numbers"]
    return ended


@pytest.mark.parametrize("portion", [1, 7, 5_000])
@pytest.mark.parametrize("helpers", [0, 2])
def test_portions_of_any_size_in_any_order_end_alike(
    scene: MakeScene, settings: Settings, monkeypatch: pytest.MonkeyPatch, portion: int, helpers: int
) -> None:
    alone = _alone(scene, settings)
    settings.COURIER_FILE_HELPERS, settings.COURIER_FILE_PORTION = helpers, portion
    other = scene()
    taken: list[CourierFile] = []

    def take(file: CourierFile) -> None:
        taken.append(file)
        _shuffled(file)

    _during(monkeypatch, take, other.file)
    assert other.end() == alone
    assert bool(taken) == (helpers > 0 and portion < 5_000)


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("helpers", "portion"), [(1, 1), (1, 7), (2, 1), (2, 7)])
def test_workers_of_any_number_end_alike(
    scene: MakeScene, settings: Settings, monkeypatch: pytest.MonkeyPatch, helpers: int, portion: int
) -> None:
    alone = _alone(scene, settings)
    settings.COURIER_FILE_HELPERS, settings.COURIER_FILE_PORTION = helpers, portion
    other = scene()
    started = _threads(other.file, helpers)

    def start(_file: CourierFile) -> None:
        for helper in started:
            helper.start()

    _during(monkeypatch, start, other.file)
    ended = other.end()
    for helper in started:
        helper.join()
    assert ended == alone
