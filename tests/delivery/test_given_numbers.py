"""Numbers that the post gave in a file, and what the file's undo makes of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from delivery.courier_files import process, undo, upload
from delivery.models import CourierFile, GivenNumber
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

    def apply(*rows: str) -> CourierFile:
        at = AT + timedelta(days=next(days))
        path = tmp_path / "status.csv"
        path.write_text("\n".join(("No Resi;No Referensi;Status;Tanggal", *rows)))
        file = upload(path=path, name="s.csv", office_id=post_office.pk, actor_id=None, at=at, enqueue=False)
        process(courier_file_id=file.pk)
        return file

    return apply


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
