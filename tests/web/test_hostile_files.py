"""Files made to harm, or of any content, through the front door: pages answer, jobs end, the next file works."""

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from uuid import UUID
from xml.sax.saxutils import escape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from delivery.models import CourierFile
from jobs.models import JobState
from jobs.services import run_job
from offices.models import Office
from spreadsheets.limits import MIB
from tests.delivery.mailing import Mailed, mail_cards, state_of
from tests.properties import in_parts, settings_of_histories, taken_back
from tests.spreadsheets.workbooks import (
    SHEET_HEAD,
    SHEET_TAIL,
    archive,
    book,
    deflated,
    inline,
    ods,
    xlsx,
)
from tests.web.conftest import SignIn

Row = list[str | float]
SECONDS = 20.0
_numbers = count(1)


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def mailed(registry: Office, post_office: Office) -> Mailed:
    return mail_cards(office=registry, post_office=post_office, number=2)


@pytest.fixture
def at_post(sign_in: SignIn, partner: User) -> Client:
    return sign_in(partner)


def sent(client: Client, name: str, content: bytes, what: str = "apply") -> CourierFile:
    before = set(CourierFile.objects.values_list("pk", flat=True))
    answer = client.post("/berkas-kurir/", {"file": SimpleUploadedFile(name, content), "what": what})
    assert answer.status_code == 302
    return CourierFile.objects.exclude(pk__in=before).get()


def worked(file: CourierFile) -> CourierFile:
    assert file.job_id is not None
    run_job(file.job_id)
    file.refresh_from_db()
    assert file.job is not None
    assert file.job.state in (JobState.SUCCEEDED, JobState.FAILED)
    return file


FAR = f'<row r="1">{inline("A1", "x")}</row><row r="1048576">{inline("XFD1048576", "x")}</row>'
REPEATED = (
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="string" '
    'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>'
)
NO_BOOK = (deflated((b"<x/>", 1)), 4)
ATTACKS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "two far cells": lambda: ("a.xlsx", xlsx([SHEET_HEAD, FAR, SHEET_TAIL])),
    "a repeated cell": lambda: ("a.ods", ods(REPEATED)),
    "a bomb that hides its size": lambda: (
        "a.xlsx",
        archive({"xl/workbook.xml": NO_BOOK, "s.xml": (deflated((b" " * MIB, 10_240)), 1_000)}),
    ),
    "a quote that never closes": lambda: ("a.csv", b'a;b\n"never closed;' + b"x;y\n" * MIB),
    "far cells behind a cover": lambda: (
        "a.ods",
        ods("", tables={"Sampul": REPEATED.replace("1048576", "1").replace("16384", "2"), "Data": REPEATED}),
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_file_ends_in_a_word_and_the_next_good_one_is_applied(
    at_post: Client, mailed: Mailed, attack: str
) -> None:
    begun = time.monotonic()
    file = sent(at_post, *ATTACKS[attack](), what="columns")
    assert at_post.get(f"/berkas-kurir/{file.pk}/kolom/").status_code == 302
    assert at_post.post(f"/berkas-kurir/{file.pk}/terapkan/").status_code == 302
    file.refresh_from_db()
    assert worked(file).state == "REFUSED"
    assert time.monotonic() - begun < SECONDS
    assert at_post.get(f"/berkas-kurir/{file.pk}/").status_code == 200
    good = f"No Resi;Status;Tanggal\n{mailed.items[0].number};DELIVERED;06/05/2020"
    assert worked(sent(at_post, "b.csv", good.encode())).outcomes["applied"] == 1
    assert state_of(mailed.cards[0]) == ("DELIVERED", "")


TITLES = (
    "No Resi",
    "Status",
    "Keterangan",
    "Alasan",
    "Tanggal",
    "Jam",
    "Kantor",
    "Diterima Oleh",
    "Kantong",
    "Lain",
)
WORDS = (
    "DELIVERED",
    "RETUR",
    "RUMAH KOSONG",
    "06/05/2020",
    "10:15",
    "RR000000014ID",
    "P2005060000001",
    "1.2E+13",
    "-",
)
CELLS = st.one_of(
    st.sampled_from(WORDS), st.text(max_size=12), st.text("\x00\x07\x1b;\"'=\r\n\u202e\ufffe", max_size=4)
)
ROWS = st.lists(st.lists(st.one_of(CELLS, st.floats()), max_size=11), max_size=6)
# what a courier sends, its columns in any order or some of them, titles nobody knows, or rows without any
HEADERS = st.one_of(
    st.just(list(TITLES)),
    st.permutations(TITLES),
    st.lists(st.sampled_from(TITLES), min_size=1, max_size=11),
    st.lists(CELLS, min_size=1, max_size=11),
    st.none(),
)
KINDS = ("csv", "xls", "xlsx", "ods")


@pytest.fixture
def uploads(at_post: Client, mailed: Mailed) -> Callable[[str, bytes], UUID]:
    def take(name: str, content: bytes) -> UUID:
        file = worked(sent(at_post, name, content))
        assert sum(file.outcomes.values()) == file.rows
        assert (file.state == "APPLIED") == bool(file.rows)
        pages = [
            f"/berkas-kurir/{file.pk}/",
            f"/berkas-kurir/{file.pk}/kolom/",
            f"/api/v1/courier-files/{file.pk}/",
        ]
        for page in pages:
            assert at_post.get(page).status_code in (200, 302)
        return file.pk

    return take


@in_parts
@settings_of_histories(few=24)
@given(header=HEADERS, has_good_row=st.booleans(), rows=ROWS, kind=st.sampled_from(KINDS))
def test_any_small_file_ends_in_outcomes_that_add_up_or_in_a_word(
    uploads: Callable[[str, bytes], UUID], mailed: Mailed, header: list[str] | None, has_good_row: bool,
    rows: list[list[str | float]], kind: str, part: int,
) -> None:  # fmt: skip
    """HISTORIES=1000 tries so many files instead of a few."""
    good: Row = [mailed.items[1].number or "", "DELIVERED", "", "", "06/05/2020"]
    lines: list[Row] = [[*header]] if header is not None else []
    lines += [good, *rows] if has_good_row else rows
    with taken_back():
        uploads(f"{next(_numbers)}.{kind}", written(kind, lines))


def test_made_up_files_of_every_kind_are_read_when_they_are_good(
    uploads: Callable[[str, bytes], UUID], mailed: Mailed
) -> None:
    """Should a writer of the tests write nothing that can be read, the files above would all be refused."""
    for kind in KINDS:
        line: Row = [mailed.items[1].number or "", "DELIVERED", "a<&b", "", "06/05/2020"]
        with taken_back():
            key = uploads(f"baik.{kind}", written(kind, [[*TITLES], line]))
            assert CourierFile.objects.get(pk=key).rows == 1, kind


def written(kind: str, lines: list[Row]) -> bytes:
    """The lines as a file of a kind, as far as it can hold what they say."""
    lines = [[*line, *[""] * (len(TITLES) - len(line))] for line in lines or [[]]]
    if kind == "csv":
        return "\n".join(";".join(map(str, line)) for line in lines).encode("utf-8", "replace")
    fits = {"xls": _plain, "xlsx": _printable, "ods": _escaped}[kind]
    return book(kind, {"Data": [[fits(cell) for cell in line] for line in lines]})


def _plain(cell: str | float) -> str | float:
    """The cell as the old format can hold it: no halves of characters."""
    return cell.encode("utf-16-le", "ignore").decode("utf-16-le") if isinstance(cell, str) else cell


def _printable(cell: str | float) -> str | float:
    """The cell as the writing library takes it, which refuses controls and what is no number."""
    if isinstance(cell, float):
        return cell if abs(cell) < 1e300 else 0.0
    return "".join(character for character in cell if character.isprintable())


def _escaped(cell: str | float) -> str | float:
    printable = _printable(cell)
    return escape(printable) if isinstance(printable, str) else printable
