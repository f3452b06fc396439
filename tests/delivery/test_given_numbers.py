"""Numbers that the post gave in a file, and what the file's undo makes of them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from pytest_django import Settings

from delivery.courier_files import preview, process, undo, upload
from delivery.models import CourierFile, GivenNumber, TrackingEvent
from offices.models import Office
from shipments.models import Item
from shipments.numbers import make_reference
from tests.delivery.mailing import Mailed, mail_cards, state_of

pytestmark = pytest.mark.django_db
AT = datetime(2020, 5, 20, 2, 0, tzinfo=UTC)
GIVEN = "P2005060000001"
Apply = Callable[..., CourierFile]


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    mailed = mail_cards(office=registry, post_office=post_office, number=2)
    card = mailed.cards[0]
    card.reference = make_reference(card.pk)
    card.save()
    Item.objects.filter(pk=mailed.items[0].pk).update(number=None)
    return mailed


@pytest.fixture
def applied(settings: Settings, tmp_path: Path, post_office: Office) -> Apply:
    settings.MEDIA_ROOT = tmp_path / "files"
    days = iter(range(10))

    def apply(*rows: str, dies: bool = False) -> CourierFile:
        at = AT + timedelta(days=next(days))
        path = tmp_path / "status.csv"
        path.write_text("\n".join(("No Resi;No Referensi;Status;Tanggal", *rows)))
        file = upload(path=path, name="s.csv", office_id=post_office.pk, actor_id=None, at=at, enqueue=False)
        if dies:
            with pytest.raises(InterruptedError):
                process(courier_file_id=file.pk, on_progress=die_after_a_portion)
        process(courier_file_id=file.pk)
        file.refresh_from_db()
        return file

    return apply


def die_after_a_portion(_done: int, _total: int) -> None:
    """End the work once some of it is recorded."""
    if TrackingEvent.objects.filter(source="FILE").exists():
        raise InterruptedError


def number(mailed: Mailed) -> tuple[str | None, bool]:
    item = Item.objects.get(pk=mailed.items[0].pk)
    return item.number, item.number_given_at is not None


def undone(file: CourierFile) -> None:
    undo(courier_file_id=file.pk, reason="berkas lain", actor_id=None, at=AT)


def test_undo_takes_back_the_number_that_the_file_gave_and_no_other(applied: Apply, mailed: Mailed) -> None:
    own = Item.objects.get(pk=mailed.items[1].pk).number
    file = applied(f"{GIVEN};{mailed.cards[0].reference};ANTARAN;06/05/2020", f"{own};;ANTARAN;06/05/2020")
    assert number(mailed) == (GIVEN, True)
    undone(file)
    assert number(mailed) == (None, False)
    assert Item.objects.get(pk=mailed.items[1].pk).number == own
    assert not GivenNumber.objects.exists()
    process(courier_file_id=file.pk)
    assert number(mailed) == (GIVEN, True)


def test_a_number_stays_as_long_as_another_file_has_told_of_it(applied: Apply, mailed: Mailed) -> None:
    first = applied(f"{GIVEN};{mailed.cards[0].reference};ANTARAN;06/05/2020")
    second = applied(f"{GIVEN};;DELIVERED;07/05/2020")
    undone(first)
    assert number(mailed) == (GIVEN, True)
    assert state_of(mailed.cards[0])[0] == "DELIVERED"
    undone(second)
    assert number(mailed) == (None, False)


def test_what_another_file_told_before_the_number_came_keeps_none(applied: Apply, mailed: Mailed) -> None:
    applied(f";{mailed.cards[0].reference};ANTARAN;05/05/2020")
    undone(applied(f"{GIVEN};{mailed.cards[0].reference};DELIVERED;06/05/2020"))
    assert number(mailed) == (None, False)


TWICE, COMES, WAITS = "P2005060000002", "P2005060000003", "P2005060000004"


@pytest.fixture
def without_numbers(registry: Office, post_office: Office) -> Mailed:
    mailed = mail_cards(office=registry, post_office=post_office, number=5)
    for card, item in zip(mailed.cards, mailed.items, strict=True):
        card.reference = make_reference(card.pk)
        card.save()
        Item.objects.filter(pk=item.pk).update(number=None)
    return mailed


@pytest.fixture
def rows(without_numbers: Mailed) -> Sequence[str]:
    first, second, third, fourth, fifth = (card.reference for card in without_numbers.cards)
    return (
        f"{TWICE};{first};DELIVERED;06/05/2020",
        f"{TWICE};{second};DELIVERED;06/05/2020",
        f"{TWICE};;ANTARAN;06/05/2020",
        f"{COMES};;DELIVERED;07/05/2020",
        f"{COMES};{third};ANTARAN;06/05/2020",
        f"{COMES};{make_reference(999_999)};ANTARAN;06/05/2020",
        f"{WAITS};{fourth};TEKS ANEH;06/05/2020",
        f"{WAITS};;DELIVERED;06/05/2020",
        f";{fifth};DELIVERED;06/05/2020",
    )


@pytest.mark.parametrize(("portion", "dies"), [(1, True), (1, False), (2, True), (2, False), (5_000, False)])
def test_what_a_file_gives_is_decided_for_the_whole_file(
    applied: Apply, without_numbers: Mailed, rows: Sequence[str], settings: Settings, portion: int, dies: bool
) -> None:
    settings.COURIER_FILE_PORTION, settings.COURIER_FILE_HELPERS = portion, 0
    settings.LANGUAGE_CODE = "en"
    file = applied(*rows, dies=dies)
    assert [line[:1] for line in told(file)] == [
        ("number damaged",), ("number damaged",), ("unknown item",), ("applied",), ("applied",), ("known already",),
        ("unknown text",), ("unknown item",), ("applied",),
    ]  # fmt: skip
    beside = ", ".join(sorted(card.reference for card in without_numbers.cards[:2]))
    assert told(file)[0][1] == (
        f"The number {TWICE} stands beside the references {beside} of different cards. Correct all but one."
    )
    items = Item.objects.filter(shipment=without_numbers.shipment).order_by("pk")
    assert list(items.values_list("number", flat=True)) == [None, None, COMES, None, None]
    assert [state_of(card)[0] for card in without_numbers.cards] == [
        "POSTED", "POSTED", "DELIVERED", "POSTED", "DELIVERED",
    ]  # fmt: skip


def test_a_preview_says_the_same_of_numbers_that_are_still_to_come(
    applied: Apply, rows: Sequence[str], post_office: Office, tmp_path: Path
) -> None:
    path = tmp_path / "shown.csv"
    path.write_text("\n".join(("No Resi;No Referensi;Status;Tanggal", *rows)))
    said = preview(path=path, office_id=post_office.pk, at=AT)
    assert said.outcomes == applied(*rows).outcomes


def test_a_number_that_is_no_number_of_an_item_is_given_to_nobody(
    applied: Apply, without_numbers: Mailed
) -> None:
    reference = without_numbers.cards[0].reference
    file = applied(f"X1;{reference};ANTARAN;06/05/2020", "X1;;DELIVERED;06/05/2020")
    assert (file.outcomes["applied"], file.outcomes["unknown_item"]) == (1, 1)


def test_rows_whose_number_stood_beside_two_references_are_read_again_once_one_has_it(
    applied: Apply, without_numbers: Mailed
) -> None:
    first, second = (card.reference for card in without_numbers.cards[:2])
    both = (f"{TWICE};{first};DELIVERED;06/05/2020", f"{TWICE};{second};DELIVERED;06/05/2020")
    assert applied(*both).outcomes["damaged_number"] == 2
    applied(f"{TWICE};{first};ANTARAN;06/05/2020")
    again = applied(*both)
    assert (again.repeats, again.outcomes["applied"], again.outcomes["damaged_number"]) == (None, 1, 1)
    assert [state_of(card)[0] for card in without_numbers.cards[:2]] == ["DELIVERED", "POSTED"]


def told(file: CourierFile) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(file.result.path).worksheets[0]
    return [row[-2:] for row in book.iter_rows(min_row=2, values_only=True)]
